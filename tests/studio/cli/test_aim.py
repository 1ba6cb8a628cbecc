"""What the command line takes of a reference, and what it says of that."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reswd_torch.settings import AIMS
from tests.conftest import asset
from tests.studio.command_line import Ran, assert_refused
from tests.studio.media.clips.made import make_clip, scene

Reswd = Callable[..., Ran]
MADE_OF = {"look": "cdl", "mood": "lut", "colours": "cdl"}
"""What a grade is made of where the evidence chooses, of pictures that show different things."""
SAID = {"look": "took the look alone", "mood": "took its mood", "colours": "took all its colours; distance "}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures that show different things."""
    places = tmp_path / "bowl.png", tmp_path / "bridge.png"
    for place, name in zip(places, ("fig-red-bowl.jpg", "bridge-night.jpg"), strict=True):
        Image.fromarray(np.rint(asset(name, 160) * 255).astype(np.uint8)).save(place)
    return places


def record_of(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    record: dict[str, Any] = json.loads(ran.out)
    return record


@pytest.mark.parametrize("aim", AIMS)
def test_what_was_taken_is_said_and_kept(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path, aim: str) -> None:
    flags = ("--aim", aim, "--save-settings", tmp_path / "run.json")
    ran = reswd("match", *pair, "-o", tmp_path / "a.png", *flags)
    assert ran.code == 0, ran.err
    first, second, *_ = ran.out.splitlines()
    assert first.startswith(f"The reference shows something else: {SAID[aim]}")
    made_of = "LUT, so that greys and skin keep their places" if aim == "mood" else "CDL, ten numbers"
    assert first.endswith(f". Kind: {made_of}.")
    assert second.startswith("distance ") and "%" not in ran.out and "closer" not in ran.out
    record = record_of(reswd("match", *pair, "-o", tmp_path / "b.png", "--aim", aim, "--json"))
    assert (record["aim"], record["took"], record["transform"]) == (aim, aim, MADE_OF[aim])
    assert isinstance(record["kept"], list)
    saved = json.loads((tmp_path / "run.json").read_text())["settings"]
    assert (saved["aim"], saved["transform"]) == (aim, "auto")
    again = reswd("match", pair[0], "--from-settings", tmp_path / "run.json", "-o", tmp_path / "c.png")
    assert again.code == 0, again.err
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()


def test_without_a_word_it_is_the_mood_and_of_a_palette_or_by_a_formula_the_colours(
    reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    source, target = pair
    for given, aim, transform in (
        ((target,), "mood", "lut"),
        ((target, "--transform", "cdl"), "mood", "cdl"),
        (("--palette", "#aa3300, #113355"), "colours", "cdl"),
        (("--palette", "#aa3300, #113355", "--aim", "mood"), "mood", "lut"),
        ((target, "--method", "mkl"), "colours", "lut"),
        ((target, "--method", "mkl", "--transform", "cdl"), "colours", "cdl"),
        ((target, "--method", "reswd"), "colours", "cdl"),
        ((target, "--aim", "colours", "--transform", "lut"), "colours", "lut"),
    ):
        ran = reswd("match", source, *given, "-o", tmp_path / "out.png", "--overwrite", "--json")
        record = record_of(ran)
        assert (record["aim"], record["took"], record["transform"]) == (aim, aim, transform), given


def test_what_cannot_be_taken_is_refused(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path) -> None:
    source, target, out = *pair, tmp_path / "out.png"
    (tmp_path / "in").mkdir()
    batch = ("batch", tmp_path / "in", "-o", tmp_path / "graded")
    (tmp_path / "in" / "a.png").write_bytes(source.read_bytes())
    assert_refused(
        reswd("match", source, target, "-o", out, "--aim", "style"), "unknown aim 'style'", "look, mood, colours"
    )
    palette = ("--palette", "#aa3300", "--aim", "look")
    needs = ("aim 'look' needs a reference picture, not a palette", "choose aim mood or colours")
    assert_refused(reswd("match", source, *palette, "-o", out), *needs)
    assert_refused(reswd(*batch, *palette), *needs)
    assert_refused(reswd(*batch, *palette, "--series"), *needs)
    formula = reswd("match", source, target, "-o", out, "--aim", "look", "--method", "mkl")
    assert_refused(formula, "aim 'look' needs method fast, not mkl", "choose aim colours")
    assert not out.exists() and not (tmp_path / "graded").exists()


def test_a_cdl_file_makes_it_ten_numbers(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path) -> None:
    """The evidence may choose a LUT, which such a file cannot hold; the settings say so and repeat it."""
    flags = ("--cdl", tmp_path / "look.cc", "--save-settings", tmp_path / "run.json", "--json")
    record = record_of(reswd("match", *pair, "-o", tmp_path / "out.png", *flags))
    assert record["transform"] == "cdl" and (tmp_path / "look.cc").is_file()
    assert json.loads((tmp_path / "run.json").read_text())["settings"]["transform"] == "cdl"
    refused = reswd("match", *pair, "-o", tmp_path / "b.png", "--cdl", tmp_path / "b.cc", "--transform", "lut")
    assert_refused(refused, "b.cc", "--transform cdl")


@pytest.mark.parametrize(
    ("flags", "took"),
    [((), "mood"), (("--series",), "mood"), (("--aim", "look"), "look"), (("--aim", "colours", "--series"), "colours")],
)
def test_the_report_of_a_batch_says_it(
    reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path, flags: tuple[str, ...], took: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(pair[0].read_bytes())
    ran = reswd("batch", tmp_path / "in", "--target", pair[1], "-o", tmp_path / "out", "--jobs", 1, *flags)
    assert ran.code == 0, ran.err
    assert f"1 of 1 {SAID[took].split(';')[0]}" in ran.out
    with (tmp_path / "out" / "report.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["took"], row["transform"]) == (took, MADE_OF[took])
    (tmp_path / "out" / "a.png").unlink()
    again = reswd("batch", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--resume", "--aim", "colours")
    assert (again.code == 0) == (took == "colours")
    assert took == "colours" or f"aim was {took}, now it is colours" in again.err


@pytest.mark.parametrize(
    ("flags", "kept", "reason"),
    [
        ((), ["blacks", "greys", "skin", "highlights"], ", so that greys and skin keep their places"),
        (("--protect", "skin, blacks"), ["blacks", "skin"], ", so that skin keeps its place"),
        (("--protect", "none"), [], ""),
    ],
)
def test_what_a_mood_keeps_is_chosen_and_written_down(
    reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path, flags: tuple[str, ...], kept: list[str], reason: str
) -> None:
    saving = ("--save-settings", tmp_path / "run.json")
    ran = reswd("match", *pair, "-o", tmp_path / "a.png", *flags, *saving)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0].endswith(f". Kind: LUT{reason}.")
    assert json.loads((tmp_path / "run.json").read_text())["settings"]["protect"] == kept
    record = record_of(
        reswd("match", pair[0], "--from-settings", tmp_path / "run.json", "-o", tmp_path / "b.png", "--json")
    )
    assert set(record["kept"]) <= set(kept)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_protection_that_is_none_is_refused(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(pair[0].read_bytes())
    for words in (
        ("match", *pair, "-o", tmp_path / "out.png"),
        ("batch", tmp_path / "in", "--target", pair[1], "-o", tmp_path / "out"),
    ):
        assert_refused(
            reswd(*words, "--protect", "hair"), "unknown protection 'hair'", "blacks, greys, skin, highlights"
        )


def test_a_batch_goes_on_only_with_what_it_kept(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(pair[0].read_bytes())
    words = ("batch", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1)
    ran = reswd(*words, "--target", pair[1], "--protect", "greys,skin", "--transform", "cdl")
    assert ran.code == 0, ran.err
    assert json.loads((tmp_path / "out" / "run.json").read_text())["settings"]["protect"] == ["greys", "skin"]
    first = (tmp_path / "out" / "a.png").read_bytes()
    (tmp_path / "out" / "a.png").unlink()
    refused = reswd(*words, "--resume", "--protect", "all")
    assert refused.code != 0 and "protect was greys, skin, now it is blacks, greys, skin, highlights" in refused.err
    assert reswd(*words, "--resume", "--protect", "skin,greys").code == 0, "in any order"
    assert (tmp_path / "out" / "a.png").read_bytes() == first


def test_of_a_saved_grade_nothing_was_taken(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(pair[0].read_bytes())
    assert reswd("match", *pair, "-o", tmp_path / "out.png", "--cdl", tmp_path / "look.cc").code == 0
    ran = reswd("batch", tmp_path / "in", "--grade", tmp_path / "look.cc", "-o", tmp_path / "out", "--jobs", 1)
    assert ran.code == 0 and "took" not in ran.out
    with (tmp_path / "out" / "report.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["took"], row["transform"]) == ("", "cdl")


@pytest.mark.parametrize("aim", ["look", "colours"])
def test_of_a_clip_and_of_numbered_frames(reswd: Reswd, pair: tuple[Path, Path], tmp_path: Path, aim: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pictures=[scene(number) for number in range(4)], audio=False)
    (tmp_path / "a.01.png").write_bytes(pair[0].read_bytes())
    for source, out in ((clip, "out.mp4"), (tmp_path / "a.##.png", "out.##.png")):
        record = record_of(reswd("match", source, pair[1], "-o", tmp_path / out, "--aim", aim, "--json"))
        assert (record["aim"], record["took"], record["transform"]) == (aim, aim, "cdl")
        ran = reswd("match", source, pair[1], "-o", tmp_path / out, "--aim", aim, "--overwrite")
        assert SAID[aim].split(";")[0].removeprefix("took ") in ran.out.splitlines()[0]
