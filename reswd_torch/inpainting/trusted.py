"""How far a grade from the edge is followed: where it foresees, where a blend hides the step, and where a region has its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from reswd_torch.grade.cdl import Cdl
from reswd_torch.inpainting.continuity import CUT, Continued, continued, share_followed, steps_under
from reswd_torch.inpainting.edge import INSIDE, POINTS, Across, across_edge, reach_over
from reswd_torch.inpainting.support import foot, one_region, softness

LEAST_PAIRS = 48
"""Pairs across the edge below which they say nothing."""
_INSETS = (0, 3, 6, 10)
"""Pixels behind a hard edge at which it is looked how much of a blend is left."""
_LEVELS = (0.5, INSIDE)
"""The same of a soft edge: weights of its mask."""
_SOFT = 3.0
"""Width of an edge, pixels, from which on it is soft."""
_WIDE = 16.0
"""The same from which on colours across it are no neighbours."""
_BLENDED = (0.25, 0.75)
"""Shares of a grade that the colours ask for at the edge at most and behind a blend at least: a ramp lies between."""
_SURE = 0.5
"""Trust from which on they are followed without a ramp, where those next to the edge have less."""
_CONTRADICTED = 1.0
"""dE2000 by which the grade from there has to foresee steps better."""
EXPLAINED = (0.35, 0.65)
"""Shares of the edge that have to go on naturally under a grade before it counts at all, and before it counts fully. In regraded
photographs 0.64 to 1 did, under patches of others 0.02 to 0.65."""
_ACROSS = (0.8, 0.85)
"""The same across a soft edge, where colours far apart differ so much by nature that less stands out: 0.83 to 1, and 0.48 to
0.79."""
_TOGETHER = (0.15, 0.4)
"""The same for the correlation of the colours on both sides: 0.44 to 0.96, and -0.3 to 0.59."""
_ALIKE, _LEAST_ALIKE = 0.9, 0.1
"""The same of neighbouring pixels, and the least share of it that colours farther apart are measured by."""
_VARIED = 4.0
_FARTHEST = 10.0
"""Where the colours outside vary by less than the first along the edge, in CIE Lab units, one plain colour beside another says
little: the grade then changes by this many dE2000 at most."""
_GAINED = 0.3
"""dE2000 that a grade from the edge has to gain at arcs that were held out."""
_OWN = 0.5
"""dE2000 by which a region's own grade has to foresee its edge better than the common one does."""
_ARCS = 6
"""Arcs of its edge that have to say so."""
_WELL = 0.7
"""What has to go on naturally there, and the correlation of both sides: 0.77 to 1 in regraded regions, under patches of others at
least one of both was at most 0.64."""
OWN_POINTS = 500
"""Points along the edge of one region of several."""


@dataclass(frozen=True, eq=False)
class AtEdge:
    """What the edge of a mask or of one of its regions says.

    Attributes:
        pairs: across the edge.
        asked: those of them that the grade was fitted to.
        found: the grade.
        trust: 0..1, how far it is followed.
        blended: whether the generated picture was found to pass into the image along the edge.
        soft: whether that is along the mask's own soft edge.
    """

    pairs: Across
    asked: Across
    found: Continued
    trust: float
    blended: bool = False
    soft: bool = False

    def followed(self, start: Cdl) -> Cdl:
        """The grade as far as it is trusted."""
        return between(start, self.found.cdl, self.trust)


@dataclass(frozen=True, eq=False)
class Pictures:
    """What is looked at.

    Attributes:
        image, generated: (H, W, 3) float32.
        mask: (H, W) float32.
        regions: (H, W), the number of the region of each pixel.
        seed: which points of a long edge are looked at.
        counts: (N,) of pairs, which of them count; all if left out.
    """

    image: np.ndarray
    generated: np.ndarray
    mask: np.ndarray
    regions: np.ndarray
    seed: int = 0
    counts: Callable[[Across], Bool[np.ndarray, " n"]] | None = None

    def pairs(
        self, mask: np.ndarray, inset: int = 0, *, soft: float = 0.0, level: float = INSIDE, points: int = POINTS
    ) -> Across:
        """The pairs across the edge of a mask, looked for around it alone; their places are those of the whole picture."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        margin = reach_over(soft) + 8
        top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
        here = slice(top, rows[-1] + 1 + margin), slice(left, columns[-1] + 1 + margin)
        found = across_edge(
            self.image[here], self.generated[here], np.ascontiguousarray(mask[here]), self.seed, inset,
            soft=soft, level=level, points=points,
        )  # fmt: skip
        found.places[:] += (top, left)
        return found

    def asked(self, pairs: Across) -> Across:
        """Those of pairs that count."""
        return pairs if self.counts is None else pairs.chosen(self.counts(pairs))


def at_edge(pictures: Pictures, start: Cdl, region: int = 0, points: int = POINTS) -> AtEdge | None:
    """What the edge of a mask, or of one of its regions, says; None where too little of it lies in the frame.

    The pairs next to the edge are asked first. Where those behind a ramp contradict them, and the colours between ask for more
    and more of that grade, something has blended both pictures there, so that no step is left to be seen.

    Args:
        pictures: with the mask.
        start: the grade to go on from.
        region: the number of the region; 0 for all of them.
        points: along the edge.
    """
    mask, hard = pictures.mask, foot(pictures.mask)
    if region:
        mask, hard = (one_region(each, pictures.regions, region) for each in (mask, hard))
    near = pictures.pairs(hard, points=points)
    first = _from(pictures, near, start)
    width = softness(pictures.mask)
    soft = width if width >= _SOFT else 0.0
    deeper = (
        pictures.pairs(mask, soft=soft, points=points) if soft else pictures.pairs(hard, _INSETS[-1], points=points)
    )
    # Where a model has changed all of the picture, it was hardly mixed with the image: a ramp has to be as sure as any edge.
    second = _from(
        pictures, deeper, start, explained=_ACROSS if soft else EXPLAINED, far=soft > 0.0 and start.is_identity
    )
    if first is None or second is None:
        return first
    plain = _trust(second.found, _ACROSS if soft > _WIDE else EXPLAINED)
    if max(plain, second.trust) <= 0.0:
        return first
    left = float(np.minimum(steps_under(first.followed(start), second.asked), CUT).mean())
    if left - second.found.after <= max(_CONTRADICTED, 2 * second.found.error):
        return first
    if soft:
        way = [pictures.pairs(mask, soft=soft, level=each, points=points) for each in _LEVELS[:-1]]
    else:
        way = [pictures.pairs(hard, inset, points=points) for inset in _INSETS[1:-1]]
    way = [first.asked, *(pictures.asked(each) for each in way), second.asked]
    if second.trust > 0.0 and _is_ramp(way, start, second.followed(start)):
        return replace(second, blended=True, soft=soft > 0.0)
    return replace(second, trust=plain) if plain >= _SURE > first.trust else first


def _from(
    pictures: Pictures, pairs: Across, start: Cdl, explained: tuple[float, float] = EXPLAINED, far: bool = False
) -> AtEdge | None:
    """What pairs say; None where they are too few. Far apart less is alike by nature."""
    asked = pictures.asked(pairs)
    if asked.count < LEAST_PAIRS:
        return None
    found = continued(asked, start)
    natural = min(1.0, max(_LEAST_ALIKE, found.neighbours / _ALIKE)) if far else 1.0
    return AtEdge(pairs, asked, found, _trust(found, explained, natural))


def _is_ramp(pairs: list[Across], start: Cdl, grade: Cdl) -> bool:
    """Whether the colours ask for more and more of a grade from the edge on inwards."""
    shares = [share_followed(each, start, grade) for each in pairs if each.count]
    return shares[0] <= _BLENDED[0] and shares[-1] >= _BLENDED[1] and shares == sorted(shares)


def is_better(own: AtEdge, common: Cdl) -> bool:
    """Whether the grade of a region's own edge foresees it clearly better than the common one does.

    An edge of one region is short, and with several of them one may fit by chance: so its colours have to go on well.
    """
    left = float(np.minimum(steps_under(common, own.asked), CUT).mean())
    enough = len(np.unique(own.asked.arcs)) >= _ARCS and min(own.found.explained, own.found.together) >= _WELL
    return enough and own.trust > 0.0 and left - own.found.after > max(_OWN, 2 * own.found.error)


def _trust(found: Continued, explained: tuple[float, float] = EXPLAINED, natural: float = 1.0) -> float:
    """How far a grade from the edge is followed: not at all where it does not foresee what was held out.

    Args:
        found: with the grade.
        explained: shares that have to go on naturally.
        natural: how far both sides change together in the picture itself, beside what neighbouring pixels do.
    """
    gained = found.before - found.after
    if gained < _GAINED or gained < 2 * found.error:
        return 0.0
    trust = ramp(found.explained, *explained) * ramp(found.together / natural, *_TOGETHER)
    return trust if found.varied >= _VARIED else trust * min(1.0, _FARTHEST / max(found.shift, 1e-6))


def ramp(value: float, low: float, high: float) -> float:
    """From 0 to 1, smoothly."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return share * share * (3 - 2 * share)


def between(first: Cdl, second: Cdl, share: float) -> Cdl:
    """Ten numbers on the way from the first to the second."""
    if share == 1.0:
        return second
    mixed = (1.0 - share) * first.vector() + share * second.vector()
    return Cdl.from_vector(mixed)
