"""The one format of all records: JSON with a head that says what it is, which version, and what it was made with.

Version 2 is written. Version 1, in which each kind had a head of its own and a plain picture's PNG had none, is still read.
"""

from __future__ import annotations

import json
import math
import os
import platform
import stat
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from reswd_torch import __version__
from reswd_torch.errors import InputError

FORMAT, VERSION = "reswd-studio", 2
MATCH, BATCH, GUIDED, PAINTED = "match settings", "batch run", "guided picture", "painted picture"
"""What a record may be about: its ``kind``."""

_LARGEST = 64 << 20
"""Bytes. The longest records hold the grades of a series, some megabytes."""

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


def read_record(path: Path) -> Record:
    """The fields of a record in a file of its own, as :func:`from_text` returns them.

    Raises:
        InputError: as there; or what has this name is no file, or too large for a record. The message has no file name yet.
        OSError: there is no such file, or it cannot be read.
        ValueError: no JSON, or no UTF-8.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe may never end, a device does not
        raise InputError("a folder, a device or a pipe, and no file")
    if path.stat().st_size > _LARGEST:
        raise InputError(f"{path.stat().st_size >> 20} MiB, which no record of this program comes to")
    return from_text(path.read_text(encoding="utf-8"))


def from_text(text: str) -> Record:
    """The fields of a record with its ``kind``, of this version or an older one.

    Raises:
        InputError: JSON that is no record, or a record of a newer version; the message has no file name yet.
        ValueError: no JSON (RFC 8259), or JSON that programs read differently: a name twice in one object (section 4), numbers
            beyond those of IEEE 754 (section 6), nesting without end (section 9).
    """
    try:
        record = json.loads(text, object_pairs_hook=_each_once, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
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


def a_path(value: object) -> str:
    """A field that must be the path of a file. Raises TypeError or ValueError: no text, or a name that no file can have."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no path")
    if b"\0" in os.fsencode(value):
        raise ValueError(f"{value!r:.40} is no path")
    return value


def a_number(value: object) -> float:
    """A field that must be a number; true and false are none. Raises TypeError or OverflowError."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{value!r:.40} is no number")
    return float(value)


def _each_once(pairs: list[tuple[str, Any]]) -> Record:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("it holds a name twice")
    return fields


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no number of JSON")
    return number


def _made_with() -> dict[str, str]:
    found = {"reswd-studio": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
