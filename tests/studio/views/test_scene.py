"""What is said of two pictures of one scene, and how the points are drawn."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import MatchSettings
from reswd_torch.matching import MatchReport
from studio.service.match import run_match
from studio.views.scene import common, draw_points, scene_line
from tests.conftest import ASSETS
from tests.studio.cli.test_match import Ran, assert_refused, reswd  # noqa: F401
from tests.studio.jobs_for_tests import match_job
from tests.studio.media.images.profiles_for_tests import display_p3


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph, and a part of it under a blue light, in another size."""
    folder = tmp_path_factory.mktemp("scene")
    with Image.open(ASSETS / "warm-room.jpg") as opened:
        picture = opened.convert("RGB")
        picture.thumbnail((640, 640))
    picture.save(folder / "room.png")
    part = np.asarray(picture.crop((30, 10, picture.width, picture.height - 20)), np.float32)
    light = (part * np.array([0.6, 0.85, 1.1], np.float32)).clip(0, 255)
    Image.fromarray(np.rint(light).astype(np.uint8)).save(folder / "blue.png")
    return folder / "room.png", folder / "blue.png"


def test_the_command_says_what_it_found(reswd: Callable[..., Ran], pair: tuple[Path, Path], tmp_path: Path) -> None:  # noqa: F811
    said, records = {}, {}
    for scene in ("auto", "same", "different"):
        ran = reswd("match", *pair, "-o", tmp_path / f"{scene}.png", "--scene", scene)
        assert ran.code == 0, ran.err
        said[scene] = [line for line in ran.out.splitlines() if "scene" in line.lower() and "wrote" not in line]
        ran = reswd("match", *pair, "-o", tmp_path / f"{scene}.png", "--scene", scene, "--json", "--overwrite")
        records[scene] = json.loads(ran.out)
    assert len(said["same"]) == 1 and said["same"][0].startswith("The same scene: ")
    assert said["same"][0].endswith("points are seen in both; matched by them and what both show.")
    assert said["auto"] == said["same"] and said["different"] == []
    assert records["same"]["points"] == records["auto"]["points"] > 100
    assert (records["different"]["points"], records["different"]["trust"]) == (0, 0.0)
    assert [records[scene]["scene"] for scene in ("auto", "same", "different")] == ["same", "same", None]
    slopes = {scene: record["grade"]["cdl"]["slope"] for scene, record in records.items()}
    assert slopes["same"] == pytest.approx([0.6, 0.85, 1.1], abs=0.02)
    assert slopes["different"] != pytest.approx([0.6, 0.85, 1.1], abs=0.005)


def test_what_is_no_scene_is_refused(reswd: Callable[..., Ran], tmp_path: Path) -> None:  # noqa: F811
    two = ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg"
    out = tmp_path / "out.png"
    assert_refused(reswd("match", *two, "-o", out, "--scene", "same"), "scene 'same'", "choose scene auto or different")
    assert_refused(reswd("match", *two, "-o", out, "--scene", "other"), "unknown scene 'other'")
    assert_refused(reswd("match", *two, "-o", out, "--scene", "same", "--method", "mkl"), "needs method fast")
    assert_refused(reswd("match", two[0], "--palette", "#aa3300", "-o", out, "--scene", "same"), "no palette")
    assert not out.exists()


def test_nothing_is_said_of_scenes_where_nobody_looked(reswd: Callable[..., Ran], tmp_path: Path) -> None:  # noqa: F811
    ran = reswd("match", ASSETS / "fig-red-bowl.jpg", "--palette", "#aa3300, #113355", "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert not [line for line in ran.out.splitlines() if "scene" in line.lower() and not line.startswith("wrote ")]


def test_a_batch_looks_at_each_picture(reswd: Callable[..., Ran], pair: tuple[Path, Path], tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "room.png").write_bytes(pair[0].read_bytes())
    for scene in ("auto", "different"):
        ran = reswd("batch", folder, "--target", pair[1], "-o", tmp_path / scene, "--scene", scene, "--jobs", 1)
        assert ran.code == 0, ran.err
        assert reswd("match", *pair, "-o", tmp_path / f"{scene}.png", "--scene", scene).code == 0
        with Image.open(tmp_path / scene / "room.png") as one, Image.open(tmp_path / f"{scene}.png") as alone:
            assert np.array_equal(np.asarray(one), np.asarray(alone))


def test_the_report_of_a_batch_says_which_scene_and_how_sure(
    reswd: Callable[..., Ran],  # noqa: F811
    pair: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    folder, other = tmp_path / "in", ASSETS / "fig-red-bowl.jpg"
    folder.mkdir()
    for source in (pair[0], other):
        (folder / source.name).write_bytes(source.read_bytes())
    said = {}
    for name, flags in {"auto": (), "different": ("--scene", "different"), "series": ("--series",)}.items():
        ran = reswd("batch", folder, "--target", pair[1], "-o", tmp_path / name, "--jobs", 1, *flags)
        assert ran.code == 0, ran.err
        said[name] = ran.out
        with (tmp_path / name / "report.csv").open(newline="", encoding="utf-8") as file:
            rows = {row["file"]: row for row in csv.DictReader(file)}
        for source in (pair[0], other):
            row = rows[source.name]
            if name != "auto":
                assert (row["scene"], row["points"], row["trust"]) == ("", "", ""), "nobody looked"
                continue
            ran = reswd("match", source, pair[1], "-o", tmp_path / f"{source.stem}.png", "--json")
            record = json.loads(ran.out)
            assert (row["scene"], row["points"]) == (record["scene"], str(record["points"]))
            assert float(row["trust"]) == pytest.approx(record["trust"], abs=0.0005)
            assert record["scene"] == ("same" if source == pair[0] else "different")
    assert "1 of 2 show the same scene as the reference" in said["auto"]
    assert "scene" not in said["different"].replace(str(tmp_path), "") + said["series"].replace(str(tmp_path), "")


def test_one_scene_is_refused_where_nothing_looks_for_it(
    reswd: Callable[..., Ran],  # noqa: F811
    pair: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "a.0001.png").write_bytes(pair[0].read_bytes())
    same = ("--scene", "same")
    for given, words in (
        (("batch", folder, "--target", pair[1], "-o", out, "--series", *same), "a series gets one grade"),
        (("batch", folder, "--palette", "#aa3300", "-o", out, *same), "the palette '#aa3300' shows no scene"),
        (("match", folder / "a.####.png", pair[1], "-o", tmp_path / "b.####.png", *same), "a series gets one grade"),
    ):
        assert_refused(reswd(*given), "scene 'same'", words, "choose scene auto")
    assert not out.exists() and not list(tmp_path.glob("b.*"))


def test_a_line_for_every_outcome() -> None:
    report = MatchReport(2.0, 1.0, 0.1, MatchSettings(), "cpu")
    lines = [
        scene_line(replace(report, points=points, trust=float(trust)))
        for points, trust in ((0, 0), (80, 0), (80, 0.4), (80, 1))
    ]
    assert lines == [
        "Different scenes: matched by statistics.",
        "The same scene: 80 points are seen in both, but only some of the tones; matched by statistics.",
        "The same scene: 80 points are seen in both; matched 40% by them and what both show, the rest by statistics.",
        "The same scene: 80 points are seen in both; matched by them and what both show.",
    ]
    assert scene_line(replace(report, settings=MatchSettings(scene="different"))) is None
    assert scene_line(replace(report, settings=MatchSettings(method="mkl"))) is None


@pytest.mark.parametrize("profile", [None, display_p3()], ids=["untagged", "P3"])
def test_points_are_drawn_on_both_pictures(pair: tuple[Path, Path], profile: bytes | None, tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    with Image.open(pair[0]) as opened:
        opened.save(source, icc_profile=profile)
        size = opened.size
    result = run_match(match_job(source, pair[1]))
    found = common(result.source_sample, result.target_sample, result.job.settings)
    assert found is not None and result.target_sample is not None
    sheet = draw_points(result.source_sample, result.target_sample, found, result.picture.icc)
    with Image.open(pair[1]) as opened:
        second = np.asarray(opened)
    assert sheet.shape == (size[1], size[0] + 12 + second.shape[1], 3) and sheet.dtype == np.uint8
    shown = sheet[: second.shape[0], size[0] + 12 :].astype(int)
    assert (np.abs(shown - second).max(axis=2) <= 3).mean() > 0.6  # the rest is lines and points
    assert (np.abs(shown - second).max(axis=2) > 30).mean() > 0.005


def test_the_other_methods_can_be_compared_with_a_match_of_one_scene(pair: tuple[Path, Path]) -> None:
    result = run_match(match_job(*pair, settings=MatchSettings(scene="same")))
    assert result.refitted("mkl").job.settings == MatchSettings(method="mkl")
    assert result.refitted("fast").grade.transform == result.grade.transform
