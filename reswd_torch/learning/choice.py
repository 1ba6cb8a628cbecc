"""Which model carries what the pairs show: by cross-validation, and not by taste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.grade.kinds import Transform, in_range
from reswd_torch.learning.difference import ciede2000
from reswd_torch.learning.light import Light
from reswd_torch.learning.models import fit_model
from reswd_torch.learning.names import AUTO, MODELS, check_model
from reswd_torch.learning.pictures import PairColours
from reswd_torch.profiles import profile_name, profile_to_lab
from reswd_torch.progress import OnProgress
from reswd_torch.threads import one_thread

LEAST_COLOURS = 12
"""Fewest distinct colours that anything is learned from: half a chart. A matrix alone has nine numbers."""
_DISTINCT = 32
"""Steps of a channel in which colours have to differ to count as distinct."""


@dataclass(frozen=True)
class Score:
    """How well one model foresees colours that it was not fitted to.

    Attributes:
        model: its name.
        mean: mean CIEDE2000 of the colours held out.
        p95: the 95th percentile of the same.
        error: standard error of the mean, from the folds.
    """

    model: str
    mean: float
    p95: float
    error: float


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned.

    Attributes:
        grade: fitted to all colours.
        model: the name of its model.
        scores: one for each model that was tried, the simplest first.
        before: mean CIEDE2000 between the pictures as they are.
        colours: number of colours that counted.
        folds: number of parts of which each was held out once.
    """

    grade: Grade
    model: str
    scores: tuple[Score, ...]
    before: float
    colours: int
    folds: int

    @property
    def score(self) -> Score:
        """That of the chosen model."""
        return next(one for one in self.scores if one.model == self.model)

    def describe(self) -> str:
        """One line for the description of a grade file: the choice, and the figures of all models."""
        figures = "; ".join(f"{one.model} {one.mean:.2f}, 95% {one.p95:.2f}" for one in self.scores)
        return (
            f"{MODELS[self.model]}, cross-validated dE2000 in {self.folds} folds of {self.colours} colours: {figures}; "
            f"before {self.before:.2f}"
        )


@one_thread()
def learn(
    colours: Sequence[PairColours],
    model: str = AUTO,
    *,
    icc: bytes | None = None,
    size: int = 33,
    progress: OnProgress | None = None,
) -> Learned:
    """Learn the grade that takes the colours before to those after.

    Every model is fitted several times, each time without one part of the colours, on which it is then judged by its mean
    CIEDE2000. Of the models within one standard error of the best one the simplest wins (L. Breiman et al., "Classification and
    regression trees", 1984, 3.4.3; T. Hastie et al., "The elements of statistical learning", 2nd ed., 7.10).

    Args:
        colours: of each pair, in the encoding of the grade.
        model: a name of ``MODELS`` to insist on, which is judged alone; or ``"auto"``.
        icc: the profile of the encoding; None for sRGB.
        size: lattice points along one axis, for models that are formulas.
        progress: called with (share done, what is being done); may raise to stop.

    Raises:
        InputError: unknown model, or too few colours.
    """
    names = tuple(MODELS) if check_model(model) == AUTO else (model,)
    source = torch.from_numpy(np.concatenate([one.before for one in colours]).astype(np.float32))
    wanted = torch.from_numpy(np.concatenate([one.after for one in colours]).astype(np.float32))
    parts = np.concatenate([one.parts for one in colours])
    folds = np.unique(parts)
    distinct = len(np.unique(np.floor(source.numpy() * _DISTINCT), axis=0))
    if distinct < LEAST_COLOURS or len(folds) < 2:
        raise InputError(
            f"{distinct} distinct colours that are not clipped: at least {LEAST_COLOURS} are needed; give pictures with more "
            "colours, exposed so that they are neither black nor white"
        )
    light = Light.of(icc)
    lab = profile_to_lab(wanted.numpy(), icc)
    before = float(ciede2000(profile_to_lab(source.numpy(), icc), lab).mean())
    scores = []
    for number, name in enumerate(names):
        errors = np.empty(len(source))
        for step, fold in enumerate(folds):
            if progress is not None:
                progress((number + step / len(folds)) / len(names), f"trying {MODELS[name]}")
            held = parts == fold
            fitted = fit_model(name, source[~held], wanted[~held], light)
            errors[held] = _errors(fitted, source[held], lab[held], icc)
        means = np.array([errors[parts == fold].mean() for fold in folds])
        error = float(means.std(ddof=1) / np.sqrt(len(folds)))
        scores.append(Score(name, float(errors.mean()), float(np.quantile(errors, 0.95)), error))
    chosen = choose(scores)
    grade = Grade(fit_model(chosen, source, wanted, light, size), encoding=profile_name(icc))
    return Learned(grade, chosen, tuple(scores), before, len(source), len(folds))


def choose(scores: Sequence[Score]) -> str:
    """The name of the simplest model within one standard error of the best.

    Args:
        scores: the simplest model first; at least one.
    """
    best = min(scores, key=lambda one: one.mean)
    return next(one.model for one in scores if one.mean <= best.mean + best.error)


def _errors(fitted: Transform, source: torch.Tensor, lab: np.ndarray, icc: bytes | None) -> np.ndarray:
    """CIEDE2000 of every graded colour to where it should be."""
    return ciede2000(profile_to_lab(in_range(fitted, fitted.apply(source)).numpy(), icc), lab)
