"""What match and apply do with video clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.cli import options
from studio.media.clips import is_clip

if TYPE_CHECKING:
    from reswd_torch.grade import Grade
    from studio.service.clip import ClipJob, ClipResult


def check_kinds(source: Path, output: Path) -> None:
    """InputError where one of source and result is a clip by its name and the other is not."""
    from studio.media.images import FORMATS

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
    from studio.cli.outcome import check_grades, save_grades
    from studio.service.clip import match_clip

    inputs = [path for path in (job.source, job.target, job.mask, job.target_mask, output) if path is not None]
    is_cdl = job.settings.resolved_transform == "cdl"
    check_grades(cdl, cube, is_cdl=is_cdl, cube_size=cube_size, inputs=inputs, overwrite=overwrite)
    with options.progress_bar() as progress:
        result = match_clip(job, output, overwrite=overwrite, progress=progress)
    written = {"output": result.path}
    written |= save_grades(result.save_grade, cdl, cube, cube_size)
    _tell(result, written, cube_size, as_json)
    if result.broken_at is not None:
        raise SystemExit(1)


def apply(grade: Grade, clip: Path, place: Path, *, overwrite: bool = False) -> tuple[tuple[str, ...], bool]:
    """Put a grade on a clip. Returns what there is to tell, and whether the clip was whole."""
    from studio.service.clip import ClipJob, match_clip

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place.parent}: cannot be made ({error.strerror}); choose another folder") from error
    job = ClipJob(clip, grade=grade, settings=MatchSettings(strength=grade.strength))
    with options.progress_bar() as progress:
        result = match_clip(job, place, overwrite=overwrite, progress=progress)
    notes = [note.removeprefix(f"{clip.name}: ") for note in result.notes if note not in grade.notes]
    return tuple(notes), result.broken_at is None


def _tell(result: ClipResult, written: dict[str, Path], cube_size: int, as_json: bool) -> None:
    from studio.cli.outcome import tell
    from studio.views.scene import scene_facts, scene_line

    report = result.report
    assert report is not None
    facts: dict[str, Any] = {"seconds": report.seconds, "device": report.device, **scene_facts(result.job, report)}
    facts |= {"frames": result.frames, "clip_seconds": result.seconds, "broken_at": result.broken_at}
    lines = [f"{result.frames} frames, {result.seconds:.2f} s, {result.encoding}"]
    if result.job.looks_for_scene and (scene := scene_line(report)) is not None:
        lines.append(scene)
    tell(
        result.grade,
        written,
        notes=result.notes,
        encoding=result.encoding,
        cube_size=cube_size,
        as_json=as_json,
        distances=(report.distance_before, report.distance_after),
        facts=facts,
        line="\n".join(lines),
    )
