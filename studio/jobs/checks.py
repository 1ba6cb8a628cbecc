"""What several jobs refuse in the same words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import in_words
from reswd_torch.grade.trims import Trims
from reswd_torch.settings import AUTO_TRANSFORM, CDL, SAME_SCENE, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.color_range import ColorRange
from studio.kinds import RESULT_FORMATS
from studio.references import BatchReference, PaletteReference, SavedGrade

if TYPE_CHECKING:
    from reswd_torch.grade import Grade


def settings_for(reference: BatchReference, settings: MatchSettings | None = None) -> MatchSettings:
    """The settings of a job: those that are given, else the defaults; those of a saved grade are its strength and trims."""
    if settings is not None:
        return settings
    if isinstance(reference, SavedGrade):
        return MatchSettings(strength=reference.grade.strength, trims=reference.grade.trims)
    return MatchSettings()


def check_target_space(reference: BatchReference, spaces: SpaceChoice) -> None:
    """The colours of a palette are taken as sRGB."""
    if spaces.target is not None and isinstance(reference, PaletteReference):
        raise InputError(
            f"target space {spaces.target!r}: the colours of a palette are sRGB: leave the space out, or give a picture"
        )


def check_fitted_between(reference: BatchReference, spaces: SpaceChoice) -> None:
    """A saved grade between spaces is applied to pictures one by one, which no run over many needs to fit or to record."""
    if isinstance(reference, SavedGrade):
        raise InputError(
            f"the source space {spaces.source!r} is for pictures that are matched to a reference: leave it out, or apply the "
            "grade to the pictures"
        )


def check_codes_between(settings: MatchSettings, spaces: SpaceChoice) -> None:
    if settings.pairs:
        raise InputError(
            "pairs of colours are codes of a display of standard range, and the source is graded in "
            f"{spaces.working!r}: leave them out"
        )
    check_trims_between(settings.trims, spaces)


def check_trims_between(trims: Trims, spaces: SpaceChoice) -> None:
    """Refuse trims, which are for codes of a display, where something else is graded. Raises InputError."""
    if not trims.is_neutral:
        raise InputError(
            f"trimmed in {in_words(trims.changed, 'and')}: trims are for codes of a display of standard range, and the source is "
            f"graded in {spaces.working!r}: leave them out"
        )


def check_no_colors(path: Path, colors: ColorRange | None) -> None:
    """A range of colours is one picture's: in a clip it would flicker, and a batch does not record it."""
    if colors is not None:
        raise InputError(
            f"{path}: a mask by colours ({colors.colors}) is for a match of two pictures: give a mask file, or leave the "
            "colours out"
        )


def check_format(wanted: str, quality: int | None) -> None:
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


def in_ten_numbers(settings: MatchSettings) -> MatchSettings:
    """The same settings; where the evidence would choose the transform, ten numbers are chosen."""
    return replace(settings, transform=CDL) if settings.resolved_transform == AUTO_TRANSFORM else settings


def check_palette(palette: PaletteReference, settings: MatchSettings) -> None:
    """``"same"`` is refused, not ignored, where points cannot be looked for; ``"auto"`` compares statistics there.

    So is the look: a palette has none.
    """
    settings.aim_for(picture=False)
    if settings.scene == SAME_SCENE:
        raise InputError(
            f"scene 'same': the palette {palette.text!r} shows no scene: give two pictures and no palette, or choose scene "
            "auto"
        )


def check_series_scene(settings: MatchSettings) -> None:
    if settings.scene == SAME_SCENE:
        raise InputError(
            "scene 'same' is for pictures that are matched one by one: a series gets one grade, fitted to the statistics "
            "of all its pictures: choose scene auto"
        )


def check_series_cast(grade: Grade, settings: MatchSettings) -> None:
    """A saved grade for a series looks at no picture whose cast could be taken away."""
    wanted = grade.for_settings(settings)
    if wanted.trims.neutralise and wanted.gains is None:
        raise InputError(
            f"neutralise {wanted.trims.neutralise:g}: a saved grade on a series looks at no picture: leave it out, or match the "
            "series to a reference"
        )
