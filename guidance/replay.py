"""Calling a pipeline's denoiser once more for other latents, as the pipeline itself called it.

Pipelines build the denoiser's input and combine its outputs each in their own way. The last call (or two, where the negative
prompt has one of its own) is kept with its arguments; the latents among them are found by their values, and how the outputs
were combined by a least-squares fit to what the scheduler was handed: classifier-free guidance is linear (arXiv 2207.12598).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from reswd_torch.errors import InputError

_CLOSE = 0.02
"""Relative error that half precision may leave in the comparison of latents, and of outputs."""


@dataclass(eq=False)
class _Call:
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any


class Replay:
    """The denoiser of one pipeline.

    Args:
        pipe: a pipeline with a ``unet`` or a ``transformer``.

    Raises:
        InputError: it has neither; on use, what it does cannot be repeated for other latents.
    """

    def __init__(self, pipe: Any) -> None:
        denoiser: Any = getattr(pipe, "unet", None)
        self.denoiser: Any = getattr(pipe, "transformer", None) if denoiser is None else denoiser
        if self.denoiser is None:
            raise InputError(f"this {type(pipe).__name__} has no denoiser to call again: leave out reevaluate=True")
        self.name = type(pipe).__name__
        self.calls: list[_Call] = []
        self.weights: Tensor | None = None
        self._replaying = False

    def attach(self) -> Callable[[], None]:
        """Start to keep calls; returns what stops it."""

        def keep(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            if not self._replaying:
                self.calls.append(_Call(args, kwargs, output))

        return self.denoiser.register_forward_hook(keep, with_kwargs=True).remove

    def forget(self) -> None:
        """A step is over: the next one has calls of its own."""
        self.calls, self.weights = [], None

    def learn(self, scheduler: Any, timestep: Any, sample: Tensor, output: Tensor) -> None:
        """Find out how the kept calls led from the sample to the output.

        Args:
            scheduler, timestep: of the step.
            sample, output: float32, as the scheduler is handed them.
        """
        scaled = _scaled(scheduler, sample, timestep)
        for call in self.calls:
            found = [0]
            _swap((call.args, call.kwargs), scaled, scaled, found)
            if not found[0]:
                raise InputError(
                    f"{self.name}: the latents were not found in what its denoiser is handed{self._advice}"
                )
        groups = torch.stack([group.flatten() for group in self._groups([call.output for call in self.calls], sample)])
        solution = torch.linalg.lstsq(
            groups.T.double().cpu(), output.flatten()[:, None].double().cpu()
        ).solution.flatten()
        self.weights = solution.to(output)
        if _relative(self.weights @ groups, output.flatten()) > _CLOSE:
            raise InputError(
                f"{self.name} combines what its denoiser says in a way that cannot be repeated{self._advice}"
            )
        self._learned = scaled

    @property
    def _advice(self) -> str:
        return ": leave out reevaluate=True, or set the guidance scale so that it is off"

    def __call__(self, scheduler: Any, timestep: Any, sample: Tensor, dtype: torch.dtype) -> Tensor:
        """The output for another sample, combined as :meth:`learn` found.

        Args:
            scheduler, timestep: of the step.
            sample: float32.
            dtype: of the sample that the pipeline keeps.
        """
        assert self.weights is not None, "learn() comes first"
        scaled = _scaled(scheduler, sample, timestep).to(dtype)
        self._replaying = True
        try:
            outputs = []
            for call in self.calls:
                args, kwargs = _swap((call.args, call.kwargs), self._learned, scaled, [0])
                outputs.append(self.denoiser(*args, **kwargs))
        finally:
            self._replaying = False
        groups = torch.stack([group.flatten() for group in self._groups(outputs, sample)])
        return (self.weights @ groups).reshape(sample.shape)

    def _groups(self, outputs: list[Any], sample: Tensor) -> list[Tensor]:
        """Each shaped as the sample: one for the prompt, one for the negative prompt."""
        rows: list[Tensor] = []
        for output in outputs:
            first = getattr(output, "sample", output)
            while isinstance(first, tuple):
                first = first[0]
            rows += list(first)
        wanted = sample[0].numel()
        if len(rows) % len(sample) or any(row.numel() not in (wanted, 2 * wanted) for row in rows):
            raise InputError(f"{self.name}: what its denoiser says has no form that is known{self._advice}")
        # twice the channels: the second half is a variance that no scheduler here is handed
        flat = [row.float().flatten()[:wanted].reshape(sample[0].shape) for row in rows]
        return [torch.stack(flat[start : start + len(sample)]) for start in range(0, len(flat), len(sample))]


def _scaled(scheduler: Any, sample: Tensor, timestep: Any) -> Tensor:
    """The sample as the denoiser gets it; flow matching has it as it is."""
    scale = getattr(scheduler, "scale_model_input", None)
    return sample if scale is None else scale(sample, timestep)


def _swap(value: Any, old: Tensor, new: Tensor, found: list[int]) -> Any:
    """``value`` with the latents ``old`` in it replaced by ``new``; counts them in ``found``.

    Latents come as a batch, as several batches in a row, or image by image in a list.
    """
    if isinstance(value, Tensor):
        if not value.is_floating_point():
            return value
        if value.shape[1:] == old.shape[1:] and value.shape[0] % old.shape[0] == 0:
            times = (value.shape[0] // old.shape[0], *(1 for _ in old.shape[1:]))
            if _relative(value.float(), old.repeat(times)) < _CLOSE:
                found[0] += 1
                return new.repeat(times).to(value.dtype)
        elif value.numel() == old[0].numel():
            for item, replacement in zip(old, new, strict=True):
                if _relative(value.float().flatten(), item.flatten()) < _CLOSE:
                    found[0] += 1
                    return replacement.reshape(value.shape).to(value.dtype)
        return value
    if isinstance(value, tuple | list):
        return type(value)(_swap(each, old, new, found) for each in value)
    if isinstance(value, dict):
        return {key: _swap(each, old, new, found) for key, each in value.items()}
    return value


def _relative(got: Tensor, wanted: Tensor) -> float:
    return float((got - wanted).norm() / wanted.norm().clamp(min=1e-12))
