"""A prompt in, a picture out: guided towards the colours of a reference, or plain."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from guidance.catalogue import FAMILY_OF_CLASS, MODELS, ModelEntry, nearest_kin
from guidance.quantize.kinds import check_quantization
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.remedies import JobRemedy
from studio.service.guide.pipelines import WAITING, pipeline
from studio.service.guide.wanted import Wanted, wanted_of
from studio.watch import UNWATCHED, Event, Watch

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from guidance.attach import GuidedStep
    from guidance.loading import LoadedModel, OnProgress

PREVIEW_EVERY = 3
"""Number of steps from one preview to the next."""


@dataclass(frozen=True, eq=False)
class GuideResult:
    """A guided picture.

    Attributes:
        job: what it was made from. Its references are the colours that were used (:class:`KeptColours`), which a PNG keeps as
            it keeps masks, and its quantization is what ``"auto"`` came to.
        image: the guided picture.
        plain: the plain picture of the same seed; None if it was not asked for.
        distance: distance of the guided picture to the reference, sliced Wasserstein in CIE Lab units.
        plain_distance: distance of the plain picture to the reference, likewise; None if there is no plain picture.
        seconds: time that painting took, for both pictures and without loading the model.
        notes: what was assumed or left out, for a person.
    """

    job: GuideJob
    image: Image
    plain: Image | None
    distance: float
    plain_distance: float | None
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PaintResult:
    """A picture that nothing guided.

    Attributes:
        job: what it was made from, its quantization being what ``"auto"`` came to.
        image: the picture.
        seconds: time that painting took, without loading the model.
    """

    job: PaintJob
    image: Image
    seconds: float


@dataclass(frozen=True, eq=False)
class GuideEvent(Event):
    """Something happened while a picture is painted.

    Attributes:
        preview: (H, W, 3) uint8: the picture so far, every few steps; None otherwise.
        loaded: how much of the model is loaded, 0 to 1, while it is loaded; None otherwise.
    """

    preview: np.ndarray | None = None
    loaded: float | None = None


def default_generation(model: str, prompt: str, **given: object) -> Generation:
    """A generation with the settings that were given, and those of the model's makers for the others.

    Args:
        model: id of the catalogue, of the hub, or a folder. A model that is not in the catalogue gets 28 steps and a scale
            of 4: what suits it best is not known here.
        prompt: what to paint.
        given: further attributes of :class:`Generation` by name; None counts as not given.

    Raises:
        InputError: as :class:`Generation`.
    """
    entry = MODELS.get(model.strip())
    settings: dict[str, object] = {
        "steps": entry.steps if entry else 28,
        "guidance_scale": entry.scale if entry else 4.0,
    }
    settings |= {name: value for name, value in given.items() if value is not None}
    return Generation(prompt, **settings)  # type: ignore[arg-type]  # it checks the values, whatever their type


def check_job(job: GuideJob | PaintJob) -> None:
    """Refuse what can be refused before a model is loaded.

    Raises:
        InputError: the model has a name that no model can have, or does not paint pictures of that size; the quantization is
            unknown; a reference or a mask cannot be read, or does not suit the picture; or no colour is left without those to
            avoid.
    """
    _check_model(job)
    if isinstance(job, GuideJob):
        wanted_of(job, _size(job, MODELS.get(job.model.strip())))


def run_guide(job: GuideJob, device: str = "auto", watch: Watch = UNWATCHED) -> GuideResult:
    """Paint a guided picture.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        watch: is told of every step (:class:`GuideEvent`). It may stop the job at a step, while the model is loaded, and
            while another picture is being painted.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: the job was stopped. Nothing was saved, and the pipeline is as it was.
    """
    _check_model(job)
    wanted = wanted_of(job)
    notes = list(wanted.notes)
    with pipeline(job.model, device, _tells_loading(watch), job.quantize) as loaded:
        watch.event(GuideEvent(0.0, "starting"))
        entry = entry_of(loaded)
        _check_size(job, entry)
        began = time.perf_counter()
        with _memory_advice():
            image, plain = _painted(job, loaded, entry, wanted, watch)
        seconds = time.perf_counter() - began
    if job.generation.negative_prompt and loaded.model and not loaded.model.negative_prompt:
        notes.append(f"a negative prompt changes little or nothing with {loaded.model.label}")
    kept = replace(wanted.kept_in(job), quantize=loaded.placement.quantize)
    plain_distance = None if plain is None else wanted.distance(plain)
    return GuideResult(kept, image, plain, wanted.distance(image), plain_distance, seconds, tuple(notes))


def run_paint(job: PaintJob, device: str = "auto", watch: Watch = UNWATCHED) -> PaintResult:
    """Paint a picture that nothing guides.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        watch: as for :func:`run_guide`.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: the job was stopped. Nothing was saved, and the pipeline is as it was.
    """
    from guidance.text_to_image import generate

    _check_model(job)

    def step(done: int, of: int) -> None:
        watch.event(GuideEvent(done / of, f"step {done} of {of}"))

    with pipeline(job.model, device, _tells_loading(watch), job.quantize) as loaded:
        watch.event(GuideEvent(0.0, "starting"))
        entry = entry_of(loaded)
        _check_size(job, entry)
        began = time.perf_counter()
        with _memory_advice():
            image = generate(loaded.pipe, job.generation, step, entry.scale_argument)
        seconds = time.perf_counter() - began
    return PaintResult(replace(job, quantize=loaded.placement.quantize), image, seconds)


def _tells_loading(watch: Watch) -> OnProgress:
    """Tells a watch how far the loading of a model is, and that another picture is waited for."""

    def tell(share: float, text: str) -> None:
        watch.event(GuideEvent(0.0, text, loaded=None if text == WAITING else share))

    return tell


def _painted(
    job: GuideJob, loaded: LoadedModel, entry: ModelEntry, wanted: Wanted, watch: Watch
) -> tuple[Image, Image | None]:
    """The guided picture, and the plain one if it is wanted."""
    from guidance.attach import guide
    from guidance.text_to_image import generate

    pictures = 2 if job.plain else 1

    def guided_step(step: GuidedStep) -> None:
        due = step.done % PREVIEW_EVERY == 0 or step.done == step.of
        seen = _preview(step.seen) if due and step.seen is not None else None
        watch.event(GuideEvent(step.done / step.of / pictures, f"step {step.done} of {step.of}", seen))

    def plain_step(done: int, of: int) -> None:
        watch.event(GuideEvent((1 + done / of) / pictures, f"plain image, step {done} of {of}"))

    with guide(loaded.pipe, wanted.reference, places=wanted.places, settings=job.guidance, on_step=guided_step):
        image = generate(loaded.pipe, job.generation, scale_argument=entry.scale_argument)
    if not job.plain:
        return image, None
    return image, generate(loaded.pipe, job.generation, plain_step, entry.scale_argument)


def entry_of(loaded: LoadedModel) -> ModelEntry:
    """The entry of a model in the catalogue.

    A model without one gets that of another model of its family: both take the same sizes and arguments.
    """
    family = FAMILY_OF_CLASS.get(type(loaded.pipe).__name__)
    return loaded.model or nearest_kin(family or "")


def _check_model(job: GuideJob | PaintJob) -> None:
    """Refuse a name that no model can have, a size that a model of the catalogue does not paint, and an unknown quantization."""
    from guidance.loading import local_folder

    check_quantization(job.quantize)
    local_folder(job.model)
    entry = MODELS.get(job.model.strip())
    if entry is not None:
        _check_size(job, entry)


def _check_size(job: GuideJob | PaintJob, entry: ModelEntry) -> None:
    """Refuse a size that is not a multiple of what the model's latents stand for."""
    for name, side in (("width", job.generation.width), ("height", job.generation.height)):
        if side is not None and side % entry.multiple:
            nearest = max(entry.multiple, round(side / entry.multiple) * entry.multiple)
            raise InputError(
                f"{name} {side} does not suit {job.model}: give a multiple of {entry.multiple}, such as {nearest}"
            )


def _size(job: GuideJob, entry: ModelEntry | None) -> tuple[int, int] | None:
    """(H, W) of the picture; None where only the model that is loaded will tell."""
    width, height = job.generation.width, job.generation.height
    if entry is None:
        return None if width is None or height is None else (height, width)
    return height or entry.height, width or entry.width


def _preview(seen: Tensor) -> np.ndarray:
    """(H, W, 3) uint8 from the first of (B, 3, H, W) images, whose values may lie outside 0..1."""
    return np.asarray((seen[0].float().clamp(0, 1) * 255).round().byte().cpu().permute(1, 2, 0).numpy())


@contextmanager
def _memory_advice() -> Iterator[None]:
    """Raise an InputError with advice where memory runs out; let every other error pass."""
    import torch

    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        # PyTorch has a class of its own for a GPU that runs out of memory, but none for the CPU and for MPS.
        if not known and not re.search("out of memory|can't allocate memory|not enough memory", str(error)):
            raise
        raise InputError("memory ran out", JobRemedy.LESS_MEMORY) from error
