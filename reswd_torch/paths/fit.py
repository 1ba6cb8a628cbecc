"""The path of grades that takes the drift out of a clip, from what moments of it show in common.

Two moments that show the same things say how their grades differ: a spot that both show should have one colour behind them.
Anchors say what the grades are: there a reference shows the moment as it should be. All grades are found at once. What is left
over are the CIE Lab differences between spots found in both moments, and between anchored moments and their references; they
count by their lengths, not by their squares, since some spots are wrong. A drift is slow and content is not, so bends of the ten
numbers over time cost: that keeps the path from following what moves through the picture.

Least squares would not do. Spots have noise in both moments, and less contrast makes all differences smaller: over dozens of
links the path would turn grey between its anchors (errors in variables; W. A. Fuller, "Measurement Error Models", 1987). So no
sum of squares is made least. What is solved are estimating equations: the differences of a link are weighed with the mean of both
sides' derivatives, an instrument in which the noise of either side has the same share, so that its pulls to less contrast and to
more cancel. In trials on six drifting clips least squares left 1.0 to 2.3 times the error that this leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.matching.gauss_newton import CdlModel, natural_numbers
from reswd_torch.paths.links import Link, Pinned
from reswd_torch.paths.path import KeyFrame
from reswd_torch.progress import OnProgress
from reswd_torch.threads import one_thread

ROUNDS = 25
"""Steps at most."""
STIFFNESS = 3_000.0
"""What a bend costs: Lab units per squared change of a number's step from one moment to the next, at 32 evenly spread moments."""
PULL = 0.02
"""Pull of each number to the identity, which keeps numbers in place that nothing tells apart."""
TENSION = 10.0
"""What a step costs, of which a slow drift takes little: a moment that shows nothing in common with others keeps their grade."""
_ROUNDING = 0.5
"""Lab units below which a difference counts by its square: it is mostly noise."""
_LONGEST = 0.3
"""How far a number goes in one step."""
_SETTLED = 1e-4
"""Step of all numbers from which on they are taken to be found."""
_SPREAD = 31.0
"""Steps between the moments that the stiffness is meant for."""


@one_thread()
def fit_segment(
    frames: Sequence[int],
    links: Sequence[Link],
    pinned: Sequence[Pinned],
    *,
    stiffness: float = STIFFNESS,
    appearance: Appearance = SRGB,
    progress: OnProgress | None = None,
) -> tuple[KeyFrame, ...]:
    """Fit the key frames of a segment without cuts.

    Args:
        frames: the numbers of the moments' frames, in order.
        links: what pairs of moments show in common.
        pinned: what moments shall look like.
        stiffness: what a bend over time costs.
        appearance: how the colours look.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        A key frame at each moment.

    Raises:
        InputError: nothing is pinned.
    """
    if not pinned:
        raise InputError("a path of grades needs an anchor: say what one moment at least should look like")
    system = _System(frames, links, pinned, stiffness, appearance)
    numbers = system.model.start().repeat(len(frames), 1)
    for index in range(ROUNDS):
        if progress is not None:
            progress(index / ROUNDS, "fitting the path")
        slope, pull = system.at(numbers)
        step = torch.linalg.solve(slope + torch.diag(1e-6 * slope.diagonal() + 1e-12), pull.flatten())
        step = step.reshape(numbers.shape).clamp(-_LONGEST, _LONGEST)
        numbers = torch.stack([system.model.project(one) for one in numbers - step])
        if float(step.abs().max()) < _SETTLED:
            break
    return tuple(
        KeyFrame(frame, Cdl.from_vector(natural_numbers(one))) for frame, one in zip(frames, numbers, strict=True)
    )


@dataclass(frozen=True)
class _Part:
    """Where the colours of one side of a link, or of a pinned moment, lie among those of its moment."""

    moment: int
    start: int
    stop: int


class _System:
    """The equations of all moments at once."""

    def __init__(
        self,
        frames: Sequence[int],
        links: Sequence[Link],
        pinned: Sequence[Pinned],
        stiffness: float,
        appearance: Appearance,
    ) -> None:
        self._appearance = appearance
        self._colors: list[list[Tensor]] = [[] for _ in frames]
        self._links = [
            (self._add(one.first, one.first_colors), self._add(one.second, one.second_colors)) for one in links
        ]
        self._pinned = [
            (self._add(one.moment, one.colors), appearance.lab(one.wanted).double(), one.weight) for one in pinned
        ]
        free = torch.tensor([PULL] * 10)
        none = torch.zeros(0, 3)
        self._models = [CdlModel(torch.cat([none, *each]), free) for each in self._colors]
        self.model = CdlModel(none, free)
        self._bends = _bends(frames, stiffness)

    def _add(self, moment: int, colors: Tensor) -> _Part:
        start = sum(map(len, self._colors[moment]))
        self._colors[moment].append(colors)
        return _Part(moment, start, start + len(colors))

    def at(self, numbers: Float[Tensor, "m 10"]) -> tuple[Tensor, Tensor]:
        """What has to become 0, (M, 10), behind how it changes with the numbers, (10 M, 10 M)."""
        count = len(numbers)
        found = [self._evaluated(model, one) for model, one in zip(self._models, numbers, strict=True)]
        slope = torch.zeros(count, 10, count, 10, dtype=torch.float64)
        pull = torch.zeros(count, 10, dtype=torch.float64)
        for first, second in self._links:
            (lab, by_first), (other_lab, by_second) = _of(found, first), _of(found, second)
            along = (by_first + by_second) / 2  # the instrument
            product, force = _weighed(lab - other_lab, along, 1.0)
            s, t = first.moment, second.moment
            slope[s, :, s] += product
            slope[t, :, t] += product
            slope[s, :, t] -= product
            slope[t, :, s] -= product
            pull[s] += force
            pull[t] -= force
        for part, wanted, weight in self._pinned:
            lab, along = _of(found, part)
            product, force = _weighed(lab - wanted, along, weight)
            slope[part.moment, :, part.moment] += product
            pull[part.moment] += force
        for moment, one in enumerate(numbers):
            _, hessian, gradient = self.model.prior(one)
            slope[moment, :, moment] += hessian
            pull[moment] += gradient
        for number in range(10):
            slope[:, number, :, number] += self._bends
        return slope.reshape(count * 10, count * 10), pull + self._bends @ numbers

    def _evaluated(self, model: CdlModel, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3) how colours look behind the grade, and (N, 3, 10) its derivative."""
        evaluation = model.evaluate(numbers)
        lab, by_rgb = self._appearance.lab_with_jacobian(evaluation.rgb)
        return lab.double(), (by_rgb @ evaluation.jacobian).double()


def _bends(frames: Sequence[int], stiffness: float) -> Float[Tensor, "m m"]:
    """The matrix of what bends and steps cost: differences over time, so that it matters little how many moments there are."""
    times = np.array(frames, np.float64)
    count = len(times)
    matrix = np.zeros((count, count))
    if count > 1:
        steps = np.diff(times / (times[-1] - times[0]) * _SPREAD)
        for place, step in enumerate(steps):
            matrix[place : place + 2, place : place + 2] += TENSION / stiffness * np.array([[1, -1], [-1, 1]]) / step
        for place, (before, after) in enumerate(zip(steps, steps[1:], strict=False)):
            row = np.zeros(count)
            row[place : place + 3] = 1 / before, -1 / before - 1 / after, 1 / after
            matrix += np.outer(row, row) * 2 / (before + after)
    return torch.from_numpy(matrix * stiffness)


def _of(found: Sequence[tuple[Tensor, Tensor]], part: _Part) -> tuple[Tensor, Tensor]:
    lab, jacobian = found[part.moment]
    return lab[part.start : part.stop], jacobian[part.start : part.stop]


def _weighed(apart: Float[Tensor, "n 3"], along: Float[Tensor, "n 3 10"], weight: float) -> tuple[Tensor, Tensor]:
    """(10, 10) and (10,): the instrument's product with itself and with the differences, each of these by its length."""
    weights = weight / apart.norm(dim=1).clamp(min=_ROUNDING) / max(1, len(apart))
    weighed = (weights[:, None, None] * along).flatten(0, 1)
    return weighed.T @ along.flatten(0, 1), weighed.T @ apart.flatten()
