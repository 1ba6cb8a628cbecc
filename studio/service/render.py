"""A grade on a whole picture of 8 or 16 bits, in strips, with one rounding at the end.

No float copy of the picture is made: a CDL becomes three tables and a 3 x 3 step (OpenCV), a lattice goes through
OpenColorIO's own 8- and 16-bit processor.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from reswd_torch.grade import Cdl, Grade, Lut3D
from reswd_torch.grade.transforms import lut_transform

_STRIP_PIXELS = 1 << 18
_MOST_THREADS = 8


def work_on_one_core() -> None:
    """Compute with one thread from now on, in this process: for workers of which there is one per core."""
    import cv2

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


Kernel = Callable[[np.ndarray, np.ndarray], None]
"""Grades one strip, (rows, W, 3), into another of the same shape and dtype."""


def render(
    pixels: np.ndarray, grade: Grade, weights: np.ndarray | None = None, *, in_place: bool = False
) -> np.ndarray:
    """Grade a picture at the grade's strength.

    Args:
        pixels: (H, W, 3) uint8 or uint16, in the encoding that the grade was fitted in.
        grade: what to apply.
        weights: (H, W) float, 0..1: where to apply it. 0 leaves a pixel exactly as it is, 1 grades it, between is mixed.

        in_place: write into ``pixels``, for a caller who needs them no more; not with weights, which mix with them.

    Returns:
        (H, W, 3), same dtype. With strength 0 the same values.
    """
    in_place = in_place and weights is None and pixels.flags.writeable
    if grade.strength == 0.0:
        return pixels if in_place else pixels.copy()
    pixels = np.ascontiguousarray(pixels)  # OpenColorIO is told rows without gaps
    effective = grade.effective
    kernel = (
        _cdl_kernel(effective, pixels.dtype) if isinstance(effective, Cdl) else _lut_kernel(effective, pixels.dtype)
    )
    out = pixels if in_place else np.empty_like(pixels)
    rows = max(1, _STRIP_PIXELS // max(1, pixels.shape[1]))
    strips = [slice(top, top + rows) for top in range(0, pixels.shape[0], rows)]

    def work(strip: slice) -> None:
        kernel(pixels[strip], out[strip])
        if weights is not None:
            _mix(pixels[strip], out[strip], weights[strip])

    threads = min(torch.get_num_threads(), len(strips), _MOST_THREADS)
    if threads == 1:
        for strip in strips:
            work(strip)
    else:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            list(pool.map(work, strips))
    return out


def _cdl_kernel(cdl: Cdl, dtype: np.dtype) -> Kernel:
    """Slope, offset and power through a table per channel, saturation as a matrix; both in float32."""
    import cv2

    top = np.iinfo(dtype).max
    ramp = torch.arange(top + 1, dtype=torch.float64).unsqueeze(1).expand(-1, 3) / top
    curves = Cdl(cdl.slope, cdl.offset, cdl.power).apply(ramp).numpy() * top
    if cdl.saturation == 1.0:
        finished = np.rint(curves).astype(dtype)
        return lambda source, out: _look_up(source, finished, out)
    tables = curves.astype(np.float32)
    matrix = cdl.saturation_matrix().numpy().astype(np.float32)
    depth = cv2.CV_8U if dtype == np.uint8 else cv2.CV_16U
    zero = np.zeros(4)

    def kernel(source: np.ndarray, out: np.ndarray) -> None:
        bent = np.empty(source.shape, np.float32)
        _look_up(source, tables, bent)
        cv2.transform(bent, matrix, bent)
        cv2.add(bent, zero, out, dtype=depth)  # rounds to nearest and saturates, as the clamp of ASC CDL does

    return kernel


def _look_up(source: np.ndarray, tables: np.ndarray, out: np.ndarray) -> None:
    import cv2

    if source.dtype == np.uint8:
        cv2.LUT(source, tables.reshape(1, 256, 3), out)
        return
    for channel in range(3):
        out[..., channel] = tables[:, channel].take(source[..., channel])


def _lut_kernel(lut: Lut3D, dtype: np.dtype) -> Kernel:
    """OpenColorIO's integer processor with tetrahedral interpolation."""
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


def _mix(source: np.ndarray, graded: np.ndarray, weights: np.ndarray) -> None:
    """Keep the source where the weight is 0; mix where it lies between 0 and 1."""
    untouched = weights <= 0
    partial = ~untouched & (weights < 1)
    graded[untouched] = source[untouched]
    if partial.any():
        share = weights[partial][:, None].astype(np.float32)
        mixed = source[partial] * (1 - share) + graded[partial] * share
        graded[partial] = np.rint(mixed).astype(graded.dtype)
