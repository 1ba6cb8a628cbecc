"""What the tab *Guide a generation* and the endpoint /guide do: a job from the controls, painting it, keeping what came out."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guidance.catalogue import EMBEDDED_ID, MODELS, closest
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.service.guide.gpu import gpu, zero_gpu
from studio.service.guide.pipelines import pipeline
from studio.service.guide.png import SETTINGS_KEY, write_png
from studio.service.guide.run import (
    Cancelled,
    GuideEvent,
    GuideJob,
    GuideResult,
    OnEvent,
    default_generation,
    entry_of,
    file_name,
    guide_events,
    read_guided,
    save_guided,
    save_plain,
    streamed,
)
from studio.ui.controls import PALETTE, PICTURE
from studio.ui.guide.choice import GuideChoice
from studio.ui.settings import number_from, whole_number

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT, NOTHING = "Kept colours", "Nothing"
KINDS = (PICTURE, PALETTE, NOTHING)
DEVICE = "auto"
NO_REFERENCE = (
    "Choose a reference, a picture whose colours you want; or take the colours from a palette, or from nothing."
)
NO_PALETTE = "Write the palette's colours first, such as #2b3a55, #e8c07d."
# No dot in front, no third part: nothing that could mean a folder of this machine.
_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


@dataclass(frozen=True)
class PlainJob:
    """A picture that nothing guides."""

    generation: Generation
    model: str = EMBEDDED_ID


@dataclass(frozen=True, eq=False)
class PlainResult:
    """What a :class:`PlainJob` came to."""

    job: PlainJob
    image: Image
    seconds: float


Job = GuideJob | PlainJob


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture of this visit.

    Attributes:
        job: what it was made from, with the reference's colours.
        picture, plain: the files to take away.
        distance, plain_distance: to the reference, where there is one.
        seconds: None for a picture that was brought along.
        notes: what was assumed.
    """

    job: Job
    picture: Path
    plain: Path | None = None
    distance: float | None = None
    plain_distance: float | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()


def make_job(choice: GuideChoice, reference: Path | None, kept: GuideJob | None = None) -> Job:
    """The job that the controls describe.

    Args:
        choice: the controls.
        reference: the chosen picture.
        kept: the job of a picture whose settings were restored; its colours count with the kind *Kept colours*, and so do
            those of its settings that the page has no controls for.

    Raises:
        InputError: with words for the page.
    """
    model = model_from(choice.model)
    generation = _generation(choice, model)
    if choice.kind == NOTHING:
        return PlainJob(generation, model)
    base = kept.guidance if choice.kind == KEPT and kept is not None else GuidanceSettings()
    guidance = replace(
        base, strength=number_from(choice.strength, "strength"), start=number_from(choice.start, "start"),
        stop=number_from(choice.stop, "stop"), method=choice.method,
        decode_scale=number_from(choice.decode_scale, "decode scale"), grain=number_from(choice.grain, "grain"),
    )  # fmt: skip
    job = partial(GuideJob, generation, guidance, model=model, plain=bool(choice.plain))
    if choice.kind == PALETTE:
        if not str(choice.palette or "").strip():
            raise InputError(NO_PALETTE)
        return job(palette=str(choice.palette))
    if choice.kind == KEPT:
        if kept is None:
            raise InputError("No colours are kept: drop a PNG made here, or choose a picture or a palette.")
        return job(colors=kept.colors, reference_name=kept.reference_name)
    if reference is None:
        raise InputError(NO_REFERENCE)
    if not reference.is_file():
        raise InputError(f"{reference.name} is no longer on the server: choose it again")
    return job(reference=reference)


def _generation(choice: GuideChoice, model: str) -> Generation:
    entry = MODELS.get(model)
    size: dict[str, int | None] = {
        name: None if value in (None, 0) else whole_number(value, name)
        for name, value in (("width", choice.width), ("height", choice.height))
    }
    if entry is not None and size == {"width": entry.width, "height": entry.height}:
        size = {}  # as one who leaves it to the model, so that both get the same file
    return default_generation(
        model,
        str(choice.prompt or ""),
        negative_prompt=str(choice.negative or ""),
        seed=secrets.randbelow(2**32) if choice.seed in (None, "") else whole_number(choice.seed, "seed"),
        steps=None if choice.steps is None else whole_number(choice.steps, "number of steps"),
        guidance_scale=None if choice.scale is None else number_from(choice.scale, "guidance scale"),
        **size,
    )


def models() -> tuple[str, ...]:
    """Ids of the models on offer; on ZeroGPU only what the Space loaded at its start, on the card that it shares."""
    return (EMBEDDED_ID,) if zero_gpu() else tuple(MODELS)


def model_from(value: Any) -> str:
    """A model of the catalogue or of the hub. Raises InputError for anything else, above all for a folder of the server."""
    name = str(value or "").strip()
    if name in models():
        return name
    if zero_gpu():
        raise InputError(f"This Space paints with {EMBEDDED_ID}: run the app on your own machine for {name[:80]!r}.")
    if os.environ.get("SPACE_ID"):  # anybody who comes by could fill its disk, with the owner's token
        raise InputError(
            f"This Space paints with the models of its list: run the app on your own machine for {name[:80]!r}."
        )
    if not _HUB_NAME.fullmatch(name) or Path(name).exists():
        close = closest(name)
        advice = f"did you mean {' or '.join(close)}?" if close else "choose one of the list, or write owner/name"
        raise InputError(f"Model {name[:80]!r} is neither in the list nor the name of one on huggingface.co: {advice}")
    return name


def _seconds(job: Job, device: str, stop: Path) -> int:
    """What a picture may take on the GPU of a Space, from its steps and the size of the model. Generous by half."""
    entry = MODELS.get(job.model) or MODELS[EMBEDDED_ID]
    wanted = job.generation
    megapixels = (wanted.width or entry.width) * (wanted.height or entry.height) / 1e6
    step = 0.03 + 0.05 * entry.denoiser * max(megapixels, 0.25)
    pictures = 2 if isinstance(job, GuideJob) and job.plain else 1
    return math.ceil(3 + 1.5 * step * wanted.steps * pictures)


@gpu(_seconds)
def _on_gpu(job: Job, device: str, stop: Path) -> Iterator[Any]:
    """Events, then the result, or what went wrong: raised, it would arrive as something else on ZeroGPU."""

    def stopped() -> bool:
        return stop.exists() or not stop.parent.exists()  # a page that is closed takes its folder with it

    try:
        if isinstance(job, GuideJob):
            yield from guide_events(job, device, stopped)
        else:
            yield from streamed(lambda tell: _run_plain(job, device, tell), stopped)
    except (InputError, Cancelled) as error:
        yield error


def paint(job: Job, device: str, stop: Path) -> Iterator[Any]:
    """Paint: yields :class:`GuideEvent`, and at the end a :class:`GuideResult` or :class:`PlainResult`.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        stop: as soon as this file is there, or its folder is not, painting stops.

    Raises:
        InputError: what cannot be done, in words for a person.
        Cancelled: it was stopped.
    """
    events = _on_gpu(
        job, device, stop
    )  # held here: it may only be closed, and wait for its process, after the file is there
    try:
        for event in events:
            if isinstance(event, Exception):
                raise event
            yield event
    except GeneratorExit:  # whoever listened has left, and it may be another process that paints
        with suppress(OSError):
            stop.touch()
        raise


def _run_plain(job: PlainJob, device: str, tell: OnEvent) -> PlainResult:
    from guidance.text_to_image import generate

    def loading(share: float, text: str) -> None:
        tell(GuideEvent(0.0, text if share < 1 else "starting"))

    with pipeline(job.model, device, loading) as loaded:
        argument = entry_of(loaded).scale_argument
        began = time.perf_counter()
        image = generate(
            loaded.pipe, job.generation, lambda done, of: tell(GuideEvent(done / of, f"step {done} of {of}")), argument
        )
        return PlainResult(job, image, time.perf_counter() - began)


def hold_models() -> None:
    """On ZeroGPU, load the models on offer, in the thread and process that starts the app, as it asks for."""
    if zero_gpu():
        for model in models():
            with pipeline(model, DEVICE):
                pass


def save(result: GuideResult | PlainResult, new_place: Callable[[str], Path]) -> Painted:
    """Write the pictures, each with its settings."""
    job = result.job
    place = new_place(file_name(job.generation.prompt))
    if isinstance(result, PlainResult):
        write_png(result.image, {"model": job.model, **job.generation.to_record()}, place)
        return Painted(job, place, seconds=result.seconds)
    save_guided(result, place)
    plain = None if result.plain is None else save_plain(result, place.with_name(f"{place.stem} plain.png"))
    return Painted(job, place, plain, result.distance, result.plain_distance, result.seconds, result.notes)


def read_job(path: Path) -> Job:
    """What a PNG made here was made from, guided or not. Raises InputError."""
    try:
        job = read_guided(path)
    except InputError as refused:
        try:
            return _read_plain(path)
        except (OSError, KeyError, TypeError, ValueError, AttributeError, SyntaxError):
            raise refused from None
    return replace(job, plain="plain_distance" in _record(path))


def _read_plain(path: Path) -> PlainJob:
    record = _record(path)
    if "guidance" in record:
        raise ValueError("a guided picture")
    names = Generation.__dataclass_fields__
    return PlainJob(Generation(**{name: record[name] for name in names if name in record}), str(record["model"]))


def _record(path: Path) -> Any:
    from PIL import Image as Pillow

    with Pillow.open(path) as image:
        return json.loads(image.info[SETTINGS_KEY])
