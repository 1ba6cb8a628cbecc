"""The state of a run, which is its output folder: run.json says what is done, report.csv what was done.

Both are all that ``--resume`` needs. run.json is written before the first picture; report.csv gets a row as soon as a
picture is finished, and is put in order at the end.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from reswd_torch import __version__
from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.settings import MatchSettings
from studio.media.places import written_beside

FORMAT, FORMAT_VERSION = "reswd-studio batch run", 1
RUN_FILE, REPORT_FILE = "run.json", "report.csv"
DONE, FAILED, WAITING = "done", "failed", "not done"
"""What the column ``status`` says."""


@dataclass(frozen=True, eq=False)
class SeriesGrade:
    """The grade of a series in one colour encoding.

    Attributes:
        key: the encoding, :func:`studio.service.batch.series.encoding_key`.
        grade: for pictures in it.
        target: (M, 3) float32 reference colours in it, for the reported distances; None with a saved grade.
    """

    key: str
    grade: Grade
    target: torch.Tensor | None

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        record: dict[str, Any] = {"key": self.key, "grade": self.grade.to_record()}
        if self.target is not None:
            record["target"] = base64.b64encode(self.target.numpy().astype("<f4").tobytes()).decode("ascii")
        return record

    @staticmethod
    def from_record(record: dict[str, Any]) -> SeriesGrade:
        """The inverse."""
        target = None
        if "target" in record:
            colors = np.frombuffer(base64.b64decode(record["target"]), "<f4").reshape(-1, 3)
            target = torch.from_numpy(colors.astype(np.float32))
        return SeriesGrade(str(record["key"]), grade_from_record(record["grade"]), target)


@dataclass(frozen=True)
class RunRecord:
    """What run.json holds.

    Attributes:
        source: the folder with the pictures.
        mode: ``"each"`` or ``"series"``.
        settings: how to match.
        palette: hex colours, or None.
        reference: ``{"path", "sha256"}`` of the one reference; only ``"path"`` of a folder of them; None with a palette
            or a saved grade.
        target_mask: the same for the mask of the one reference.
        grade: the same for a saved grade.
        recursive: whether sub-folders are entered.
        masks: a mask or a folder of them, or None.
        grade_files: suffix of the grade files beside the results, or None.
        series: the grades of a series, one for each colour encoding; empty for ``"each"``.
    """

    source: str
    mode: str
    settings: MatchSettings
    palette: str | None = None
    reference: dict[str, str] | None = None
    target_mask: dict[str, str] | None = None
    grade: dict[str, str] | None = None
    recursive: bool = False
    masks: str | None = None
    grade_files: str | None = None
    series: tuple[SeriesGrade, ...] = field(default=(), compare=False)

    def text(self) -> str:
        """The file."""
        record: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "made_with": {"reswd-studio": __version__, "python": platform.python_version(), "torch": torch.__version__},
        }
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("settings", "series")}
        record |= plain | {"settings": asdict(self.settings), "series": [one.to_record() for one in self.series]}
        return json.dumps(record, indent=2) + "\n"

    def names_only(self, source: str) -> RunRecord:
        """The same without folders, for the browser's downloads: they tell about the server.

        Args:
            source: what to call the folder with the pictures.
        """

        def plain(file: dict[str, str] | None) -> dict[str, str] | None:
            return None if file is None else file | {"path": Path(file["path"]).name}

        return replace(
            self,
            source=source,
            reference=plain(self.reference),
            target_mask=plain(self.target_mask),
            grade=plain(self.grade),
            masks=self.masks and Path(self.masks).name,
        )

    def difference(self, other: RunRecord) -> str | None:
        """In words, what of ``other`` is not as here; None where a run can go on."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if not one.compare or mine == theirs:
                continue
            if one.name == "settings":
                mine, theirs = asdict(mine), asdict(theirs)
                changed = next(name for name in mine if mine[name] != theirs[name])
                return f"{changed} was {_shown(mine[changed])}, now it is {_shown(theirs[changed])}"
            return f"{one.name.replace('_', ' ')} was {_shown(mine)}, now it is {_shown(theirs)}"
        return None


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(str(part)[:120] for part in value.values())
    return "not given" if value is None else str(value)


def write_run(output: Path, record: RunRecord) -> Path:
    """Write run.json. Raises InputError where it cannot be written."""
    place = output / RUN_FILE
    write_text_atomically(place, record.text())
    return place


def read_run(place: Path) -> RunRecord:
    """Read a run.json.

    Raises:
        InputError: missing, damaged, something else, or of another version.
    """
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise InputError(f"{place}: this is not the record of a batch run: give another output folder")
        if record.get("format_version") != FORMAT_VERSION:
            raise InputError(
                f"{place}: format version {record.get('format_version')!r}; this program reads {FORMAT_VERSION}"
            )
        names = {one.name for one in fields(RunRecord)} - {"settings", "series"}
        series = tuple(SeriesGrade.from_record(one) for one in record["series"])
        return RunRecord(
            **{name: record[name] for name in names}, settings=MatchSettings(**record["settings"]), series=series
        )
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{place}: the record cannot be read ({error!r}): run anew (--overwrite)") from error


@lru_cache(maxsize=4)
def run_at(place: Path, stamp: str) -> RunRecord:
    """:func:`read_run`, once for each run: workers are told only where the record lies; ``stamp`` is its hash."""
    return read_run(place)


@dataclass(frozen=True)
class Row:
    """One line of report.csv.

    Attributes:
        file: the picture's place in the folder.
        status: ``DONE``, ``FAILED`` or ``WAITING``.
        seconds: from reading to writing.
        grade: the numbers of the CDL at its strength, or what else it is.
        distance_before: sliced Wasserstein distance to the reference, CIE Lab units; empty with a saved grade.
        distance_after: the same of the result.
        scene: ``"same"`` or ``"different"``, what picture and reference were taken for; empty where nobody looked.
        points: how many points were found in both; empty where nobody looked.
        trust: 0..1, how far the grade follows them and what both show; empty where nobody looked.
        message: what was assumed, or why it failed.
        state: of the files it was made from: sizes and times. ``--resume`` does a picture again when they differ.
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
    message: str = ""
    state: str = ""


COLUMNS = tuple(one.name for one in fields(Row))
_BEFORE_SCENES = tuple(name for name in COLUMNS if name not in ("scene", "points", "trust"))
"""The columns of reports that were written before scenes were looked for: a run that was begun then can go on."""


def rows_text(rows: Iterable[Row], *, header: bool = False) -> str:
    """Rows as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header:
        writer.writerow(COLUMNS)
    writer.writerows([getattr(row, name) for name in COLUMNS] for row in rows)
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
    lines = list(csv.reader(io.StringIO(whole, newline="")))
    columns = tuple(lines[0]) if lines else ()
    if text and columns not in (COLUMNS, _BEFORE_SCENES):
        raise InputError(f"{place}: this is not a report of a batch run: give another output folder")
    rows = [Row(**dict(zip(columns, line, strict=True))) for line in lines[1:] if len(line) == len(columns)]
    return {row.file: row for row in rows}


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
