"""What the tab *Guide a generation* and the endpoint /guide do: a job from the controls, painting it, keeping what came out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guidance.catalogue import EMBEDDED_IDS, MODELS, closest
from guidance.quantize.kinds import check_quantization
from guidance.settings import GRADIENT, GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.references import GuideReference, PaletteReference, choose_guide_reference
from studio.service.guide.afterwards import MatchedPicture, save_matched
from studio.service.guide.gpu import zero_gpu
from studio.service.guide.png import file_name, save_painted
from studio.service.guide.run import GuideResult, PaintResult, default_generation
from studio.space import on_a_space
from studio.ui.controls import PALETTE, PICTURE
from studio.ui.guide.budget import check_budget
from studio.ui.guide.choice import MOST_PICTURES, GuideChoice
from studio.ui.limits import limits
from studio.ui.settings import number_from, whole_number

KEPT, NOTHING = "Kept colours", "Nothing"
KINDS = (PICTURE, PALETTE, NOTHING)
DEVICE = "auto"
NO_REFERENCE = (
    "Choose a reference, a picture whose colours you want; or take the colours from a palette, or from nothing."
)
NO_PALETTE = "Write the palette's colours first, such as #2b3a55, #e8c07d."
_AVOID_BY_TRANSPORT = (
    "Colours to avoid need the transport of colours: choose it under More, How colours are moved; or leave them out."
)
_SEEDS = 2**32
# No dot in front, no third part: nothing that could mean a folder of this machine.
_HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


AnyPainting = GuideJob | PaintJob


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture of this visit.

    Attributes:
        job: what it was made from, with the reference's colours.
        picture, plain: the files to take away.
        distance, plain_distance: to the reference, where there is one.
        seconds: None for a picture that was brought along.
        notes: what was assumed.
        matched, matched_distance: the plain picture after a match, and its distance.
        is_matched: whether ``picture`` is itself such a one, which was brought along.
        one_of: how many pictures the press gave that it is of.
    """

    job: AnyPainting
    picture: Path
    plain: Path | None = None
    distance: float | None = None
    plain_distance: float | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    one_of: int = 1
    matched: Path | None = None
    matched_distance: float | None = None
    is_matched: bool = False


def painting_jobs(choice: GuideChoice, reference: Path | None, kept: GuideJob | None = None) -> list[AnyPainting]:
    """The jobs of one press, one for each picture. The seeds count up from the one that is written, or each is drawn.

    Args:
        choice, reference, kept: as for :func:`painting_job`.

    Raises:
        InputError: as there; or there are too many pictures.
    """
    count = whole_number(choice.count, "number of pictures")
    if not 1 <= count <= MOST_PICTURES:
        raise InputError(f"{count} pictures a press are out of range: give 1 to {MOST_PICTURES}")
    first = painting_job(choice, reference, kept)
    seed = first.generation.seed
    drawn = choice.seed in (None, "")
    seeds = [secrets.randbelow(_SEEDS) if drawn else (seed + later) % _SEEDS for later in range(1, count)]
    return [first, *(replace(first, generation=replace(first.generation, seed=each)) for each in seeds)]


def painting_job(choice: GuideChoice, reference: Path | None, kept: GuideJob | None = None) -> AnyPainting:
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
    quantize = check_quantization(choice.quantize)
    generation = _generation(choice, model)
    if choice.kind == NOTHING:
        return _within_budget(PaintJob(generation, model, quantize))
    again = kept if choice.kind == KEPT else None
    base = GuidanceSettings() if again is None else again.guidance
    avoid = str(choice.avoid or "")
    avoid = avoid if avoid.strip() else ""
    if avoid and choice.method == GRADIENT:
        raise InputError(_AVOID_BY_TRANSPORT)
    guidance = replace(
        base, avoid=avoid, strength=number_from(choice.strength, "strength"), start=number_from(choice.start, "start"),
        stop=number_from(choice.stop, "stop"), method=choice.method,
        decode_scale=number_from(choice.decode_scale, "decode scale"), grain=number_from(choice.grain, "grain"),
    )  # fmt: skip
    wanted = _reference(choice, reference, kept)
    places = () if again is None else again.places
    return _within_budget(GuideJob(generation, wanted, guidance, model, bool(choice.plain), quantize, places))


def _within_budget(job: AnyPainting) -> AnyPainting:
    check_budget(job)
    return job


def reference_so_far(kind: str, palette: str, picture: Path | None, kept: GuideJob | None) -> GuideReference | None:
    """Where the colours come from, as far as it is chosen: None where it is not yet, or cannot be read."""
    try:
        return _reference(GuideChoice(kind=kind, palette=palette), picture, kept) if kind != NOTHING else None
    except InputError:
        return None


def _reference(choice: GuideChoice, reference: Path | None, kept: GuideJob | None) -> GuideReference:
    """What the controls take the colours from. Raises InputError with words for the page."""
    if choice.kind == PALETTE:
        if not str(choice.palette or "").strip():
            raise InputError(NO_PALETTE)
        return PaletteReference(str(choice.palette))
    if choice.kind == KEPT:
        if kept is None:
            raise InputError("No colours are kept: drop a PNG made here, or choose a picture or a palette.")
        return kept.reference
    if reference is None:
        raise InputError(NO_REFERENCE)
    if not reference.is_file():
        raise InputError(f"{reference.name} is no longer on the server: choose it again")
    return choose_guide_reference(file=reference)


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
        seed=secrets.randbelow(_SEEDS) if choice.seed in (None, "") else whole_number(choice.seed, "seed"),
        steps=None if choice.steps is None else whole_number(choice.steps, "number of steps"),
        guidance_scale=None if choice.scale is None else number_from(choice.scale, "guidance scale"),
        **size,
    )


def models() -> tuple[str, ...]:
    """Ids of the models on offer; on ZeroGPU only what the Space loaded at its start, on the card that it shares."""
    return EMBEDDED_IDS if zero_gpu() else tuple(MODELS)


def model_from(value: Any) -> str:
    """A model of the catalogue or of the hub. Raises InputError for anything else, above all for a folder of the server."""
    name = str(value or "").strip()
    if name in models():
        return name
    if zero_gpu():
        raise InputError(
            f"This Space paints with {' and '.join(EMBEDDED_IDS)}: run the app on your own machine for {name[:80]!r}."
        )
    if not limits().any_model:  # anybody who comes by could fill the disk, with the owner's token
        here = "This Space" if on_a_space() else "This server"
        raise InputError(
            f"{here} paints with the models of its list: run the app on your own machine for {name[:80]!r}."
        )
    if not _HUB_NAME.fullmatch(name) or Path(name).exists():
        close = closest(name)
        advice = f"did you mean {' or '.join(close)}?" if close else "choose one of the list, or write owner/name"
        raise InputError(f"Model {name[:80]!r} is neither in the list nor the name of one on huggingface.co: {advice}")
    return name


def save(
    result: GuideResult | PaintResult,
    new_place: Callable[[str], Path],
    one_of: int = 1,
    matched: MatchedPicture | None = None,
) -> Painted:
    """Write the pictures, each with its settings, into a place of this visit; ``one_of`` as :class:`Painted` has it."""
    place = new_place(file_name(result.job.generation.prompt))
    files = save_painted(result, place, plain=place.with_name(f"{place.stem} plain.png"))
    if isinstance(result, PaintResult):
        return Painted(result.job, files.picture, seconds=result.seconds, one_of=one_of)
    beside = None
    if matched is not None:
        beside = place.with_name(f"{place.stem} matched.png")
        save_matched(matched, beside)
    return Painted(
        result.job,
        files.picture,
        files.plain,
        result.distance,
        result.plain_distance,
        result.seconds,
        result.notes,
        one_of,
        beside,
        None if matched is None else matched.distance,
    )
