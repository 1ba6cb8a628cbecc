"""Grades as OpenColorIO transforms, for grading and for writing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.grade.cdl import Cdl

if TYPE_CHECKING:
    import PyOpenColorIO as ocio


def cdl_transform(cdl: Cdl) -> ocio.CDLTransform:
    """The OpenColorIO transform of a CDL, in the clamping ASC style."""
    import PyOpenColorIO as ocio

    transform = ocio.CDLTransform(
        slope=list(cdl.slope), offset=list(cdl.offset), power=list(cdl.power), sat=cdl.saturation
    )
    transform.setStyle(ocio.CDL_ASC)
    return transform


def lut_transform(values: np.ndarray) -> ocio.Lut3DTransform:
    """The OpenColorIO transform of a 3-D LUT, with tetrahedral interpolation.

    Args:
        values: (N, N, N, 3) float32, ``values[r, g, b]`` is the colour of input (r, g, b) / (N - 1).
    """
    import PyOpenColorIO as ocio

    transform = ocio.Lut3DTransform(len(values))
    transform.setData(values.ravel())
    transform.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    return transform
