"""Guidance by the callback that diffusers calls after each step, for where a pipeline may only be handed callbacks."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.callbacks import PipelineCallback
from torch import Tensor

from guidance.codecs import codec_for
from guidance.core import Guidance
from guidance.reference import read_references, spread
from guidance.schedules import Level, Schedule
from guidance.settings import TRANSPORT, GuidanceSettings, settings_with
from reswd_torch.errors import InputError

_CLEAN = 0.1
"""Share of noise below which latents are taken for clean: some schedulers stop a little above zero."""


class PaletteCallback(PipelineCallback):
    """Steers toward a reference's colours, from the second step on.

    :func:`guidance.guide` steers from the first step, knows the model's output and serves more schedulers; prefer it where you
    can. A callback sees the latents alone. The clean ones among them follow from two neighbouring steps, which lie on a line
    from the noise where the sampler is of first order without fresh noise (DDIM, Euler, flow matching), and nearly so for
    multistep solvers. With PNDM, LCM and Euler ancestral only the last step can be guided. PixArt takes no such callback.

    Args:
        reference: as for :func:`guidance.guide`.
        height, width: of the image, pixels, if they are not the pipeline's default; only packed latents (Flux, Qwen-Image)
            need them.
        settings: ``method="transport"`` only; or by name:
        **options: fields of :class:`~guidance.settings.GuidanceSettings`.

    Raises:
        InputError: as :func:`guidance.guide`; a gradient method.

    Example:
        pipe("a lighthouse", callback_on_step_end=PaletteCallback("#1d3557, #e63946"))
    """

    def __init__(
        self,
        reference: Any,
        *,
        height: int | None = None,
        width: int | None = None,
        settings: GuidanceSettings | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.settings = settings_with(settings, options)
        if self.settings.method != TRANSPORT:
            raise InputError(
                "a callback has no model output to take gradients of: leave method at 'transport', or use guide()"
            )
        self.references = read_references(reference, self.settings.seed)
        self.size = (height, width)
        self._guidance: Guidance | None = None
        self._before: tuple[Tensor, Level] | None = None

    @property
    def tensor_inputs(self) -> list[str]:
        return ["latents"]

    def callback_fn(
        self, pipeline: Any, step_index: int, timesteps: Any, callback_kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        latents = callback_kwargs["latents"]
        schedule = Schedule(pipeline.scheduler)
        if step_index == 0 or self._guidance is None:
            codec = codec_for(pipeline, *self.size)
            references = spread(self.references, len(latents))
            self._guidance = Guidance(references, self.settings, codec, pipeline.vae, latents.device)
            self._before = None
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
            shift = self._guidance.shift(self._guidance.codec.unpack(x0), step_index, len(times))  # type: ignore[attr-defined]
            moved = latents + level.scale * level.alpha * self._guidance.codec.pack(shift)  # type: ignore[attr-defined]
            latents = callback_kwargs["latents"] = moved.to(latents.dtype)
        self._before = (latents.float(), level)
        return callback_kwargs

    def _clean(self, schedule: Schedule, latents: Tensor, level: Level, *, last: bool) -> Tensor | None:
        """The clean latents, or None where they do not follow."""
        if last and level.sigma < _CLEAN:
            return latents / (level.scale * level.alpha)
        if self._before is None or not schedule.family.keeps_noise:
            return None
        earlier, was = self._before
        first, second = earlier / was.scale, latents / level.scale
        return (was.sigma * second - level.sigma * first) / (was.sigma * level.alpha - level.sigma * was.alpha)
