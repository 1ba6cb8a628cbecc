"""How large a painting one visitor may ask for: its size times its steps, since all others wait for it meanwhile."""

from __future__ import annotations

from guidance.catalogue import EMBEDDED_ID, MODELS
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.ui.limits import Limits, limits


def check_budget(job: GuideJob | PaintJob, allowed: Limits | None = None, *, gpu: bool | None = None) -> None:
    """Refuse a painting that would take too long, or too much memory.

    Args:
        job: what is wanted. A size that is left to a model which is not in the catalogue is not known here.
        allowed: those of this process if left out.
        gpu: whether it is painted on a GPU; found out if left out.

    Raises:
        InputError: it is too large; in words that say the cap and what would fit.
    """
    allowed = limits() if allowed is None else allowed
    wanted, entry = job.generation, MODELS.get(job.model.strip()) or MODELS[EMBEDDED_ID]
    width, height = wanted.width or entry.width, wanted.height or entry.height
    if max(width, height) > allowed.side:
        raise InputError(f"{width} x {height} is too large: this app paints up to {allowed.side} pixels along an edge")
    budget = allowed.painting_gpu if (_has_gpu() if gpu is None else gpu) else allowed.painting_cpu
    pictures = 2 if isinstance(job, GuideJob) and job.plain else 1
    a_step = width * height / 1e6 * pictures
    if a_step * wanted.steps <= budget:
        return
    twice = ", twice with the plain picture," if pictures == 2 else ""
    fits = int(budget / a_step)
    raise InputError(
        f"{width} x {height} pixels in {wanted.steps} steps{twice} are too much for this app, which paints up to {budget:g} "
        f"megapixels times steps: "
        + (f"give at most {fits} steps, or a smaller size" if fits else "give a smaller size")
    )


def _has_gpu() -> bool:
    import torch

    from studio.service.guide.gpu import zero_gpu

    return zero_gpu() or torch.cuda.is_available() or torch.backends.mps.is_available()
