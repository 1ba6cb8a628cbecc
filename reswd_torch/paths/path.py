"""A grade that changes over time: ten numbers at key frames, and a smooth way between them.

Between key frames each number runs along a cubic that neither overshoots nor kinks (F. N. Fritsch and R. E. Carlson, "Monotone
piecewise cubic interpolation", SIAM J. Numer. Anal. 17, 1980; the slopes are those of F. N. Fritsch and J. Butland, SIAM J. Sci.
Stat. Comput. 5, 1984): slope and power by their logarithms, so that half way between two exposures lies the exposure half way
between, offset and saturation as they are. Before the first key frame and behind the last the grade stays. At a cut the way
breaks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple


@dataclass(frozen=True)
class KeyFrame:
    """A grade at a time.

    Attributes:
        frame: the number of a frame.
        cdl: its grade.
    """

    frame: int
    cdl: Cdl


@dataclass(frozen=True)
class GradePath:
    """A path of grades.

    Attributes:
        segments: the key frames between cuts, in order of time, one at least in each. A segment begins at its first key frame:
            there the cut is.

    Raises:
        InputError: no key frames, frames out of order or twice, or a slope of 0, which has no logarithm.
    """

    segments: tuple[tuple[KeyFrame, ...], ...]

    def __post_init__(self) -> None:
        keys = self.keys
        if not self.segments or not all(self.segments):
            raise InputError("a path of grades needs a key frame in each segment between cuts")
        for before, after in zip(keys, keys[1:], strict=False):
            if after.frame <= before.frame:
                raise InputError(f"key frame {after.frame} comes behind {before.frame}: give each frame once, in order")
        for key in keys:
            if min(key.cdl.slope) <= 0:
                raise InputError(f"key frame {key.frame} has slope {key.cdl.slope}: give slopes above 0")

    @property
    def keys(self) -> tuple[KeyFrame, ...]:
        """All key frames in order."""
        return tuple(key for segment in self.segments for key in segment)

    def at(self, frame: float) -> Cdl:
        """The grade of a frame; at a key frame exactly its own. Frames before and behind all segments have the nearest grade."""
        curve = self._curves[max(0, bisect_right(self._starts, frame) - 1)]
        return curve.at(frame)

    @cached_property
    def _starts(self) -> list[int]:
        return [segment[0].frame for segment in self.segments]

    @cached_property
    def _curves(self) -> list[_Curve]:
        return [_Curve(segment) for segment in self.segments]


class _Curve:
    """The way through the key frames of one segment."""

    def __init__(self, keys: Sequence[KeyFrame]) -> None:
        self._keys = keys
        self._times = np.array([key.frame for key in keys], np.float64)
        self._values = np.stack([numbers_of(key.cdl) for key in keys])
        self._slopes = _slopes(self._times, self._values)

    def at(self, frame: float) -> Cdl:
        place = int(np.searchsorted(self._times, frame, side="right")) - 1
        if place < 0 or place >= len(self._keys) - 1 or self._times[place] == frame:
            return self._keys[min(max(place, 0), len(self._keys) - 1)].cdl
        step = self._times[place + 1] - self._times[place]
        share = (frame - self._times[place]) / step
        squared, cubed = share**2, share**3
        return cdl_of(
            (2 * cubed - 3 * squared + 1) * self._values[place]
            + (cubed - 2 * squared + share) * step * self._slopes[place]
            + (3 * squared - 2 * cubed) * self._values[place + 1]
            + (cubed - squared) * step * self._slopes[place + 1]
        )


def numbers_of(cdl: Cdl) -> Float[np.ndarray, " 10"]:
    """What is interpolated: the logarithms of the slopes, the offsets, the logarithms of the powers, the saturation."""
    return np.array([*np.log(cdl.slope), *cdl.offset, *np.log(cdl.power), cdl.saturation])


def cdl_of(numbers: Float[np.ndarray, " 10"]) -> Cdl:
    """The inverse of :func:`numbers_of`."""
    return Cdl(
        triple(np.exp(numbers[:3])), triple(numbers[3:6]), triple(np.exp(numbers[6:9])), max(0.0, float(numbers[9]))
    )


def _slopes(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(K, 10): how fast each number changes at each key frame, so that no number leaves the range of its two neighbours."""
    if len(times) < 3:
        return np.repeat((values[-1:] - values[:1]) / max(1.0, times[-1] - times[0]), len(times), axis=0)
    steps = np.diff(times)[:, None]
    rises = np.diff(values, axis=0) / steps
    slopes = np.zeros_like(values)
    before, after = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
    same = rises[:-1] * rises[1:] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (before + after) / (before / rises[:-1] + after / rises[1:])
    slopes[1:-1] = np.where(same, middle, 0.0)
    slopes[0] = _end(steps[0], steps[1], rises[0], rises[1])
    slopes[-1] = _end(steps[-1], steps[-2], rises[-1], rises[-2])
    return slopes


def _end(step: np.ndarray, next_step: np.ndarray, rise: np.ndarray, next_rise: np.ndarray) -> np.ndarray:
    """The slope at an end, of the parabola through three key frames, as far as the numbers stay between their neighbours."""
    slope = ((2 * step + next_step) * rise - step * next_rise) / (step + next_step)
    slope = np.where(slope * rise <= 0, 0.0, slope)
    return np.where((rise * next_rise <= 0) & (np.abs(slope) > 3 * np.abs(rise)), 3 * rise, slope)
