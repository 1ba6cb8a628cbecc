"""A grade from what lies outside the mask, where a model has repainted the whole picture and so shows the same spots twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.learning.choice import Learned, choose, learn
from reswd_torch.learning.pictures import aligned_colours, small

COLOURS = 1024
"""Colours that are looked at."""
_ENOUGH = 1.0
"""Mean dE2000 of held-out colours up to which ten numbers do, and no LUT is tried, which takes twenty times as long."""
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
    if ten_numbers or simple.score.mean <= _ENOUGH or simple.before < 3 * _NOTHING:
        return ten
    fewer = replace(pairs, parts=pairs.parts % _FOLDS)
    lattice = learn([fewer], "lut", icc=icc)
    chosen = lattice if choose([simple.score, lattice.score]) == "lut" else simple
    return Outside(simple.before, chosen, chosen.score.mean)
