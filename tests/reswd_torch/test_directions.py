"""Directions: unit rows, even spread, seeds that reproduce."""

from __future__ import annotations

import pytest
import torch

from reswd_torch.directions import (
    KINDS,
    check_directions,
    draw_directions,
    fibonacci_directions,
    orthogonal_directions,
    tight_spiral,
)
from reswd_torch.errors import InputError


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spread(kind: str, count: int, dims: int) -> float:
    """Of the mean of |θ₁| over many draws."""
    generator = seeded(2)
    means = [draw_directions(kind, count, dims, generator=generator)[:, 0].abs().mean() for _ in range(300)]
    return float(torch.stack(means).std())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3, 17])
def test_rows_have_length_one(kind: str, count: int, dtype: torch.dtype) -> None:
    rows = draw_directions(kind, count, 3, generator=seeded(), dtype=dtype)
    assert rows.shape == (count, 3) and rows.dtype == dtype
    torch.testing.assert_close(rows.norm(dim=-1), torch.ones(count, dtype=dtype))


@pytest.mark.parametrize("kind", ["even", "gaussian", "orthogonal", "sobol"])
@pytest.mark.parametrize("dims", [1, 2, 50])
def test_any_number_of_dimensions(kind: str, dims: int) -> None:
    rows = draw_directions(kind, 7, dims, generator=seeded())
    torch.testing.assert_close(rows.norm(dim=-1), torch.ones(7))


@pytest.mark.parametrize("kind", KINDS)
def test_seed_reproduces_and_generator_advances(kind: str) -> None:
    generator = seeded(5)
    first = draw_directions(kind, 9, 3, generator=generator)
    second = draw_directions(kind, 9, 3, generator=generator)
    assert torch.equal(first, draw_directions(kind, 9, 3, generator=seeded(5)))
    assert not torch.equal(first, second)
    assert not torch.equal(first, draw_directions(kind, 9, 3, generator=seeded(6)))


@pytest.mark.parametrize("kind", KINDS)
def test_global_generator_is_left_alone(kind: str) -> None:
    before = torch.random.get_rng_state()
    draw_directions(kind, 9, 3, generator=seeded())
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_float64_rounded(kind: str) -> None:
    double = draw_directions(kind, 9, 3, generator=seeded(), dtype=torch.float64)
    assert torch.equal(draw_directions(kind, 9, 3, generator=seeded()), double.float())


@pytest.mark.parametrize("kind", KINDS)
def test_single_row_is_uniform_on_the_sphere(kind: str) -> None:
    """Archimedes: a coordinate of a uniform point on the 2-sphere is uniform on [-1, 1], so |z| is on [0, 1]."""
    generator = seeded(1)
    rows = torch.stack([draw_directions(kind, 5, 3, generator=generator, dtype=torch.float64)[3] for _ in range(1500)])
    # mean 1/2 and variance 1/12 of each |coordinate|; 4 standard errors
    assert (rows.abs().mean(dim=0) - 0.5).abs().max() < 4 * (1 / 12 / 1500) ** 0.5
    assert (rows.square().mean(dim=0) - 1 / 3).abs().max() < 4 * (4 / 45 / 1500) ** 0.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dims", [2, 3, 7])
def test_several_sets_at_once(kind: str, dims: int) -> None:
    if kind == "fibonacci" and dims != 3:
        return
    rows = draw_directions(kind, 5, dims, generator=seeded(3), sets=4, dtype=torch.float64)
    assert rows.shape == (20, dims)
    torch.testing.assert_close(rows.norm(dim=-1), torch.ones(20, dtype=torch.float64))
    assert len(torch.unique(rows, dim=0)) == 20
    if kind == "even" and dims < 4:
        for part in rows.split(5):
            torch.testing.assert_close(part.T @ part, torch.eye(dims, dtype=torch.float64) * (5 / dims))


@pytest.mark.parametrize("count", [3, 4, 5, 8, 17, 200])
def test_a_tight_spiral_reads_quadratic_forms_exactly(count: int) -> None:
    spiral = tight_spiral(count)
    form = torch.randn(3, 3, generator=seeded(), dtype=torch.float64)
    torch.testing.assert_close(((spiral @ form) * spiral).sum(-1).mean(), form.trace() / 3)
    assert (spiral @ spiral.T - 2 * torch.eye(count)).max() < 1 - 1e-6


def test_in_the_plane_even_lines_have_equal_angles() -> None:
    rows = draw_directions("even", 6, 2, generator=seeded(), dtype=torch.float64)
    angles = torch.atan2(rows[:, 1], rows[:, 0]).remainder(torch.pi).sort().values
    torch.testing.assert_close(angles.diff(), torch.full((5,), torch.pi / 6, dtype=torch.float64))


@pytest.mark.parametrize("dims", [2, 3])
def test_even_lines_read_the_mean_of_a_cosine_twice_as_well_as_what_is_usual(dims: int) -> None:
    usual = "orthogonal" if dims == 2 else "fibonacci"
    assert spread("even", 8, dims) < 0.6 * spread(usual, 8, dims)


@pytest.mark.parametrize("row", [0, 5])
def test_each_line_of_the_plane_alone_is_uniform(row: int) -> None:
    """The cosine and sine of twice the angle, which do not see the sign, have mean 0 and variance 1/2; 4 standard errors."""
    generator = seeded(1)
    rows = torch.stack(
        [draw_directions("even", 6, 2, generator=generator, dtype=torch.float64)[row] for _ in range(1500)]
    )
    twice = torch.stack([rows[:, 0].square() - rows[:, 1].square(), 2 * rows[:, 0] * rows[:, 1]])
    assert twice.mean(dim=1).abs().max() < 4 * (0.5 / 1500) ** 0.5


def test_frames_go_on_only_where_that_is_even() -> None:
    rows = draw_directions("even", 8, 9, generator=seeded(), sets=3, dtype=torch.float64)
    for part in rows.split(8):
        torch.testing.assert_close(part @ part.T, torch.eye(8, dtype=torch.float64))
    rows = draw_directions("even", 3, 7, generator=seeded(), sets=3, dtype=torch.float64)[:7]
    torch.testing.assert_close(rows @ rows.T, torch.eye(7, dtype=torch.float64))


@pytest.mark.parametrize("kind", ["orthogonal", "sobol", "fibonacci"])
def test_even_sets_estimate_better_than_gaussian(kind: str) -> None:
    """The mean of |θ₁| has a smaller spread over seeds than independent directions give."""
    assert spread(kind, 24, 3) < 0.8 * spread("gaussian", 24, 3)


def test_orthogonal_blocks_are_orthonormal() -> None:
    rows = orthogonal_directions(10, 4, seeded())
    for block in (rows[:4], rows[4:8], rows[8:]):
        torch.testing.assert_close(block @ block.T, torch.eye(len(block), dtype=rows.dtype))
    few = orthogonal_directions(3, 40, seeded())
    torch.testing.assert_close(few @ few.T, torch.eye(3, dtype=few.dtype))


def test_orthogonal_signs_are_haar() -> None:
    """Without the sign correction of QR the diagonal would lean to one side."""
    generator = seeded()
    diagonal = torch.stack([orthogonal_directions(2, 2, generator)[0, 0] for _ in range(1000)])
    assert abs(float(diagonal.mean())) < 4 * (0.5 / 1000) ** 0.5


def test_fibonacci_half_sphere_and_sphere() -> None:
    half = fibonacci_directions(200, 3, seeded())
    whole = fibonacci_directions(200, 3, seeded(), half=False)
    assert half.mean(dim=0).norm() == pytest.approx(0.5, abs=0.01)  # centroid of a half-sphere
    assert whole.mean(dim=0).norm() < 0.01
    assert (half @ half.T - 2 * torch.eye(200, dtype=half.dtype)).max() < 0.995  # no two rows coincide


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("round", 3, 3), "unknown directions 'round'.*gaussian, orthogonal, sobol, fibonacci"),
        (("gaussian", 0, 3), "count = 0 .*at least 1"),
        (("gaussian", 2.5, 3), "count = 2.5 "),
        (("gaussian", True, 3), "count = True "),
        (("gaussian", 3, 0), "dims = 0 "),
        (("fibonacci", 3, 4), "need 3 dimensions and got 4"),
        (("sobol", 3, 30000), "got 30000"),
    ],
)
def test_errors(arguments: tuple[str, int, int], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        draw_directions(*arguments, generator=seeded())
    assert "\n" not in str(caught.value)


def test_errors_of_generator_and_dtype() -> None:
    with pytest.raises(InputError, match="not a torch.Generator"):
        draw_directions("gaussian", 3, 3, generator=None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="torch.int64 cannot hold a direction"):
        draw_directions("gaussian", 3, 3, generator=seeded(), dtype=torch.int64)


def test_errors_of_injected_directions() -> None:
    x = torch.zeros(4, 3)
    check_directions(torch.eye(3), x)
    with pytest.raises(InputError, match=r"got \(3, 2\), expected .*\(count, 3\)"):
        check_directions(torch.ones(3, 2), x)
    with pytest.raises(InputError, match=r"got 3 rows, expected .*\(8, 3\)"):
        check_directions(torch.eye(3), x, 8)
    with pytest.raises(InputError, match="length is not 1"):
        check_directions(2 * torch.eye(3), x)
    with pytest.raises(InputError, match="directions is torch.float64 and x is torch.float32"):
        check_directions(torch.eye(3).double(), x)
    with pytest.raises(InputError, match="got list"):
        check_directions([[1.0, 0.0, 0.0]], x)  # type: ignore[arg-type]
