"""guide() leaves a pipeline as it was, and refuses what it cannot guide; on tiny pipelines (tests/guidance/tiny)."""

from __future__ import annotations

import copy
import re
from typing import Any

import diffusers
import pytest
import torch

from guidance.attach import guide
from guidance.schedules import SCHEDULERS
from guidance.settings import GuidanceSettings
from reswd_torch import InputError
from tests.guidance import tiny
from tests.guidance.steering import METHOD_NAMES, METHODS, REEVALUATE, changed_denoiser, denoiser_of, guided_run


def _state(pipe: Any) -> list[set[str]]:
    """The names of the attributes that the pipeline and its parts have, and of the denoiser's hooks."""
    hooks = {str(key) for key in denoiser_of(pipe)._forward_hooks}
    return [set(vars(pipe)), set(vars(pipe.scheduler)), set(vars(pipe.vae)), set(vars(denoiser_of(pipe))), hooks]


@pytest.mark.parametrize("options", METHODS, ids=METHOD_NAMES)
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
            with changed_denoiser(pipe, lambda call, output: _fail() if call == 2 else None):
                tiny.run(pipe)
        tiny.run(pipe)
        _fail()
    assert _state(pipe) == before
    assert torch.equal(tiny.run(pipe), plain)
    assert not torch.equal(guided_run(pipe), plain)  # it can be guided again


@pytest.mark.parametrize("call", [1, 3])
def test_a_call_after_one_that_broke_is_as_any_other(call: int) -> None:
    """This family calls its denoiser twice at each step. The second call fails when the first one has been kept already."""
    pipe = tiny.shared_pipeline("flux2-klein")
    wanted = guided_run(pipe, **REEVALUATE)
    with guide(pipe, tiny.COOL, **REEVALUATE):
        with pytest.raises(_Stop), changed_denoiser(pipe, lambda at, output: _fail() if at == call else None):
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
    assert tiny.nearness(guided_run(pipe), plain, tiny.COOL) < 0.8
    assert len(seen) == 8
    assert pipe.scheduler.step is mine


def test_a_pipeline_is_guided_once_at_a_time() -> None:
    pipe = tiny.tiny_pipeline("sd3")
    wanted = guided_run(pipe)
    with guide(pipe, tiny.COOL):
        with pytest.raises(InputError, match="is being guided already: leave that block first, or load a second"):
            guide(pipe, tiny.WARM).__enter__()
        assert torch.equal(tiny.run(pipe), wanted)  # the first block goes on
    assert torch.equal(guided_run(pipe), wanted)


def test_a_block_that_could_not_begin_blocks_nothing() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    unet = pipe.unet
    pipe.unet = None
    with pytest.raises(InputError, match="has no denoiser to call again: leave out reevaluate=True"):
        guided_run(pipe, **REEVALUATE)
    pipe.unet = unet
    assert torch.isfinite(guided_run(pipe)).all()


def test_two_pipelines_are_guided_side_by_side() -> None:
    one, other = tiny.shared_pipeline("sd15"), tiny.shared_pipeline("flux")
    wanted = [guided_run(one), guided_run(other)]
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
    assert torch.isfinite(guided_run(pipe)).all()
    assert "step" not in vars(before)


def test_a_scheduler_that_is_not_known_is_named_with_those_that_are() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.scheduler = diffusers.HeunDiscreteScheduler.from_config(pipe.scheduler.config)
    with pytest.raises(InputError) as error:
        guided_run(pipe)
    assert str(error.value).startswith(
        f"HeunDiscreteScheduler cannot be guided: choose one of {', '.join(SCHEDULERS)}, "
    )


def test_runge_kutta_steps_are_refused() -> None:
    pipe = tiny.tiny_pipeline("sd15")
    pipe.scheduler = diffusers.PNDMScheduler.from_config(pipe.scheduler.config, skip_prk_steps=False)
    with pytest.raises(InputError, match="PNDMScheduler with skip_prk_steps=False cannot be guided"):
        guided_run(pipe)


def test_a_pipeline_that_is_not_known_is_refused() -> None:
    class KandinskyPipeline:
        scheduler = diffusers.DDIMScheduler()
        vae = None

    with pytest.raises(InputError, match="^KandinskyPipeline is not supported: load a pipeline of one of "):
        guided_run(KandinskyPipeline())


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
        guided_run(pipe, **options)
    assert "step" not in vars(pipe.scheduler)


def test_options_win_over_settings() -> None:
    pipe, settings = tiny.shared_pipeline("sd3"), GuidanceSettings(strength=0.3, start=0.25)
    with guide(pipe, tiny.COOL, settings=settings, strength=0.8) as record:
        image = tiny.run(pipe)
    assert record.guided == 3
    assert torch.equal(image, guided_run(pipe, strength=0.8, start=0.25))


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
    with pytest.raises(InputError, match=message), guide(tiny.shared_pipeline("sd3"), reference):
        raise AssertionError("not reached")


@pytest.mark.parametrize("count", [3, 4])
def test_references_that_do_not_fit_the_batch_are_refused(count: int) -> None:
    message = f"{count} references do not fit 2 images: give one for all, or one for each prompt"
    with pytest.raises(InputError, match=message), guide(tiny.shared_pipeline("sd3"), [tiny.COOL] * count):
        tiny.run(tiny.shared_pipeline("sd3"))


@pytest.mark.parametrize("options", METHODS[1:], ids=METHOD_NAMES[1:])
def test_a_model_that_predicts_the_sample_has_no_gradient(options: dict[str, Any]) -> None:
    pipe = copy.copy(tiny.shared_pipeline("sd15"))
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config, prediction_type="sample")
    with pytest.raises(InputError, match="a model that predicts the sample itself gives no gradient"):
        guided_run(pipe, **options)
    assert torch.isfinite(guided_run(pipe)).all()


@pytest.mark.parametrize("options", [{}, {"strength": 0}, {"method": "gradient"}], ids=["guided", "plain", "gradient"])
@pytest.mark.parametrize("call, step", [(0, 1), (1, 2), (3, 4)])
def test_latents_that_are_not_numbers_are_refused_with_the_step(call: int, step: int, options: dict[str, Any]) -> None:
    pipe = tiny.shared_pipeline("sd3")
    broken = changed_denoiser(pipe, lambda at, output: (output[0] * float("nan"),) if at == call else None)
    with broken, pytest.raises(InputError, match=f"^step {step} of 4: the latents are not numbers any more"):
        guided_run(pipe, **options)


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
        guided_run(pipe)


@pytest.mark.parametrize("options", METHODS[:2], ids=METHOD_NAMES[:2])
def test_memory_that_runs_out_comes_with_advice(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tiny.tiny_pipeline("sd3")
    plain = tiny.run(pipe)

    def fail(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(pipe.vae.decoder, "forward", fail)
        with pytest.raises(InputError, match=r"lower decode_scale .*enable_model_cpu_offload") as error:
            guided_run(pipe, **options)
    assert isinstance(error.value.__cause__, torch.OutOfMemoryError)
    assert torch.equal(tiny.run(pipe), plain)
