"""Grades as OpenColorIO transforms, for grading and for writing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.constants import Triple

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

_TILE = 1 << 12
"""Number of colours that OpenColorIO grades at a time, so that its own copy of them stays in the cache."""


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


def curve_transforms(values: np.ndarray, low: Triple, high: Triple) -> list[ocio.Transform]:
    """The OpenColorIO transforms of a 1-D LUT with linear interpolation, as its own reader of .cube makes them.

    Args:
        values: (N, 3) float32, the outputs of inputs from ``low`` to ``high`` at equal steps.
        low, high: the range of inputs of each channel, which a matrix takes to 0..1.
    """
    import PyOpenColorIO as ocio

    table = ocio.Lut1DTransform(len(values), False)
    table.setData(values.ravel())
    table.setInterpolation(ocio.INTERP_LINEAR)
    if (low, high) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)):
        return [table]
    factors = [1.0 / (most - least) for least, most in zip(low, high, strict=True)]
    summands = [-least * factor for least, factor in zip(low, factors, strict=True)]
    return [ocio.MatrixTransform(matrix=np.diag([*factors, 1.0]).ravel().tolist(), offset=[*summands, 0.0]), table]


def processor_of(transforms: list[ocio.Transform]) -> ocio.CPUProcessor:
    """OpenColorIO's processor of float32 colours, with nothing approximated. Many threads may use it at once."""
    import PyOpenColorIO as ocio

    group = transforms[0] if len(transforms) == 1 else ocio.GroupTransform(transforms)
    return ocio.Config.CreateRaw().getProcessor(group).getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)


def grade_array(processor: ocio.CPUProcessor, source: np.ndarray, out: np.ndarray, *, mixes: bool) -> None:
    """Grade float32 colours (N, 3) by OpenColorIO into another array. NaN stays NaN, which OpenColorIO grades as if it were 0.

    Args:
        processor: as :func:`processor_of` makes it.
        source: (N, 3) float32.
        out: (N, 3) float32 without gaps, is written.
        mixes: whether each channel of a result depends on all of the source, as behind a lattice.
    """
    for start in range(0, len(source), _TILE):
        tile, graded = source[start : start + _TILE], out[start : start + _TILE]
        graded[...] = tile
        processor.applyRGB(graded)
        if np.isnan(tile.max(initial=0.0)):
            lost = np.isnan(tile)
            graded[lost.any(axis=-1) if mixes else lost] = np.nan
