"""Whether a grade file has changed since a node read it."""

from __future__ import annotations

import hashlib

from reswd_torch.errors import InputError
from studio.comfy import host
from studio.comfy.places import input_place


def fingerprint(name: object) -> str:
    """SHA-256 of a grade file; of a name that leads to none, the name: the node itself says what is wrong with it."""
    try:
        place = input_place(host.grade_folders(), str(name))
        return hashlib.sha256(place.read_bytes()).hexdigest()
    except (InputError, OSError):
        return str(name)
