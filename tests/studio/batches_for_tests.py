"""Runs over folders in a line, and what their reports say."""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from studio.jobs import BatchJob
from studio.service.batch.prepare import prepare_batch
from studio.service.batch.run import BatchEvent, Summary, run_batch
from studio.watch import UNWATCHED, Event, Watch

BytesOf = Callable[[Path], dict[str, bytes]]
"""The fixture ``bytes_of``: all files of a folder by name, except the report."""


def run(job: BatchJob, workers: Executor, *, watch: Watch = UNWATCHED) -> Summary:
    """Prepare a job and do it, as the job says about results that are there."""
    plan, record = prepare_batch(job)
    return run_batch(plan, record, workers, window=4, existing=job.existing, watch=watch)


def rows(output: Path) -> list[dict[str, str]]:
    """The report."""
    with (output / "report.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def reports_equal(one: Path, other: Path) -> bool:
    """Whether two reports say the same but for the seconds."""
    plain = [[{**row, "seconds": ""} for row in rows(output)] for output in (one, other)]
    return plain[0] == plain[1]


def batch_event(event: Event) -> BatchEvent:
    """An event of a batch as what it is."""
    assert isinstance(event, BatchEvent)
    return event
