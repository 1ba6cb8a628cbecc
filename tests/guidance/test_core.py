"""How far a step goes, and how far clean latents are shifted, with a codec that needs no VAE."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from guidance.core import LAST_PULL, PULL, Guidance, pull, shrunk
from guidance.reference import read_reference
from guidance.settings import GuidanceSettings
from tests.guidance import tiny


class _DoublingCodec:
    """A codec whose latents are colours around zero, with one cell for two by two pixels."""

    pixels_per_cell = 2

    def decode(self, grid: torch.Tensor) -> torch.Tensor:
        return F.interpolate(grid / 2 + 0.5, scale_factor=2.0)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(pixels * 2 - 1, 2)


def _grid() -> torch.Tensor:
    """Two grids of soft colours."""
    noise = torch.rand(2, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    return F.interpolate(noise - 0.5, (16, 24), mode="bilinear")


def _guidance(**settings: float) -> Guidance:
    codec = _DoublingCodec()
    return Guidance([read_reference(tiny.WARM)] * 2, GuidanceSettings(**settings), codec, codec)  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [2, 4, 25, 100])
def test_a_run_goes_equally_far_however_many_steps_it_has(steps: int) -> None:
    left = 1.0
    for step in range(steps - 1):
        left *= 1 - pull(step, steps)
    assert left == pytest.approx((1 - PULL) ** (25 * (steps - 1) / steps))
    assert pull(steps - 1, steps) == LAST_PULL


def test_strength_is_a_factor_up_to_the_whole_way() -> None:
    assert pull(0, 25, 0.5) == pytest.approx(0.5 * PULL)
    assert pull(24, 25, 0.5) == pytest.approx(0.5)
    assert pull(24, 25, 2.0) == 1.0


@pytest.mark.parametrize("step, linear_until", [(0, 0.5), (3, 0.5)], ids=["linear map", "decoder"])
def test_a_whole_shift_takes_the_prediction_to_the_reference(step: int, linear_until: float) -> None:
    guidance, grid = _guidance(linear_until=linear_until), _grid()
    assert guidance.is_linear(step, 4) == (step == 0)
    shift = guidance.shift(grid, step, 4, whole=True)
    before, after = _DoublingCodec().decode(grid), _DoublingCodec().decode(grid + shift).clamp(0, 1)
    assert shift.shape == grid.shape
    assert tiny.nearness(after, before, tiny.WARM) < 0.5
    assert guidance.seen is not None
    assert guidance.seen.shape[-2:] == ((16, 24) if step == 0 else (32, 48))


def test_a_step_shifts_by_its_share_of_the_whole_way() -> None:
    grid = _grid()
    whole = _guidance().shift(grid, 0, 4, whole=True)
    torch.testing.assert_close(_guidance().shift(grid, 0, 4), pull(0, 4) * whole)
    torch.testing.assert_close(_guidance(strength=0.5).shift(grid, 0, 4), 0.5 * pull(0, 4) * whole)


def test_a_grid_is_shrunk_to_at_least_one_cell() -> None:
    grid = _grid()
    assert shrunk(grid, 1.0) is grid
    assert shrunk(grid, 0.5).shape == (2, 3, 8, 12)
    assert shrunk(grid, 1 / 64).shape == (2, 3, 1, 1)
    torch.testing.assert_close(shrunk(grid, 0.5).mean((2, 3)), grid.mean((2, 3)))
