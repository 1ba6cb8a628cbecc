"""What a person asks of a run, checked before anything is read in full."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.files import CDL_FORMATS, GRADE_SUFFIXES
from reswd_torch.palette import parse_palette
from reswd_torch.settings import SAME_SCENE, MatchSettings
from studio.media.images.refuse import file_hash
from studio.media.places import sha256_of
from studio.service.apply import load_any_grade
from studio.service.batch.plan import BatchPlan, check_folders, pictures_in, plan_folder
from studio.service.batch.record import RunRecord
from studio.service.batch.sequence import plan_sequence
from studio.service.batch.series import references_of, saved_series

EACH, SERIES = "each", "series"


@dataclass(frozen=True)
class BatchRequest:
    """A folder, what it should look like, and how.

    Attributes:
        folder: the pictures.
        output: the folder for the results.
        target: a reference for all pictures, or a folder of them: for ``"each"`` one for each picture, found by name,
            for ``"series"`` all of them together.
        palette: hex colours in place of a target.
        grade: a saved grade in place of both: nothing is fitted.
        mode: ``"each"``: every picture is matched on its own. ``"series"``: one grade for all.
        settings: how to match; with a saved grade only the strength counts.
        recursive: enter sub-folders.
        mask: white where a picture counts and changes: a file for all, or a folder of them, found by name.
        target_mask: white where the one target counts.
        grade_files: for ``"each"``: save every grade beside its result, as .cc, .ccc, .cdl or .cube.
    """

    folder: Path
    output: Path
    target: Path | None = None
    palette: str | None = None
    grade: Path | None = None
    mode: str = EACH
    settings: MatchSettings = field(default_factory=MatchSettings)
    recursive: bool = False
    mask: Path | None = None
    target_mask: Path | None = None
    grade_files: str | None = None

    def prepare(self) -> tuple[BatchPlan, RunRecord]:
        """The plan of the run and its record, still without the grade of a series.

        Raises:
            InputError: anything that would keep the run from starting.
        """
        check_folders(self.folder, self.output)
        self._check()
        each_its_own = self.mode == EACH and self.target is not None and self.target.is_dir()
        inputs = [path for path in (self.target, self.mask, self.target_mask, self.grade) if path is not None]
        plan = plan_folder(
            self.folder.absolute(),
            self.output.absolute(),
            recursive=self.recursive,
            references=self.target.absolute() if each_its_own and self.target else None,
            masks=None if self.mask is None else self.mask.absolute(),
            inputs=[path for path in inputs if path.is_file()],
        )
        return plan, self._checked_record(self.folder.absolute())

    def prepare_frames(self, records: Path, *, overwrite: bool = False) -> tuple[BatchPlan, RunRecord]:
        """The same for numbered frames: ``folder`` and ``output`` are patterns, :mod:`studio.service.batch.sequence`.

        Args:
            records: a folder for the state of the run.
            overwrite: replace frames that exist.

        Raises:
            InputError: anything that would keep the run from starting.
        """
        self._check()
        inputs = [path for path in (self.target, self.mask, self.target_mask) if path is not None and path.is_file()]
        plan = plan_sequence(self.folder, self.output, records, inputs=inputs, mask=self.mask, overwrite=overwrite)
        return plan, self._checked_record(self.folder)

    def _checked_record(self, source: Path) -> RunRecord:
        """The record; a reference for all pictures is read now, and not after hours."""
        record = self._record(source)
        if record.grade is None and not (record.mode == EACH and self.target is not None and self.target.is_dir()):
            for reference in references_of(record):
                reference.in_encoding(None)
        return record

    def _record(self, source: Path) -> RunRecord:
        series = () if self.grade is None else saved_series(load_any_grade(self.grade), self.settings)
        return RunRecord(
            source=str(source),
            mode=SERIES if self.grade is not None else self.mode,
            settings=self.settings,
            palette=self.palette,
            reference=None if self.target is None else _reference(self.target, self.mode),
            target_mask=None if self.target_mask is None else _file(self.target_mask),
            grade=None if self.grade is None else {"path": str(self.grade.absolute()), "sha256": sha256_of(self.grade)},
            recursive=self.recursive,
            masks=None if self.mask is None else str(self.mask.absolute()),
            grade_files=self.grade_files,
            series=series,
        )

    def _check(self) -> None:
        given = [one for one in (self.target, self.palette, self.grade) if one is not None]
        if not given:
            raise InputError("no reference: give --target with a picture or a folder, --palette, or --grade")
        if len(given) > 1:
            raise InputError("more than one reference: give --target, or --palette, or --grade")
        if self.mode not in (EACH, SERIES):
            raise InputError(f"unknown mode {self.mode!r}: choose {EACH} or {SERIES}")
        if self.palette is not None:
            parse_palette(self.palette)
        if self.target is not None and not self.target.exists():
            raise InputError(f"{self.target}: there is no such picture or folder: check --target")
        if self.target_mask is not None and (self.target is None or self.target.is_dir()):
            raise InputError(f"{self.target_mask}: a target mask needs one target picture")
        for mask in (self.mask, self.target_mask):
            if mask is not None and not mask.exists():
                raise InputError(f"{mask}: there is no such mask: check the name")
        self._check_scene()
        self._check_grade_files()

    def _check_scene(self) -> None:
        """``"same"`` is an order: what cannot look for points does not pass over it. ``"auto"`` compares statistics there."""
        if self.settings.scene != SAME_SCENE or self.grade is not None:
            return
        if self.palette is not None:
            raise InputError(
                f"scene 'same': the palette {self.palette!r} shows no scene: give a picture, or choose scene auto"
            )
        if self.mode == SERIES:
            raise InputError(
                "scene 'same' is for pictures that are matched one by one: a series gets one grade, fitted to the statistics "
                "of all its pictures: choose scene auto"
            )

    def _check_grade_files(self) -> None:
        suffix = self.grade_files
        if suffix is None:
            return
        if suffix not in GRADE_SUFFIXES:
            raise InputError(f"--grade-files {suffix!r} is not a kind of grade file: give {', '.join(GRADE_SUFFIXES)}")
        if self.mode == SERIES or self.grade is not None:
            raise InputError("--grade-files is for grades of single pictures: a series has one, saved as series.cube")
        if suffix in CDL_FORMATS and self.settings.resolved_transform != "cdl":
            raise InputError(
                f"--grade-files {suffix}: ten CDL numbers cannot hold this grade: give .cube, or transform cdl"
            )


def _file(path: Path) -> dict[str, str]:
    return {"path": str(path.absolute()), "sha256": file_hash(path)}


def _reference(target: Path, mode: str) -> dict[str, str]:
    """The reference's place and hash. References of single pictures are watched one by one, in the report."""
    if not target.is_dir():
        return _file(target)
    place = {"path": str(target.absolute())}
    if mode == EACH:
        return place
    both = hashlib.sha256()
    for path in pictures_in(target):
        both.update(f"{path.relative_to(target).as_posix()}\0{file_hash(path)}\0".encode("utf-8", "surrogateescape"))
    return place | {"sha256": both.hexdigest()}
