"""Avid Log Exchange: a table of shots as text, and the same table with ten numbers for each.

Avid's manual, "Avid Log Exchange": a heading, the names of the columns, and a row for each clip.
Programs that read grades from it look for the columns ``ASC_SOP`` and ``ASC_SAT``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from studio.media.edits.edl import EdlEvent, cdl_lines, text_of

_SOP, _SAT = "ASC_SOP", "ASC_SAT"
_NAMES = ("name", "clip name", "source file", "source path", "filepath", "tape", "reel", "tapeid", "source file name")
"""Columns that say what a shot is called, the likeliest first."""
_NO_TIME = "00:00:00:00"


@dataclass(frozen=True)
class AleEdit:
    """A table of shots as it was read.

    Attributes:
        path: the file.
        lines: its text, with the ends of its lines.
        events: its rows, in order; ``line`` is that of the row.
        columns: the line of the columns' names, from 0.
    """

    path: Path
    lines: tuple[str, ...]
    events: tuple[EdlEvent, ...]
    columns: int

    def graded(self, grades: Mapping[int, Cdl]) -> dict[str, str]:
        """The table with the columns of ten numbers, in place of those that it has already.

        Args:
            grades: ten numbers, by the place of the row in ``events``; other rows keep what they have.
        """
        names = _cells(self.lines[self.columns])
        places = [_place(names, wanted) for wanted in (_SOP, _SAT)]
        for number, name in enumerate((_SOP, _SAT)):
            if places[number] is None:
                places[number] = len(names)
                names.append(name)
        rows = {event.line: grades.get(place) for place, event in enumerate(self.events)}
        out = []
        for number, line in enumerate(self.lines):
            cells = names if number == self.columns else _cells(line)
            if number in rows:
                cells += [""] * (len(names) - len(cells))
                if (cdl := rows[number]) is not None:
                    for place, told in zip(places, cdl_lines(cdl), strict=True):
                        cells[place or 0] = told.partition(" ")[2]
            kept = number not in rows and number != self.columns
            out.append(line if kept else "\t".join(cells) + line[len(line.rstrip("\r\n")) :])
        return {".ale": "".join(out)}


def read_ale(path: Path) -> AleEdit:
    """Read a table of shots.

    Raises:
        InputError: the file cannot be read, has other delimiters, or holds no row with a name.
    """
    lines = list(io.StringIO(text_of(path), newline=""))  # only line ends end a line, and they stay
    heads = {line.strip().casefold(): number for number, line in reversed(list(enumerate(lines)))}
    if "column" not in heads or "data" not in heads or heads["column"] + 1 >= heads["data"]:
        raise InputError(
            f"{path}: not a readable ALE (it has no Column and Data); export it again as Avid Log Exchange"
        )
    names = _cells(lines[heads["column"] + 1])
    if len(names) == 1 and "," in names[0]:
        raise InputError(f"{path}: its columns are divided by commas ({names[0][:40]!r}); export it as Avid does")
    events: list[EdlEvent] = []
    for number in range(heads["data"] + 1, len(lines)):
        if lines[number].strip():
            events.append(_event(len(events) + 1, number, names, _cells(lines[number])))
    if not any(event.names for event in events):
        raise InputError(f"{path}: holds no shot with a name; export it with the column Name")
    return AleEdit(path, tuple(lines), tuple(events), heads["column"] + 1)


def _event(number: int, line: int, names: list[str], cells: list[str]) -> EdlEvent:
    def cell(wanted: str) -> str:
        place = _place(names, wanted)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    called = tuple(dict.fromkeys(filter(None, map(cell, _NAMES))))
    begin, end = cell("start") or _NO_TIME, cell("end") or _NO_TIME
    return EdlEvent(number, called, begin, end, False, None, line, line)


def _cells(line: str) -> list[str]:
    return line.rstrip("\r\n").split("\t")


def _place(names: list[str], wanted: str) -> int | None:
    return next((place for place, name in enumerate(names) if name.strip().casefold() == wanted.casefold()), None)
