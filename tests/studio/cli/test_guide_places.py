"""``reswd guide`` with colours to avoid and with places: what is painted, kept and painted again, and every refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from guidance.attach import guide
from guidance.avoiding import share_inside
from guidance.places import Place
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation, generate
from reswd_torch.matching import color_distance
from studio.records.painted import read_guided
from studio.service.guide.pipelines import pipeline
from tests.conftest import digest
from tests.studio.command_line import Reswd, snapshot
from tests.studio.jobs_for_tests import SMALL
from tests.studio.service.guide.paintings_for_tests import (
    BLUE_AND_RED,
    colors_in,
    pixels,
    pixels_of,
    record_of,
    warm_picture,
)

SAIL = ("guide", "a sailboat", "--palette", BLUE_AND_RED, "--model", SMALL, "--steps", 3)
PLACED = "#c8e6c9,#2e7d32"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """A mask of twice the picture's size, white on the left."""
    levels = np.zeros((128, 128), np.uint8)
    levels[:, :64] = 255
    Image.fromarray(levels).save(tmp_path / "left.png")
    return tmp_path / "left.png"


def test_avoided_colours_and_places_are_kept_and_painted_again(reswd: Reswd, mask: Path, tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first.png", "again.png", "other.png"))
    warm = warm_picture(tmp_path)
    made = reswd(*SAIL, "-o", first, "--avoid", "#000000", "--place", f"{mask}={PLACED}", "--place", f"{mask}={warm}")
    assert made.code == 0, made.err
    record = record_of(first)
    assert record["guidance"]["avoid"] == "#000000"
    assert [(place["mask"]["name"], place["reference"]["name"]) for place in record["places"]] == [
        ("left.png", PLACED),
        ("left.png", "warm.png"),
    ]
    mask.unlink()
    warm.unlink()
    ran = reswd("guide", "--from", first, "-o", again)
    assert ran.code == 0, ran.err
    assert ran.out == made.out.replace("first", "again")
    assert digest(first) == digest(again)
    assert reswd("guide", "--from", first, "-o", other, "--avoid", "").code == 0
    assert read_guided(other).places == read_guided(first).places
    assert "avoid" not in record_of(other)["guidance"]
    assert not np.array_equal(pixels_of(other), pixels_of(first))


def test_the_library_paints_the_same_and_the_distance_is_that_of_the_regions(
    reswd: Reswd, mask: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    ran = reswd(*SAIL, "-o", out, "--place", f"{mask}={PLACED}")
    assert ran.code == 0, ran.err
    place, settings = Place(Image.open(mask), PLACED), GuidanceSettings()
    with pipeline(SMALL) as loaded, guide(loaded.pipe, BLUE_AND_RED, places=[place], settings=settings):
        assert np.array_equal(pixels_of(out), pixels(generate(loaded.pipe, Generation("a sailboat", steps=3))))
    record = record_of(out)
    made = torch.from_numpy(pixels_of(out).astype(np.float32) / 255)
    halves = (
        (made[:, :32].reshape(-1, 3), record["places"][0]["reference"]),
        (
            made[:, 32:].reshape(-1, 3),
            record["reference"],
        ),
    )
    found = [color_distance(part, colors_in(kept["colors"])) for part, kept in halves]
    assert record["distance"] == pytest.approx(sum(found) / 2, abs=0.5)


def test_without_the_options_the_record_is_as_it_was(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert reswd(*SAIL, "-o", out).code == 0
    record = record_of(out)
    assert "places" not in record and "avoid" not in record["guidance"]


def test_an_avoided_colour_is_hardly_there(reswd: Reswd, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("before.png", "after.png")]
    warm = ("guide", "a sailboat", "--reference", warm_picture(tmp_path), "--model", SMALL, "--steps", 6)
    assert reswd(*warm, "-o", paths[0]).code == 0
    colors, counts = np.unique(pixels_of(paths[0]).reshape(-1, 3) // 32, axis=0, return_counts=True)
    avoid = "#" + "".join(f"{level * 32 + 16:02x}" for level in colors[counts.argmax()])
    assert reswd(*warm, "-o", paths[1], "--avoid", avoid).code == 0
    before, after = (
        share_inside(torch.from_numpy(pixels_of(path).astype(np.float32) / 255).permute(2, 0, 1)[None], avoid)
        for path in paths
    )
    assert before > 0.1
    assert after < 0.1 * before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--avoid", "#1d3557"), "#1d3557 is in the palette and #1d3557 is to be avoided: leave one of them out"),
        (("--avoid", "nope"), "colours to avoid: palette entry 'nope' is not a hex colour"),
        (("--avoid", "#fff", "--method", "gradient"), "need method='transport'"),
        (("--place", "{wide}=#fff"), "(wide.png) is 128 x 100 and the picture 64 x 64: give a mask of the picture's"),
        (("--place", "{black}=#fff"), "black.png: the mask is black everywhere"),
        (("--place", "{left}=#12345g"), "'#12345g' is not a hex colour"),
        (("--place", "{left}=nope.jpg"), "nope.jpg"),
        (("--place", "{left}="), "has no reference: give MASK=REFERENCE"),
        (("--place", "{left}"), "has no mask"),
        (("--place", "#fff=#000"), "'#fff=#000' has no mask"),
        (("--place", "nowhere.png=#000"), "nowhere.png: there is no such file"),
        (("--place", "{left}=#c8e6c9", "--avoid", "#c8e6c9"), "#c8e6c9 is in the palette"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_painted(
    reswd: Reswd, mask: Path, tmp_path: Path, flags: tuple[str, ...], said: str
) -> None:
    Image.new("L", (128, 100), 255).save(tmp_path / "wide.png")
    Image.new("L", (64, 64)).save(tmp_path / "black.png")
    before = snapshot(tmp_path)
    names = {name: tmp_path / f"{name}.png" for name in ("wide", "black", "left")}
    ran = reswd(*SAIL, "-o", tmp_path / "out.png", *(flag.format(**names) for flag in flags))
    assert ran.code == 2
    assert said in ran.err and ran.err.count("\n") == 1
    assert snapshot(tmp_path) == before


def test_a_mask_is_never_replaced(reswd: Reswd, mask: Path) -> None:
    before = digest(mask)
    ran = reswd(*SAIL, "-o", mask, "--overwrite", "--place", f"{mask}={PLACED}")
    assert ran.code == 2 and "would replace an input" in ran.err
    assert digest(mask) == before
