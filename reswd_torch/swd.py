"""The sliced Wasserstein distance as a loss: fresh directions each call, or a reservoir that reuses the telling ones.

SW_p^p(X, Y) is the mean over unit vectors θ of W_p^p(θ·X, θ·Y) (N. Bonneel et al., "Sliced and Radon Wasserstein
barycenters of measures", 2015). Everything here returns that p-th power, one number per batch item.

The modules draw random numbers and hold state; the losses themselves, :func:`sliced_wasserstein` and
:func:`reswd_torch.reservoir.reservoir_step`, are pure functions of tensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reswd_torch.control_variates import check_control, control_coefficient, controlled_mean, gaussian_control
from reswd_torch.directions import check_count, check_directions, check_kind, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.reservoir import CORRECTIONS, ReservoirResult, ReservoirState, empty_state, reservoir_step
from reswd_torch.wasserstein import (
    Others,
    OtherWeights,
    Points,
    Weights,
    check_alike,
    check_power,
    check_sets,
    direction_costs,
)


@dataclass(frozen=True)
class SlicedResult:
    """One evaluation of the sliced Wasserstein distance."""

    value: Float[Tensor, "*batch"]  # the estimate of SW_p^p, differentiable
    costs: Float[Tensor, "*batch directions"]  # W_p^p on each direction, differentiable
    directions: Float[Tensor, "directions dims"]  # what was projected on
    gamma: Float[Tensor, "*batch"] | None  # coefficient of the control variate, None without one


def sliced_wasserstein(
    x: Points,
    y: Others,
    directions: Float[Tensor, "directions dims"],
    p: int = 2,
    control_variate: str | None = None,
    x_weights: Weights | None = None,
    y_weights: OtherWeights | None = None,
) -> SlicedResult:
    """SW_p^p on given directions. A pure function; values are not checked (see :class:`SlicedWasserstein`)."""
    costs = direction_costs(x, y, directions, p, x_weights, y_weights)
    if control_variate is None:
        return SlicedResult(value=costs.mean(dim=-1), costs=costs, directions=directions, gamma=None)
    control, expected = gaussian_control(control_variate, x, y, directions, x_weights, y_weights)
    gamma = control_coefficient(costs, control)
    value = controlled_mean(costs, control, expected, gamma)
    return SlicedResult(value=value, costs=costs, directions=directions, gamma=gamma)


class _Seeded(nn.Module):
    """A module with its own generator, whose state travels in the state_dict.

    The generator stays on the CPU wherever the points are, so that one seed means the same directions on every device.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
            raise InputError(f"seed {seed!r} is not usable: give a whole number from 0 to 2**63 - 1")
        self.generator = torch.Generator().manual_seed(seed)

    def get_extra_state(self) -> Tensor:
        """The generator's state; part of the state_dict."""
        return self.generator.get_state()

    def set_extra_state(self, state: Any) -> None:
        """Restore what :meth:`get_extra_state` returned."""
        self.generator.set_state(state.cpu())


class SlicedWasserstein(_Seeded):
    """SW_p^p with fresh directions at each call.

    Args:
        n_directions: how many directions (and sorts of each set) a call takes, at least 1.
        p: 1 or 2.
        directions: ``"gaussian"``, ``"orthogonal"``, ``"sobol"`` or ``"fibonacci"`` (3-D only).
        control_variate: None, ``"lower"`` or ``"upper"`` (arXiv 2305.00402). With few directions the controlled
            estimate has a bias of order 1/n_directions and may be negative.
        seed: of the module's own generator, which the state_dict carries.

    Raises:
        InputError: on construction or call, naming what does not fit.

    Example:
        >>> loss = SlicedWasserstein(n_directions=32, p=1, seed=0)
        >>> loss(torch.zeros(2, 5, 3), torch.zeros(2, 7, 3))
        tensor([0., 0.])
    """

    def __init__(
        self,
        n_directions: int = 64,
        p: int = 2,
        directions: str = "gaussian",
        control_variate: str | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(seed)
        check_count("n_directions", n_directions)
        check_power(p)
        check_kind(directions)
        if control_variate is not None:
            check_control(control_variate)
        self.n_directions = n_directions
        self.p = p
        self.directions = directions
        self.control_variate = control_variate

    def draw(self, like: Points) -> Float[Tensor, "directions dims"]:
        """The next call's directions, in the dtype and on the device of ``like``. Advances the generator."""
        return draw_directions(
            self.directions,
            self.n_directions,
            like.shape[-1],
            generator=self.generator,
            dtype=like.dtype,
            device=like.device,
        )

    def forward(
        self,
        x: Points,
        y: Others,
        x_weights: Weights | None = None,
        y_weights: OtherWeights | None = None,
        *,
        directions: Float[Tensor, "directions dims"] | None = None,
        diagnostics: bool = False,
    ) -> Float[Tensor, "*batch"] | SlicedResult:
        """SW_p^p of each batch item.

        Args:
            x: (points, dims) or (batch, points, dims), float32 or float64.
            y: the same axes; the number of points may differ.
            x_weights: (points,) or (batch, points) masses of at least 0, as of an alpha channel or a mask; None: all
                equal.
            y_weights: the same for y.
            directions: (count, dims) rows of length 1 to use instead of drawing; the generator then stays where it is.
            diagnostics: return the whole :class:`SlicedResult` instead of its value.

        Returns:
            () or (batch,).
        """
        check_sets(x, y, x_weights, y_weights)
        if directions is None:
            directions = self.draw(x)
        else:
            check_directions(directions, x)
        result = sliced_wasserstein(x, y, directions, self.p, self.control_variate, x_weights, y_weights)
        return result if diagnostics else result.value

    def extra_repr(self) -> str:
        return (
            f"{self.n_directions}, p={self.p}, directions={self.directions!r}, control_variate={self.control_variate!r}"
        )


class ReservoirSlicedWasserstein(_Seeded):
    """SW_p^p with a reservoir of directions between calls (ReSWD, arXiv 2510.01061). Each call is one step.

    A call sorts ``kept + fresh`` directions. State and generator travel in the state_dict, so a restored module
    continues bit for bit; ``.to(dtype or device)`` moves the reservoir.

    Args:
        dims: dimensions of the points.
        kept: reservoir size R, at least 1.
        fresh: new directions M a step, at least 1.
        p: 1 or 2.
        directions: kind of the fresh ones: ``"gaussian"``, ``"orthogonal"``, ``"sobol"`` or ``"fibonacci"`` (3-D only).
        tau: steps after which a direction counts 1/e, above 0; None: directions never age. A short time follows moving
            points sooner and has a smaller spread, a long one reuses more.
        correction: ``"exact"`` is unbiased for fixed sets. ``"paper"`` also resets the reservoir when its effective
            sample size falls below ``reset_below`` times ``kept``: consistent, but biased, since the reset looks at the
            data.
        reset_below: from 0 to 1; of no effect with ``"exact"``.
        seed: of the module's own generator.
        dtype: float32 or float64, as the points will have.
        device: where the points will be.

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
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(seed)
        check_power(p)
        check_kind(directions, dims)
        check_count("kept", kept)
        check_count("fresh", fresh)
        if tau is not None and not (math.isfinite(tau) and tau > 0):
            raise InputError(f"tau = {tau!r} is out of range: give a number of steps above 0, or None for no decay")
        if correction not in CORRECTIONS:
            raise InputError(f"unknown correction {correction!r}: choose {' or '.join(map(repr, CORRECTIONS))}")
        if not 0 <= reset_below <= 1:
            raise InputError(f"reset_below = {reset_below!r} is out of range: give a share from 0 to 1")
        if dtype not in (torch.float32, torch.float64):
            raise InputError(f"dtype {dtype!r} is not supported: choose torch.float32 or torch.float64")
        self.dims, self.kept, self.fresh, self.p = dims, kept, fresh, p
        self.kind, self.tau, self.correction, self.reset_below = directions, tau, correction, reset_below
        self._adopt(empty_state(kept, dims, dtype, device))

    @property
    def state(self) -> ReservoirState:
        """The reservoir as it stands."""
        return ReservoirState(self.directions, self.carried, self.birth, self.step, self.seen)

    def reset(self) -> None:
        """Forget every kept direction and start at step 0; the generator goes on."""
        self._adopt(empty_state(self.kept, self.dims, self.carried.dtype, self.carried.device))

    def draw(
        self,
    ) -> tuple[Float[Tensor, "fresh dims"], Float[Tensor, "kept dims"], Float[Tensor, " offered"]]:
        """What the next step needs at random: fresh directions, starters and key noise. Advances the generator."""
        fresh = self._directions(self.fresh)
        # drawn whether needed or not: asking whether the reservoir is empty would make the device wait at each step
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
        diagnostics: bool = False,
    ) -> Float[Tensor, "*batch"] | ReservoirResult:
        """SW_p^p of each batch item, and one step of the reservoir (in ``eval()`` and under ``no_grad`` too).

        Args:
            x, y, x_weights, y_weights: as for :class:`SlicedWasserstein`.
            directions: (count, dims) rows of length 1 to use as this step's fresh ones; an empty reservoir is then
                filled from these alone.
            diagnostics: return the whole :class:`ReservoirResult` instead of its value.

        Returns:
            () or (batch,).
        """
        check_sets(x, y, x_weights, y_weights)
        if x.shape[-1] != self.dims:
            raise InputError(
                f"x has {x.shape[-1]} dims and this reservoir {self.dims}: build it with dims={x.shape[-1]}"
            )
        check_alike("x", x, "the reservoir", self.carried)
        if directions is not None:
            check_directions(directions, x, self.fresh)
        fresh, starters, noise = self.draw()
        result, following = reservoir_step(
            self.state,
            fresh if directions is None else directions,
            starters if directions is None else None,
            noise,
            x,
            y,
            self.p,
            self.tau,
            self.correction,
            self.reset_below,
            x_weights,
            y_weights,
        )
        self._adopt(following)
        return result if diagnostics else result.value

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
