"""The sliced Wasserstein distance as a loss with fresh directions each call.

The losses that remember from call to call are in :mod:`reswd_torch.reswd` and :mod:`reswd_torch.direction_reswd`.

SW_p^p(X, Y) is the mean over unit vectors θ of W_p^p(θ·X, θ·Y) (N. Bonneel et al., "Sliced and Radon Wasserstein
barycenters of measures", 2015). Everything here returns that p-th power, one number per batch item.

The module draws random numbers; the loss itself, :func:`sliced_wasserstein`, is a pure function of tensors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reswd_torch.control_variates import check_control, control_coefficient, controlled_mean, gaussian_control
from reswd_torch.directions import check_count, check_directions, check_kind, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.precision import HALVES, in_full_under_autocast
from reswd_torch.wasserstein import (
    Others,
    OtherWeights,
    Points,
    Weights,
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


class Seeded(nn.Module):
    """A module with its own generator, whose state travels in the state_dict.

    The generator stays on the CPU wherever the points are, so that one seed means the same directions on every device.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
            raise InputError(f"seed {seed!r} is not usable: give a whole number from 0 to 2**63 - 1")
        self.generator = torch.Generator().manual_seed(seed)

    def get_extra_state(self) -> object:
        """The generator's state; part of the state_dict."""
        return self.generator.get_state()

    def set_extra_state(self, state: object) -> None:
        """Restore what :meth:`get_extra_state` returned.

        Raises:
            InputError: the state is of another kind of loss.
        """
        if not isinstance(state, Tensor):
            raise InputError("this state_dict holds no generator: it is of another kind of loss")
        self.generator.set_state(state.cpu())


class SlicedWasserstein(Seeded):
    """SW_p^p with fresh directions at each call.

    Args:
        n_directions: number of directions, and so of sorts of each set, in a call; at least 1.
        p: 1 or 2.
        directions: kind of the directions, see :func:`reswd_torch.directions.draw_directions`.
        control_variate: None, ``"lower"`` or ``"upper"`` (arXiv 2305.00402), for ``directions="gaussian"``: even ones read the
            controls exactly, so that nothing is left to correct. With few directions the controlled estimate has a bias of order
            1/n_directions and may be negative.
        seed: seeds the module's own generator, whose state the state_dict carries.

    Under autocast, points of half precision are converted to float32, and the distance is computed in that.

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
        directions: str = "even",
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
        """The next call's directions, in the dtype (float32 for half precision) and on the device of ``like``.

        Advances the generator.
        """
        return draw_directions(
            self.directions,
            self.n_directions,
            like.shape[-1],
            generator=self.generator,
            dtype=torch.float32 if like.dtype in HALVES else like.dtype,
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
    ) -> Float[Tensor, "*batch"]:
        """SW_p^p of each batch item.

        Args:
            x: (points, dims) or (batch, points, dims), float32 or float64.
            y: the same axes; the number of points may differ.
            x_weights: (points,) or (batch, points) masses of at least 0, such as an alpha channel or a mask; None: all
                equal.
            y_weights: the same for y.
            directions: (directions, dims) rows of length 1 to use instead of drawing; the generator is then left alone.

        Returns:
            () or (batch,); differentiable in points and weights.

        Raises:
            InputError: sets that cannot be compared.
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
        directions: Float[Tensor, "directions dims"] | None = None,
    ) -> SlicedResult:
        """What a call computes: the value, and everything that led to it. Arguments as for :meth:`forward`."""
        check_sets(x, y, x_weights, y_weights)
        if directions is None:
            directions = self.draw(x)
        else:
            check_directions(directions, x)
        return sliced_wasserstein(x, y, directions, self.p, self.control_variate, x_weights, y_weights)

    def extra_repr(self) -> str:
        return (
            f"{self.n_directions}, p={self.p}, directions={self.directions!r}, control_variate={self.control_variate!r}"
        )
