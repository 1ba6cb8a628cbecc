"""Calling a pipeline's denoiser once more for other latents, in the way the pipeline itself called it.

Each pipeline builds the denoiser's input and combines the denoiser's outputs in its own way. So the calls of a step are kept
with their arguments: there is one, or two if the negative prompt has a call of its own. The latents among the arguments are
found by their values. How the outputs were combined is found by a least-squares fit to what the scheduler was handed, which
works because classifier-free guidance is linear (arXiv 2207.12598).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from guidance.protocols import Scheduler, Timestep
from reswd_torch.errors import InputError

_CLOSE = 0.02
"""Relative error up to which two latents, or two outputs, count as the same. Half precision leaves errors of this size."""


@dataclass(eq=False)
class _Call:
    """One call of the denoiser, with its arguments and its output."""

    args: tuple[object, ...]
    kwargs: dict[str, object]
    output: object


class Replay:
    """Repeats the calls of one pipeline's denoiser.

    Args:
        pipe: a pipeline of diffusers with a ``unet`` or a ``transformer``.

    Attributes:
        calls: the calls of the step that is going on.
        weights: share of each of the denoiser's outputs in what the scheduler is handed; None before :meth:`learn`.

    Raises:
        InputError: the pipeline has no denoiser. When it is used: what the pipeline does cannot be repeated for other
            latents.
    """

    def __init__(self, pipe: object) -> None:
        unet: torch.nn.Module | None = getattr(pipe, "unet", None)
        denoiser: torch.nn.Module | None = getattr(pipe, "transformer", None) if unet is None else unet
        if denoiser is None:
            raise InputError(f"this {type(pipe).__name__} has no denoiser to call again: leave out reevaluate=True")
        self.denoiser = denoiser
        self.name = type(pipe).__name__
        self.calls: list[_Call] = []
        self.weights: Tensor | None = None
        self._replaying = False

    def attach(self) -> Callable[[], None]:
        """Start to keep calls. Returns a function that ends it."""

        def keep(module: object, args: tuple[object, ...], kwargs: dict[str, object], output: object) -> None:
            if not self._replaying:
                self.calls.append(_Call(args, kwargs, output))

        return self.denoiser.register_forward_hook(keep, with_kwargs=True).remove

    def forget(self) -> None:
        """Forget the calls of a step that is over: the next step has calls of its own."""
        self.calls, self.weights = [], None

    def learn(self, scheduler: Scheduler, timestep: Timestep, sample: Tensor, output: Tensor) -> None:
        """Find out how the kept calls led from the sample to the output.

        Args:
            scheduler: the pipeline's scheduler.
            timestep: the step's timestep.
            sample, output: sample and model output that the scheduler is handed, float32.

        Raises:
            InputError: this cannot be found out.
        """
        scaled = _scaled(scheduler, sample, timestep)
        for call in self.calls:
            swap = _Swap(scaled, scaled)
            swap(call.args)
            swap(call.kwargs)
            if not swap.found:
                raise InputError(
                    f"{self.name}: the latents were not found in what its denoiser is handed{self._advice}"
                )
        groups = torch.stack([group.flatten() for group in self._groups([call.output for call in self.calls], sample)])
        solution = torch.linalg.lstsq(
            groups.T.double().cpu(), output.flatten()[:, None].double().cpu()
        ).solution.flatten()
        self.weights = solution.to(output)
        if _relative_error(self.weights @ groups, output.flatten()) > _CLOSE:
            raise InputError(
                f"{self.name} combines what its denoiser says in a way that cannot be repeated{self._advice}"
            )
        self._learned = scaled

    @property
    def _advice(self) -> str:
        return ": leave out reevaluate=True, or set the guidance scale so that it is off"

    def __call__(self, scheduler: Scheduler, timestep: Timestep, sample: Tensor, dtype: torch.dtype) -> Tensor:
        """Call the denoiser for another sample, and combine its outputs as :meth:`learn` found.

        Args:
            scheduler: the pipeline's scheduler.
            timestep: the step's timestep.
            sample: the other sample, float32.
            dtype: dtype of the sample that the pipeline keeps.

        Returns:
            The model output for this sample, in the shape of ``sample``.
        """
        assert self.weights is not None, "learn() comes first"
        swap = _Swap(self._learned, _scaled(scheduler, sample, timestep).to(dtype))
        self._replaying = True
        try:
            outputs: list[object] = []
            for call in self.calls:
                args = [swap(value) for value in call.args]
                kwargs = {name: swap(value) for name, value in call.kwargs.items()}
                outputs.append(self.denoiser(*args, **kwargs))
        finally:
            self._replaying = False
        groups = torch.stack([group.flatten() for group in self._groups(outputs, sample)])
        return (self.weights @ groups).reshape(sample.shape)

    def _groups(self, outputs: list[object], sample: Tensor) -> list[Tensor]:
        """The outputs in the shape of the sample: one for the prompt, and one for the negative prompt if there is one."""
        rows: list[Tensor] = []
        for output in outputs:
            first = getattr(output, "sample", output)
            while isinstance(first, tuple):
                first = first[0]
            if isinstance(first, Tensor | list):  # one row for each image, or a list of images
                rows += list(first)
        wanted = sample[0].numel()
        if not rows or len(rows) % len(sample) or any(row.numel() not in (wanted, 2 * wanted) for row in rows):
            raise InputError(f"{self.name}: what its denoiser says has no form that is known{self._advice}")
        # With twice the channels, the second half is a variance, which no scheduler here is handed.
        flat = [row.float().flatten()[:wanted].reshape(sample[0].shape) for row in rows]
        return [torch.stack(flat[start : start + len(sample)]) for start in range(0, len(flat), len(sample))]


def _scaled(scheduler: Scheduler, sample: Tensor, timestep: Timestep) -> Tensor:
    """The sample as the denoiser gets it. Schedulers of flow matching do not scale it."""
    scale: Callable[[Tensor, Timestep], Tensor] | None = getattr(scheduler, "scale_model_input", None)
    return sample if scale is None else scale(sample, timestep)


class _Swap:
    """Replaces latents in the arguments of a call by others.

    Latents come as a batch, as several batches in a row, or image by image in a list.

    Args:
        old: the latents to look for.
        new: the latents to put in their place, in the same shape.

    Attributes:
        found: how often the latents were found.
    """

    def __init__(self, old: Tensor, new: Tensor) -> None:
        self.old, self.new = old, new
        self.found = 0

    def __call__(self, value: object) -> object:
        """The value with all latents in it replaced, however deep in tuples, lists and dictionaries they are."""
        if isinstance(value, Tensor):
            return self._tensor(value) if value.is_floating_point() else value
        if isinstance(value, tuple | list):
            return type(value)(self(each) for each in value)
        if isinstance(value, dict):
            return {key: self(each) for key, each in value.items()}
        return value

    def _tensor(self, value: Tensor) -> Tensor:
        old, new = self.old, self.new
        if value.shape[1:] == old.shape[1:] and value.shape[0] % old.shape[0] == 0:
            times = (value.shape[0] // old.shape[0], *(1 for _ in old.shape[1:]))
            if _relative_error(value.float(), old.repeat(times)) < _CLOSE:
                self.found += 1
                return new.repeat(times).to(value.dtype)
        elif value.numel() == old[0].numel():
            for item, replacement in zip(old, new, strict=True):
                if _relative_error(value.float().flatten(), item.flatten()) < _CLOSE:
                    self.found += 1
                    return replacement.reshape(value.shape).to(value.dtype)
        return value


def _relative_error(got: Tensor, wanted: Tensor) -> float:
    """Length of the difference as a share of the length of what was wanted."""
    return float((got - wanted).norm() / wanted.norm().clamp(min=1e-12))
