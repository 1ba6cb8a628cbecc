"""Colour spaces on the command line: match and apply between them, settings that repeat it, and every name that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from reswd_torch.spaces import conversion, view_of
from studio.media.images import read_picture
from tests.reswd_torch.spaces.configs_for_tests import own_config
from tests.studio.clips_for_tests import deep_clip, moving
from tests.studio.command_line import Reswd, assert_refused, snapshot
from tests.studio.media.clips.made import difference, shown
from tests.studio.media.images.film_for_tests import ExrPart, exr
from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import LOGC3, PLACE, SLOG3, codes, encoded, scene, seen_difference, two_cameras

ASKED = ("--source-space", "arri_logc3_ei800", "--target-space", "SLOG3_SGAMUT3CINE")


@pytest.fixture
def shots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with source.tif in LogC3 and target.tif in S-Log3."""
    monkeypatch.delenv("OCIO", raising=False)
    two_cameras(tmp_path)
    return tmp_path


def test_a_match_says_its_spaces_and_is_near_on_the_display(reswd: Reswd, shots: Path) -> None:
    out, look = shots / "out.tif", shots / "look.cc"
    ran = reswd("match", shots / "source.tif", shots / "target.tif", *ASKED, "-o", out, "--grade", look)
    assert ran.code == 0 and ran.err == ""
    assert f"colour spaces in {LOGC3}, graded in ACEScct (ocio://studio-config-v" in ran.out
    assert ".cc: the grade alone, for colours in ACEScct" in ran.out
    assert seen_difference(out, LOGC3, shots / "target.tif", SLOG3) <= 1.0
    assert "<InputDescription>ACEScct</InputDescription>" in look.read_text()


@pytest.mark.parametrize("output", [LOGC3, "sRGB - Display"])
@pytest.mark.parametrize("kind", ["cdl", "lut"])
def test_a_clf_gives_the_picture(reswd: Reswd, shots: Path, output: str, kind: str) -> None:
    """Oracle: OpenColorIO applies the file to the original."""
    out, look = shots / "out.tif", shots / "look.clf"
    match = ("match", shots / "source.tif", shots / "target.tif", *ASKED, "--transform", kind)
    ran = reswd(*match, "--output-space", output, "-o", out, "--grade", look)
    assert ran.code == 0 and f".clf: takes {LOGC3} to {output}, with the conversions" in ran.out
    graded = codes(shots / "source.tif").copy()
    file = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(look)))
    file.getDefaultCPUProcessor().applyRGB(graded)
    assert np.abs(graded.clip(0, 1) - codes(out)).max() <= 1 / 1023


def test_settings_repeat_a_match_byte_for_byte(reswd: Reswd, shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, settings = shots / "source.tif", shots / "run.json"
    more = ("--output-space", "acescct", "--save-settings", settings)
    first = reswd("match", source, shots / "target.tif", *ASKED, *more, "-o", shots / "one.tif", "--json")
    spaces = json.loads(first.out)["spaces"]
    assert spaces == json.loads(settings.read_text())["spaces"]
    assert (spaces["source"], spaces["target"], spaces["output"]) == (LOGC3, SLOG3, "ACEScct")
    assert spaces["config"].startswith("ocio://studio-config-v")
    monkeypatch.setenv("OCIO", str(own_config(shots / "own.ocio")))  # the saved config holds, not this one
    assert reswd("match", source, "--from-settings", settings, "-o", shots / "two.tif").code == 0
    assert (shots / "one.tif").read_bytes() == (shots / "two.tif").read_bytes()
    assert reswd("apply", settings, source, "-o", shots / "applied").code == 0
    assert np.array_equal(codes(shots / "applied" / "source.tif"), codes(shots / "one.tif"))
    again = reswd("match", source, "--from-settings", settings, "--output-space", LOGC3, "-o", shots / "three.tif")
    assert again.code == 0 and f"colour spaces in {LOGC3}" in again.out, "flags win"


def test_a_config_of_ones_own_is_an_input_of_the_run(reswd: Reswd, shots: Path) -> None:
    source, settings, config = shots / "source.tif", shots / "run.json", own_config(shots / "own.ocio")
    asked = ("--source-space", "film", "--target-space", "FILM", "--ocio", config)
    match = ("match", source, shots / "target.tif", *asked, "--save-settings", settings)
    assert "graded in Timing" in reswd(*match, "-o", shots / "one.tif").out
    record = json.loads(settings.read_text())
    assert record["spaces"]["config"] is None and record["inputs"]["config"]["path"] == str(config)
    assert reswd("match", source, "--from-settings", settings, "-o", shots / "two.tif").err == ""
    assert (shots / "one.tif").read_bytes() == (shots / "two.tif").read_bytes()
    own_config(config, more="  - !<ColorSpace>\n    name: Slate\n")
    changed = reswd("match", source, "--from-settings", settings, "-o", shots / "three.tif")
    assert changed.code == 0 and "the config is not the file that the settings were saved with" in changed.err


def test_the_variable_ocio_is_looked_at(reswd: Reswd, shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCIO", str(own_config(shots / "own.ocio")))
    match = ("match", shots / "source.tif", shots / "target.tif", "-o", shots / "out.tif")
    assert "graded in Timing" in reswd(*match, "--source-space", "Film").out
    assert_refused(reswd(*match, "--source-space", "ACEScct", "--overwrite"), "unknown source space 'ACEScct'")


def test_a_grade_file_is_applied_in_the_working_space(reswd: Reswd, shots: Path) -> None:
    source, out, look = shots / "source.tif", shots / "out.tif", shots / "look.cc"
    assert reswd("match", source, shots / "target.tif", *ASKED, "-o", out, "--grade", look).code == 0
    applied = reswd("apply", look, source, "-o", shots / "applied", *ASKED[:2])
    assert applied.code == 0 and f"applied in {LOGC3}, graded in ACEScct" in applied.err
    assert np.array_equal(codes(shots / "applied" / "source.tif"), codes(out))
    refused = reswd("apply", look, source, "-o", shots / "more", *ASKED[:2], "--exposure", 1)
    assert_refused(refused, "trimmed in exposure", "ACEScct")


def test_a_batch_is_between_spaces_as_each_match_is(reswd: Reswd, shots: Path) -> None:
    (shots / "in").mkdir()
    for name in ("a.tif", "b.tif"):
        (shots / "in" / name).write_bytes((shots / "source.tif").read_bytes())
    batch = ("batch", shots / "in", "-o", shots / "out", "--target", shots / "target.tif", "--jobs", 1)
    ran = reswd(*batch, *ASKED, "--grade-files", ".cc", "--settings-files")
    assert ran.code == 0 and f"colour spaces in {LOGC3}, graded in ACEScct" in ran.out
    assert (
        reswd(
            "match", shots / "source.tif", shots / "target.tif", *ASKED, "--transform", "cdl", "-o", shots / "o.tif"
        ).code
        == 0
    )
    for name in ("a.tif", "b.tif"):
        assert (shots / "out" / name).read_bytes() == (shots / "o.tif").read_bytes()
        assert "apply it to colours in ACEScct" in (shots / "out" / f"{name}.cc").read_text()
        assert json.loads((shots / "out" / f"{name}.settings.json").read_text())["spaces"]["source"] == LOGC3
    (shots / "out" / "a.tif").unlink()
    on = reswd("batch", shots / "in", "-o", shots / "out", "--resume", "--jobs", 1)
    assert on.code == 0 and "1 of them before" in on.out
    assert (shots / "out" / "a.tif").read_bytes() == (shots / "o.tif").read_bytes()
    other = reswd(*batch, *ASKED, "--output-space", "acescct", "--grade-files", ".cc", "--settings-files", "--resume")
    assert_refused(other, f"target {SLOG3}, output {LOGC3}, working ACEScct, now it is", "output ACEScct")


def test_a_batch_with_a_config_of_ones_own_notices_that_it_changed(reswd: Reswd, shots: Path) -> None:
    (shots / "in").mkdir()
    (shots / "in" / "a.tif").write_bytes((shots / "source.tif").read_bytes())
    config = own_config(shots / "own.ocio")
    batch = ("batch", shots / "in", "-o", shots / "out", "--jobs", 1, "--target", shots / "target.tif")
    assert reswd(*batch, "--source-space", "Film", "--ocio", config).code == 0
    assert reswd("batch", shots / "in", "-o", shots / "out", "--jobs", 1, "--resume").code == 0
    own_config(config, more="  - !<ColorSpace>\n    name: Slate\n")
    assert_refused(
        reswd("batch", shots / "in", "-o", shots / "out", "--jobs", 1, "--resume"), "config was", "now it is"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--shots", "--output-space", "ACEScct"), "an edit is graded and not rendered"),
        (("--contrast", "1.2"), "trimmed in contrast"),
        (("--target-space", "slog3"), "unknown target space 'slog3'"),
        (
            ("--working-space", "ACEScct", "--source-space", "rec2100_pq_display", "--grade-files", ".clf"),
            ".clf has no place",
        ),
    ],
)
def test_a_batch_refuses_what_has_no_spaces(reswd: Reswd, shots: Path, flags: tuple[str, ...], said: str) -> None:
    (shots / "in").mkdir()
    (shots / "in" / "a.tif").write_bytes((shots / "source.tif").read_bytes())
    before = snapshot(shots)
    batch = ("batch", shots / "in", "-o", shots / "out", "--target", shots / "target.tif", *ASKED[:2], *flags)
    assert_refused(reswd(*batch), said)
    assert snapshot(shots) == before


def test_a_clip_is_matched_and_graded_between_spaces(reswd: Reswd, shots: Path) -> None:
    """One grade for all frames; settings repeat it, and a grade file is applied as it was fitted."""
    frames = moving(codes(shots / "source.tif").reshape(192, 240, 3))
    clip, out, look = deep_clip(shots / "a.mkv", frames), shots / "out.mkv", shots / "look.cc"
    more = ("--grade", look, "--grade", shots / "look.clf", "--save-settings", shots / "run.json")
    ran = reswd("match", clip, shots / "target.tif", *ASKED, "-o", out, *more)
    assert ran.code == 0 and f"colour spaces in {LOGC3}, graded in ACEScct (ocio://studio-config-v" in ran.out
    assert f".clf: takes {LOGC3} to {LOGC3}, with the conversions" in ran.out
    assert f"its tags (sRGB video) were passed over: its code values are {LOGC3}" in ran.err
    assert json.loads((shots / "run.json").read_text())["spaces"]["source"] == LOGC3
    again = reswd("match", clip, "--from-settings", shots / "run.json", "-o", shots / "again.mkv")
    assert again.code == 0 and difference(shown(out), shown(shots / "again.mkv")) == (0, 0)
    for number, given in enumerate(((look, *ASKED[:2]), (shots / "run.json",))):
        folder = shots / f"applied {number}"
        assert reswd("apply", given[0], clip, "-o", folder, *given[1:]).code == 0
        assert difference(shown(out), shown(folder / "a.mkv")) == (0, 0)
    before = snapshot(shots)
    refused = reswd("match", clip, shots / "target.tif", "--source-space", "LogC9", "-o", shots / "no.mkv")
    assert_refused(refused, "unknown source space 'LogC9'")
    pq = ("--source-space", "rec2100_pq_display", "--working-space", "acescct")
    refused = reswd("match", clip, shots / "target.tif", *pq, "-o", shots / "no.mkv", "--grade", shots / "no.clf")
    assert_refused(refused, ".clf has no place", ".ctf")
    assert snapshot(shots) == before


def test_an_hdr_clip_is_graded_in_its_own_space(reswd: Reswd, shots: Path) -> None:
    """And settings repeat it; a source of standard range takes it for a reference."""
    frames = moving(conversion(PLACE, "ACEScg", "rec2100_pq_display")(scene() * 0.1).clip(0, 1))
    clip = deep_clip(shots / "a.mkv", frames, pixel_format="yuv420p10le", tags=(9, 16, 9, 1))
    still = write_deep(shots / "still.png", encoded(scene() * 0.05, "sRGB - Display"))
    out, more = shots / "out.mkv", ("--save-settings", shots / "run.json", "--grade", shots / "look.clf")
    ran = reswd("match", clip, still, "-o", out, *more)
    pq = "Rec.2100-PQ - Display"
    assert ran.code == 0 and f"colour spaces in {pq}, graded in {pq} (ocio://studio-config-v" in ran.out
    assert f"its file says HDR video (PQ): it was graded in {pq}" in ran.err and "203 cd/m2" in ran.err
    again = reswd("match", clip, "--from-settings", shots / "run.json", "-o", shots / "again.mkv")
    assert again.code == 0 and difference(shown(out, hdr=True), shown(shots / "again.mkv", hdr=True)) == (0, 0)
    sdr = deep_clip(shots / "b.mkv", frames)
    for source, place in ((sdr, shots / "sdr.mkv"), (still, shots / "sdr.png")):
        ran = reswd("match", source, clip, "-o", place)
        assert ran.code == 0 and "a.mkv: its HDR was brought into standard range" in ran.err
    before = snapshot(shots)
    assert_refused(reswd("match", clip, still, "-o", shots / "no.mkv", "--exposure", 1), "trimmed in exposure")
    assert_refused(
        reswd("match", clip, still, "-o", shots / "no.mkv", "--output-space", "srgb_display"), "without a source"
    )
    assert snapshot(shots) == before


def test_an_edit_gets_ten_numbers_of_the_working_space(reswd: Reswd, shots: Path) -> None:
    """Those that matches of its clips and stills give. Oracle: OpenColorIO reads the .ccc."""
    (shots / "in").mkdir()
    (shots / "in" / "still.tif").write_bytes((shots / "source.tif").read_bytes())
    deep_clip(shots / "in" / "clip.mkv", moving(codes(shots / "source.tif").reshape(192, 240, 3)))
    ran = reswd("batch", shots / "in", "-o", shots / "out", "--shots", "--target", shots / "target.tif", *ASKED)
    assert ran.code == 0 and "the ten numbers of each shot are for colours in ACEScct" in ran.out
    for name, suffix in (("still", ".tif"), ("clip", ".mkv")):
        match = ("match", shots / "in" / f"{name}{suffix}", shots / "target.tif", *ASKED, "--transform", "cdl")
        assert reswd(*match, "-o", shots / f"o{suffix}", "--grade", shots / f"{name}.cc").code == 0
        told = (ocio.FileTransform(str(shots / f"{name}.cc")), ocio.FileTransform(str(shots / "out" / "in.ccc"), name))
        alone, among = (next(iter(ocio.Config.CreateRaw().getProcessor(each).createGroupTransform())) for each in told)
        assert [*alone.getSlope(), *alone.getOffset(), *alone.getPower(), alone.getSat()] == pytest.approx(
            [*among.getSlope(), *among.getOffset(), *among.getPower(), among.getSat()], abs=1e-6
        )
    assert "apply it to colours in ACEScct" in (shots / "out" / "in.ccc").read_text()


def test_a_batch_is_matched_to_a_clip_in_a_space(reswd: Reswd, shots: Path) -> None:
    (shots / "in").mkdir()
    (shots / "in" / "a.tif").write_bytes((shots / "source.tif").read_bytes())
    clip = deep_clip(shots / "b.mkv", moving(codes(shots / "target.tif").reshape(192, 240, 3)))
    ran = reswd("batch", shots / "in", "-o", shots / "out", "--target", clip, "--jobs", 1, *ASKED)
    assert ran.code == 0
    assert seen_difference(shots / "out" / "a.tif", LOGC3, shots / "target.tif", SLOG3) <= 1.0


def test_a_series_and_numbered_frames(reswd: Reswd, shots: Path) -> None:
    (shots / "in").mkdir()
    (shots / "out").mkdir()
    for number in range(2):
        (shots / "in" / f"a.{number}.tif").write_bytes((shots / "source.tif").read_bytes())
    batch = ("batch", shots / "in", "-o", shots / "series", "--jobs", 1, "--series")
    ran = reswd(*batch, "--target", shots / "target.tif", *ASKED)
    assert ran.code == 0 and f"colour spaces in {LOGC3}, graded in ACEScct" in ran.out
    match = ("match", shots / "in" / "a.#.tif", shots / "target.tif", "-o", shots / "out" / "a.#.tif")
    ran = reswd(*match, *ASKED, "--grade", shots / "look.clf")
    assert ran.code == 0 and f".clf: takes {LOGC3} to {LOGC3}, with the conversions" in ran.out
    one = (shots / "out" / "a.0.tif").read_bytes()
    assert one == (shots / "out" / "a.1.tif").read_bytes() == (shots / "series" / "a.1.tif").read_bytes()
    (shots / "series" / "a.1.tif").unlink()
    on = reswd("batch", shots / "in", "-o", shots / "series", "--resume", "--jobs", 1)
    assert on.code == 0 and "1 of them before" in on.out and one == (shots / "series" / "a.1.tif").read_bytes()
    refused = reswd(
        "batch", shots / "in", "-o", shots / "no", "--series", "--grade", shots / "series" / "series.cube", *ASKED
    )
    assert_refused(refused, "is for pictures that are matched to a reference")


REFUSALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "source": (("--source-space", "LogC3"), ("unknown source space 'LogC3'", "'ARRI LogC3 (EI800)'")),
    "target": (("--source-space", "ACEScct", "--target-space", "slog3"), ("unknown target space 'slog3'", "'S-Log3")),
    "output": (("--source-space", "ACEScct", "--output-space", "ACESccg"), ("unknown output space", "'ACEScg'")),
    "working": (("--source-space", "ACEScct", "--working-space", "ACESct"), ("unknown working space", "'ACEScct'")),
    "data": (("--source-space", "Raw"), ("'Raw' holds data and no colours",)),
    "no source": (("--target-space", "ACEScct"), ("'ACEScct' without a source space",)),
    "no config": (("--source-space", "ACEScct", "--ocio", "gone.ocio"), ("gone.ocio", "No such file")),
    "empty config": (("--source-space", "ACEScct", "--ocio", "words.ocio"), ("words.ocio", "not a readable")),
    "lacking": (("--source-space", "ACEScct", "--ocio", "own.ocio"), ("unknown source space 'ACEScct'", "own.ocio")),
    "file gone": (
        ("--source-space", "Scan", "--ocio", "own.ocio"),
        ("own.ocio", "'Scan' cannot be converted", "scan.spi1d"),
    ),
    "variable": (("--source-space", "Scan", "--ocio", "show.ocio"), ("environment variable SHOW", "not set")),
    "pairs": (("--source-space", "ACEScct", "--pair", "#112233=#445566"), ("pairs", "'ACEScct'")),
    "trims": (("--source-space", "ACEScct", "--contrast", "1.2"), ("trimmed in contrast",)),
    "clf": (
        ("--source-space", "rec2100_pq_display", "--working-space", "acescct", "--grade", "look.clf"),
        (".clf has no place", ".ctf"),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_bad_input_is_refused(reswd: Reswd, shots: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(shots)
    monkeypatch.delenv("SHOW", raising=False)
    (shots / "words.ocio").write_text("hello")
    own_config(shots / "own.ocio"), own_config(shots / "show.ocio", head="search_path: $SHOW/luts\n")
    before = snapshot(shots)
    flags, said = REFUSALS[case]
    assert_refused(reswd("match", "source.tif", "target.tif", *flags, "-o", "out.tif"), *said)
    assert snapshot(shots) == before


@pytest.mark.parametrize("suffix", [".cube", ".spi3d", ".clf"])
def test_settings_become_a_file_that_goes_straight_onto_the_camera_s_log(
    reswd: Reswd, shots: Path, suffix: str
) -> None:
    """Oracle: OpenColorIO applies the file to the original."""
    settings, look = shots / "run.json", shots / f"look{suffix}"
    match = ("match", shots / "source.tif", shots / "target.tif", *ASKED, "--output-space", "srgb_display")
    assert reswd(*match, "-o", shots / "out.tif", "--save-settings", settings).code == 0
    ran = reswd("convert", settings, look, "--straight", "--cube-size", 65)
    assert ran.code == 0 and f"{suffix}: takes {LOGC3} to sRGB - Display, with the conversions" in ran.out
    assert ran.err == ""
    graded = codes(shots / "source.tif").copy()
    file = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(look), interpolation=ocio.INTERP_TETRAHEDRAL))
    file.getDefaultCPUProcessor().applyRGB(graded)
    off = np.abs(graded.clip(0, 1) - codes(shots / "out.tif"))
    assert off.mean() <= 1 / 1023 and off.max() <= (1 if suffix == ".clf" else 12) / 1023


def test_light_of_a_scene_has_a_shaper(reswd: Reswd, shots: Path) -> None:
    """Darks and highlights of scene-linear code values: without a curve in front a lattice has hardly a point for them."""
    settings, look = shots / "run.json", shots / "look.cube"
    linear = conversion(PLACE, LOGC3, "ACEScg")(codes(shots / "source.tif"))
    exr(shots / "linear.exr", ExrPart(linear.reshape(192, 240, 3), kinds=("float",) * 3))
    match = ("match", shots / "linear.exr", shots / "target.tif", "--source-space", "ACEScg", "--target-space", SLOG3)
    assert reswd(*match, "-o", shots / "out.exr", "--save-settings", settings).code == 0
    assert reswd("convert", settings, look, "--straight", "--cube-size", 65).code == 0
    assert "LUT_1D_INPUT_RANGE 0 16" in look.read_text()
    graded = linear.reshape(-1, 3).astype(np.float32)
    file = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(look), interpolation=ocio.INTERP_TETRAHEDRAL))
    file.getDefaultCPUProcessor().applyRGB(graded)
    wanted = read_picture(shots / "out.exr").unclamped.reshape(-1, 3)
    seen = [view_of(PLACE, "ACEScg")(each.astype(np.float32)).clip(0, 1) for each in (graded, wanted)]
    assert np.abs(seen[0] - seen[1]).mean() < 1 / 255
    assert wanted.max() > 2, "some of it is brighter than white"


def test_straight_needs_spaces(reswd: Reswd, shots: Path) -> None:
    look, settings = shots / "look.cc", shots / "run.json"
    assert reswd("match", shots / "source.tif", shots / "target.tif", "-o", shots / "a.tif", "--cdl", look).code == 0
    assert_refused(reswd("convert", look, shots / "x.cube", "--straight"), "look.cc", "--straight")
    match = ("match", shots / "source.tif", shots / "target.tif", *ASKED, "-o", shots / "b.tif")
    assert reswd(*match, "--save-settings", settings).code == 0
    assert_refused(reswd("convert", settings, shots / "x.cc", "--straight"), "x.cc", "ten CDL numbers")
    assert reswd("convert", settings, shots / "x.cc").code == 0
    assert "ACEScct" in (shots / "x.cc").read_text()


def test_a_batch_does_not_drop_the_spaces_of_a_grade(reswd: Reswd, shots: Path) -> None:
    """It would put a grade of ACEScct on the camera's code values."""
    settings = shots / "run.json"
    match = ("match", shots / "source.tif", shots / "target.tif", *ASKED, "-o", shots / "a.tif")
    assert reswd(*match, "--save-settings", settings).code == 0
    refused = reswd("batch", shots, "--grade", settings, "-o", shots / "out")
    assert_refused(refused, "run.json", "between colour spaces", "reswd apply")
