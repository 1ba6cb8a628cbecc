"""What is done to one picture. Runs in a worker: here, in another process, or on another machine.

A task is a few words; what all tasks of a run share is read from run.json. Doing a task twice gives the same bytes.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.matching import PixelSample, color_distance
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.fault import fault_line
from studio.jobs import MatchJob
from studio.kinds import RESULT_FORMATS
from studio.media.images import WrittenAs, losses
from studio.media.places import same_file, written_together
from studio.records.batch import SETTINGS_SUFFIX, RunRecord, run_at
from studio.records.report import DONE, FAILED, Row
from studio.references import Reference, SavedGrade
from studio.remedies import JobRemedy
from studio.service.batch.series import Share, grade_for, reference_of, share_of
from studio.service.match import MatchResult, kind_of, run_match, save_and_release, scene_facts
from studio.service.reference import ReferenceSamples
from studio.service.spaces.fit import distance_by

NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the system says when a disk, or the share of it that one may use, is full."""


@dataclass(frozen=True)
class SampleTask:
    """Take colours of a picture for the pool of its series."""

    name: str
    source: Path
    mask: Path | None
    count: int
    seed: int
    spaces: SpaceChoice | None = None


@dataclass(frozen=True)
class GradeTask:
    """Grade a picture.

    Attributes:
        name: what the report calls it.
        source: the file.
        place: the file to write.
        reference: where each picture has its own.
        mask: or None.
        run: where run.json lies.
        stamp: its SHA-256.
        state: of the source, for the report.
        note: for the report.
        strength: 0..4, the picture's own; None for that of the run.
    """

    name: str
    source: Path
    place: Path
    reference: Path | None
    mask: Path | None
    run: Path
    stamp: str
    state: str
    note: str = ""
    strength: float | None = None


@dataclass(frozen=True, eq=False)
class TaskOutcome:
    """What became of a task.

    Attributes:
        row: for the report.
        full: the disk is full: there is no sense in going on.
    """

    row: Row
    full: bool = False


def sample_one(task: SampleTask) -> Share | str:
    """The picture's share, or why it has none."""
    try:
        return share_of(task.source, task.mask, task.count, task.seed, task.spaces)
    except Exception as error:  # one bad file does not stop the others
        return _reason(error, task.source)


def grade_one(task: GradeTask) -> TaskOutcome:
    """Grade one picture into its place; nothing that goes wrong leaves this function."""
    start, room = time.perf_counter(), 0
    place = task.place
    try:
        if same_file(place, task.source):  # by a link or a mount in the output, which no comparison of names sees
            raise InputError("the result would replace the picture itself: give another output folder")
        result, before, after, took = _graded(task)
        room = 2 * result.picture.pixels.nbytes
        place.parent.mkdir(parents=True, exist_ok=True)
        run = run_at(task.run, task.stamp)
        wanted = WrittenAs(RESULT_FORMATS[run.output_format].bits, run.quality)
        with written_together():
            result = save_and_release(result, place, overwrite=True, wanted=wanted)
            _save_beside(result, place, run)
    except Exception as error:
        reason = _reason(error, task.source, place, task.reference, task.mask)
        return failed(task.name, reason, task.state, full=_is_full(error, place, room), start=start)
    notes = [note.removeprefix(f"{task.source.name}: ") for note in result.notes]
    notes += losses(place, result.picture, wanted=wanted)
    if task.note:
        notes.append(task.note)
    row = Row(
        file=task.name,
        status=DONE,
        seconds=f"{time.perf_counter() - start:.3f}",
        grade=grade_in_words(result.grade),
        distance_before="" if before is None else f"{before:.3f}",
        distance_after="" if after is None else f"{after:.3f}",
        **_scene(result),
        took=took,
        transform=kind_of(result.grade),
        message="; ".join(notes),
        strength="" if task.strength is None else f"{task.strength:g}",
        state=task.state,
    )
    return TaskOutcome(row)


def _save_beside(result: MatchResult, place: Path, run: RunRecord) -> None:
    """Write what was asked for beside the result: its grade, its settings. A series has one grade, which is saved once."""
    if run.grade_files is not None and not run.series:
        result.save_grade(place.with_name(place.name + run.grade_files))
    if run.settings_files:
        write_text_atomically(place.with_name(place.name + SETTINGS_SUFFIX), result.settings_text(names_only=True))


def _scene(result: MatchResult) -> dict[str, str]:
    """The row's columns on the scene."""
    facts = scene_facts(result.job, result.report)
    if facts.scene is None:
        return {}
    return {"scene": facts.scene, "points": str(facts.points), "trust": f"{facts.trust:.3f}"}


def failed(name: str, reason: str, state: str, *, full: bool = False, start: float | None = None) -> TaskOutcome:
    """The outcome of a picture that could not be done."""
    seconds = "" if start is None else f"{time.perf_counter() - start:.3f}"
    return TaskOutcome(Row(name, FAILED, seconds, message=reason, state=state), full)


def _graded(task: GradeTask) -> tuple[MatchResult, float | None, float | None, str]:
    """The result for one picture, its distances before and after, and what was taken of the reference."""
    run = run_at(task.run, task.stamp)
    source, mask = task.source, task.mask
    settings = run.settings if task.strength is None else replace(run.settings, strength=task.strength)
    if not run.series:
        reference = reference_of(run, task.reference)
        state = "" if task.reference is None else str(task.reference.stat().st_mtime_ns)
        job = MatchJob(source, reference, settings, mask, spaces=run.spaces)
        result = run_match(job, reference=_samples(reference, run.settings, state))
        assert result.report is not None
        return result, result.report.distance_before, result.report.distance_after, result.report.took
    job = MatchJob(source, SavedGrade(run.series[0].grade), settings, mask, spaces=run.spaces)
    result = run_match(job)
    one = grade_for(result.picture, run.series, run.spaces)
    grade = one.grade if task.strength is None else one.grade.at_strength(task.strength)
    if one.target is None:  # a saved grade, which may take away the cast of this picture
        return result, None, None, ""
    result = replace(result, grade=grade)
    took = run.settings.aim_for(picture=run.palette is None)
    if run.spaces is not None:
        target = PixelSample(one.target, one.target)
        before, after = (
            distance_by(each, result.source_sample, target, run.spaces) for each in (grade.at_strength(0.0), grade)
        )
        return result, before, after, took
    colours = result.source_sample.held_out
    before, after = (
        color_distance(each, one.target, icc=result.picture.icc) for each in (colours, grade.apply(colours))
    )
    return result, before, after, took


@lru_cache(maxsize=2)
def _samples(reference: Reference, settings: MatchSettings, state: str) -> ReferenceSamples:
    """A reference that the next pictures will most likely want as well. ``state`` tells a changed file from the old."""
    return ReferenceSamples(reference, settings)


def grade_in_words(grade: Grade) -> str:
    """A grade in one line: the numbers of a CDL, or what else it is."""
    effective = grade.effective
    if not isinstance(effective, Cdl):
        return effective.kind()
    rows = (("slope", effective.slope), ("offset", effective.offset), ("power", effective.power))
    parts = [f"{name} " + " ".join(f"{round(value, 6) + 0.0:.6f}" for value in values) for name, values in rows]
    return "; ".join([*parts, f"saturation {effective.saturation:.6f}"])


def _reason(error: Exception, source: Path, place: Path | None = None, *others: Path | None) -> str:
    """One line for the report: without the path that the row names anyway, and without any folder: it may be a server's."""
    if isinstance(error, InputError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"not enough memory for this picture: {JobRemedy.FEWER_AT_ONCE.value}"
    else:
        text = fault_line(error)
    text = text.removeprefix(f"{source}: ").removeprefix(f"{place}: ")
    for path in filter(None, (source, place, *others)):
        text = text.replace(f"{path.parent}{os.sep}", "")
    return " ".join(text.split())


def _is_full(error: BaseException | None, place: Path, room: int) -> bool:
    """Whether a full disk, or a quota that is used up, lies behind an error.

    Not every encoder passes the reason on. Where one failed and fewer than ``room`` bytes are free, a full disk is taken for
    the reason.
    """
    seen: list[BaseException] = []  # a chain may lead back to its start
    while error is not None and error not in seen:
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    folder = next(parent for parent in place.parents if parent.exists())
    return shutil.disk_usage(folder).free < room
