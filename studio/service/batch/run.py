"""A run over a folder, from the plan to the report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import series_suffixes
from reswd_torch.settings import SAME_SCENE
from reswd_torch.written import remove_leftovers
from studio.jobs import EACH, FRESH, OVERWRITE, RESUME
from studio.media.places import make_folder, same_file, sha256_of
from studio.records.batch import RUN_FILE, RunRecord, read_run, write_run
from studio.records.report import DONE, FAILED, REPORT_FILE, Report, Row, read_report, strength_of
from studio.remedies import JobRemedy
from studio.service.batch.part import WHOLE, Part
from studio.service.batch.plan import BatchPlan, Item, listed, state_of
from studio.service.batch.series import Share, colours_each, fit_series, references_of, save_series, series_files
from studio.service.batch.work import NO_SPACE, GradeTask, SampleTask, TaskOutcome, failed, grade_one, sample_one
from studio.service.batch.workers import Finished, run_all
from studio.watch import UNWATCHED, Event, Watch

LOOKING, GRADING = "looking", "grading"
"""Phases of a run: colours for the grade of a series are taken, then the pictures are graded."""


@dataclass(frozen=True, eq=False)
class BatchEvent(Event):
    """Where a run stands, after each picture.

    Attributes:
        phase: ``LOOKING`` or ``GRADING``.
        done: pictures of this phase that are over, those of an earlier run among them.
        of: how many pictures there are in this phase.
        failed: how many of them could not be done.
        name: the picture that has just been finished; empty at the start of a phase.
        row: its row, in the second phase.
        place: its result.
    """

    phase: str = GRADING
    done: int = 0
    of: int = 0
    failed: int = 0
    name: str = ""
    row: Row | None = None
    place: Path | None = None


_LOOKING_SHARE = 0.3
"""Of a run that fits the grade of a series: how much of the whole its first phase is."""


def _event(phase: str, done: int, of: int, *, begins_at: float = 0.0, **facts: Any) -> BatchEvent:
    """An event of a phase; a phase that is not the first one begins at a share of the whole run."""
    share = done / max(1, of)
    if phase == LOOKING:
        return BatchEvent(_LOOKING_SHARE * share, "looking at the colours of the series", LOOKING, done, of, **facts)
    return BatchEvent(begins_at + (1 - begins_at) * share, "grading", GRADING, done, of, **facts)


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Attributes:
        done: pictures with a result, those of earlier runs among them.
        kept: of them, those of earlier runs.
        failed: pictures without, and why stands in the report.
        left: pictures that it did not come to, because it was stopped; without those that were not asked for.
        same_scene: of those done, how many were taken for the scene of their reference.
        full: whether a full disk stopped it.
        seconds: it took.
        report: the report's place.
        record: the run's, with the grade of the series; None when it ended before there was one.
        took: of those done, how many took what of their reference, by the name that the report has for it.
    """

    done: int
    kept: int
    failed: int
    left: int
    same_scene: int
    full: bool
    seconds: float
    report: Path
    record: RunRecord | None = None
    took: Mapping[str, int] = field(default_factory=dict)


def run_batch(
    plan: BatchPlan,
    record: RunRecord,
    workers: Executor,
    *,
    window: int,
    existing: str = FRESH,
    watch: Watch = UNWATCHED,
    part: Part = WHOLE,
) -> Summary:
    """Grade all pictures of a plan.

    Args:
        plan: what to read and write.
        record: how; with the grades of a series only where one is given. Else they are fitted here, or taken from an earlier
            run.
        workers: who does it.
        window: tasks handed out at once: the number of workers. More would all be finished after Stop.
        existing: ``FRESH`` refuses to replace results, ``OVERWRITE`` replaces them, ``RESUME`` goes on where an earlier
            run of the same settings ended.
        watch: told of every picture (:class:`BatchEvent`); the run waits for it. Once it says stop, pictures at work are
            finished and no more are begun: a run that is stopped ends in order, with a summary.
        part: which of the pictures are graded now.

    Raises:
        InputError: results that exist, an earlier run of other settings, an output that cannot be written, another run
            at work there, or no picture that the grade of the series could be fitted to.
    """
    start = time.perf_counter()
    check_existing(plan, existing)
    make_folder(plan.output)
    with _alone(plan.lock):
        check_existing(plan, existing)  # once more: another run may have ended while this one waited
        old = _earlier(plan, record) if existing == RESUME else None
        run = _Run(plan, old or record, workers, window, watch, part)
        if old is None:
            _forget(plan, record.grade.path if record.grade else None)
        remove_leftovers(run.places())
        report = Report(plan.state / REPORT_FILE, run.standing() if old else {})
        kept = len(report.rows)
        begun = None
        if run.fit_series(report):
            begun = run.record
            run.grade(report)
        remove_leftovers(run.places())
    rows = [report.rows[item.name] for item in plan.items if item.name in report.rows]
    done, bad = (sum(row.status == status for row in rows) for status in (DONE, FAILED))
    same = sum(row.status == DONE and row.scene == SAME_SCENE for row in rows)
    took = Counter(row.took for row in rows if row.status == DONE and row.took)
    left = len([item for item in plan.items if part.grades(item.name) and item.name not in report.rows])
    return Summary(done, kept, bad, left, same, run.full, time.perf_counter() - start, report.place, begun, took)


class _Run:
    """The two phases of a run."""

    def __init__(
        self,
        plan: BatchPlan,
        record: RunRecord,
        workers: Executor,
        window: int,
        watch: Watch,
        part: Part,
    ) -> None:
        self.plan, self.record, self.full = plan, record, False
        self._part = part
        self._graded_from = 0.0  # the share of the run at which grading begins
        self._workers, self._window, self._watch = workers, window, watch

    def places(self) -> Iterator[Path]:
        """Every file that the run may write."""
        for name in (RUN_FILE, REPORT_FILE):
            yield self.plan.state / name
        yield from series_files(self.plan.state, self.record)
        for item in self.plan.items:
            place = self.plan.output / item.place
            yield place
            for suffix in self.record.beside:
                yield place.with_name(place.name + suffix)

    def standing(self) -> dict[str, Row]:
        """Rows of an earlier run that still hold: the result is there, and made from these very files."""
        rows = read_report(self.plan.state / REPORT_FILE)
        return {
            item.name: row
            for item in self.plan.items
            if (row := rows.get(item.name)) is not None
            and row.status == DONE
            and row.state == state_of(item)
            and item.strength in (None, strength_of(row))
            and (self.plan.output / item.place).is_file()
        }

    def fit_series(self, report: Report) -> bool:
        """Fit the grade of a series. False when it was stopped, or no picture could be read (the report says why)."""
        record = self.record
        if record.mode == EACH or record.series:  # nothing to fit, or a grade that was given or fitted before
            return True
        items = [item for item in self.plan.items if item.problem is None and item.name not in self._part.left_out]
        shares: dict[str, Share] = {}
        reasons = {item.name: item.problem for item in self.plan.items if item.problem is not None}
        count = colours_each(max(1, len(items)), record.settings)
        tasks = (SampleTask(i.name, i.source, i.mask, count, record.settings.seed, record.spaces) for i in items)
        self._graded_from = _LOOKING_SHARE
        self._watch.note(_event(LOOKING, 0, len(items)))
        for over, one in enumerate(self._all(sample_one, tasks), 1):
            if isinstance(one.value, Share):
                shares[one.task.name] = one.value
            else:
                reasons[one.task.name] = one.value or one.problem
            self._watch.note(_event(LOOKING, over, len(items), failed=over - len(shares), name=one.task.name))
        if self._watch.stopped():
            return False
        if not shares:
            report.rows = {name: Row(name, FAILED, message=str(reason)) for name, reason in reasons.items()}
            report.rewrite(item.name for item in self.plan.items)
            return False
        in_order = [shares[item.name] for item in items if item.name in shares]
        series = fit_series(in_order, references_of(record), record.settings, record.spaces)
        self.record = replace(record, series=series)
        return True

    def grade(self, report: Report) -> None:
        """Grade what has no row yet; the run is ``full`` when a full disk stopped it."""
        plan, record = self.plan, self.record
        place = write_run(plan.state, record)
        save_series(plan.state, record)
        stamp = sha256_of(place)
        todo = [item for item in plan.items if item.name not in report.rows and self._part.grades(item.name)]
        tasks = (self._task(item, place, stamp) for item in todo if item.problem is None)
        places = {item.name: plan.output / item.place for item in plan.items}
        total, bad = len(report.rows) + len(todo), 0
        self._watch.note(_event(GRADING, len(report.rows), total, begins_at=self._graded_from))

        def finished(row: Row) -> None:
            nonlocal bad
            report.add(row)
            bad += row.status == FAILED
            facts = {"failed": bad, "name": row.file, "row": row, "place": places[row.file]}
            self._watch.note(_event(GRADING, len(report.rows), total, begins_at=self._graded_from, **facts))

        try:
            with report.open():
                for item in todo:
                    if item.problem is not None:
                        finished(failed(item.name, item.problem, "").row)
                for one in self._all(grade_one, tasks):
                    outcome = _with_tries(one)
                    if outcome.full:
                        self.full = True  # not the picture's own fault: it is done when the run goes on
                    else:
                        finished(outcome.row)
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise InputError(f"{report.place}: the report cannot be written ({error.strerror})") from error
            self.full = True
        try:
            report.rewrite(item.name for item in plan.items)
        except OSError:  # the rows are there in the order they came, which is all that going on needs
            self.full = True

    def _task(self, item: Item, place: Path, stamp: str) -> GradeTask:
        reference = item.reference
        if reference is None and self.record.mode == EACH and self.record.reference is not None:
            reference = Path(self.record.reference.path)
        return GradeTask(
            name=item.name,
            source=item.source,
            place=self.plan.output / item.place,
            reference=reference,
            mask=item.mask,
            run=place,
            stamp=stamp,
            state=state_of(item),
            note=item.note,
            strength=item.strength,
        )

    def _all(self, function: Callable[..., Any], tasks: Iterator[Any]) -> Iterator[Finished[Any]]:
        return run_all(
            self._workers, function, tasks, window=self._window, stop=lambda: self.full or self._watch.stopped()
        )


def _with_tries(one: Finished[GradeTask]) -> TaskOutcome:
    """The outcome of a task; its row says when a worker died over it."""
    if one.value is None:
        return failed(one.task.name, one.problem, one.task.state)
    outcome: TaskOutcome = one.value
    if one.tries == 1:
        return outcome
    said = f"done at try {one.tries}: a worker process died over it"
    message = "; ".join(filter(None, [outcome.row.message, said]))
    return replace(outcome, row=replace(outcome.row, message=message))


def check_existing(plan: BatchPlan, existing: str) -> None:
    """Refuse to replace results that were not asked to be replaced.

    Raises:
        InputError: the output holds a run, or files of the results' names.
    """
    if existing == OVERWRITE:
        return
    there = (plan.state / RUN_FILE).exists()
    if there and existing == RESUME:
        return
    if there:
        raise InputError(f"{plan.output}: holds a run already", JobRemedy.RESUME_OR_REPLACE)
    names = [item.place for item in plan.items]
    if plan.records is None:  # a report or a grade that is not of a run
        names += [REPORT_FILE, *(f"series{suffix}" for suffix in series_suffixes(is_cdl=True))]
    old = [name for name in names if (plan.output / name).exists()]
    if old:
        what = "result is" if len(old) == 1 else "results are"
        problem = f"{plan.output}: {len(old)} {what} there already ({listed(old)})"
        raise InputError(problem, JobRemedy.REPLACE_RESULTS)


def _earlier(plan: BatchPlan, record: RunRecord) -> RunRecord | None:
    """The run to go on with. Raises InputError when its settings are others."""
    place = plan.state / RUN_FILE
    if not place.exists():
        return None
    old = read_run(place)
    if (difference := old.difference(record)) is not None:
        problem = f"{plan.output}: the run there is another one: {difference}"
        raise InputError(problem, JobRemedy.SAME_OR_REPLACE)
    return old


def _forget(plan: BatchPlan, grade: str | None) -> None:
    """Before a run begins anew: what the last one left beside its results, the report first of all.

    Rows must not outlive their settings, nor a grade its series, unless it is the ``grade`` that is to be applied now.
    Results are replaced one by one.
    """
    (plan.state / REPORT_FILE).unlink(missing_ok=True)
    try:
        old = read_run(plan.state / RUN_FILE)
    except InputError:  # none there, or none of ours
        return
    for place in series_files(plan.state, old):
        if grade is None or not same_file(place, Path(grade)):
            place.unlink(missing_ok=True)
    (plan.state / RUN_FILE).unlink(missing_ok=True)  # else a stopped run would go on with the old settings


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Only one run at a time has a lock file. A killed run's lock is gone with it.

    Raises:
        InputError: another run is at work there.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(place, timeout=2):  # workers of a run killed just now are gone within that
            try:
                yield
            finally:
                with suppress(OSError):  # Windows: in use; the lock removes it itself there
                    place.unlink(missing_ok=True)
    except Timeout:
        raise InputError(
            f"{place.parent}: another run is at work in this folder: wait for it, or give another"
        ) from None
