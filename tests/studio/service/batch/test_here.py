"""A batch on this machine, from its job to its summary."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.jobs import OVERWRITE, SERIES
from studio.remedies import JobRemedy
from studio.service.batch import here
from studio.service.batch.here import MOST_WORKERS, PreparedBatch, workers_here
from studio.service.batch.run import BatchEvent
from studio.watch import Watch
from tests.conftest import digest
from tests.studio.batches_for_tests import BytesOf, batch_event, rows
from tests.studio.jobs_for_tests import batch_job


def test_the_plan_is_there_before_the_run(shots: Path, warm: Path, tmp_path: Path) -> None:
    (shots / "notes.txt").write_text("x")
    run = PreparedBatch(batch_job(shots, tmp_path / "out", warm))
    assert [item.name for item in run.plan.items] == ["a.jpg", "b.png", "c.jpg", "d.jpg"]
    assert (run.plan.not_entered, run.plan.aside) == (1, "1 .txt")
    assert not (tmp_path / "out").exists()
    told: list[BatchEvent] = []
    summary = run.run(Watch(lambda event: told.append(batch_event(event))), jobs=1)
    assert (summary.done, summary.failed, summary.left) == (4, 0, 0)
    assert told[-1].share == 1.0
    assert [row["status"] for row in rows(tmp_path / "out")] == ["done"] * 4


def test_threads_and_processes_give_the_same_bytes(shots: Path, warm: Path, tmp_path: Path, bytes_of: BytesOf) -> None:
    job = batch_job(shots, tmp_path / "processes", warm, mode=SERIES)
    PreparedBatch(job).run(jobs=2)
    PreparedBatch(replace(job, output=tmp_path / "threads")).run(jobs=2, in_process=True)
    assert bytes_of(tmp_path / "processes") == bytes_of(tmp_path / "threads")


def test_results_that_exist_are_refused_before_anybody_is_started(
    shots: Path, warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = batch_job(shots, tmp_path / "out", warm)
    PreparedBatch(job).run(in_process=True)
    before = digest(tmp_path / "out" / "report.csv")
    with monkeypatch.context() as patched:
        for name in ("local", "threads", "RayExecutor"):
            patched.setattr(here, name, None)  # calling one of them would raise
        for cluster in (None, "local"):
            with pytest.raises(InputError) as caught:
                PreparedBatch(job).run(cluster=cluster)
            assert caught.value.remedy is JobRemedy.RESUME_OR_REPLACE
    assert digest(tmp_path / "out" / "report.csv") == before
    assert PreparedBatch(replace(job, existing=OVERWRITE)).run(in_process=True).done == 4


def test_a_watch_that_says_stop_leaves_what_is_not_begun(shots: Path, warm: Path, tmp_path: Path) -> None:
    summary = PreparedBatch(batch_job(shots, tmp_path / "out", warm)).run(Watch(stopped=lambda: True), in_process=True)
    assert (summary.done, summary.left) == (0, 4)


@pytest.mark.parametrize(
    ("jobs", "cores", "pictures", "number"),
    [
        (None, 4, 100, 4),
        (None, 64, 100, MOST_WORKERS),
        (None, None, 100, 1),
        (None, 4, 3, 3),
        (12, 4, 100, 12),
        (12, 4, 5, 5),
    ],
)
def test_how_many_work_at_once(
    jobs: int | None, cores: int | None, pictures: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    with workers_here(jobs, pictures, in_process=True) as (workers, found):
        assert found == number
        assert workers.submit(max, 1, 2).result() == 2


def test_a_cluster_that_is_not_there_is_named(shots: Path, warm: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray has no wheel for this system")
    with pytest.raises(InputError, match=r"no Ray cluster at '127\.0\.0\.1:9'") as caught:
        PreparedBatch(batch_job(shots, tmp_path / "out", warm)).run(cluster="127.0.0.1:9")
    assert caught.value.remedy is JobRemedy.CHECK_CLUSTER
    assert not (tmp_path / "out").exists()
