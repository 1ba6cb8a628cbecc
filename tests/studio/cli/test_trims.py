"""Trims and pairs on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.grade.trims import RANGES, Trims
from studio.media.images import read_picture
from studio.service.match import run_match
from studio.service.render import render
from tests.conftest import digest
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.jobs_for_tests import match_job
from tests.studio.pictures import eight_bits

FLAGS = ("--exposure", 0.3, "--contrast", 1.1, "--temperature", -20, "--tint", 5, "--saturation", 0.9, "--black", 0.01,
         "--white", -0.02, "--lift", "0.02,0,0.01", "--gamma", 1.1, "--gain", "1,0.95,1", "--only", "colour",
         "--neutralise", 0.5)  # fmt: skip
TRIMS = Trims(
    exposure=0.3, contrast=1.1, temperature=-20, tint=5, saturation=0.9, black=0.01, white=-0.02, lift=(0.02, 0.0, 0.01),
    gamma=(1.1, 1.1, 1.1), gain=(1.0, 0.95, 1.0), only="colour", neutralise=0.5,
)  # fmt: skip


def test_match_trims_as_the_service_does(reswd: Reswd, place: Path) -> None:
    pair = ("match", place / "source.png", place / "target.jpg")
    ran = reswd(*pair, "-o", place / "a.png", *FLAGS, "--save-settings", place / "run.json")
    assert ran.code == 0, ran.err
    assert "Trimmed: exposure, contrast, temperature, tint, saturation, black point" in ran.out
    assert "Kind: LUT, as the match is." in ran.out
    settings = MatchSettings(trims=TRIMS)
    run_match(match_job(place / "source.png", place / "target.jpg", settings=settings)).save_picture(place / "b.png")
    again = reswd(*pair[:2], "--from-settings", place / "run.json", "-o", place / "c.png")
    applied = reswd("apply", place / "run.json", place / "source.png", "-o", place / "done")
    assert again.code == applied.code == 0
    found = {digest(path) for path in (*(place / f"{name}.png" for name in "abc"), place / "done" / "source.png")}
    assert len(found) == 1


def test_flags_win_over_saved_trims_one_by_one(reswd: Reswd, place: Path) -> None:
    pair = ("match", place / "source.png", place / "target.jpg")
    reswd(*pair, "-o", place / "a.png", "--exposure", 1, "--gamma", 1.2, "--save-settings", place / "run.json")
    reswd(*pair[:2], "--from-settings", place / "run.json", "-o", place / "b.png", "--exposure", 0,
          "--save-settings", place / "new.json")  # fmt: skip
    kept = json.loads((place / "new.json").read_text())["settings"]["trims"]
    assert kept["exposure"] == 0.0 and kept["gamma"] == [1.2, 1.2, 1.2]


def test_a_flag_undoes_a_trim_of_a_saved_grade(reswd: Reswd, place: Path) -> None:
    grade = Grade(Cdl((0.8, 0.9, 0.7))).trimmed(Trims(exposure=0.5))
    result = run_match(match_job(place / "source.png", grade=grade))
    (place / "run.json").write_text(result.settings_text())
    undone = render(result.picture.pixels, grade.trimmed(Trims()))
    ran = reswd(
        "match", place / "source.png", "--from-settings", place / "run.json", "-o", place / "a.png", "--exposure", 0
    )
    assert ran.code == 0, ran.err
    reswd("apply", place / "run.json", place / "source.png", "-o", place / "done", "--exposure", 0)
    (place / "shots").mkdir()
    (place / "source.png").rename(place / "shots" / "source.png")
    ran = reswd(
        "batch", place / "shots", "--grade", place / "run.json", "-o", place / "out", "--jobs", 1, "--exposure", 0
    )
    assert ran.code == 0, ran.err
    for made in (place / "a.png", place / "done" / "source.png", place / "out" / "source.png"):
        assert np.array_equal(read_picture(made).pixels, undone), made


def test_the_last_lines_say_what_the_grade_is_made_of(reswd: Reswd, place: Path) -> None:
    Grade(Cdl((0.8, 0.9, 0.7), saturation=1.0)).save(place / "look.cc")
    apply = ("apply", place / "look.cc", place / "source.png", "-o", place / "done", "--overwrite")
    ran = reswd(*apply, "--exposure", 0.2, "--gamma", 1.1)
    assert "Trimmed: exposure and gamma. Kind: CDL, ten numbers." in ran.err
    ran = reswd(*apply, "--exposure", 0.2, "--only", "lightness")
    assert "Trimmed: exposure and lightness only. Kind: LUT, because of lightness only." in ran.err
    trimmed = Grade(Cdl((0.8, 0.9, 0.7))).trimmed(Trims(exposure=0.2, only="lightness"))
    pixels = read_picture(place / "source.png").pixels
    assert np.array_equal(read_picture(place / "done" / "source.png").pixels, render(pixels, trimmed))


def test_batch_takes_trims_and_pairs(reswd: Reswd, place: Path) -> None:
    (place / "shots").mkdir()
    Image.fromarray(eight_bits(3)).save(place / "shots" / "a.png")
    pair = ("--pair", "#808080=#8a7f78")
    ran = reswd(
        "batch", place / "shots", "--target", place / "target.jpg", "-o", place / "out", "--jobs", 1, *FLAGS, *pair
    )
    assert ran.code == 0, ran.err
    ran = reswd("match", place / "shots" / "a.png", place / "target.jpg", "-o", place / "a.png", *FLAGS, *pair)
    assert np.array_equal(read_picture(place / "a.png").pixels, read_picture(place / "out" / "a.png").pixels)
    resumed = ("batch", place / "shots", "-o", place / "out", "--jobs", 1, "--resume")
    assert reswd(*resumed).code == 0
    changed = reswd(*resumed, "--exposure", 1)
    assert changed.code == 2 and "exposure was 0.3, now it is 1.0" in changed.err


def test_a_pair_is_reached(reswd: Reswd, place: Path) -> None:
    pixels = read_picture(place / "source.png").pixels
    colour = "#" + "".join(f"{value:02x}" for value in pixels[20, 20])
    pair = ("match", place / "source.png", place / "target.jpg", "--overwrite")
    reswd(*pair, "-o", place / "plain.png")
    plain = read_picture(place / "plain.png").pixels[20, 20].astype(int)
    wanted = np.clip(plain + (14, -10, 6), 0, 255)
    flag = f"{colour}=#{''.join(f'{value:02x}' for value in wanted)}"
    ran = reswd(*pair, "-o", place / "paired.png", "--pair", flag)
    assert ran.code == 0, ran.err
    assert np.abs(read_picture(place / "paired.png").pixels[20, 20].astype(int) - wanted).max() <= 2
    ran = reswd(*pair, "-o", place / "cdl.png", "--pair", flag, "--transform", "cdl")
    assert f"note: {colour} should become" in ran.err and "ten numbers come within" in ran.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--exposure", 9), "exposure 9.0 is out of range: give a number from -3 to 3"),
        (("--exposure", "bright"), "'bright' is not a number"),
        (("--lift", "0.1,0.2"), "'0.1,0.2': give one number, or three for red, green and blue"),
        (("--gain", "1,x,1"), "'x' is not a number"),
        (("--only", "hue"), "only 'hue' is unknown: choose one of all, lightness, colour"),
        (("--neutralise", 2), "neutralise 2.0 is out of range: give a number from 0 to 1"),
        (("--pair", "red=blue"), "pair colour 'red' is not a hex colour"),
        (("--pair", "#abc"), "pair '#abc': give two hex colours"),
        (("--pair", "#abc=#000", "--pair", "#abc=#fff"), "contradict each other"),
        (("--transform", "cdl", "--only", "colour", "--cdl", "look.cc"), "trimmed in only this grade is a LUT"),
    ],
)
def test_bad_trims_are_one_line(reswd: Reswd, place: Path, flags: tuple[object, ...], said: str) -> None:
    out = place / "o.png"
    flags = tuple(place / flag if flag == "look.cc" else flag for flag in flags)
    ran = reswd("match", place / "source.png", place / "target.jpg", "-o", out, *flags)
    assert_refused(ran, said)
    assert not out.exists()


@pytest.mark.parametrize("command", ["match", "apply", "batch"])
def test_the_help_has_every_trim_in_a_group(reswd: Reswd, command: str) -> None:
    said = reswd(command, "--help").out
    assert "Trims, after the match" in said
    assert all(f"--{name}" in said for name in (*RANGES, "only"))
