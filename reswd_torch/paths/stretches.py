"""A path of grades as a list of single ones, for programs that know one grade an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.grade.cdl import Cdl
from reswd_torch.learning.difference import ciede2000
from reswd_torch.paths.path import GradePath
from reswd_torch.threads import one_thread

NEAR = 0.5
"""Mean CIEDE2000, over colours of the whole cube, that the one grade of a stretch may be from the path at any of its frames."""
SHORTEST = 12
"""Least number of frames of a stretch, where its segment has as many: an event of fewer is no help to anybody."""
_LEVELS = 5


@dataclass(frozen=True)
class Stretch:
    """Frames that one grade does for.

    Attributes:
        first, stop: places of its frames in the list that was given, the second one not included.
        cdl: the grade.
        off: the largest mean CIEDE2000 from the path.
    """

    first: int
    stop: int
    cdl: Cdl
    off: float


@one_thread()
def stretches_of(
    path: GradePath,
    frames: Sequence[int],
    *,
    near: float = NEAR,
    shortest: int = SHORTEST,
    appearance: Appearance = SRGB,
) -> tuple[Stretch, ...]:
    """Split frames into as few stretches as a walk from the first to the last finds. None goes over a cut.

    Args:
        path: the grades.
        frames: the numbers of the frames, in order.
        near: how far one grade may be from the path.
        shortest: least number of frames; for its sake a stretch may be farther off.
        appearance: how the colours look, in CIE Lab.
    """
    looks = np.stack([_look(path.at(frame), appearance) for frame in frames])
    cuts = [segment[0].frame for segment in path.segments[1:]]
    edges = sorted({0, *np.searchsorted(np.array(frames), cuts).tolist(), len(frames)})
    found: list[Stretch] = []
    for first, stop in zip(edges, edges[1:], strict=False):
        at = first
        while at < stop:
            end = min(stop, max(_farthest(looks, at, stop, near), at + shortest))
            if 0 < stop - end < shortest:  # what is left would be too short: both share, or one takes all
                end = stop - shortest if stop - at >= 2 * shortest else stop
            found.append(Stretch(at, end, path.at(frames[(at + end) // 2]), _off(looks, at, end)))
            at = end
    return tuple(found)


def _farthest(looks: np.ndarray, first: int, stop: int, near: float) -> int:
    """How far one grade does: the middle frame's."""
    low, high = first + 1, stop
    if _off(looks, first, stop) <= near:
        return stop
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _off(looks, first, middle) <= near else (low, middle)
    return low


def _off(looks: np.ndarray, first: int, stop: int) -> float:
    part, one = looks[first:stop], looks[(first + stop) // 2]
    return float(ciede2000(part, np.broadcast_to(one, part.shape)).mean(axis=1).max())


def _look(cdl: Cdl, appearance: Appearance) -> Float[np.ndarray, "n 3"]:
    """CIE Lab of what a grade makes of colours of the whole cube."""
    levels = torch.linspace(0.0, 1.0, _LEVELS)
    colours = torch.cartesian_prod(levels, levels, levels)
    return appearance.lab(cdl.apply(colours)).double().numpy()
