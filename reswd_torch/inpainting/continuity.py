"""A grade from the edge alone: ten numbers with which the generated colours go on from those outside.

Across the edge the true picture goes on, but not exactly: the two colours of a pair differ a little, as neighbours do. A
regression of one on the other takes that for a loss of contrast. Two neighbours are alike in this, though: which of them is
inside is chance. So what the step is compared with, the derivative of the grade, is taken at both colours of a pair and averaged:
the equations then hold for every true picture (instrumental variables; the instrument is symmetric in the pair).

Steps far larger than the picture's own nearby are edges of things, or things that do not belong together. They count less
and less (S. Geman and D. McClure, "Statistical methods for tomographic image reconstruction", 1987), as the scale shrinks step by
step from one that lets all of them speak (A. Blake and A. Zisserman, "Visual reconstruction", 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab_with_jacobian
from reswd_torch.grade.cdl import Cdl
from reswd_torch.inpainting.edge import WIDTHS, Across
from reswd_torch.learning.difference import ciede2000, step_weights
from reswd_torch.matching.gauss_newton import CdlModel, natural_numbers
from reswd_torch.threads import one_thread

_SPREAD = (0.20,) * 3 + (0.04,) * 3 + (0.20,) * 3 + (0.25,)
"""Standard deviation of log slope, offset, log power and saturation before anything is seen: what models do to colours."""
_LARGEST = 2.0
"""The farthest that any of these may go, in such deviations."""
_ALIKE = 12.0
"""Points along the edge that say about as much as one: neighbours see the same things."""
_FLOOR = 1.0
"""dE2000 that is natural anywhere: grain and rounding."""
_TOLERATED = 2.0
"""Steps of this many natural ones count a quarter."""
_SCALES = (8.0, 5.0, 3.0, 2.0, 1.4, 1.0, 1.0, 1.0, 1.0, 1.0)
_FLAT = 2.0
"""Variation along the edge, CIE Lab units, that is as good as none."""
_SMOOTHED = 9
"""Neighbours along the edge whose natural steps are averaged."""


@dataclass(frozen=True, eq=False)
class Continued:
    """A grade that was found from the edge.

    Attributes:
        cdl: the ten numbers.
        before, after: mean dE2000 across the edge, of arcs that were held out, each pair cut at ``CUT``.
        error: standard error of what was gained, from the arcs.
        explained: 0..1, the share of the edge that goes on naturally under the grade, beside that of the picture itself.
        together: -1..1, how far the colours on both sides change together along the edge, the inner ones as they were generated.
        neighbours: -1..1, how far those outside and those as much further out do.
        varied: standard deviation of the outer colours along the edge, CIE Lab units.
        shift: mean dE2000 by which the grade changes the inner colours.
    """

    cdl: Cdl
    before: float
    after: float
    error: float
    explained: float
    together: float
    neighbours: float
    varied: float
    shift: float


CUT = 20.0
"""dE2000 at which the step of a pair is cut where steps are averaged: an edge of a thing says no more by being harder."""


@one_thread()
def continued(pairs: Across, start: Cdl | None = None) -> Continued:
    """Fit a grade to the pairs across an edge.

    Args:
        pairs: at least some dozens.
        start: the grade that it is held near; the identity if left out.
    """
    problem = _Problem.of(pairs)
    centre = _parameters(start or Cdl())
    every = np.ones(pairs.count, bool)
    found = problem.fitted(every, centre, centre)
    before, after = np.empty(pairs.count), np.empty(pairs.count)
    for fold in np.unique(pairs.folds):
        held = pairs.folds == fold
        other = problem.fitted(~held, centre, centre)
        before[held] = problem.steps(centre, held)
        after[held] = problem.steps(other, held)
    gained = np.minimum(before, CUT) - np.minimum(after, CUT)
    by_arc = np.array([gained[pairs.arcs == arc].mean() for arc in np.unique(pairs.arcs)])
    error = float(by_arc.std(ddof=1) / np.sqrt(len(by_arc))) if len(by_arc) > 1 else float("inf")
    old, new = (float(np.minimum(each, CUT).mean()) for each in (before, after))
    cdl = Cdl.from_vector(natural_numbers(found))
    inner, graded = _lab(pairs.inside), _lab(cdl.apply(problem.inside).numpy())
    shift = float(ciede2000(inner, graded).mean())
    outer = problem.outside_lab.numpy()
    natural = _together(outer, _lab(pairs.beyond))
    share = explained(graded, outer, pairs)
    return Continued(cdl, old, new, error, share, _together(inner, outer), natural, _spread(outer), shift)


def _spread(labs: np.ndarray) -> float:
    """The length of the standard deviation of colours."""
    return float(np.sqrt(labs.var(axis=0).sum()))


def _together(inner: np.ndarray, outer: np.ndarray) -> float:
    """The correlation of colours on both sides; where neither side varies by more than a step or two, they do so together."""
    same = float(((inner - inner.mean(axis=0)) * (outer - outer.mean(axis=0))).sum(axis=1).mean())
    own = [_spread(each) ** 2 + _FLAT**2 for each in (inner, outer)]
    return (same + _FLAT**2) / float(np.sqrt(own[0] * own[1]))


def steps_under(cdl: Cdl, pairs: Across) -> Float[np.ndarray, " n"]:
    """dE2000 across the edge with the inner colours under a grade."""
    return ciede2000(_lab(cdl.apply(torch.from_numpy(pairs.inside)).numpy()), _lab(pairs.outside))


def share_followed(pairs: Across, start: Cdl, grade: Cdl) -> float:
    """Which of the shares 0, 1/4, 1/2, 3/4 and 1 of the way from one grade to another most of the pairs ask for."""
    first, last = (_lab(each.apply(torch.from_numpy(pairs.inside)).numpy()) for each in (start, grade))
    outer = _lab(pairs.outside)
    shares = [step / 4 for step in range(5)]
    return max(shares, key=lambda share: float(counted(first + share * (last - first), outer, pairs).mean()))


def natural_steps(pairs: Across) -> Float[np.ndarray, " n"]:
    """dE2000 between neighbours outside, as far apart as the pairs are; averaged along the edge."""
    own = ciede2000(_lab(pairs.outside), _lab(pairs.beyond))
    out = np.empty_like(own)
    # Those of one width are in the order of the edge; widths are told apart by the arcs starting anew.
    starts = [0, *(np.flatnonzero(np.diff(pairs.arcs) < 0) + 1), len(own)]
    for first, last in zip(starts[:-1], starts[1:], strict=True):
        part = own[first:last]
        size = min(_SMOOTHED, len(part))
        kernel = np.ones(size)
        out[first:last] = np.convolve(part, kernel, "same") / np.convolve(np.ones(len(part)), kernel, "same")
    return np.asarray(np.sqrt(_FLOOR**2 + out**2))


def counted(inner: np.ndarray, outer: np.ndarray, pairs: Across) -> Float[np.ndarray, " n"]:
    """How much each pair counts, 0..1: less the larger its step is beside what is natural there.

    Args:
        inner, outer: (N, 3) CIE Lab of the pairs' colours.
        pairs: which they are.
    """
    relative = ciede2000(inner, outer) / (_TOLERATED * natural_steps(pairs))
    return np.asarray(1.0 / (1.0 + relative**2) ** 2)


def explained(inner: np.ndarray, outer: np.ndarray, pairs: Across) -> float:
    """The share of the edge that goes on naturally, as a share of what does so outside. For the arguments see :func:`counted`."""
    own = counted(_lab(pairs.outside), _lab(pairs.beyond), pairs).mean()
    return min(1.0, float(counted(inner, outer, pairs).mean()) / max(float(own), 1e-6))


@dataclass(frozen=True, eq=False)
class _Problem:
    """The pairs as tensors, and what is natural at each."""

    inside: Float[Tensor, "n 3"]
    outside: Float[Tensor, "n 3"]
    outside_lab: Float[Tensor, "n 3"]
    outside_jacobian: Float[Tensor, "n 3 3"]
    natural: Float[np.ndarray, " n"]

    @classmethod
    def of(cls, pairs: Across) -> _Problem:
        outside = torch.from_numpy(pairs.outside)
        lab, jacobian = srgb_to_lab_with_jacobian(outside)
        return cls(torch.from_numpy(pairs.inside), outside, lab, jacobian, natural_steps(pairs))

    def steps(self, parameters: Tensor, chosen: np.ndarray) -> np.ndarray:
        """dE2000 across the edge under a grade."""
        graded = Cdl.from_vector(natural_numbers(parameters)).apply(self.inside[torch.from_numpy(chosen)])
        return ciede2000(_lab(graded.numpy()), self.outside_lab[torch.from_numpy(chosen)].numpy())

    def fitted(self, chosen: np.ndarray, centre: Tensor, start: Tensor) -> Tensor:
        """The parameters from some of the pairs."""
        which = torch.from_numpy(chosen)
        inside, outside, lab_out, d_out, natural = (
            self.inside[which], self.outside[which], self.outside_lab[which], self.outside_jacobian[which],
            torch.from_numpy(self.natural[chosen]),
        )  # fmt: skip
        spread = torch.tensor(_SPREAD, dtype=torch.float64)
        pull = torch.diag(_ALIKE * len(WIDTHS) / spread.square())
        model, parameters = CdlModel(inside, torch.zeros(10)), start
        for scale in _SCALES:
            evaluated = model.evaluate(parameters)
            lab, d_lab = srgb_to_lab_with_jacobian(evaluated.rgb)
            weights = torch.from_numpy(step_weights(((lab + lab_out) / 2).numpy()))
            step = (weights @ (lab - lab_out).unsqueeze(2)).squeeze(2)
            back = CdlModel(_undone(parameters, outside), torch.zeros(10)).evaluate(parameters)
            instrument = weights @ (d_lab @ evaluated.jacobian + d_out @ back.jacobian) / 2
            relative = step.norm(dim=1) / (scale * _TOLERATED * natural)
            counts = 1.0 / (1.0 + relative.square()).square() / natural.square()
            weighted = instrument * counts[:, None, None]
            hessian = torch.einsum("nip,niq->pq", weighted, instrument) + pull
            gradient = torch.einsum("nip,ni->p", weighted, step) + pull @ (parameters - centre)
            parameters = parameters - torch.linalg.solve(hessian, gradient)
            parameters = centre + (parameters - centre).clamp(-_LARGEST * spread, _LARGEST * spread)
            parameters[9:].clamp_(min=0.0)  # below it there is no saturation: a grey picture asks for exactly 0
        return parameters


def _undone(parameters: Tensor, graded: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    """The colours that a grade takes to these, as far as they lie in 0..1."""
    natural = natural_numbers(parameters)
    mixed = Cdl(saturation=max(0.2, float(natural[9]))).saturation_matrix()
    plain = (graded @ torch.linalg.inv(mixed).T).clamp(1e-6, 1.0)
    return ((plain ** (1.0 / natural[6:9]) - natural[3:6]) / natural[:3]).clamp(0.0, 1.0)


def _parameters(cdl: Cdl) -> Tensor:
    """The inverse of :func:`natural_numbers`."""
    vector = cdl.vector()
    return torch.cat((vector[:3].clamp(min=1e-3).log(), vector[3:6], vector[6:9].log(), vector[9:]))


def _lab(codes: np.ndarray) -> np.ndarray:
    return srgb_to_lab_with_jacobian(torch.from_numpy(np.ascontiguousarray(codes)).double())[0].numpy()
