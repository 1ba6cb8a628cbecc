"""reswd drift: a clip, numbered frames or a time-lapse whose colours drift, through a path of grades."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reswd_torch.errors import InputError
from studio.cli import options
from studio.cli.told import print_outcome

if TYPE_CHECKING:
    from studio.service.drift.run import DriftResult

_SOURCE = typer.Argument(
    help='A clip, numbered frames ("shot.####.png"), or a folder of pictures in the order of their names.',
    show_default=False,
    metavar="SERIES",
)
_OUT = typer.Option("-o", "--output", help="The graded clip, frames or folder.", metavar="OUT")
_ANCHOR = typer.Option(
    help="How a moment should look; may be given again. TIME: 2.5s (seconds), f120 (the frame's number, of a clip from 0) or a "
    "timecode, 00:00:02:12.",
    metavar="TIME=PICTURE",
)
_FIRST = typer.Option("--anchor-first", help="The first frame looks as it should. (default without --anchor)")
_PATH = typer.Option("--path", help="Fit nothing: apply the key frames in this .csv.", metavar="FILE")
_CSV = typer.Option(help="Also save the path's key frames as .csv.", metavar="FILE")
_EDL = typer.Option(help="Also save an .edl with one event for each stretch that one CDL does for.", metavar="FILE")
_CCC = typer.Option(help="Also save the CDLs of these events as .ccc.", metavar="FILE")
_CUTS = typer.Option(help="auto | none: whether the path breaks at cuts.", metavar="NAME")
_RATE = typer.Option(help="Frames a second of pictures; a clip has its own.", parser=options.number, metavar="NUMBER")


def drift_command(
    source: Annotated[Path, _SOURCE],
    output: Annotated[Path | None, _OUT] = None,
    anchor: Annotated[list[str] | None, _ANCHOR] = None,
    anchor_first: Annotated[bool, _FIRST] = False,
    path: Annotated[Path | None, _PATH] = None,
    csv: Annotated[Path | None, _CSV] = None,
    edl: Annotated[Path | None, _EDL] = None,
    ccc: Annotated[Path | None, _CCC] = None,
    cuts: Annotated[str, _CUTS] = "auto",
    rate: Annotated[float, _RATE] = 24.0,
    overwrite: Annotated[bool, options.OVERWRITE] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Take a slow drift of colour out of SERIES: a path of grades instead of one.

    Moments of the series are compared with each other and with the anchors; every frame gets its own grade from a smooth path.
    """
    if output is None and csv is None and edl is None and ccc is None:
        raise InputError("nowhere to put the result: give -o OUT, or --csv, --edl or --ccc for the path alone")
    from studio.cli.bars import watching
    from studio.jobs.drift import DriftJob
    from studio.service.drift.run import run_drift

    job = DriftJob(
        source, output, tuple(map(_anchor, anchor or ())), anchor_first, path, csv, edl, ccc, cuts,
        Fraction(rate).limit_denominator(1001) if 0 < rate <= 1000 else Fraction(0), overwrite=overwrite,
    )  # fmt: skip
    with watching() as watch:
        result = run_drift(job, watch)
    print_outcome(result.notes, lambda: _record(result), lambda: _lines(result), as_json=as_json)
    if not result.whole:
        raise SystemExit(1)


def _anchor(text: str) -> Any:
    """A :class:`studio.jobs.drift.DriftAnchor` as it was typed."""
    from studio.jobs.drift import DriftAnchor

    time, found, picture = text.partition("=")
    if not found or not time or not picture:
        raise InputError(f"--anchor {text!r}: give TIME=PICTURE, such as 2.5s=still.jpg or f120=still.jpg")
    return DriftAnchor(time, Path(picture))


def _lines(result: DriftResult) -> list[str]:
    keys, segments = len(result.path.keys), len(result.path.segments)
    parts = f", {segments} segments between cuts" if segments > 1 else ""
    lines = [f"{result.frames} frames, {keys} key frames{parts}, {result.encoding}"]
    if result.stretches:
        off = max(each.off for each in result.stretches)
        lines.append(f"{len(result.stretches)} events of one CDL, at most dE2000 {off:.2f} from the path")
    return [*lines, *(f"wrote {path}" for path in result.job.files)]


def _record(result: DriftResult) -> dict[str, Any]:
    return {
        "frames": result.frames,
        "key_frames": len(result.path.keys),
        "cuts": [segment[0].frame for segment in result.path.segments[1:]],
        "events": len(result.stretches),
        "events_off": max((each.off for each in result.stretches), default=None),
        "encoding": result.encoding,
        "notes": list(result.notes),
        "written": [str(path) for path in result.job.files],
    }
