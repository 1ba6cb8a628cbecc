"""The front door: a picture, what a model made of it, and the mask go in; the picture with the region matched comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from reswd_torch.arrays import Array, like_input
from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.grade import Grade
from reswd_torch.inpainting.composite import Region, composite
from reswd_torch.inpainting.continuity import CUT, explained
from reswd_torch.inpainting.edge import Across, joined
from reswd_torch.inpainting.highlights import Clipped, Ends, look_at_clipped, nearly_clipped, nearness
from reswd_torch.inpainting.membrane import Membrane, membrane
from reswd_torch.inpainting.names import FEATHER, FROM_BOTH, FROM_EDGE, FROM_OUTSIDE, NOTHING
from reswd_torch.inpainting.outside import Outside, look_outside
from reswd_torch.inpainting.result import Inpainting, checked, checked_feather
from reswd_torch.inpainting.support import foot, largest_of, regions_of, repainted
from reswd_torch.inpainting.trusted import (
    EXPLAINED,
    LEAST_PAIRS,
    OWN_POINTS,
    AtEdge,
    Pictures,
    at_edge,
    is_better,
    ramp,
)
from reswd_torch.learning.difference import ciede2000
from reswd_torch.profiles import profile_name, profile_to_lab
from reswd_torch.settings import AUTO_TRANSFORM, CDL
from reswd_torch.threads import one_thread

__all__ = ["Inpainting", "fit_inpainting", "match_inpainting"]

_BLENDED = "next to the edge the generated picture passes into the image already: a wider feather hides that"
_MIXED = "along the mask's soft edge the generated picture was mixed with the image already: the grade follows the mask there"
_CLIPPED = "what is clipped in the generated picture becomes what it does outside; a grade alone does not hold that"
_HALF = 0.5
"""Nearness to an end of the scale from which on a pair counts as clipped."""
_NO_EDGE = "the mask has too little of an edge in the frame: nothing across it was looked at"


def match_inpainting(
    image: Array,
    generated: Array,
    mask: np.ndarray | Tensor,
    *,
    feather: float = FEATHER,
    transform: str = AUTO_TRANSFORM,
    seed: int = 0,
    icc: bytes | None = None,
) -> Array:
    """Put a repainted region into a picture, with the colours of what lies around it.

    Where the model has shifted the whole picture, the pixels outside of the mask say how, and a grade is learned from them. Where
    outside nothing has changed, the grade is the one with which the colours go on across the edge; regions of the mask that
    it does not serve get their own. Codes that were clipped become what they do outside. Each is used only where it
    foresees colours or arcs of the edge that were held out; content that does not belong together is left as it is. What is left
    of a seam is closed by a small smooth correction that fades inwards.

    Args:
        image: (H, W, 3) array or tensor of floats, 0..1, sRGB-encoded (or in the encoding of ``icc``): the picture that was
            repainted.
        generated: the same, of the same size: what the model gave.
        mask: (H, W), 0..1, 1 where it repainted. Between, both are mixed.
        feather: pixels inside the edge over which the image passes into the generated picture, 0 to 256; 0 for the mask's own
            softness alone.
        transform: ``"cdl"`` for ten numbers; ``"auto"`` for a LUT where the pixels outside ask for one.
        seed: chooses the points of the edge that are looked at, where it has more than some hundred.
        icc: the profile of both; None for sRGB.

    Returns:
        (H, W, 3) as ``image``: same kind, dtype and device. Where the mask is 0, the image's own values exactly.

    Raises:
        InputError: arrays of a wrong shape, dtype or range, pictures or masks of different sizes, a mask that is 0 everywhere or
            nowhere, another transform.

    Example:
        >>> import numpy as np
        >>> image = np.linspace(0.2, 0.8, 64 * 64 * 3).reshape(64, 64, 3)
        >>> mask = np.zeros((64, 64))
        >>> mask[16:48, 16:48] = 1.0
        >>> bool((match_inpainting(image, image, mask) == image).all())
        True
    """
    width = checked_feather(feather)
    first, second, weights = checked(image, generated, mask)
    fit = _fit(first, second, weights, _transform(transform), seed, icc)
    return like_input(composite(fit, first, second, weights, width), image)


def fit_inpainting(
    image: np.ndarray | Tensor,
    generated: np.ndarray | Tensor,
    mask: np.ndarray | Tensor,
    *,
    transform: str = AUTO_TRANSFORM,
    seed: int = 0,
    icc: bytes | None = None,
) -> Inpainting:
    """Find how a repainted region is to be matched; nothing is composed. For the rest see :func:`match_inpainting`."""
    return _fit(*checked(image, generated, mask), _transform(transform), seed, icc)


def _transform(name: str) -> str:
    if name not in (AUTO_TRANSFORM, CDL):
        raise InputError(f"transform {name!r} is not known here: choose {AUTO_TRANSFORM} or {CDL}")
    return name


@dataclass(frozen=True, eq=False)
class _Decided:
    """The grades: that of most pixels, those of other regions, and what they stand on."""

    grade: Grade
    edge: AtEdge | None = None
    regions: tuple[Region, ...] = ()
    own: tuple[tuple[int, AtEdge], ...] = ()
    trust: float = 0.0
    blended: bool = False

    def held_out(self) -> tuple[float | None, float | None]:
        """Mean dE2000 across the edge before and after, of arcs that were held out."""
        asked = [each for each in (self.edge, *(one for _, one in self.own)) if each is not None]
        if not asked:
            return None, None
        counts = [each.pairs.count for each in asked]
        both = (
            np.average([getattr(each.found, what) for each in asked], weights=counts) for what in ("before", "after")
        )
        before, after = (float(each) for each in both)
        return before, after


@one_thread()
def _fit(image: Tensor, generated: Tensor, mask: Tensor, transform: str, seed: int, icc: bytes | None) -> Inpainting:
    first, second, given = (np.ascontiguousarray(each.cpu().float().numpy()) for each in (image, generated, mask))
    identity = Grade(Cdl(), encoding=profile_name(icc))
    part = given > 0
    if np.array_equal(first[part], second[part]):
        return Inpainting(identity, notes=("the generated picture equals the image under the mask",))
    weights = repainted(first, second, given)
    outside = look_outside(first, second, weights, icc, ten_numbers=transform == CDL)
    grade, clipped, ends = outside.grade or identity, Clipped(0.0), None
    if outside.grade is not None:
        ends = Ends.of(second)
        clipped = look_at_clipped(first, second, weights, grade, ends, icc)
    # Where pixels outside say what becomes of clipped ones, pairs of the edge are not asked: they are no neighbours of theirs.
    counts = None if ends is None else _not_clipped
    pictures = Pictures(first, second, weights, regions_of(weights), seed, counts)
    decided = _decided(pictures, grade)
    takes_edge = decided.trust > 0.0 or bool(decided.own)
    by = {(False, False): NOTHING, (True, False): FROM_OUTSIDE, (False, True): FROM_EDGE, (True, True): FROM_BOTH}
    found = Inpainting(
        decided.grade, by[outside.grade is not None, takes_edge], decided.trust if decided.trust > 0.0 else 1.0,
        *_of(outside, clipped), *decided.held_out(), regions=decided.regions, blended=decided.blended,
        highlights=clipped.highlights, notes=_notes(decided, clipped, pictures),
    )  # fmt: skip
    pairs = _to_close(pictures, decided)
    if pairs.count < LEAST_PAIRS:
        return replace(found, notes=(*found.notes, _NO_EDGE))
    graded = _graded(pairs, found, pictures, ends)
    films = _films(pairs, graded, icc, weights.shape, apart=found.highlights is not None)
    before, after = _seam(pairs, graded, films, icc)
    return replace(found, membrane=films[0], clipped_membrane=films[1], seam_before=before, seam_after=after)


def _not_clipped(pairs: Across) -> np.ndarray:
    return ~nearly_clipped(pairs.inside)


def _of(outside: Outside, clipped: Clipped) -> tuple[float, float | None]:
    """What is said of the pixels outside: those that are clipped are looked at apart, and count as many as they are."""
    rest = 1.0 - clipped.share
    after = None if outside.learned is None else rest * outside.foreseen + clipped.share * clipped.after
    return rest * outside.before + clipped.share * clipped.before, after


def _notes(decided: _Decided, clipped: Clipped, pictures: Pictures) -> tuple[str, ...]:
    notes = []
    asked = [each for each in (decided.edge, *(own for _, own in decided.own)) if each is not None and each.trust > 0.0]
    if any(each.blended for each in asked):
        notes.append(_MIXED if any(each.soft for each in asked) else _BLENDED)
    if decided.own:
        one = (
            "region of the mask has a grade of its"
            if len(decided.own) == 1
            else "regions of the mask have grades of their"
        )
        notes.append(f"{len(decided.own)} {one} own: a saved grade is that of most pixels")
    if clipped.highlights is not None and nearly_clipped(pictures.generated[pictures.mask > 0]).any():
        notes.append(_CLIPPED)
    return tuple(notes)


def _decided(pictures: Pictures, grade: Grade) -> _Decided:
    """The grade of all regions, and those of regions that it does not serve."""
    ten = grade.transform
    if not isinstance(ten, Cdl):  # a LUT has no ten numbers that could go on from there
        return _Decided(grade)
    edge = at_edge(pictures, ten)
    common = ten if edge is None else edge.followed(ten)
    one = _Decided(
        replace(grade, transform=common), edge, trust=0.0 if edge is None else edge.trust,
        blended=edge is not None and edge.trust > 0.0 and edge.blended,
    )  # fmt: skip
    own, asked = [], 0
    for number in largest_of(pictures.regions):
        its = at_edge(pictures, ten, number, OWN_POINTS)
        asked += its is not None
        if its is not None and is_better(its, common):
            own.append((number, its))
    if not own or (
        one.trust == 0.0 and 2 * len(own) < asked
    ):  # where most do not belong there, one that does is chance
        return one
    areas = np.bincount(pictures.regions.ravel())
    others = [each for each in np.flatnonzero(areas).tolist() if each and each not in [number for number, _ in own]]
    parts = [Region(tuple(others), one.grade, one.blended)] if others else []
    parts += [Region((number,), replace(grade, transform=its.followed(ten)), its.blended) for number, its in own]
    trusts = ([one.trust] if others else []) + [its.trust for _, its in own]
    most = max(range(len(parts)), key=lambda at: int(areas[list(parts[at].numbers)].sum()))
    rest = tuple(each for at, each in enumerate(parts) if at != most)
    shown = edge if others else None
    return _Decided(parts[most].grade, shown, rest, tuple(own), trusts[most], parts[most].blended)


def _to_close(pictures: Pictures, decided: _Decided) -> Across:
    """The pairs across which a rest is closed and the seam is measured: clipped ones are among them."""
    if decided.edge is None and not decided.own:
        return pictures.pairs(foot(pictures.mask))
    numbers = [number for number, _ in decided.own]
    parts = [own.pairs for _, own in decided.own]
    if decided.edge is not None:
        pairs = decided.edge.pairs
        rows, columns = pairs.places.astype(int).T
        parts.insert(0, pairs.chosen(~np.isin(pictures.regions[rows, columns], numbers)))
    return joined(parts)


def _graded(pairs: Across, fit: Inpainting, pictures: Pictures, ends: Ends | None) -> np.ndarray:
    """The inner colours of pairs under the grades of their regions."""
    rows, columns = pairs.places.astype(int).T
    graded = np.asarray(fit.grade.apply(pairs.inside), np.float64)
    for region in fit.regions:
        its = np.isin(pictures.regions[rows, columns], region.numbers)
        graded[its] = np.asarray(region.grade.apply(pairs.inside[its]), np.float64)
    if fit.highlights is not None and ends is not None:
        graded = (graded + fit.highlights.of(pairs.inside, graded, ends.at(rows, columns))).clip(0.0, 1.0)
    return graded


def _films(
    pairs: Across, graded: np.ndarray, icc: bytes | None, size: tuple[int, int], *, apart: bool
) -> tuple[Membrane, Membrane | None]:
    """What closes the rest of the seam; and what does where colours are clipped, if that is looked at apart."""

    def film(some: np.ndarray, *, whole: bool = False) -> Membrane:
        its, inner = pairs.chosen(some), graded[some]
        labs = _lab(inner, icc), _lab(its.outside, icc)
        # Of what is clipped no grade can be right to a code, and around it nothing changes: a small step is natural there.
        return membrane(its, inner, labs, size).times(1.0 if whole else ramp(explained(*labs, its), *EXPLAINED))

    clipped = nearness(pairs.inside)[:, 0] > _HALF
    if not apart or min(clipped.sum(), (~clipped).sum()) < LEAST_PAIRS:
        return film(np.ones(pairs.count, bool)), None
    return film(~clipped), film(clipped, whole=True)


def _seam(
    pairs: Across, graded: np.ndarray, films: tuple[Membrane, Membrane | None], icc: bytes | None
) -> tuple[float, float]:
    """The mean step across the edge before all and after all."""
    near = films[0].near(pairs.places)
    if films[1] is not None:
        near = near + nearness(pairs.inside) * (films[1].near(pairs.places) - near)
    outer = _lab(pairs.outside, icc)
    before, after = (
        float(np.minimum(ciede2000(_lab(each, icc), outer), CUT).mean()) for each in (pairs.inside, graded + near)
    )
    return before, after


def _lab(codes: np.ndarray, icc: bytes | None) -> np.ndarray:
    return profile_to_lab(codes.clip(0.0, 1.0).astype(np.float32), icc)
