"""Steering a stock pipeline of diffusers from its first step on, and leaving the pipeline as it was.

:func:`guide` stands between the pipeline and its scheduler. ``scheduler.step`` is the one place where the pipelines of every
family hand over the sample, the model's output after classifier-free guidance, and the timestep.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakSet

import torch
from torch import Tensor

from guidance.avoiding import read_allowed
from guidance.codecs import Codec, codec_for
from guidance.core import Guidance
from guidance.descent import Descent
from guidance.patching import replaced_method
from guidance.places import Place, ReadPlace, read_places
from guidance.protocols import Latents, Pipeline, Pixels, Scheduler, StepOutput, Timestep
from guidance.reference import Reference, spread
from guidance.replay import Replay
from guidance.schedules import SAMPLE, NoiseLevel, Schedule, moved, predicted_x0, sample_slope
from guidance.settings import GRADIENT, GuidanceSettings, settings_with
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

_GUIDED: WeakSet[Scheduler] = WeakSet()
"""The schedulers that are being guided now. A second guide() of the same one is refused, since it would steer what the first
one steers already."""


@dataclass(frozen=True, eq=False)
class GuidedStep:
    """What is known when a denoising step is over.

    Attributes:
        done: number of steps of this image that are over.
        of: number of all steps of this image.
        guided: whether guidance moved this step.
        seen: (B, 3, y, x) float32, sRGB-encoded, 0..1: the image as guidance wants it so far, at a reduced size in early
            steps; None if guidance did not move this step.
    """

    done: int
    of: int
    guided: bool
    seen: Tensor | None


OnGuidedStep = Callable[[GuidedStep], None]
"""A function that is called after each step. It may raise an exception, which ends the generation."""


@dataclass(eq=False)
class Guided:
    """What a guided pipeline has done so far, in all its calls together.

    Attributes:
        steps: number of denoising steps that were taken.
        guided: number of those that guidance moved.
        seconds: time that guidance itself took.
    """

    steps: int = 0
    guided: int = 0
    seconds: float = 0.0


@contextmanager
def guide(
    pipe: Pipeline | DiffusionPipeline,
    reference: object,
    *,
    places: Sequence[Place] | Place | None = None,
    settings: GuidanceSettings | None = None,
    on_step: OnGuidedStep | None = None,
    **options: object,
) -> Iterator[Guided]:
    """Have a pipeline paint in the colours of a reference, as long as the block lasts.

    Args:
        pipe: a text-to-image pipeline of diffusers, of a family in ``guidance.codecs.CODEC_FAMILIES``, with a scheduler in
            ``guidance.schedules.SCHEDULERS``.
        reference: a picture, a PIL image or a palette, see :func:`guidance.reference.read_reference`; or a list of them, one
            for each prompt.
        places: parts of the picture that go toward references of their own, see :class:`guidance.places.Place`; the rest goes
            toward ``reference``. Where they overlap, the later one counts.
        settings: all settings in one record; None for the defaults.
        on_step: is called after each step, see :data:`OnGuidedStep`.
        **options: single settings by name, such as ``strength``, ``avoid``, ``start`` or ``seed``; see
            :class:`~guidance.settings.GuidanceSettings`. They win over ``settings``.

    Yields:
        A record of what was done, which is filled while the pipeline runs.

    Raises:
        InputError: the pipeline or its scheduler is not supported, a setting is out of range, the reference is none or holds
            nothing but colours to avoid, a place is none, or the pipeline is being guided already. While the pipeline runs:
            latents are not numbers any more, the references do not fit the batch, a mask does not fit the picture, or memory
            ran out.

    Example:
        with guide(pipe, "#1d3557:3, #e63946", strength=1.0, seed=0):
            image = pipe("a lighthouse at dusk").images[0]
    """
    chosen = settings_with(settings, options)
    references = read_allowed(reference, chosen)
    read = read_places(places, chosen)
    scheduler = pipe.scheduler
    schedule = Schedule(scheduler)
    codec_for(pipe)  # this refuses an unknown family before anything runs
    if chosen.method == GRADIENT and schedule.prediction == SAMPLE:
        raise InputError(
            "a model that predicts the sample itself gives no gradient but through its denoiser, which guidance leaves out: "
            "use method='transport'"
        )
    if scheduler in _GUIDED:
        raise InputError("this pipeline is being guided already: leave that block first, or load a second pipeline")
    attached = _Attached(pipe, schedule, references, read, chosen, on_step)
    _GUIDED.add(scheduler)
    try:
        with attached.wrapped():
            yield attached.record
    finally:
        _GUIDED.discard(scheduler)


class _Attached:
    """The wrappers of one :func:`guide` block, and the call of the pipeline that is going on in it."""

    def __init__(
        self,
        pipe: Pipeline,
        schedule: Schedule,
        references: tuple[Reference, ...],
        places: tuple[ReadPlace, ...],
        settings: GuidanceSettings,
        on_step: OnGuidedStep | None,
    ) -> None:
        self.pipe, self.schedule, self.references, self.places = pipe, schedule, references, places
        self.settings, self.on_step = settings, on_step
        self.record = Guided()
        self.size: tuple[int | None, int | None] = (None, None)
        self.run: _Run | None = None
        self.replay = Replay(pipe) if settings.reevaluate else None

    @contextmanager
    def wrapped(self) -> Iterator[None]:
        """Put the wrappers in place, as long as the block lasts."""
        scheduler = self.schedule.scheduler
        with ExitStack() as stack:
            stack.enter_context(replaced_method(scheduler, "step", self._step))
            stack.enter_context(replaced_method(scheduler, "set_timesteps", self._set_timesteps))
            stack.enter_context(replaced_method(self.pipe, "prepare_latents", self._prepare_latents))
            if self.replay is not None:
                stack.callback(self.replay.attach())
            try:
                yield
            finally:
                self.run = None

    def _prepare_latents(self, original: Callable[..., object], *args: object, **kwargs: object) -> object:
        """Note the size of the image. Here every family's pipeline names it; packed latents themselves do not tell it."""
        if self.pipe.scheduler is not self.schedule.scheduler:  # the steps of the other one would not be guided
            raise InputError(
                f"the pipeline was given another scheduler, {type(self.pipe.scheduler).__name__}, while it was being guided: "
                "give it the scheduler before the block begins"
            )
        given = inspect.signature(original).bind(*args, **kwargs).arguments
        self.size = (given.get("height"), given.get("width"))
        return original(*args, **kwargs)

    def _set_timesteps(self, original: Callable[..., object], *args: object, **kwargs: object) -> object:
        """Begin a new run: the pipeline was called once more."""
        self.run = None
        if self.replay is not None:
            self.replay.forget()  # an exception may have ended the last call in the middle of a step
        return original(*args, **kwargs)

    def _step(
        self, original: Callable[..., tuple[Tensor, ...] | StepOutput], *args: object, **kwargs: object
    ) -> tuple[Tensor, ...] | StepOutput:
        """Take a step with the sample and the output that guidance wants."""
        given = inspect.signature(original).bind(*args, **kwargs)
        values = given.arguments
        output, timestep, sample = values["model_output"], values["timestep"], values["sample"]
        if self.run is None:
            self.run = _Run(self, codec_for(self.pipe, *self.size), sample)
        began = time.perf_counter()
        with _memory_advice():
            values["sample"], values["model_output"], guided = self.run.guided_step(output, timestep, sample)
        self.record.seconds += time.perf_counter() - began
        result = original(*given.args, **given.kwargs)
        if self.replay is not None:
            self.replay.forget()
        self.run.finish(result)
        self.record.steps += 1
        self.record.guided += guided
        if self.on_step is not None:
            self.on_step(GuidedStep(self.run.position + 1, self.run.steps, guided, self.run.seen if guided else None))
        return result


class _Run:
    """One call of the pipeline: which step it is at, and how each step is moved."""

    def __init__(self, attached: _Attached, codec: Codec, sample: Tensor) -> None:
        self.codec, self.settings, self.schedule = codec, attached.settings, attached.schedule
        self.replay = attached.replay
        self.position = -1
        self.steps = len(self.schedule.scheduler.timesteps)
        references = spread(attached.references, len(sample))
        self.guidance = Guidance(references, self.settings, codec, codec.pipe.vae, sample.device, attached.places)
        self.descent = None
        if self.settings.method == GRADIENT:
            self.descent = Descent(references, self.settings.seed, sample.device)

    @property
    def seen(self) -> Pixels | None:
        """See :attr:`GuidedStep.seen`."""
        return self.guidance.seen

    def guided_step(self, output: Latents, timestep: Timestep, sample: Latents) -> tuple[Latents, Latents, bool]:
        """The sample and the output to step with, and whether guidance moved them.

        Args:
            output: the model's output after classifier-free guidance.
            timestep: the step's timestep.
            sample: the sample that the scheduler would step.
        """
        self.position = self._place(timestep)
        self._check(sample, output)
        family, scheduler = self.schedule.family, self.schedule.scheduler
        share = (self.position + 1) / self.steps
        within = self.settings.start < share <= self.settings.stop
        if self.settings.strength == 0 or not within or family.retakes(scheduler):
            return sample, output, False
        level, keep = self.schedule.level(self.position, timestep), family.keeps_sample(scheduler)
        if self.descent is not None:
            return *self._descend(self.descent, output, timestep, sample, level, keep), True
        prediction = self.schedule.prediction
        x0 = predicted_x0(sample.float(), output.float(), level, prediction)
        # An output alone has to go the whole way: most of it is taken back by the next step (docs/guidance.md).
        shift = self.guidance.shift(self.codec.unpack(x0), self.position, self.steps, whole=keep)
        return *moved(sample, output, self.codec.pack(shift), level, prediction, keep_sample=keep), True

    def _descend(
        self, descent: Descent, output: Latents, timestep: Timestep, sample: Latents, level: NoiseLevel, keep: bool
    ) -> tuple[Latents, Latents]:
        """The sample and the output after gradient steps.

        Args:
            descent: takes the gradient steps.
            output, timestep, sample: as for :meth:`guided_step`.
            level: noise level of the sample.
            keep: move the output alone, see :func:`guidance.schedules.moved`.
        """
        prediction = self.schedule.prediction
        linear = self.guidance.is_linear(self.position, self.steps)
        # Under inference_mode autograd records nothing. Copies that are made outside of it are ordinary tensors.
        with torch.inference_mode(False), torch.enable_grad():
            still, handed = sample.detach().clone().float(), output.detach().clone().float()

            def output_at(shift: Tensor) -> Tensor:
                if self.replay is None or not bool(shift.any()):
                    return handed
                with torch.no_grad():
                    again = self.replay(self.schedule.scheduler, timestep, still + shift.detach(), sample.dtype)
                return again.float()

            def pixels_at(shift: Tensor) -> Tensor:
                grid = self.codec.unpack(predicted_x0(still + shift, output_at(shift), level, prediction))
                pixels = self.guidance.pixels(grid, linear=linear)
                self.guidance.seen = pixels.detach().clamp(0.0, 1.0)
                return pixels

            if self.replay is not None:
                self.replay.learn(self.schedule.scheduler, timestep, still, handed)
            shift = descent(pixels_at, still, self.settings.inner_steps, self.settings.learning_rate)
            shift = self.settings.strength * shift
            if keep:
                slope = sample_slope(level, prediction)
                return moved(sample, output, slope * shift, level, prediction, keep_sample=True)
            return (still + shift).to(sample.dtype), output_at(shift).to(output.dtype)

    def finish(self, result: tuple[Tensor, ...] | StepOutput) -> None:
        """Check what the last step made; no later step would.

        Raises:
            InputError: the latents are not numbers any more.
        """
        if self.position + 1 == self.steps:
            following = result[0] if isinstance(result, tuple) else result.prev_sample
            self._check(following)

    def _place(self, timestep: Timestep) -> int:
        """The index of a timestep among the scheduler's timesteps.

        Some schedulers say where they are; for the others it is the next place that holds this timestep.
        """
        scheduler = self.schedule.scheduler
        index = getattr(scheduler, "step_index", None)
        if index is None:
            index = getattr(scheduler, "begin_index", None)
        if index is None:
            same = (scheduler.timesteps == timestep).nonzero().flatten().tolist()
            later = [place for place in same if place > self.position]
            index = later[0] if later else self.position + 1
        return int(index)

    def _check(self, *tensors: Tensor) -> None:
        """Raise InputError if a tensor holds NaN or infinite values."""
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
            raise InputError(
                f"step {self.position + 1} of {self.steps}: the latents are not numbers any more (NaN or infinite), so there is "
                "no image to save: load the pipeline in float32 or bfloat16, or lower the strength or the guidance scale"
            )


@contextmanager
def _memory_advice() -> Iterator[None]:
    """Raise InputError with advice if memory runs out in the block."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InputError(
            "memory ran out while the image was being guided: lower decode_scale (0.5 needs a quarter), make the image "
            "smaller, or call pipe.enable_model_cpu_offload() first"
        ) from error
