"""``--palette`` with a palette file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from tests.studio.command_line import Reswd, assert_refused


def test_palette_file_is_as_good_as_its_colours(reswd: Reswd, place: Path) -> None:
    (place / "warm.gpl").write_text("GIMP Palette\n170 51 0 rust\n17 51 85 ink\n", encoding="utf-8")
    source, settings = place / "source.png", place / "s.json"
    assert reswd("match", source, "--palette", "#aa3300, #113355", "-o", place / "a.png").code == 0
    by_file = ("--palette", place / "warm.gpl", "-o", place / "b.png", "--save-settings", settings)
    assert reswd("match", source, *by_file).code == 0
    pictures = [np.asarray(Image.open(place / name)) for name in ("a.png", "b.png")]
    assert np.array_equal(*pictures)
    assert json.loads(settings.read_text())["palette"] == "#aa3300, #113355", "it stays readable without the file"
    (place / "warm.gpl").unlink()
    assert reswd("match", source, "--from-settings", settings, "-o", place / "c.png").code == 0
    assert np.array_equal(pictures[0], np.asarray(Image.open(place / "c.png")))


def test_batch_takes_a_palette_file(reswd: Reswd, place: Path) -> None:
    (place / "warm.css").write_text(":root { --rust: #aa3300; --ink: #113355 }", encoding="utf-8")
    (place / "shots").mkdir()
    (place / "source.png").rename(place / "shots" / "source.png")
    batch = ("batch", place / "shots", "--jobs", 1, "--palette")
    assert reswd(*batch, place / "warm.css", "-o", place / "out").code == 0
    assert (place / "out" / "source.png").is_file()


def test_what_was_left_out_is_said(reswd: Reswd, place: Path) -> None:
    lines = "".join(f"{n} 20 30\n" for n in range(100))
    (place / "many.gpl").write_text(f"GIMP Palette\n{lines}", encoding="utf-8")
    ran = reswd("match", place / "source.png", "--palette", place / "many.gpl", "-o", place / "a.png")
    assert ran.code == 0
    assert "note: many.gpl: the first 64 of 100 colours were taken" in ran.err


def test_unreadable_palette_file_is_one_line(reswd: Reswd, place: Path) -> None:
    (place / "bad.ase").write_bytes(b"nothing")
    for name, said in (("bad.ase", "does not start with ASEF"), ("none.aco", "no such file")):
        ran = reswd("match", place / "source.png", "--palette", place / name, "-o", place / "a.png")
        assert_refused(ran, name, said)
    guide = ("guide", "a boat", "--palette", place / "bad.ase", "-o", place / "a.png")
    assert_refused(reswd(*guide), "bad.ase", "does not start with ASEF")
