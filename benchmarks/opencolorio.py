"""OpenColorIO as a rival: the same grades, applied by its own integer processors on one core or on all of them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PyOpenColorIO as ocio

from reswd_torch import Cdl, Grade, Lut3D
from reswd_torch.grade.transforms import cdl_transform, lut_transform

CORES = os.cpu_count() or 1
DEPTHS = {1: ocio.BIT_DEPTH_UINT8, 2: ocio.BIT_DEPTH_UINT16}
"""OpenColorIO's name for a depth, by the bytes of one value."""


class Processor:
    """OpenColorIO's CPU processor of one CDL or LUT, with its default optimisation.

    Args:
        transform: the CDL or LUT.
        dtype: uint8 or uint16, of the frames that it grades.
    """

    def __init__(self, transform: Cdl | Lut3D, dtype: type[np.uint8] | type[np.uint16] = np.uint8) -> None:
        self.size = np.dtype(dtype).itemsize
        self.depth = DEPTHS[self.size]
        told = cdl_transform(transform) if isinstance(transform, Cdl) else lut_transform(transform.values.numpy())
        processor = ocio.Config.CreateRaw().getProcessor(told)
        self.processor = processor.getOptimizedCPUProcessor(self.depth, self.depth, ocio.OPTIMIZATION_DEFAULT)

    def apply(self, pixels: np.ndarray, out: np.ndarray, pool: ThreadPoolExecutor | None = None) -> None:
        """Grade a frame (H, W, 3) into another one.

        OpenColorIO leaves threads to its caller. With a pool every core gets an equal part of the rows; without one the calling
        thread grades the whole frame.
        """
        if pool is None:
            self._apply_rows(pixels, out)
            return
        edges = [pixels.shape[0] * core // CORES for core in range(CORES + 1)]
        parts = [slice(top, bottom) for top, bottom in zip(edges, edges[1:], strict=False)]
        list(pool.map(lambda rows: self._apply_rows(pixels[rows], out[rows]), parts))

    def _apply_rows(self, pixels: np.ndarray, out: np.ndarray) -> None:
        self.processor.apply(self._described(pixels), self._described(out))

    def _described(self, pixels: np.ndarray) -> ocio.PackedImageDesc:
        height, width = pixels.shape[:2]
        pixel = 3 * self.size
        return ocio.PackedImageDesc(
            pixels, width, height, ocio.CHANNEL_ORDERING_RGB, self.depth, self.size, pixel, pixel * width
        )


def of_grade(grade: Grade) -> Processor:
    """The 8-bit processor of what a grade does at its strength."""
    return Processor(grade.effective)
