"""Guidance by a callback, for programs that can hand a pipeline nothing else."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler

from guidance import PaletteCallback, load_embedded
from guidance.reference import read_reference
from reswd_torch import InputError, color_distance

PALETTE = "#1d3557:3, #e63946, #f1faee"


def _painted(scheduler: type, callback: PaletteCallback | None) -> torch.Tensor:
    pipe = load_embedded("cpu")
    pipe.scheduler = scheduler.from_config(pipe.scheduler.config)  # type: ignore[attr-defined]
    more = {} if callback is None else {"callback_on_step_end": callback}
    generator = torch.Generator().manual_seed(1)
    return pipe(  # type: ignore[operator]
        "a blue dog", num_inference_steps=8, guidance_scale=2.5, generator=generator, output_type="pt", **more
    ).images[0]


def _distance(picture: torch.Tensor) -> float:
    return color_distance(picture.permute(1, 2, 0).reshape(-1, 3), read_reference(PALETTE).colors)


def test_a_callback_takes_a_picture_most_of_the_way_and_strength_0_nowhere() -> None:
    plain = _painted(DDIMScheduler, None)
    guided = _painted(DDIMScheduler, PaletteCallback(PALETTE))
    assert _distance(guided) < 0.5 * _distance(plain)
    assert torch.equal(_painted(DDIMScheduler, PaletteCallback(PALETTE, strength=0.0)), plain)


def test_what_a_callback_cannot_do_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="transport"):
        PaletteCallback(PALETTE, method="gradient")
    with pytest.raises(InputError, match="unknown guidance setting 'nonsense'"):
        PaletteCallback(PALETTE, nonsense=1)
