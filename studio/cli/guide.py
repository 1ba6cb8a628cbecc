"""reswd guide: a prompt painted in the colours of a reference."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guidance.catalogue import EMBEDDED_ID
from guidance.settings import MAX_STRENGTH, METHODS, GuidanceSettings
from reswd_torch.errors import InputError
from studio.cli import options
from studio.cli.guide_places import AVOID, PLACE, places_from

if TYPE_CHECKING:
    from studio.jobs import GuideJob
    from studio.references import GuideReference
    from studio.service.guide.run import GuideResult

_DEFAULTS = GuidanceSettings()
_COLOURS, _PICTURE = "Colours", "Picture"


def _number(names: str, panel: str, help: str) -> Any:
    return typer.Option(names, help=help, parser=options.number, metavar="NUMBER", rich_help_panel=panel)


def _whole(names: str, panel: str, help: str) -> Any:
    return typer.Option(names, help=help, parser=options.whole_number, metavar="NUMBER", rich_help_panel=panel)


_PROMPT = typer.Argument(help='What to paint, such as "a sailboat".', metavar="PROMPT", show_default=False)
_REFERENCE = typer.Option(help="The picture with the colours.", metavar="IMG", rich_help_panel=_COLOURS)
_PALETTE = typer.Option(
    help='Hex colours instead: "#aabbcc:2,#112233" (:2 is a weight), or a palette file: ' + options.PALETTE_FILES,
    parser=options.palette,
    metavar="COLOURS",
    rich_help_panel=_COLOURS,
)
_STRENGTH = _number(
    "--strength", _COLOURS, f"0 is the plain image, up to {MAX_STRENGTH:g}. (default: {_DEFAULTS.strength:g})"
)
_START = _number("--start", _COLOURS, f"Share of the steps before colours count. (default: {_DEFAULTS.start:g})")
_STOP = _number("--stop", _COLOURS, f"Share of the steps after which they are left. (default: {_DEFAULTS.stop:g})")
_METHOD = typer.Option(
    help=f"{' | '.join(METHODS)} (default: {_DEFAULTS.method})", metavar="NAME", rich_help_panel=_COLOURS
)
_DECODE_SCALE = _number(
    "--decode-scale", _COLOURS, f"Less needs less memory: 0.5 a quarter. (default: {_DEFAULTS.decode_scale:g})"
)
_GRAIN = _number(
    "--grain", _COLOURS, f"Smooth away finer differences at the end, Lab units. (default: {_DEFAULTS.grain:g})"
)
_MODEL = typer.Option(
    help=f"Of --list, owner/name of the hub, or a folder. (default: {EMBEDDED_ID})",
    metavar="ID",
    rich_help_panel=_PICTURE,
)
_QUANTIZE = options.quantize(_PICTURE)
_NEGATIVE = typer.Option(help="What to keep away from.", metavar="TEXT", rich_help_panel=_PICTURE)
_NOISE = _whole("--seed", _PICTURE, "Chooses the noise it starts from. (default: 0)")
_STEPS = _whole("--steps", _PICTURE, "Denoising steps, 1 to 200. (default: the model's)")
_SCALE = _number("--scale", _PICTURE, "How closely to follow the prompt, 0 to 20. (default: the model's)")
_SIZE = typer.Option(
    help="Width and height, such as 64x64. (default: the model's)",
    parser=options.picture_size,
    metavar="WxH",
    rich_help_panel=_PICTURE,
)
_PNG = typer.Option("-o", "--output", help="Where the picture goes (.png; it keeps its settings).", metavar="OUT")
_PLAIN = typer.Option("--plain", help="Also the plain image of the same seed, as OUT-plain.png.")
_FROM = typer.Option("--from", help="Paint as this guided .png says; flags given here win.", metavar="FILE")
_EXPLAIN = typer.Option(
    "--explain",
    help="Say what the model understood of PROMPT, and which of its colours the reference lacks. Without -o nothing is painted.",
)
_LIST = typer.Option("--list", help="Show the models of the catalogue, and exit.")


def guide_command(
    prompt: Annotated[str | None, _PROMPT] = None,
    reference: Annotated[Path | None, _REFERENCE] = None,
    palette: Annotated[str | None, _PALETTE] = None,
    strength: Annotated[float | None, _STRENGTH] = None,
    start: Annotated[float | None, _START] = None,
    stop: Annotated[float | None, _STOP] = None,
    method: Annotated[str | None, _METHOD] = None,
    decode_scale: Annotated[float | None, _DECODE_SCALE] = None,
    grain: Annotated[float | None, _GRAIN] = None,
    avoid: Annotated[str | None, AVOID] = None,
    place: Annotated[list[str] | None, PLACE] = None,
    model: Annotated[str | None, _MODEL] = None,
    negative: Annotated[str | None, _NEGATIVE] = None,
    seed: Annotated[int | None, _NOISE] = None,
    steps: Annotated[int | None, _STEPS] = None,
    scale: Annotated[float | None, _SCALE] = None,
    quantize: Annotated[str | None, _QUANTIZE] = None,
    size: Annotated[Any, _SIZE] = None,  # a tuple, which typer takes for several values by its own type
    output: Annotated[Path | None, _PNG] = None,
    plain: Annotated[bool, _PLAIN] = False,
    from_picture: Annotated[Path | None, _FROM] = None,
    explain: Annotated[bool, _EXPLAIN] = False,
    device: Annotated[str, options.DEVICE] = "auto",
    show_list: Annotated[bool, _LIST] = False,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
) -> None:
    """Paint PROMPT in the colours of a reference picture or a palette.

    The reference steers every step of a diffusion model. The one that ships with the project paints 64x64 pixels, offline;
    --list shows the others, which are downloaded when they are first used.

    --explain says first what the model understood of PROMPT, and paints only where -o says where to.
    """
    if show_list:
        print(_catalogue())
        return
    from studio.cli.bars import watching
    from studio.records.painted import read_guided
    from studio.service.guide.run import check_job, run_guide

    width, height = size or (None, None)
    painting = options.given(
        prompt=prompt,
        negative_prompt=negative,
        seed=seed,
        steps=steps,
        guidance_scale=scale,
        width=width,
        height=height,
    )
    steering = options.given(
        strength=strength, start=start, stop=stop, method=method, decode_scale=decode_scale, grain=grain, avoid=avoid
    )
    saved = read_guided(from_picture) if from_picture else None
    if explain and output is None:
        _explain(*_asked(saved, prompt, model, reference, palette))
        return
    job = _job(saved, model, reference, palette, painting, steering)
    places = places_from(place) if place else job.places
    job = replace(job, plain=plain, quantize=job.quantize if quantize is None else quantize, places=places)
    plain_output = _check_outputs(output, plain, _inputs(job, from_picture), overwrite)
    assert output is not None
    check_job(job)
    if explain:
        _explain(job.generation.prompt, job.reference, job.model)
    else:
        _hint(job)
    with watching() as watch:
        result = run_guide(job, device, watch)
    _save(result, output, plain_output, overwrite)


def _job(
    saved: GuideJob | None,
    model: str | None,
    reference: Path | None,
    palette: str | None,
    painting: dict[str, Any],
    steering: dict[str, Any],
) -> GuideJob:
    """The job that the flags describe; what they leave out comes from the saved one, or is the default."""
    from studio.jobs import GuideJob
    from studio.references import choose_guide_reference
    from studio.service.guide.run import default_generation

    if saved is not None:
        job = replace(
            saved,
            generation=replace(saved.generation, **painting),
            guidance=replace(saved.guidance, **steering),
            model=saved.model if model is None else model,
        )
        if reference is None and palette is None:
            return job
        return replace(job, reference=choose_guide_reference(file=reference, palette=palette))
    if "prompt" not in painting:
        raise InputError("nothing to paint: give a PROMPT, such as 'a sailboat', or --from a guided .png")
    if reference is None and palette is None:
        raise InputError("no colours to paint in: give --reference IMG or --palette COLOURS")
    name = EMBEDDED_ID if model is None else model
    wanted = choose_guide_reference(file=reference, palette=palette)
    return GuideJob(default_generation(name, **painting), wanted, GuidanceSettings(**steering), name)


def _inputs(job: GuideJob, from_picture: Path | None) -> list[Path]:
    """The files that must not be replaced."""
    from studio.references import reference_files

    own = [*reference_files(job.reference).values(), *([from_picture] if from_picture else [])]
    return [*own, *(path for place in job.places for path in place.files)]


def _check_outputs(output: Path | None, plain: bool, inputs: list[Path], overwrite: bool) -> Path:
    """Refuse before any work what could not be written in the end. Returns the place of the plain image, wanted or not."""
    from studio.service.guide.png import check_output

    if output is None:
        raise InputError("nowhere to put the picture: give -o OUT")
    check_output(output, inputs=inputs, overwrite=overwrite)
    beside = output.with_name(f"{output.stem}-plain{output.suffix}")
    if plain:
        check_output(beside, inputs=inputs, overwrite=overwrite)
    return beside


def _asked(
    saved: GuideJob | None, prompt: str | None, model: str | None, reference: Path | None, palette: str | None
) -> tuple[str, GuideReference | None, str]:
    """What is to be explained: a prompt, whose colours are wanted if anybody's, and the model."""
    from studio.references import choose_guide_reference

    if prompt is None and saved is None:
        raise InputError("nothing to explain: give a PROMPT, such as 'a blue dog', or --from a guided .png")
    wanted = None if saved is None else saved.reference
    if reference is not None or palette is not None:
        wanted = choose_guide_reference(file=reference, palette=palette)
    name = EMBEDDED_ID if saved is None else saved.model
    said = saved.generation.prompt if prompt is None and saved is not None else prompt
    return said or "", wanted, name if model is None else model


def _explain(prompt: str, reference: GuideReference | None, model: str) -> None:
    """Print what the model understood of a prompt, what not, and the colours that the reference lacks."""
    from guidance.understood.words import not_understood, rows, taken_for
    from studio.service.guide.understanding import explained

    found = explained(prompt, reference, model)
    table = rows(found.understood)
    if table:
        print("understood:")
        roles = max(len(role) for role, _, _ in table)
        values = max(len(value) for _, value, _ in table)
        for role, value, confidence in table:
            print(f"  {role.ljust(roles)}  {value.ljust(values)}  {round(100 * confidence):3d}%")
    for line in (taken_for(found.understood), not_understood(found.understood)):
        if line:
            print(line)
    for warning in found.warnings:
        print(f"warning: {warning}")
    if found.hint:
        print(f"note: {found.hint}", file=sys.stderr)


def _hint(job: GuideJob) -> None:
    """Print a note where an embedded model has never heard of what it is to paint."""
    from studio.service.guide.understanding import hint_of

    hint = hint_of(job.generation.prompt, job.model)
    if hint:
        print(f"note: {hint}", file=sys.stderr)


def _save(result: GuideResult, output: Path, plain_output: Path, overwrite: bool) -> None:
    """Write what was painted, and print what was assumed, what was written and how near the colours came."""
    from studio.service.guide.png import save_painted

    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    files = save_painted(result, output, plain=plain_output, overwrite=overwrite)
    print(f"wrote {files.picture}")
    if files.plain is not None:
        print(f"wrote {files.plain}")
    print(_distances(result))


def _distances(result: GuideResult) -> str:
    plain = "" if result.plain_distance is None else f" (plain image: {result.plain_distance:.1f})"
    return f"distance to the reference: {result.distance:.1f}{plain}"


def _catalogue() -> str:
    """The models of the catalogue as a table, with a line on each column that needs one."""
    from guidance.catalogue import CATALOGUE
    from guidance.memory import memory_estimate

    heads = ("id", "size", "steps", "memory", "licence", "gated", "checked")
    consent = {True: "yes", False: "no", None: "unknown"}
    rows = [
        (
            entry.id,
            f"{entry.width}x{entry.height}",
            str(entry.steps),
            f"{memory_estimate(entry, entry.width, entry.height).device:.1f} GiB",
            entry.license or "unknown",
            consent[entry.gated],
            entry.checked,
        )
        for entry in CATALOGUE
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    lines += [
        "memory: an estimate at that size; less where parts of the model wait in the host's memory",
        "gated: the hub asks for an account and consent",
        "checked: run: these weights ran here; tiny: a small random model of the same class did; card: only read",
    ]
    return "\n".join(line.rstrip() for line in lines)
