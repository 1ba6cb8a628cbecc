"""Matches between colour spaces of OpenColorIO: fitted as a display shows both pictures, graded in a working space."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.codes import StripKernel, codes_kernel, of_codes, render_by
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.formats import format_for
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.matching import PixelSample, color_distance, fit_pairs, fit_samples
from reswd_torch.progress import OnProgress
from reswd_torch.settings import AUTO_TRANSFORM, CDL, LUT, MatchSettings
from reswd_torch.spaces import (
    SpaceChoice,
    View,
    appearance_in,
    delivery,
    process_list_text,
    source_view,
    straight_tables,
    through,
    working_view,
)
from reswd_torch.spaces.chain import clamps, graded_in
from reswd_torch.spaces.config import load_config
from reswd_torch.spaces.names import is_hdr
from reswd_torch.spaces.sight import is_seen_as_graded
from reswd_torch.threads import one_thread
from studio.media.images import Picture, profile_name
from studio.media.images.picture import FILM_FORMATS, RAW
from studio.media.images.png_chunks import COLOUR_CHUNKS
from studio.media.images.scene import developed_profile
from studio.service.clip_colours import most_alike
from studio.service.encodings import sample_through
from studio.service.floats import beyond_range, by_tables, floats_kernel_of
from studio.service.render import render
from studio.service.still_tags import tagged_as

_CARRIES = 1.0
"""Mean distance on the display, CIE Lab units, up to which ten numbers are taken to do what a fit does."""
_SHOWN = 1 / 255
"""Codes of the display nearer to its ends than this were cut off there: the light behind them is not known."""
_ENOUGH = 64
"""The fewest colours that a grade is fitted to. Where fewer lie within the display's range, all of them count."""
_SCENE = "scene"
"""What a fit took where both pictures show one scene (:attr:`~reswd_torch.matching.MatchReport.took`)."""
_LISTS = {".clf": "Academy/ASC Common LUT Format", ".ctf": "Color Transform Format"}
"""OpenColorIO's names of the formats that hold the conversions as well."""


def seen_sample(sample: PixelSample, view: View) -> PixelSample:
    """A sample as it is seen, its thumbnails too.

    Args:
        sample: in a space.
        view: what is seen of that space.
    """
    return sample_through(sample, lambda colours: seen if (seen := view(colours)) is colours else _codes(seen))


def _shown(view: View, colours: Float[Tensor, "n 3"] | np.ndarray) -> Float[Tensor, "n 3"]:
    return torch.from_numpy(_codes(view(np.asarray(colours))))


def _codes(values: np.ndarray) -> np.ndarray:
    """Values as codes of a picture, 0..1."""
    return np.nan_to_num(values).clip(0.0, 1.0)


def alike_between(source: PixelSample, target: PixelSample, choice: SpaceChoice) -> tuple[PixelSample, PixelSample]:
    """:func:`~studio.service.clip_colours.most_alike` of what is seen of both.

    Args:
        source: in ``choice.source``.
        target: as it is seen.
        choice: the spaces.

    Returns:
        Both, still in these encodings.
    """
    return most_alike(source, target, lambda: seen_sample(source, source_view(choice)))


@one_thread()
def fit_between(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    choice: SpaceChoice,
    progress: OnProgress | None = None,
) -> Grade:
    """:func:`reswd_torch.matching.fit_samples` for pictures in colour spaces of OpenColorIO.

    The fit is done on what is seen of both (:mod:`reswd_torch.spaces.sight`). A grade is then fitted in the working space to what
    that fit does, unless it is applied to the very codes that are seen: ten numbers where they do it, since light and exposure
    are straight lines in a logarithm, else a LUT. Colours that the display cuts off are left out; both go on smoothly there.

    Args:
        source: sampled source pixels, in ``choice.source``.
        target: sampled reference pixels, as they are seen.
        settings: what to fit; without pairs and trims.
        choice: the spaces.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        The grade in ``choice.working``. Its reported distances are those of what is seen.

    Raises:
        InputError: as for ``fit_samples``.
    """
    seen = seen_sample(source, source_view(choice))
    if is_seen_as_graded(choice):
        fitted = fit_samples(seen, target, settings, progress=progress, appearance=appearance_in(choice))
        return replace(fitted, encoding=choice.working)
    fitted = _fitted_on_display(seen, target, settings, choice, progress)
    wanted = fitted.fit_alone.apply(seen.fit).clamp(0.0, 1.0)
    aims = working_view(choice, inverse=True)(wanted.numpy())
    working = delivery(choice.config, choice.source, choice.working)(source.fit.numpy())
    inside = ((torch.minimum(seen.fit, wanted) > _SHOWN) & (torch.maximum(seen.fit, wanted) < 1.0 - _SHOWN)).all(dim=1)
    if int(inside.sum()) < _ENOUGH:
        inside = torch.ones_like(inside)
    ends = torch.from_numpy(_codes(working))[inside], torch.from_numpy(_codes(aims))[inside]

    report = fitted.report
    assert report is not None
    blank = Grade(Cdl(), strength=settings.strength, encoding=choice.working, notes=fitted.notes)
    grade = _fitted_in(choice, blank, ends, (working, wanted), settings, report.took)
    if isinstance(grade, tuple):  # of one scene the reference itself tells which of the two is nearer
        grade = min(grade, key=lambda one: distance_by(one, source, target, choice))
    report = replace(report, distance_after=distance_by(grade, source, target, choice), settings=settings)
    return replace(grade, report=report)


def _fitted_on_display(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    choice: SpaceChoice,
    progress: OnProgress | None,
) -> Grade:
    """The fit to what a display shows. Where it shows one scene and ten numbers are wanted, that does not bind the fit on the
    display: what ten numbers of a logarithm do is no ten numbers there."""
    appearance = appearance_in(choice)
    if settings.transform == CDL:
        free_to = replace(settings, transform=AUTO_TRANSFORM)
        free = fit_samples(source, target, free_to, progress=progress, appearance=appearance)
        if free.report is not None and free.report.took == _SCENE:
            return free
    return fit_samples(source, target, settings, progress=progress, appearance=appearance)


def _fitted_in(
    choice: SpaceChoice,
    blank: Grade,
    ends: tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3"]],
    seen: tuple[np.ndarray, Float[Tensor, "m 3"]],
    settings: MatchSettings,
    took: str,
) -> Grade | tuple[Grade, Grade]:
    """What does in the working space what a fit does on the display; both kinds, where the reference has to tell.

    Args:
        choice: the spaces.
        blank: the grade without its transform.
        ends: colours of the working space and what each should become, 0..1.
        seen: (M, 3) all sampled colours in the working space, and what the display should show of each.
        settings: which kind is wanted.
        took: what the fit follows.
    """
    lut = settings.resolved_transform == LUT
    if not lut:
        cdl = fit_pairs(*ends, CDL)
        assert isinstance(cdl, Cdl)
        if settings.resolved_transform == CDL or _off(choice, cdl, *seen) <= _CARRIES:
            return replace(blank, transform=cdl)
    lattice = replace(blank, transform=fit_pairs(*ends, LUT))
    return lattice if lut or took != _SCENE else (replace(blank, transform=cdl), lattice)


def _off(choice: SpaceChoice, cdl: Cdl, working: np.ndarray, wanted: Float[Tensor, "m 3"]) -> float:
    """Mean distance, as seen, between what ten numbers make of colours and what is wanted, CIE Lab units."""
    shown, appearance = _shown(working_view(choice), graded_in(choice, cdl)(working)), appearance_in(choice)
    return float((appearance.lab(shown) - appearance.lab(wanted)).norm(dim=1).mean())


def distance_by(grade: Grade, source: PixelSample, target: PixelSample, choice: SpaceChoice) -> float:
    """Sliced Wasserstein distance, as seen, from a graded source to the reference, CIE Lab units.

    Args:
        grade: in ``choice.working``.
        source: in ``choice.source``.
        target: as it is seen.
        choice: the spaces.
    """
    working = delivery(choice.config, choice.source, choice.working)(source.held_out.numpy())
    graded = working if grade.leaves_alone else graded_in(choice, grade.effective)(working)
    shown = _shown(working_view(choice), graded)
    return color_distance(shown, target.held_out, appearance=appearance_in(choice))


def render_between(
    pixels: np.ndarray,
    grade: Grade,
    choice: SpaceChoice,
    weights: np.ndarray | None = None,
    *,
    in_place: bool = False,
    multiplied_by: np.ndarray | None = None,
) -> np.ndarray:
    """Take a picture from the source's space to that of the result, graded in the working space between.

    Args:
        pixels: (H, W, 3) uint8, uint16, float16 or float32, code values in ``choice.source``.
        grade: in ``choice.working``.
        choice: the spaces.
        weights: (H, W) float, 0..1: where the grade is applied. Where it is 0, a pixel is only converted, and stays exactly as it
            is where the result is in the source's space.
        in_place: write into ``pixels``, for a caller who needs them no more; not with weights, which mix with them.
        multiplied_by: (H, W) alpha that floats are multiplied by: they are converted and graded without it.

    Returns:
        (H, W, 3) of the same dtype, code values in ``choice.output``. Integers are rounded once, and cut to 0..1 there. Floats
        are not cut: outside of a LUT's domain they keep their distance to its edge, in the working space.
    """
    in_place = in_place and weights is None and pixels.flags.writeable
    pixels = np.ascontiguousarray(pixels)
    if choice.keeps_space:
        plain = pixels
        if grade.leaves_alone:
            return pixels if in_place else pixels.copy()
    else:
        plain = np.empty_like(pixels)
        if weights is not None or grade.leaves_alone:
            render_by(_kernel_between(choice, None, pixels.dtype), pixels, plain, None, pixels, multiplied_by)
        if grade.leaves_alone:
            return plain
    out = pixels if in_place else np.empty_like(pixels)
    render_by(_kernel_between(choice, grade, pixels.dtype), pixels, out, weights, plain, multiplied_by)
    return out


@lru_cache(maxsize=8)
def _kernel_between(choice: SpaceChoice, grade: Grade | None, dtype: np.dtype) -> StripKernel:
    """What grades strips; None for the conversions alone. The latest are kept, so that the frames of a clip share one."""
    effective = None if grade is None else grade.effective
    if dtype.kind == "f" and effective is not None and not isinstance(effective, Cdl):
        ahead, behind = (
            delivery(choice.config, *ends)
            for ends in ((choice.source, choice.working), (choice.working, choice.output))
        )
        graded = by_tables(effective)
        return floats_kernel_of(lambda colours: behind(graded(ahead(colours))))
    converter = through(choice, effective)
    if dtype.kind == "f":
        return floats_kernel_of(converter)
    return of_codes(codes_kernel(lambda colours: _codes(converter(colours)), dtype))


def render_picture(
    picture: Picture,
    grade: Grade,
    choice: SpaceChoice | None,
    weights: np.ndarray | None,
    *,
    in_place: bool = False,
) -> np.ndarray:
    """A picture, graded: by :func:`render_between`, or by :func:`studio.service.render.render` where no space was said."""
    pixels, alpha = picture.pixels, picture.multiplied_by
    if choice is None:
        return render(pixels, grade, weights, in_place=in_place, multiplied_by=alpha)
    return render_between(pixels, grade, choice, weights, in_place=in_place, multiplied_by=alpha)


def as_written(picture: Picture, choice: SpaceChoice | None) -> Picture:
    """The picture with what its result's file says of colours: in another space than its own, that space (:mod:`.still_tags`).

    Raises:
        InputError: its file is copied with all that it says, or it is camera raw.
    """
    if choice is None:
        return picture
    check_not_developed(picture.path, picture.container.format, choice.source)
    if choice.keeps_space:
        return picture
    if picture.container.format in FILM_FORMATS:
        raise InputError(
            f"output space {choice.output!r}: {picture.path.name} is written as a copy of itself ({picture.container.format}), "
            f"which stays in {choice.source}: leave the output space out"
        )
    held = picture.container
    chunks = tuple(chunk for chunk in held.png_chunks if chunk[0] not in COLOUR_CHUNKS)
    plain = replace(held, png_chunks=chunks, colour_tag=None, colour_numbers=None, hdr=None)
    return tagged_as(replace(picture, icc=None, container=plain), choice.config, choice.output)


def check_not_developed(path: Path, form: str, space: str) -> None:
    """Refuse to take camera raw for another space than it was developed into.

    Args:
        path: the picture.
        form: its format, as a container has it.
        space: the space that was named.

    Raises:
        InputError: it is camera raw.
    """
    if form == RAW:
        raise InputError(
            f"{path}: camera raw is developed into {profile_name(developed_profile())}, which is not {space!r}: leave the space "
            "out, or develop the file into it elsewhere"
        )


def notes_on(picture: Picture, choice: SpaceChoice | None) -> tuple[str, ...]:
    """The notes of a picture. Where its space was said, nothing had to be assumed, and its file may say something else."""
    if choice is None:
        return picture.notes
    notes = tuple(note for note in picture.notes if note not in picture.container.assumed)
    hdr, named_hdr = picture.container.hdr, is_hdr(load_config(choice.config), choice.source)
    if hdr is None and named_hdr:
        return (*notes, f"nothing in it says that it is HDR: its code values were taken for {choice.source}")
    if hdr is not None:
        passed = (
            () if named_hdr else (f"its file says HDR, which was passed over: its code values are {choice.source}",)
        )
        return (*notes, *passed)
    if picture.icc is None or picture.container.assumed:
        return notes
    name = profile_name(picture.icc)
    return (*notes, f"its profile ({name}) was passed over: its code values are {choice.source}")


def notes_on_range(picture: Picture, grade: Grade, choice: SpaceChoice | None) -> tuple[str, ...]:
    """What to say of floats outside 0..1: see :func:`studio.service.floats.beyond_range`."""
    said = beyond_range(picture, grade)
    if said and choice is not None and isinstance(grade.effective, Cdl) and clamps(choice):
        return (f"values outside 0..1 of {choice.working} are cut, as ASC CDL says",)
    return said


def check_grade_between(path: Path, choice: SpaceChoice) -> None:
    """Refuse, before any work, a .clf or .ctf that has no place for the conversions. Raises InputError."""
    if (suffix := _list_suffix(path)) is not None:
        _list_text(choice, Grade(Cdl()), suffix, "", 2)


def save_grade_between(
    grade: Grade, path: Path, choice: SpaceChoice, *, cube_size: int, description: str, straight: bool = False
) -> Path:
    """Save a grade at its strength. A .clf or .ctf holds the conversions too; every other file holds the grade alone, says so,
    and is to be applied to colours of the working space.

    Args:
        grade: in ``choice.working``.
        path: where to.
        choice: the spaces.
        cube_size: lattice points along one axis where something has to be sampled.
        description: a line for the file.
        straight: every file holds the conversions, as tables where it has no place for operations.

    Raises:
        InputError: as for :meth:`reswd_torch.grade.Grade.save`.
    """
    if straight and _list_suffix(path) is None:
        format_at = check_grade_path(path, is_cdl=False, cube_size=cube_size)
        tables = straight_tables(choice, grade.effective, format_at.points(cube_size))
        told = f"{description}; {choice.in_words()}; apply it straight to colours in {choice.source}"
        return Grade(tables, encoding=choice.source).save(path, cube_size=cube_size, description=told)
    if (suffix := _list_suffix(path)) is None:
        told = f"{description}; apply it to colours in {choice.working}"
        return grade.save(path, cube_size=cube_size, description=told)
    check_grade_path(path, is_cdl=grade.is_cdl, cube_size=cube_size, lut_makers=grade.lut_makers)
    told = f"{description}; with the conversions in it"
    write_text_atomically(path, _list_text(choice, grade, suffix, told, cube_size))
    return path


def _list_text(choice: SpaceChoice, grade: Grade, suffix: str, description: str, cube_size: int) -> str:
    return process_list_text(
        choice, grade.effective, _LISTS[suffix], suffix=suffix, description=description, cube_size=cube_size
    )


def _list_suffix(path: Path) -> str | None:
    """The suffix of a file that holds the conversions as well; None for every other."""
    found = format_for(path)
    return found.suffix if found is not None and found.suffix in _LISTS else None


def applies_where(path: Path, choice: SpaceChoice, *, straight: bool = False) -> str:
    """What a grade file of this name is to be applied to, for people; ``straight`` as for :func:`save_grade_between`."""
    if straight or _list_suffix(path) is not None:
        return f"{path.suffix.lower()}: takes {choice.source} to {choice.output}, with the conversions"
    return f"{path.suffix.lower()}: the grade alone, for colours in {choice.working}"
