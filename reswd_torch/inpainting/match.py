"""The front door: a picture, what a model made of it, and the mask go in; the picture with the region matched comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reswd_torch.arrays import Array, colors_in, like_input, weights_in
from reswd_torch.checks import number_within
from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.grade import Grade
from reswd_torch.inpainting.continuity import CUT, Continued, continued, explained, steps_under
from reswd_torch.inpainting.edge import Across, across_edge
from reswd_torch.inpainting.membrane import Membrane, membrane
from reswd_torch.inpainting.names import FEATHER, FROM_BOTH, FROM_EDGE, FROM_OUTSIDE, NOTHING, WIDEST
from reswd_torch.inpainting.outside import Outside, look_outside
from reswd_torch.learning.difference import ciede2000
from reswd_torch.profiles import profile_name, profile_to_lab
from reswd_torch.settings import AUTO_TRANSFORM, CDL
from reswd_torch.threads import one_thread, opencv_on_one_thread

LEAST_PAIRS = 48
"""Pairs across the edge below which they say nothing."""
_BLEND = 10
"""Pixels behind the edge at which it is looked whether what lies next to it is a blend."""
_CONTRADICTED = 1.0
"""dE2000 by which the grade from there has to foresee steps better."""
_MARGIN = 48
"""Pixels around the mask that the edge is looked at with."""
_EXPLAINED = (0.35, 0.65)
"""Shares of the edge that have to go on naturally under a grade before it counts at all, and before it counts fully. In regraded
photographs 0.64 to 1 did, under patches of others 0.02 to 0.65."""
_TOGETHER = (0.15, 0.4)
"""The same for the correlation of the colours on both sides: 0.44 to 0.96, and -0.3 to 0.59."""
_VARIED = 4.0
_FARTHEST = 10.0
"""Where the colours outside vary by less than the first along the edge, in CIE Lab units, one plain colour beside another says
little: the grade then changes by this many dE2000 at most."""
_GAINED = 0.3
"""dE2000 that a grade from the edge has to gain at arcs that were held out."""


@dataclass(frozen=True, eq=False)
class Inpainting:
    """How a repainted region is matched.

    Attributes:
        grade: for the generated picture; the identity where nothing speaks for another.
        found_by: of ``reswd_torch.inpainting.names.FOUND_BY``: what the grade stands on.
        trust: 0..1, how far a grade from the edge was followed; 1 for any other.
        outside_before: mean dE2000 between both pictures outside of the mask.
        outside_after: the same of colours that were held out, under the grade that was learned there; None where none was.
        edge_before, edge_after: mean dE2000 across the edge of arcs that were held out, under the grade from outside (or none)
            and under the one from the edge; None where the edge was not asked.
        seam_before, seam_after: mean dE2000 across the edge, of the generated picture and of the result; None without an edge in
            the frame. A picture has steps of its own: they do not become 0.
        membrane: what closes the rest of the seam; None for nothing.
        notes: what was assumed.
    """

    grade: Grade
    found_by: str = NOTHING
    trust: float = 1.0
    outside_before: float = 0.0
    outside_after: float | None = None
    edge_before: float | None = None
    edge_after: float | None = None
    seam_before: float | None = None
    seam_after: float | None = None
    membrane: Membrane | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def apply(self, image: Array, generated: Array, mask: np.ndarray | Tensor, *, feather: float = FEATHER) -> Array:
        """The composite, with this fit. For the arguments and errors see :func:`match_inpainting`."""
        first, second, weights = _checked(image, generated, mask)
        return like_input(_composite(self, first, second, weights, _feather(feather)), image)

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON: everything but the membrane's numbers."""
        names = (
            "found_by",
            "trust",
            "outside_before",
            "outside_after",
            "edge_before",
            "edge_after",
            "seam_before",
            "seam_after",
        )
        return {name: getattr(self, name) for name in names} | {
            "membrane": None if self.membrane is None else self.membrane.largest,
            "grade": {name: value for name, value in self.grade.to_record().items() if name != "values"},
            "notes": list(self.notes),
        }


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
    outside nothing has changed, the grade is the one with which the colours go on across the edge. Each is used only where it
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
    width = _feather(feather)
    first, second, weights = _checked(image, generated, mask)
    fit = _fit(first, second, weights, _transform(transform), seed, icc)
    return like_input(_composite(fit, first, second, weights, width), image)


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
    return _fit(*_checked(image, generated, mask), _transform(transform), seed, icc)


def _transform(name: str) -> str:
    if name not in (AUTO_TRANSFORM, CDL):
        raise InputError(f"transform {name!r} is not known here: choose {AUTO_TRANSFORM} or {CDL}")
    return name


def _checked(image: object, generated: object, mask: object) -> tuple[Tensor, Tensor, Tensor]:
    first, second = colors_in(image, "image").detach(), colors_in(generated, "generated").detach()
    if first.ndim != 3:
        raise InputError(f"image has shape {tuple(first.shape)}: give one picture, (H, W, 3)")
    if first.shape != second.shape:
        raise InputError(
            f"generated has shape {tuple(second.shape)} and image {tuple(first.shape)}: give both at one size"
        )
    weights = weights_in(mask, "mask", tuple(first.shape[:2])).to(first.device)
    if float(weights.max()) > 1.0:
        raise InputError(f"mask has values up to {float(weights.max()):.4g}: give weights in 0..1")
    if bool((weights > 0).all()):
        raise InputError("mask is above 0 everywhere: leave something outside of it to match to")
    return first, second.to(first.device), weights


def _feather(value: float) -> float:
    return number_within("feather", value, 0.0, WIDEST)


@one_thread()
def _fit(image: Tensor, generated: Tensor, mask: Tensor, transform: str, seed: int, icc: bytes | None) -> Inpainting:
    first, second, weights = (np.ascontiguousarray(each.cpu().float().numpy()) for each in (image, generated, mask))
    identity = Grade(Cdl(), encoding=profile_name(icc))
    part = weights > 0
    if np.array_equal(first[part], second[part]):
        return Inpainting(identity, notes=("the generated picture equals the image under the mask",))
    outside = look_outside(first, second, weights, icc, ten_numbers=transform == CDL)
    grade = outside.grade or identity
    pairs = _pairs(first, second, weights, seed)
    if pairs.count < LEAST_PAIRS:
        note = "the mask has too little of an edge in the frame: nothing across it was looked at"
        return Inpainting(grade, FROM_OUTSIDE if outside.grade else NOTHING, 1.0, *_of(outside), notes=(note,))
    ten = grade.transform if isinstance(grade.transform, Cdl) else None
    found = continued(pairs, ten)
    deeper = _pairs(first, second, weights, seed, inset=_BLEND)
    notes: tuple[str, ...] = ()
    if ten is not None and (other := _behind_a_blend(deeper, found, ten)) is not None:
        pairs, found = deeper, other
        notes = ("next to the edge the generated picture passes into the image already: a wider feather hides that",)
    trust = 0.0 if ten is None else _trust(found)  # a LUT has no ten numbers that could go on from there
    takes_edge = ten is not None and trust > 0.0
    if ten is not None and takes_edge:
        grade = Grade(_between(ten, found.cdl, trust), encoding=grade.encoding)
    by = {(False, False): NOTHING, (True, False): FROM_OUTSIDE, (False, True): FROM_EDGE, (True, True): FROM_BOTH}
    size = (weights.shape[0], weights.shape[1])
    film, seam = _closed(pairs, grade, icc, size)
    return Inpainting(
        grade, by[outside.grade is not None, takes_edge], trust if takes_edge else 1.0, *_of(outside),
        found.before, found.after, *seam, film, notes,
    )  # fmt: skip


def _of(outside: Outside) -> tuple[float, float | None]:
    return outside.before, None if outside.learned is None else outside.foreseen


def _pairs(image: np.ndarray, generated: np.ndarray, mask: np.ndarray, seed: int, inset: int = 0) -> Across:
    """The pairs across the edge, looked for around the mask alone; their places are those of the whole picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(0, rows[0] - _MARGIN), max(0, columns[0] - _MARGIN)
    here = slice(top, rows[-1] + 1 + _MARGIN), slice(left, columns[-1] + 1 + _MARGIN)
    pairs = across_edge(image[here], generated[here], np.ascontiguousarray(mask[here]), seed, inset)
    pairs.places[:] += (top, left)
    return pairs


def _behind_a_blend(deeper: Across, found: Continued, start: Cdl) -> Continued | None:
    """A grade from pairs whose inner colour lies deeper, where they contradict those next to the edge; else None.

    They do where something has blended both pictures there, so that no step is left to be seen.
    """
    if deeper.count < LEAST_PAIRS:
        return None
    other = continued(deeper, start)
    near = _between(start, found.cdl, _trust(found))
    left = float(np.minimum(steps_under(near, deeper), CUT).mean())
    gained = left - other.after
    return other if _trust(other) > 0.0 and gained > max(_CONTRADICTED, 2 * other.error) else None


def _trust(found: Continued) -> float:
    """How far a grade from the edge is followed: not at all where it does not foresee what was held out."""
    gained = found.before - found.after
    if gained < _GAINED or gained < 2 * found.error:
        return 0.0
    trust = _ramp(found.explained, *_EXPLAINED) * _ramp(found.together, *_TOGETHER)
    return trust if found.varied >= _VARIED else trust * min(1.0, _FARTHEST / max(found.shift, 1e-6))


def _ramp(value: float, low: float, high: float) -> float:
    """From 0 to 1, smoothly."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return share * share * (3 - 2 * share)


def _between(first: Cdl, second: Cdl, share: float) -> Cdl:
    """Ten numbers on the way from the first to the second."""
    if share == 1.0:
        return second
    mixed = (1.0 - share) * first.vector() + share * second.vector()
    return Cdl.from_vector(mixed)


def _closed(
    pairs: Across, grade: Grade, icc: bytes | None, size: tuple[int, int]
) -> tuple[Membrane, tuple[float, float]]:
    """What closes the rest of the seam; and the mean step across the edge before all and after all."""

    def lab(codes: np.ndarray) -> np.ndarray:
        return profile_to_lab(codes.clip(0.0, 1.0).astype(np.float32), icc)

    outer = lab(pairs.outside)
    graded = np.asarray(grade.apply(pairs.inside), np.float64)
    film = membrane(pairs, graded, (lab(graded), outer), size)
    film = film.times(_ramp(explained(lab(graded), outer, pairs), *_EXPLAINED))
    near = film.near(pairs.places)
    steps = (np.minimum(ciede2000(lab(each), outer), CUT).mean() for each in (pairs.inside, graded + near))
    before, after = (float(each) for each in steps)
    return film, (before, after)


def _composite(fit: Inpainting, image: Tensor, generated: Tensor, mask: Tensor, feather: float) -> Tensor:
    weights = mask.cpu().numpy()
    inside = weights > 0
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    here = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    share, depth = _shares(weights, here, feather)
    work = torch.float64 if image.dtype == torch.float64 else torch.float32
    graded = fit.grade.apply(generated[here].to(work).contiguous(), layout="HWC")
    if fit.membrane is not None:
        closing = torch.from_numpy(fit.membrane.over(depth, here[0].start, here[1].start))
        graded = (graded + closing.to(graded)).clamp(0.0, 1.0)
    mixed = torch.from_numpy(share).to(graded)[..., None]
    own = image[here].to(work)
    part = torch.where(mixed >= 1.0, graded, own + mixed * (graded - own)).clamp(0.0, 1.0).to(image.dtype)
    out = image.clone()
    out[here] = torch.where(torch.from_numpy(inside[here]).to(image.device)[..., None], part, image[here])
    return out


def _shares(mask: np.ndarray, here: tuple[slice, slice], feather: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of the generated picture is in each pixel of a part, and how deep in the mask each lies."""
    import cv2

    framed = np.pad(mask[here] > 0, 1, constant_values=False).astype(np.uint8)
    # At the frame of the picture the mask goes on: nothing has to be joined there.
    for axis, (at, end) in enumerate(zip(here, mask.shape, strict=True)):
        for touches, index in ((at.start == 0, 0), (at.stop == end, -1)):
            if touches:
                line = np.take(framed, 1 if index == 0 else -2, axis=axis)
                framed[(index, slice(None)) if axis == 0 else (slice(None), index)] = line
    with opencv_on_one_thread():
        depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.ascontiguousarray(mask[here], np.float32)
    if feather > 0.0:
        ramp = np.clip((depth - 0.5) / np.float32(feather), 0, 1)
        share = np.minimum(share, ramp * ramp * (3 - 2 * ramp))
    return share, depth
