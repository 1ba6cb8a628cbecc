"""The tool guide_generation: a prompt painted in the colours of a reference."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS, MODELS
from guidance.quantize.kinds import NONE, QUANTIZATIONS
from guidance.settings import MAX_STRENGTH, GuidanceSettings
from studio.mcp.answers import Notes, Seconds
from studio.mcp.settings import Overwrite, Palette, palette_of, read_if
from studio.mcp.tool import Answer, Asked, Tool
from studio.mcp.words import DISTANCE
from studio.media.allowed import Allowed
from studio.watch import Cancelled, Watch

if TYPE_CHECKING:
    from studio.jobs import GuideJob, GuidePlace
    from studio.service.guide.run import GuideResult

_EMBEDDED = " and ".join(f"{name} ({MODELS[name].width}x{MODELS[name].height} pixels)" for name in EMBEDDED_IDS)
_OF_THE_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


class PlaceAsked(Asked):
    """A part of the picture with a reference of its own."""

    mask: Annotated[str, Field(description="A picture in the proportions of the result, white where this counts.")]
    reference: Annotated[str | None, Field(description="The picture whose colours are wanted there.")] = None
    palette: Palette = None


class GuideAsked(Asked):
    """Arguments of guide_generation."""

    prompt: Annotated[str, Field(description="What to paint, such as: a sailboat.")]
    output: Annotated[
        str,
        Field(description="Where the picture goes: a name that ends in .png; or a folder that is there: the file is then "
        "called after the prompt."),
    ]  # fmt: skip
    reference: Annotated[str | None, Field(description="The picture whose colours are wanted.")] = None
    palette: Palette = None
    strength: Annotated[
        float | None,
        Field(ge=0, le=MAX_STRENGTH, description="0 leaves the plain picture, 1 is the usual pull (default)."),
    ] = None
    avoid: Annotated[
        str | None,
        Field(
            description='Hex colours that shall not appear, such as "#c1121f,#00ff00"; or the path of a palette file.'
        ),
    ] = None
    places: Annotated[
        list[PlaceAsked] | None,
        Field(
            description="Parts of the picture that go toward references of their own; the later one counts where they overlap."
        ),
    ] = None
    negative: Annotated[str | None, Field(description="What to keep away from.")] = None
    seed: Annotated[int | None, Field(ge=0, description="Of the starting noise; default 0.")] = None
    steps: Annotated[int | None, Field(ge=1, le=200, description="Denoising steps. Left out: the model's own.")] = None
    scale: Annotated[
        float | None, Field(ge=0, le=20, description="How closely to follow the prompt. Left out: the model's own.")
    ] = None
    width: Annotated[int | None, Field(ge=1, description="Pixels. Left out: the model's own.")] = None
    height: Annotated[int | None, Field(ge=1, description="Pixels. Left out: the model's own.")] = None
    model: Annotated[
        str,
        Field(description=f"{_EMBEDDED} ship with the program and paint offline. Others of its catalogue, or "
        "owner/name of the Hugging Face hub, are downloaded when they are first used, often many GB."),
    ] = EMBEDDED_ID  # fmt: skip
    quantize: Annotated[
        str,
        Field(description=f"How the model's weights are stored, one of {', '.join(QUANTIZATIONS)}. sinq takes 4 bits: less "
        "memory, more time, and a somewhat different picture; auto only where the model does not fit otherwise."),
    ] = NONE  # fmt: skip
    plain: Annotated[bool, Field(description="Also paint the plain picture of the same seed, as NAME-plain.png.")] = (
        False
    )
    overwrite: Overwrite = False


class GuideAnswer(Answer):
    """What guide_generation answers."""

    output: Annotated[str, Field(description="The guided picture, a PNG with its settings in it.")]
    plain: Annotated[str | None, Field(description="The plain picture; null where it was not asked for.")]
    distance_before: Annotated[
        float | None, Field(description="Distance of the plain picture to the reference; null without one.")
    ]
    distance_after: Annotated[float, Field(description="Distance of the guided picture to the reference.")]
    distance_means: Annotated[str, Field(description="What the distances are.")] = DISTANCE
    seconds: Seconds
    notes: Notes


def guide_generation(asked: GuideAsked, places: Allowed, watch: Watch) -> GuideAnswer:
    """Paint, and write the picture."""
    from studio.service.guide.png import check_output, save_painted
    from studio.service.guide.run import check_job

    began = time.perf_counter()
    reference = read_if(places, asked.reference, "reference")
    job = _job(asked, reference, places)
    inputs = [*([reference] if reference else []), *(path for place in job.places for path in place.files)]
    output = _output(asked, places)
    beside = output.with_name(f"{output.stem}-plain{output.suffix}")
    for place in (output, beside) if asked.plain else (output,):
        check_output(place, inputs=inputs, overwrite=asked.overwrite)
    check_job(job)
    result = _painted(job, watch)
    files = save_painted(result, output, plain=beside, overwrite=asked.overwrite)
    return GuideAnswer(
        output=str(files.picture),
        plain=None if files.plain is None else str(files.plain),
        distance_before=result.plain_distance,
        distance_after=result.distance,
        seconds=time.perf_counter() - began,
        notes=[*_hints(job), *result.notes],
    )


def _job(asked: GuideAsked, reference: Path | None, places: Allowed) -> GuideJob:
    from studio.jobs import GuideJob
    from studio.references import choose_guide_reference
    from studio.service.guide.run import default_generation

    model = _model(asked.model, places)
    generation = default_generation(
        model, asked.prompt, negative_prompt=asked.negative, seed=asked.seed, steps=asked.steps,
        guidance_scale=asked.scale, width=asked.width, height=asked.height,
    )  # fmt: skip
    wanted = choose_guide_reference(file=reference, palette=palette_of(asked.palette, places))
    guided = GuidanceSettings(
        strength=GuidanceSettings.strength if asked.strength is None else asked.strength,
        avoid=palette_of(asked.avoid, places) or "",
    )
    parts = tuple(_place(each, places) for each in asked.places or ())
    return GuideJob(generation, wanted, guided, model, asked.plain, asked.quantize, parts)


def _place(asked: PlaceAsked, places: Allowed) -> GuidePlace:
    """Raises InputError."""
    from studio.jobs import GuidePlace
    from studio.references import choose_guide_reference

    reference = choose_guide_reference(
        file=read_if(places, asked.reference, "reference"), palette=palette_of(asked.palette, places)
    )
    return GuidePlace(places.to_read(asked.mask, "mask"), reference)


def _model(text: str, places: Allowed) -> str:
    """The name of a model; of a folder its place, which must be allowed. Raises InputError."""
    name = text.strip()
    looks_like_a_name = name in MODELS or _OF_THE_HUB.fullmatch(name) or re.fullmatch(r"\w[\w.-]*", name)
    if looks_like_a_name and (name in MODELS or not Path(name).exists()):
        return name  # whether there is such a model is said where it is loaded
    return str(places.to_read(text, "model"))


def _output(asked: GuideAsked, places: Allowed) -> Path:
    from studio.service.guide.png import file_name

    output = places.to_write(asked.output, "output")
    return places.to_write(str(output / file_name(asked.prompt)), "output") if output.is_dir() else output


def _painted(job: GuideJob, watch: Watch) -> GuideResult:
    """Paint on a thread of its own, which computes on as many cores as there are. Raises Cancelled."""
    from studio.service.guide.run import GuideResult
    from studio.service.guide.stream import paint_events

    for event in paint_events(job, stopped=watch.stopped):
        if isinstance(event, GuideResult):
            return event
        watch.note(event)  # type: ignore[arg-type]  # a guided job ends in nothing else
    raise Cancelled


def _hints(job: GuideJob) -> list[str]:
    """A note where an embedded model has never heard of what it is to paint."""
    from studio.service.guide.understanding import hint_of

    hint = hint_of(job.generation.prompt, job.model)
    return [hint] if hint else []


GUIDE_GENERATION = Tool(
    "guide_generation",
    "Guide a generation",
    "Paint a picture of a prompt with a diffusion model whose colours are steered towards a reference picture or a palette. "
    "The picture is a PNG that keeps its settings.",
    GuideAsked,
    GuideAnswer,
    guide_generation,
    open_world=True,
)
