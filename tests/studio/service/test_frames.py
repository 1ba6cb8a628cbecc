"""Numbered frames as one series, from one pattern of names to another."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reswd_torch import Cdl, Grade, MatchSettings, load_grade
from reswd_torch.errors import InputError
from studio.jobs import FramesJob
from studio.media.images import read_picture
from studio.references import FolderReference, PaletteReference, PictureReference, SavedGrade
from studio.service import job_for, reference_for
from studio.service.batch import work
from studio.service.batch.run import GRADING, LOOKING, BatchEvent
from studio.service.frames import run_frames
from studio.service.match import MatchResult
from studio.service.render import render
from studio.watch import Watch
from tests.studio.batches_for_tests import batch_event
from tests.studio.command_line import snapshot
from tests.studio.conftest import write


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are matched in this process: others take seconds to start."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


@pytest.fixture
def pattern(tmp_path: Path) -> Path:
    """Frames 8 to 11 of a shot."""
    for number in range(8, 12):
        write(tmp_path / "in" / f"shot.{number:03d}.png", 5, height=40 + number, width=60)
    (tmp_path / "out").mkdir()
    return tmp_path / "in" / "shot.%03d.png"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_frames_get_one_grade(pattern: Path, warm: Path, tmp_path: Path) -> None:
    before = snapshot(pattern.parent)
    told: list[BatchEvent] = []
    job = FramesJob(pattern, PictureReference(warm), MatchSettings(aim="colours"))
    result = run_frames(job, tmp_path / "out" / "g.#.png", watch=Watch(lambda event: told.append(batch_event(event))))
    assert (result.frames, result.done, result.failed, result.left, result.full) == (4, 4, 0, 0, False)
    assert names(tmp_path / "out") == ["g.10.png", "g.11.png", "g.8.png", "g.9.png"]
    assert snapshot(pattern.parent) == before
    assert [event.phase for event in told] == [LOOKING] * 5 + [GRADING] * 5
    assert result.distance_before is not None and result.distance_after is not None
    assert result.distance_after < 0.6 * result.distance_before
    result.save_grade(tmp_path / "look.cc")
    for number in (8, 11):
        source = read_picture(pattern.with_name(f"shot.{number:03d}.png")).pixels
        found = read_picture(tmp_path / "out" / f"g.{number}.png").pixels.astype(int)
        assert np.abs(render(source, load_grade(tmp_path / "look.cc")) - found).max() <= 1
    assert job.description() in (tmp_path / "look.cc").read_text()
    assert result.encoding == "sRGB"


def test_frames_that_fail_are_counted(pattern: Path, warm: Path, tmp_path: Path) -> None:
    pattern.with_name("shot.009.png").write_bytes(b"")
    result = run_frames(FramesJob(pattern, PictureReference(warm)), tmp_path / "out" / "g.%d.png")
    assert (result.frames, result.done, result.failed, result.left) == (4, 3, 1, 0)
    for number in range(8, 12):
        pattern.with_name(f"shot.{number:03d}.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"shot\.%03d\.png: none of the 4 frames could be matched"):
        run_frames(FramesJob(pattern, PictureReference(warm)), tmp_path / "out" / "h.%d.png")


def test_a_run_that_is_stopped_keeps_what_is_done(pattern: Path, warm: Path, tmp_path: Path) -> None:
    told: list[BatchEvent] = []
    watch = Watch(lambda event: told.append(batch_event(event)), lambda: bool(told) and told[-1].row is not None)
    result = run_frames(FramesJob(pattern, PictureReference(warm)), tmp_path / "out" / "g.%d.png", watch=watch)
    assert 1 <= result.done < 4 and result.left == 4 - result.done
    assert len(names(tmp_path / "out")) == result.done
    with pytest.raises(InputError, match="none of the 4 frames"):
        stopped = Watch(stopped=lambda: True)
        run_frames(FramesJob(pattern, PictureReference(warm)), tmp_path / "out" / "h.%d.png", watch=stopped)


def test_a_saved_grade_has_no_distances(pattern: Path, tmp_path: Path) -> None:
    job = FramesJob(pattern, SavedGrade(Grade(Cdl((0.5, 1.0, 1.0)))), MatchSettings(strength=0.5))
    result = run_frames(job, tmp_path / "out" / "g.%d.png")
    assert (result.done, result.distance_before, result.distance_after) == (4, None, None)
    assert (result.grade.transform, result.grade.strength) == (Cdl((0.5, 1.0, 1.0)), 0.5)
    source = read_picture(pattern.with_name("shot.008.png")).pixels
    assert np.array_equal(read_picture(tmp_path / "out" / "g.8.png").pixels, render(source, result.grade))


def test_results_are_replaced_only_when_that_is_allowed(pattern: Path, tmp_path: Path) -> None:
    job, output = FramesJob(pattern, PaletteReference("#c08040, #203040")), tmp_path / "out" / "g.%d.png"
    run_frames(job, output)
    before = snapshot(tmp_path / "out")
    with pytest.raises(InputError, match=r"g\.8\.png: the file exists"):
        run_frames(FramesJob(pattern, PaletteReference("#203040")), output)
    assert snapshot(tmp_path / "out") == before
    run_frames(FramesJob(pattern, PaletteReference("#203040")), output, overwrite=True)
    assert snapshot(tmp_path / "out").keys() == before.keys()
    assert snapshot(tmp_path / "out") != before


def test_a_full_disk_is_said(pattern: Path, warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save, saved = work.save_and_release, list[Path]()

    def until_full(result: MatchResult, path: Path, **how: Any) -> MatchResult:
        if saved:
            raise InputError(f"{path}: it could not be written") from OSError(errno.ENOSPC, "No space left")
        saved.append(path)
        return save(result, path, **how)

    monkeypatch.setattr(work, "save_and_release", until_full)
    result = run_frames(FramesJob(pattern, PictureReference(warm)), tmp_path / "out" / "g.%d.png")
    assert result.full and (result.done, result.failed, result.left) == (1, 0, 3)


def test_frames_take_a_folder_of_references_and_pictures_do_not(pattern: Path, warm: Path, tmp_path: Path) -> None:
    looks = tmp_path / "looks"
    write(looks / "a.png", 3, tint=(1.0, 0.7, 0.4))
    write(looks / "b.png", 4, tint=(1.0, 0.6, 0.5))
    reference = reference_for(pattern, file=looks)
    assert reference == FolderReference(looks)
    result = run_frames(FramesJob(pattern, reference), tmp_path / "out" / "graded.%03d.png")
    assert result.done == 4 and result.distance_after < result.distance_before
    with pytest.raises(InputError, match="this is a folder"):
        job_for(warm, FolderReference(looks))


def test_the_share_of_a_run_only_rises(pattern: Path, warm: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    job = FramesJob(pattern, PictureReference(warm))
    run_frames(job, tmp_path / "out" / "graded.%03d.png", watch=Watch(lambda event: shares.append(event.share)))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
