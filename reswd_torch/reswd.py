"""ReSWD: the sliced Wasserstein distance as a loss that remembers from step to step (after arXiv 2510.01061).

The paper keeps *directions*: those whose cost is large are likelier to be looked at again
(:class:`DirectionReservoirSlicedWasserstein`). What pays is keeping *couplings*: a plan that was sorted for once stays good while
the points move a little, and looking at it again needs no sort (:class:`ReservoirSlicedWasserstein`). docs/estimators.md compares
them.

The modules draw random numbers and hold state; the steps, :func:`reswd_torch.coupling_reservoir.coupling_step` and
:func:`reswd_torch.direction_reservoir.reservoir_step`, are pure functions of tensors.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.coupling_reservoir import Couplings, KeptCouplings, coupling_step, none_kept
from reswd_torch.direction_reservoir import (
    CORRECTIONS,
    SCORES,
    ReservoirResult,
    ReservoirState,
    empty_state,
    reservoir_step,
)
from reswd_torch.directions import check_count, check_directions, check_kind, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.swd import Seeded
from reswd_torch.wasserstein import (
    Others,
    OtherWeights,
    Points,
    Weights,
    check_alike,
    check_masses,
    check_power,
    check_sets,
    check_shapes,
    check_values,
)

Sets = tuple[tuple[int, ...], tuple[int, ...], bool]
"""Shapes of x and y, and whether there are weights."""
_FIXED = ("y", "x_weights", "y_weights")
KEPT, KEPT_DIMS = 16, 32
"""Plans that are kept where nobody says how many, and the most dims in which they are."""
_STEPS_AHEAD, _ROWS_AHEAD = 16, 256
"""So many steps' directions, and rows at most, are drawn at once: a draw takes as long as a sort, however few rows it is of."""


class _Reservoir(Seeded):
    """What both reservoirs are told, checked."""

    least_kept = 1

    def __init__(self, dims: int, kept: int, fresh: int, p: int, directions: str, tau: float | None, seed: int) -> None:
        super().__init__(seed)
        check_power(p)
        check_kind(directions, dims)
        check_count("kept", kept, self.least_kept)
        check_count("fresh", fresh)
        if tau is not None and not (math.isfinite(tau) and tau > 0):
            raise InputError(f"tau = {tau!r} is out of range: give a number of steps above 0, or None for no decay")
        self.dims, self.kept, self.fresh, self.p = dims, kept, fresh, p
        self.kind, self.tau = directions, tau


class ReservoirSlicedWasserstein(_Reservoir):
    """SW_p^p with a reservoir of couplings between calls. Each call is one step.

    A call sorts ``fresh`` new directions and looks again, without sorting, at the ``kept`` plans of the calls before.

    **What must persist:** x is one set of points that moves a little from call to call (a picture under a changing grade,
    particles, latents), row for row; y and the weights stay what they are. Not for mini-batches, whose points are others at
    each call, nor under activation checkpointing, which calls twice. Sets of other sizes and, on the CPU, another y or other
    weights are refused until :meth:`reset`; other points in x nobody can tell.

    Args:
        dims: dimensions of the points.
        kept: plans in the reservoir, at least 0. Each takes a number for each point of x; between sets of two sizes, or with
            weights, four for each point of x and of y. None: 16 in up to 32 dims and none in more, where they brought nothing.
        fresh: new directions a step, at least 1.
        p: 1 or 2.
        directions: kind of the new ones, see :func:`reswd_torch.directions.draw_directions`.
        tau: steps after which a plan counts 1/e, above 0; None: all count alike. The default suits points that move freely;
            where a few numbers move all points together, or points hardly move, None and ``kept=64`` have the smaller spread.
        seed: of the module's own generator.

    The weight of a plan depends on its age alone, so the estimate is unbiased for fixed sets. Once the points have moved, an
    old plan costs at least what its direction's distance is. For p = 2 the part of the distance that the sets' means make is
    added in closed form, so that a shift is read exactly.

    Under autocast points of half precision are taken as float32, in which the distance is reckoned. Generator and reservoir
    travel in the state_dict, and a restored module continues bit for bit; the reservoir follows the points to their device and
    precision. It is no buffer, since DistributedDataParallel would send one process's plans to all, whose points are others.

    Raises:
        InputError: on construction or call, naming what does not fit.

    Example:
        >>> x = torch.zeros(5, 3, requires_grad=True)
        >>> loss = ReservoirSlicedWasserstein(dims=3, seed=0)
        >>> loss(x, torch.ones(7, 3)).backward()
        >>> x.grad.shape
        torch.Size([5, 3])
    """

    least_kept = 0

    def __init__(
        self,
        dims: int = 3,
        kept: int | None = None,
        fresh: int = 8,
        p: int = 2,
        directions: str = "even",
        tau: float | None = 1.0,
        seed: int = 0,
    ) -> None:
        check_kind(directions, dims)
        kept = (KEPT if dims <= KEPT_DIMS else 0) if kept is None else kept
        super().__init__(dims, kept, fresh, p, directions, tau, seed)
        self.state: KeptCouplings | None = None
        self._drawn: list[Tensor] = []
        self._sets: Sets = ((), (), False)
        self._fixed: tuple[Tensor | None, ...] = (None, None, None)

    def reset(self) -> None:
        """Forget every plan; the generator goes on."""
        self.state = None

    def draw(self, like: Points) -> Float[Tensor, "fresh dims"]:
        """The next step's new directions, on the device of ``like`` and in its dtype (float32 for half precision). Advances the
        generator, for up to 16 steps at once: what it is set to counts from the next draw on."""
        if torch.compiler.is_compiling():
            # How many are left is no reason to compile anew. A decorator would load the compiler for everybody's first call.
            return torch.compiler.disable(self._draw)(like)
        return self._draw(like)

    def _draw(self, like: Points) -> Float[Tensor, "fresh dims"]:
        dtype = like.dtype if like.dtype in (torch.float32, torch.float64) else torch.float32
        if not self._drawn:
            steps = max(1, min(_STEPS_AHEAD, _ROWS_AHEAD // self.fresh))
            rows = draw_directions(
                self.kind, self.fresh, self.dims, generator=self.generator, sets=steps, dtype=dtype, device=like.device
            )
            self._drawn.extend(rows.split(self.fresh))
        elif self._drawn[0].device != like.device or self._drawn[0].dtype != dtype:
            self._drawn = [each.to(like.device, dtype) for each in self._drawn]  # all at once: a copy may have to wait
        return self._drawn.pop(0)

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
            x: (points, dims) or (batch, points, dims): the points that move, the same ones at each step.
            y: the same axes; the number of points may differ. Without gradient.
            x_weights, y_weights: as for :class:`reswd_torch.SlicedWasserstein`; without gradient.
            directions: (fresh, dims) rows of length 1 to use as this step's new ones; the generator then stays where it is.

        Returns:
            () or (batch,), at least 0.
        """
        device = x.device.type if isinstance(x, Tensor) else "cpu"
        if torch.is_autocast_enabled(device):
            with torch.autocast(device, enabled=False):
                x, y, x_weights, y_weights = (_in_full_precision(each) for each in (x, y, x_weights, y_weights))
                return self.forward(x, y, x_weights, y_weights, directions=directions)
        check_shapes(x, y, x_weights, y_weights)
        check_values("x", x)
        if x.shape[-1] != self.dims:
            raise InputError(f"x has {x.shape[-1]} dims and this loss {self.dims}: build it with dims={x.shape[-1]}")
        for name, tensor in zip(_FIXED, (y, x_weights, y_weights), strict=True):
            if tensor is not None and tensor.requires_grad and torch.is_grad_enabled():
                raise InputError(f"{name} wants a gradient and has none here: give what moves as x, or {name}.detach()")
        if directions is not None:
            check_directions(directions, x, self.fresh)
        before = self._fitting(x, y, x_weights, y_weights)
        directions = self.draw(x) if directions is None else directions
        value, self.state = coupling_step(before, directions, x, y, self.p, self.tau, x_weights, y_weights)
        return value

    def _fitting(
        self, x: Points, y: Others, x_weights: Weights | None, y_weights: OtherWeights | None
    ) -> KeptCouplings:
        """The reservoir, or an empty one for these points; InputError where it holds plans of others."""
        weighted = x_weights is not None or y_weights is not None
        sets = (tuple(x.shape), tuple(y.shape), weighted)
        fixed = (y, x_weights, y_weights)
        held = self.state if self.kept else None  # what keeps nothing need not be told of other sets
        if held is None or held.weight.device != x.device:
            # Later they are compared with what is kept, and so are as good.
            check_values("y", y)
            check_masses("x_weights", x_weights)
            check_masses("y_weights", y_weights)
        if held is None:
            self._sets = sets
            self._fixed = tuple(None if each is None or not self.kept else each.detach().clone() for each in fixed)
            return none_kept(self.kept, x, y, weighted=weighted)
        if sets != self._sets:
            told = [
                f"x {one}, y {other}, {'with' if heavy else 'no'} weights" for one, other, heavy in (sets, self._sets)
            ]
            raise InputError(
                f"these sets ({told[0]}) are others than those that the kept plans are of ({told[1]}): call reset(), or "
                "keep one loss for each pair of sets"
            )
        if x.device.type == "cpu":  # elsewhere the device would have to wait for the answer
            for name, now, then in zip(_FIXED, fixed, self._fixed, strict=True):
                if (now is None) != (then is None) or (
                    now is not None and then is not None and not torch.equal(now, then.to(now))
                ):
                    raise InputError(
                        f"{name} is not what it was when the kept plans were made: call reset() when it changes, or take "
                        "SlicedWasserstein, which keeps nothing"
                    )
        if held.weight.dtype != x.dtype or held.weight.device != x.device:
            held = held.to(x)
        return held

    def get_extra_state(self) -> Any:
        """Generator and reservoir; part of the state_dict."""
        saved: dict[str, Any] = {"generator": super().get_extra_state()}
        if self._drawn:
            saved |= {"drawn": torch.stack(self._drawn), "kind": self.kind}
        if self.state is not None:
            tensors = {field.name: getattr(self.state.plans, field.name) for field in fields(Couplings)}
            tensors |= {"weight": self.state.weight} | dict(zip(_FIXED, self._fixed, strict=True))
            # Copies: the plans are views of a larger tensor, which would be saved whole.
            saved |= {name: tensor.clone() for name, tensor in tensors.items() if tensor is not None}
            saved["sets"] = self._sets
        return saved

    def set_extra_state(self, state: Any) -> None:
        """Restore what :meth:`get_extra_state` returned. Raises InputError for a reservoir of another size."""
        if not isinstance(state, dict) or "generator" not in state:
            raise InputError("this state_dict holds no reservoir of couplings: it is of another kind of loss")
        held = None
        if "weight" in state:
            if state["directions"].shape != (self.kept, self.dims):
                kept, dims = state["directions"].shape
                raise InputError(
                    f"the state_dict holds {kept} plans in {dims} dims and this loss keeps {self.kept} in {self.dims}: "
                    f"build it with dims={dims}, kept={kept}"
                )
            x_shape, y_shape, weighted = state["sets"]
            x, y = (state["values"].new_zeros(shape) for shape in (x_shape, y_shape))
            if state["values"].shape != none_kept(self.kept, x, y, weighted=weighted).plans.values.shape:
                raise InputError(
                    f"the state_dict is damaged: plans of shape {tuple(state['values'].shape)} between sets of {x_shape} and "
                    f"{y_shape}"
                )
            plans = Couplings(state["directions"], state["values"], state.get("index"), state.get("share"))
            held = KeptCouplings(plans, state["weight"])
        drawn = state.get("drawn")
        if drawn is not None and (drawn.shape[1:] != (self.fresh, self.dims) or state["kind"] != self.kind):
            raise InputError(
                f"the state_dict holds steps to come of {drawn.shape[1]} directions {state['kind']!r} in {drawn.shape[2]} dims, "
                f"and this loss takes {self.fresh} {self.kind!r} in {self.dims}: build it as it was saved"
            )
        if held is not None:
            self._sets, self._fixed = state["sets"], tuple(state.get(name) for name in _FIXED)
        super().set_extra_state(state["generator"])
        self.state = held
        self._drawn = [] if drawn is None else list(drawn.clone().unbind())

    def extra_repr(self) -> str:
        return f"dims={self.dims}, kept={self.kept}, fresh={self.fresh}, p={self.p}, directions={self.kind!r}, tau={self.tau}"


class DirectionReservoirSlicedWasserstein(_Reservoir):
    """SW_p^p with the paper's reservoir of directions between calls (ReSWD, arXiv 2510.01061). Each call is one step.

    A call sorts ``kept + fresh`` directions. State and generator travel in the state_dict, so a restored module
    continues bit for bit; ``.to(dtype or device)`` moves the reservoir.

    Args:
        dims: dimensions of the points.
        kept: reservoir size R, at least 1.
        fresh: new directions M a step, at least 1.
        p: 1 or 2.
        directions: kind of the fresh ones, see :func:`reswd_torch.directions.draw_directions`.
        tau: steps after which a direction counts 1/e, above 0; None: directions never age. A short time follows moving
            points sooner and has a smaller spread, a long one reuses more.
        correction: ``"exact"`` is unbiased for fixed sets. ``"paper"`` also resets the reservoir when its effective
            sample size falls below ``reset_below`` times ``kept``: consistent, but biased, since the reset looks at the
            data.
        reset_below: from 0 to 1; of no effect with ``"exact"``.
        score: what makes a direction likelier to stay: its ``"distance"``, as in the paper, or the length of its ``"gradient"``.
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
        score: str = "distance",
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(dims, kept, fresh, p, directions, tau, seed)
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
            self.score,
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


def _in_full_precision(tensor: Any) -> Any:
    """Half precision, as autocast makes it, as float32; anything else as it is, for the checks."""
    return tensor.float() if isinstance(tensor, Tensor) and tensor.dtype in (torch.float16, torch.bfloat16) else tensor
