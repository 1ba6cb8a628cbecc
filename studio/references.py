"""What a picture can be matched to, or a generation steered towards: the types, and the rule that exactly one is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from studio.color_range import ColorRange
from studio.kinds import is_clip
from studio.remedies import JobRemedy

if TYPE_CHECKING:
    from reswd_torch.grade import Grade


@dataclass(frozen=True)
class PictureReference:
    """A picture whose colours are wanted.

    Attributes:
        path: the picture's file.
        mask: a picture of the same size, white where it counts; None for everywhere.
        mask_colors: colours near which it counts; None for all. With a mask, what is in both.
    """

    path: Path
    mask: Path | None = None
    mask_colors: ColorRange | None = None

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return self.path.name


@dataclass(frozen=True)
class ClipReference:
    """A clip whose colours are wanted: all of it, or one of its frames.

    Attributes:
        path: the clip's file.
        mask: a picture of the size of its upright frames, white where they count; None for everywhere.
        at: seconds from its start to the frame that is wanted; None for the whole clip.
    """

    path: Path
    mask: Path | None = None
    at: float | None = None

    def __post_init__(self) -> None:
        if self.at is not None and not (math.isfinite(self.at) and self.at >= 0):
            raise InputError(f"{self.path}: {self.at:g} is no time in a clip: give seconds from its start")

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return self.path.name if self.at is None else f"{self.path.name} at {self.at:g} s"


@dataclass(frozen=True)
class FolderReference:
    """A folder of pictures whose colours are wanted: for a batch only.

    Each picture of the batch has the one of its own name; a series is matched to all of them together.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return self.path.name


@dataclass(frozen=True)
class PaletteReference:
    """Weighted colours in place of a picture.

    Attributes:
        text: hex colours with weights, such as ``"#aabbcc:2, #112233"``.
    """

    text: str

    def __post_init__(self) -> None:
        parse_palette(self.text)

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return self.text


@dataclass(frozen=True, eq=False)
class SavedGrade:
    """A grade that was saved before: nothing is fitted.

    Attributes:
        grade: the grade.
        path: the file that it came from; None for one that was never a file.
    """

    grade: Grade
    path: Path | None = None

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return "a saved grade"


@dataclass(frozen=True)
class KeptColours:
    """A reference's colours as a guided PNG keeps them: for guidance only.

    Attributes:
        colors: base64 of (N, 3) little-endian uint16, sRGB-encoded over their full range.
        name: what the reference was called; None where nobody knows.
    """

    colors: str
    name: str | None = None


Reference = PictureReference | ClipReference | PaletteReference | SavedGrade
"""What a picture or a clip can be matched to."""
BatchReference = PictureReference | ClipReference | FolderReference | PaletteReference | SavedGrade
"""What the pictures of a folder can be matched to."""
GuideReference = PictureReference | ClipReference | PaletteReference | KeptColours
"""What a generation can be steered towards."""


def choose_reference(
    *,
    file: Path | None = None,
    mask: Path | None = None,
    at: float | None = None,
    palette: str | None = None,
    grade: SavedGrade | None = None,
    mask_colors: ColorRange | None = None,
) -> Reference:
    """The one reference among what a person gave; what they did not give is None.

    Args:
        file: a picture or a clip, by its name.
        mask: white where that counts.
        at: seconds from the start of a clip to the one frame that is wanted.
        palette: hex colours with weights.
        grade: a saved grade.
        mask_colors: colours near which a picture counts.

    Raises:
        InputError: none or more than one was given, or ``mask``, ``at`` or ``mask_colors`` without what it belongs to.
    """
    given = {"a picture": file, "a palette": palette, "a saved grade": grade}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        raise InputError("no reference", JobRemedy.GIVE_REFERENCE)
    if len(names) > 1:
        raise InputError(f"more than one reference ({' and '.join(names)})", JobRemedy.GIVE_ONE_REFERENCE)
    if mask_colors is not None and (file is None or is_clip(file)):
        raise InputError(f"the colours {mask_colors.colors} of a target's mask need a target picture: leave them out")
    if file is not None:
        if is_clip(file):
            return ClipReference(file, mask, at)
        if at is not None:
            raise InputError(f"{file}: a time is for clips, and this is none by its name: leave the time out")
        return PictureReference(file, mask, mask_colors)
    if mask is not None:
        raise InputError(f"{mask}: a target mask needs a target picture")
    if at is not None:
        raise InputError(f"the time {at:g} s needs a clip as reference: give one, or leave the time out")
    return grade if grade is not None else PaletteReference(str(palette))


def choose_batch_reference(
    *,
    file: Path | None = None,
    mask: Path | None = None,
    at: float | None = None,
    palette: str | None = None,
    grade: SavedGrade | None = None,
    mask_colors: ColorRange | None = None,
) -> BatchReference:
    """:func:`choose_reference` for a batch, whose ``file`` may be a folder.

    Raises:
        InputError: likewise; or ``file`` is not there.
    """
    if file is None or palette is not None or grade is not None:
        return choose_reference(file=file, mask=mask, at=at, palette=palette, grade=grade, mask_colors=mask_colors)
    if file.is_dir():
        if mask_colors is not None:
            raise InputError(f"the colours {mask_colors.colors} of a target's mask need one target picture")
        if mask is not None:
            raise InputError(f"{mask}: a target mask needs one target picture")
        if at is not None:
            raise InputError(f"{file}: a time is for clips, and this is a folder: leave the time out")
        return FolderReference(file)
    if not file.exists():
        raise InputError(f"{file}: there is no such picture or folder", JobRemedy.CHECK_REFERENCE)
    return choose_reference(file=file, mask=mask, at=at, mask_colors=mask_colors)


def reference_files(reference: BatchReference | GuideReference) -> dict[str, Path]:
    """The files that a reference is read from, by role: ``target`` and ``target_mask``; a folder is none of them."""
    if not isinstance(reference, PictureReference | ClipReference):
        return {}
    files = {"target": reference.path, "target_mask": reference.mask}
    return {role: path for role, path in files.items() if path is not None}


def choose_guide_reference(
    *, file: Path | None = None, palette: str | None = None, kept: KeptColours | None = None
) -> GuideReference:
    """The one thing to steer towards among what a person gave; what they did not give is None.

    Raises:
        InputError: none or more than one was given.
    """
    given = {"a picture": file, "a palette": palette, "kept colours": kept}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        raise InputError("nothing to steer towards: give a reference picture or a palette")
    if len(names) > 1:
        raise InputError(f"{' and '.join(names)} were given together", JobRemedy.GIVE_ONE_REFERENCE)
    if kept is not None:
        return kept
    chosen = choose_reference(file=file, palette=palette)
    assert not isinstance(chosen, SavedGrade)
    return chosen
