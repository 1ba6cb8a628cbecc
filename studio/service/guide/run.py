"""A prompt and colours in, a guided picture out: what the command line, the tab and the endpoint have in common."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from guidance.catalogue import CATALOGUE, EMBEDDED_ID, FAMILY_OF_CLASS, MODELS, ModelEntry
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.service.guide.pipelines import pipeline
from studio.service.guide.png import SETTINGS_KEY, check_output, write_png

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from guidance.loading import LoadedModel

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
    entry = MODELS.get(model.strip())
    # What a model that nobody told us about likes best, we cannot know.
    defaults: dict[str, Any] = {"steps": entry.steps if entry else 28, "guidance_scale": entry.scale if entry else 4.0}
    return Generation(prompt, **{**defaults, **{name: value for name, value in given.items() if value is not None}})


def check_job(job: GuideJob) -> None:
    """Refuse what can be refused before a model is loaded.

    Raises:
        InputError: a name that no model can have; sizes that the model does not paint; a reference or palette that cannot be
            read.
    """
    _check_model(job)
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
    tell = on_event or (lambda event: None)
    _check_model(job)
    colors, notes = _colors_of(job)

    def loading(share: float, text: str) -> None:
        tell(GuideEvent(0.0, text))

    with pipeline(job.model, device, loading) as loaded:
        tell(GuideEvent(0.0, "starting"))
        entry = entry_of(loaded)
        _check_size(job, entry)
        began = time.perf_counter()
        with _memory_advice():
            image, plain = _painted(job, loaded, entry, colors, tell)
        seconds = time.perf_counter() - began
    if job.generation.negative_prompt and loaded.model and not loaded.model.negative_prompt:
        notes.append(f"a negative prompt changes little or nothing with {loaded.model.label}")
    kept = replace(
        job, reference=None, palette=None, colors=_packed(colors),
        reference_name=job.reference_name or (job.reference.name if job.reference else job.palette),
    )  # fmt: skip
    plain_distance = None if plain is None else _distance(plain, colors)
    return GuideResult(kept, image, plain, _distance(image, colors), plain_distance, seconds, tuple(notes))


def _painted(
    job: GuideJob, loaded: LoadedModel, entry: ModelEntry, colors: np.ndarray, tell: OnEvent
) -> tuple[Image, Image | None]:
    """The guided picture, and the plain one if it is wanted."""
    import torch

    from guidance.attach import GuidedStep, guide
    from guidance.reference import Reference
    from guidance.text_to_image import generate

    pictures = 2 if job.plain else 1

    def guided_step(step: GuidedStep) -> None:
        due = step.done % PREVIEW_EVERY == 0 or step.done == step.of
        seen = _preview(step.seen) if due and step.seen is not None else None
        tell(GuideEvent(step.done / step.of / pictures, f"step {step.done} of {step.of}", seen))

    def plain_step(done: int, of: int) -> None:
        tell(GuideEvent((1 + done / of) / pictures, f"plain image, step {done} of {of}"))

    reference = Reference(torch.from_numpy(colors))
    with guide(loaded.pipe, reference, settings=job.guidance, on_step=guided_step):
        image = generate(loaded.pipe, job.generation, scale_argument=entry.scale_argument)
    if not job.plain:
        return image, None
    return image, generate(loaded.pipe, job.generation, plain_step, entry.scale_argument)


def entry_of(loaded: LoadedModel) -> ModelEntry:
    """The model's entry in the catalogue; for a model without one that of its nearest kin, whose sizes and arguments hold."""
    family = FAMILY_OF_CLASS.get(type(loaded.pipe).__name__)
    return loaded.model or next(entry for entry in reversed(CATALOGUE) if entry.family == family)


def guide_events(job: GuideJob, device: str = "auto", stopped: Callable[[], bool] | None = None) -> Iterator[Any]:
    """:func:`run_guide` for a page: yields a :class:`GuideEvent` as each happens, and the :class:`GuideResult` at the end.

    Args:
        job, device: as for :func:`run_guide`.
        stopped: asked at each step, while a model is on its way, and while another picture is being painted; when it
            says yes, :class:`Cancelled` is raised.

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
        "model": _public_name(job.model),
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
    write_png(result.plain, {"model": _public_name(result.job.model), **result.job.generation.to_record()}, path)
    return path


def read_guided(path: Path) -> GuideJob:
    """The job of a guided PNG; run again, it paints the same picture.

    The model is whatever the file says: who does not trust the file looks at it before it is loaded.

    Raises:
        InputError: no PNG of ours, or its settings are broken.
    """
    from PIL import Image as Pillow

    if not path.is_file():
        raise InputError(f"{path}: there is no such file: give a PNG made here")
    not_ours = (OSError, KeyError, TypeError, ValueError, SyntaxError, RecursionError, Pillow.DecompressionBombError)
    try:
        with Pillow.open(path) as image:
            record = json.loads(image.info[SETTINGS_KEY])
    except not_ours as error:
        raise InputError(f"{path}: this file holds no settings of a guided picture: give a PNG made here") from error
    if isinstance(record, dict) and "guidance" not in record:
        raise InputError(f"{path}: this picture was painted without a reference: give one that was guided")
    try:
        if record["format"] != FORMAT:
            raise ValueError(f"they are of the format {record['format']!r}")
        names = Generation.__dataclass_fields__
        reference = record["reference"]
        if not isinstance(record["model"], str) or not isinstance(reference["name"], str | None):
            raise TypeError("a name is no text")
        job = GuideJob(
            Generation(**{name: record[name] for name in names if name in record}),
            GuidanceSettings(**record["guidance"]),
            colors=reference["colors"], model=record["model"], reference_name=reference["name"],
        )  # fmt: skip
        _unpacked(reference["colors"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: its settings are broken ({error}): give an untouched PNG made here") from error
    return job


def file_name(prompt: str) -> str:
    """A name for a download: the prompt's words, as far as a file system likes them."""
    return (re.sub(r"[^\w]+", " ", prompt).strip()[:60].strip() or "picture") + ".png"


def _check_model(job: GuideJob) -> None:
    """Refuse a model that cannot be, and a size that it does not paint."""
    from guidance.loading import local_folder

    local_folder(job.model)
    entry = MODELS.get(job.model.strip())
    if entry is not None:
        _check_size(job, entry)


def _check_size(job: GuideJob, entry: ModelEntry) -> None:
    for name, side in (("width", job.generation.width), ("height", job.generation.height)):
        if side is not None and side % entry.multiple:
            nearest = max(entry.multiple, round(side / entry.multiple) * entry.multiple)
            raise InputError(
                f"{name} {side} does not suit {job.model}: give a multiple of {entry.multiple}, such as {nearest}"
            )


def _colors_of(job: GuideJob) -> tuple[np.ndarray, list[str]]:
    """(N, 3) float32, and notes."""
    from guidance.reference import SAMPLES
    from studio.service.reference import ReferenceSamples

    if job.colors:
        return _unpacked(job.colors), []
    samples = ReferenceSamples(job.reference, job.palette, MatchSettings(samples=SAMPLES, seed=job.guidance.seed))
    sample, notes = samples.in_encoding(None)
    return np.round(sample.fit.numpy().clip(0, 1) * _LEVELS).astype(np.float32) / _LEVELS, list(notes)


def _packed(colors: np.ndarray) -> str:
    return base64.b64encode(np.round(colors * _LEVELS).astype("<u2").tobytes()).decode()


def _unpacked(text: str) -> np.ndarray:
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<u2").reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise InputError("the reference's colours are incomplete: give a reference or a palette anew") from error
    return values.astype(np.float32) / _LEVELS


def _distance(made: Image, colors: np.ndarray) -> float:
    import torch

    from reswd_torch.matching import color_distance

    pixels = torch.from_numpy(np.asarray(made.convert("RGB"), dtype=np.float32) / 255)
    return color_distance(pixels.reshape(-1, 3), torch.from_numpy(colors))


def _public_name(model: str) -> str:
    """A model's id; of a folder ``./`` and its own name: where it lies is nobody's business.

    The dot tells a folder from the model of the catalogue that it may be called like.
    """
    name = model.strip()
    if name in MODELS or (re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not Path(name).is_dir()):
        return name
    return f"./{Path(name).expanduser().resolve().name}"


def _preview(seen: Tensor) -> np.ndarray:
    return np.asarray((seen[0].float().clamp(0, 1) * 255).round().byte().cpu().permute(1, 2, 0).numpy())


@contextmanager
def _memory_advice() -> Iterator[None]:
    """Out of memory in words for a person."""
    import torch

    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = isinstance(error, MemoryError | torch.OutOfMemoryError)
        # The CPU and MPS have no class of their own for it.
        if not known and not re.search("out of memory|can't allocate memory|not enough memory", str(error)):
            raise
        raise InputError(
            "memory ran out: make the picture smaller, decode at 0.5 (--decode-scale 0.5, which needs a quarter), choose a "
            "smaller model or one that is offloaded"
        ) from error
