"""reswd match: a picture, a clip or numbered frames to a reference."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from studio.cli import masks, options, spaces
from studio.cli.trims import trimmed_reference, with_trims

if TYPE_CHECKING:
    from studio.jobs import MatchJob
    from studio.records.match import SavedMatch
    from studio.references import BatchReference

_OUT = typer.Option("-o", "--output", help="Where the matched picture goes.", metavar="OUT")
_AT = typer.Option(
    help="Of a TARGET clip the one frame at this time, in seconds.", parser=options.number, metavar="SECONDS"
)
_FROM_SETTINGS = typer.Option(help="Match as this saved .json says; flags given here win.", metavar="FILE")
_SAVE_SETTINGS = typer.Option(help="Save settings, hashes and grade as .json.", metavar="FILE")


@with_trims
def match_command(
    source: Annotated[Path, typer.Argument(help="The picture or clip to grade.", show_default=False, metavar="SOURCE")],
    target: Annotated[
        Path | None, typer.Argument(help="The picture or clip with the colours.", show_default=False, metavar="TARGET")
    ] = None,
    output: Annotated[Path | None, _OUT] = None,
    palette: Annotated[str | None, options.PALETTE] = None,
    method: Annotated[str | None, options.METHOD] = None,
    aim: Annotated[str | None, options.AIM] = None,
    protect: Annotated[str | None, options.PROTECT] = None,
    transform: Annotated[str | None, options.TRANSFORM] = None,
    strength: Annotated[float | None, options.STRENGTH] = None,
    mask: Annotated[Path | None, options.MASK] = None,
    target_mask: Annotated[Path | None, options.TARGET_MASK] = None,
    at: Annotated[float | None, _AT] = None,
    mask_color: Annotated[str | None, masks.COLOR] = None,
    target_mask_color: Annotated[str | None, masks.TARGET_COLOR] = None,
    mask_tolerance: Annotated[float | None, masks.TOLERANCE] = None,
    mask_softness: Annotated[float | None, masks.SOFTNESS] = None,
    mask_feather: Annotated[float | None, masks.FEATHER] = None,
    seed: Annotated[int | None, options.SEED] = None,
    scene: Annotated[str | None, options.SCENE] = None,
    device: Annotated[str | None, options.DEVICE] = None,
    cdl: Annotated[Path | None, options.CDL] = None,
    cube: Annotated[Path | None, options.CUBE] = None,
    cube_size: Annotated[int, options.CUBE_SIZE] = 33,
    from_settings: Annotated[Path | None, _FROM_SETTINGS] = None,
    save_settings: Annotated[Path | None, _SAVE_SETTINGS] = None,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    pair: Annotated[list[str] | None, options.PAIR] = None,
    grade: Annotated[list[Path] | None, options.GRADE_FILES] = None,
    source_space: Annotated[str | None, spaces.SOURCE] = None,
    target_space: Annotated[str | None, spaces.TARGET] = None,
    output_space: Annotated[str | None, spaces.OUTPUT] = None,
    working_space: Annotated[str | None, spaces.WORKING] = None,
    ocio: Annotated[str | None, spaces.OCIO] = None,
    *,
    trims: dict[str, Any],
) -> None:
    """Match the colours of SOURCE to TARGET (or to a palette) and write OUT.

    A clip gets one grade for all its frames; its sound and everything else is kept.
    """
    from studio.cli.bars import watching
    from studio.cli.outcome import tell
    from studio.jobs import Outputs
    from studio.records.match import read_settings
    from studio.service import deliver, job_for, reference_for

    if output is None:
        raise InputError("nowhere to put the result: give -o OUT")
    saved = read_settings(from_settings) if from_settings else None
    settings = options.settings_from_flags(
        saved.settings if saved else options.DEFAULTS,
        method=method, aim=aim, protect=protect, transform=transform, strength=strength, seed=seed, scene=scene,
        device=device, pairs=pair or None, trims=trims,
    )  # fmt: skip
    as_saved = saved if target is None and palette is None else None
    colors, target_colors = masks.color_ranges(
        mask_color, target_mask_color, saved.mask_colors if saved else None,
        as_saved.target_mask_colors if as_saved else None,
        tolerance=mask_tolerance, softness=mask_softness, feather=mask_feather,
    )  # fmt: skip
    if as_saved is not None:
        reference: BatchReference = as_saved.reference(target_mask, at, target_colors)
    else:
        reference = reference_for(
            source, file=target, mask=target_mask, at=at, palette=palette, mask_colors=target_colors
        )
    if mask is None and saved is not None:
        mask = saved.file("mask")
    chosen = spaces.spaces_from_flags(
        saved.space_choice() if saved else None,
        source=source_space, target=target_space, output=output_space, working=working_space, config=ocio,
    )  # fmt: skip
    job = job_for(source, trimmed_reference(reference, settings, trims), settings, mask, colors, chosen)
    inputs = () if from_settings is None else (from_settings,)
    outputs = Outputs(output, cdl, cube, save_settings, cube_size, overwrite, inputs, tuple(grade or ()))
    with watching(job) as watch:
        delivered = deliver(job, outputs, watch)
    _check_hashes(job, saved)
    tell(delivered, cube_size, as_json=as_json)
    if not delivered.whole:
        raise SystemExit(1)


def _check_hashes(job: MatchJob, saved: SavedMatch | None) -> None:
    """A note on every file that is not the one that the settings were saved with."""
    from studio.media.places import sha256_of

    for role, path in job.files.items() if saved else ():
        entry = saved.inputs.get(role) if saved else None
        if entry is not None and path.is_file() and sha256_of(path) != entry["sha256"]:
            print(
                f"note: the {role.replace('_', ' ')} is not the file that the settings were saved with", file=sys.stderr
            )
