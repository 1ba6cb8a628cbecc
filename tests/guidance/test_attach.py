"""What guide() promises and refuses: on tiny pipelines (tests/guidance/tiny.py)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import diffusers
import pytest
import torch
import torch.nn.functional as F

from guidance.attach import GuidedStep, guide
from guidance.reference import read_reference
from guidance.schedules import SCHEDULERS
from guidance.settings import GuidanceSettings
from reswd_torch import InputError
from tests.guidance import tiny

_shared = tiny.shared_pipeline
REEVALUATE = {"method": "gradient", "reevaluate": True, "inner_steps": 3}
METHODS = [{"method": "transport"}, {"method": "gradient", "inner_steps": 2}, {**REEVALUATE, "inner_steps": 2}]


def _state(pipe: Any) -> list[set[str]]:
    """Names of all that hangs on the pipeline's parts themselves, and of hooks."""
    hooks = {str(key) for key in _denoiser(pipe)._forward_hooks}
    return [set(vars(pipe)), set(vars(pipe.scheduler)), set(vars(pipe.vae)), set(vars(_denoiser(pipe))), hooks]


def _denoiser(pipe: Any) -> Any:
    return getattr(pipe, "unet", None) or pipe.transformer


@contextmanager
def _denoiser_that(pipe: Any, change: Callable[[int, Any], Any]) -> Iterator[list[int]]:
    """Pass what the denoiser says through ``change(call, output)``, calls counted from 0; gives the list of calls."""
    calls: list[int] = []

    def hook(module: Any, args: Any, output: Any) -> Any:
        calls.append(len(calls))
        return change(calls[-1], output)

    handle = _denoiser(pipe).register_forward_hook(hook)
    try:
        yield calls
    finally:
        handle.remove()


def _guided(pipe: Any, calls: dict[str, Any] | None = None, **options: Any) -> torch.Tensor:
    with guide(pipe, tiny.COOL, **options):
        return tiny.run(pipe, **(calls or {}))


# Leaving


@pytest.mark.parametrize("options", METHODS, ids=["transport", "gradient", "reevaluate"])
@pytest.mark.parametrize("family", ["sd15", "flux2-klein", "sana"])
def test_nothing_is_left_on_the_pipeline(family: str, options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline(family)
    plain = tiny.run(pipe)
    before = _state(pipe)
    with guide(pipe, tiny.COOL, **options):
        assert "step" in vars(pipe.scheduler)
        tiny.run(pipe)
    assert _state(pipe) == before
    assert torch.equal(tiny.run(pipe), plain)


class _Stop(Exception):
    pass


def _fail(*args: Any) -> None:
    raise _Stop


@pytest.mark.parametrize("where", ["block", "on_step", "denoiser"])
def test_nothing_is_left_after_an_exception(where: str) -> None:
    pipe = tiny.tiny_pipeline("sd15")
    plain = tiny.run(pipe)
    before = _state(pipe)
    with pytest.raises(_Stop), guide(pipe, tiny.COOL, on_step=_fail if where == "on_step" else None, **REEVALUATE):
        if where == "denoiser":
            with _denoiser_that(pipe, lambda call, output: _fail() if call == 2 else None):
                tiny.run(pipe)
        tiny.run(pipe)
        _fail()
    assert _state(pipe) == before
    assert torch.equal(tiny.run(pipe), plain)
    assert not torch.equal(_guided(pipe), plain)  # it can be guided again


@pytest.mark.parametrize("call", [1, 3])
def test_a_call_after_one_that_broke_is_as_any_other(call: int) -> None:
    """This family calls its denoiser twice a step: the first of a step is over when the second one fails."""
    pipe = _shared("flux2-klein")
    wanted = _guided(pipe, **REEVALUATE)
    with guide(pipe, tiny.COOL, **REEVALUATE):
        with pytest.raises(_Stop), _denoiser_that(pipe, lambda at, output: _fail() if at == call else None):
            tiny.run(pipe)
        assert torch.equal(tiny.run(pipe), wanted)


def test_a_method_of_ones_own_comes_back() -> None:
    pipe = tiny.tiny_pipeline("sd3")
    original, seen = pipe.scheduler.step, []

    def mine(model_output: Any, timestep: Any, sample: Any, **more: Any) -> Any:
        seen.append(timestep)
        return original(model_output, timestep, sample, **more)

    pipe.scheduler.step = mine
    plain = tiny.run(pipe)
    assert tiny.nearness(_guided(pipe), plain, tiny.COOL) < 0.8
    assert len(seen) == 8
    assert pipe.scheduler.step is mine


# Twice


def test_a_pipeline_is_guided_once_at_a_time() -> None:
    pipe = tiny.tiny_pipeline("sd3")
    wanted = _guided(pipe)
    with guide(pipe, tiny.COOL):
        with pytest.raises(InputError, match="is being guided already: leave that block first, or load a second"):
            guide(pipe, tiny.WARM).__enter__()
        assert torch.equal(tiny.run(pipe), wanted)  # the first block goes on
    assert torch.equal(_guided(pipe), wanted)


def test_a_block_that_could_not_begin_blocks_nothing() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    unet = pipe.unet
    pipe.unet = None
    with pytest.raises(InputError, match="has no denoiser to call again: leave out reevaluate=True"):
        _guided(pipe, **REEVALUATE)
    pipe.unet = unet
    assert torch.isfinite(_guided(pipe)).all()


def test_two_pipelines_are_guided_side_by_side() -> None:
    one, other = _shared("sd15"), _shared("flux")
    wanted = [_guided(one), _guided(other)]
    with guide(one, tiny.COOL) as first, guide(other, tiny.COOL) as second:
        got = [tiny.run(one), tiny.run(other)]
    assert all(torch.equal(each, alone) for each, alone in zip(got, wanted, strict=True))
    assert (first.guided, second.guided) == (4, 4)


def test_another_scheduler_inside_the_block_is_refused() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    before = pipe.scheduler
    with guide(pipe, tiny.COOL):
        tiny.run(pipe)
        pipe.scheduler = diffusers.DDIMScheduler.from_config(before.config)
        with pytest.raises(InputError, match="given another scheduler, DDIMScheduler, while it was being guided"):
            tiny.run(pipe)
        pipe.scheduler = before
        tiny.run(pipe)
    pipe.scheduler = diffusers.DDIMScheduler.from_config(before.config)
    assert torch.isfinite(_guided(pipe)).all()
    assert "step" not in vars(before)


# What is refused


def test_a_scheduler_that_is_not_known_is_named_with_those_that_are() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.scheduler = diffusers.HeunDiscreteScheduler.from_config(pipe.scheduler.config)
    with pytest.raises(InputError) as error:
        _guided(pipe)
    assert str(error.value).startswith(
        f"HeunDiscreteScheduler cannot be guided: choose one of {', '.join(SCHEDULERS)}, "
    )


def test_runge_kutta_steps_are_refused() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.scheduler = diffusers.PNDMScheduler.from_config(pipe.scheduler.config, skip_prk_steps=False)
    with pytest.raises(InputError, match="PNDMScheduler with skip_prk_steps=False cannot be guided"):
        _guided(pipe)


def test_a_pipeline_that_is_not_known_is_refused() -> None:
    class KandinskyPipeline:
        scheduler = diffusers.DDIMScheduler()
        vae = None

    with pytest.raises(InputError, match="^KandinskyPipeline is not supported: load a pipeline of one of "):
        _guided(KandinskyPipeline())


@pytest.mark.parametrize(
    "options, message",
    [
        ({"strenght": 1.0}, "unknown guidance setting 'strenght': choose from strength, start, "),
        ({"strength": -0.1}, "strength -0.1 is out of range: give a number from 0 to 2"),
        ({"start": 1.5}, "start 1.5 is out of range"),
        ({"stop": float("nan")}, "stop nan is out of range"),
        ({"start": 0.5, "stop": 0.5}, "start 0.5 is not before stop 0.5"),
        ({"reevaluate": True}, "reevaluate=True asks for gradient steps"),
    ],
)
def test_settings_that_do_not_go_are_refused_before_anything_runs(options: dict[str, Any], message: str) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    with pytest.raises(InputError, match=re.escape(message)):
        _guided(pipe, **options)
    assert "step" not in vars(pipe.scheduler)


def test_options_win_over_settings() -> None:
    pipe, settings = _shared("sd3"), GuidanceSettings(strength=0.3, start=0.25)
    with guide(pipe, tiny.COOL, settings=settings, strength=0.8) as record:
        image = tiny.run(pipe)
    assert record.guided == 3
    assert torch.equal(image, _guided(pipe, strength=0.8, start=0.25))


@pytest.mark.parametrize(
    "reference, message",
    [
        ([], "the list of references is empty"),
        ("#12345g", "12345g"),
        (torch.rand(4, 4), "reference has shape"),
        (torch.full((4, 4, 3), float("nan")), "reference"),
        (None, "reference"),
    ],
    ids=["empty", "no colour", "no picture", "not numbers", "nothing"],
)
def test_what_is_no_reference_is_refused(reference: Any, message: str) -> None:
    with pytest.raises(InputError, match=message), guide(_shared("sd3"), reference):
        raise AssertionError("not reached")


@pytest.mark.parametrize("count", [3, 4])
def test_references_that_do_not_fit_the_batch_are_refused(count: int) -> None:
    message = f"{count} references do not fit 2 images: give one for all, or one for each prompt"
    with pytest.raises(InputError, match=message), guide(_shared("sd3"), [tiny.COOL] * count):
        tiny.run(_shared("sd3"))


@pytest.mark.parametrize("options", METHODS[1:], ids=["gradient", "reevaluate"])
def test_a_model_that_predicts_the_sample_has_no_gradient(options: dict[str, Any]) -> None:
    pipe = copy.copy(_shared("sd15"))
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, prediction_type="sample")
    with pytest.raises(InputError, match="a model that predicts the sample itself gives no gradient"):
        _guided(pipe, **options)
    assert torch.isfinite(_guided(pipe)).all()


@pytest.mark.parametrize("options", [{}, {"strength": 0}, {"method": "gradient"}], ids=["guided", "plain", "gradient"])
@pytest.mark.parametrize("call, step", [(0, 1), (1, 2), (3, 4)])
def test_latents_that_are_not_numbers_are_refused_with_the_step(call: int, step: int, options: dict[str, Any]) -> None:
    pipe = _shared("sd3")
    broken = _denoiser_that(pipe, lambda at, output: (output[0] * float("nan"),) if at == call else None)
    with broken, pytest.raises(InputError, match=f"^step {step} of 4: the latents are not numbers any more"):
        _guided(pipe, **options)


def test_what_the_last_step_makes_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    original = pipe.scheduler.step
    taken: list[int] = []

    def overflow(model_output: Any, timestep: Any, sample: Any, **more: Any) -> Any:
        taken.append(0)
        (after,) = original(model_output, timestep, sample, **more)
        return (after * float("inf"),) if len(taken) == 4 else (after,)

    monkeypatch.setattr(pipe.scheduler, "step", overflow)
    with pytest.raises(InputError, match="^step 4 of 4: the latents are not numbers any more"):
        _guided(pipe)


@pytest.mark.parametrize("options", METHODS[:2], ids=["transport", "gradient"])
def test_memory_that_runs_out_comes_with_advice(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    plain = tiny.run(pipe)

    def fail(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(pipe.vae.decoder, "forward", fail)
        with pytest.raises(InputError, match=r"lower decode_scale .*enable_model_cpu_offload") as error:
            _guided(pipe, **options)
    assert isinstance(error.value.__cause__, torch.OutOfMemoryError)
    assert torch.equal(tiny.run(pipe), plain)


# What it costs, and what it leaves alone


@pytest.mark.parametrize("family", ["sdxl", "sd3", "flux2-klein"])
def test_the_denoiser_is_called_as_often_as_without_guidance(family: str) -> None:
    pipe = _shared(family)
    counts = []
    for options in ({"strength": 0}, {}, {"method": "gradient"}, REEVALUATE):
        with _denoiser_that(pipe, lambda call, output: None) as calls:
            _guided(pipe, **options)
        counts.append(len(calls))
    plain = counts[0]
    assert plain == (8 if family == "flux2-klein" else 4)
    assert counts[1:] == [plain, plain, (1 + REEVALUATE["inner_steps"]) * plain]  # type: ignore[operator]


@pytest.mark.parametrize("options", METHODS, ids=["transport", "gradient", "reevaluate"])
def test_no_parameter_gets_a_gradient_or_changes(options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.text_encoder.requires_grad_(False)
    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    parameters = [parameter for module in modules for parameter in module.parameters()]
    asking, values = [each.requires_grad for each in parameters], [each.clone() for each in parameters]
    training = [module.training for module in modules]
    assert {True, False} == set(asking)
    _guided(pipe, **options)
    assert all(each.grad is None for each in parameters)
    assert [each.requires_grad for each in parameters] == asking
    assert all(torch.equal(each, value) for each, value in zip(parameters, values, strict=True))
    assert [module.training for module in modules] == training


@pytest.mark.parametrize("options", METHODS, ids=["transport", "gradient", "reevaluate"])
def test_the_global_generator_is_left_alone(options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline("sd3")  # whose linear map is not known yet
    torch.manual_seed(5)
    before = torch.get_rng_state()
    _guided(pipe, **options)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("options", METHODS, ids=["transport", "gradient", "reevaluate"])
@pytest.mark.parametrize("family", ["sd15", "flux"])
def test_inference_mode_changes_nothing(family: str, options: dict[str, Any]) -> None:
    pipe = tiny.tiny_pipeline(family)  # the linear map is made inside, and used outside
    with torch.inference_mode():
        inside = _guided(pipe, **options)
    assert torch.equal(inside, _guided(pipe, **options))
    with torch.enable_grad():
        assert torch.equal(_guided(pipe, **options), inside)


# Which steps, and what is told


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
    with guide(_shared("flux"), tiny.COOL, on_step=steps.append, method=method, inner_steps=1, **window) as record:
        tiny.run(_shared("flux"))
    assert [step.guided for step in steps] == moved
    assert [step.seen is not None for step in steps] == moved
    assert [(step.done, step.of) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (record.steps, record.guided) == (4, sum(moved))


def test_steps_before_the_window_are_those_of_the_plain_image() -> None:
    pipe, latents = _shared("flux"), []

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        latents.append(tensors["latents"])
        return tensors

    tiny.run(pipe, callback_on_step_end=keep)
    _guided(pipe, calls={"callback_on_step_end": keep}, start=0.5)
    plain, guided = latents[:4], latents[4:]
    assert [torch.equal(one, other) for one, other in zip(plain, guided, strict=True)] == [True, True, False, False]


@pytest.mark.parametrize("method", ["transport", "gradient"])
@pytest.mark.parametrize("family", ["sd15", "sdxl", "flux2", "sana"])
def test_what_guidance_sees_is_told_step_by_step(family: str, method: str) -> None:
    steps: list[GuidedStep] = []
    pipe = _shared(family)
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
    pipe = _shared("flux")
    left = [tiny.nearness(_guided(pipe, strength=strength), tiny.run(pipe), tiny.COOL) for strength in (0.1, 0.4, 1.0)]
    assert 1 > left[0] > left[1] > left[2]


def test_a_picture_and_a_read_reference_serve_as_well() -> None:
    from PIL import Image

    pipe, plain = _shared("flux"), tiny.run(_shared("flux"))
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
    guided = _guided(pipe, decode_scale=0.5, method=method, linear_until=0.5)
    assert set(sides[:-1]) == {4}
    assert sides[-1] == 8  # the pipeline's own, for the image
    assert guided.shape == plain.shape
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.8


def test_grain_is_left_to_the_last_step() -> None:
    pipe, latents = _shared("sd3"), []

    def keep(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        latents.append(tensors["latents"])
        return tensors

    images = [_guided(pipe, calls={"callback_on_step_end": keep}, grain=grain) for grain in (0.0, 2.0)]
    left, smoothed = latents[:4], latents[4:]
    assert [torch.equal(one, other) for one, other in zip(left, smoothed, strict=True)] == [True, True, True, False]
    finest = [(image - F.avg_pool2d(image, 3, 1, 1, count_include_pad=False)).square().mean() for image in images]
    assert finest[1] < 0.9 * finest[0]
    assert tiny.nearness(images[1], images[0], tiny.COOL) < 1.1


def test_grain_is_not_judged_on_a_shrunk_picture() -> None:
    pipe = _shared("sd3")
    assert torch.equal(*(_guided(pipe, decode_scale=0.5, grain=grain) for grain in (0.0, 2.0)))


@pytest.mark.parametrize("linear_until, decoded", [(0.0, 4), (0.5, 2), (1.0, 0)])
def test_linear_until_says_how_often_the_decoder_runs(linear_until: float, decoded: int) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    sides: list[int] = []
    pipe.vae.decoder.register_forward_pre_hook(lambda module, args: sides.append(args[0].shape[-1]))
    plain = tiny.run(pipe)
    sides.clear()
    guided = _guided(pipe, linear_until=linear_until)
    assert len(sides) == decoded + 1
    assert tiny.nearness(guided, plain, tiny.COOL) < 0.8
