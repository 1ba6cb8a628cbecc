"""The loss with a reservoir of couplings: unbiased where it says so, state, precision, processes, and what it refuses."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from reswd_torch import ReservoirSlicedWasserstein, SlicedWasserstein
from reswd_torch.errors import InputError

DOUBLE = torch.float64


def points(seed: int, *shape: int, dtype: torch.dtype = DOUBLE) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE).to(dtype)


@pytest.mark.parametrize("p", [1, 2])
def test_the_first_step_is_a_plain_estimate_and_later_ones_remember(p: int) -> None:
    x, y = points(1, 20, 3), points(2, 30, 3)
    ours, twin = ReservoirSlicedWasserstein(p=p, seed=4), ReservoirSlicedWasserstein(p=p, seed=4)

    def plain() -> Tensor:
        theta, shift = twin.draw(x), x.mean(0) - y.mean(0)
        if p == 1:
            return SlicedWasserstein(8, 1)(x, y, directions=theta)
        return SlicedWasserstein(8)(x - shift, y, directions=theta) + shift.square().sum() / 3

    first = plain()
    torch.testing.assert_close(ours(x, y), first)
    aged = torch.exp(torch.tensor(-1.0, dtype=DOUBLE))
    torch.testing.assert_close(ours(x, y), (plain() + aged * first) / (1 + aged))


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("tau", [1.0, None])
def test_unbiased_for_fixed_sets_with_less_spread_than_plain(tau: float | None, p: int) -> None:
    """y = x + v: SW_1 is |v|/2 in 3-D. y = x A + v: SW_2^2 is the mean of |y - x|^2 over 3, with A a multiple of
    the unit matrix, under which no direction sorts them otherwise. The gradient in x is as unbiased."""
    x = points(1, 6, 3, dtype=torch.float32).requires_grad_()
    shift = torch.tensor([1.0, 0.0, 0.0])
    stretch = torch.ones(3) if p == 1 else torch.full((3,), 3.0)
    y = x.detach() * stretch + shift
    gap = y - x.detach()
    exact = 1 / 2 if p == 1 else float(gap.square().sum(-1).mean()) / 3
    values, slopes = [], []
    for seed in range(300):
        loss = ReservoirSlicedWasserstein(3, directions="gaussian", p=p, tau=tau, seed=seed)
        for _ in range(6):
            value = loss(x, y)
        values.append(value.detach())
        slopes.append(torch.autograd.grad(value, x)[0])
    spread = float(torch.stack(values).std())
    assert abs(float(torch.stack(values).mean()) - exact) < 3 * spread / 300**0.5
    slope = torch.stack(slopes).sum(dim=1) if p == 1 else torch.stack(slopes)[:, 0]
    wanted = torch.tensor([-0.5, 0.0, 0.0]) if p == 1 else -2 * gap[0] / 18
    assert ((slope.mean(dim=0) - wanted).abs() < 3.5 * slope.std(dim=0) / 300**0.5 + 1e-6).all()
    plain = torch.stack([SlicedWasserstein(8, p, "gaussian", seed=seed)(x, y).detach() for seed in range(300)])
    assert spread < 0.8 * float(plain.std())


def test_a_part_of_an_even_set_is_unbiased_too() -> None:
    """In 2-D, p = 1, y = x + v: 2 |v| / pi, though the reservoir keeps but the last half of each step's lines."""
    x, shift = points(1, 4, 2), torch.tensor([1.0, 1.0], dtype=DOUBLE) / 2**0.5
    values = []
    for seed in range(300):
        loss = ReservoirSlicedWasserstein(2, kept=4, fresh=8, p=1, tau=None, seed=seed)
        for _ in range(2):
            value = loss(x, x + shift)
        values.append(value)
    found = torch.stack(values)
    assert abs(float(found.mean()) - 2 / math.pi) < 3 * float(found.std()) / 300**0.5


@pytest.mark.parametrize("p", [1, 2])
def test_identical_sets_read_zero(p: int) -> None:
    x = points(1, 2, 6, 3)
    loss = ReservoirSlicedWasserstein(p=p)
    for _ in range(5):
        torch.testing.assert_close(loss(x, x), torch.zeros(2, dtype=DOUBLE), rtol=0, atol=1e-14)  # rounding


def test_a_grade_of_few_numbers_ends_nearer_than_by_fresh_directions() -> None:
    """What the reservoir is for: two sorts a step, and the noise of sixteen."""
    x, y = points(1, 200, 3, dtype=torch.float32), points(2, 200, 3, dtype=torch.float32) * 0.5 + 1

    def ends_at(loss: torch.nn.Module) -> float:
        scale, offset = torch.ones(3, requires_grad=True), torch.zeros(3, requires_grad=True)
        adam = torch.optim.Adam([scale, offset], lr=0.1)
        for _ in range(60):
            adam.zero_grad()
            loss(x * scale + offset, y).backward()
            adam.step()
        with torch.no_grad():
            return float(SlicedWasserstein(1024, 1, "even", seed=9)(x * scale + offset, y))

    ours = sum(ends_at(ReservoirSlicedWasserstein(fresh=2, p=1, seed=seed)) for seed in range(4))
    plain = sum(ends_at(SlicedWasserstein(2, 1, "even", seed=seed)) for seed in range(4))
    assert ours < 0.9 * plain


def test_a_second_derivative_is_the_losses_own() -> None:
    y = points(2, 6, 3)
    for other in (y, points(3, 8, 3)):
        loss, states = ReservoirSlicedWasserstein(seed=1), []
        for step in range(2):
            loss(points(step, 6, 3), other)
            states.append(loss.state_dict())

        def again(
            x: Tensor, loss: ReservoirSlicedWasserstein = loss, state: dict = states[-1], other: Tensor = other
        ) -> Tensor:
            loss.load_state_dict(state)
            return loss(x, other)

        assert torch.autograd.gradgradcheck(again, (points(7, 6, 3).requires_grad_(),))


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_under_autocast_the_distance_is_reckoned_in_float32(half: torch.dtype) -> None:
    x, y = points(1, 50, 3, dtype=half), points(2, 50, 3, dtype=torch.float32)
    expected = [ReservoirSlicedWasserstein(seed=2)(x.float(), y)]
    x.requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = ReservoirSlicedWasserstein(seed=2)(x, y)
    value.backward()
    assert value.dtype == torch.float32 and x.grad.dtype == half
    torch.testing.assert_close(value.detach(), expected[0])
    with pytest.raises(InputError, match=f"x is {half}"):
        ReservoirSlicedWasserstein()(x, y)
    loss = ReservoirSlicedWasserstein(seed=2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(x, y, directions=loss.draw(x)).dtype == torch.float32


def test_a_backward_under_autocast_is_in_full_precision_too() -> None:
    x, y = points(1, 50, 3, dtype=torch.float32).requires_grad_(), points(2, 50, 3, dtype=torch.float32)
    (wanted,) = torch.autograd.grad(ReservoirSlicedWasserstein(seed=2)(x, y), x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (slope,) = torch.autograd.grad(ReservoirSlicedWasserstein(seed=2)(x, y), x)
    assert torch.equal(slope, wanted)


def test_many_points_lose_no_digits_in_float32() -> None:
    x = points(1, 300_000, 3)
    y = 1.5 * x
    wanted, found = (ReservoirSlicedWasserstein(fresh=3, seed=1)(a, b) for a, b in ((x, y), (x.float(), y.float())))
    assert float(found) == pytest.approx(float(wanted), rel=2e-6)


def test_huge_weights() -> None:
    x, y, weights = (points(seed, *shape, dtype=torch.float32) for seed, shape in ((1, (5, 3)), (2, (5, 3)), (3, (5,))))
    alike = ReservoirSlicedWasserstein(seed=1)(x, y, weights.abs())
    torch.testing.assert_close(ReservoirSlicedWasserstein(seed=1)(x, y, weights.abs() * 1e38), alike)


def test_under_compile_it_settles() -> None:
    """Directions are drawn ahead, and how many are left changes from step to step: no reason to compile anew."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    loss, plain = (ReservoirSlicedWasserstein(kept=4, fresh=2, seed=3) for _ in range(2))
    compiled, y = torch.compile(loss, backend="eager"), points(2, 8, 3)
    for step in range(20):
        torch.testing.assert_close(compiled(points(step, 8, 3), y), plain(points(step, 8, 3), y))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 8


def test_in_many_dims_nothing_is_kept_and_nothing_need_stay() -> None:
    assert ReservoirSlicedWasserstein(32).kept == 16 and ReservoirSlicedWasserstein(33, directions="gaussian").kept == 0
    loss = ReservoirSlicedWasserstein(40, p=1, seed=2)
    for n, m in ((5, 5), (6, 9), (5, 5)):
        x, y = points(n, n, 40).requires_grad_(), points(m + 1, m, 40)
        twin = copy.deepcopy(loss)
        value = loss(x, y)
        torch.testing.assert_close(value, SlicedWasserstein(8, 1)(x, y, directions=twin.draw(x)))
        assert torch.isfinite(torch.autograd.grad(value, x)[0]).all()
    restored = ReservoirSlicedWasserstein(40, p=1)
    restored.load_state_dict(loss.state_dict())
    assert torch.equal(restored(x, y), loss(x, y))
    y[0, 0] = float("nan")
    with pytest.raises(InputError, match="y of shape .* holds NaN"):
        loss(x, y)


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    ReservoirSlicedWasserstein()(points(1, 5, 3), points(2, 5, 3))
    assert torch.equal(before, torch.random.get_rng_state())


def test_given_directions_leave_the_generator() -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    one, other = ReservoirSlicedWasserstein(), ReservoirSlicedWasserstein()
    one(x, y, directions=other.draw(x))
    other.reset()
    assert torch.equal(one.generator.get_state(), ReservoirSlicedWasserstein().generator.get_state())


@pytest.mark.parametrize("dims", [1, 2, 3, 9])
def test_any_dims_and_more_directions_than_dims(dims: int) -> None:
    loss = ReservoirSlicedWasserstein(dims, kept=40, fresh=40, p=1)
    x, shift = points(1, 3, dims), torch.zeros(dims, dtype=DOUBLE)
    shift[0] = 1
    for _ in range(3):
        value = loss(x, x + shift)
    # the mean of |cos|: 1, 2/pi, 1/2, 0.273 in 9-D
    exact = math.gamma(dims / 2) / (math.sqrt(math.pi) * math.gamma((dims + 1) / 2))
    assert float(value) == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dims": 0}, "dims = 0 "),
        ({"dims": 4, "directions": "fibonacci"}, "3 dimensions and got 4"),
        ({"kept": -1}, "kept = -1 "),
        ({"fresh": 2.5}, "fresh = 2.5 "),
        ({"p": 3}, "p = 3 "),
        ({"tau": 0}, "tau = 0 "),
        ({"tau": float("nan")}, "tau = nan "),
        ({"seed": -1}, "seed -1 "),
        ({"directions": "round"}, "unknown directions 'round'"),
    ],
)
def test_construction_errors(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ReservoirSlicedWasserstein(**arguments)


def test_what_is_refused_is_no_step() -> None:
    x, y = points(1, 5, 3), points(2, 5, 3)
    loss = ReservoirSlicedWasserstein(seed=5)
    broken = x.clone()
    broken[0, 0] = float("nan")
    for arguments, message in (
        ((x[:0], y), "empty"),
        ((x[:, :2], y[:, :2]), "x has 2 dims and this loss 3: build it with dims=2"),
        ((broken, y), "NaN"),
        ((x, y.float()), "x is torch.float64 and y is torch.float32"),
        ((x.half(), y.half()), "float16"),
        (([1.0], y), "x is a list"),
        ((x, y, -points(3, 5).abs()), "x_weights holds negative"),
        ((x, y.clone().requires_grad_()), "y wants a gradient"),
        ((x, y, points(3, 5).abs().requires_grad_()), "x_weights wants a gradient"),
    ):
        with pytest.raises(InputError, match=message):
            loss(*arguments)
    with pytest.raises(InputError, match="got 3 rows"):
        loss(x, y, directions=torch.eye(3, dtype=DOUBLE))
    assert torch.equal(loss(x, y), ReservoirSlicedWasserstein(seed=5)(x, y))
