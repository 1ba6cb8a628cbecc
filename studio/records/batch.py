"""The record of a batch, run.json: what is done to every picture. It is written before the first one.

With report.csv (:mod:`studio.records.report`), which says what became of each, it is all that going on with a run needs.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.jobs import EACH, SERIES
from studio.kinds import AS_SOURCE, RESULT_FORMATS
from studio.records.format import BATCH, Record, a_number, a_path, read_record, to_text
from studio.records.settings import settings_in
from studio.records.spaces import spaces_in, spaces_record
from studio.remedies import JobRemedy

RUN_FILE = "run.json"
SETTINGS_SUFFIX = ".settings.json"
"""What the file with the settings of one picture is called after its result."""


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
        if not isinstance(record["key"], str):
            raise TypeError(f"key {record['key']!r:.40}")
        return SeriesGrade(record["key"], grade_from_record(record["grade"]), target)


@dataclass(frozen=True)
class KeptFile:
    """A file, or a folder, that a run reads.

    Attributes:
        path: where it lies.
        sha256: of its bytes when the run began; None for a folder whose files are watched one by one, in the report.
    """

    path: str
    sha256: str | None = None

    def to_record(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"path": self.path} if self.sha256 is None else {"path": self.path, "sha256": self.sha256}

    def name_only(self) -> KeptFile:
        """The same without the folder that it lies in."""
        return replace(self, path=Path(self.path).name)


@dataclass(frozen=True)
class RunRecord:
    """What run.json holds.

    Attributes:
        source: the folder with the pictures.
        mode: ``"each"`` or ``"series"``.
        settings: how to match.
        palette: hex colours, or None.
        reference: the one reference, or a folder of them; None with a palette or a saved grade.
        target_mask: the mask of the one reference.
        at: seconds from the start of the reference, a clip, to the frame that is wanted; None for anything else.
        grade: a saved grade that is applied.
        recursive: whether sub-folders are entered.
        masks: a mask or a folder of them, or None.
        grade_files: suffix of the grade files beside the results, or None.
        settings_files: whether the settings of every match are saved beside its result.
        output_format: of the results, a name of :data:`studio.kinds.RESULT_FORMATS`.
        quality: 1..100 of results in a lossy format; None for that of the sources.
        spaces: the colour spaces; None where there are none.
        config: their config, where it is a file.
        series: the grades of a series, one for each colour encoding; empty for ``"each"``.
    """

    source: str
    mode: str
    settings: MatchSettings
    palette: str | None = None
    reference: KeptFile | None = None
    target_mask: KeptFile | None = None
    at: float | None = None
    grade: KeptFile | None = None
    recursive: bool = False
    masks: str | None = None
    grade_files: str | None = None
    settings_files: bool = False
    output_format: str = AS_SOURCE
    quality: int | None = None
    spaces: SpaceChoice | None = None
    config: KeptFile | None = None
    series: tuple[SeriesGrade, ...] = field(default=(), compare=False)

    @property
    def beside(self) -> tuple[str, ...]:
        """What is added to the name of a result for each of the files beside it."""
        settings = (SETTINGS_SUFFIX,) if self.settings_files else ()
        return settings if self.grade_files is None else (self.grade_files, *settings)

    def text(self) -> str:
        """The file."""
        plain = {name: getattr(self, name) for name in (*_PLAIN, *_LATER, "at", *_FILES)}
        for name in _FILES:
            plain[name] = None if plain[name] is None else plain[name].to_record()
        series = [one.to_record() for one in self.series]
        if self.spaces is not None:
            plain["spaces"] = spaces_record(self.spaces)
            plain["config"] = None if self.config is None else self.config.to_record()
        return to_text(BATCH, plain | {"settings": asdict(self.settings), "series": series})

    def names_only(self, source: str) -> RunRecord:
        """The same without folders, for the browser's downloads: they tell about the server.

        Args:
            source: what to call the folder with the pictures.
        """
        files = {name: kept.name_only() for name in (*_FILES, "config") if (kept := getattr(self, name)) is not None}
        return replace(self, source=source, masks=self.masks and Path(self.masks).name, **files)

    def difference(self, other: RunRecord) -> str | None:
        """In words, what of ``other`` is not as here; None where a run can go on."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if not one.compare or mine == theirs:
                continue
            if one.name == "settings":
                mine, theirs = (_flat(self._meant(each)) for each in (mine, theirs))
                changed = next((name for name in mine if mine[name] != theirs[name]), None)
                if changed is None:
                    continue
                return f"{changed} was {_shown(mine[changed])}, now it is {_shown(theirs[changed])}"
            return f"{one.name.replace('_', ' ')} was {_shown(mine)}, now it is {_shown(theirs)}"
        return None

    def _meant(self, settings: MatchSettings) -> MatchSettings:
        """Settings with the aim that they come to: one that was left out is that which this reference gets then."""
        return replace(settings, aim=settings.aim_for(picture=self.palette is None))


_FILES = ("reference", "target_mask", "grade")
_LATER = ("settings_files", "output_format", "quality")
"""Fields that older records lack: their runs wrote as the sources are."""
_PLAIN = ("source", "mode", "palette", "recursive", "masks", "grade_files")


def _flat(settings: MatchSettings) -> dict[str, Any]:
    """Settings by name, and the trims among them by theirs."""
    plain = asdict(settings)
    return plain | plain.pop("trims")


def _shown(value: object) -> str:
    if isinstance(value, KeptFile):
        return " ".join(part[:120] for part in value.to_record().values())
    if isinstance(value, SpaceChoice):
        return ", ".join(f"{role} {_shown(name)}" for role, name in asdict(value).items())
    if isinstance(value, tuple):
        return ", ".join("=".join(one) if isinstance(one, tuple) else str(one) for one in value) or "none"
    return "not given" if value is None else str(value)


def _kept_file(record: dict[str, str] | None) -> KeptFile | None:
    if record is None:
        return None
    if not isinstance(record.get("sha256"), str | None):
        raise TypeError(f"sha256 {record['sha256']!r:.40}")
    return KeptFile(**(record | {"path": a_path(record["path"])}))


def _spaces(record: Record) -> SpaceChoice | None:
    """The colour spaces, with the place of their config. Raises KeyError, TypeError or ValueError where they are damaged."""
    config = _kept_file(record.get("config"))
    spaces = spaces_in(record.get("spaces"), config_kept=config is not None)
    return spaces if spaces is None or config is None else replace(spaces, config=config.path)


def _plain(record: Record) -> Record:
    """The fields that are kept as they are. Raises TypeError or ValueError where one is of another kind."""
    plain = {name: record[name] for name in _PLAIN}
    for name in ("source", "masks"):
        if plain[name] is not None or name == "source":
            a_path(plain[name])
    if plain["mode"] not in (EACH, SERIES) or not isinstance(plain["recursive"], bool):
        raise ValueError(f"mode {plain['mode']!r:.40}, recursive {plain['recursive']!r:.40}")
    if not all(isinstance(plain[name], str | None) for name in ("palette", "grade_files")):
        raise TypeError(f"palette {plain['palette']!r:.40}, grade files {plain['grade_files']!r:.40}")
    return plain | _later(record)


def _later(record: Record) -> Record:
    """The fields that older records lack. Raises TypeError or ValueError where one is of another kind."""
    later = {name: record[name] for name in _LATER if name in record}
    wanted, quality = later.get("output_format", AS_SOURCE), later.get("quality")
    if wanted not in RESULT_FORMATS or not isinstance(later.get("settings_files", False), bool):
        raise ValueError(f"output format {wanted!r:.40}, settings files {later.get('settings_files')!r:.40}")
    if quality is not None and (not isinstance(quality, int) or not 1 <= quality <= 100):
        raise ValueError(f"quality {quality!r:.40}")
    return later


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
        record = read_record(place)
        if record["kind"] != BATCH:
            raise InputError(f"a record of a {record['kind']}, not of a batch")
        return RunRecord(
            settings=settings_in(record["settings"], fitted=record["grade"] is None),
            series=tuple(SeriesGrade.from_record(one) for one in record["series"]),
            reference=_kept_file(record["reference"]),
            target_mask=_kept_file(record["target_mask"]),
            at=None if record.get("at") is None else a_number(record["at"]),  # version 1 had no clips as references
            grade=_kept_file(record["grade"]),
            spaces=_spaces(record),
            config=_kept_file(record.get("config")),
            **_plain(record),
        )
    except InputError as error:
        raise InputError(f"{place}: {error}: give another output folder") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{place}: the record cannot be read ({error!r})", JobRemedy.RUN_ANEW) from error


@lru_cache(maxsize=4)
def run_at(place: Path, stamp: str) -> RunRecord:
    """:func:`read_run`, once for each run: workers are told only where the record lies; ``stamp`` is its hash."""
    return read_run(place)
