"""guide() on every family of pipelines and with every scheduler, on tiny pipelines of the real classes (tests/guidance/tiny).

Unless a test says otherwise, guidance has to take away a quarter of the distance to the reference in four steps. It takes away
three to seven tenths.
"""

from __future__ import annotations

import copy
import functools
import inspect
from typing import Any

import diffusers
import pytest
import torch

from guidance.attach import GuidedStep, guide
from tests.guidance import tiny
from tests.guidance.steering import guided_run

LEFT = 0.75
PACKED = ("flux", "flux2", "flux2-klein", "qwen-image")
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}


@functools.cache
def _plain(family: str) -> torch.Tensor:
    return tiny.run(tiny.shared_pipeline(family))


@functools.cache
def _cool(family: str) -> torch.Tensor:
    return guided_run(tiny.shared_pipeline(family))


@pytest.fixture(params=tiny.FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _check(pipe: Any, left: float = LEFT, calls: dict[str, Any] | None = None, **options: Any) -> torch.Tensor:
    """Check that guided images are nearer to the reference than plain ones; returns the guided images."""
    plain, guided = tiny.run(pipe, **(calls or {})), guided_run(pipe, calls=calls, **options)
    assert guided.shape == plain.shape
    assert tiny.nearness(guided, plain, tiny.COOL) < left
    return guided


def test_guidance_works_from_the_first_step_on_and_leaves_no_trace(family: str) -> None:
    pipe, plain = tiny.shared_pipeline(family), _plain(family)
    with guide(pipe, tiny.COOL) as record:
        guided = tiny.run(pipe)
    retaken = int(type(pipe.scheduler).__name__ == "PNDMScheduler")
    assert (record.steps, record.guided) == (4 + retaken, 4)
    assert record.seconds > 0
    assert guided.shape == plain.shape
    assert guided.dtype == plain.dtype
    assert tiny.nearness(guided, plain, tiny.COOL) < LEFT
    assert torch.equal(guided, _cool(family))  # the same seed again
    assert torch.equal(tiny.run(pipe), plain)


def test_no_strength_leaves_every_bit(family: str) -> None:
    with guide(tiny.shared_pipeline(family), tiny.COOL, strength=0) as record:
        assert torch.equal(tiny.run(tiny.shared_pipeline(family)), _plain(family))
    assert record.guided == 0


def test_two_calls_in_a_block_are_those_of_two_blocks(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    other = guided_run(pipe, calls={"seed": 1, "steps": 3})
    assert not torch.allclose(other, _cool(family), atol=0.01)
    with guide(pipe, tiny.COOL) as record:
        assert torch.equal(tiny.run(pipe), _cool(family))
        assert torch.equal(tiny.run(pipe, seed=1, steps=3), other)
    assert record.guided == 7


def test_gradients_lower_the_distance_and_depend_on_the_seed_of_guidance(family: str) -> None:
    few = {"method": "gradient", "inner_steps": 4}
    pipe, plain = tiny.shared_pipeline(family), _plain(family)
    guided = guided_run(pipe, **few)
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.85
    if family in ("sd15", "flux"):
        assert torch.equal(guided_run(pipe, **few), guided)
        assert not torch.equal(guided_run(pipe, seed=1, **few), guided)


def test_each_prompt_has_its_reference(family: str) -> None:
    cool, warm = guided_run(tiny.shared_pipeline(family), [tiny.COOL, tiny.WARM])
    for image, own, other in ((cool, tiny.COOL, tiny.WARM), (warm, tiny.WARM, tiny.COOL)):
        assert tiny.distances(image[None], own)[0] < 0.6 * tiny.distances(image[None], other)[0]


def test_images_of_one_prompt_share_its_reference(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    assert "num_images_per_prompt" in inspect.signature(pipe.__call__).parameters
    images = guided_run(pipe, [tiny.COOL, tiny.WARM], calls={"num_images_per_prompt": 2, "steps": 3})
    assert len(images) == 4
    to_cool, to_warm = (tiny.distances(images, reference) for reference in (tiny.COOL, tiny.WARM))
    assert [near < far for near, far in zip(to_cool, to_warm, strict=True)] == [True, True, False, False]


@pytest.mark.parametrize("height, width", [(64, 96), (96, 32)])
@pytest.mark.parametrize("family", [*PACKED, "sana"])
def test_pictures_that_are_not_square_are_guided(family: str, height: int, width: int) -> None:
    seen: list[GuidedStep] = []
    guided = _check(tiny.shared_pipeline(family), calls={"height": height, "width": width}, on_step=seen.append)
    assert guided.shape[-2:] == (height, width)
    assert seen[-1].seen is not None
    assert seen[-1].seen.shape == guided.shape


@pytest.mark.parametrize("family", PACKED)
def test_the_default_size_of_packed_latents_is_the_pipelines(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.default_sample_size = 6
    guided = _check(pipe, calls={"height": None, "width": None})
    assert guided.shape[-2:] == (48, 48)


# Schedulers

DIFFUSION = [
    ("PNDMScheduler", {"skip_prk_steps": True}),
    ("DDIMScheduler", {"clip_sample": False}),
    (
        "DDIMScheduler",
        {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"},
    ),
    ("EulerDiscreteScheduler", {}),
    ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    ("EulerAncestralDiscreteScheduler", {}),
    ("DPMSolverMultistepScheduler", {}),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True, "solver_order": 3}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    ("LCMScheduler", {}),
    ("UniPCMultistepScheduler", {}),
]


def _with_scheduler(family: str, name: str, settings: dict[str, Any]) -> Any:
    """A pipeline with another scheduler. For diffusion models it has the same noise schedule."""
    shared = tiny.shared_pipeline(family)
    pipe = copy.copy(shared)
    config = {**shared.scheduler.config, **settings} if family in ("sd15", "sdxl") else settings
    pipe.scheduler = getattr(diffusers, name).from_config(config)
    return pipe


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
@pytest.mark.parametrize(
    "name, settings", DIFFUSION, ids=lambda value: "-".join(value) if isinstance(value, dict) else value
)
def test_every_scheduler_of_diffusion_models_is_guided(family: str, name: str, settings: dict[str, Any]) -> None:
    _check(_with_scheduler(family, name, settings))


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize(
    "name", ["DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"]
)
def test_whatever_the_model_predicts_is_guided(name: str, prediction: str) -> None:
    _check(_with_scheduler("sd15", name, {"prediction_type": prediction}))


@pytest.mark.parametrize(
    "name", ["FlowMatchEulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"]
)
@pytest.mark.parametrize("family", ["sd3", "sana", "flux"])
def test_every_scheduler_of_flow_models_is_guided(family: str, name: str) -> None:
    settings = {"shift": 3.0} if name.startswith("Flow") else FLOW
    dynamic = {"use_dynamic_shifting": True, "time_shift_type": "exponential"} if family == "flux" else {}
    _check(_with_scheduler(family, name, {**settings, **dynamic}))


@pytest.mark.parametrize(
    "settings", [{"stochastic_sampling": True}, {"use_karras_sigmas": True}, {"invert_sigmas": False}]
)
def test_kinds_of_flow_matching_are_guided(settings: dict[str, Any]) -> None:
    _check(_with_scheduler("sd3", "FlowMatchEulerDiscreteScheduler", {"shift": 3.0, **settings}))


def test_one_step_is_enough() -> None:
    """Distilled models take no more than one."""
    _check(tiny.shared_pipeline("sdxl-turbo"), left=0.85, calls={"steps": 1, "guidance_scale": 0.0})
    _check(tiny.shared_pipeline("flux"), left=0.85, calls={"steps": 1})


# Where modules are, and how the autoencoder is called


@pytest.mark.parametrize("method", ["transport", "gradient"])
@pytest.mark.parametrize("family", ["sd15", "sana", "flux"])
def test_hooks_that_move_modules_do_not_matter(family: str, method: str) -> None:
    from accelerate import cpu_offload_with_hook

    wanted = guided_run(tiny.shared_pipeline(family), method=method, inner_steps=2)
    pipe, hook = tiny.tiny_pipeline(family), None
    for name in pipe.model_cpu_offload_seq.split("->"):
        if getattr(pipe, name, None) is not None:
            _, hook = cpu_offload_with_hook(getattr(pipe, name), "cpu", hook)
    assert torch.equal(guided_run(pipe, method=method, inner_steps=2), wanted)


@pytest.mark.gpu
@pytest.mark.parametrize("method", ["transport", "gradient"])
@pytest.mark.parametrize("family", ["sd15", "sdxl", "flux", "sana"])
def test_offloaded_models_are_guided(family: str, method: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.enable_model_cpu_offload()
    plain, guided = tiny.run(pipe).cpu(), guided_run(pipe, method=method).cpu()
    assert tiny.nearness(guided, plain, tiny.COOL) < LEFT
    assert next(pipe.text_encoder.parameters()).device.type == "cpu"


@pytest.mark.gpu
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_family_is_guided_on_cuda(family: str) -> None:
    pipe = tiny.tiny_pipeline(family).to("cuda")
    plain, guided = tiny.run(pipe).cpu(), guided_run(pipe).cpu()
    assert tiny.nearness(guided, plain, tiny.COOL) < LEFT


@pytest.mark.parametrize("family", ["sd15", "qwen-image", "sana"])
def test_tiles_and_slices_of_the_autoencoder_are_guided(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    tiles = {"tile_sample_min_height": 64, "tile_sample_min_width": 64}
    tiles |= {"tile_sample_stride_height": 48, "tile_sample_stride_width": 48}
    pipe.vae.enable_tiling(**({} if family == "sd15" else tiles))
    pipe.vae.enable_slicing()
    _check(pipe, calls={"height": 96, "width": 96, "prompts": ["a red cat"], "steps": 3})


@pytest.mark.parametrize("family", ["sd15", "sd3", "flux", "qwen-image", "sana"])
def test_models_in_bfloat16_are_guided(family: str) -> None:
    pipe = tiny.tiny_pipeline(family)
    pipe.to(torch.bfloat16)
    plain, guided = tiny.run(pipe).float(), guided_run(pipe).float()
    assert tiny.nearness(guided, plain, tiny.COOL) < LEFT
