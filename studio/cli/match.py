"""reswd match: one picture, or a clip, to another."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings, check_cube_size
from studio.cli import clips, options
from studio.clips import is_clip

if TYPE_CHECKING:
    from studio.job import MatchJob, MatchResult
    from studio.settings_file import SavedMatch

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
    from studio.job import run_match
    from studio.settings_file import read_settings, settings_text

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
        "device": device,
    }
    settings = replace(
        saved.settings if saved else options.DEFAULTS, **{k: v for k, v in given.items() if v is not None}
    )
    if output is None:
        raise InputError("nowhere to put the result: give -o OUT")
    if is_clip(source):
        from studio.clips.job import ClipJob

        clip = ClipJob(source, target, palette, settings=settings, mask=mask, target_mask=target_mask)
        clips.match(clip, output, cdl=cdl, cube=cube, cube_size=cube_size, overwrite=overwrite, as_json=as_json)
        return
    job = _job(source, target, palette, mask, target_mask, settings, saved)
    _check_outputs(job, output, cdl, cube, cube_size, save_settings, from_settings, overwrite)
    with options.progress_bar() as progress:
        result = run_match(job, progress)
    _check_hashes(result, saved)
    written = {"output": result.save_picture(output, overwrite=overwrite)}
    if cdl is not None:
        written["cdl"] = result.save_grade(cdl)
    if cube is not None:
        written["cube"] = result.save_grade(cube, cube_size=cube_size)
    if save_settings is not None:
        from reswd_torch.grade.files import write_text_atomically

        write_text_atomically(save_settings, settings_text(result))
        written["settings"] = save_settings
    _report(result, written, cube_size, as_json)


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
    from studio.job import MatchJob

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
    from reswd_torch.grade.files import CDL_FORMATS
    from reswd_torch.grade.grade import check_grade_path
    from studio.images import supported_output
    from studio.paths import check_place

    check_cube_size(cube_size)
    given = (job.source, job.target, job.mask, job.target_mask, from_settings)
    inputs = [path for path in given if path is not None]
    supported_output(output, inputs=inputs, overwrite=overwrite)
    is_cdl = isinstance(job.grade.transform, Cdl) if job.grade else job.settings.resolved_transform == "cdl"
    for path, suffixes in ((cdl, tuple(CDL_FORMATS)), (cube, (".cube",)), (save_settings, (".json",))):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: give a name that ends in {' or '.join(suffixes)}")
        if suffixes != (".json",):
            check_grade_path(path, is_cdl=is_cdl, cube_size=cube_size)
        check_place(path, inputs=[*inputs, output], overwrite=overwrite)


def _check_hashes(result: MatchResult, saved: SavedMatch | None) -> None:
    if saved is None:
        return
    for role, entry in saved.inputs.items():
        now = result.hashes.get(role)
        if now is not None and now != entry.get("sha256"):
            print(
                f"note: the {role.replace('_', ' ')} is not the file that the settings were saved with", file=sys.stderr
            )


def _report(result: MatchResult, written: dict[str, Path], cube_size: int, as_json: bool) -> None:
    from studio.images import losses

    report = result.report  # None where a saved grade was applied
    notes = [*result.notes, *losses(written["output"], result.picture)]
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        record: dict[str, Any] = {
            "distance_before": report.distance_before if report else None,
            "distance_after": report.distance_after if report else None,
            "seconds": report.seconds if report else None,
            "device": report.device if report else None,
            "encoding": result.encoding,
            "grade": {name: value for name, value in result.grade.to_record().items() if name != "values"},
            "notes": notes,
            "written": {role: str(path) for role, path in written.items()},
            "cube_error": asdict(result.grade.cube_error(cube_size)),
        }
        print(json.dumps(record, indent=2))
        return
    if report is not None:
        distances = f"{report.distance_before:.2f} -> {report.distance_after:.2f}"
        print(f"distance {distances} (sliced Wasserstein, Lab units), {report.seconds:.2f} s")
    print(result.grade.effective.describe())
    if "cube" in written:
        error = result.grade.cube_error(cube_size)
        print(f".cube, {error.size} points: at most {error.max * 255:.1f}/255 from the grade between its points")
    for path in written.values():
        print(f"wrote {path}")
