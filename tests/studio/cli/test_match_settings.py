"""reswd match from a settings file: the same bytes again, and what flags change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.jobs_for_tests import match_job
from tests.studio.pictures import eight_bits
from tests.studio.records import version_1


@pytest.mark.parametrize("method", ["fast", "reswd", "reinhard", "mkl", "histogram"])
def test_a_run_from_its_settings_gives_the_same_bytes(reswd: Reswd, place: Path, method: str) -> None:
    pair = ("match", place / "source.png", place / "target.jpg")
    reswd(*pair, "-o", place / "a.png", "--method", method, "--seed", 9, "--save-settings", place / "run.json")
    ran = reswd("match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "b.png")
    assert ran.code == 0, ran.err
    assert digest(place / "a.png") == digest(place / "b.png")


def test_explicit_flags_win_over_the_settings(reswd: Reswd, place: Path) -> None:
    Image.fromarray(eight_bits(3)).save(place / "other.png")
    pair = ("match", place / "source.png", place / "target.jpg")
    reswd(*pair, "-o", place / "a.png", "--method", "mkl", "--seed", 9, "--save-settings", place / "run.json")
    again = ("--from-settings", place / "run.json", "--save-settings", place / "new.json", "--overwrite")
    ran = reswd(*pair[:2], place / "other.png", *again, "-o", place / "b.png", "--method", "fast", "--strength", 0.5)
    assert ran.code == 0
    assert "target is not the file that the settings were saved with" in ran.err
    record = json.loads((place / "new.json").read_text())
    assert record["settings"] | {"method": "fast", "strength": 0.5, "seed": 9} == record["settings"]
    assert record["inputs"]["target"]["path"] == str(place / "other.png")
    ran = reswd(*pair[:2], "--palette", "#ff0000", *again, "-o", place / "c.png")
    assert ran.code == 0
    assert json.loads((place / "new.json").read_text())["palette"] == "#ff0000"


def test_settings_of_a_run_with_a_saved_grade(reswd: Reswd, place: Path) -> None:
    result = run_match(match_job(place / "source.png", grade=Grade(Cdl((0.5, 1.0, 1.0)))))
    (place / "run.json").write_text(result.settings_text())
    result.save_picture(place / "a.png")
    ran = reswd(
        *("match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "b.png"),
        *("--cdl", place / "look.cc"),
    )
    assert ran.code == 0, ran.err
    assert digest(place / "a.png") == digest(place / "b.png")


def test_settings_that_are_read_are_not_replaced(reswd: Reswd, place: Path) -> None:
    run, out = place / "run.json", place / "o.png"
    pair = ("match", place / "source.png", place / "target.jpg", "-o", out)
    assert reswd(*pair, "--save-settings", run).code == 0
    before = run.read_bytes()
    ran = reswd(*pair, "--overwrite", "--from-settings", run, "--save-settings", run)
    assert ran.code == 2
    assert run.read_bytes() == before


def test_settings_of_version_1_give_the_same_bytes(reswd: Reswd, tmp_path: Path) -> None:
    settings = version_1.write_settings(tmp_path)
    old = ("match", tmp_path / "source.png", "--from-settings", settings)
    ran = reswd(*old, "-o", tmp_path / "old.png", "--save-settings", tmp_path / "v2.json")
    assert (ran.code, ran.err) == (0, "")
    Image.fromarray(np.repeat(np.array([[255], [0]], np.uint8), 12, 0).repeat(32, 1)).save(tmp_path / "half.png")
    flags = ("--mask", tmp_path / "half.png", "--seed", 5, "--strength", 0.8)
    pair = ("match", tmp_path / "source.png", tmp_path / "warm.png", "--aim", "colours", "--transform", "cdl")
    assert reswd(*pair, *flags, "-o", tmp_path / "new.png").code == 0
    assert digest(tmp_path / "old.png") == digest(tmp_path / "new.png")
    assert json.loads((tmp_path / "v2.json").read_text())["format_version"] == 2
    new = ("match", tmp_path / "source.png", "--from-settings", tmp_path / "v2.json")
    assert reswd(*new, "-o", tmp_path / "again.png").code == 0
    assert digest(tmp_path / "again.png") == digest(tmp_path / "old.png")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format_version": 3}, "format version 3; this program reads 1 and 2"),
        (
            {"format": "something else"},
            "no record of this program: give a settings file saved by --save-settings or the app",
        ),
        ({"kind": "batch run"}, "a record of a batch run, not settings of a match: give a settings file saved by"),
    ],
)
def test_what_are_no_settings_is_said_in_flags(
    changes: dict[str, object], said: str, reswd: Reswd, place: Path
) -> None:
    pair = ("match", place / "source.png", place / "target.jpg", "-o", place / "a.png")
    assert reswd(*pair, "--save-settings", place / "run.json").code == 0
    record = json.loads((place / "run.json").read_text())
    (place / "run.json").write_text(json.dumps(record | changes))
    ran = reswd("match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "b.png")
    assert_refused(ran, "run.json", said)
