"""Guidance by the callback that diffusers calls after each step, for programs that can hand a pipeline nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.callbacks import PipelineCallback
from torch import Tensor

from guidance.avoiding import read_allowed
from guidance.codecs import Codec, codec_for
from guidance.core import Guidance
from guidance.places import Place, read_places
from guidance.protocols import Latents, Pipeline
from guidance.reference import spread
from guidance.schedules import NoiseLevel, Schedule
from guidance.settings import TRANSPORT, GuidanceSettings, settings_with
from reswd_torch.errors import InputError

_CLEAN = 0.1
"""Share of noise below which latents count as clean. Some schedulers stop a little above zero."""


class PaletteCallback(PipelineCallback):
    """Steers a pipeline toward a reference's colours, from the second step on.

    :func:`guidance.guide` steers from the first step on, knows the model's output and works with more schedulers; prefer it
    where you can. A callback sees the latents alone. The clean latents follow from those of two neighbouring steps: both lie
    on one line between noise and clean latents if the sampler is of first order and draws no fresh noise (DDIM, Euler, flow
    matching), and nearly so with multistep solvers. With PNDM, LCM and Euler ancestral only the last step can be guided.
    PixArt takes no such callback.

    Args:
        reference, places: as for :func:`guidance.guide`.
        height, width: size of the image, pixels, if it is not the pipeline's default. Only pipelines with packed latents
            (Flux, Qwen-Image) need it.
        settings: all settings in one record, with ``method="transport"``; None for the defaults.
        **options: single settings by name, see :class:`~guidance.settings.GuidanceSettings`. They win over ``settings``.

    Raises:
        InputError: as for :func:`guidance.guide`; or the method is the gradient one.

    Example:
        pipe("a lighthouse", callback_on_step_end=PaletteCallback("#1d3557, #e63946"))
    """

    def __init__(
        self,
        reference: object,
        *,
        places: Sequence[Place] | Place | None = None,
        height: int | None = None,
        width: int | None = None,
        settings: GuidanceSettings | None = None,
        **options: object,
    ) -> None:
        super().__init__()
        self.settings = settings_with(settings, options)
        if self.settings.method != TRANSPORT:
            raise InputError(
                "a callback has no model output to take gradients of: leave method at 'transport', or use guide()"
            )
        self.references = read_allowed(reference, self.settings)
        self.places = read_places(places, self.settings)
        self.size = (height, width)
        self._run: tuple[Guidance, Codec] | None = None
        self._before: tuple[Latents, NoiseLevel] | None = None

    @property
    def tensor_inputs(self) -> list[str]:
        """The names of the tensors that diffusers has to hand over."""
        return ["latents"]

    def callback_fn(
        self, pipeline: Pipeline, step_index: int, timesteps: object, callback_kwargs: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Move the latents after a step, as diffusers asks for it.

        Args:
            pipeline: the pipeline that is running.
            step_index: the step that is over, counted from 0.
            timesteps: the timestep of that step; diffusers chose the name.
            callback_kwargs: the latents under their name; they are replaced by the moved ones.

        Returns:
            ``callback_kwargs``.
        """
        latents = callback_kwargs["latents"]
        schedule = Schedule(pipeline.scheduler)
        if step_index == 0 or self._run is None:
            codec = codec_for(pipeline, *self.size)
            references = spread(self.references, len(latents))
            guidance = Guidance(references, self.settings, codec, pipeline.vae, latents.device, self.places)
            self._run = guidance, codec
            self._before = None
        guidance, codec = self._run
        times = pipeline.scheduler.timesteps
        after = step_index + 1
        level = schedule.level(after, times[after] if after < len(times) else -1)
        within = self.settings.start < after / len(times) <= self.settings.stop
        x0 = self._clean(schedule, latents.float(), level, last=after == len(times))
        if x0 is not None and within and self.settings.strength:
            if not bool(torch.isfinite(x0).all()):
                raise InputError(
                    f"step {after} of {len(times)}: the latents are not numbers any more (NaN or infinite)"
                )
            shift = guidance.shift(codec.unpack(x0), step_index, len(times))
            moved = latents + level.scale * level.alpha * codec.pack(shift)
            latents = callback_kwargs["latents"] = moved.to(latents.dtype)
        self._before = (latents.float(), level)
        return callback_kwargs

    def _clean(self, schedule: Schedule, latents: Latents, level: NoiseLevel, *, last: bool) -> Latents | None:
        """The clean latents that are in the latents after a step, or None if they cannot be told.

        Args:
            schedule: the scheduler.
            latents: what the step returned, float32.
            level: their noise level.
            last: whether this was the last step.
        """
        if last and level.sigma < _CLEAN:
            return latents / (level.scale * level.alpha)
        if self._before is None or not schedule.family.keeps_noise:
            return None
        earlier, was = self._before
        first, second = earlier / was.scale, latents / level.scale
        return (was.sigma * second - level.sigma * first) / (was.sigma * level.alpha - level.sigma * was.alpha)
