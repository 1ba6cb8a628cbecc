"""Pictures between colour spaces: converted, graded in the working space, converted on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.codes import StripKernel, codes_kernel, of_codes, render_by
from reswd_torch.spaces import SpaceChoice, delivery, through
from studio.media.images import Picture
from studio.service.floats import by_tables, floats_kernel_of
from studio.service.render import render


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
    return of_codes(codes_kernel(lambda colours: as_codes(converter(colours)), dtype))


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


def as_codes(values: np.ndarray) -> np.ndarray:
    """Values as codes of a picture, 0..1."""
    return np.nan_to_num(values).clip(0.0, 1.0)
