"""What match says in the end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reswd_torch import Cdl, Grade
from studio.cli.outcome import tell
from studio.jobs import FramesJob
from studio.references import PaletteReference
from studio.service.delivery import Delivered
from studio.service.frames import FramesResult

FRAMES = FramesResult(
    job=FramesJob(Path("in.%d.png"), PaletteReference("#c08040")),
    grade=Grade(Cdl((0.5, 1.0, 1.0)), encoding="sRGB"),
    notes=("grey picture read as RGB",),
    frames=5,
    done=3,
    failed=1,
    left=1,
    full=False,
    distance_before=20.0,
    distance_after=4.0,
    seconds=1.5,
)


def delivered(result: FramesResult) -> Delivered:
    return Delivered(result, {"output": Path("out.%d.png"), "cube": Path("look.cube")}, result.notes)


def test_of_numbered_frames(capsys: pytest.CaptureFixture[str]) -> None:
    tell(delivered(FRAMES), 17, as_json=False)
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:2] == ["distance 20.00 -> 4.00 (sliced Wasserstein, Lab units), 1.50 s", "3 of 5 frames"]
    assert lines[-3].startswith(".cube, 17 points: at most ")
    assert lines[-2:] == ["wrote out.%d.png", "wrote look.cube"]
    assert err == "note: grey picture read as RGB\n"


def test_of_numbered_frames_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    tell(delivered(FRAMES), 17, as_json=True)
    record = json.loads(capsys.readouterr().out)
    facts = {"distance_before": 20.0, "distance_after": 4.0, "seconds": 1.5, "frames": 3, "failed": 1, "left": 1}
    assert record.items() >= (facts | {"encoding": "sRGB", "notes": ["grey picture read as RGB"]}).items()
    assert record["written"] == {"output": "out.%d.png", "cube": "look.cube"}
    assert record["cube_error"]["size"] == 17


def test_a_saved_grade_has_no_distances(capsys: pytest.CaptureFixture[str]) -> None:
    saved = delivered(replace(FRAMES, distance_before=None, distance_after=None))
    tell(saved, 17, as_json=False)
    assert "distance" not in capsys.readouterr().out
    tell(saved, 17, as_json=True)
    assert json.loads(capsys.readouterr().out)["distance_before"] is None


@pytest.mark.parametrize("as_json", [False, True])
def test_a_full_disk_is_said(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    tell(delivered(replace(FRAMES, full=True)), 17, as_json=as_json)
    assert capsys.readouterr().err.splitlines()[-1] == "reswd: out.%d.png: the disk is full"
