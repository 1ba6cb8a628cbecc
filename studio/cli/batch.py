"""reswd batch: a folder of pictures."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import grade_suffixes, in_words
from studio.cli import options, spaces
from studio.cli.edit import grade_edit
from studio.cli.trims import trimmed_reference, with_trims
from studio.kinds import AS_SOURCE, RESULT_FORMATS
from studio.signals import exit_code

if TYPE_CHECKING:
    from studio.jobs import BatchJob
    from studio.references import BatchReference
    from studio.service.batch.plan import BatchPlan
    from studio.service.batch.run import Summary

_SOURCE = typer.Argument(help="The folder with the pictures.", show_default=False, metavar="SOURCE_DIR")
_TARGET = typer.Option(
    "--target",
    help="The picture with the colours; or a folder: one for each picture, by name (with --series: all together).",
    metavar="IMG|DIR",
)
_PALETTE = typer.Option(
    help='Hex colours instead of --target: "#aabbcc:2,#112233" (:2 is a weight), or a palette file: '
    + options.PALETTE_FILES,
    parser=options.palette,
    metavar="COLOURS",
)
_GRADE = typer.Option(help=f"A saved grade instead: {options.GRADES_TO_LOAD} or settings .json.", metavar="FILE")
_OUT = typer.Option("-o", "--output", help="Folder for the results, outside SOURCE_DIR.", metavar="OUT_DIR")
_SERIES = typer.Option("--series", help="One grade for all pictures: no flicker.")
_RECURSIVE = typer.Option("--recursive", help="Enter sub-folders; the tree is mirrored.")
_JOBS = typer.Option(
    help="Pictures at work at once. (default: one per core, at most 8)",
    parser=options.whole_number,
    metavar="NUMBER",
)
_RESUME = typer.Option("--resume", help="Go on with the run in OUT_DIR; settings that are left out are its own.")
_CLUSTER = typer.Option(help="Run on Ray: local, or the address of a cluster.", metavar="ADDRESS|local")
_MASK = typer.Option(help="White where pictures count and change: for all, or a folder by name.", metavar="FILE|DIR")
_GRADE_FILES = typer.Option(
    help=f"Save each picture's grade beside it: {in_words(grade_suffixes())}.", metavar="SUFFIX"
)

_SETTINGS_FILES = typer.Option("--settings-files", help="Save the settings of each match beside its result, as .json.")
_FORMAT = typer.Option(
    "--format",
    help=f"Format of the results: {', '.join(RESULT_FORMATS)}; png has 8 bits. (default: {AS_SOURCE})",
    metavar="NAME",
)
_QUALITY = typer.Option(
    help="Quality of lossy results, 1 to 100. (default: that of a JPEG source, else 95)",
    parser=options.whole_number,
    metavar="NUMBER",
)


_EDL = typer.Option(
    help="Grade the shots of this edit (.edl, .otio, .ale) instead: SOURCE_DIR has its clips, OUT_DIR gets the edit with ten "
    "numbers for each, and a .ccc. Nothing is rendered.",
    metavar="FILE",
)
_SHOTS = typer.Option(
    "--shots", help="The same without an edit: an EDL and a .ccc of all clips and pictures of SOURCE_DIR."
)


@with_trims
def batch_command(
    source: Annotated[Path, _SOURCE],
    output: Annotated[Path, _OUT],
    target: Annotated[Path | None, _TARGET] = None,
    palette: Annotated[str | None, _PALETTE] = None,
    grade: Annotated[Path | None, _GRADE] = None,
    series: Annotated[bool, _SERIES] = False,
    recursive: Annotated[bool, _RECURSIVE] = False,
    jobs: Annotated[int | None, _JOBS] = None,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    resume: Annotated[bool, _RESUME] = False,
    cluster: Annotated[str | None, _CLUSTER] = None,
    method: Annotated[str | None, options.METHOD] = None,
    aim: Annotated[str | None, options.AIM] = None,
    protect: Annotated[str | None, options.PROTECT] = None,
    transform: Annotated[str | None, options.TRANSFORM] = None,
    strength: Annotated[float | None, options.STRENGTH] = None,
    mask: Annotated[Path | None, _MASK] = None,
    target_mask: Annotated[Path | None, options.TARGET_MASK] = None,
    seed: Annotated[int | None, options.SEED] = None,
    scene: Annotated[str | None, options.SCENE] = None,
    device: Annotated[str | None, options.DEVICE] = None,
    grade_files: Annotated[str | None, _GRADE_FILES] = None,
    pair: Annotated[list[str] | None, options.PAIR] = None,
    settings_files: Annotated[bool, _SETTINGS_FILES] = False,
    output_format: Annotated[str | None, _FORMAT] = None,
    quality: Annotated[int | None, _QUALITY] = None,
    edl: Annotated[Path | None, _EDL] = None,
    shots: Annotated[bool, _SHOTS] = False,
    source_space: Annotated[str | None, spaces.SOURCE] = None,
    target_space: Annotated[str | None, spaces.TARGET] = None,
    output_space: Annotated[str | None, spaces.OUTPUT] = None,
    working_space: Annotated[str | None, spaces.WORKING] = None,
    ocio: Annotated[str | None, spaces.OCIO] = None,
    *,
    trims: dict[str, Any],
) -> None:
    """Match all pictures of a folder, each on its own or with one grade for the series.

    report.csv in OUT_DIR says what became of each. Ends with 0 when all are done, 1 when some failed, 2 when nothing could
    be done.
    """
    from studio.cli.bars import counting
    from studio.jobs import FRESH, OVERWRITE, RESUME, SERIES, BatchJob, settings_for
    from studio.service.batch.here import PreparedBatch

    if overwrite and resume:
        raise InputError("--overwrite starts anew and --resume goes on: give one of them")
    if jobs is not None and not 1 <= jobs <= 256:
        raise InputError(f"--jobs {jobs} is out of range: give a number from 1 to 256")
    earlier = _earlier(source, output) if resume else None
    reference = _reference(earlier, target, target_mask, palette, grade)
    base = earlier
    settings = options.settings_from_flags(
        base.settings if base is not None else settings_for(reference),
        method=method, aim=aim, protect=protect, transform=transform, strength=strength, seed=seed, scene=scene,
        device=device, pairs=pair or None, trims=trims,
    )  # fmt: skip
    reference = trimmed_reference(reference, settings, trims)
    chosen = spaces.spaces_from_flags(
        None if earlier is None else earlier.spaces,
        source=source_space, target=target_space, output=output_space, working=working_space, config=ocio,
    )  # fmt: skip
    if edl is not None or shots:
        others = {
            "--series": series, "--resume": resume, "--cluster": cluster, "--jobs": jobs, "--mask": mask,
            "--target-mask": target_mask, "--grade-files": grade_files, "--settings-files": settings_files,
            "--format": output_format, "--quality": quality, "--recursive": recursive,
        }  # fmt: skip
        return grade_edit(
            source, output, reference, settings, edl=edl, overwrite=overwrite, spaces=chosen, others=others
        )
    base = base or BatchJob(source, output, reference, settings=settings)
    flags = options.given(
        mode=SERIES if series else None,
        recursive=recursive or None,
        mask=mask,
        grade_files=grade_files,
        settings_files=settings_files or None,
        output_format=output_format,
        quality=quality,
    )
    existing = OVERWRITE if overwrite else RESUME if resume else FRESH
    job = replace(base, reference=reference, settings=settings, existing=existing, spaces=chosen, **flags)
    run = PreparedBatch(job)
    _announce(run.plan)
    with counting() as watch:
        summary = run.run(watch, jobs=jobs, cluster=cluster)
        stopped = watch.stopped()
    if chosen is not None:
        print(f"colour spaces {chosen.in_words()} ({chosen.config})")
    _tell(summary, run.plan, stopped=stopped)


def _earlier(source: Path, output: Path) -> BatchJob | None:
    """The job of the run in the output folder, if there is one: what the flags leave out is as in it."""
    from studio.records.batch import RUN_FILE, read_run
    from studio.service.batch.prepare import resumed

    place = output / RUN_FILE
    return resumed(read_run(place), source, output) if place.exists() else None


def _reference(
    earlier: BatchJob | None, target: Path | None, mask: Path | None, palette: str | None, grade: Path | None
) -> BatchReference:
    """The reference of the flags; or that of the run that goes on, with another mask where one is given."""
    from studio.references import ClipReference, PictureReference, choose_batch_reference
    from studio.service.apply import saved_grade, saved_spaces

    if grade is not None and (between := saved_spaces(grade)) is not None:
        raise InputError(
            f"{grade}: its match was between colour spaces ({between.in_words()}): apply it to the pictures by reswd apply"
        )
    if earlier is not None and target is None and palette is None and grade is None:
        if mask is None:
            return earlier.reference
        if not isinstance(earlier.reference, PictureReference | ClipReference):
            raise InputError(f"{mask}: a target mask needs one target picture")
        return replace(earlier.reference, mask=mask)
    if earlier is not None and mask is None:
        mask = earlier.target_mask
    return choose_batch_reference(file=target, mask=mask, palette=palette, grade=saved_grade(grade))


def _announce(plan: BatchPlan) -> None:
    if plan.not_entered:
        folders = "1 sub-folder" if plan.not_entered == 1 else f"{plan.not_entered} sub-folders"
        print(f"note: {folders} not entered; --recursive does", file=sys.stderr)
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    if plan.aside:
        print(f"note: left aside, as no pictures: {plan.aside}", file=sys.stderr)
    for item in plan.items:
        if item.renumbered:
            print(f"note: {item.name} becomes {item.place}", file=sys.stderr)


def _tell(summary: Summary, plan: BatchPlan, *, stopped: bool) -> None:
    """The last lines, and the exit code."""
    from studio.views.sentences import taken_of_many

    parts = [f"{summary.done} of {len(plan.items)} pictures done"]
    if summary.kept:
        parts.append(f"{summary.kept} of them before")
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    print(f"{', '.join(parts)}, {summary.seconds:.1f} s; {summary.report}")
    if summary.same_scene:
        print(
            f"{summary.same_scene} of {summary.done} show the same scene as the reference; points and trust are in the report"
        )
    if (taken := taken_of_many(summary.took, summary.done)) is not None:
        print(taken)
    if summary.full:
        print(f"reswd: {plan.output}: the disk is full; make room, then --resume goes on", file=sys.stderr)
    elif stopped:
        print("reswd: stopped; --resume goes on", file=sys.stderr)
        raise SystemExit(exit_code() or 130)
    if summary.done == 0:
        raise SystemExit(2)
    if summary.done < len(plan.items):
        raise SystemExit(1)
