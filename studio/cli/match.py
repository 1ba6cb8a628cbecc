"""reswd match: one picture, or a clip, to another."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.cli import clips, options, sequences
from studio.media.clips import is_clip

if TYPE_CHECKING:
    from studio.records import SavedMatch
    from studio.service.match import MatchJob, MatchResult

_OUT = typer.Option("-o", "--output", help="Where the matched picture goes.", metavar="OUT")
_FROM_SETTINGS = typer.Option(help="Match as this saved .json says; flags given here win.", metavar="FILE")
_SAVE_SETTINGS = typer.Option(help="Save settings, hashes and grade as .json.", metavar="FILE")


def match_command(
    source: Annotated[Path, typer.Argument(help="The picture or clip to grade.", show_default=False, metavar="SOURCE")],
    target: Annotated[
        Path | None, typer.Argument(help="The picture with the colours.", show_default=False, metavar="TARGET")
    ] = None,
    output: Annotated[Path | None, _OUT] = None,
    palette: Annotated[str | None, options.PALETTE] = None,
    method: Annotated[str | None, options.METHOD] = None,
    transform: Annotated[str | None, options.TRANSFORM] = None,
    strength: Annotated[float | None, options.STRENGTH] = None,
    mask: Annotated[Path | None, options.MASK] = None,
    target_mask: Annotated[Path | None, options.TARGET_MASK] = None,
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
) -> None:
    """Match the colours of SOURCE to TARGET (or to a palette) and write OUT.

    A clip gets one grade for all its frames; its sound and everything else is kept.
    """
    from studio.cli.outcome import save_grades
    from studio.records import read_settings, settings_text
    from studio.service.match import run_match

    if output is not None:
        clips.check_kinds(source, output)
    if is_clip(source) and (wanted := from_settings or save_settings) is not None:
        raise InputError(f"{wanted}: settings files are for pictures; save a clip's grade with --cdl or --cube instead")
    saved = read_settings(from_settings) if from_settings else None
    given: dict[str, Any] = {
        "method": method,
        "transform": transform,
        "strength": strength,
        "seed": seed,
        "scene": scene,
        "device": device,
    }
    settings = replace(
        saved.settings if saved else options.DEFAULTS, **{k: v for k, v in given.items() if v is not None}
    )
    if output is None:
        raise InputError("nowhere to put the result: give -o OUT")
    if is_clip(source):
        from studio.service.clip import ClipJob

        clip = ClipJob(source, target, palette, settings=settings, mask=mask, target_mask=target_mask)
        clips.match(clip, output, cdl=cdl, cube=cube, cube_size=cube_size, overwrite=overwrite, as_json=as_json)
        return
    from studio.service.batch.sequence import is_sequence

    if is_sequence(source):
        from studio.service.batch.request import SERIES, BatchRequest

        if (wanted := from_settings or save_settings) is not None:
            raise InputError(f"{wanted}: settings files are for single pictures; save the grade with --cdl or --cube")
        request = BatchRequest(source, output, target, palette, None, SERIES, settings, False, mask, target_mask)
        sequences.match(request, cdl=cdl, cube=cube, cube_size=cube_size, overwrite=overwrite, as_json=as_json)
        return
    job = _job(source, target, palette, mask, target_mask, settings, saved)
    _check_outputs(job, output, cdl, cube, cube_size, save_settings, from_settings, overwrite)
    with options.progress_bar() as progress:
        result = run_match(job, progress)
    _check_hashes(result, saved)
    written = {"output": result.save_picture(output, overwrite=overwrite, last=True)}
    written |= save_grades(result.save_grade, cdl, cube, cube_size)
    if save_settings is not None:
        from reswd_torch.grade.files import write_text_atomically

        write_text_atomically(save_settings, settings_text(result))
        written["settings"] = save_settings
    _tell(result, written, cube_size, as_json)


def _job(
    source: Path,
    target: Path | None,
    palette: str | None,
    mask: Path | None,
    target_mask: Path | None,
    settings: MatchSettings,
    saved: SavedMatch | None,
) -> MatchJob:
    """The job that the flags describe; what they leave out comes from the settings file."""
    from reswd_torch.grade.grade import grade_from_record
    from studio.service.match import MatchJob

    grade = None
    if saved is not None:
        if target is None and palette is None:
            target, palette = saved.file("target"), saved.palette
            target_mask = target_mask or saved.file("target_mask")
        if target is None and palette is None:  # the saved run applied a grade and had no reference
            grade = grade_from_record(saved.grade)
        mask = mask or saved.file("mask")
    return MatchJob(source, target, palette, grade, settings=settings, mask=mask, target_mask=target_mask)


def _check_outputs(
    job: MatchJob,
    output: Path,
    cdl: Path | None,
    cube: Path | None,
    cube_size: int,
    save_settings: Path | None,
    from_settings: Path | None,
    overwrite: bool,
) -> None:
    """Refuse before any work what could not be written in the end."""
    from reswd_torch.grade import Cdl
    from studio.cli.outcome import check_grades
    from studio.media.images import supported_output
    from studio.media.places import check_place

    given = (job.source, job.target, job.mask, job.target_mask, from_settings)
    inputs = [path for path in given if path is not None]
    supported_output(output, inputs=inputs, overwrite=overwrite)
    is_cdl = isinstance(job.grade.transform, Cdl) if job.grade else job.settings.resolved_transform == "cdl"
    inputs.append(output)
    check_grades(cdl, cube, is_cdl=is_cdl, cube_size=cube_size, inputs=inputs, overwrite=overwrite)
    if save_settings is not None:
        if save_settings.suffix.lower() != ".json":
            raise InputError(f"{save_settings}: give a name that ends in .json")
        check_place(save_settings, inputs=inputs, overwrite=overwrite)


def _check_hashes(result: MatchResult, saved: SavedMatch | None) -> None:
    if saved is None:
        return
    for role, entry in saved.inputs.items():
        now = result.hashes.get(role)
        if now is not None and now != entry.get("sha256"):
            print(
                f"note: the {role.replace('_', ' ')} is not the file that the settings were saved with", file=sys.stderr
            )


def _tell(result: MatchResult, written: dict[str, Path], cube_size: int, as_json: bool) -> None:
    from studio.cli.outcome import tell
    from studio.media.images import losses
    from studio.views.scene import scene_facts, scene_line

    report = result.report  # None where a saved grade was applied
    tell(
        result.grade,
        written,
        notes=[*result.notes, *losses(written["output"], result.picture)],
        encoding=result.encoding,
        cube_size=cube_size,
        as_json=as_json,
        distances=(report.distance_before, report.distance_after) if report else None,
        line=scene_line(report) if report and result.job.looks_for_scene else None,
        facts={
            "seconds": report.seconds if report else None,
            "device": report.device if report else None,
            **scene_facts(result.job, report),
        },
    )
