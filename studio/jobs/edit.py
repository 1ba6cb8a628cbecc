"""A job for all shots of an edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import ALL
from reswd_torch.settings import CDL, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.jobs.checks import check_codes_between, check_palette, check_target_space, in_ten_numbers
from studio.references import BatchReference, PaletteReference, SavedGrade
from studio.remedies import JobRemedy


@dataclass(frozen=True)
class EditJob:
    """Give every shot of an edit ten numbers that match it to a reference, and hand them over as one EDL and one .ccc.

    Attributes:
        shots: the folder with the clips and stills.
        output: the folder for the EDL and the .ccc.
        reference: what the shots should look like: one for all, or a folder with one of the name of each.
        edl: the edit, as .edl (CMX 3600), .otio or .ale; None for all shots of the folder, one behind the other.
        settings: how to match.
        overwrite: whether files that exist are replaced.
        spaces: what the code values of the shots stand for; None where their files say it. The ten numbers are then for colours
            of the working space.
    """

    shots: Path
    output: Path
    reference: BatchReference
    edl: Path | None = None
    settings: MatchSettings = field(default_factory=MatchSettings)
    overwrite: bool = False
    spaces: SpaceChoice | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", in_ten_numbers(self.settings))
        if isinstance(self.reference, SavedGrade):
            raise InputError(
                "an edit is matched to a reference, not to a saved grade: give a picture, a clip, a folder or a palette"
            )
        if isinstance(self.reference, PaletteReference):
            check_palette(self.reference, self.settings)
        if self.spaces is not None:
            self._check_spaces(self.spaces)
        if self.settings.resolved_transform != CDL or self.settings.trims.only != ALL:
            raise InputError(
                "an EDL holds ten numbers for each shot, and this asks for a LUT", JobRemedy.EDIT_IN_TEN_NUMBERS
            )

    def _check_spaces(self, spaces: SpaceChoice) -> None:
        if not spaces.keeps_space:
            raise InputError(f"output space {spaces.output!r}: an edit is graded and not rendered: leave it out")
        check_codes_between(self.settings, spaces)
        check_target_space(self.reference, spaces)

    @property
    def title(self) -> str:
        """What the files are called."""
        return self.shots.resolve().name if self.edl is None else self.edl.stem

    def place(self, suffix: str) -> Path:
        """Where the file of this suffix goes."""
        return self.output / f"{self.title}{suffix}"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """What can be written: the EDL, the timeline or Avid's table where one is read, and the .ccc."""
        kind = ".edl" if self.edl is None else self.edl.suffix.lower()
        edits = {".otio": (".edl", ".otio"), ".ale": (".ale",)}.get(kind, (".edl",))
        return tuple(self.place(suffix) for suffix in (*edits, ".ccc"))
