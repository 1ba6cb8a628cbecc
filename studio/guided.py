"""A prompt and colours in, a guided picture out: what the command line, the tab and the endpoint have in common."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from guidance.models import EMBEDDED_ID, MODELS, ModelEntry
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.generated import SETTINGS_KEY, check_output, write_png
from studio.pipelines import pipeline

if TYPE_CHECKING:
    from PIL.Image import Image

FORMAT = "reswd-studio guided picture"
_LEVELS = 65535  # reference colours are kept with 16 bits, and used as they are kept
PREVIEW_EVERY = 3
"""Steps from one preview to the next."""


@dataclass(frozen=True)
class GuideJob:
    """What one guided picture is made from.

    Attributes:
        generation: prompt, seed, steps and the like.
        guidance: how it is steered.
        reference: a picture whose colours are wanted; or
        palette: hex colours with weights; or
        colors: a reference's colours as a PNG keeps them (:func:`read_guided`). Exactly one of the three.
        model: id of the catalogue, of the hub, or a folder.
        plain: paint the plain image of the same seed as well.
        reference_name: what a stored reference was called.
    """

    generation: Generation
    guidance: GuidanceSettings = field(default_factory=GuidanceSettings)
    reference: Path | None = None
    palette: str | None = None
    colors: str | None = None
    model: str = EMBEDDED_ID
    plain: bool = False
    reference_name: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("reference", "palette", "colors") if getattr(self, name)]
        if not given:
            raise InputError("nothing to steer towards: give a reference picture or a palette")
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} were given together: give one of them")


@dataclass(frozen=True, eq=False)
class GuideResult:
    """A guided picture.

    Attributes:
        job: what it was made from, with the reference's colours.
        image: the guided picture.
        plain: the plain one of the same seed, if it was asked for.
        distance: of the guided picture to the reference, sliced Wasserstein in CIE Lab units.
        plain_distance: of the plain one, if there is one.
        seconds: for both, without loading the model.
        notes: what was assumed or left out.
    """

    job: GuideJob
    image: Image
    plain: Image | None
    distance: float
    plain_distance: float | None
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class GuideEvent:
    """Something happened on the way.

    Attributes:
        share: of the whole job that is done, 0 to 1.
        text: what is being done, such as "step 3 of 25".
        preview: (H, W, 3) uint8: the picture so far, every few steps; None otherwise.
    """

    share: float
    text: str
    preview: np.ndarray | None = None


OnEvent = Callable[[GuideEvent], None]
"""May raise, which ends the job: nothing is saved, and the pipeline is as it was."""


def default_generation(model: str, prompt: str, **given: Any) -> Generation:
    """A generation with what was given, and the model's own settings for the rest; a value of None counts as not given."""
    entry = MODELS.get(model) or MODELS[EMBEDDED_ID]
    defaults: dict[str, Any] = {"steps": entry.steps, "guidance_scale": entry.scale}
    if model not in MODELS:  # what a model nobody told us about likes best, we cannot know
        defaults = {"steps": 28, "guidance_scale": 4.0}
    return Generation(prompt, **{**defaults, **{name: value for name, value in given.items() if value is not None}})


def check_job(job: GuideJob) -> None:
    """Refuse what can be refused before a model is loaded.

    Raises:
        InputError: sizes that the model does not paint; a reference or palette that cannot be read.
    """
    entry = MODELS.get(job.model)
    if entry is not None:
        _check_size(job.generation, entry)
    _colors_of(job)


def run_guide(job: GuideJob, device: str = "auto", on_event: OnEvent | None = None) -> GuideResult:
    """Paint a guided picture.

    Args:
        job: what is wanted.
        device: as for :func:`guidance.loading.load`.
        on_event: see :data:`OnEvent`.

    Raises:
        InputError: whatever cannot be done, in words for a person.
    """
    from guidance.attach import Step, guide
    from guidance.text_to_image import generate
    from reswd_torch.matching import color_distance

    tell = on_event or (lambda event: None)
    check_job(job)
    colors, notes = _colors_of(job)
    pictures = 2 if job.plain else 1
    wanted = job.generation

    def loading(share: float, text: str) -> None:
        tell(GuideEvent(0.0, text if share < 1 else "starting"))

    with pipeline(job.model, device, loading) as loaded:
        entry = loaded.model
        argument = entry.scale_argument if entry else "guidance_scale"
        began = time.perf_counter()

        def guided_step(step: Step) -> None:
            due = step.seen is not None and (step.done % PREVIEW_EVERY == 0 or step.done == step.of)
            text = f"step {step.done} of {step.of}"
            tell(GuideEvent(step.done / step.of / pictures, text, _preview(step.seen) if due else None))

        def plain_step(done: int, of: int) -> None:
            tell(GuideEvent((1 + done / of) / pictures, f"plain image, step {done} of {of}"))

        with _memory_advice():
            with guide(loaded.pipe, _picture_of(colors), settings=job.guidance, on_step=guided_step):
                image = generate(loaded.pipe, wanted, scale_argument=argument)
            plain = generate(loaded.pipe, wanted, plain_step, argument) if job.plain else None
        seconds = time.perf_counter() - began
    kept = GuideJob(
        wanted, job.guidance, colors=_packed(colors), model=job.model, plain=job.plain,
        reference_name=job.reference_name or (job.reference.name if job.reference else job.palette),
    )  # fmt: skip
    wanted_colors = torch.from_numpy(colors)

    def distance(made: Image) -> float:
        pixels = torch.from_numpy(np.asarray(made.convert("RGB"), dtype=np.float32) / 255)
        return color_distance(pixels.reshape(-1, 3), wanted_colors)

    return GuideResult(
        kept, image, plain, distance(image), distance(plain) if plain is not None else None, seconds, tuple(notes)
    )


def guide_events(job: GuideJob, device: str = "auto", stopped: Callable[[], bool] | None = None) -> Iterator[Any]:
    """:func:`run_guide` for a page: yields a :class:`GuideEvent` as each happens, and the :class:`GuideResult` at the end.

    Args:
        job, device: as for :func:`run_guide`.
        stopped: asked at each step, and while a model is on its way; when it says yes, :class:`Cancelled` is raised.

    Raises:
        InputError: as :func:`run_guide`.
        Cancelled: it was stopped. Nothing was saved.
    """
    return streamed(lambda tell: run_guide(job, device, tell), stopped)


def streamed(run: Callable[[OnEvent], Any], stopped: Callable[[], bool] | None = None) -> Iterator[Any]:
    """Run in a thread; yields what ``run`` tells as it happens, and its result at the end.

    Args:
        run: takes what to tell events to; that raises once nobody listens any more.
        stopped: asked at each event; when it says yes, :class:`Cancelled` is raised.
    """
    events: SimpleQueue[Any] = SimpleQueue()
    left = False

    def tell(event: GuideEvent) -> None:
        if left or (stopped is not None and stopped()):
            raise Cancelled
        events.put(event)

    def work() -> None:
        try:
            events.put(run(tell))
        except BaseException as error:  # it is raised again on the other side
            events.put(error)

    Thread(target=work, name="guided generation", daemon=True).start()
    try:
        while True:
            event = events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
            if not isinstance(event, GuideEvent):
                return
    finally:
        left = True  # whoever listened is gone: the next step ends the job


class Cancelled(Exception):
    """The job was stopped before its end."""


def save_guided(result: GuideResult, path: Path, *, overwrite: bool = False) -> Path:
    """Write the guided picture as a PNG that holds all that it takes to paint it again. Raises InputError."""
    check_output(path, overwrite=overwrite)
    job = result.job
    record = {
        "format": FORMAT,
        "model": job.model if "/" not in job.model or job.model in MODELS else _public_name(job.model),
        **job.generation.to_record(),
        "guidance": asdict(job.guidance),
        "reference": {"name": job.reference_name, "colors": job.colors},
        "distance": round(result.distance, 4),
    }
    if result.plain_distance is not None:
        record["plain_distance"] = round(result.plain_distance, 4)
    write_png(result.image, record, path)
    return path


def save_plain(result: GuideResult, path: Path, *, overwrite: bool = False) -> Path:
    """Write the plain picture beside it, with its settings. Raises InputError."""
    assert result.plain is not None, "no plain picture was asked for"
    check_output(path, overwrite=overwrite)
    write_png(result.plain, {"model": result.job.model, **result.job.generation.to_record()}, path)
    return path


def read_guided(path: Path) -> GuideJob:
    """The job of a guided PNG; run again, it paints the same picture.

    Raises:
        InputError: no PNG of ours, or its settings are broken.
    """
    from PIL import Image as Pillow

    try:
        with Pillow.open(path) as image:
            record = json.loads(image.info[SETTINGS_KEY])
    except (OSError, KeyError, ValueError, SyntaxError) as error:
        raise InputError(f"{path}: this file holds no settings of a guided picture: give a PNG made here") from error
    try:
        names = Generation.__dataclass_fields__
        generation = Generation(**{name: record[name] for name in names if name in record})
        if record.get("format") != FORMAT:
            raise InputError(f"{path}: this picture was not guided: its prompt is {generation.prompt!r}")
        reference = record["reference"]
        _unpacked(reference["colors"])
        return GuideJob(
            generation, GuidanceSettings(**record["guidance"]), colors=reference["colors"], model=record["model"],
            reference_name=reference["name"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: its settings are broken ({error}): give an untouched PNG made here") from error


def file_name(prompt: str) -> str:
    """A name for a download: the prompt's words, as far as a file system likes them."""
    return (re.sub(r"[^\w]+", " ", prompt).strip()[:60].strip() or "picture") + ".png"


def _check_size(generation: Generation, entry: ModelEntry) -> None:
    for name, side in (("width", generation.width), ("height", generation.height)):
        if side is not None and side % entry.multiple:
            nearest = max(entry.multiple, round(side / entry.multiple) * entry.multiple)
            raise InputError(
                f"{name} {side} does not suit {entry.id}: give a multiple of {entry.multiple}, such as {nearest}"
            )


def _colors_of(job: GuideJob) -> tuple[np.ndarray, list[str]]:
    """(N, 3) float32, and notes."""
    from studio.reference import ReferenceSamples

    if job.colors is not None:
        return _unpacked(job.colors), []
    samples = ReferenceSamples(job.reference, job.palette, MatchSettings(seed=job.guidance.seed))
    sample, notes = samples.in_encoding(None)
    return np.round(sample.fit.numpy().clip(0, 1) * _LEVELS).astype(np.float32) / _LEVELS, list(notes)


def _picture_of(colors: np.ndarray) -> Any:
    from guidance.reference import Reference

    return Reference(torch.from_numpy(colors))


def _packed(colors: np.ndarray) -> str:
    return base64.b64encode(np.round(colors * _LEVELS).astype("<u2").tobytes()).decode()


def _unpacked(text: str) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<u2")
    if not len(values) or len(values) % 3:
        raise ValueError("reference colours are incomplete")
    return values.reshape(-1, 3).astype(np.float32) / _LEVELS


def _public_name(model: str) -> str:
    """A model of the hub as it is; of a folder, its last name: where it lies is nobody's business."""
    return model if re.fullmatch(r"[\w.-]+/[\w.-]+", model) else Path(model).name


def _preview(seen: torch.Tensor | None) -> np.ndarray:
    assert seen is not None
    return np.asarray((seen[0].float().clamp(0, 1) * 255).round().byte().cpu().permute(1, 2, 0).numpy())


@contextmanager
def _memory_advice() -> Iterator[None]:
    """Out of memory in words for a person."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise InputError(
            "memory ran out: make the picture smaller, lower --decode-scale (0.5 needs a quarter), choose a smaller model "
            "or one that is offloaded"
        ) from error
