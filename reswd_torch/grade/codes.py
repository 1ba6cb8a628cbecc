"""A grade on code values of 8 or 16 bits, in strips, with one rounding at the end: what files and arrays of integers go through.

No float copy of the picture is made: a CDL becomes three tables and a 3 x 3 step (OpenCV), a lattice goes through
OpenColorIO's own 8- and 16-bit processor, curves become three tables. Other LUTs grade floats, a part at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np

from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.kinds import Transform
from reswd_torch.grade.look_up import curve_tables, look_up, look_up_by_pairs, pair_tables
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.grade.transforms import lut_transform
from reswd_torch.threads import allowed

_STRIP_PIXELS = 1 << 18
"""Number of pixels of a strip, which one thread grades."""
_PART_PIXELS = 1 << 14
"""Number of pixels of a strip that are graded at a time: with their floats 288 KiB, which fit into a second-level cache."""
_PADDING = 16
"""Number of spare pixels behind a part. OpenCV multiplies the last pixels of a run, up to five, by the matrix without fused
multiply-add, so that a few of their values round to the other side. Spare pixels take their place, and no value depends on
``_PART_PIXELS``. The last part of a strip has none, so that the values stay those of earlier versions; it takes up to
``_PADDING`` pixels more, as it would else be too short for all of these last pixels."""
_MOST_THREADS = 8


Kernel = Callable[[np.ndarray, np.ndarray], None]
"""Grades one strip, (rows, W, 3), into another of the same shape and dtype."""
StripKernel = Callable[[np.ndarray, np.ndarray, "np.ndarray | None"], None]
"""Grades one strip, (rows, W, 3), into another of the same shape and dtype. The third is the (rows, W) alpha that its colours are
multiplied by, or None."""


def render_by(
    kernel: StripKernel,
    pixels: np.ndarray,
    out: np.ndarray,
    weights: np.ndarray | None,
    ungraded: np.ndarray,
    multiplied_by: np.ndarray | None = None,
    *,
    most_threads: int = _MOST_THREADS,
) -> None:
    """Do a picture in strips, on as many threads as are allowed. The strips, and so all values, are the same on any number.

    Args:
        kernel: what is done to a strip.
        pixels: (H, W, 3) without gaps.
        out: (H, W, 3) of the same dtype, is written; may be ``pixels`` where there are no weights.
        weights: (H, W) float, 0..1: where the result counts; None for everywhere.
        ungraded: (H, W, 3), what stands where it does not.
        multiplied_by: (H, W) alpha that floats are multiplied by.
        most_threads: 1 for a caller who does several pictures side by side.
    """
    rows = max(1, _STRIP_PIXELS // max(1, pixels.shape[1]))
    strips = [slice(top, top + rows) for top in range(0, pixels.shape[0], rows)]

    def work(strip: slice) -> None:
        kernel(pixels[strip], out[strip], None if multiplied_by is None else multiplied_by[strip])
        if weights is not None:
            _mix(ungraded[strip], out[strip], weights[strip])

    threads = min(allowed(), len(strips), most_threads)
    if threads == 1:
        for strip in strips:
            work(strip)
    else:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            list(pool.map(work, strips))


def of_codes(kernel: Kernel) -> StripKernel:
    """A kernel of code values, which no alpha is multiplied into, among those of any picture."""
    return lambda source, out, _: kernel(source, out)


def kernel_of(effective: Transform, dtype: np.dtype) -> Kernel:
    """What grades strips of uint8 or uint16 with a grade. Those of the latest grades are kept, for the frames of a clip."""
    if isinstance(effective, Cdl):
        return _cdl_kernel(effective, dtype)
    if isinstance(effective, Lut3D) and effective.size <= LARGEST_OF_OPENCOLORIO:
        return _lut_kernel(effective, dtype)
    chain = effective if isinstance(effective, LutChain) else LutChain((effective,))
    return _table_kernel(chain, dtype) if chain.lattice is None else _chain_kernel(chain, dtype)


@lru_cache(maxsize=8)
def _cdl_kernel(cdl: Cdl, dtype: np.dtype) -> Kernel:
    """Slope, offset and power through a table per channel, saturation as a matrix; both in float32.

    The kernels of the latest grades are kept, so that the frames of a clip share one set of tables.
    """
    curves = curve_tables(cdl, dtype)
    return _curve_kernel(curves, dtype) if cdl.saturation == 1.0 else _saturation_kernel(curves, cdl, dtype)


def _curve_kernel(curves: np.ndarray, dtype: np.dtype) -> Kernel:
    """Without a saturation the tables hold the final values, and no step in floats is left."""
    table = np.rint(curves).astype(dtype)
    if dtype != np.uint8:
        return lambda source, out: look_up(_as_run(source), table, _as_run(out))
    pairs = pair_tables(table)
    return lambda source, out: look_up_by_pairs(_as_run(source), table, pairs, _as_run(out))


def _saturation_kernel(curves: np.ndarray, cdl: Cdl, dtype: np.dtype) -> Kernel:
    """Look-up, matrix and rounding, a part at a time, so that the floats of a part never leave the cache."""
    import cv2

    table = curves.astype(np.float32)
    matrix = cdl.saturation_matrix().numpy().astype(np.float32)
    finish = _rounding(dtype, may_be_negative=cdl.saturation > 1.0)

    def kernel(source: np.ndarray, out: np.ndarray) -> None:
        source, out = _as_run(source), _as_run(out)
        count = source.shape[1]
        bent = np.zeros((1, min(count, _PART_PIXELS + _PADDING), 3), np.float32)
        edges = [*range(0, max(1, count - _PADDING), _PART_PIXELS), count]
        for start, stop in pairwise(edges):
            size = stop - start
            look_up(source[:, start:stop], table, bent[:, :size])
            padded = bent[:, : size if stop == count else size + _PADDING]
            cv2.transform(padded, matrix, padded)
            finish(bent[:, :size], out[:, start:stop])

    return kernel


def _rounding(dtype: np.dtype, *, may_be_negative: bool) -> Kernel:
    """Floats in code values to ``dtype``: to the nearest, halves to even, clamped as ASC CDL asks. May change the floats."""
    import cv2

    zero = np.zeros(4)

    def to_bytes(floats: np.ndarray, out: np.ndarray) -> None:
        if may_be_negative:
            cv2.threshold(floats, 0, 0, cv2.THRESH_TOZERO, floats)
        cv2.convertScaleAbs(floats, out)  # three times as fast as an addition, but it takes the absolute value

    def to_words(floats: np.ndarray, out: np.ndarray) -> None:
        cv2.add(floats, zero, out, dtype=cv2.CV_16U)

    return to_bytes if dtype == np.uint8 else to_words


def _as_run(strip: np.ndarray) -> np.ndarray:
    """(rows, W, 3) without gaps as (1, rows * W, 3) in the same memory."""
    return strip.reshape(1, -1, 3)


@lru_cache(maxsize=4)
def _lut_kernel(lut: Lut3D, dtype: np.dtype) -> Kernel:
    """OpenColorIO's integer processor with tetrahedral interpolation. Many threads may use it at once."""
    import PyOpenColorIO as ocio

    depth = ocio.BIT_DEPTH_UINT8 if dtype == np.uint8 else ocio.BIT_DEPTH_UINT16
    processor = ocio.Config.CreateRaw().getProcessor(lut_transform(lut.values.numpy()))
    compiled = processor.getOptimizedCPUProcessor(depth, depth, ocio.OPTIMIZATION_LOSSLESS)
    size = dtype.itemsize

    def kernel(source: np.ndarray, out: np.ndarray) -> None:
        height, width = source.shape[:2]
        described = [
            ocio.PackedImageDesc(
                plane, width, height, ocio.CHANNEL_ORDERING_RGB, depth, size, 3 * size, 3 * size * width
            )
            for plane in (source, out)
        ]
        compiled.apply(*described)

    return kernel


def _table_kernel(chain: LutChain, dtype: np.dtype) -> Kernel:
    """Curves at every code value."""
    top = np.iinfo(dtype).max
    ramp = (np.arange(top + 1, dtype=np.float32) / np.float32(top))[:, None].repeat(3, axis=1)
    return _curve_kernel(chain.by_array()(ramp).clip(0.0, 1.0) * np.float64(top), dtype)


def _chain_kernel(chain: LutChain, dtype: np.dtype) -> Kernel:
    """Floats through the tables, clipped and rounded behind them, a part at a time."""
    grade = chain.by_array()
    return codes_kernel(lambda colours: grade(colours).clip(0.0, 1.0), dtype)


def codes_kernel(graded: Callable[[np.ndarray], np.ndarray], dtype: np.dtype) -> Kernel:
    """A function of floats on code values, rounded behind it, a part at a time.

    Args:
        graded: given (N, 3) float32, 0..1, returns the same shape, 0..1.
        dtype: of the codes: uint8 or uint16.
    """
    top = np.float32(np.iinfo(dtype).max)

    def kernel(source: np.ndarray, out: np.ndarray) -> None:
        source, out = source.reshape(-1, 3), out.reshape(-1, 3)
        for start in range(0, len(source), _PART_PIXELS):
            part = slice(start, start + _PART_PIXELS)
            out[part] = np.rint(graded(source[part].astype(np.float32) / top) * top)

    return kernel


def _mix(source: np.ndarray, graded: np.ndarray, weights: np.ndarray) -> None:
    """Keep the source where the weight is 0; mix where it lies between 0 and 1."""
    untouched = weights <= 0
    partial = ~untouched & (weights < 1)
    graded[untouched] = source[untouched]
    if partial.any():
        share = weights[partial][:, None].astype(np.float32)
        mixed = source[partial] * (1 - share) + graded[partial] * share
        graded[partial] = mixed if graded.dtype.kind == "f" else np.rint(mixed).astype(graded.dtype)
