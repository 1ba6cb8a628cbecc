"""Masks by colours on the command line, and again from the settings file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import digest
from tests.studio.command_line import Reswd, assert_refused

SKY, ROOF = (90, 140, 200), (180, 70, 50)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A folder with street.png, sky above roofs with a soft change between, and warm.png."""
    rng = np.random.default_rng(0)
    share = np.linspace(0, 1, 40)[:, None, None]
    change = np.array(SKY) * (1 - share) + np.array(ROOF) * share
    rows = np.concatenate([np.tile(SKY, (60, 1, 1)), change, np.tile(ROOF, (60, 1, 1))])
    picture = rows.repeat(120, axis=1) + rng.normal(0, 2, (160, 120, 3))
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(tmp_path / "street.png")
    warm = rng.normal((200, 160, 90), 25, (80, 80, 3)).clip(0, 255).astype(np.uint8)
    warm[:, 40:] = rng.normal((40, 60, 40), 8, (80, 40, 3)).clip(0, 255).astype(np.uint8)
    Image.fromarray(warm).save(tmp_path / "warm.png")
    return tmp_path


def change(folder: Path, name: str) -> np.ndarray:
    """(160,) how much each row of street.png changed, mean absolute difference in codes."""
    before, after = (np.asarray(Image.open(folder / each)).astype(float) for each in ("street.png", name))
    return np.abs(after - before).mean(axis=(1, 2))


def test_only_what_is_near_the_colours_changes_and_softly(reswd: Reswd, street: Path) -> None:
    match = ("match", street / "street.png", street / "warm.png", "-o", street / "a.png")
    assert reswd(*match, "--mask-color", "#5a8cc8", "--mask-softness", 25).code == 0
    rows = change(street, "a.png")
    assert rows[:55].min() > 10
    assert rows[105:].max() == 0
    assert np.abs(np.diff(rows[60:100])).max() < 0.35 * rows[:55].mean(), "the change ends over some rows"


def test_feather_reaches_beyond_the_colours(reswd: Reswd, street: Path) -> None:
    match = ("match", street / "street.png", street / "warm.png", "--mask-color", "#5a8cc8", "--mask-softness", 0)
    assert reswd(*match, "-o", street / "hard.png").code == 0
    assert reswd(*match, "--mask-feather", 30, "-o", street / "soft.png").code == 0
    hard, soft = change(street, "hard.png"), change(street, "soft.png")
    assert (soft > 0).sum() > (hard > 0).sum() + 10


def test_settings_repeat_it_to_the_same_bytes_and_flags_change_it(reswd: Reswd, street: Path) -> None:
    match = ("match", street / "street.png", street / "warm.png", "--mask-color", "#5a8cc8,#456", "--mask-feather", 3)
    target = ("--target-mask-color", "#c8a05a", "--save-settings", street / "s.json")
    assert reswd(*match, *target, "-o", street / "a.png").code == 0
    kept = json.loads((street / "s.json").read_text())
    assert kept["mask_colors"] == {"colors": "#5a8cc8,#456", "tolerance": 12, "softness": 12, "feather": 3}
    assert kept["target_mask_colors"]["colors"] == "#c8a05a"
    again = ("match", street / "street.png", "--from-settings", street / "s.json")
    assert reswd(*again, "-o", street / "b.png").code == 0
    assert digest(street / "a.png") == digest(street / "b.png")
    wider = ("--mask-tolerance", 40, "--save-settings", street / "t.json")
    assert reswd(*again, *wider, "-o", street / "c.png").code == 0
    assert json.loads((street / "t.json").read_text())["mask_colors"]["tolerance"] == 40
    assert (change(street, "c.png") > 0).sum() > (change(street, "a.png") > 0).sum()


def test_target_colours_choose_what_is_matched_to(reswd: Reswd, street: Path) -> None:
    match = ("match", street / "street.png", street / "warm.png", "--aim", "colours", "--mask-color", "#5a8cc8")
    means = []
    for color in ("#c8a05a", "#283c28"):
        assert reswd(*match, "--target-mask-color", color, "-o", street / "a.png", "--overwrite").code == 0
        means.append(np.asarray(Image.open(street / "a.png"))[:50].mean(axis=(0, 1)))
    assert means[0] == pytest.approx((200, 160, 90), abs=12)
    assert means[1] == pytest.approx((40, 60, 40), abs=12)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--mask-color", "sky"), ("'sky' is not a hex colour",)),
        (("--mask-color", "#00ff00"), ("street.png", "no pixel is near #00ff00")),
        (("--target-mask-color", "#00ffff"), ("warm.png", "no pixel is near #00ffff")),
        (("--mask-color", "#5a8cc8", "--mask-tolerance", -1), ("tolerance -1",)),
        (("--mask-feather", 3), ("--mask-feather 3 belongs to colours",)),
    ],
)
def test_what_cannot_be_a_mask_is_refused(
    reswd: Reswd, street: Path, flags: tuple[object, ...], said: tuple[str, ...]
) -> None:
    match = ("match", street / "street.png", street / "warm.png", "-o", street / "a.png")
    assert_refused(reswd(*match, *flags), *said)


def test_damaged_colours_in_settings_are_refused(reswd: Reswd, street: Path) -> None:
    match = ("match", street / "street.png", street / "warm.png", "--mask-color", "#5a8cc8")
    assert reswd(*match, "-o", street / "a.png", "--save-settings", street / "s.json").code == 0
    kept = json.loads((street / "s.json").read_text())
    for wrong in ({"colors": 7}, {"tolerance": "x"}, {"softness": 1e9}, {"colors": "blue"}):
        broken = kept | {"mask_colors": kept["mask_colors"] | wrong}
        (street / "s.json").write_text(json.dumps(broken))
        again = ("match", street / "street.png", "--from-settings", street / "s.json", "-o", street / "b.png")
        assert_refused(reswd(*again), "s.json")
