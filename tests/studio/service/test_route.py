"""Which service does a job, and what the door of all of them hands out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reswd_torch import MatchSettings
from reswd_torch.errors import InputError
from studio import service
from studio.jobs import ClipJob, FramesJob, MatchJob
from studio.references import PaletteReference
from studio.service.batch.run import Summary
from studio.service.clip import ClipResult
from studio.service.match import MatchResult
from studio.watch import Cancelled, Event, Watch
from tests.conftest import ROOT
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job
from tests.studio.media.clips.made import make_clip, scene

PALETTE = PaletteReference("#c08040, #203040")


def test_the_job_for_a_source_by_its_name(tmp_path: Path) -> None:
    settings, mask = MatchSettings(seed=3), tmp_path / "mask.png"
    for name, kind in (
        ("a.png", MatchJob),
        ("a.mp4", ClipJob),
        ("a.MOV", ClipJob),
        ("a.%04d.png", FramesJob),
        ("a.####.tif", FramesJob),
    ):
        assert service.job_for(tmp_path / name, PALETTE, settings, mask) == kind(
            tmp_path / name, PALETTE, settings, mask
        )
    (tmp_path / "shot #3.png").touch()
    assert type(service.job_for(tmp_path / "shot #3.png", PALETTE)) is MatchJob, "a file that is called so"
    with pytest.raises(InputError, match="a series gets one grade"):
        service.job_for(tmp_path / "a.%d.png", PALETTE, MatchSettings(scene="same"))


def test_a_picture_and_a_clip_write_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "source.png", 1)
    clip = make_clip(tmp_path / "clip.mp4", pictures=[scene(0)] * 3, audio=False)
    assert isinstance(service.run(service.job_for(source, PALETTE)), MatchResult)
    assert isinstance(service.run(ClipJob(clip, PALETTE)), ClipResult)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "source.png"]


def test_a_batch_writes_into_its_folder(shots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # processes take seconds to start
    summary = service.run(batch_job(shots, tmp_path / "out", palette=PALETTE.text))
    assert isinstance(summary, Summary) and summary.done == 4
    assert len(list((tmp_path / "out").glob("*.*g"))) == 4


def test_numbered_frames_are_delivered(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="studio.service.delivery"):
        service.run(FramesJob(tmp_path / "a.%d.png", PALETTE))


def test_a_watch_stops_a_match_and_its_parts_are_shares_of_the_whole(tmp_path: Path) -> None:
    source = write(tmp_path / "source.png", 1)
    told: list[Event] = []
    service.run(MatchJob(source, PALETTE), Watch(told.append).part(0.5, 1.0))
    shares = [event.share for event in told]
    assert shares == sorted(shares) and shares[0] == 0.5 and shares[-1] <= 1.0
    with pytest.raises(Cancelled):
        service.run(MatchJob(source, PALETTE), Watch(stopped=lambda: True))


@pytest.mark.parametrize("first", ["studio.service.delivery", "studio.service.route", "studio.service.match"])
def test_the_door_hands_out_functions_whatever_was_imported_before(first: str) -> None:
    """A module of a function's name would take its place as soon as anybody imported it."""
    names = list(service.__all__)
    script = (
        f"import sys, studio.service\nassert 'torch' not in sys.modules\nimport {first}\n"
        f"from studio.service import {', '.join(names)}\n"
        f"for name in {names}:\n    assert callable(getattr(studio.service, name)), name\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        service.nothing  # noqa: B018 - the access is the test
