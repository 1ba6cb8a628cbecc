"""ReSWD: the sliced Wasserstein distance as a loss that remembers from step to step (after arXiv 2510.01061).

The paper's reservoir keeps *directions* (:class:`reswd_torch.DirectionReservoirSlicedWasserstein`). This one keeps *couplings*:
a plan that was sorted for once stays good while the points move a little, and looking at it again needs no sort.
docs/estimators.md compares the two.

The module draws random numbers and holds state; the step itself, :func:`reswd_torch.coupling_reservoir.coupling_step`, is a pure
function of tensors.
"""

from __future__ import annotations

from dataclasses import fields

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.coupling_reservoir import Couplings, KeptCouplings, coupling_step, none_kept
from reswd_torch.directions import check_directions, check_kind, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.precision import in_full_under_autocast
from reswd_torch.reservoir_loss import ReservoirLoss
from reswd_torch.wasserstein import (
    Others,
    OtherWeights,
    Points,
    PointSets,
    Weights,
    check_masses,
    check_shapes,
    check_values,
)

Shapes = tuple[tuple[int, ...], tuple[int, ...], bool]
"""The shapes of x and y, and whether there are weights."""
_FIXED = ("y", "x_weights", "y_weights")
KEPT, KEPT_DIMS = 16, 32
"""The default number of kept plans, and the largest number of dims in which plans are kept by default."""
_STEPS_AHEAD, _ROWS_AHEAD = 16, 256
"""Directions are drawn for so many steps at once, but at most so many rows: a draw takes as long as a sort, however few rows it
has."""


class ReservoirSlicedWasserstein(ReservoirLoss):
    """SW_p^p with a reservoir of couplings between calls. Each call is one step.

    A call sorts ``fresh`` new directions and looks again, without sorting, at the ``kept`` plans of the calls before.

    **What must persist:** x is one set of points that moves a little from call to call (a picture under a changing grade,
    particles, latents), row for row; y and the weights stay what they are. The loss is not for mini-batches, whose points are
    different ones at each call, nor for activation checkpointing, which calls it twice. Sets of other sizes and, on the CPU,
    another y or other weights are refused until :meth:`reset`; that x holds other points cannot be noticed.

    Args:
        dims: dimensions of the points.
        kept: number of plans in the reservoir, at least 0. A plan takes one number for each point of x; between sets of two
            sizes, or with weights, four numbers for each point of x and of y. None: 16 plans in up to 32 dims, and none in
            more dims, where they brought nothing.
        fresh: number of new directions a step, at least 1.
        p: 1 or 2.
        directions: kind of the new directions, see :func:`reswd_torch.directions.draw_directions`.
        tau: number of steps after which a plan counts 1/e, above 0; None: all plans count alike. The default suits points that
            move freely; where a few numbers move all points together, or points hardly move, None and ``kept=64`` have the
            smaller spread.
        seed: seeds the module's own generator.

    The weight of a plan depends on its age alone, so the estimate is unbiased for fixed sets. Once the points have moved, an
    old plan costs at least the distance along its direction. For p = 2 the contribution of the sets' means to the distance is
    added in closed form, so that a shift is read exactly.

    Under autocast, points of half precision are converted to float32, and the distance is computed in that. Generator and
    reservoir travel in the state_dict, and a restored module continues bit for bit; the reservoir follows the points to their
    device and precision. It is not a buffer, because DistributedDataParallel would send one process's plans to all processes,
    whose points are different ones.

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
        super().__init__(dims, kept=kept, fresh=fresh, p=p, directions=directions, tau=tau, seed=seed)
        self.state: KeptCouplings | None = None
        self._drawn: list[Tensor] = []
        self._shapes: Shapes = ((), (), False)
        self._fixed: tuple[Tensor | None, ...] = (None, None, None)

    def reset(self) -> None:
        """Forget every plan; the generator goes on."""
        self.state = None

    def draw(self, like: Points) -> Float[Tensor, "fresh dims"]:
        """The next step's new directions, on the device of ``like`` and in its dtype (float32 for half precision).

        Advances the generator, for up to 16 steps at once; a generator that is set anew therefore shows from the next draw on.
        """
        if torch.compiler.is_compiling():
            # Kept out of the graph: the number of directions left changes from step to step, and would compile it anew. Not by
            # a decorator, which would load the compiler at everybody's first call.
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
            self._drawn = [
                each.to(like.device, dtype) for each in self._drawn
            ]  # all at once, since each copy may make the host wait
        return self._drawn.pop(0)

    @in_full_under_autocast
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
            y: the same axes; the number of points may differ. It gets no gradient.
            x_weights, y_weights: masses as for :class:`reswd_torch.SlicedWasserstein`; they get no gradient.
            directions: (fresh, dims) rows of length 1 to use as this step's new directions; the generator is then left alone.

        Returns:
            () or (batch,), at least 0; differentiable in x.

        Raises:
            InputError: sets that cannot be compared, or that are not those of the kept plans.
        """
        check_shapes(x, y, x_weights, y_weights)
        check_values("x", x)
        if x.shape[-1] != self.dims:
            raise InputError(f"x has {x.shape[-1]} dims and this loss {self.dims}: build it with dims={x.shape[-1]}")
        for name, tensor in zip(_FIXED, (y, x_weights, y_weights), strict=True):
            if tensor is not None and tensor.requires_grad and torch.is_grad_enabled():
                raise InputError(f"{name} wants a gradient and has none here: give what moves as x, or {name}.detach()")
        if directions is not None:
            check_directions(directions, x, self.fresh)
        sets = PointSets(x, y, x_weights, y_weights)
        before = self._reservoir_for(sets)
        directions = self.draw(x) if directions is None else directions
        value, self.state = coupling_step(before, directions, sets, self.p, self.tau)
        return value

    def _reservoir_for(self, sets: PointSets) -> KeptCouplings:
        """The reservoir, or an empty one on the first step with these sets.

        Raises:
            InputError: the reservoir holds plans between other sets, or sets of which values cannot be used.
        """
        x, fixed = sets.x, (sets.y, sets.x_weights, sets.y_weights)
        held = self.state if self.kept else None  # a loss that keeps no plans accepts other sets at any time
        if held is None or held.weight.device != x.device:
            # At later steps they are compared with what was checked here.
            check_values("y", sets.y)
            check_masses("x_weights", sets.x_weights)
            check_masses("y_weights", sets.y_weights)
        shapes = (tuple(x.shape), tuple(sets.y.shape), sets.weighted)
        if held is None:
            self._shapes = shapes
            self._fixed = tuple(None if each is None or not self.kept else each.detach().clone() for each in fixed)
            return none_kept(self.kept, x, sets.y, weighted=sets.weighted)
        if shapes != self._shapes:
            told = [
                f"x {one}, y {other}, {'with' if heavy else 'no'} weights"
                for one, other, heavy in (shapes, self._shapes)
            ]
            raise InputError(
                f"these sets ({told[0]}) are others than those that the kept plans are of ({told[1]}): call reset(), or "
                "keep one loss for each pair of sets"
            )
        if x.device.type == "cpu":  # elsewhere the comparison would make the host wait for the device
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

    def get_extra_state(self) -> object:
        """Generator and reservoir; part of the state_dict."""
        saved: dict[str, object] = {"generator": super().get_extra_state()}
        if self._drawn:
            saved |= {"drawn": torch.stack(self._drawn), "kind": self.kind}
        if self.state is not None:
            tensors = {field.name: getattr(self.state.plans, field.name) for field in fields(Couplings)}
            tensors |= {"weight": self.state.weight} | dict(zip(_FIXED, self._fixed, strict=True))
            # Copies: the plans are views of a larger tensor, which would be saved whole.
            saved |= {name: tensor.clone() for name, tensor in tensors.items() if tensor is not None}
            saved["sets"] = self._shapes
        return saved

    def set_extra_state(self, state: object) -> None:
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
            self._shapes, self._fixed = state["sets"], tuple(state.get(name) for name in _FIXED)
        super().set_extra_state(state["generator"])
        self.state = held
        self._drawn = [] if drawn is None else list(drawn.clone().unbind())

    def extra_repr(self) -> str:
        return f"dims={self.dims}, kept={self.kept}, fresh={self.fresh}, p={self.p}, directions={self.kind!r}, tau={self.tau}"
