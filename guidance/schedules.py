"""What a scheduler's step makes of the model's output: the clean latents it implies, and how to move them.

Every scheduler here keeps its sample as ``scale * (alpha * x0 + sigma * noise)``. From one step's level and the meaning of
the model's output follow the predicted clean latents x0 (arXiv 2010.02502, eq. 12; 2202.00512, appendix D, for v; 2209.03003
for flow matching), and the pair of sample and output that means other clean latents with the same noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from reswd_torch.errors import InputError

EPSILON, VELOCITY, SAMPLE, FLOW = "epsilon", "v_prediction", "sample", "flow_prediction"


@dataclass(frozen=True)
class Level:
    """The noise in a scheduler's sample: ``scale * (alpha * x0 + sigma * noise)``.

    Attributes:
        alpha, sigma: shares of signal and noise; alpha^2 + sigma^2 = 1 for diffusion, alpha + sigma = 1 for flow matching.
        scale: factor of the whole sample, as samplers that work with alpha = 1 keep it.
    """

    alpha: float
    sigma: float
    scale: float = 1.0


@dataclass(frozen=True)
class Family:
    """One kind of scheduler.

    Attributes:
        level: noise of the sample that a step with this index and timestep is handed.
        retakes: whether the step at hand takes the one before again, from a sample that was kept: to be left alone.
        keeps_sample: whether the step at hand computes the sample anew and looks at the model's output alone.
        keeps_noise: whether the samples of two neighbouring steps hold the same clean latents and the same noise, but for the
            error of a higher order.
    """

    level: Callable[[Any, int, Any], Level]
    retakes: Callable[[Any], bool] = lambda scheduler: False
    keeps_sample: Callable[[Any], bool] = lambda scheduler: False
    keeps_noise: bool = True


def _from_alphas(scheduler: Any, index: int, timestep: Any) -> Level:
    behind_the_last = int(timestep) < 0
    kept = float(scheduler.final_alpha_cumprod if behind_the_last else scheduler.alphas_cumprod[int(timestep)])
    return Level(kept**0.5, (1.0 - kept) ** 0.5)


def _from_sigmas(scheduler: Any, index: int, timestep: Any) -> Level:
    sigma = float(scheduler.sigmas[index])
    alpha = (sigma**2 + 1.0) ** -0.5
    return Level(alpha, sigma * alpha, 1.0 / alpha)


def _from_solver(scheduler: Any, index: int, timestep: Any) -> Level:
    sigma = float(scheduler.sigmas[index])
    if scheduler.config.get("use_flow_sigmas", False):
        return Level(1.0 - sigma, sigma)
    alpha = (sigma**2 + 1.0) ** -0.5
    return Level(alpha, sigma * alpha)


def _from_flow(scheduler: Any, index: int, timestep: Any) -> Level:
    sigma = float(scheduler.sigmas[index])
    return Level(1.0 - sigma, sigma)


FAMILIES: dict[str, Family] = {
    "DDIMScheduler": Family(_from_alphas),
    # The second call takes the first step again, with the mean of both outputs.
    "PNDMScheduler": Family(_from_alphas, retakes=lambda scheduler: scheduler.counter == 1, keeps_noise=False),
    "LCMScheduler": Family(_from_alphas, keeps_noise=False),
    "EulerDiscreteScheduler": Family(_from_sigmas),
    "EulerAncestralDiscreteScheduler": Family(_from_sigmas, keeps_noise=False),
    "DPMSolverMultistepScheduler": Family(_from_solver),
    # The corrector computes the sample anew from the last one it kept, at every step but the first.
    "UniPCMultistepScheduler": Family(_from_solver, keeps_sample=lambda scheduler: scheduler.last_sample is not None),
    "FlowMatchEulerDiscreteScheduler": Family(_from_flow),
}
"""Schedulers whose steps can be guided, by class name."""


class Schedule:
    """The view of one scheduler that guidance needs.

    Args:
        scheduler: one of diffusers' schedulers in :data:`FAMILIES`, or of a class that descends from one.

    Raises:
        InputError: another scheduler, or one with a setting that cannot be guided, named with what is supported.
    """

    def __init__(self, scheduler: Any) -> None:
        names = [kind.__name__ for kind in type(scheduler).__mro__]
        found = next((name for name in names if name in FAMILIES), None)
        if found is None:
            raise InputError(
                f"{names[0]} cannot be guided: choose one of {', '.join(FAMILIES)}, such as with "
                "pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)"
            )
        self.scheduler = scheduler
        self.name = names[0]
        self.family = FAMILIES[found]
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

    def level(self, index: int, timestep: Any) -> Level:
        """Noise of the sample that step ``index`` at ``timestep`` is handed; the number of steps: of the result."""
        return self.family.level(self.scheduler, index, timestep)


def predicted_x0(sample: Tensor, output: Tensor, level: Level, prediction: str) -> Tensor:
    """The clean latents that a model output implies.

    Args:
        sample: as the scheduler's step is handed it.
        output: the model's output, after classifier-free guidance; same shape.
        level: noise of the sample.
        prediction: what the output means.

    Returns:
        Same shape, in the wider dtype of both.
    """
    unscaled = sample / level.scale
    if prediction == EPSILON:
        return (unscaled - level.sigma * output) / level.alpha
    if prediction == VELOCITY:
        return level.alpha * unscaled - level.sigma * output
    if prediction == FLOW:
        return unscaled - level.sigma * output
    return output


def sample_slope(level: Level, prediction: str) -> float:
    """d(x0) / d(sample) with the output held still."""
    slopes = {EPSILON: 1.0 / level.alpha, VELOCITY: level.alpha, FLOW: 1.0, SAMPLE: 0.0}
    return slopes[prediction] / level.scale


def moved(
    sample: Tensor, output: Tensor, shift: Tensor, level: Level, prediction: str, *, keep_sample: bool = False
) -> tuple[Tensor, Tensor]:
    """Sample and model output that imply ``x0 + shift``.

    The noise stays as it is: a sampler then goes on as if it had come from the moved clean latents.

    Args:
        sample, output, level, prediction: as for :func:`predicted_x0`.
        shift: of the clean latents, same shape.
        keep_sample: move the output alone, for a step that would not look at a moved sample. The noise then changes
            instead, and much of the shift is taken back by the next step.

    Returns:
        Sample and output, each in its own dtype.
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
