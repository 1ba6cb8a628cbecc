"""Jobs that match one thing: a picture, a clip, or numbered frames."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import in_words
from reswd_torch.matching.methods import method_named
from reswd_torch.settings import AUTO_SCENE, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.color_range import ColorRange
from studio.jobs.checks import (
    check_codes_between,
    check_fitted_between,
    check_no_colors,
    check_palette,
    check_series_cast,
    check_series_scene,
    check_target_space,
    in_ten_numbers,
)
from studio.references import (
    BatchReference,
    ClipReference,
    FolderReference,
    PaletteReference,
    PictureReference,
    SavedGrade,
    reference_files,
)

if TYPE_CHECKING:
    from reswd_torch.grade import Grade


@dataclass(frozen=True)
class MatchJob:
    """Give a picture the colours of a reference.

    Attributes:
        source: the picture to grade.
        reference: what it should look like; a folder of pictures for numbered frames only.
        settings: how to match; with a saved grade only strength and trims count; without trims it keeps its own.
        mask: a picture of the size of the source, white where the source counts and changes; None for everywhere.
        mask_colors: colours near which the source counts and changes; None for all. With a mask, what is in both.
        spaces: what the code values of the pictures, or of the clip, stand for; None where their files say it.
    """

    source: Path
    reference: BatchReference
    settings: MatchSettings = field(default_factory=MatchSettings)
    mask: Path | None = None
    mask_colors: ColorRange | None = None
    spaces: SpaceChoice | None = None

    def __post_init__(self) -> None:
        if self.spaces is not None:
            _check_spaces(self, self.spaces)
        if isinstance(self.reference, FolderReference) and not self.ends_in_order:
            raise InputError(f"{self.reference.path}: this is a folder: give a picture file")
        if isinstance(self.reference, PaletteReference):
            check_palette(self.reference, self.settings)

    @property
    def looks_for_scene(self) -> bool:
        """Whether the match finds out if both pictures show the same things. A palette and a saved grade show nothing."""
        return self.settings.looks_for_scene and isinstance(self.reference, PictureReference | ClipReference)

    @property
    def aim(self) -> str | None:
        """What is taken of a reference that shows something else; None for a saved grade, which takes nothing."""
        if isinstance(self.reference, SavedGrade):
            return None
        return self.settings.aim_for(picture=not isinstance(self.reference, PaletteReference))

    @property
    def ends_in_order(self) -> bool:
        """Whether the job, when it is stopped, finishes what is at work and keeps what it has written."""
        return False

    @property
    def saved_grade(self) -> Grade | None:
        """The grade to apply where nothing is to be fitted."""
        return self.reference.grade if isinstance(self.reference, SavedGrade) else None

    @property
    def files(self) -> dict[str, Path]:
        """Every file that the job reads, by role: ``source``, ``target``, ``mask``, ``target_mask``, ``config``."""
        files = {"source": self.source, **reference_files(self.reference)}
        if self.mask is not None:
            files["mask"] = self.mask
        if self.spaces is not None and not self.spaces.is_built_in:
            files["config"] = Path(self.spaces.config)
        return files

    def description(self) -> str:
        """One line for grade files: what is matched to what, and how."""
        settings = self.settings
        how = f"{settings.method}, strength {settings.strength:g}, seed {settings.seed}"
        if not settings.trims.is_neutral:
            how += f", trimmed in {in_words(settings.trims.changed, 'and')}"
        if self.spaces is not None:
            how += f", {self.spaces.in_words()}"
        return f"ReSWD Studio: {self.source.name} matched to {self.reference.name} ({how})"

    def by_method(self, method: str) -> MatchJob:
        """The same job by another method. One that does not look for a common scene is not told that there is one, and one
        that knows all colours alone is not told what else to take."""
        declared = method_named(method)
        scene = self.settings.scene if declared.looks_for_scene else AUTO_SCENE
        aim = self.settings.aim if declared.takes_aims else None
        return replace(self, settings=replace(self.settings, method=method, scene=scene, aim=aim))

    def in_ten_numbers(self) -> MatchJob:
        """The same job with a grade that a file of ten CDL numbers holds, where the evidence would choose the transform."""
        return replace(self, settings=in_ten_numbers(self.settings))


@dataclass(frozen=True)
class ClipJob(MatchJob):
    """Give a clip the colours of a reference: one grade for all its frames. A mask holds for each of them."""

    def __post_init__(self) -> None:
        check_no_colors(self.source, self.mask_colors)
        super().__post_init__()


@dataclass(frozen=True)
class FramesJob(MatchJob):
    """Give numbered frames the colours of a reference: one grade for all of them.

    ``source`` is a pattern: a file name with one place for the frame's number (:data:`studio.kinds.FRAME_NUMBER`).
    """

    def __post_init__(self) -> None:
        check_no_colors(self.source, self.mask_colors)
        if isinstance(self.reference, SavedGrade):
            check_series_cast(self.reference.grade, self.settings)
        else:
            check_series_scene(self.settings)
        super().__post_init__()

    @property
    def ends_in_order(self) -> bool:
        return True


def _check_spaces(job: MatchJob, spaces: SpaceChoice) -> None:
    """Colours that are typed, and trims, are codes of a display."""
    if isinstance(job, FramesJob):
        check_fitted_between(job.reference, spaces)
    check_codes_between(job.settings, spaces)
    reference = job.reference
    colors = job.mask_colors or (reference.mask_colors if isinstance(reference, PictureReference) else None)
    if colors is not None:
        raise InputError(
            f"a mask by colours ({colors.colors}) is of codes of a display, and the source is in {spaces.source!r}: give a mask "
            "file, or leave the colours out"
        )
    check_target_space(reference, spaces)
