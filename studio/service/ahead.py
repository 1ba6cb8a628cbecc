"""What a match will need, read while a person still looks: once the pictures are chosen, the button finds it ready.

A match has the same bytes with and without it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from reswd_torch.matching.same_scene import glance
from studio.jobs import MatchJob
from studio.service.match import MatchResult, run_match, wanted_colours
from studio.service.reference import ReferenceSamples
from studio.service.source import ReadSource, read_source, same_source
from studio.watch import UNWATCHED, Watch

_AT_ONCE = 2
"""Pictures that are read ahead at a time, of all callers together."""
_pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="ahead")


@dataclass(frozen=True, eq=False)
class _Coming:
    """What is read ahead for a job: its source, and its reference where it has one to read."""

    job: MatchJob
    source: Future[ReadSource]
    reference: Future[ReferenceSamples] | None


class Ahead:
    """What is read ahead for the job that may come next.

    Args:
        keep: makes a source small enough to be kept until then.
    """

    def __init__(self, keep: Callable[[ReadSource], ReadSource]) -> None:
        self._keep = keep
        self._coming: _Coming | None = None
        self._lock = Lock()

    def expect(self, job: MatchJob) -> None:
        """This job may be asked for soon. What is read for the last one is kept where it serves."""
        with self._lock:
            last = self._coming
            source, reference = None, None
            if last is not None and same_source(last.job, job):
                source = last.source
                reference = last.reference if last.job.reference == job.reference else None
            if source is None:
                if last is not None:  # it may still wait for its turn, and nobody wants it any more
                    last.source.cancel()
                source = _pool.submit(lambda: self._keep(read_source(job)))
            if reference is None and job.saved_grade is None:
                reference = _pool.submit(_reference, job, source)
            self._coming = _Coming(job, source, reference)

    def run(self, job: MatchJob, watch: Watch = UNWATCHED) -> MatchResult:
        """Do a job, with what is read ahead where it is of the same pictures; else as :func:`run_match` does.

        Raises:
            InputError, Cancelled: as there.
        """
        coming = self._coming
        if coming is None or not same_source(coming.job, job):
            return run_match(job, watch)
        watch(0.0, "reading the pictures")
        source = coming.source.result()
        known = coming.reference if coming.job.reference == job.reference else None
        return run_match(job, watch, None if known is None else known.result(), source)


def _reference(job: MatchJob, source: Future[ReadSource]) -> ReferenceSamples:
    """The reference of a job, read for its source."""
    reference, read = ReferenceSamples(job.reference, job.settings), source.result()
    target, _ = wanted_colours(job, reference, read.picture)
    _ = reference.hashes
    if job.spaces is not None:  # the source is compared as a display shows it, whose thumbnail is made with the fit
        return reference
    if job.looks_for_scene and read.sample.thumbnail is not None and target.thumbnail is not None:
        glance(read.sample.thumbnail, target.thumbnail)
    return reference
