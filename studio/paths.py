"""Checks on places to write to, made before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from reswd_torch.errors import InputError


def check_side_output(path: Path, *, inputs: Iterable[Path], overwrite: bool) -> None:
    """Refuse a place that could not be written, or that would replace an input.

    Raises:
        InputError: exists without ``overwrite``, equal to an input, or in a folder that is missing or not writable.
    """
    for other in inputs:
        if (path.exists() and other.exists() and path.samefile(other)) or path.absolute() == other.absolute():
            raise InputError(f"{path}: is also an input or another output; choose another name")
    if path.is_dir():
        raise InputError(f"{path}: is a directory; give a file name")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists; choose another name or add --overwrite")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; make it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} is not writable; choose another")
