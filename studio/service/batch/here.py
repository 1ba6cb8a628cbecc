"""A batch from its job to its summary on this machine or on a cluster: workers are started, do the work and end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from studio.jobs import BatchJob
from studio.media.places import make_folder
from studio.records.batch import RunRecord
from studio.service.batch.cluster import RayExecutor, check_workers
from studio.service.batch.part import WHOLE, Part
from studio.service.batch.plan import BatchPlan
from studio.service.batch.prepare import prepare_batch
from studio.service.batch.run import Summary, check_existing, run_batch
from studio.service.batch.workers import local, threads
from studio.watch import UNWATCHED, Watch

MOST_WORKERS = 8
"""Pictures at work at once unless the caller says otherwise: memory grows with them, and decoding soon waits for the disk."""


class PreparedBatch:
    """A batch that was checked and can be started.

    Args:
        job: what to match to what.

    Attributes:
        job: the same.
        plan: what will be read and written; its notes are for the person to read before it starts.

    Raises:
        InputError: anything that would keep the run from starting.
    """

    def __init__(self, job: BatchJob) -> None:
        self.job = job
        self.plan, self._record = prepare_batch(job)

    def run(
        self,
        watch: Watch = UNWATCHED,
        *,
        jobs: int | None = None,
        cluster: str | None = None,
        in_process: bool = False,
        part: Part = WHOLE,
        existing: str | None = None,
    ) -> Summary:
        """Do all of it, or a part.

        Args:
            watch: as :func:`studio.service.batch.run.run_batch` says.
            jobs: pictures at work at once; one per core, at most :data:`MOST_WORKERS`, if left out.
            cluster: ``"local"`` or the address of a Ray cluster, in place of processes on this machine.
            in_process: threads in place of processes: for an app, where all is loaded already.
            part: which pictures, and with which strengths of their own.
            existing: what to do with results that are there; as the job says if left out.

        Raises:
            InputError: results that exist, another run at work there, or a cluster that cannot be reached.
        """
        plan, existing = part.of(self.plan), existing or self.job.existing
        check_existing(plan, existing)  # before processes are started for nothing
        with self._workers(jobs, cluster, in_process) as (workers, number):
            return run_prepared(plan, self._record, workers, number, watch, existing=existing, part=part)

    @contextmanager
    def _workers(self, jobs: int | None, cluster: str | None, in_process: bool) -> Iterator[tuple[Executor, int]]:
        """Who does the work, and how many pictures at once."""
        if cluster is None:
            with workers_here(jobs, len(self.plan.items), in_process=in_process) as here:
                yield here
            return
        with RayExecutor(cluster, jobs or os.cpu_count() or 1) as ray:
            make_folder(self.plan.output)
            check_workers(ray, self.plan.folder, self.plan.output)
            yield ray, ray.slots


@contextmanager
def workers_here(jobs: int | None, pictures: int, *, in_process: bool = False) -> Iterator[tuple[Executor, int]]:
    """Workers on this machine, no more than there are pictures, and how many there are."""
    number = min(jobs or min(MOST_WORKERS, os.cpu_count() or 1), pictures)
    with (threads if in_process else local)(number) as workers:
        yield workers, number


def run_prepared(
    plan: BatchPlan,
    record: RunRecord,
    workers: Executor,
    number: int,
    watch: Watch,
    *,
    existing: str,
    part: Part = WHOLE,
) -> Summary:
    """Run a plan with so many workers.

    Each has one task and none lies ready behind it: a task that was handed out is done, and Stop would have to wait for it.
    Handing out the next one takes less than a millisecond, a picture tens of them.
    """
    return run_batch(plan, record, workers, window=number, existing=existing, watch=watch, part=part)
