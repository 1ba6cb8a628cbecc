"""The paper's loss: a reservoir that keeps *directions* from step to step (ReSWD, arXiv 2510.01061).

Directions whose cost is large are likelier to be looked at again. The module draws random numbers and holds state; the step
itself, :func:`reswd_torch.direction_reservoir.reservoir_step`, is a pure function of tensors. docs/estimators.md compares this
loss with the others.
"""

from __future__ import annotations

from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.direction_reservoir import (
    CORRECTIONS,
    SCORES,
    Draws,
    ReservoirResult,
    ReservoirRule,
    ReservoirState,
    empty_state,
    reservoir_step,
)
from reswd_torch.directions import check_directions, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.precision import in_full_under_autocast
from reswd_torch.reservoir_loss import ReservoirLoss
from reswd_torch.wasserstein import Others, OtherWeights, Points, PointSets, Weights, check_alike, check_sets


class DirectionReservoirSlicedWasserstein(ReservoirLoss):
    """SW_p^p with the paper's reservoir of directions between calls (ReSWD, arXiv 2510.01061). Each call is one step.

    A call sorts along ``kept + fresh`` directions. State and generator travel in the state_dict, so a restored module
    continues bit for bit; ``.to(dtype or device)`` moves the reservoir.

    Args:
        dims: dimensions of the points.
        kept: size R of the reservoir, at least 1.
        fresh: number M of new directions a step, at least 1.
        p: 1 or 2.
        directions: kind of the fresh directions, see :func:`reswd_torch.directions.draw_directions`.
        tau: number of steps after which a direction counts 1/e, above 0; None: directions never age. A short time follows
            moving points sooner and has a smaller spread, a long one reuses more.
        correction: ``"exact"`` is unbiased for fixed sets. ``"paper"`` also resets the reservoir when its effective
            sample size falls below ``reset_below`` times ``kept``: consistent, but biased, since the reset looks at the
            data.
        reset_below: from 0 to 1; it has no effect with ``"exact"``.
        score: what makes a direction likelier to stay: its ``"distance"``, as in the paper, or the length of its ``"gradient"``.
        seed: seeds the module's own generator.
        dtype: dtype of the points, float32 or float64.
        device: device of the points.

    Raises:
        InputError: on construction or call, naming what does not fit.
    """

    directions: Tensor
    carried: Tensor
    birth: Tensor
    step: Tensor
    seen: Tensor

    def __init__(
        self,
        dims: int = 3,
        kept: int = 24,
        fresh: int = 8,
        p: int = 2,
        directions: str = "gaussian",
        tau: float | None = 8.0,
        correction: str = "exact",
        reset_below: float = 0.5,
        score: str = "distance",
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(dims, kept=kept, fresh=fresh, p=p, directions=directions, tau=tau, seed=seed)
        if correction not in CORRECTIONS:
            raise InputError(f"unknown correction {correction!r}: choose {' or '.join(map(repr, CORRECTIONS))}")
        if score not in SCORES:
            raise InputError(f"unknown score {score!r}: choose {' or '.join(map(repr, SCORES))}")
        if not 0 <= reset_below <= 1:
            raise InputError(f"reset_below = {reset_below!r} is out of range: give a share from 0 to 1")
        if dtype not in (torch.float32, torch.float64):
            raise InputError(f"dtype {dtype!r} is not supported: choose torch.float32 or torch.float64")
        self.correction, self.reset_below, self.score = correction, reset_below, score
        self._adopt(empty_state(kept, dims, dtype, device))

    @property
    def rule(self) -> ReservoirRule:
        """What a step does with its directions."""
        return ReservoirRule(self.p, self.tau, self.correction, self.reset_below, self.score)

    @property
    def state(self) -> ReservoirState:
        """The reservoir after the last step."""
        return ReservoirState(self.directions, self.carried, self.birth, self.step, self.seen)

    def reset(self) -> None:
        """Forget every kept direction and start at step 0; the generator goes on."""
        self._adopt(empty_state(self.kept, self.dims, self.carried.dtype, self.carried.device))

    def draw(
        self,
    ) -> tuple[Float[Tensor, "fresh dims"], Float[Tensor, "kept dims"], Float[Tensor, " offered"]]:
        """The random numbers of the next step: fresh directions, starters and key noise, as :class:`Draws` holds them.

        Advances the generator.
        """
        fresh = self._directions(self.fresh)
        # drawn whether needed or not: asking whether the reservoir is empty would make the host wait for the device
        starters = self._directions(self.kept)
        noise = torch.empty(self.kept + self.fresh, dtype=torch.float64).exponential_(generator=self.generator)
        return fresh, starters, noise.to(self.carried)

    def forward(
        self,
        x: Points,
        y: Others,
        x_weights: Weights | None = None,
        y_weights: OtherWeights | None = None,
        *,
        directions: Float[Tensor, "fresh dims"] | None = None,
    ) -> Float[Tensor, "*batch"]:
        """SW_p^p of each batch item, and one step of the reservoir (in ``eval()`` and under ``no_grad`` too).

        Args:
            x, y, x_weights, y_weights: as for :class:`reswd_torch.SlicedWasserstein`.
            directions: (fresh, dims) rows of length 1 to use as this step's fresh directions; an empty reservoir is then
                filled from these alone.

        Returns:
            () or (batch,); differentiable in points and weights.

        Raises:
            InputError: sets that cannot be compared, or that do not fit the reservoir.
        """
        return self.diagnosed(x, y, x_weights, y_weights, directions=directions).value

    @in_full_under_autocast
    def diagnosed(
        self,
        x: Points,
        y: Others,
        x_weights: Weights | None = None,
        y_weights: OtherWeights | None = None,
        *,
        directions: Float[Tensor, "fresh dims"] | None = None,
    ) -> ReservoirResult:
        """One step as a call makes it: the value, and everything that led to it. Arguments as for :meth:`forward`."""
        check_sets(x, y, x_weights, y_weights)
        if x.shape[-1] != self.dims:
            raise InputError(
                f"x has {x.shape[-1]} dims and this reservoir {self.dims}: build it with dims={x.shape[-1]}"
            )
        check_alike("x", x, "the reservoir", self.carried)
        if directions is not None:
            check_directions(directions, x, self.fresh)
        fresh, starters, noise = self.draw()
        draws = Draws(fresh, starters, noise) if directions is None else Draws(directions, None, noise)
        sets = PointSets(x, y, x_weights, y_weights)
        result, following = reservoir_step(self.state, draws, sets, self.rule)
        self._adopt(following)
        return result

    def extra_repr(self) -> str:
        return (
            f"dims={self.dims}, kept={self.kept}, fresh={self.fresh}, p={self.p}, directions={self.kind!r}, "
            f"tau={self.tau}, correction={self.correction!r}"
        )

    def _directions(self, count: int) -> Tensor:
        generator, like = self.generator, self.carried
        return draw_directions(self.kind, count, self.dims, generator=generator, dtype=like.dtype, device=like.device)

    def _adopt(self, state: ReservoirState) -> None:
        for field in fields(state):
            self.register_buffer(field.name, getattr(state, field.name))
