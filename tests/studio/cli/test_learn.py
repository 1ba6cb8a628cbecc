"""reswd learn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, load_grade
from tests.reswd_torch.learning.charts import drawn_chart, patch_colours
from tests.studio.command_line import Reswd, assert_refused, snapshot
from tests.studio.pictures import eight_bits

WARM = Cdl((0.95, 0.85, 0.7), (0.03, 0.02, 0.04))


def save(path: Path, codes: np.ndarray) -> Path:
    Image.fromarray(np.rint(codes * 255).clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def charts(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures of a chart by two cameras, the second turned."""
    colours = patch_colours()
    other = 0.05 + 0.85 * (colours @ np.array([[0.85, 0.08, 0.02], [0.12, 0.84, 0.14], [0.03, 0.08, 0.84]])) ** 1.1
    drawn = (drawn_chart(colours), np.rot90(drawn_chart(other)))
    return save(tmp_path / "one.png", drawn[0]), save(tmp_path / "two.png", drawn[1])


def test_a_chart_in_two_pictures(reswd: Reswd, charts: tuple[Path, Path], tmp_path: Path) -> None:
    ran = reswd("learn", *charts, "--chart", "-o", tmp_path / "look.cube")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0].startswith("a chart in two pictures: 24 colours, dE2000 ")
    assert [line[2:9].strip() for line in lines[2:6]] == ["cdl", "matrix", "root", "lut"]
    assert [line for line in lines[2:6] if line.startswith(">")] == [lines[3]]
    assert lines[-1] == f"wrote {tmp_path / 'look.cube'}"
    assert "matrix and curves, cross-validated dE2000" in (tmp_path / "look.cube").read_text()


def test_ten_numbers_and_json(reswd: Reswd, tmp_path: Path) -> None:
    codes = 0.05 + 0.85 * eight_bits(1, 120, 160) / 255
    before = save(tmp_path / "before.png", codes)
    after = save(tmp_path / "after.png", np.asarray(WARM.apply(_tensor(codes))))
    ran = reswd("learn", before, after, "-o", tmp_path / "look.cc", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["model"] == "cdl" and told["learned_from"] == "one pair" and told["folds"] == 5
    assert [one["model"] for one in told["candidates"]] == ["cdl", "matrix", "root", "lut"]
    assert told["candidates"][0]["mean"] < 0.5 < told["before"]
    assert told["written"] == {"grade": str(tmp_path / "look.cc")}
    loaded = load_grade(tmp_path / "look.cc")
    assert isinstance(loaded.transform, Cdl)
    np.testing.assert_allclose(loaded.transform.vector(), WARM.vector(), atol=0.02)
    insisted = reswd("learn", before, after, "-o", tmp_path / "look.clf", "--model", "root")
    assert insisted.code == 0 and [line[:6] for line in insisted.out.splitlines()[2:3]] == ["> root"]


def _tensor(codes: np.ndarray):  # noqa: ANN202
    import torch

    return torch.from_numpy(codes)


def test_a_chart_and_its_published_values(reswd: Reswd, charts: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("colour")
    ran = reswd("learn", charts[1], "--chart", "-o", tmp_path / "look.cube", "--model", "matrix")
    assert ran.code == 0, ran.err
    assert "a chart and its published values: 23 colours" in ran.out
    assert "of 24 patches 1 do not count" in ran.err


def test_what_cannot_be_learned_from_is_one_line(reswd: Reswd, charts: tuple[Path, Path], tmp_path: Path) -> None:
    photo = save(tmp_path / "photo.png", eight_bits(1, 200, 300) / 255)
    small = save(tmp_path / "small.png", eight_bits(1, 60, 80) / 255)
    grey = save(tmp_path / "grey.png", np.full((200, 300, 3), 0.5))
    moved = save(tmp_path / "moved.png", np.roll(eight_bits(1, 200, 300), 12, 1) / 255)
    look, before = ("-o", tmp_path / "look.cube"), snapshot(tmp_path)
    assert_refused(reswd("learn", charts[0], charts[1]), "give -o FILE")
    assert_refused(reswd("learn", charts[0], *look), "give AFTER, or --chart")
    assert_refused(reswd("learn", charts[0], photo, "--chart", *look), "photo.png: no ColorChecker")
    assert_refused(reswd("learn", photo, small, *look), "different sizes, 300 x 200 and 80 x 60")
    assert_refused(reswd("learn", photo, moved, *look), "moved.png: not aligned", "12.0 pixels to the right")
    assert_refused(reswd("learn", grey, photo, "--model", "cdl", *look), "1 distinct colours", "at least 12")
    assert_refused(reswd("learn", *charts, "--chart", "--model", "lut", "-o", tmp_path / "x.cc"), "x.cc: model lut")
    assert_refused(
        reswd("learn", *charts, "--chart", "-o", tmp_path / "x.cc"), "x.cc: the choice is matrix", "insist on model cdl"
    )
    assert_refused(reswd("learn", photo, photo, "-o", tmp_path / "photo.cube" / "x.cube"), "does not exist")
    assert snapshot(tmp_path) == before
