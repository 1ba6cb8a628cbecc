"""A grade on floats, which keep what lies below 0 and above 1: nothing is clamped, as in programs for compositing.

Ten numbers are applied by ASC CDL v1.2 without its clamps: the power leaves values below 0 as they are. A LUT says nothing of
colours outside of its domain. These are graded as the nearest colour inside, and keep their distance to it, channel by channel:
the result is continuous, and a highlight stays as far above white as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reswd_torch.grade import Cdl, Grade, Lut3D, LutChain
from reswd_torch.grade.codes import StripKernel
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.lut1d import Lut1D
from studio.media.images import Picture
from studio.media.images.picture import straight

_PART_PIXELS = 1 << 14


def floats_kernel(effective: Transform) -> StripKernel:
    """What grades strips of float16 or float32 with a grade; else as :func:`floats_kernel_of`."""
    return floats_kernel_of(_by_cdl(effective) if isinstance(effective, Cdl) else by_tables(effective))


def floats_kernel_of(grade: Callable[[np.ndarray], np.ndarray]) -> StripKernel:
    """What does a function of colours on strips of float16 or float32.

    Pixels in which a value is NaN or infinite stay as they are. Results beyond the largest number of the dtype become that
    number.

    Args:
        grade: given (N, 3) float32, straight, returns an array of its own of the same shape.
    """

    def kernel(source: np.ndarray, out: np.ndarray, alpha: np.ndarray | None) -> None:
        largest = np.finfo(source.dtype).max
        source, out = source.reshape(-1, 3), out.reshape(-1, 3)
        alpha = None if alpha is None else alpha.reshape(-1)
        for start in range(0, len(source), _PART_PIXELS):
            part = slice(start, start + _PART_PIXELS)
            colours = source[part].astype(np.float32)
            share = None if alpha is None else _share(alpha[part])
            with np.errstate(all="ignore"):
                graded = grade(colours if share is None else straight(colours, share))
                if share is not None:
                    graded *= share[:, None]
                usable = np.isfinite(colours).all(axis=1)
                np.clip(graded, -largest, largest, out=graded)
            usable &= np.isfinite(graded).all(axis=1)
            if usable.all():
                out[part] = graded
            else:
                out[part] = np.where(usable[:, None], graded.astype(source.dtype), source[part])

    return kernel


def _share(alpha: np.ndarray) -> np.ndarray:
    """(N,) float32: what colours are divided and multiplied by: alpha where it lies between 0 and 1, else 1."""
    return np.where((alpha > 0) & (alpha < 1), alpha, 1).astype(np.float32)


def _by_cdl(cdl: Cdl) -> Callable[[np.ndarray], np.ndarray]:
    slope, offset, power, luma = (np.array(each, np.float32) for each in (cdl.slope, cdl.offset, cdl.power, LUMA))

    def grade(colours: np.ndarray) -> np.ndarray:
        out = colours * slope + offset
        for channel in range(3):
            if power[channel] != 1:
                plane = out[:, channel]
                np.power(plane, power[channel], out=plane, where=plane > 0)
        if cdl.saturation != 1.0:
            grey = (out[:, 0] * luma[0] + out[:, 1] * luma[1] + out[:, 2] * luma[2])[:, None]
            out = grey + np.float32(cdl.saturation) * (out - grey)
        return out

    return grade


def by_tables(effective: Lut3D | LutChain) -> Callable[[np.ndarray], np.ndarray]:
    """A LUT on (N, 3) float32 colours: those outside of its domain keep their distance to its edge."""
    chain = effective if isinstance(effective, LutChain) else LutChain((effective,))
    low, high = _domain(chain)
    look_up = chain.by_array()

    def grade(colours: np.ndarray) -> np.ndarray:
        inside = np.clip(colours, low, high)
        return np.asarray(look_up(inside) + (colours - inside))

    return grade


def _domain(chain: LutChain) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest colour that the first table has an entry for, (3,) float32 each."""
    first = chain.steps[0]
    low, high = (first.low, first.high) if isinstance(first, Lut1D) else ((0.0,) * 3, (1.0,) * 3)
    return np.array(low, np.float32), np.array(high, np.float32)


def beyond_range(picture: Picture, grade: Grade) -> tuple[str, ...]:
    """What to say of values outside 0..1: nothing for pictures that cannot have any, and where nothing is graded."""
    if not picture.of_floats or grade.leaves_alone:
        return ()
    if isinstance(grade.effective, Cdl):
        return ("graded without clamps: values below 0 and above 1 are kept",)
    return ("values outside the LUT's domain keep their distance to its edge",)
