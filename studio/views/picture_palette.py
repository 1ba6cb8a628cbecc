"""A palette out of a picture: the few colours that a person would name, and how much of the picture each has."""

from __future__ import annotations

import numpy as np
import torch

from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.errors import InputError
from reswd_torch.palette import Palette

MOST = 24
"""The largest number of colours that can be asked for."""

_LOOKED_AT = 60_000
"""Pixels that are looked at, about, on a regular grid."""
_CELL = 4.0  # side of the cells of Lab in which alike pixels are taken together
_APART = 8.0  # CIE76: nearer colours would look like doubles
_SEED_APART = 12.0  # how far from all others a colour must lie to be looked for
_CROWD = 0.5  # the power of its pixels with which a cell counts: a small accent has a say beside a large sky
_ROUNDS = 20


def palette_of(pixels: np.ndarray, count: int = 6, alpha: np.ndarray | None = None) -> Palette:
    """The colours of a picture.

    The same picture gives the same palette. One with no more colours than ``count`` gives exactly these. Others give fewer than
    ``count`` where there are no more that differ.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        count: how many colours at most, 1 to 24.
        alpha: (H, W) uint8, opacity: pixels below one half are left out; None for an opaque picture.

    Returns:
        Colours with their shares in percent for weights, the largest first; every weight is at least 0.1.

    Raises:
        InputError: ``count`` out of range, or a picture that is wholly transparent.
    """
    if not 1 <= count <= MOST:
        raise InputError(f"a palette of {count} colours: give a number from 1 to {MOST}")
    if alpha is not None and not bool((alpha >= 128).all()):
        pixels = pixels[alpha >= 128][None]
        if not pixels.size:
            raise InputError("the picture is wholly transparent: it has no colours for a palette")
    return _exactly(pixels, count) or _clustered(_looked_at(pixels), count)


def _looked_at(pixels: np.ndarray) -> np.ndarray:
    """(N, 3) uint8: pixels on a regular grid whose columns move on from row to row, so that no stripe is missed."""
    height, width = pixels.shape[:2]
    step = max(1, round((height * width / _LOOKED_AT) ** 0.5))
    down = step if height > step else 1
    along = max(1, round(height * width / _LOOKED_AT / down))
    return np.concatenate([pixels[row, row // down % along :: along] for row in range(0, height, down)])


def _exactly(pixels: np.ndarray, count: int) -> Palette | None:
    """All colours of a picture that has at most ``count``; None of others, which mostly shows in a few pixels."""
    few = np.unique(_packed(_looked_at(pixels)))
    if len(few) > count:
        return None
    packed = _packed(pixels)
    amounts = {int(color): int((packed == color).sum()) for color in few}
    if sum(amounts.values()) < packed.size:
        rest, more = np.unique(packed[~np.isin(packed, few)], return_counts=True)
        if len(rest) + len(few) > count:
            return None
        amounts |= dict(zip(rest.tolist(), more.tolist(), strict=True))
    colors = np.array([[color >> 16, color >> 8 & 255, color & 255] for color in amounts]) / 255
    return _palette(colors, np.array(list(amounts.values()), float))


def _packed(pixels: np.ndarray) -> np.ndarray:
    r, g, b = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return r << 16 | g << 8 | b


def _clustered(pixels: np.ndarray, count: int) -> Palette:
    """Weighted k-means in Lab, from seeds that lie far from each other, without near doubles."""
    lab = srgb_to_lab(torch.from_numpy(pixels.astype(np.float32) / 255)).numpy()
    cells, sizes = _cells(lab)
    weights = sizes**_CROWD
    centres = _seeds(cells, weights, count)
    for _ in range(_ROUNDS):
        nearest = _distances(cells, centres).argmin(axis=1)
        moved = _means(cells, weights, nearest, len(centres))
        if np.allclose(moved, centres, atol=0.01):
            break
        centres = moved
    centres = _without_doubles(centres, cells, sizes)
    nearest = _distances(cells, centres).argmin(axis=1)
    shares = np.bincount(nearest, sizes, len(centres))
    colors = lab_to_srgb(torch.from_numpy(centres)).clamp(0, 1).numpy()
    return _palette(colors, shares)


def _cells(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alike pixels taken together: the mean colours of the cells of a grid, (M, 3), and their numbers of pixels, (M,)."""
    places = np.floor(lab / _CELL).astype(np.int64) + 64
    _, which, sizes = np.unique(places @ (65536, 256, 1), return_inverse=True, return_counts=True)
    return _means(lab, np.ones(len(lab)), which, len(sizes)), sizes.astype(np.float64)


def _means(points: np.ndarray, weights: np.ndarray, which: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) the weighted means of groups of points, each of which has one point at least."""
    total = np.bincount(which, weights, count)
    sums = [np.bincount(which, weights * points[:, axis], count) for axis in range(3)]
    return np.stack(sums, axis=1) / np.maximum(total, 1e-12)[:, None]


def _distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(N, K) CIE76 differences."""
    return np.linalg.norm(points[:, None] - centres[None], axis=2)


def _seeds(cells: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` cells: the fullest, then always the one with most pixels times squared distance from all before."""
    chosen = [int(weights.argmax())]
    while len(chosen) < count:
        away = _distances(cells, cells[chosen]).min(axis=1)
        far = away > _SEED_APART
        if not far.any():
            break
        chosen.append(int((weights * away**2 * far).argmax()))
    return cells[chosen]


def _without_doubles(centres: np.ndarray, cells: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Centres of which no two are nearly alike: the nearest pair becomes one, in the middle of both, until none is left."""
    while len(centres) > 1:
        apart = _distances(centres, centres) + 1e9 * np.eye(len(centres))
        first, second = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[first, second] >= _APART:
            break
        shares = np.bincount(_distances(cells, centres).argmin(axis=1), sizes, len(centres)) + 1e-9
        centres = centres.copy()
        centres[first] = np.average(centres[[first, second]], axis=0, weights=shares[[first, second]])
        centres = np.delete(centres, second, axis=0)
    return centres


def _palette(colors: np.ndarray, amounts: np.ndarray) -> Palette:
    """The largest first, in percent with one decimal; equal ones in the order of their colours."""
    order = np.lexsort((*colors.T, -amounts))
    shares = np.maximum(np.round(100 * amounts / amounts.sum(), 1), 0.1)
    rounded = np.round(colors * 255) / 255
    return Palette(
        tuple((float(r), float(g), float(b)) for r, g, b in rounded[order]), tuple(float(shares[at]) for at in order)
    )
