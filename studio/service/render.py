"""A grade on a whole picture of 8 or 16 bits (:mod:`reswd_torch.grade.codes`), or of floats (:mod:`studio.service.floats`)."""

from __future__ import annotations

import numpy as np

from reswd_torch.grade import Grade
from reswd_torch.grade.codes import StripKernel, kernel_of, of_codes, render_by
from studio.service.floats import floats_kernel


def render(
    pixels: np.ndarray,
    grade: Grade,
    weights: np.ndarray | None = None,
    *,
    in_place: bool = False,
    multiplied_by: np.ndarray | None = None,
) -> np.ndarray:
    """Grade a picture at the grade's strength, with its trims.

    Args:
        pixels: (H, W, 3) uint8, uint16, float16 or float32, in the encoding that the grade was fitted in. Floats are not clamped:
            see :mod:`studio.service.floats`.
        grade: what to apply.
        weights: (H, W) float, 0..1: where to apply it. 0 leaves a pixel exactly as it is, 1 grades it, between is mixed.
        in_place: write into ``pixels``, for a caller who needs them no more; not with weights, which mix with them.
        multiplied_by: (H, W) alpha that floats are multiplied by: they are graded without it, and multiplied again.

    Returns:
        (H, W, 3), same dtype. With strength 0 and no trims the same values.
    """
    in_place = in_place and weights is None and pixels.flags.writeable
    if grade.leaves_alone:
        return pixels if in_place else pixels.copy()
    pixels = np.ascontiguousarray(pixels)  # OpenColorIO is told rows without gaps
    out = pixels if in_place else np.empty_like(pixels)
    render_by(kernel_for(grade, pixels.dtype), pixels, out, weights, pixels, multiplied_by)
    return out


def kernel_for(grade: Grade, dtype: np.dtype) -> StripKernel:
    """What :func:`render` grades pictures of a dtype with, for a caller who has many: a lattice is prepared once for all."""
    return floats_kernel(grade.effective) if dtype.kind == "f" else of_codes(kernel_of(grade.effective, dtype))
