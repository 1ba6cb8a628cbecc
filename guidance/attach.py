"""Steering a stock pipeline of diffusers from its first step on, and leaving it as it was.

:func:`guide` stands between the pipeline and its scheduler: ``scheduler.step`` is the one place where every family hands over
the sample, the model's output after classifier-free guidance, and the timestep.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor

from guidance.codecs import Codec, codec_for
from guidance.core import Guidance
from guidance.descent import Descent
from guidance.reference import Reference, read_references, spread
from guidance.replay import Replay
from guidance.schedules import SAMPLE, Level, Schedule, moved, predicted_x0, sample_slope
from guidance.settings import GRADIENT, GuidanceSettings, settings_with
from reswd_torch.errors import InputError

_GUIDED: WeakSet[Any] = WeakSet()
"""Schedulers that are being guided: a second guide() would steer what the first one steers already."""


@dataclass(frozen=True, eq=False)
class GuidedStep:
    """What is known when a step is over.

    Attributes:
        done, of: steps of this image that are over, and all of them.
        guided: whether guidance moved this one.
        seen: (B, 3, y, x) float32 0..1: the image as guidance wants it so far, at a reduced size in early steps; None where
            it did not look.
    """

    done: int
    of: int
    guided: bool
    seen: Tensor | None


OnGuidedStep = Callable[[GuidedStep], None]
"""Called after each step; may raise, which ends the generation."""


@dataclass(eq=False)
class Guided:
    """What a guided pipeline did, filled while it runs.

    Attributes:
        steps: denoising steps that were taken, all calls of the pipeline together.
        guided: of these, moved by guidance.
        seconds: spent in guidance alone.
    """

    steps: int = 0
    guided: int = 0
    seconds: float = 0.0


@contextmanager
def guide(
    pipe: Any,
    reference: Any,
    *,
    settings: GuidanceSettings | None = None,
    on_step: OnGuidedStep | None = None,
    **options: Any,
) -> Iterator[Guided]:
    """Have a pipeline paint in the colours of a reference, as long as the block lasts.

    Args:
        pipe: a text-to-image pipeline of diffusers, of a family in ``guidance.codecs.FAMILIES``, with a scheduler of
            ``guidance.schedules.FAMILIES``.
        reference: a picture, a PIL image or a palette, see :func:`guidance.reference.read_reference`; or a list of them, one
            for each prompt.
        settings: all settings in one record; or give them by name:
        on_step: see :data:`OnGuidedStep`.
        **options: ``strength``, ``start``, ``stop``, ``seed`` and the others of
            :class:`~guidance.settings.GuidanceSettings`; they win over ``settings``.

    Yields:
        A record of what was done.

    Raises:
        InputError: an unsupported pipeline or scheduler, a setting out of range, a reference that is none, or a pipeline that
            is being guided already. While it runs: latents that are not numbers, references that do not fit the batch,
            memory that ran out.

    Example:
        with guide(pipe, "#1d3557:3, #e63946", strength=1.0, seed=0):
            image = pipe("a lighthouse at dusk").images[0]
    """
    chosen = settings_with(settings, options)
    references = read_references(reference, chosen.seed)
    scheduler = pipe.scheduler
    schedule = Schedule(scheduler)
    codec_for(pipe)  # refuse an unknown family before anything runs
    if chosen.method == GRADIENT and schedule.prediction == SAMPLE:
        raise InputError(
            "a model that predicts the sample itself gives no gradient but through its denoiser, which guidance leaves out: "
            "use method='transport'"
        )
    if scheduler in _GUIDED:
        raise InputError("this pipeline is being guided already: leave that block first, or load a second pipeline")
    attached = _Attached(pipe, schedule, references, chosen, on_step)
    _GUIDED.add(scheduler)
    try:
        with attached.wrapped():
            yield attached.record
    finally:
        _GUIDED.discard(scheduler)


class _Attached:
    """The wrappers of one :func:`guide` block, and the run of the pipeline that is going on in it."""

    def __init__(
        self,
        pipe: Any,
        schedule: Schedule,
        references: tuple[Reference, ...],
        settings: GuidanceSettings,
        on_step: OnGuidedStep | None,
    ) -> None:
        self.pipe, self.schedule, self.references = pipe, schedule, references
        self.settings, self.on_step = settings, on_step
        self.record = Guided()
        self.size: tuple[int | None, int | None] = (None, None)
        self.run: _Run | None = None
        self.replay = Replay(pipe) if settings.reevaluate else None

    @contextmanager
    def wrapped(self) -> Iterator[None]:
        scheduler = self.schedule.scheduler
        wrappers = [
            _replaced(scheduler, "step", self._step),
            _replaced(scheduler, "set_timesteps", self._set_timesteps),
            _replaced(self.pipe, "prepare_latents", self._prepare_latents),
        ]
        undo: list[Callable[[], None]] = []
        try:
            for put in wrappers:
                undo.append(put())
            if self.replay is not None:
                undo.append(self.replay.attach())
            yield
        finally:
            for back in reversed(undo):
                back()
            self.run = None

    def _prepare_latents(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The one place where every family says how large the image becomes; packed latents do not tell."""
        if self.pipe.scheduler is not self.schedule.scheduler:  # whose steps would pass by unguided
            raise InputError(
                f"the pipeline was given another scheduler, {type(self.pipe.scheduler).__name__}, while it was being guided: "
                "give it the scheduler before the block begins"
            )
        given = inspect.signature(original).bind(*args, **kwargs).arguments
        self.size = (given.get("height"), given.get("width"))
        return original(*args, **kwargs)

    def _set_timesteps(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.run = None  # the pipeline was called once more
        if self.replay is not None:
            self.replay.forget()  # of a call that an exception ended in the middle of a step
        return original(*args, **kwargs)

    def _step(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
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
    """One call of the pipeline."""

    def __init__(self, attached: _Attached, codec: Codec, sample: Tensor) -> None:
        self.codec, self.settings, self.schedule = codec, attached.settings, attached.schedule
        self.replay = attached.replay
        self.position = -1
        self.steps = len(self.schedule.scheduler.timesteps)
        references = spread(attached.references, len(sample))
        self.guidance = Guidance(references, self.settings, codec, codec.pipe.vae, sample.device)
        self.descent = None
        if self.settings.method == GRADIENT:
            self.descent = Descent(references, self.settings.seed, sample.device)

    @property
    def seen(self) -> Tensor | None:
        return self.guidance.seen

    def guided_step(self, output: Tensor, timestep: Any, sample: Tensor) -> tuple[Tensor, Tensor, bool]:
        """Sample and output to step with, and whether they were moved."""
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
        self, descent: Descent, output: Tensor, timestep: Any, sample: Tensor, level: Level, keep: bool
    ) -> tuple[Tensor, Tensor]:
        prediction = self.schedule.prediction
        linear = self.guidance.is_linear(self.position, self.steps)
        # Under inference_mode autograd records nothing; copies made outside of it are ordinary tensors.
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

    def finish(self, result: Any) -> None:
        """Look at what the last step made."""
        if self.position + 1 == self.steps:
            following = result[0] if isinstance(result, tuple) else result.prev_sample
            self._check(following)

    def _place(self, timestep: Any) -> int:
        """The step's place among the scheduler's timesteps."""
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
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
            raise InputError(
                f"step {self.position + 1} of {self.steps}: the latents are not numbers any more (NaN or infinite), so there is "
                "no image to save: load the pipeline in float32 or bfloat16, or lower the strength or the guidance scale"
            )


def _replaced(owner: Any, name: str, stand_in: Callable[..., Any]) -> Callable[[], Callable[[], None]]:
    """A function that puts ``stand_in(original, *args)`` in place of a method, and returns one that takes it away again."""

    def put() -> Callable[[], None]:
        original = getattr(owner, name)
        before = vars(owner).get(name)

        @functools.wraps(original)  # pipelines look at the signature
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return stand_in(original, *args, **kwargs)

        setattr(owner, name, wrapper)

        def back() -> None:
            if before is None:
                vars(owner).pop(name, None)
            else:
                setattr(owner, name, before)

        return back

    return put


@contextmanager
def _memory_advice() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InputError(
            "memory ran out while the image was being guided: lower decode_scale (0.5 needs a quarter), make the image "
            "smaller, or call pipe.enable_model_cpu_offload() first"
        ) from error
