"""Painting a picture from a prompt with a loaded text-to-image pipeline of diffusers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import TYPE_CHECKING

from reswd_torch.checks import is_number
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline
    from PIL.Image import Image

MAX_STEPS = 200
MAX_SCALE = 20.0
MAX_SIDE = 4096
OnStep = Callable[[int, int], None]
"""A function that is called after each denoising step with the number of steps done and the number of all steps. It may raise
an exception, which ends the generation."""


LONGEST_PROMPT = 10_000
"""Characters. Tokenizers take minutes for a megabyte, of which no model reads more than the beginning."""


@dataclass(frozen=True)
class Generation:
    """The prompt and the settings that one picture is painted from.

    Attributes:
        prompt: what to paint.
        negative_prompt: what not to paint.
        seed: seed of the starting noise, 0 to 2^32 - 1. The same seed paints the same picture.
        steps: number of denoising steps, 1 to :data:`MAX_STEPS`.
        guidance_scale: scale of classifier-free guidance (arXiv 2207.12598), 0 to :data:`MAX_SCALE`. At 1 or less it is
            off, and distilled models ask for 0.
        width, height: size of the picture, pixels, 16 to :data:`MAX_SIDE`; None for the model's own size.

    Raises:
        InputError: the prompt is empty, or a number is outside its range.
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
        for text in (self.prompt, self.negative_prompt):
            if isinstance(text, str) and len(text) > LONGEST_PROMPT:
                raise InputError(
                    f"the prompt {text[:40]!r}... has {len(text)} characters: give {LONGEST_PROMPT} at most"
                )
            if isinstance(text, str) and text.encode("utf-8", "replace") != text.encode("utf-8", "surrogatepass"):
                raise InputError(f"the prompt {text[:80]!r} is no text: write it in Unicode (UTF-8)")
        for name in ("seed", "steps", "width", "height"):
            value = getattr(self, name)
            if not is_number(value, Integral) and not (value is None and name in ("width", "height")):
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

    def to_record(self) -> dict[str, str | int | float]:
        """The attributes as plain values, for metadata. A size that was left to the model is not in there."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def parse_size(text: str) -> tuple[int, int]:
    """Width and height in pixels from a text such as ``"64x64"``.

    Raises:
        InputError: the text is no size.
    """
    sides = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", text)
    if sides is None:
        raise InputError(f"{text[:40]!r} is not a size: give width x height, such as 64x64")
    return int(sides[1]), int(sides[2])


def generate(
    pipe: DiffusionPipeline, wanted: Generation, on_step: OnStep | None = None, scale_argument: str = "guidance_scale"
) -> Image:
    """Paint one picture.

    Args:
        pipe: a text-to-image pipeline.
        wanted: prompt and settings.
        on_step: is called after each denoising step, see :data:`OnStep`.
        scale_argument: name of the argument of this pipeline's call that takes the guidance scale.
    """

    def report(step: int) -> None:
        if on_step is not None:  # some samplers take more steps than they are asked for
            on_step(step + 1, getattr(pipe, "num_timesteps", None) or max(wanted.steps, step + 1))

    arguments = _call_arguments(wanted, report, scale_argument)
    known = inspect.signature(pipe.__call__).parameters  # type: ignore[operator]
    chosen = {name: value for name, value in arguments.items() if name in known}
    return pipe(prompt=wanted.prompt, **chosen).images[0]  # type: ignore[operator]


def _call_arguments(wanted: Generation, report: Callable[[int], None], scale_argument: str) -> dict[str, object]:
    """Arguments for the call of a pipeline. No pipeline takes all of them."""
    import torch

    def report_and_go_on(
        pipe: object, step: int, timestep: object, tensors: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        report(step)
        return tensors

    arguments: dict[str, object] = {
        "num_inference_steps": wanted.steps,
        scale_argument: wanted.guidance_scale,
        "generator": torch.Generator().manual_seed(wanted.seed),  # on the CPU: the noise is the same on every device
        "callback_on_step_end": report_and_go_on,
        "callback": lambda step, *_: report(step),  # PixArt has this callback only
    }
    if wanted.width is not None or wanted.height is not None:
        arguments |= {"width": wanted.width, "height": wanted.height}
    negative_prompt = wanted.negative_prompt
    if scale_argument == "true_cfg_scale" and wanted.guidance_scale > 1:
        negative_prompt = negative_prompt or " "  # without a negative prompt, this scale does nothing
    if negative_prompt:  # an empty one is left to the pipeline, for which it is None or ""
        arguments["negative_prompt"] = negative_prompt
    return arguments
