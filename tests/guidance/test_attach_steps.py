"""Which steps guide() moves, what it costs, and what it tells after each step; on tiny pipelines (tests/guidance/tiny)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from guidance.attach import GuidedStep, guide
from guidance.reference import read_reference
from tests.guidance import tiny
from tests.guidance.steering import METHOD_NAMES, METHODS, REEVALUATE, changed_denoiser, guided_run


@pytest.mark.parametrize("family", ["sdxl", "sd3", "flux2-klein"])
def test_the_denoiser_is_called_as_often_as_without_guidance(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    counts = []
    for options in ({"strength": 0}, {}, {"method": "gradient"}, REEVALUATE):
        with changed_denoiser(pipe, lambda call, output: None) as calls:
            guided_run(pipe, **options)
        counts.append(len(calls))
    plain = counts[0]
    assert plain == (8 if family == "flux2-klein" else 4)
    assert counts[1:] == [plain, plain, (1 + REEVALUATE["inner_steps"]) * plain]  # type: ignore[operator]


@pytest.mark.parametrize("options", METHODS, ids=METHOD_NAMES)
def test_no_parameter_gets_a_gradient_or_changes(options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.text_encoder.requires_grad_(False)
    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    parameters = [parameter for module in modules for parameter in module.parameters()]
    asking, values = [each.requires_grad for each in parameters], [each.clone() for each in parameters]
    training = [module.training for module in modules]
    assert {True, False} == set(asking)
    guided_run(pipe, **options)
    assert all(each.grad is None for each in parameters)
    assert [each.requires_grad for each in parameters] == asking
    assert all(torch.equal(each, value) for each, value in zip(parameters, values, strict=True))
    assert [module.training for module in modules] == training


@pytest.mark.parametrize("options", METHODS, ids=METHOD_NAMES)
def test_the_global_generator_is_left_alone(options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline("sd3")  # whose linear map is not known yet
    torch.manual_seed(5)
    before = torch.get_rng_state()
    guided_run(pipe, **options)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("options", METHODS, ids=METHOD_NAMES)
@pytest.mark.parametrize("family", ["sd15", "flux"])
def test_inference_mode_changes_nothing(family: str, options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline(family)  # the linear map is made inside, and used outside
    with torch.inference_mode():
        inside = guided_run(pipe, **options)
    assert torch.equal(inside, guided_run(pipe, **options))
    with torch.enable_grad():
        assert torch.equal(guided_run(pipe, **options), inside)


@pytest.mark.parametrize(
    "window, moved",
    [
        ({}, [True] * 4),
        ({"stop": 0.5}, [True, True, False, False]),
        ({"start": 0.5}, [False, False, True, True]),
        ({"start": 0.25, "stop": 0.75}, [False, True, True, False]),
        ({"start": 0.8}, [False, False, False, True]),
        ({"strength": 0}, [False] * 4),
    ],
)
@pytest.mark.parametrize("method", ["transport", "gradient"])
def test_start_and_stop_say_which_steps_are_moved(window: dict[str, float], moved: list[bool], method: str) -> None:
    steps: list[GuidedStep] = []
    with guide(
        tiny.shared_pipeline("flux"), tiny.COOL, on_step=steps.append, method=method, inner_steps=1, **window
    ) as record:
        tiny.run(tiny.shared_pipeline("flux"))
    assert [step.guided for step in steps] == moved
    assert [step.seen is not None for step in steps] == moved
    assert [(step.done, step.of) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (record.steps, record.guided) == (4, sum(moved))


def test_steps_before_the_window_are_those_of_the_plain_image() -> None:
    pipe, latents = tiny.shared_pipeline("flux"), []

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        latents.append(tensors["latents"])
        return tensors

    tiny.run(pipe, callback_on_step_end=keep)
    guided_run(pipe, calls={"callback_on_step_end": keep}, start=0.5)
    plain, guided = latents[:4], latents[4:]
    assert [torch.equal(one, other) for one, other in zip(plain, guided, strict=True)] == [True, True, False, False]


@pytest.mark.parametrize("method", ["transport", "gradient"])
@pytest.mark.parametrize("family", ["sd15", "sdxl", "flux2", "sana"])
def test_what_guidance_sees_is_told_step_by_step(family: str, method: str) -> None:
    steps: list[GuidedStep] = []
    pipe = tiny.shared_pipeline(family)
    with guide(pipe, tiny.COOL, on_step=steps.append, method=method, inner_steps=1, linear_until=0.5):
        image = tiny.run(pipe)
    sizes = [8 if family != "flux2" else 4] * 2 + [64] * 2
    if family == "sd15":  # which takes its first step twice, and shares are of five
        assert [step.guided for step in steps] == [True, False, True, True, True]
        assert [(step.done, step.of) for step in steps] == [(done, 5) for done in range(1, 6)]
        steps, sizes = [step for step in steps if step.guided], [8, 64, 64, 64]
    assert [tuple(step.seen.shape) for step in steps if step.seen is not None] == [(2, 3, side, side) for side in sizes]
    for step in steps:
        assert step.seen is not None
        assert step.seen.dtype == torch.float32
        assert step.seen.min() >= 0 and step.seen.max() <= 1
        assert not step.seen.requires_grad
    last = steps[-1].seen
    assert last is not None
    assert (last - image).abs().mean() < 0.15  # the last one is nearly the image


def test_more_strength_goes_farther() -> None:
    pipe = tiny.shared_pipeline("flux")
    left = [
        tiny.nearness(guided_run(pipe, strength=strength), tiny.run(pipe), tiny.COOL) for strength in (0.1, 0.4, 1.0)
    ]
    assert 1 > left[0] > left[1] > left[2]


def test_a_picture_and_a_read_reference_serve_as_well() -> None:
    from PIL import Image

    pipe, plain = tiny.shared_pipeline("flux"), tiny.run(tiny.shared_pipeline("flux"))
    picture = torch.tensor([[[10, 60, 90], [190, 215, 230]]], dtype=torch.uint8).repeat(8, 8, 1).numpy()
    read = read_reference(picture)
    images = []
    for reference in (picture, Image.fromarray(picture), read, [read, read]):
        with guide(pipe, reference):
            images.append(tiny.run(pipe))
    assert tiny.nearness(images[0], plain, read) < 0.75
    assert all(torch.equal(image, images[0]) for image in images)


@pytest.mark.parametrize("method", ["transport", "gradient"])
def test_decode_scale_looks_at_smaller_pictures(method: str) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    sides: list[int] = []
    pipe.vae.decoder.register_forward_pre_hook(lambda module, args: sides.append(args[0].shape[-1]))
    plain = tiny.run(pipe)
    sides.clear()
    guided = guided_run(pipe, decode_scale=0.5, method=method, linear_until=0.5)
    assert set(sides[:-1]) == {4}
    assert sides[-1] == 8  # the pipeline's own, for the image
    assert guided.shape == plain.shape
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.8


def test_grain_is_left_to_the_last_step() -> None:
    pipe, latents = tiny.shared_pipeline("sd3"), []

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        latents.append(tensors["latents"])
        return tensors

    images = [guided_run(pipe, calls={"callback_on_step_end": keep}, grain=grain) for grain in (0.0, 2.0)]
    left, smoothed = latents[:4], latents[4:]
    assert [torch.equal(one, other) for one, other in zip(left, smoothed, strict=True)] == [True, True, True, False]
    finest = [(image - F.avg_pool2d(image, 3, 1, 1, count_include_pad=False)).square().mean() for image in images]
    assert finest[1] < 0.9 * finest[0]
    assert tiny.nearness(images[1], images[0], tiny.COOL) < 1.1


def test_grain_is_not_judged_on_a_shrunk_picture() -> None:
    pipe = tiny.shared_pipeline("sd3")
    assert torch.equal(*(guided_run(pipe, decode_scale=0.5, grain=grain) for grain in (0.0, 2.0)))


@pytest.mark.parametrize("linear_until, decoded", [(0.0, 4), (0.5, 2), (1.0, 0)])
def test_linear_until_says_how_often_the_decoder_runs(linear_until: float, decoded: int) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    sides: list[int] = []
    pipe.vae.decoder.register_forward_pre_hook(lambda module, args: sides.append(args[0].shape[-1]))
    plain = tiny.run(pipe)
    sides.clear()
    guided = guided_run(pipe, linear_until=linear_until)
    assert len(sides) == decoded + 1
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.8
