"""The measures of the evaluation, on pictures whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.things_for_tests import THINGS
from training import measures
from training.compose import Scene, paint
from training.config import read_config

DATA = read_config().data


def _pictures(count: int = 8) -> torch.Tensor:
    random = np.random.default_rng(0)
    painted = [paint(Scene(k % 3, "thing", None, ("gray",)), THINGS, DATA, random) for k in range(count)]
    return torch.from_numpy(np.stack(painted)).permute(0, 3, 1, 2)


def test_equal_pictures() -> None:
    pictures = _pictures()
    assert measures.delta_e(pictures, pictures) == 0
    assert measures.psnr(pictures, pictures) >= 79


def test_psnr_of_a_known_error() -> None:
    pictures = torch.full((2, 3, 8, 8), 0.5)
    assert measures.psnr(pictures + 0.1, pictures) == pytest.approx(20, abs=1e-3)


def test_delta_e_of_a_known_step_of_grey() -> None:
    one, other = torch.full((1, 3, 4, 4), 0.50), torch.full((1, 3, 4, 4), 0.55)
    assert 4 < measures.delta_e(one, other) < 6


def test_speckle_is_the_energy_of_what_was_added_to_the_background() -> None:
    pictures = _pictures()
    generator = torch.Generator().manual_seed(0)
    noisy = pictures + 0.02 * torch.randn(pictures.shape[0], 1, *pictures.shape[2:], generator=generator)
    assert measures.speckle(pictures) < 1e-6
    assert measures.speckle(noisy) == pytest.approx(0.02**2 * 8 / 9, rel=0.15)  # a 3 x 3 mean takes a ninth away


def test_speckle_does_not_count_the_object() -> None:
    pictures = _pictures()
    rough = pictures.clone()
    middle = slice(24, 40)
    rough[:, :, middle, middle] += 0.1 * torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    assert measures.speckle(rough) < 1e-5


def test_a_picture_without_colour_has_no_colour_name() -> None:
    grey = np.full((64, 64, 3), (70.0, 0.0, 0.0), np.float32)
    assert measures.object_colour(grey) is None
