"""What the controls of the tab *Batch* say, and the run that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.settings import AUTO_SCENE, COLOURS, MOOD, MatchSettings
from reswd_torch.spaces import SpaceChoice
from studio.jobs import EACH, FRESH
from studio.kinds import AS_SOURCE, RESULT_FORMATS
from studio.media.allowed import below
from studio.service.batch.uploads import UploadedBatch
from studio.ui import words
from studio.ui.batch.run import uploads_of
from studio.ui.controls import PALETTE, PICTURE, SAVED, chosen_settings
from studio.ui.grades import sent_grade
from studio.ui.limits import limits
from studio.ui.settings import Sent, whole_number
from studio.ui.spaces import spaces_chosen

FILES, FOLDER, HERE = "ZIP or files", "Folder", "Folder on this machine"
"""Where the pictures of a run can come from."""


@dataclass(frozen=True)
class BatchChoice:
    """The controls of the tab as they stood when the button was pressed. Each field has the name of its component.

    Attributes:
        kind: where the pictures come from: :data:`FILES`, :data:`FOLDER` or :data:`HERE`.
        files, folder: uploads, for the first two of them.
        here, results: folders of this machine for pictures and results, for the third one.
        existing: what to do with results that are there, for the third one.
        colours: where the colours come from, one of :data:`studio.ui.controls.KINDS`.
        references, palette, grade: uploads, what was written, and an uploaded file, for each of these kinds.
        aim, palette_aim: what to take of pictures, and of a palette.
        protect: what a mood keeps.
        mode: whether each picture is matched on its own.
        output_format, quality: of the results; no quality stands for that of the sources.
        grade_files: the suffix of a file with the grade beside every result; empty for none.
        settings_files: whether the settings go beside every result.
        method, transform, scene, strength, seed, device: as for :func:`studio.ui.settings.settings_from`.
        source_space, target_space, output_space, working_space: colour spaces by their names in the config; empty for what
            the files say, and of the last two for what follows from the first.
    """

    kind: str = FILES
    files: Sent = None
    folder: Sent = None
    here: str = ""
    results: str = ""
    existing: str = FRESH
    colours: str = PICTURE
    references: Sent = None
    palette: str = ""
    grade: str | None = None
    aim: Sent = MOOD
    palette_aim: Sent = COLOURS
    protect: Sent = field(default_factory=lambda: list(MatchSettings.protect))
    mode: str = EACH
    output_format: str = AS_SOURCE
    quality: Sent = None
    grade_files: str = ""
    settings_files: bool = False
    method: str = MatchSettings.method
    transform: str = MatchSettings.transform
    scene: str = MatchSettings.scene
    strength: Sent = MatchSettings.strength
    seed: Sent = MatchSettings.seed
    device: str = MatchSettings.device
    source_space: Sent = ""
    target_space: Sent = ""
    output_space: Sent = ""
    working_space: Sent = ""

    def wanted(self, allowed: Sequence[Path]) -> UploadedBatch:
        """The run that the controls ask for.

        Args:
            allowed: folders of this machine below which a person may name some.

        Raises:
            InputError: with words for the page.
        """
        is_here = self.kind == HERE
        scene = self.scene if may_share_a_scene(self.colours, self.mode) else AUTO_SCENE
        settings = chosen_settings(self.colours, self, scene=scene)
        return UploadedBatch(
            files=() if is_here else uploads_of(self.files if self.kind == FILES else self.folder),
            folder=below(self.here, allowed, "the folder with the pictures") if is_here else None,
            results=below(self.results, allowed, "the folder for the results") if is_here else None,
            references=uploads_of(self.references) if self.colours == PICTURE else (),
            palette=_palette(self.palette) if self.colours == PALETTE else None,
            grade=_grade(self.grade) if self.colours == SAVED else None,
            mode=self.mode,
            settings=settings,
            limits=limits().batch,
            existing=self.existing if is_here else FRESH,
            grade_files=self.grade_files or None if may_have_grades(self.colours, self.mode) else None,
            settings_files=bool(self.settings_files),
            output_format=self.output_format,
            quality=_quality(self.quality) if has_quality(self.output_format) else None,
            spaces=self.spaces(),
        )

    def spaces(self) -> SpaceChoice | None:
        """The colour spaces; None where the files say them, and with a saved grade.

        Raises:
            InputError: the config cannot be read, or does not have what was sent.
        """
        return spaces_chosen(self, of_picture=self.colours == PICTURE) if may_have_spaces(self.colours) else None


def may_share_a_scene(colours: str, mode: str) -> bool:
    """Whether pictures are matched to a picture, one by one. A palette shows nothing, and a series is fitted by statistics."""
    return colours == PICTURE and mode == EACH


def may_have_grades(colours: str, mode: str) -> bool:
    """Whether every picture has a grade of its own, which can be saved beside it."""
    return colours != SAVED and mode == EACH


def may_have_spaces(colours: str) -> bool:
    """Whether pictures are matched, which can be between colour spaces. A saved grade is applied to codes as they are."""
    return colours != SAVED


def has_quality(output_format: str) -> bool:
    """Whether results may be of a lossy format. Raises InputError for a format that there is not."""
    known = RESULT_FORMATS.get(output_format)
    if known is None:
        raise InputError(f"There is no format {output_format!r:.40} to write: choose {', '.join(RESULT_FORMATS)}.")
    return known.lossy


def _quality(value: Sent) -> int | None:
    """A quality from 1 to 100; None for an empty place. The job refuses what lies outside."""
    return None if value is None or value == "" else whole_number(value, "quality")


def _palette(text: str) -> str:
    if not text.strip():
        raise InputError(words.NO_PALETTE)
    return text


def _grade(path: str | None) -> Path:
    """The file of a saved grade, which is read once here so that a broken one is said before the run begins."""
    if path is None:
        raise InputError(words.NO_GRADE)
    sent_grade(path)
    return Path(path)
