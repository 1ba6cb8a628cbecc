"""The colour space that a grade file names for its input, where it names one."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

_HEAD = 1 << 16
"""Bytes of a file that are looked at: names stand before the numbers."""
# ASC CDL 1.2 has InputDescription, CLF (S-2014-006) InputDescriptor; in a .cube this program writes a comment.
_XML = re.compile(r"<InputDescript(?:ion|or)>\s*([^<]{1,200}?)\s*</")
_COMMENT = re.compile(r"^# ?fitted in, and to be applied to: (.{1,200}?)\s*$", re.MULTILINE)


def named_space(path: Path) -> str | None:
    """What a grade file says that it is for, in its own words; None where it says nothing. Raises OSError."""
    with path.open("rb") as opened:
        head = opened.read(_HEAD).decode("utf-8", "replace")
    found = _XML.search(head) or _COMMENT.search(head)
    return None if found is None else " ".join(unescape(found[1]).split())
