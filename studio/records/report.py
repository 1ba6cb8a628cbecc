"""The report of a batch, report.csv: what became of each picture.

A picture gets its row as soon as it is finished; the rows are put in order at the end.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from reswd_torch.errors import InputError
from studio.media.places import written_beside

REPORT_FILE = "report.csv"
DONE, FAILED, WAITING, LEFT_OUT = "done", "failed", "not done", "left out"
"""What the column ``status`` says. A picture is left out by the person who looks at the results."""


@dataclass(frozen=True)
class Row:
    """One line of report.csv.

    Attributes:
        file: the picture's place in the folder.
        status: ``DONE``, ``FAILED``, ``WAITING`` or ``LEFT_OUT``.
        seconds: from reading to writing.
        grade: the numbers of the CDL at its strength, or what else it is.
        distance_before: sliced Wasserstein distance to the reference, CIE Lab units; empty with a saved grade.
        distance_after: the same of the result.
        scene: ``"same"`` or ``"different"``, what picture and reference were taken for; empty where nobody looked.
        points: how many points were found in both; empty where nobody looked.
        trust: 0..1, how far the grade follows them and what both show; empty where nobody looked.
        took: what the grade follows: ``"scene"``, ``"look"``, ``"mood"`` or ``"colours"``; empty with a saved grade.
        transform: what the grade is made of: ``"cdl"``, ten numbers, or ``"lut"``.
        message: what was assumed, or why it failed.
        strength: 0..4 where the picture has one of its own; empty where it is that of the run.
        state: of the files it was made from: sizes and times. a run that goes on does a picture again when they differ.
    """

    file: str
    status: str
    seconds: str = ""
    grade: str = ""
    distance_before: str = ""
    distance_after: str = ""
    scene: str = ""
    points: str = ""
    trust: str = ""
    took: str = ""
    transform: str = ""
    message: str = ""
    strength: str = ""
    state: str = ""


COLUMNS = tuple(one.name for one in fields(Row))
_BEFORE_STRENGTHS = tuple(name for name in COLUMNS if name != "strength")
_BEFORE_AIMS = tuple(name for name in _BEFORE_STRENGTHS if name not in ("took", "transform"))
_BEFORE_SCENES = tuple(name for name in _BEFORE_AIMS if name not in ("scene", "points", "trust"))
"""The columns of reports that were written before pictures had strengths of their own, before aims could be chosen, and before
scenes were looked for: a run that was begun then can go on."""


_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""How a cell begins that a spreadsheet takes for a formula, also in full-width signs; or that was marked as none already."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)


def _as_text(cell: str) -> str:
    """A cell that a spreadsheet does not compute: an apostrophe before what would be a formula, as spreadsheets mark text.

    A name of a file may be one (``=1+1.jpg``). Source: OWASP, CSV Injection. Numbers stay numbers.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _as_it_was(cell: str) -> str:
    """The inverse of :func:`_as_text`; what was written before cells were marked is as it was, too."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def rows_text(rows: Iterable[Row], *, header: bool = False) -> str:
    """Rows as CSV (RFC 4180). No cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(COLUMNS)
    writer.writerows([_as_text(getattr(row, name)) for name in COLUMNS] for row in rows)
    return out.getvalue()


def read_report(place: Path) -> dict[str, Row]:
    """The rows of a report by file, the last one where there are several. A line that a killed run left half is left out.

    Raises:
        InputError: the file is no report.
    """
    try:
        text = place.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return {}
    whole = text[: text.rfind("\r\n") + 2] if "\r\n" in text else ""
    try:
        lines = list(csv.reader(io.StringIO(whole, newline="")))
    except csv.Error:  # a cell beyond all bounds, a stray line break
        lines = []
    columns = tuple(lines[0]) if lines else ()
    if text and columns not in (COLUMNS, _BEFORE_STRENGTHS, _BEFORE_AIMS, _BEFORE_SCENES):
        raise InputError(f"{place}: this is not a report of a batch run: give another output folder")
    rows = [
        Row(**dict(zip(columns, map(_as_it_was, line), strict=True))) for line in lines[1:] if len(line) == len(columns)
    ]
    return {row.file: row for row in rows}


def strength_of(row: Row) -> float | None:
    """The strength that a picture has of its own; None where it has none, or what stands there is none."""
    try:
        return float(row.strength)
    except ValueError:
        return None


class Report:
    """report.csv while a run goes on: each row is on the disk as soon as it is there.

    Args:
        place: the file.
        rows: those of earlier runs that still stand.
    """

    def __init__(self, place: Path, rows: dict[str, Row]) -> None:
        self.place, self.rows = place, dict(rows)
        self._file: IO[bytes] | None = None

    @contextmanager
    def open(self) -> Iterator[Report]:
        """Write rows as they come until the block ends."""
        self.rewrite(self.rows)
        with self.place.open("ab") as self._file:
            yield self

    def add(self, row: Row) -> None:
        """Append a row. Raises OSError, for instance on a full disk."""
        assert self._file is not None
        self.rows[row.file] = row
        self._file.write(_bytes(rows_text([row])))
        self._file.flush()

    def rewrite(self, names: Iterable[str]) -> None:
        """The whole file anew, in the order of ``names``; what has no row has not been done. Raises OSError."""
        rows = [self.rows.get(name) or Row(name, WAITING) for name in names]
        with written_beside(self.place) as temporary:
            temporary.write_bytes(_bytes(rows_text(rows, header=True)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
