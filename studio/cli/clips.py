"""What match and apply do with video clips."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings, check_cube_size
from studio.cli import options
from studio.clips import is_clip

if TYPE_CHECKING:
    from reswd_torch.grade import Grade
    from studio.clips.job import ClipJob, ClipResult


def check_kinds(source: Path, output: Path) -> None:
    """InputError where one of source and result is a clip by its name and the other is not."""
    from studio.images import FORMATS

    if is_clip(source) and not is_clip(output):
        raise InputError(f"{output}: the source {source} is a clip: give an output that ends in .mp4, .mov or .mkv")
    if is_clip(output) and not is_clip(source):
        suffix = source.suffix.lower() if source.suffix.lower() in FORMATS else ".png"
        raise InputError(f"{output}: the source {source} is no clip: give an output that ends in {suffix}")


def match(
    job: ClipJob,
    output: Path,
    *,
    cdl: Path | None = None,
    cube: Path | None = None,
    cube_size: int = 33,
    overwrite: bool = False,
    as_json: bool = False,
) -> None:
    """Match a clip, save its grade where that is wanted, and report. Exit code 1 where the clip breaks off."""
    from studio.clips.job import match_clip

    _check_grades(job, output, cdl, cube, cube_size, overwrite)
    with options.progress_bar() as progress:
        result = match_clip(job, output, overwrite=overwrite, progress=progress)
    written = {"output": result.path}
    if cdl is not None:
        written["cdl"] = result.save_grade(cdl)
    if cube is not None:
        written["cube"] = result.save_grade(cube, cube_size=cube_size)
    _report(result, written, cube_size, as_json)
    if result.broken_at is not None:
        raise SystemExit(1)


def apply(grade: Grade, clip: Path, place: Path, *, overwrite: bool = False) -> tuple[tuple[str, ...], bool]:
    """Put a grade on a clip. Returns what there is to tell, and whether the clip was whole."""
    from studio.clips.job import ClipJob, match_clip

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place.parent}: cannot be made ({error.strerror}); choose another folder") from error
    job = ClipJob(clip, grade=grade, settings=MatchSettings(strength=grade.strength))
    with options.progress_bar() as progress:
        result = match_clip(job, place, overwrite=overwrite, progress=progress)
    notes = [note.removeprefix(f"{clip.name}: ") for note in result.notes if note not in grade.notes]
    return tuple(notes), result.broken_at is None


def _check_grades(
    job: ClipJob, output: Path, cdl: Path | None, cube: Path | None, cube_size: int, overwrite: bool
) -> None:
    """Refuse before any work what could not be written in the end."""
    from reswd_torch.grade.files import CDL_FORMATS
    from reswd_torch.grade.grade import check_grade_path
    from studio.paths import check_place

    check_cube_size(cube_size)
    inputs = [path for path in (job.source, job.target, job.mask, job.target_mask) if path is not None]
    is_cdl = job.settings.resolved_transform == "cdl"
    for path, suffixes in ((cdl, tuple(CDL_FORMATS)), (cube, (".cube",))):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: give a name that ends in {' or '.join(suffixes)}")
        check_grade_path(path, is_cdl=is_cdl, cube_size=cube_size)
        check_place(path, inputs=[*inputs, output], overwrite=overwrite)


def _report(result: ClipResult, written: dict[str, Path], cube_size: int, as_json: bool) -> None:
    report = result.report
    assert report is not None
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        record: dict[str, Any] = {
            "distance_before": report.distance_before,
            "distance_after": report.distance_after,
            "seconds": report.seconds,
            "device": report.device,
            "encoding": result.encoding,
            "frames": result.frames,
            "clip_seconds": result.seconds,
            "broken_at": result.broken_at,
            "grade": {name: value for name, value in result.grade.to_record().items() if name != "values"},
            "notes": list(result.notes),
            "written": {role: str(path) for role, path in written.items()},
            "cube_error": asdict(result.grade.cube_error(cube_size)),
        }
        print(json.dumps(record, indent=2))
        return
    distances = f"{report.distance_before:.2f} -> {report.distance_after:.2f}"
    print(f"distance {distances} (sliced Wasserstein, Lab units), {report.seconds:.2f} s")
    print(f"{result.frames} frames, {result.seconds:.2f} s, {result.encoding}")
    print(result.grade.effective.describe())
    if "cube" in written:
        error = result.grade.cube_error(cube_size)
        print(f".cube, {error.size} points: at most {error.max * 255:.1f}/255 from the grade between its points")
    for path in written.values():
        print(f"wrote {path}")
