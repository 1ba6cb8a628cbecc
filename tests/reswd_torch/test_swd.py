"""The two losses: closed forms, POT, properties, state, and whether the reservoir is unbiased."""

from __future__ import annotations

import copy
import io
import math
import subprocess
import sys

import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from reswd_torch.direction_reswd import DirectionReservoirSlicedWasserstein
from reswd_torch.directions import KINDS, draw_directions
from reswd_torch.errors import InputError
from reswd_torch.swd import SlicedWasserstein, sliced_wasserstein

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
DOUBLE = torch.float64


def points(seed: int, *shape: int, dtype: torch.dtype = DOUBLE) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE).to(dtype)


def lines(count: int, dims: int = 3, seed: int = 0) -> Tensor:
    return draw_directions("gaussian", count, dims, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def mean_abs_coordinate(dims: int) -> float:
    """E|θ₁| on the unit sphere."""
    return math.gamma(dims / 2) / (math.sqrt(math.pi) * math.gamma((dims + 1) / 2))


def both(p: int = 2, dims: int = 3, dtype: torch.dtype = DOUBLE, seed: int = 0) -> list[nn.Module]:
    return [
        SlicedWasserstein(32, p, seed=seed),
        DirectionReservoirSlicedWasserstein(dims, p=p, dtype=dtype, seed=seed),
    ]


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "m"), [(6, 6), (6, 9), (1, 4)])
def test_equals_pot_on_injected_directions(n: int, m: int, p: int) -> None:
    x, y, theta = points(1, n, 3), points(2, m, 3), lines(10)
    value = SlicedWasserstein(p=p)(x, y, directions=theta)
    expected = ot.sliced_wasserstein_distance(x, y, p=p, projections=theta.T)
    torch.testing.assert_close(value ** (1 / p), expected)
    weights = points(3, n).abs()
    weighted = SlicedWasserstein(p=p)(x, y, weights, directions=theta)
    expected = ot.sliced_wasserstein_distance(x, y, weights / weights.sum(), p=p, projections=theta.T)
    torch.testing.assert_close(weighted ** (1 / p), expected)


@pytest.mark.parametrize("kind", ["gaussian", "orthogonal", "sobol"])
@pytest.mark.parametrize("dims", [1, 2, 3, 8])
def test_shift_in_closed_form(kind: str, dims: int) -> None:
    """y = x + v: SW_1 = |v| E|θ₁| and SW_2² = |v|²/d."""
    x, shift = points(1, 5, dims), torch.linspace(0.5, 1.5, dims, dtype=DOUBLE)
    length = float(shift.norm())
    one = SlicedWasserstein(4096, 1, kind)(x, x + shift)
    two = SlicedWasserstein(4096, 2, kind)(x, x + shift)
    assert float(one) == pytest.approx(length * mean_abs_coordinate(dims), rel=0.04)
    assert float(two) == pytest.approx(length**2 / dims, rel=0.06)


def test_scaling_in_closed_form() -> None:
    """y = s·x matches point by point on every direction: SW_2² = (1 - s)² mean|x|²/d, exact on an orthogonal basis."""
    x = points(1, 7, 3)
    value = SlicedWasserstein(3, 2, "orthogonal")(x, 2.5 * x)
    torch.testing.assert_close(value, 1.5**2 * x.square().sum(-1).mean() / 3)


def test_fibonacci_is_exact_to_three_digits() -> None:
    x = points(1, 5, 3)
    value = SlicedWasserstein(512, 1, "fibonacci")(x, x + torch.tensor([1.0, 0.0, 0.0], dtype=DOUBLE))
    assert float(value) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("control", [None, "lower", "upper"])
def test_identical_sets_read_zero(control: str | None, p: int) -> None:
    x = points(1, 2, 6, 3)
    reservoir = DirectionReservoirSlicedWasserstein(3, p=p, dtype=DOUBLE)
    for _ in range(4):
        for value in (SlicedWasserstein(8, p, control_variate=control)(x, x), reservoir(x, x)):
            torch.testing.assert_close(value, torch.zeros(2, dtype=DOUBLE), rtol=0, atol=1e-14)  # rounding
    # and the reservoir is still of use once the sets part
    assert float(reservoir(x[0], x[0] + 1)) == pytest.approx(mean_abs_coordinate(3) * 3**0.5 if p == 1 else 1, rel=0.5)


@pytest.mark.parametrize("index", [0, 1])
def test_swapped_batch_items_are_not_pooled(index: int) -> None:
    a, b = points(1, 6, 3), points(2, 6, 3) + 1
    x, y = torch.stack([a, b]), torch.stack([b, a])
    value = both()[index](x, y)
    assert value.shape == (2,) and (value > 0.1).all()
    torch.testing.assert_close(value[0], value[1])


@pytest.mark.parametrize("control", [None, "lower", "upper"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("m", [5, 7])
def test_batch_equals_loop(m: int, weighted: bool, control: str | None) -> None:
    x, y = points(1, 3, 5, 3), points(2, 3, m, 3)
    a, b = (points(3, 3, 5).abs(), points(4, 3, m).abs()) if weighted else (None, None)
    loss = SlicedWasserstein(16, directions="gaussian", control_variate=control)
    theta = loss.draw(x)
    whole = loss(x, y, a, b, directions=theta)
    for i in range(3):
        single = loss(x[i], y[i], None if a is None else a[i], None if b is None else b[i], directions=theta)
        assert single.shape == ()
        torch.testing.assert_close(whole[i], single)


@QUICK
@given(st.integers(0, 2**31), st.integers(1, 8), st.integers(1, 8), st.integers(1, 5), st.sampled_from([1, 2]))
def test_metric_properties(seed: int, n: int, m: int, dims: int, p: int) -> None:
    """On the same directions: symmetry, translation, scaling, rotation of everything, order of points."""
    x, y, theta = points(seed, n, dims), points(seed + 1, m, dims), lines(6, dims, seed)

    def value(x: Tensor, y: Tensor, theta: Tensor = theta) -> Tensor:
        return sliced_wasserstein(x, y, theta, p).value

    base = value(x, y)
    rotation = torch.linalg.qr(points(seed + 2, dims, dims)).Q
    torch.testing.assert_close(value(y, x), base)
    torch.testing.assert_close(value(x + 3, y + 3), base)
    torch.testing.assert_close(value(-2 * x, -2 * y), 2.0**p * base)
    torch.testing.assert_close(value(x @ rotation, y @ rotation, theta @ rotation), base)
    torch.testing.assert_close(value(x.flip(0), y), base)
    torch.testing.assert_close(value(x, y, -theta), base)
    assert float(base) >= 0 and float(value(x, x)) == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_smoke_in_both_precisions(kind: str, dtype: torch.dtype) -> None:
    x, y = points(1, 2, 4, 3, dtype=dtype).requires_grad_(), points(2, 2, 6, 3, dtype=dtype)
    reservoir = DirectionReservoirSlicedWasserstein(3, 6, 3, directions=kind, dtype=dtype)
    for loss in (SlicedWasserstein(8, directions=kind), reservoir, reservoir):
        value = loss(x, y)
        assert value.dtype == dtype and value.shape == (2,)
        value.sum().backward()
        assert torch.isfinite(x.grad).all()


def test_float32_agrees_with_float64() -> None:
    x, y = points(1, 50, 3), points(2, 60, 3)
    for single, double in zip(both(dtype=torch.float32), both(), strict=True):
        for _ in range(3):
            assert float(single(x.float(), y.float())) == pytest.approx(float(double(x, y)), rel=1e-5)


@pytest.mark.parametrize("index", [0, 1])
def test_one_point_and_one_dimension(index: int) -> None:
    value = both(1, dims=1)[index](torch.zeros(1, 1, dtype=DOUBLE), torch.full((1, 1), 2.0, dtype=DOUBLE))
    assert float(value) == pytest.approx(2.0)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("m", [4, 6])
def test_gradcheck(m: int, p: int) -> None:
    inputs = (points(1, 2, 4, 3).requires_grad_(), points(2, 2, m, 3).requires_grad_())
    assert torch.autograd.gradcheck(lambda x, y: sliced_wasserstein(x, y, lines(5), p).value, inputs)


@pytest.mark.parametrize("index", [0, 1])
def test_seeds_reproduce(index: int) -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    runs = [[float(loss(x, y)) for _ in range(4)] for loss in (both()[index], both()[index], both(seed=1)[index])]
    assert runs[0] == runs[1] and runs[0] != runs[2]
    assert len(set(runs[0])) == 4  # each call looks at something new


@pytest.mark.parametrize("index", [0, 1])
def test_state_dict_continues_bit_for_bit(index: int) -> None:
    x, y = points(1, 5, 3), points(2, 7, 3)
    loss = both()[index]
    for _ in range(5):
        loss(x, y)
    file = io.BytesIO()
    torch.save(loss.state_dict(), file)
    twin = copy.deepcopy(loss)
    following = [loss(x, y) for _ in range(5)]
    file.seek(0)
    restored = both(seed=99)[index]
    restored.load_state_dict(torch.load(file, weights_only=True))
    for expected in following:
        assert torch.equal(restored(x, y), expected) and torch.equal(twin(x, y), expected)


def test_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    for loss in both():
        loss(points(1, 5, 3), points(2, 5, 3))
    assert torch.equal(before, torch.random.get_rng_state())


def test_diagnostics() -> None:
    x, y = points(1, 2, 5, 3), points(2, 2, 5, 3)
    plain = SlicedWasserstein(8, control_variate="upper").diagnosed(x, y)
    assert plain.costs.shape == (2, 8) and plain.directions.shape == (8, 3) and plain.gamma.shape == (2,)
    with pytest.raises(AttributeError):
        plain.value = None
    reservoir = DirectionReservoirSlicedWasserstein(3, 6, 2, dtype=DOUBLE)
    for _ in range(3):
        result = reservoir.diagnosed(x, y)
    assert result.costs.shape == (2, 8) and result.index.shape == (6,)
    assert (result.inclusion > 0).all() and (result.inclusion <= 1).all()
    assert 1 <= float(result.effective_size) <= 6 and int(result.age.max()) > 0 and not bool(result.reset)


def test_injected_directions_leave_the_generator() -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    one, other = SlicedWasserstein(4), SlicedWasserstein(4)
    one(x, y, directions=lines(4))
    assert torch.equal(one(x, y), other(x, y))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SlicedWasserstein(0), "n_directions = 0 "),
        (lambda: SlicedWasserstein(p=3), "p = 3 "),
        (lambda: SlicedWasserstein(directions="round"), "unknown directions 'round'"),
        (lambda: SlicedWasserstein(control_variate="middle"), "unknown control_variate 'middle'"),
        (lambda: SlicedWasserstein(seed=-1), "seed -1 "),
        (lambda: DirectionReservoirSlicedWasserstein(0), "dims = 0 "),
        (lambda: DirectionReservoirSlicedWasserstein(4, directions="fibonacci"), "3 dimensions and got 4"),
        (lambda: DirectionReservoirSlicedWasserstein(kept=0), "kept = 0 "),
        (lambda: DirectionReservoirSlicedWasserstein(fresh=0), "fresh = 0 "),
        (lambda: DirectionReservoirSlicedWasserstein(tau=0), "tau = 0 "),
        (lambda: DirectionReservoirSlicedWasserstein(tau=float("nan")), "tau = nan "),
        (
            lambda: DirectionReservoirSlicedWasserstein(correction="none"),
            "unknown correction 'none': choose 'exact' or 'paper'",
        ),
        (lambda: DirectionReservoirSlicedWasserstein(reset_below=1.5), "reset_below = 1.5 "),
        (lambda: DirectionReservoirSlicedWasserstein(dtype=torch.float16), "torch.float16 is not supported"),
    ],
)
def test_construction_errors(build, message: str) -> None:  # noqa: ANN001
    with pytest.raises(InputError, match=message):
        build()


def test_call_errors() -> None:
    x = points(1, 4, 3)
    loss = DirectionReservoirSlicedWasserstein(3)
    with pytest.raises(InputError, match="x is torch.float64 and the reservoir is torch.float32"):
        loss(x, x)
    with pytest.raises(InputError, match="x has 2 dims and this reservoir 3: build it with dims=2"):
        loss(x[:, :2], x[:, :2])
    with pytest.raises(InputError, match="got 4 rows"):
        loss(x.float(), x.float(), directions=lines(4).float())
    with pytest.raises(InputError, match="3 dimensions and got 2"):
        SlicedWasserstein(directions="fibonacci")(x[:, :2], x[:, :2])
    assert int(loss.step) == 0  # a refused call is no step
    torch.testing.assert_close(
        loss(x.float(), x.float() + 1), DirectionReservoirSlicedWasserstein(3)(x.float(), x.float() + 1)
    )


CHECKED_CALLS = """
from jaxtyping import install_import_hook
with install_import_hook("reswd_torch", "beartype.beartype"):
    from reswd_torch.direction_reswd import DirectionReservoirSlicedWasserstein
    from reswd_torch.reswd import ReservoirSlicedWasserstein
    from reswd_torch.swd import SlicedWasserstein
import torch
for shape, other in (((4, 3), (4, 3)), ((2, 4, 3), (2, 6, 3))):
    x, y, a = torch.rand(shape), torch.rand(other), torch.rand(shape[:-1])
    for weights in ((), (a,)):
        ours = ReservoirSlicedWasserstein(3, 4, 2)
        for _ in range(3):
            ours(x, y, *weights)
    for kind in ("even", "gaussian", "orthogonal", "sobol", "fibonacci"):
        for control in (None, "lower", "upper"):
            SlicedWasserstein(5, 1, kind, control).diagnosed(x, y, a)
        loss = DirectionReservoirSlicedWasserstein(3, 4, 2, 2, kind, correction="paper")
        for _ in range(3):
            loss.diagnosed(x, y, None, None)
            loss(x, y, a)
"""


def test_shapes_in_annotations_hold_at_run_time() -> None:
    """In a process of its own: the import hook would refuse the wrong inputs that other tests hand in on purpose."""
    done = subprocess.run([sys.executable, "-c", CHECKED_CALLS], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and torch sees none")
def test_cuda_agrees_with_cpu() -> None:
    x, y = points(1, 2, 50, 3), points(2, 2, 70, 3)
    for here, there in zip(both(), both(), strict=True):
        there.cuda()
        for _ in range(3):
            torch.testing.assert_close(there(x.cuda(), y.cuda()).cpu(), here(x, y))
