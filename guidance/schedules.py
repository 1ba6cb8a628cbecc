"""What a scheduler's step makes of the model's output: the clean latents that it implies, and how to move them.

Every scheduler here keeps its sample as ``scale * (alpha * x0 + sigma * noise)``. The noise level of one step and the meaning
of the model's output determine the predicted clean latents x0 (arXiv 2010.02502, eq. 12; 2202.00512, appendix D, for v;
2209.03003 for flow matching). They also determine the pair of sample and output that means other clean latents with the same
noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch import Tensor

from guidance.protocols import Scheduler, Timestep
from reswd_torch.errors import InputError

EPSILON, VELOCITY, SAMPLE, FLOW = "epsilon", "v_prediction", "sample", "flow_prediction"
"""What a model's output can mean: the noise, the velocity v, the clean latents, or noise less clean latents. These are
diffusers' names."""


@dataclass(frozen=True)
class NoiseLevel:
    """How much noise a scheduler's sample holds, which is ``scale * (alpha * x0 + sigma * noise)``.

    Attributes:
        alpha, sigma: shares of signal and noise. In diffusion alpha^2 + sigma^2 = 1, in flow matching alpha + sigma = 1.
        scale: factor of the whole sample. It is not 1 for samplers that keep their sample as ``x0 + sigma * noise``.
    """

    alpha: float
    sigma: float
    scale: float = 1.0


class _ScheduleOfAlphas(Scheduler, Protocol):
    alphas_cumprod: Tensor
    final_alpha_cumprod: Tensor


class _ScheduleOfSigmas(Scheduler, Protocol):
    sigmas: Tensor


@dataclass(frozen=True)
class SchedulerFamily:
    """One kind of scheduler. Its functions are handed a scheduler of this kind, whose attributes no other kind has.

    Attributes:
        level: takes the scheduler, a step's index and its timestep; returns the noise level of the sample that this step
            is handed.
        retakes: whether the coming step takes the one before it again, from a sample that the scheduler kept. Guidance has
            to leave such a step alone.
        keeps_sample: whether the coming step computes the sample anew and uses nothing but the model's output.
        keeps_noise: whether the samples of two neighbouring steps hold the same clean latents and the same noise, apart from
            an error of higher order.
    """

    level: Callable[[Any, int, Timestep], NoiseLevel]
    retakes: Callable[[Any], bool] = lambda scheduler: False
    keeps_sample: Callable[[Any], bool] = lambda scheduler: False
    keeps_noise: bool = True


def _level_of_alphas(scheduler: _ScheduleOfAlphas, index: int, timestep: Timestep) -> NoiseLevel:
    after_the_last_step = int(timestep) < 0
    kept = float(scheduler.final_alpha_cumprod if after_the_last_step else scheduler.alphas_cumprod[int(timestep)])
    return NoiseLevel(kept**0.5, (1.0 - kept) ** 0.5)


def _level_of_sigmas(scheduler: _ScheduleOfSigmas, index: int, timestep: Timestep) -> NoiseLevel:
    sigma = float(scheduler.sigmas[index])
    alpha = (sigma**2 + 1.0) ** -0.5
    return NoiseLevel(alpha, sigma * alpha, 1.0 / alpha)


def _level_of_flow(scheduler: _ScheduleOfSigmas, index: int, timestep: Timestep) -> NoiseLevel:
    sigma = float(scheduler.sigmas[index])
    return NoiseLevel(1.0 - sigma, sigma)


def _level_of_solver(scheduler: _ScheduleOfSigmas, index: int, timestep: Timestep) -> NoiseLevel:
    if scheduler.config.get("use_flow_sigmas", False):
        return _level_of_flow(scheduler, index, timestep)
    # Its sigmas are those of Euler's method, and its samples are not scaled by them.
    return replace(_level_of_sigmas(scheduler, index, timestep), scale=1.0)


SCHEDULERS: dict[str, SchedulerFamily] = {
    "DDIMScheduler": SchedulerFamily(_level_of_alphas),
    # Its second call takes the first step again, with the mean of both outputs.
    "PNDMScheduler": SchedulerFamily(_level_of_alphas, retakes=lambda pndm: pndm.counter == 1, keeps_noise=False),
    "LCMScheduler": SchedulerFamily(_level_of_alphas, keeps_noise=False),
    "EulerDiscreteScheduler": SchedulerFamily(_level_of_sigmas),
    "EulerAncestralDiscreteScheduler": SchedulerFamily(_level_of_sigmas, keeps_noise=False),
    "DPMSolverMultistepScheduler": SchedulerFamily(_level_of_solver),
    # At every step but the first, its corrector computes the sample anew from the last one that it kept.
    "UniPCMultistepScheduler": SchedulerFamily(
        _level_of_solver, keeps_sample=lambda unipc: unipc.last_sample is not None
    ),
    "FlowMatchEulerDiscreteScheduler": SchedulerFamily(_level_of_flow),
}
"""The schedulers whose steps can be guided, by the name of their class."""


class Schedule:
    """What guidance needs to know of one scheduler.

    Args:
        scheduler: one of diffusers' schedulers in :data:`SCHEDULERS`, or one of a class that descends from these.

    Attributes:
        name: name of the scheduler's class.
        family: its kind.
        prediction: what the model's output means to it: :data:`EPSILON`, :data:`VELOCITY`, :data:`SAMPLE` or :data:`FLOW`.

    Raises:
        InputError: this is another scheduler, or it has a setting that cannot be guided. The message says what is
            supported.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        names = [kind.__name__ for kind in type(scheduler).__mro__]
        found = next((name for name in names if name in SCHEDULERS), None)
        if found is None:
            raise InputError(
                f"{names[0]} cannot be guided: choose one of {', '.join(SCHEDULERS)}, such as with "
                "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)"
            )
        self.scheduler = scheduler
        self.name = names[0]
        self.family = SCHEDULERS[found]
        flow = found == "FlowMatchEulerDiscreteScheduler"
        self.prediction = FLOW if flow else str(scheduler.config.prediction_type)
        if self.prediction not in (EPSILON, VELOCITY, SAMPLE, FLOW):
            raise InputError(
                f"{names[0]} with prediction_type {self.prediction!r} cannot be guided: supported are "
                f"{EPSILON}, {VELOCITY}, {SAMPLE} and {FLOW}"
            )
        if found == "PNDMScheduler" and not scheduler.config.skip_prk_steps:
            raise InputError(
                "PNDMScheduler with skip_prk_steps=False cannot be guided, as its Runge-Kutta steps ignore the sample: "
                "make it with PNDMScheduler.from_config(config, skip_prk_steps=True)"
            )

    def level(self, index: int, timestep: Timestep) -> NoiseLevel:
        """Noise level of the sample that a step is handed.

        Args:
            index: the step, counted from 0. The number of steps stands for the sample that the last step returns.
            timestep: the step's timestep; any negative number for the sample that the last step returns.
        """
        return self.family.level(self.scheduler, index, timestep)


def predicted_x0(sample: Tensor, output: Tensor, level: NoiseLevel, prediction: str) -> Tensor:
    """The clean latents that a model's output implies.

    Args:
        sample: the sample that the scheduler's step is handed.
        output: the model's output after classifier-free guidance, in the same shape.
        level: noise level of the sample.
        prediction: what the output means, see :attr:`Schedule.prediction`.

    Returns:
        The latents in the same shape, and in the wider dtype of both.
    """
    unscaled = sample / level.scale
    if prediction == EPSILON:
        return (unscaled - level.sigma * output) / level.alpha
    if prediction == VELOCITY:
        return level.alpha * unscaled - level.sigma * output
    if prediction == FLOW:
        return unscaled - level.sigma * output
    return output


def sample_slope(level: NoiseLevel, prediction: str) -> float:
    """The derivative of :func:`predicted_x0` by the sample, with the output held constant."""
    slopes = {EPSILON: 1.0 / level.alpha, VELOCITY: level.alpha, FLOW: 1.0, SAMPLE: 0.0}
    return slopes[prediction] / level.scale


def moved(
    sample: Tensor, output: Tensor, shift: Tensor, level: NoiseLevel, prediction: str, *, keep_sample: bool = False
) -> tuple[Tensor, Tensor]:
    """The sample and the model's output that imply the clean latents ``x0 + shift``.

    The noise stays as it is, so that the sampler goes on as if it had come from the moved clean latents.

    Args:
        sample, output, level, prediction: as for :func:`predicted_x0`.
        shift: how far the clean latents move, in the same shape.
        keep_sample: move the output alone. This is for a step that would not look at a moved sample. The noise then
            changes instead, and the next step takes much of the shift back.

    Returns:
        The sample and the output, each in its own dtype.
    """
    if keep_sample:
        per_shift = {
            EPSILON: -level.alpha / level.sigma,
            VELOCITY: -1 / level.sigma,
            FLOW: -1 / level.sigma,
            SAMPLE: 1.0,
        }
        return sample, (output + per_shift[prediction] * shift).to(output.dtype)
    change = {EPSILON: 0.0, VELOCITY: -level.sigma, FLOW: -1.0, SAMPLE: 1.0}[prediction]
    new_sample = (sample + level.scale * level.alpha * shift).to(sample.dtype)
    return new_sample, (output + change * shift).to(output.dtype)
