"""Calling the denoiser again must give the output that the pipeline itself got or would get."""

from __future__ import annotations

from typing import Any

import diffusers
import pytest
import torch

from guidance.attach import guide
from guidance.replay import Replay
from reswd_torch import InputError
from tests.guidance import tiny

_shared = tiny.shared_pipeline
REEVALUATE = {"method": "gradient", "reevaluate": True, "inner_steps": 2}
SCALES = {
    "sd15": {"guidance_scale": 7.5},
    "sdxl": {"guidance_scale": 5.0},
    "sdxl-turbo": {"guidance_scale": 0.0},
    "sd3": {"guidance_scale": 7.0, "negative_prompt": ["dull", "grey"]},
    "flux": {"true_cfg_scale": 3.0, "negative_prompt": ["dull", "grey"]},
    "flux2-klein": {"guidance_scale": 4.0},
    "qwen-image": {"true_cfg_scale": 1.0},
    "z-image": {"guidance_scale": 5.0},
    "sana": {"guidance_scale": 4.5},
}
"""Arguments that turn classifier-free guidance on, for the families in which it is linear."""


def _errors(pipe: Any, monkeypatch: pytest.MonkeyPatch, **calls: Any) -> list[float]:
    """The relative error of the repeated call at each step, for the sample that the pipeline itself used."""
    errors = []
    learn = Replay.learn

    def check(self: Replay, scheduler: Any, timestep: Any, sample: torch.Tensor, output: torch.Tensor) -> None:
        learn(self, scheduler, timestep, sample, output)
        with torch.no_grad():
            again = self(scheduler, timestep, sample, sample.dtype)
        errors.append(((again - output).norm() / output.norm()).item())

    monkeypatch.setattr(Replay, "learn", check)
    plain = tiny.run(pipe, **calls)
    with guide(pipe, tiny.COOL, **REEVALUATE):
        guided = tiny.run(pipe, **calls)
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.97
    return errors


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_the_same_latents_get_the_same_answer(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = _errors(_shared(family), monkeypatch, **SCALES.get(family, {}))
    assert len(errors) == 4
    assert max(errors) < 1e-4


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_other_latents_get_the_answer_that_the_pipeline_gives_them(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other latents are those of the first step of a call with another seed, whose output is known."""
    known: list[tuple[torch.Tensor, torch.Tensor]] = []
    answers: list[torch.Tensor] = []
    learn = Replay.learn

    def check(self: Replay, scheduler: Any, timestep: Any, sample: torch.Tensor, output: torch.Tensor) -> None:
        learn(self, scheduler, timestep, sample, output)
        if known:
            with torch.no_grad():
                answers.append(self(scheduler, timestep, known[0][0], sample.dtype))
        known.append((sample, output))

    monkeypatch.setattr(Replay, "learn", check)
    with guide(_shared(family), tiny.COOL, **REEVALUATE, stop=0.5):
        for seed in (1, 0):
            tiny.run(_shared(family), steps=2, seed=seed, **SCALES.get(family, {}))
    (theirs, wanted), (ours, output) = known
    assert (theirs - ours).norm() > 0.5 * ours.norm()
    assert (output - wanted).norm() > 0.01 * wanted.norm()
    torch.testing.assert_close(answers[0], wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("family", ["sd15", "sd3", "flux", "z-image"])
def test_the_same_latents_get_nearly_the_same_answer_in_bfloat16(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tiny.tiny_pipeline(family).to(torch.bfloat16)
    with guide(pipe, tiny.COOL, **REEVALUATE):
        assert torch.isfinite(tiny.run(pipe).float()).all()


@pytest.mark.parametrize("name", ["DDIMScheduler", "EulerDiscreteScheduler", "UniPCMultistepScheduler"])
def test_other_latents_get_what_classifier_free_guidance_makes_of_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.scheduler = getattr(diffusers, name).from_config(pipe.scheduler.config)
    texts: list[torch.Tensor] = []
    pipe.unet.register_forward_pre_hook(
        lambda module, args, kwargs: texts.append(kwargs["encoder_hidden_states"]), with_kwargs=True
    )
    learn, checked = Replay.learn, []

    def check(self: Replay, scheduler: Any, timestep: Any, sample: torch.Tensor, output: torch.Tensor) -> None:
        learn(self, scheduler, timestep, sample, output)
        other = torch.randn(sample.shape, generator=torch.Generator().manual_seed(100 + len(checked))) * sample.std()
        with torch.no_grad():
            got = self(scheduler, timestep, other, other.dtype)
            scaled = scheduler.scale_model_input(torch.cat([other, other]), timestep)
            without, with_prompt = pipe.unet.forward(scaled, timestep, encoder_hidden_states=texts[0]).sample.chunk(2)
        torch.testing.assert_close(got, without + 6.0 * (with_prompt - without), rtol=1e-3, atol=1e-3)
        assert (got - output).norm() > 0.1 * output.norm()
        checked.append(timestep)

    monkeypatch.setattr(Replay, "learn", check)
    with guide(pipe, tiny.COOL, **REEVALUATE):
        tiny.run(pipe, guidance_scale=6.0)
    assert len(checked) == 4


def test_a_combination_that_is_not_linear_is_refused() -> None:
    """Qwen-Image scales the combined output to the length of the one with the prompt, token by token."""
    pipe = _shared("qwen-image")
    with (
        pytest.raises(
            InputError, match=r"^QwenImagePipeline combines .* cannot be repeated: leave out reevaluate=True"
        ),
        guide(pipe, tiny.COOL, **REEVALUATE),
    ):
        tiny.run(pipe, true_cfg_scale=1000.0)
    with guide(pipe, tiny.COOL, method="gradient"):
        assert torch.isfinite(tiny.run(pipe, true_cfg_scale=1000.0)).all()


def test_rescaled_guidance_is_refused() -> None:
    message = "StableDiffusionPipeline combines what its denoiser says"
    with pytest.raises(InputError, match=message), guide(_shared("sd15"), tiny.COOL, **REEVALUATE):
        tiny.run(_shared("sd15"), guidance_scale=30.0, guidance_rescale=0.9)


def test_latents_that_a_denoiser_is_not_handed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    monkeypatch.setattr(pipe.scheduler, "scale_model_input", lambda sample, timestep: sample + 3, raising=False)
    message = "^StableDiffusion3Pipeline: the latents were not found in what its denoiser is handed: leave out"
    with pytest.raises(InputError, match=message), guide(pipe, tiny.COOL, **REEVALUATE):
        tiny.run(pipe)


def test_a_pipeline_without_a_denoiser_is_refused() -> None:
    class Nothing:
        pass

    with pytest.raises(InputError, match="^this Nothing has no denoiser to call again: leave out reevaluate=True$"):
        Replay(Nothing())
