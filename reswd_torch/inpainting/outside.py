"""A grade from what lies outside the mask, where a model has repainted the whole picture and so shows the same spots twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.learning.choice import Learned, choose, learn
from reswd_torch.learning.pictures import PairColours, aligned_colours, small
from reswd_torch.profiles import profile_to_lab

COLOURS = 1024
"""Colours that are looked at."""
_ENOUGH = 0.5
"""Mean dE2000 of held-out colours up to which ten numbers do."""
_NEIGHBOURS = 8
_SYSTEMATIC = 0.2
"""Share of what ten numbers leave that the nearest colours have to foresee before a LUT is tried, which takes twenty times as
long. Of noise they foresee nothing."""
_FOLDS = 3
"""Parts of which each is held out once where a LUT is tried."""
_NOTHING = 0.3
"""Mean dE2000 outside from which on the pictures differ: below it only by rounding."""


@dataclass(frozen=True, eq=False)
class Outside:
    """What the pictures say outside of the mask.

    Attributes:
        before: mean dE2000 between them.
        learned: what was learned from them; None where they do not differ, or where there are too few colours.
        foreseen: mean dE2000 of colours that were held out, under the grade.
    """

    before: float
    learned: Learned | None = None
    foreseen: float = 0.0

    @property
    def grade(self) -> Grade | None:
        """The grade, where it foresees colours that were held out clearly better than leaving them does."""
        if self.learned is None:
            return None
        return self.learned.grade if self.foreseen + 2 * self.learned.score.error < self.before else None


def look_outside(
    image: np.ndarray, generated: np.ndarray, mask: np.ndarray, icc: bytes | None = None, *, ten_numbers: bool = False
) -> Outside:
    """Compare what both pictures show outside of the mask.

    Args:
        image: (H, W, 3) float32, 0..1.
        generated: the same.
        mask: (H, W) float32; every pixel above 0 is left out.
        icc: the profile of the pictures; None for sRGB.
        ten_numbers: whether a LUT is out of the question.
    """
    free = mask <= 0
    if not free.any() or float(np.abs(image[free][::7] - generated[free][::7]).max()) == 0.0:
        return Outside(0.0)
    opacity = free.astype(np.float32)
    before, after = small(generated, opacity), small(image, opacity)
    pairs = aligned_colours(before, after, COLOURS)
    try:
        simple = learn([pairs], "cdl", icc=icc)
    except InputError:  # too few colours to learn from
        return Outside(0.0)
    if simple.before < _NOTHING:
        return Outside(simple.before)
    ten = Outside(simple.before, simple, simple.score.mean)
    if ten_numbers or simple.score.mean <= _ENOUGH or _foreseen_by_neighbours(pairs, simple, icc) < _SYSTEMATIC:
        return ten
    fewer = replace(pairs, parts=pairs.parts % _FOLDS)
    lattice = learn([fewer], "lut", icc=icc)
    chosen = lattice if choose([simple.score, lattice.score]) == "lut" else simple
    return Outside(simple.before, chosen, chosen.score.mean)


def _foreseen_by_neighbours(pairs: PairColours, ten: Learned, icc: bytes | None) -> float:
    """The share of the squares of what a grade leaves that the mean of the nearest colours takes away; below 0 for noise."""
    lab = profile_to_lab(pairs.before, icc)
    graded = np.asarray(ten.grade.apply(pairs.before.astype(np.float32)))
    left = profile_to_lab(pairs.after, icc) - profile_to_lab(graded, icc)
    squares = np.square(lab).sum(axis=1)
    apart = squares[:, None] + squares - 2 * lab @ lab.T
    np.fill_diagonal(apart, np.inf)
    nearest = np.argpartition(apart, min(_NEIGHBOURS, len(lab) - 1), axis=1)[:, :_NEIGHBOURS]
    return float(1.0 - np.square(left - left[nearest].mean(axis=1)).sum() / max(float(np.square(left).sum()), 1e-12))
