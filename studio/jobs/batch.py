"""A job for all pictures of a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import format_of
from reswd_torch.settings import CDL, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.jobs.checks import (
    check_codes_between,
    check_fitted_between,
    check_format,
    check_no_colors,
    check_palette,
    check_series_cast,
    check_series_scene,
    check_target_space,
    in_ten_numbers,
)
from studio.kinds import AS_SOURCE
from studio.references import (
    BatchReference,
    FolderReference,
    PaletteReference,
    PictureReference,
    SavedGrade,
    reference_files,
)
from studio.remedies import JobRemedy

EACH, SERIES = "each", "series"
"""Modes of a batch: every picture is matched on its own, or all of them get one grade."""
FRESH, OVERWRITE, RESUME = "fresh", "overwrite", "resume"
"""What a batch does with results that are there already: it refuses, it replaces them, or it goes on with their run."""


@dataclass(frozen=True)
class BatchJob:
    """Match all pictures of a folder.

    Attributes:
        folder: the pictures.
        output: the folder for the results.
        reference: what they should look like; a folder of references holds one for each picture, found by its name, or all
            references of a series.
        mode: ``"each"``: every picture is matched on its own. ``"series"``: one grade for all.
        settings: how to match; with a saved grade only strength and trims count; without trims it keeps its own.
        recursive: whether sub-folders are entered.
        mask: white where a picture counts and changes: a file for all, or a folder of them, found by name.
        grade_files: for ``"each"``: save every grade beside its result; the suffix of a grade file format, such as .cc or .cube.
            With one that holds ten numbers only, grades whose transform is left to the evidence are ten numbers.
        settings_files: save the settings of every match beside its result, without folders: those are in run.json.
        output_format: of the results, a name of :data:`studio.kinds.RESULT_FORMATS`.
        quality: 1..100 of results in a lossy format; None for that of a JPEG source, else 95.
        existing: what to do with results that are there: one of ``FRESH``, ``OVERWRITE``, ``RESUME``.
        spaces: what the code values of the pictures stand for; None where their files say it.
    """

    folder: Path
    output: Path
    reference: BatchReference
    mode: str = EACH
    settings: MatchSettings = field(default_factory=MatchSettings)
    recursive: bool = False
    mask: Path | None = None
    grade_files: str | None = None
    settings_files: bool = False
    output_format: str = AS_SOURCE
    quality: int | None = None
    existing: str = FRESH
    spaces: SpaceChoice | None = None

    def __post_init__(self) -> None:
        if self.mode not in (EACH, SERIES):
            raise InputError(f"unknown mode {self.mode!r}: choose {EACH} or {SERIES}")
        if self.existing not in (FRESH, OVERWRITE, RESUME):
            raise InputError(f"unknown way with results {self.existing!r}: choose {FRESH}, {OVERWRITE} or {RESUME}")
        if isinstance(self.reference, PaletteReference):
            check_palette(self.reference, self.settings)
        if isinstance(self.reference, PictureReference):
            check_no_colors(self.reference.path, self.reference.mask_colors)
        if self.mode == SERIES and not isinstance(self.reference, SavedGrade):
            check_series_scene(self.settings)
        if self.mode == SERIES and isinstance(self.reference, SavedGrade):
            check_series_cast(self.reference.grade, self.settings)
        if self.spaces is not None:
            self._check_spaces(self.spaces)
        self._check_grade_files()
        check_format(self.output_format, self.quality)

    @property
    def each_its_own(self) -> bool:
        """Whether every picture has a reference of its own."""
        return self.mode == EACH and isinstance(self.reference, FolderReference)

    @property
    def target_mask(self) -> Path | None:
        """White where the one reference counts."""
        return reference_files(self.reference).get("target_mask")

    def _check_spaces(self, spaces: SpaceChoice) -> None:
        check_fitted_between(self.reference, spaces)
        check_codes_between(self.settings, spaces)
        check_target_space(self.reference, spaces)

    def _check_grade_files(self) -> None:
        suffix = self.grade_files
        if suffix is None:
            return
        chosen = format_of(suffix)
        if chosen is None:
            raise InputError(f"{suffix!r} is not a kind of grade file", JobRemedy.GRADE_FILE_SUFFIX)
        if self.mode == SERIES or isinstance(self.reference, SavedGrade):
            raise InputError(f"grade files ({suffix}) are for grades of single pictures", JobRemedy.SERIES_GRADE)
        if not chosen.holds_lattice:
            object.__setattr__(self, "settings", in_ten_numbers(self.settings))
        if not chosen.holds(is_cdl=self.settings.resolved_transform == CDL):
            raise InputError(f"ten CDL numbers ({suffix}) cannot hold this grade", JobRemedy.CUBE_OR_CDL)
