"""One match of numbered frames: a series that gets one grade, from a pattern of names to another."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from studio.jobs import FRESH, OVERWRITE, FramesJob
from studio.records.report import DONE, read_report
from studio.service.batch.here import run_prepared, workers_here
from studio.service.batch.prepare import prepare_frames
from studio.service.spaces.grade_files import save_grade_between
from studio.watch import UNWATCHED, Watch


@dataclass(frozen=True, eq=False)
class FramesResult:
    """Numbered frames that were graded and written.

    Attributes:
        job: what was asked.
        grade: of all frames.
        notes: what was assumed, for the person to read.
        frames: how many there are.
        done: how many were written.
        failed: how many could not be.
        left: how many were not come to, because the run was stopped.
        full: whether a full disk stopped it.
        distance_before: mean sliced Wasserstein distance to the reference, CIE Lab units; None with a saved grade.
        distance_after: the same of the results.
        seconds: it took.
    """

    job: FramesJob
    grade: Grade
    notes: tuple[str, ...]
    frames: int
    done: int
    failed: int
    left: int
    full: bool
    distance_before: float | None
    distance_after: float | None
    seconds: float

    @property
    def encoding(self) -> str:
        """The colour encoding of most frames, which the grade belongs to unless there are colour spaces."""
        return self.grade.encoding if self.job.spaces is None else self.job.spaces.source

    def save_grade(self, path: Path, *, cube_size: int = 33) -> Path:
        """Save the grade in the format of the suffix; between colour spaces as :func:`save_grade_between` does."""
        told, spaces = self.job.description(), self.job.spaces
        if spaces is not None:
            return save_grade_between(self.grade, path, spaces, cube_size=cube_size, description=told)
        return self.grade.save(path, cube_size=cube_size, description=told)


def run_frames(job: FramesJob, output: Path, *, overwrite: bool = False, watch: Watch = UNWATCHED) -> FramesResult:
    """Match numbered frames as one series, and write them: each to the frame of the same number of ``output``.

    Args:
        job: what to match to what.
        output: the pattern of the results; its folder must exist.
        overwrite: replace frames that exist.
        watch: told of every frame; once it says stop, frames at work are finished and no more are begun.

    Raises:
        InputError: what keeps it from starting, or no frame that could be read.
    """
    with tempfile.TemporaryDirectory(prefix="reswd-frames-") as records:
        plan, record = prepare_frames(job, output, Path(records), overwrite=overwrite)
        existing = OVERWRITE if overwrite else FRESH
        with workers_here(None, len(plan.items)) as (workers, number):
            ended = run_prepared(plan, record, workers, number, watch, existing=existing)
        rows = read_report(ended.report).values()
        good = [row for row in rows if row.status == DONE]
    if ended.record is None or not good:
        told = next((f": {row.message}" for row in rows if row.message), "")  # mostly the same for all of them
        raise InputError(f"{job.source}: none of the {len(plan.items)} frames could be matched{told}")
    saved = job.saved_grade is not None
    return FramesResult(
        job=job,
        grade=ended.record.series[0].grade,
        notes=tuple(dict.fromkeys(row.message for row in good if row.message)),
        frames=len(plan.items),
        done=len(good),
        failed=ended.failed,
        left=ended.left,
        full=ended.full,
        distance_before=None if saved else fmean(float(row.distance_before) for row in good),
        distance_after=None if saved else fmean(float(row.distance_after) for row in good),
        seconds=ended.seconds,
    )
