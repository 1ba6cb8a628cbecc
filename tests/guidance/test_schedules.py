"""Noise levels, predictions and moved steps agree with what the schedulers of diffusers compute themselves."""

from __future__ import annotations

from typing import Any

import diffusers
import pytest
import torch

from guidance.schedules import (
    EPSILON,
    FLOW,
    SAMPLE,
    SCHEDULERS,
    VELOCITY,
    NoiseLevel,
    Schedule,
    moved,
    predicted_x0,
    sample_slope,
)
from reswd_torch import InputError

NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SOLVERS = ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler")
STEPS = 5


def _cases() -> list[Any]:
    cases = []
    for name in SCHEDULERS:
        predictions = [EPSILON, VELOCITY, SAMPLE]
        if name in ("PNDMScheduler", "EulerAncestralDiscreteScheduler"):
            predictions.remove(SAMPLE)  # which diffusers does not have there
        if name == "FlowMatchEulerDiscreteScheduler":
            predictions = [FLOW]
        if name in SOLVERS:
            predictions.append(FLOW)
        cases += [pytest.param(name, prediction, id=f"{name}-{prediction}") for prediction in predictions]
    return cases


def _scheduler(name: str, prediction: str, **more: Any) -> Any:
    if name == "FlowMatchEulerDiscreteScheduler":
        made = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, **more)
    else:
        flow = {"use_flow_sigmas": True, "flow_shift": 3.0} if prediction == FLOW else {}
        pndm = {"skip_prk_steps": True} if name == "PNDMScheduler" else {}
        clipped = {"clip_sample": False} if name == "DDIMScheduler" else {}  # as in the configuration of latent models
        made = getattr(diffusers, name)(**NOISE, **clipped, prediction_type=prediction, **flow, **pndm, **more)
    made.set_timesteps(STEPS)
    return made


def _draw(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 4, 4, 4, generator=generator), torch.randn(2, 4, 4, 4, generator=generator)


def _noised(scheduler: Any, x0: torch.Tensor, noise: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """The clean latents with noise added by the scheduler itself."""
    if isinstance(scheduler, diffusers.FlowMatchEulerDiscreteScheduler):
        return scheduler.scale_noise(x0, timestep[None], noise)
    return scheduler.add_noise(x0, noise, timestep[None])


def _output(
    scheduler: Any, x0: torch.Tensor, noise: torch.Tensor, prediction: str, timestep: torch.Tensor
) -> torch.Tensor:
    """The output of a perfect model. The velocity follows its definition, from the noise schedule itself."""
    kept = scheduler.alphas_cumprod[int(timestep)] if prediction == VELOCITY else torch.tensor(0.0)
    velocity = kept.sqrt() * noise - (1 - kept).sqrt() * x0
    return {EPSILON: noise, SAMPLE: x0, FLOW: noise - x0, VELOCITY: velocity}[prediction]


@pytest.mark.parametrize("name, prediction", _cases())
def test_the_prediction_is_what_the_sample_was_made_from(name: str, prediction: str) -> None:
    scheduler = _scheduler(name, prediction)
    schedule, (x0, noise) = Schedule(scheduler), _draw()
    assert schedule.prediction == prediction
    for index, timestep in enumerate(scheduler.timesteps):
        sample = _noised(scheduler, x0, noise, timestep)
        output = _output(scheduler, x0, noise, prediction, timestep)
        level = schedule.level(index, timestep)
        torch.testing.assert_close(level.scale * (level.alpha * x0 + level.sigma * noise), sample, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(predicted_x0(sample, output, level, prediction), x0, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize(
    "name", ["DDIMScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", *SOLVERS]
)
@pytest.mark.parametrize("prediction", [EPSILON, VELOCITY, SAMPLE])
def test_the_prediction_is_the_schedulers_own(name: str, prediction: str) -> None:
    """This holds for any sample and output, in the middle of a run."""
    if name == "EulerAncestralDiscreteScheduler" and prediction == SAMPLE:
        prediction = EPSILON
    scheduler = _scheduler(name, prediction)
    schedule, (sample, output) = Schedule(scheduler), _draw()
    for index, timestep in enumerate(scheduler.timesteps):
        got = predicted_x0(sample, output, schedule.level(index, timestep), prediction)
        if name in SOLVERS:
            scheduler._step_index = index
            wanted = scheduler.convert_model_output(output, sample=sample)
        else:
            wanted = scheduler.step(output, timestep, sample).pred_original_sample
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name, prediction", _cases())
def test_a_moved_step_means_other_clean_latents_and_the_same_noise(name: str, prediction: str) -> None:
    scheduler = _scheduler(name, prediction)
    schedule, (sample, output) = Schedule(scheduler), _draw()
    shift = 0.5 * _draw(1)[0]
    for index, timestep in enumerate(scheduler.timesteps):
        level = schedule.level(index, timestep)
        before = predicted_x0(sample, output, level, prediction)
        new_sample, new_output = moved(sample, output, shift, level, prediction)
        after = predicted_x0(new_sample, new_output, level, prediction)
        torch.testing.assert_close(after, before + shift, rtol=1e-4, atol=2e-3)
        noise, new_noise = sample - level.scale * level.alpha * before, new_sample - level.scale * level.alpha * after
        torch.testing.assert_close(new_noise, noise, rtol=1e-4, atol=1e-3)

        kept, other_output = moved(sample, output, shift, level, prediction, keep_sample=True)
        assert kept is sample
        after = predicted_x0(sample, other_output, level, prediction)
        torch.testing.assert_close(after, before + shift, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("name, prediction", [case for case in _cases() if case.values[0] != "PNDMScheduler"])
def test_a_sampler_that_is_moved_to_a_picture_at_each_step_ends_there(name: str, prediction: str) -> None:
    """It ends there whatever the model says, so every step and everything that a solver remembers has to take the move."""
    clean = {"set_alpha_to_one": True} if name in ("DDIMScheduler", "LCMScheduler") else {}
    scheduler = _scheduler(name, prediction, **clean)
    schedule, (wanted, sample) = Schedule(scheduler), _draw()
    sample = sample * float(scheduler.init_noise_sigma) if hasattr(scheduler, "init_noise_sigma") else sample
    generator = torch.Generator().manual_seed(3)
    for index, timestep in enumerate(scheduler.timesteps):
        output, level = torch.randn(sample.shape, generator=generator), schedule.level(index, timestep)
        shift = wanted - predicted_x0(sample, output, level, prediction)
        keep = schedule.family.keeps_sample(scheduler)
        assert keep == (name == "UniPCMultistepScheduler" and index > 0)
        sample, output = moved(sample, output, shift, level, prediction, keep_sample=keep)
        random = {} if name in ("DDIMScheduler", "UniPCMultistepScheduler") else {"generator": generator}
        sample = scheduler.step(output, timestep, sample, **random, return_dict=False)[0]
    torch.testing.assert_close(sample, wanted, rtol=1e-3, atol=5e-3)


def test_the_step_that_pndm_takes_again_is_left_alone() -> None:
    scheduler = _scheduler("PNDMScheduler", EPSILON)
    family, (sample, output) = Schedule(scheduler).family, _draw()
    retakes = []
    for timestep in scheduler.timesteps:
        retakes.append(family.retakes(scheduler))
        sample = scheduler.step(output, timestep, sample).prev_sample
    assert retakes == [False, True, False, False, False, False]


@pytest.mark.parametrize("name, prediction", [case for case in _cases() if case.values[1] in (EPSILON, FLOW)])
def test_after_the_last_step_there_is_no_noise(name: str, prediction: str) -> None:
    clean = {"set_alpha_to_one": True} if name in ("DDIMScheduler", "PNDMScheduler", "LCMScheduler") else {}
    level = Schedule(_scheduler(name, prediction, **clean)).level(STEPS, -1)
    assert level.sigma == pytest.approx(0, abs=1e-6)
    assert level.alpha * level.scale == pytest.approx(1)


def test_ddim_that_does_not_end_at_one_keeps_the_noise_of_its_first_level() -> None:
    scheduler = _scheduler("DDIMScheduler", EPSILON, set_alpha_to_one=False)
    assert Schedule(scheduler).level(STEPS, -1).alpha ** 2 == pytest.approx(float(scheduler.alphas_cumprod[0]))


@pytest.mark.parametrize("prediction", [EPSILON, VELOCITY, SAMPLE, FLOW])
def test_the_slope_is_the_derivative_by_the_sample(prediction: str) -> None:
    level, (sample, output) = NoiseLevel(0.6, 0.8, 2.0), _draw()
    sample.requires_grad_()
    x0 = predicted_x0(sample, output, level, prediction)
    slope = sample_slope(level, prediction)
    if prediction == SAMPLE:
        assert slope == 0 and not x0.requires_grad
        return
    (gradient,) = torch.autograd.grad(x0.sum(), sample)
    torch.testing.assert_close(gradient, torch.full_like(sample, slope))


@pytest.mark.parametrize("keep", [False, True])
def test_each_keeps_its_dtype(keep: bool) -> None:
    sample, output = _draw()
    shift, level = torch.ones_like(sample), NoiseLevel(0.6, 0.8)
    sample, output = moved(sample, output.bfloat16(), shift, level, EPSILON, keep_sample=keep)
    assert (sample.dtype, output.dtype) == (torch.float32, torch.bfloat16)
    assert predicted_x0(sample, output, level, EPSILON).dtype == torch.float32


def test_a_scheduler_that_descends_from_a_known_one_is_known() -> None:
    class Mine(diffusers.EulerDiscreteScheduler):
        pass

    schedule = Schedule(Mine(**NOISE, prediction_type=VELOCITY))
    assert (schedule.name, schedule.prediction) == ("Mine", VELOCITY)
    assert schedule.family is SCHEDULERS["EulerDiscreteScheduler"]


def test_named_schedulers_are_those_of_diffusers() -> None:
    assert all(hasattr(diffusers, name) for name in SCHEDULERS)


def test_what_cannot_be_guided_is_refused() -> None:
    with pytest.raises(InputError, match="^HeunDiscreteScheduler cannot be guided: choose one of DDIMScheduler, PNDM"):
        Schedule(diffusers.HeunDiscreteScheduler())
    with pytest.raises(InputError, match="PNDMScheduler with skip_prk_steps=False cannot be guided"):
        Schedule(diffusers.PNDMScheduler())
    scheduler = diffusers.DDIMScheduler()
    scheduler.register_to_config(prediction_type="score")
    with pytest.raises(
        InputError, match="DDIMScheduler with prediction_type 'score' cannot be guided: supported are eps"
    ):
        Schedule(scheduler)
