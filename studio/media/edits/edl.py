"""CMX 3600 EDLs: their events, and the same text with grades in it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from studio.media.edits.timecode import timecode_of

LARGEST = 1 << 24
"""Largest file that is read, bytes. An event takes a few hundred."""
_GRADE_LINE = re.compile(r"\s*\*?\s*ASC_(SOP|SAT)\b", re.I)
_ID_LINE = re.compile(r"\s*\*?\s*ASC_CC_XML\s+(\S.*?)\s*$", re.I)
_DROP = re.compile(r"\s*FCM:\s*DROP", re.I)
_CLIP_NAME = re.compile(r"\s*\*\s*(?:FROM|TO) CLIP NAME:\s*(\S.*?)\s*$", re.I)
_SOURCE_FILE = re.compile(r"\s*\*\s*SOURCE FILE:\s*(\S.*?)\s*$", re.I)


@dataclass(frozen=True)
class EdlEvent:
    """One picture event of an EDL.

    Attributes:
        number: of the event, as the EDL has it.
        names: what its shot may be called, the likeliest first: the clip's name, its file, its reel.
        source_in, source_out: timecodes of the shot, the second one not included.
        drop: whether the EDL says that timecodes drop numbers.
        grade_id: the name of a grade in a .ccc that the event refers to already; None for none.
        line: its own line, from 0.
        after: the line, from 0, behind which a grade of this event goes: its last remark.
    """

    number: int
    names: tuple[str, ...]
    source_in: str
    source_out: str
    drop: bool
    grade_id: str | None
    line: int
    after: int


@dataclass(frozen=True)
class Edl:
    """An EDL as it was read.

    Attributes:
        path: the file.
        lines: its text, with the ends of its lines.
        events: those with a picture, in order.
    """

    path: Path
    lines: tuple[str, ...]
    events: tuple[EdlEvent, ...]

    def graded(self, grades: Mapping[int, Cdl]) -> dict[str, str]:
        """The texts to hand over, by suffix: the EDL with a grade below each event that has one; an older one there goes.

        Args:
            grades: ten numbers, by the place of the event in ``events``.
        """
        behind = {self.events[place].after: cdl for place, cdl in grades.items()}
        remarks = (range(self.events[place].line + 1, self.events[place].after + 1) for place in grades)
        gone = {line for each in remarks for line in each if _GRADE_LINE.match(self.lines[line])}
        out: list[str] = []
        for number, line in enumerate(self.lines):
            end = "\r\n" if line.endswith("\r\n") else "\n"
            if number not in gone:
                out.append(line if line.endswith(("\n", "\r")) else line + end)
            if number in behind:
                out += [each + end for each in cdl_lines(behind[number])]
        return {".edl": "".join(out)}


def read_edl(path: Path) -> Edl:
    """Read an EDL.

    Raises:
        InputError: the package pycmx is not there, the file cannot be read, or it holds no event with a picture.
    """
    return edl_of(path, text_of(path))


def edl_of(path: Path, text: str) -> Edl:
    """:func:`read_edl` for a text that was read or made already; ``path`` is for messages."""
    pycmx = _need_pycmx(path)
    lines = text.splitlines(keepends=True)
    try:
        found = list(pycmx.parse_cmx3600(io.StringIO("".join(line.rstrip("\r\n") + "\n" for line in lines))).events)
        edits = [(event.number, event.edits) for event in found]
    except Exception as error:  # what it raises on nonsense is not documented, and says nothing to people
        raise InputError(f"{path}: not a readable EDL; export it as CMX 3600") from error
    starts = sorted({edit.line_number for _, each in edits for edit in each})
    events = []
    for number, each in edits:
        pictures = [edit for edit in each if edit.channels.video]
        if pictures and not pictures[-1].black:
            events.append(_event(lines, number, pictures[-1], starts))
    if not events:
        raise InputError(f"{path}: holds no event with a picture; export it as CMX 3600 with the video track")
    return Edl(path, tuple(lines), tuple(events))


def _event(lines: Sequence[str], number: int, edit: object, starts: list[int]) -> EdlEvent:
    at = edit.line_number  # type: ignore[attr-defined]
    end = next((start for start in starts if start > at), len(lines))
    remarks = range(at + 1, end)
    names = [
        found[1] for pattern in (_CLIP_NAME, _SOURCE_FILE) for line in remarks if (found := pattern.match(lines[line]))
    ]
    # Of a dissolve the last name is that of the shot that comes in.
    clips = [found[1] for line in remarks if (found := _CLIP_NAME.match(lines[line]))]
    ordered = [*clips[-1:], *names]
    source = edit.source  # type: ignore[attr-defined]
    if source not in ("AX", "BL"):
        ordered.append(source)
    ids = [found[1] for line in remarks if (found := _ID_LINE.match(lines[line]))]
    text = [line for line in remarks if lines[line].strip()]
    return EdlEvent(
        number,
        tuple(dict.fromkeys(ordered)),
        edit.source_in,  # type: ignore[attr-defined]
        edit.source_out,  # type: ignore[attr-defined]
        any(_DROP.match(line) for line in lines[:at]),
        ids[-1] if ids else None,
        at,
        text[-1] if text else at,
    )


def cdl_lines(cdl: Cdl) -> list[str]:
    """The two lines of an EDL for ten numbers (ASC CDL v1.2, section 6.1)."""
    rows = "".join(
        "(" + " ".join(f"{value:.6f}" for value in values) + ")" for values in (cdl.slope, cdl.offset, cdl.power)
    )
    return [f"*ASC_SOP {rows}", f"*ASC_SAT {cdl.saturation:.6f}"]


def new_edl(
    title: str, shots: Sequence[tuple[str, int, int]], rate: Fraction, grades: Sequence[Cdl] | None = None
) -> str:
    """An EDL of whole shots, one behind the other, from 01:00:00:00 on.

    Args:
        title: its name.
        shots: the name of each, the number of its first frame from 00:00:00:00, and how many frames it has.
        rate: frames a second.
        grades: ten numbers for each shot; None for none.
    """
    lines, at = [f"TITLE: {title}", "FCM: NON-DROP FRAME", ""], 3600 * round(rate)
    for number, (name, first, count) in enumerate(shots, 1):
        times = [timecode_of(each, rate) for each in (first, first + count, at, at + count)]
        lines += [f"{number:03d}  AX       V     C        {' '.join(times)}", f"* FROM CLIP NAME: {name}"]
        lines += [*([] if grades is None else cdl_lines(grades[number - 1])), ""]
        at += count
    return "\n".join(lines)


def text_of(path: Path) -> str:
    """The text of a file that is not too large, in UTF-8 or else Latin-1. Raises InputError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give an EDL") from error
    if len(content) > LARGEST:
        raise InputError(f"{path}: has more than {LARGEST >> 20} MiB, and no EDL needs that; export it again")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _need_pycmx(path: Path) -> ModuleType:
    try:
        import pycmx
    except ImportError as error:
        raise InputError(f'{path}: EDLs need one more package: pip install "reswd-studio[edit]"') from error
    return pycmx  # type: ignore[no-any-return]
