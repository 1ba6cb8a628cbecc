"""reswd batch: a folder of pictures."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from studio.cli import options

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from studio.service.batch.plan import BatchPlan
    from studio.service.batch.record import RunRecord
    from studio.service.batch.request import BatchRequest
    from studio.service.batch.run import Step, Summary

_SOURCE = typer.Argument(help="The folder with the pictures.", show_default=False, metavar="SOURCE_DIR")
_TARGET = typer.Option(
    "--target",
    help="The picture with the colours; or a folder: one for each picture, by name (with --series: all together).",
    metavar="IMG|DIR",
)
_PALETTE = typer.Option(help='Hex colours instead of --target: "#aabbcc:2,#112233" (:2 is a weight).')
_GRADE = typer.Option(help="A saved grade instead: .cube, .cc, .ccc, .cdl or settings .json.", metavar="FILE")
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
_GRADE_FILES = typer.Option(help="Save each picture's grade beside it: .cc, .ccc, .cdl or .cube.", metavar="SUFFIX")


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
    transform: Annotated[str | None, options.TRANSFORM] = None,
    strength: Annotated[float | None, options.STRENGTH] = None,
    mask: Annotated[Path | None, _MASK] = None,
    target_mask: Annotated[Path | None, options.TARGET_MASK] = None,
    seed: Annotated[int | None, options.SEED] = None,
    scene: Annotated[str | None, options.SCENE] = None,
    device: Annotated[str | None, options.DEVICE] = None,
    grade_files: Annotated[str | None, _GRADE_FILES] = None,
) -> None:
    """Match all pictures of a folder, each on its own or with one grade for the series.

    report.csv in OUT_DIR says what became of each. Ends with 0 when all are done, 1 when some failed, 2 when nothing could
    be done.
    """
    from studio.service.batch.run import FRESH, OVERWRITE, RESUME, run_batch

    if overwrite and resume:
        raise InputError("--overwrite starts anew and --resume goes on: give one of them")
    if jobs is not None and not 1 <= jobs <= 256:
        raise InputError(f"--jobs {jobs} is out of range: give a number from 1 to 256")
    given = {
        "method": method, "transform": transform, "strength": strength, "seed": seed, "scene": scene, "device": device
    }  # fmt: skip
    request = _request(
        source, output, resume, {name: value for name, value in given.items() if value is not None},
        target=target, palette=palette, grade=grade, mask=mask, target_mask=target_mask, grade_files=grade_files,
        series=series, recursive=recursive,
    )  # fmt: skip
    plan, record = request.prepare()
    _announce(plan)
    existing = OVERWRITE if overwrite else RESUME if resume else FRESH
    with _workers(cluster, jobs, plan, existing) as (workers, slots), batch_bar() as on_step, ctrl_c() as stop:
        summary = run_batch(plan, record, workers, window=2 * slots, existing=existing, stop=stop, on_step=on_step)
    _tell(summary, plan, stopped=stop())


def _request(
    source: Path, output: Path, resume: bool, given: dict[str, Any], *, series: bool, recursive: bool, **parts: Any
) -> BatchRequest:
    """What the flags ask for; with --resume, what they leave out is as in the run that goes on."""
    from studio.service.apply import load_any_grade
    from studio.service.batch.record import RUN_FILE, read_run
    from studio.service.batch.request import EACH, SERIES, BatchRequest

    old: RunRecord | None = read_run(output / RUN_FILE) if resume and (output / RUN_FILE).exists() else None
    if old is not None:
        if not any(parts[name] is not None for name in ("target", "palette", "grade")):
            parts["target"] = Path(old.reference["path"]) if old.reference else None
            parts["palette"] = old.palette
            parts["grade"] = Path(old.grade["path"]) if old.grade else None
        if parts["mask"] is None and old.masks:
            parts["mask"] = Path(old.masks)
        if parts["target_mask"] is None and old.target_mask:
            parts["target_mask"] = Path(old.target_mask["path"])
        parts["grade_files"] = parts["grade_files"] or old.grade_files
        series, recursive = series or old.mode == SERIES, recursive or old.recursive
    base = old.settings if old else options.DEFAULTS
    if parts["grade"] is not None and old is None and "strength" not in given:
        given = given | {"strength": load_any_grade(parts["grade"]).strength}
    return BatchRequest(
        source, output, mode=SERIES if series else EACH, recursive=recursive, settings=replace(base, **given), **parts
    )


@contextmanager
def _workers(cluster: str | None, jobs: int | None, plan: BatchPlan, existing: str) -> Iterator[tuple[Executor, int]]:
    """Who does the work, and how many pictures at once."""
    from studio.service.batch.run import check_existing, make_folder

    check_existing(plan, existing)  # before processes are started for nothing
    if cluster is None:
        with local_workers(jobs, len(plan.items)) as (workers, number):
            yield workers, number
        return
    from studio.service.batch.cluster import RayExecutor, check_workers

    with RayExecutor(cluster, jobs or os.cpu_count() or 1) as ray:
        make_folder(plan.output)
        check_workers(ray, plan.folder, plan.output)
        yield ray, ray.slots


@contextmanager
def local_workers(jobs: int | None, pictures: int) -> Iterator[tuple[Executor, int]]:
    """Workers on this machine, no more than there are pictures, and how many there are."""
    from studio.service.batch.workers import local

    number = min(jobs or min(8, os.cpu_count() or 1), pictures)
    with local(number) as workers:
        yield workers, number


def _announce(plan: BatchPlan) -> None:
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    if plan.aside:
        print(f"note: left aside, as no pictures: {plan.aside}", file=sys.stderr)
    for item in plan.items:
        if item.renumbered:
            print(f"note: {item.name} becomes {item.place}", file=sys.stderr)


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """The first Ctrl+C ends the run in order, the second one at once."""
    pressed: list[int] = []

    def press(number: int, frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        print("reswd: finishing the pictures at work; once more ends at once", file=sys.stderr)

    old = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, old)


@contextmanager
def batch_bar() -> Iterator[Callable[[Step], None]]:
    """A bar with counts and the time left on a terminal; of each picture that failed a line, everywhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(), TextColumn("{task.fields[name]}", markup=False),
    )  # fmt: skip
    phases = {"looking": "colours of the series", "grading": "grading"}
    from studio.service.batch.record import DONE

    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        tasks: dict[str, Any] = {}

        def on_step(step: Step) -> None:
            if step.phase not in tasks:
                tasks[step.phase] = bar.add_task(phases[step.phase], total=step.of, name="")
            bar.update(tasks[step.phase], completed=step.done, name=step.name[-60:])
            if step.row is not None and step.row.status != DONE:
                print(f"reswd: {step.row.file}: {step.row.message}", file=sys.stderr)

        yield on_step


def _tell(summary: Summary, plan: BatchPlan, *, stopped: bool) -> None:
    """The last line, and the exit code."""
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
    if summary.full:
        print(f"reswd: {plan.output}: the disk is full; make room, then --resume goes on", file=sys.stderr)
    elif stopped:
        print("reswd: stopped; --resume goes on", file=sys.stderr)
        raise SystemExit(130)
    if summary.done == 0:
        raise SystemExit(2)
    if summary.done < len(plan.items):
        raise SystemExit(1)
