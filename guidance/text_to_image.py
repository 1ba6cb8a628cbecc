"""Text to image with the embedded model, or with any loaded text-to-image pipeline of diffusers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline
    from PIL.Image import Image

MAX_STEPS = 200
MAX_SCALE = 20.0
MAX_SIDE = 4096
OnStep = Callable[[int, int], None]
"""Called after each step with the steps done and all steps; may raise, which ends the generation."""


@dataclass(frozen=True)
class Generation:
    """What one picture is made from.

    Attributes:
        prompt: what to paint.
        negative_prompt: what to keep away from.
        seed: seed of the starting noise, 0 to 2^32 - 1; the same seed paints the same picture.
        steps: denoising steps, 1 to :data:`MAX_STEPS`.
        guidance_scale: classifier-free guidance (arXiv 2207.12598), 0 to :data:`MAX_SCALE`; at 1 or less it is off, and
            distilled models ask for 0.
        width, height: of the picture, pixels; None for the model's own size.

    Raises:
        InputError: an empty prompt, or a number outside its range.
    """

    prompt: str
    negative_prompt: str = ""
    seed: int = 0
    steps: int = 25
    guidance_scale: float = 2.5
    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise InputError("the prompt is empty: say what to paint, such as 'a blue dog on a red background'")
        for name in ("seed", "steps", "width", "height"):
            value = getattr(self, name)
            if not isinstance(value, Integral) and not (value is None and name in ("width", "height")):
                raise InputError(f"{name} {value!r} is not usable: give a whole number")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"seed {self.seed} is out of range: give one from 0 to 4294967295")
        if not 1 <= self.steps <= MAX_STEPS:
            raise InputError(f"{self.steps} steps are out of range: give 1 to {MAX_STEPS}")
        if not 0 <= self.guidance_scale <= MAX_SCALE:
            raise InputError(f"guidance scale {self.guidance_scale} is out of range: give 0 to {MAX_SCALE:g}; 1 is off")
        for name, side in (("width", self.width), ("height", self.height)):
            if side is not None and not 16 <= side <= MAX_SIDE:
                raise InputError(f"{name} {side} is out of range: give 16 to {MAX_SIDE} pixels")

    def to_record(self) -> dict[str, Any]:
        """As plain values, for metadata; without a size that was left to the model."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def generate(
    pipe: DiffusionPipeline, wanted: Generation, on_step: OnStep | None = None, scale_argument: str = "guidance_scale"
) -> Image:
    """Paint one picture.

    Args:
        pipe: a text-to-image pipeline.
        wanted: prompt and settings.
        on_step: see :data:`OnStep`.
        scale_argument: what this pipeline calls the guidance scale.
    """
    import torch

    def report(step: int) -> None:
        if on_step is not None:  # some samplers take more steps than they are asked for
            on_step(step + 1, getattr(pipe, "num_timesteps", None) or max(wanted.steps, step + 1))

    def tell(_: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        report(step)
        return tensors

    arguments = {
        "negative_prompt": wanted.negative_prompt,
        "num_inference_steps": wanted.steps,
        scale_argument: wanted.guidance_scale,
        "width": wanted.width,
        "height": wanted.height,
        "generator": torch.Generator().manual_seed(wanted.seed),  # on the CPU: the same noise on every device
        "callback_on_step_end": tell,
        "callback": lambda step, *_: report(step),  # of PixArt, which has no other
    }
    known = inspect.signature(pipe.__call__).parameters  # type: ignore[operator]
    if scale_argument == "true_cfg_scale" and wanted.guidance_scale > 1:
        arguments["negative_prompt"] = wanted.negative_prompt or " "  # without one, that scale does nothing
    left_out = {"width", "height"} if wanted.width is None and wanted.height is None else set()
    if not arguments["negative_prompt"]:
        left_out.add("negative_prompt")  # each pipeline has an empty one of its own, None or ""
    chosen = {name: value for name, value in arguments.items() if name in known and name not in left_out}
    return pipe(prompt=wanted.prompt, **chosen).images[0]  # type: ignore[operator]
