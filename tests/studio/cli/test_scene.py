"""What the command line says of two pictures, or of a clip and a picture, that show one scene."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ASSETS
from tests.studio.command_line import Ran, assert_refused
from tests.studio.media.clips.made import make_clip
from tests.studio.scenes_for_tests import LIGHT, panned, room_twice


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph, and a part of it under a blue light, in another size."""
    return room_twice(tmp_path_factory.mktemp("scene"))


def test_the_command_says_what_it_found(reswd: Callable[..., Ran], pair: tuple[Path, Path], tmp_path: Path) -> None:
    said, records = {}, {}
    for scene in ("auto", "same", "different"):
        flags = ("--scene", scene, "--transform", "cdl")
        ran = reswd("match", *pair, "-o", tmp_path / f"{scene}.png", *flags)
        assert ran.code == 0, ran.err
        said[scene] = [line for line in ran.out.splitlines() if "scene" in line.lower() and "wrote" not in line]
        ran = reswd("match", *pair, "-o", tmp_path / f"{scene}.png", *flags, "--json", "--overwrite")
        records[scene] = json.loads(ran.out)
    assert len(said["same"]) == 1 and said["same"][0].startswith("The same scene: ")
    assert "points are seen in both; matched by them and what both show. Kind: " in said["same"][0]
    assert said["auto"] == said["same"] and said["different"] == []
    assert records["same"]["points"] == records["auto"]["points"] > 100
    assert (records["different"]["points"], records["different"]["trust"]) == (0, 0.0)
    assert [records[scene]["scene"] for scene in ("auto", "same", "different")] == ["same", "same", None]
    slopes = {scene: record["grade"]["cdl"]["slope"] for scene, record in records.items()}
    assert slopes["same"] == pytest.approx([0.6, 0.85, 1.1], abs=0.02)
    assert slopes["different"] != pytest.approx([0.6, 0.85, 1.1], abs=0.005)


def test_what_is_no_scene_is_refused(reswd: Callable[..., Ran], tmp_path: Path) -> None:
    two = ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg"
    out = tmp_path / "out.png"
    assert_refused(reswd("match", *two, "-o", out, "--scene", "same"), "scene 'same'", "choose scene auto or different")
    assert_refused(reswd("match", *two, "-o", out, "--scene", "other"), "unknown scene 'other'")
    assert_refused(reswd("match", *two, "-o", out, "--scene", "same", "--method", "mkl"), "needs method fast")
    assert_refused(reswd("match", two[0], "--palette", "#aa3300", "-o", out, "--scene", "same"), "no palette")
    assert not out.exists()


def test_nothing_is_said_of_scenes_where_nobody_looked(reswd: Callable[..., Ran], tmp_path: Path) -> None:
    ran = reswd("match", ASSETS / "fig-red-bowl.jpg", "--palette", "#aa3300, #113355", "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert not [line for line in ran.out.splitlines() if "scene" in line.lower() and not line.startswith("wrote ")]


def test_a_batch_looks_at_each_picture(reswd: Callable[..., Ran], pair: tuple[Path, Path], tmp_path: Path) -> None:
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
    reswd: Callable[..., Ran],
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
    reswd: Callable[..., Ran],
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


def test_the_command_says_what_it_found_in_a_clip(
    reswd: Callable[..., Ran],
    tmp_path: Path,
) -> None:
    whole, _, lit = panned("dogs-at-window", LIGHT)
    photo = tmp_path / "photo.png"
    Image.fromarray(whole).save(photo)
    clip = make_clip(tmp_path / "pan.mp4", pictures=lit, audio=False)
    out, other = tmp_path / "out.mp4", ASSETS / "bridge-night.jpg"
    ran = reswd("match", clip, photo, "-o", out)
    assert ran.code == 0 and "20 frames" in ran.out, ran.err
    assert [line for line in ran.out.splitlines() if line.startswith("The same scene: ")]
    ran = reswd("match", clip, photo, "-o", out, "--json", "--overwrite")
    record = json.loads(ran.out)
    assert record["scene"] == "same" and record["points"] > 100 and record["trust"] > 0.9
    ran = reswd("match", clip, other, "-o", out, "--json", "--overwrite")
    record = json.loads(ran.out)
    assert (record["scene"], record["points"], record["trust"]) == ("different", 0, 0.0)
    ran = reswd("match", clip, "--palette", "#204060, #e0c090", "-o", out, "--json", "--overwrite")
    assert json.loads(ran.out)["scene"] is None
    none = tmp_path / "none.mp4"
    assert_refused(reswd("match", clip, other, "-o", none, "--scene", "same"), "scene 'same'", "points of the source")
    palette = reswd("match", clip, "--palette", "#204060", "-o", none, "--scene", "same")
    assert_refused(palette, "scene 'same'", "no palette")
    assert not none.exists()
