"""What match says in the end, of pictures, clips and numbered frames alike."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from reswd_torch.grade.formats import format_for
from studio.cli.told import print_outcome
from studio.service.clip import ClipResult
from studio.service.delivery import Delivered
from studio.service.frames import FramesResult
from studio.service.match import MatchResult, scene_facts, taken_facts
from studio.service.spaces.grade_files import applies_where
from studio.views.sentences import taken_line, trimmed_line


def tell(delivered: Delivered, cube_size: int, *, as_json: bool) -> None:
    """Print what was found and written, for people or as JSON; notes go to stderr."""
    print_outcome(
        delivered.notes, lambda: _record(delivered, cube_size), lambda: _lines(delivered, cube_size), as_json=as_json
    )
    if isinstance(delivered.result, FramesResult) and delivered.result.full:
        print(f"reswd: {delivered.written['output']}: the disk is full", file=sys.stderr)


def _record(delivered: Delivered, cube_size: int) -> dict[str, Any]:
    before, after = _distances(delivered.result)
    grade = delivered.grade
    return {
        "distance_before": before,
        "distance_after": after,
        **_facts(delivered),
        **asdict(taken_facts(delivered.result.job, grade)),
        "encoding": delivered.result.encoding,
        "grade": {name: value for name, value in grade.to_record().items() if name != "values"},
        **({} if (spaces := delivered.result.job.spaces) is None else {"spaces": asdict(spaces)}),
        "notes": list(delivered.notes),
        "written": {role: str(path) for role, path in delivered.written.items()},
        "cube_error": asdict(grade.cube_error(cube_size)),
    }


def _facts(delivered: Delivered) -> dict[str, Any]:
    """Figures beside the distances: what a fit found, and how far a clip or a run of frames came."""
    result = delivered.result
    if isinstance(result, FramesResult):
        return {"seconds": result.seconds, "frames": result.done, "failed": result.failed, "left": result.left}
    report = result.report
    facts: dict[str, Any] = {
        "seconds": report.seconds if report else None,
        "device": report.device if report else None,
        **asdict(scene_facts(result.job, report)),
    }
    if delivered.clip is not None:
        clip = delivered.clip
        facts |= {"frames": clip.frames, "clip_seconds": clip.seconds, "broken_at": clip.broken_at}
    return facts


def _lines(delivered: Delivered, cube_size: int) -> list[str]:
    result, grade = delivered.result, delivered.grade
    looked = not isinstance(result, FramesResult) and result.job.looks_for_scene
    lines = [taken] if (taken := taken_line(grade, looked=looked)) is not None else []
    before, after = _distances(result)
    if before is not None and after is not None:
        seconds = _facts(delivered)["seconds"]
        lines.append(f"distance {before:.2f} -> {after:.2f} (sliced Wasserstein, Lab units), {seconds:.2f} s")
    if delivered.clip is not None:
        lines.append(f"{delivered.clip.frames} frames, {delivered.clip.seconds:.2f} s, {result.encoding}")
    if isinstance(result, FramesResult):
        lines.append(f"{result.done} of {result.frames} frames")
    if (trimmed := trimmed_line(grade)) is not None:
        lines.append(trimmed)
    spaces = result.job.spaces
    if spaces is not None:
        lines.append(f"colour spaces {spaces.in_words()} ({spaces.config})")
    lines.append(grade.effective.describe())
    lines += [*_lattice_lines(delivered, cube_size)]
    if spaces is not None:
        grades = (path for role, path in delivered.written.items() if role not in ("output", "settings"))
        lines += [applies_where(path, spaces) for path in grades]
    return [*lines, *(f"wrote {path}" for path in delivered.written.values())]


def _lattice_lines(delivered: Delivered, cube_size: int) -> Iterator[str]:
    """How exact each grade file is that holds a lattice."""
    for role, path in delivered.written.items():
        if role == "output" or (found := format_for(path)) is None or not found.holds_lattice or found.exact:
            continue
        error = delivered.grade.cube_error(found.points(cube_size))
        exact = f"at most {error.max * 255:.1f}/255 from the grade between its points"
        yield f"{found.suffix}, {error.size} points: {exact}"


def _distances(result: MatchResult | ClipResult | FramesResult) -> tuple[float | None, float | None]:
    """Before and after; None where a saved grade was applied."""
    if isinstance(result, FramesResult):
        return result.distance_before, result.distance_after
    report = result.report
    return (None, None) if report is None else (report.distance_before, report.distance_after)
