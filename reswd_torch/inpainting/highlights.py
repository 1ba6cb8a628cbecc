"""What was clipped in the generated picture: what it should become is read from the pixels outside that are clipped alike.

No grade can know it: a code at the end of the scale stands for all that was beyond. A channel may be clipped while others are
not, and these tell how far beyond it was; and deep within a clipped area more is beyond than at its rim. So the mean of what a
grade leaves there is written as a small linear model (A. Hoerl and R. Kennard, "Ridge regression", 1970) of both. It fades out
with the codes' distance from the end of the scale, so that no step appears between what is clipped and what nearly is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from reswd_torch.grade.grade import Grade
from reswd_torch.learning.difference import ciede2000
from reswd_torch.profiles import profile_to_lab
from reswd_torch.threads import one_thread, opencv_on_one_thread

_NEAR = 6 / 255
"""Codes from the end of the scale over which the correction fades."""
_FULL = 0.5 / 255
"""Codes from the end at which a channel counts as clipped."""
_CELL = 8
_BLURS = (1.0, 4.0)
"""Deviations in cells of so many pixels of the blurs that tell how deep within a clipped area a pixel is."""
_SAMPLES = 4000
_STRIP = 1 << 16
"""Pixels that are corrected at a time."""
_LEAST = 60
"""Clipped pixels outside below which they say nothing."""
_PULL = 3.0
"""Firmness of the numbers at 0: as if so many pixels said so."""
_TOLERATED = 0.06
"""Codes of what is left at which a pixel counts a quarter: it is another thing."""
_RANGE = (0.01, 0.99)
_BLOCKS = 5
_GAINED = 0.1
"""dE2000 that has to be gained at clipped pixels that were held out."""


@dataclass(frozen=True, eq=False)
class Ends:
    """How near the codes of a picture are to the ends of the scale, around every pixel.

    Attributes:
        shares: (h, w, 16) float32 for cells, the blurred shares of red, green, blue and all of them at the lower end, and of the
            same at the upper end; once for each blur.
    """

    shares: Float[np.ndarray, "h w s"]

    @classmethod
    def of(cls, generated: np.ndarray) -> Ends | None:
        """Of a whole picture; None where nothing is clipped."""
        import cv2

        rows, columns = np.nonzero(nearly_clipped(generated))
        nearness = _nearness(generated[rows, columns])
        if not (nearness >= 1.0).any():
            return None
        sides = generated.shape[:2]
        height, width = (-(-side // _CELL) for side in sides)
        place = (rows // _CELL) * width + columns // _CELL
        tall, wide = (np.bincount(np.arange(side) // _CELL) for side in sides)
        pixels = (tall[:, None] * wide).ravel()
        cells = [
            (np.bincount(place, each, height * width) / pixels).reshape(height, width).astype(np.float32)
            for each in nearness.T
        ]
        with opencv_on_one_thread():
            parts = [cv2.GaussianBlur(each, (0, 0), blur) for blur in _BLURS for each in cells]
        return cls(np.stack(parts, axis=2))

    def at(self, rows: np.ndarray, columns: np.ndarray) -> Float[np.ndarray, "n s"]:
        """At places of the picture, between the cells' centres."""
        height, width = self.shares.shape[:2]
        row = np.clip((rows + 0.5) / _CELL - 0.5, 0, height - 1).astype(np.float32)
        column = np.clip((columns + 0.5) / _CELL - 0.5, 0, width - 1).astype(np.float32)
        top, left = row.astype(np.intp), column.astype(np.intp)
        down, right = (row - top)[:, None], (column - left)[:, None]
        below, beside = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        upper = self.shares[top, left] * (1 - right) + self.shares[top, beside] * right
        lower = self.shares[below, left] * (1 - right) + self.shares[below, beside] * right
        return np.asarray(upper * (1 - down) + lower * down)


@dataclass(frozen=True, eq=False)
class Highlights:
    """A correction of clipped highlights and shadows, behind a grade.

    Attributes:
        numbers: (f, 3), codes for each feature.
        seen: (2, f), the least and the largest of each feature outside: nothing is read beyond.
        left: (2, 3), the same of what the grade leaves.
    """

    numbers: Float[np.ndarray, "f 3"]
    seen: Float[np.ndarray, "2 f"]
    left: Float[np.ndarray, "2 3"]

    @classmethod
    @one_thread()
    def fitted(cls, features: np.ndarray, left: np.ndarray) -> Highlights:
        """Fitted to what a grade leaves at clipped pixels, (N, 3); what is far from the rest counts less."""
        given, wanted = torch.from_numpy(features), torch.from_numpy(np.asarray(left, np.float64))
        numbers = torch.zeros(features.shape[1], 3, dtype=torch.float64)
        pull = _PULL * torch.eye(features.shape[1], dtype=torch.float64)
        for _ in range(4):
            away = (wanted - given @ numbers).square().sum(dim=1) / _TOLERATED**2
            weighted = given / (1.0 + away).square()[:, None]
            numbers = torch.linalg.solve(given.T @ weighted + pull, weighted.T @ wanted)
        seen, range_left = (np.quantile(each, _RANGE, axis=0) for each in (features, left))
        return cls(numbers.numpy(), np.stack([np.minimum(seen[0], 0.0), np.maximum(seen[1], 0.0)]), range_left)

    @one_thread()
    def foreseen(self, features: np.ndarray) -> Float[np.ndarray, "n 3"]:
        """What is to be added, from features."""
        share = (torch.from_numpy(features.clip(*self.seen)) @ torch.from_numpy(self.numbers)).numpy()
        return np.asarray(share.clip(np.minimum(self.left[0], 0.0), np.maximum(self.left[1], 0.0)))

    def of(self, codes: np.ndarray, graded: np.ndarray, shares: np.ndarray) -> Float[np.ndarray, "n 3"]:
        """What is to be added to graded codes.

        Args:
            codes: (N, 3) of the generated picture.
            graded: (N, 3), under the grade.
            shares: (N, 16), what :class:`Ends` says there.
        """
        return self.foreseen(_features(codes, graded, shares))

    def over(self, codes: np.ndarray, graded: np.ndarray, ends: Ends, top: int, left: int) -> np.ndarray:
        """The same for a part of the picture, (H, W, 3) each; 0 where nothing is nearly clipped."""
        out = np.zeros(graded.shape, np.float32)
        rows, columns = np.nonzero(nearly_clipped(codes))
        for first in range(0, len(rows), _STRIP):
            at = rows[first : first + _STRIP], columns[first : first + _STRIP]
            out[at] = self.of(codes[at], graded[at], ends.at(at[0] + top, at[1] + left))
        return out


@dataclass(frozen=True, eq=False)
class Clipped:
    """What the pixels outside say that are clipped in the generated picture.

    Attributes:
        share: of all that are outside.
        before: mean dE2000 between the pictures there.
        after: the same of pixels that were held out, under the grade and the correction if there is one.
        highlights: the correction; None where it foresees nothing.
    """

    share: float
    before: float = 0.0
    after: float = 0.0
    highlights: Highlights | None = None


def look_at_clipped(
    image: np.ndarray, generated: np.ndarray, mask: np.ndarray, grade: Grade, ends: Ends | None, icc: bytes | None
) -> Clipped:
    """Learn what clipped pixels become from those outside of a mask.

    Args:
        image, generated: (H, W, 3) float32.
        mask: (H, W); every pixel above 0 is left out.
        grade: what was learned from those that are not clipped.
        ends: of the generated picture; None where nothing is clipped.
        icc: the profile of both.
    """
    if ends is None:
        return Clipped(0.0)
    free = mask <= 0
    rows, columns = np.nonzero(free & ((generated <= _FULL) | (generated >= 1.0 - _FULL)).any(axis=2))
    share = len(rows) / max(1, int(np.count_nonzero(free)))
    if not len(rows):
        return Clipped(0.0)
    if len(rows) > _SAMPLES:
        some = np.sort(np.random.default_rng(0).choice(len(rows), _SAMPLES, replace=False))
        rows, columns = rows[some], columns[some]
    codes, wanted = generated[rows, columns], image[rows, columns]
    graded = np.asarray(grade.apply(codes))
    features = _features(codes, graded, ends.at(rows, columns))
    labs = profile_to_lab(wanted, icc)

    def apart(colours: np.ndarray, which: np.ndarray) -> np.ndarray:
        return np.asarray(ciede2000(profile_to_lab(colours.clip(0.0, 1.0).astype(np.float32), icc), labs[which]))

    every = np.ones(len(rows), bool)
    before, plain = apart(codes, every), apart(graded, every)
    height, width = mask.shape
    folds = (2 * (rows * _BLOCKS // height) + columns * _BLOCKS // width) % _BLOCKS
    parts = np.unique(folds)
    alone = Clipped(share, float(before.mean()), float(plain.mean()))
    if len(rows) < _LEAST or len(parts) < 2:
        return alone
    left = wanted - graded
    after = np.empty(len(rows))
    for fold in parts:
        held = folds == fold
        after[held] = apart(
            graded[held] + Highlights.fitted(features[~held], left[~held]).foreseen(features[held]), held
        )
    gains = np.array([(plain - after)[folds == fold].mean() for fold in parts])
    error = float(gains.std(ddof=1) / np.sqrt(len(parts)))
    if float((plain - after).mean()) < max(_GAINED, error):
        return alone
    return Clipped(share, alone.before, float(after.mean()), Highlights.fitted(features, left))


def nearly_clipped(codes: np.ndarray) -> Bool[np.ndarray, "*batch"]:
    """Where a channel of (..., 3) codes is so near an end of the scale that a correction would change it."""
    return np.asarray(((codes < _NEAR) | (codes > 1.0 - _NEAR)).any(axis=-1))


def nearness(codes: np.ndarray) -> Float[np.ndarray, "*batch 1"]:
    """0..1, how near any channel of (..., 3) codes is to an end of the scale."""
    return np.asarray(_nearness(codes).max(axis=-1, keepdims=True))


def _nearness(codes: np.ndarray) -> Float[np.ndarray, "*batch 8"]:
    """0..1, how near red, green, blue and the farthest of them are to the lower end, and to the upper one; 1 where clipped."""
    sides = []
    for away in (codes, 1.0 - codes):
        share = np.clip((_NEAR - away) / (_NEAR - _FULL), 0.0, 1.0).astype(np.float32)
        share = share * share * (3 - 2 * share)
        sides += [share, share.min(axis=-1, keepdims=True)]
    return np.concatenate(sides, axis=-1)


def _features(codes: np.ndarray, graded: np.ndarray, shares: np.ndarray) -> Float[np.ndarray, "n f"]:
    """For every channel near an end: that, how deep within such an area, and the other channels' distance from that end."""
    near = _nearness(codes).astype(np.float64)
    kinds = near.shape[1]
    out = [near]
    for blur in range(len(_BLURS)):
        out.append(near * shares[:, blur * kinds : (blur + 1) * kinds])
    half = kinds // 2
    for end, side in ((0.0, near[:, : half - 1]), (1.0, near[:, half:-1])):
        away = graded - end
        out.append((side[:, :, None] * away[:, None, :]).reshape(len(codes), -1))
    return np.concatenate(out, axis=1)
