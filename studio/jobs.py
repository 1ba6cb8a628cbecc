"""What can be asked of the studio, and the one place that says what is allowed.

Every front end builds one of these and hands it to :func:`studio.service.run`. A job that exists is allowed: what cannot be
asked is refused here, before anything is read. Whether files can be read, and places written, the services find out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from guidance.catalogue import EMBEDDED_ID
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from reswd_torch.grade.formats import format_for, format_of, in_words
from reswd_torch.grade.trims import ALL, Trims
from reswd_torch.matching.methods import method_named
from reswd_torch.settings import AUTO_SCENE, AUTO_TRANSFORM, CDL, SAME_SCENE, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.color_range import ColorRange
from studio.kinds import AS_SOURCE, RESULT_FORMATS
from studio.references import (
    BatchReference,
    ClipReference,
    FolderReference,
    GuideReference,
    PaletteReference,
    PictureReference,
    SavedGrade,
    reference_files,
)
from studio.remedies import JobRemedy

if TYPE_CHECKING:
    from reswd_torch.grade import Grade

EACH, SERIES = "each", "series"
"""Modes of a batch: every picture is matched on its own, or all of them get one grade."""
FRESH, OVERWRITE, RESUME = "fresh", "overwrite", "resume"
"""What a batch does with results that are there already: it refuses, it replaces them, or it goes on with their run."""


def settings_for(reference: BatchReference, settings: MatchSettings | None = None) -> MatchSettings:
    """The settings of a job: those that are given, else the defaults; those of a saved grade are its strength and trims."""
    if settings is not None:
        return settings
    if isinstance(reference, SavedGrade):
        return MatchSettings(strength=reference.grade.strength, trims=reference.grade.trims)
    return MatchSettings()


@dataclass(frozen=True)
class MatchJob:
    """Give a picture the colours of a reference.

    Attributes:
        source: the picture to grade.
        reference: what it should look like; a folder of pictures for numbered frames only.
        settings: how to match; with a saved grade only strength and trims count; without trims it keeps its own.
        mask: a picture of the size of the source, white where the source counts and changes; None for everywhere.
        mask_colors: colours near which the source counts and changes; None for all. With a mask, what is in both.
        spaces: what the code values of the pictures stand for; None where their files say it.
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
            _check_palette(self.reference, self.settings)

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
        return replace(self, settings=_in_ten_numbers(self.settings))


@dataclass(frozen=True)
class ClipJob(MatchJob):
    """Give a clip the colours of a reference: one grade for all its frames. A mask holds for each of them."""

    def __post_init__(self) -> None:
        _check_no_colors(self.source, self.mask_colors)
        super().__post_init__()


@dataclass(frozen=True)
class FramesJob(MatchJob):
    """Give numbered frames the colours of a reference: one grade for all of them.

    ``source`` is a pattern: a file name with one place for the frame's number (:data:`studio.kinds.FRAME_NUMBER`).
    """

    def __post_init__(self) -> None:
        _check_no_colors(self.source, self.mask_colors)
        if isinstance(self.reference, SavedGrade):
            _check_series_cast(self.reference.grade, self.settings)
        else:
            _check_series_scene(self.settings)
        super().__post_init__()

    @property
    def ends_in_order(self) -> bool:
        return True


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
        spaces: what the code values of the pictures stand for, for ``"each"``; None where their files say it.
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
            _check_palette(self.reference, self.settings)
        if isinstance(self.reference, PictureReference):
            _check_no_colors(self.reference.path, self.reference.mask_colors)
        if self.mode == SERIES and not isinstance(self.reference, SavedGrade):
            _check_series_scene(self.settings)
        if self.mode == SERIES and isinstance(self.reference, SavedGrade):
            _check_series_cast(self.reference.grade, self.settings)
        if self.spaces is not None:
            self._check_spaces(self.spaces)
        self._check_grade_files()
        _check_format(self.output_format, self.quality)

    @property
    def each_its_own(self) -> bool:
        """Whether every picture has a reference of its own."""
        return self.mode == EACH and isinstance(self.reference, FolderReference)

    @property
    def target_mask(self) -> Path | None:
        """White where the one reference counts."""
        return reference_files(self.reference).get("target_mask")

    def _check_spaces(self, spaces: SpaceChoice) -> None:
        if self.mode == SERIES or isinstance(self.reference, SavedGrade):
            raise InputError(
                f"the source space {spaces.source!r} is for pictures that are matched one by one: leave it out, or match each on "
                "its own"
            )
        _check_codes_between(self.settings, spaces)
        _check_target_space(self.reference, spaces)

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
            object.__setattr__(self, "settings", _in_ten_numbers(self.settings))
        if not chosen.holds(is_cdl=self.settings.resolved_transform == CDL):
            raise InputError(f"ten CDL numbers ({suffix}) cannot hold this grade", JobRemedy.CUBE_OR_CDL)


@dataclass(frozen=True)
class EditJob:
    """Give every shot of an edit ten numbers that match it to a reference, and hand them over as one EDL and one .ccc.

    Attributes:
        shots: the folder with the clips and stills.
        output: the folder for the EDL and the .ccc.
        reference: what the shots should look like: one for all, or a folder with one of the name of each.
        edl: the edit, as .edl (CMX 3600) or .otio; None for all shots of the folder, one behind the other.
        settings: how to match.
        overwrite: whether files that exist are replaced.
    """

    shots: Path
    output: Path
    reference: BatchReference
    edl: Path | None = None
    settings: MatchSettings = field(default_factory=MatchSettings)
    overwrite: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", _in_ten_numbers(self.settings))
        if isinstance(self.reference, SavedGrade):
            raise InputError(
                "an edit is matched to a reference, not to a saved grade: give a picture, a clip, a folder or a palette"
            )
        if isinstance(self.reference, PaletteReference):
            _check_palette(self.reference, self.settings)
        if self.settings.resolved_transform != CDL or self.settings.trims.only != ALL:
            raise InputError(
                "an EDL holds ten numbers for each shot, and this asks for a LUT", JobRemedy.EDIT_IN_TEN_NUMBERS
            )

    @property
    def title(self) -> str:
        """What the files are called."""
        return self.shots.resolve().name if self.edl is None else self.edl.stem

    def place(self, suffix: str) -> Path:
        """Where the file of this suffix goes."""
        return self.output / f"{self.title}{suffix}"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """What can be written: the EDL, the timeline where one is read, and the .ccc."""
        timeline = (".otio",) if self.edl is not None and self.edl.suffix.lower() == ".otio" else ()
        return tuple(self.place(suffix) for suffix in (".edl", *timeline, ".ccc"))


def _check_spaces(job: MatchJob, spaces: SpaceChoice) -> None:
    """Colour spaces are for still pictures; colours that are typed, and trims, are codes of a display."""
    if isinstance(job, ClipJob | FramesJob):
        raise InputError(f"{job.source}: the source space {spaces.source!r} is for single pictures: leave it out")
    _check_codes_between(job.settings, spaces)
    reference = job.reference
    colors = job.mask_colors or (reference.mask_colors if isinstance(reference, PictureReference) else None)
    if colors is not None:
        raise InputError(
            f"a mask by colours ({colors.colors}) is of codes of a display, and the source is in {spaces.source!r}: give a mask "
            "file, or leave the colours out"
        )
    _check_target_space(reference, spaces)


def _check_target_space(reference: BatchReference, spaces: SpaceChoice) -> None:
    """The colours of a palette and of a clip are taken as sRGB."""
    if spaces.target is not None and isinstance(reference, ClipReference):
        raise InputError(f"{reference.path}: a clip is taken as sRGB: leave its space out, or give a still picture")
    if spaces.target is not None and isinstance(reference, PaletteReference):
        raise InputError(
            f"target space {spaces.target!r}: the colours of a palette are sRGB: leave the space out, or give a picture"
        )


def _check_codes_between(settings: MatchSettings, spaces: SpaceChoice) -> None:
    if settings.pairs:
        raise InputError(
            f"pairs of colours are codes of a display, and {spaces.source!r} is graded in {spaces.working!r}: leave them out"
        )
    check_trims_between(settings.trims, spaces)


def check_trims_between(trims: Trims, spaces: SpaceChoice) -> None:
    """Refuse trims, which are for codes of a display, where something else is graded. Raises InputError."""
    if not trims.is_neutral:
        raise InputError(
            f"trimmed in {in_words(trims.changed, 'and')}: trims are for codes of a display, and {spaces.source!r} is graded in "
            f"{spaces.working!r}: leave them out"
        )


def _check_no_colors(path: Path, colors: ColorRange | None) -> None:
    """A range of colours is one picture's: in a clip it would flicker, and a batch does not record it."""
    if colors is not None:
        raise InputError(
            f"{path}: a mask by colours ({colors.colors}) is for a match of two pictures: give a mask file, or leave the "
            "colours out"
        )


def _check_format(wanted: str, quality: int | None) -> None:
    known = RESULT_FORMATS.get(wanted)
    if known is None:
        raise InputError(f"unknown format {wanted!r}: choose {', '.join(RESULT_FORMATS)}")
    if quality is None:
        return
    if not 1 <= quality <= 100:
        raise InputError(f"quality {quality} is out of range: give a whole number from 1 to 100")
    if not known.lossy:
        raise InputError(
            f"quality {quality}: {wanted} loses nothing, so it has no quality: leave it out, or choose jpeg"
        )


def _in_ten_numbers(settings: MatchSettings) -> MatchSettings:
    """The same settings; where the evidence would choose the transform, ten numbers are chosen."""
    return replace(settings, transform=CDL) if settings.resolved_transform == AUTO_TRANSFORM else settings


def _check_palette(palette: PaletteReference, settings: MatchSettings) -> None:
    """``"same"`` is refused, not ignored, where points cannot be looked for; ``"auto"`` compares statistics there.

    So is the look: a palette has none.
    """
    settings.aim_for(picture=False)
    if settings.scene == SAME_SCENE:
        raise InputError(
            f"scene 'same': the palette {palette.text!r} shows no scene: give two pictures and no palette, or choose scene "
            "auto"
        )


def _check_series_scene(settings: MatchSettings) -> None:
    if settings.scene == SAME_SCENE:
        raise InputError(
            "scene 'same' is for pictures that are matched one by one: a series gets one grade, fitted to the statistics "
            "of all its pictures: choose scene auto"
        )


def _check_series_cast(grade: Grade, settings: MatchSettings) -> None:
    """A saved grade for a series looks at no picture whose cast could be taken away."""
    wanted = grade.for_settings(settings)
    if wanted.trims.neutralise and wanted.gains is None:
        raise InputError(
            f"neutralise {wanted.trims.neutralise:g}: a saved grade on a series looks at no picture: leave it out, or match the "
            "series to a reference"
        )


@dataclass(frozen=True)
class PaintJob:
    """Paint a picture that nothing guides.

    Attributes:
        generation: prompt, seed, steps and the like.
        model: id of the catalogue, of the hub, or a folder.
    """

    generation: Generation
    model: str = EMBEDDED_ID


@dataclass(frozen=True)
class GuideJob:
    """Paint a picture whose colours are steered towards a reference.

    Attributes:
        generation: prompt, seed, steps and the like.
        reference: whose colours are wanted.
        guidance: how it is steered.
        model: id of the catalogue, of the hub, or a folder.
        plain: whether to paint the plain picture of the same seed as well.
    """

    generation: Generation
    reference: GuideReference
    guidance: GuidanceSettings = field(default_factory=GuidanceSettings)
    model: str = EMBEDDED_ID
    plain: bool = False


Job = MatchJob | BatchJob | GuideJob | PaintJob
"""Whatever :func:`studio.service.run` does; a :class:`ClipJob` and a :class:`FramesJob` are kinds of :class:`MatchJob`."""


@dataclass(frozen=True)
class Outputs:
    """The files that a match is to end in.

    Attributes:
        result: the matched picture, clip, or pattern of numbered frames.
        cdl: the grade as .cc, .ccc or .cdl as well.
        cube: the grade as .cube, or another file that holds any grade, as well.
        settings: the settings as .json as well: of a single picture or a clip only.
        cube_size: lattice points of the .cube along one axis.
        overwrite: whether files that exist are replaced.
        inputs: further files that must not be replaced, beside those that the job reads.
        grades: the grade in further files, each in the format of its suffix.
    """

    result: Path
    cdl: Path | None = None
    cube: Path | None = None
    settings: Path | None = None
    cube_size: int = 33
    overwrite: bool = False
    inputs: tuple[Path, ...] = ()
    grades: tuple[Path, ...] = ()

    @property
    def grade_files(self) -> dict[str, Path]:
        """Every file that the grade goes into, by its role: ``cdl``, ``cube``, and for further ones ``grade 1`` and so on."""
        given = {"cdl": self.cdl, "cube": self.cube}
        return {role: path for role, path in given.items() if path is not None} | {
            f"grade {number}": path for number, path in enumerate(self.grades, 1)
        }

    @property
    def wants_ten_numbers(self) -> bool:
        """Whether one of these files holds ten CDL numbers only."""
        formats = [format_for(path) for path in self.grade_files.values()]
        return any(one is not None and not one.holds_lattice for one in formats)
