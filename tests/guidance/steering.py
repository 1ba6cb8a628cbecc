"""Guided runs of tiny pipelines, for the tests of guide()."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from guidance.attach import guide
from tests.guidance import tiny

REEVALUATE = {"method": "gradient", "reevaluate": True, "inner_steps": 3}
METHODS = [{"method": "transport"}, {"method": "gradient", "inner_steps": 2}, {**REEVALUATE, "inner_steps": 2}]
"""Settings of the three ways of steering."""
METHOD_NAMES = ["transport", "gradient", "reevaluate"]


def guided_run(
    pipe: Any, reference: Any = tiny.COOL, calls: dict[str, Any] | None = None, **options: Any
) -> torch.Tensor:
    """The images of a guided run.

    Args:
        pipe: a tiny pipeline.
        reference: as for guide().
        calls: arguments of :func:`tests.guidance.tiny.run`.
        **options: settings of guidance.
    """
    with guide(pipe, reference, **options):
        return tiny.run(pipe, **(calls or {}))


def denoiser_of(pipe: Any) -> Any:
    """The UNet or the transformer of a pipeline."""
    return getattr(pipe, "unet", None) or pipe.transformer


@contextmanager
def changed_denoiser(pipe: Any, change: Callable[[int, Any], Any]) -> Iterator[list[int]]:
    """Pass the outputs of the denoiser through ``change(call, output)``, with calls counted from 0.

    Yields:
        The list of calls so far.
    """
    calls: list[int] = []

    def hook(module: Any, args: Any, output: Any) -> Any:
        calls.append(len(calls))
        return change(calls[-1], output)

    handle = denoiser_of(pipe).register_forward_hook(hook)
    try:
        yield calls
    finally:
        handle.remove()
