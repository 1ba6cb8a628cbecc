"""Colour ranges as masks: how near each pixel of a whole picture is to some colours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.look_up import look_up
from reswd_torch.grade.transforms import grade_array, lut_transform, processor_of
from reswd_torch.profiles import display_profile, profile_to_lab, to_profile
from reswd_torch.threads import allowed

LIGHTNESS = 0.5
"""What a difference in L* counts beside one in a* or b*."""

_PART_PIXELS = 1 << 14
"""Pixels that are worked on at a time: their floats stay in the cache, and no float copy of the picture is made."""
_LATTICE = 65
"""Points of the lattice of Lab along each axis. Between them Lab is off by 0.17 at most and 0.003 in the mean."""
_MOST_THREADS = 8


def color_range(
    pixels: np.ndarray,
    icc: bytes | None,
    colors: tuple[tuple[float, float, float], ...],
    tolerance: float,
    softness: float,
) -> np.ndarray:
    """How much each pixel belongs to a range of colours.

    The weight of a pixel depends on its colour alone, and not on the depth that it is kept in, nor on its neighbours.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        icc: the RGB profile of their encoding; None for sRGB.
        colors: sRGB-encoded triples, 0..1. A pixel belongs to the one that it is nearest to.
        tolerance: distance in CIE Lab, lightness counted half, up to which the weight is 1.
        softness: further distance over which it falls to 0, with no kink at either end; 0 for a hard edge.

    Returns:
        (H, W) float32, 0..1.
    """
    picked = srgb_to_lab(torch.tensor(colors, dtype=torch.float32)).numpy() * (LIGHTNESS, 1.0, 1.0)
    run = np.ascontiguousarray(pixels).reshape(1, -1, 3)
    out = np.empty(run.shape[1], np.float32)
    to_lab = _to_lab(icc, pixels.dtype)

    def work(part: slice) -> None:
        out[part] = _weights(to_lab(run[:, part]), picked.astype(np.float32), tolerance, softness)

    parts = [slice(start, start + _PART_PIXELS) for start in range(0, run.shape[1], _PART_PIXELS)]
    threads = min(allowed(), len(parts), _MOST_THREADS)
    if threads <= 1:
        for part in parts:
            work(part)
    else:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            list(pool.map(work, parts))
    return out.reshape(pixels.shape[:2])


def _weights(lab: np.ndarray, picked: np.ndarray, tolerance: float, softness: float) -> np.ndarray:
    """(N,) float32 for (N, 3) colours and (K, 3) picked ones, both with their lightness scaled."""
    planes = np.ascontiguousarray(lab.T)
    squared = np.full(len(lab), np.inf, np.float32)
    apart, summed = np.empty_like(squared), np.empty_like(squared)
    for color in picked:
        summed.fill(0)
        for plane, value in zip(planes, color, strict=True):
            np.subtract(plane, value, out=apart)
            apart *= apart
            summed += apart
        np.minimum(squared, summed, out=squared)
    distance = np.sqrt(squared, out=squared)
    if softness == 0:
        return (distance <= tolerance).astype(np.float32)
    inside = 1 - ((distance - np.float32(tolerance)) / np.float32(softness)).clip(0, 1)
    return inside * inside * (3 - 2 * inside)


@lru_cache(maxsize=8)
def _to_lab(icc: bytes | None, dtype: np.dtype) -> Callable[[np.ndarray], np.ndarray]:
    """From a run (1, N, 3) of code values to (N, 3) float32 Lab with its lightness scaled.

    Codes first go through a table into an encoding in which Lab is smooth: linear light gets sRGB's curve.
    """
    working = display_profile(icc)
    top = np.iinfo(dtype).max
    table = np.repeat(np.arange(top + 1, dtype=np.float64)[:, None] / top, 3, axis=1)
    if working is not None:
        table = to_profile(table, icc, working)
    table = np.ascontiguousarray(table.astype(np.float32))
    axis = np.linspace(0, 1, _LATTICE, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = profile_to_lab(grid, icc if working is None else working) * np.array((LIGHTNESS, 1, 1), np.float32)
    processor = processor_of([lut_transform(lab.astype(np.float32).reshape(_LATTICE, _LATTICE, _LATTICE, 3))])

    def convert(run: np.ndarray) -> np.ndarray:
        floats = np.empty(run.shape, np.float32)
        look_up(run, table, floats)
        graded = np.empty(floats.shape[1:], np.float32)
        grade_array(processor, floats[0], graded, mixes=True)
        return graded

    return convert
