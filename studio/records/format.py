"""The one format of all records: JSON with a head that says what it is, which version, and what it was made with.

Version 2 is written. Version 1, in which each kind had a head of its own and a plain picture's PNG had none, is still read.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from reswd_torch import __version__
from reswd_torch.errors import InputError

FORMAT, VERSION = "reswd-studio", 2
MATCH, BATCH, GUIDED, PAINTED = "match settings", "batch run", "guided picture", "painted picture"
"""What a record may be about: its ``kind``."""

Record = dict[str, Any]
"""The fields of a record, as JSON has them."""

_PACKAGES = ("torch", "numpy", "pillow", "opencv-python-headless", "opencolorio")


def to_text(kind: str, fields: Record) -> str:
    """The JSON of a record.

    Args:
        kind: one of the kinds above.
        fields: what is kept; its names must not be those of the head.
    """
    head = {"format": FORMAT, "format_version": VERSION, "kind": kind, "made_with": _made_with()}
    assert not head.keys() & fields.keys(), "a field would hide the head"
    return json.dumps(head | fields, indent=2) + "\n"


def from_text(text: str) -> Record:
    """The fields of a record with its ``kind``, of this version or an older one.

    Raises:
        InputError: JSON that is no record, or a record of a newer version; the message has no file name yet.
        ValueError: no JSON. Also RecursionError, for JSON that is nested too deeply.
    """
    record = json.loads(text)
    if not isinstance(record, dict):
        raise InputError("JSON, but no record of this program")
    form = record.get("format")
    if form == FORMAT and record.get("format_version") == VERSION:
        if not isinstance(record.get("kind"), str):
            raise InputError("a record of this program that has no kind")
        return record
    if form is None and "prompt" in record and "model" in record:
        return record | {"kind": PAINTED}  # version 1 of a plain picture
    kinds_of_old = {f"{FORMAT} {kind}": kind for kind in (MATCH, BATCH, GUIDED)}
    if not isinstance(form, str) or form not in (FORMAT, *kinds_of_old):
        raise InputError("JSON, but no record of this program")
    if form == FORMAT or record.get("format_version", 1) != 1:
        raise InputError(f"format version {record.get('format_version')!r}; this program reads 1 and {VERSION}")
    return record | {"kind": kinds_of_old[form]}


def _made_with() -> dict[str, str]:
    found = {"reswd-studio": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
