"""Steering, with stand-ins for ComfyUI's objects; tests/studio/comfy/test_real_comfyui.py has the real ones."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.settings import GuidanceSettings
from reswd_torch.errors import InputError
from reswd_torch.matching import color_distance
from studio.comfy.guidance import guided, place_of

PALETTE = "#1d3557:3, #e63946, #f1faee"
SIGMAS = torch.tensor([14.6, 1.5, 0.5, 0.0])


class Vae:
    """Squares of 8 x 8 pixels as their mean colour."""

    def __init__(self, side: object = 8) -> None:
        self.side = side

    def spacial_compression_encode(self) -> Any:
        return self.side

    def encode(self, pixels: Tensor) -> Tensor:
        return F.avg_pool2d(pixels.movedim(-1, 1), 8) * 2 - 1

    def decode(self, latents: Tensor) -> Tensor:
        return F.interpolate(latents / 2 + 0.5, scale_factor=8).movedim(1, -1).clamp(0, 1)


class Format:
    def process_in(self, latents: Tensor) -> Tensor:
        return latents * 0.5

    def process_out(self, latents: Tensor) -> Tensor:
        return latents / 0.5


class Model:
    """What ComfyUI calls a ModelPatcher, as far as guiding needs it."""

    def __init__(self) -> None:
        self.model = self
        self.latent_format = Format()
        self.functions: list[Any] = []

    def clone(self) -> Model:
        return Model()

    def set_model_sampler_post_cfg_function(self, function: Any) -> None:
        self.functions.append(function)


def _arguments(denoised: Tensor, step: int) -> dict[str, Any]:
    options = {"transformer_options": {"sample_sigmas": SIGMAS}}
    return {"denoised": denoised, "sigma": SIGMAS[step].expand(len(denoised)), "model_options": options}


def _guided(
    settings: GuidanceSettings, step: int = 2, shape: tuple[int, ...] = (2, 3, 16, 16)
) -> tuple[Tensor, Tensor]:
    denoised = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 0.4
    model = Model()
    clone = guided(model, Vae(), None, PALETTE, settings)
    assert model.functions == []
    (steering,) = clone.functions
    return denoised, steering(_arguments(denoised, step))


def _distance(latents: Tensor) -> float:
    from reswd_torch import parse_palette
    from reswd_torch.matching import palette_sample

    pixels = (latents / 0.5 / 2 + 0.5).movedim(1, -1).reshape(-1, 3).clamp(0, 1)
    return color_distance(pixels, palette_sample(parse_palette(PALETTE), 2048).fit)


def test_a_prediction_is_moved_to_the_colours() -> None:
    before, after = _guided(GuidanceSettings())
    assert after.shape == before.shape and after.dtype == before.dtype
    assert _distance(after) < 0.7 * _distance(before)


def test_half_the_strength_goes_less_far_and_none_nowhere() -> None:
    before, half = _guided(GuidanceSettings(strength=0.5))
    assert _distance(_guided(GuidanceSettings())[1]) < _distance(half) < _distance(before)
    before, after = _guided(GuidanceSettings(strength=0.0))
    assert after is before or torch.equal(after, before)


@pytest.mark.parametrize(("step", "moved"), [(0, False), (1, True), (2, False)])
def test_start_and_stop_bound_the_steps(step: int, moved: bool) -> None:
    before, after = _guided(GuidanceSettings(start=0.4, stop=0.8), step)
    assert torch.equal(before, after) is not moved


def test_one_frame_of_a_model_of_clips_is_a_picture_and_more_are_refused() -> None:
    _, after = _guided(GuidanceSettings(linear_until=1.0), 0, (1, 3, 1, 16, 16))
    assert after.shape == (1, 3, 1, 16, 16)
    with pytest.raises(InputError, match="are no pictures"):
        _guided(GuidanceSettings(), 0, (1, 3, 5, 16, 16))


def test_a_step_is_known_by_its_noise_level() -> None:
    options = {"transformer_options": {"sample_sigmas": SIGMAS}}
    assert [place_of(torch.tensor([level]), options) for level in (14.6, 1.5, 0.9, 0.5, 0.2)] == [
        (0, 3), (1, 3), (1, 3), (2, 3), (2, 3),
    ]  # fmt: skip
    with pytest.raises(InputError, match="does not say its noise levels"):
        place_of(torch.tensor([1.0]), {})


def test_inputs_that_cannot_guide_are_refused() -> None:
    with pytest.raises(InputError, match="connect a reference or write a palette: one of them"):
        guided(Model(), Vae(), None, " ", GuidanceSettings())
    with pytest.raises(InputError, match="not both"):
        guided(Model(), Vae(), torch.zeros(1, 4, 4, 3), PALETTE, GuidanceSettings())
    with pytest.raises(InputError, match="vae: it makes no pictures"):
        guided(Model(), Vae(4096), None, PALETTE, GuidanceSettings())
    (steering,) = guided(Model(), Vae(), None, PALETTE, GuidanceSettings()).functions
    with pytest.raises(InputError, match="step 3 of 3: the latents are not numbers"):
        steering(_arguments(torch.full((1, 3, 8, 8), float("nan")), 2))
