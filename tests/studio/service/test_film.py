"""EXR, DPX and TIFFs of floats through matches, saved grades and folders."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import colour
import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.color import srgb_to_lab
from reswd_torch.errors import InputError
from reswd_torch.profiles import to_profile
from reswd_torch.spaces import choose_spaces, conversion, view_of
from studio.jobs import FramesJob, MatchJob, Outputs
from studio.media.images import read_mask, read_picture
from studio.media.images.scene import encoding_of_floats
from studio.references import PictureReference
from studio.service.apply import apply_to_file
from studio.service.delivery import deliver
from studio.service.match import run_match
from studio.service.spaces.render import render_between
from tests.conftest import photograph
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import match_job
from tests.studio.spaces_for_tests import BALANCE, EXPOSURE, PLACE, scene

pytest.importorskip("OpenImageIO")
from tests.studio.media.images.film_for_tests import ExrPart, dpx, exr, plain_exr  # noqa: E402

CDL = Grade(Cdl((1.2, 0.9, 1.0), (-0.02, 0.0, 0.01)))


def photograph_in_light(path: Path, seed: int = 1, gain: float = 1.0) -> Path:
    """The photograph that :func:`write` makes, as scene-linear light in half."""
    codes = photograph(seed, 60, 80, (1, 1, 1)).astype(np.float32)
    return exr(path, ExrPart(to_profile(codes, None, encoding_of_floats().icc) * np.float32(gain)))


def test_light_is_matched_as_what_it_shows(tmp_path: Path, warm: Path) -> None:
    """The same photograph as PNG and as EXR in linear light comes out as the same picture, and not as one that is far darker."""
    settings = MatchSettings(aim="colours")
    codes = run_match(match_job(write(tmp_path / "a.png", 1), warm, settings=settings))
    light = run_match(match_job(photograph_in_light(tmp_path / "a.exr"), warm, settings=settings))
    shown = to_profile(light.graded_pixels().astype(np.float32), light.picture.icc, None)
    assert np.abs(shown - codes.graded_pixels() / 255).mean() < 0.02
    assert light.encoding == "Linear, Rec.709"


def test_highlights_change_nothing_of_the_fit_but_what_clamping_does(tmp_path: Path, warm: Path) -> None:
    bright = run_match(match_job(photograph_in_light(tmp_path / "a.exr", gain=4.0), warm))
    assert bright.picture.pixels.max() > 1.5 and bright.graded_pixels().max() > 1.0
    fit = bright.source_sample.fit
    assert float(fit.min()) >= 0 and float(fit.max()) <= 1


def test_an_exr_as_reference(tmp_path: Path) -> None:
    """Of the same colours as the source: nothing is to be done."""
    result = run_match(match_job(write(tmp_path / "a.png", 1), photograph_in_light(tmp_path / "b.exr")))
    assert result.report is not None and result.report.distance_before < 0.5


@pytest.mark.parametrize("make", [plain_exr, dpx])
def test_a_match_of_no_strength_copies_the_file(make: Callable[[Path], Path], tmp_path: Path, warm: Path) -> None:
    source = make(tmp_path / f"a.{'exr' if make is plain_exr else 'dpx'}")
    place = tmp_path / f"b{source.suffix}"
    deliver(match_job(source, warm, settings=MatchSettings(strength=0.0)), Outputs(place))
    assert place.read_bytes() == source.read_bytes()


def test_a_grade_is_applied_and_told(tmp_path: Path) -> None:
    applied = apply_to_file(CDL, plain_exr(tmp_path / "a.exr"), tmp_path / "out" / "a.exr")
    assert any("without clamps" in note for note in applied.notes)
    assert read_picture(tmp_path / "out" / "a.exr").pixels.min() < 0


def test_other_formats_are_refused_before_any_work(tmp_path: Path, warm: Path) -> None:
    light = plain_exr(tmp_path / "a.exr")
    with pytest.raises(InputError, match=r"b\.png: the source is EXR, .* ends in \.exr"):
        deliver(match_job(light, warm), Outputs(tmp_path / "b.png"))
    with pytest.raises(InputError, match=r"b\.exr: the source is PNG, .* ends in \.png"):
        deliver(match_job(warm, light), Outputs(tmp_path / "b.exr"))
    with pytest.raises(InputError, match=r"b\.dpx: the source is EXR"):
        apply_to_file(CDL, light, tmp_path / "b.dpx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.exr", "warm.png"]


def test_masks_and_ranges_of_colours(tmp_path: Path, warm: Path) -> None:
    source = photograph_in_light(tmp_path / "a.exr")
    mask = np.zeros((60, 80, 3), np.float32)
    mask[:, 40:] = 1
    job = match_job(source, warm)
    masked = run_match(replace(job, mask=exr(tmp_path / "mask.exr", ExrPart(mask))))
    changed = masked.graded_pixels() != masked.picture.pixels
    assert not changed[:, :40].any() and changed[:, 40:].any()
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.exr", (60, 80)), mask[..., 0])


def test_numbered_frames_are_a_series_in_the_order_of_their_numbers(tmp_path: Path, warm: Path) -> None:
    for number in (9, 10, 11):
        photograph_in_light(tmp_path / f"shot.{number}.exr", number)
    (tmp_path / "out").mkdir()
    job = FramesJob(tmp_path / "shot.%d.exr", PictureReference(warm))
    delivered = deliver(job, Outputs(tmp_path / "out" / "shot.%d.exr"))
    assert delivered.whole and len(list((tmp_path / "out").glob("*.exr"))) == 3
    assert delivered.grade.encoding == "Linear, Rec.709"


def test_a_folder_of_both(tmp_path: Path, warm: Path, reswd: Callable[..., str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (9, 10):
        plain_exr(folder / f"shot.{number}.exr")
    dpx(folder / "shot.2.dpx")
    reswd("batch", str(folder), "-o", str(tmp_path / "out"), "--target", str(warm), "--strength", "0")
    for path in folder.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    with (tmp_path / "out" / "report.csv").open(newline="") as report:
        assert [row["file"] for row in csv.DictReader(report)] == ["shot.2.dpx", "shot.9.exr", "shot.10.exr"]


def _two_cameras(folder: Path, space: str) -> tuple[Path, Path]:
    """One scene with highlights above 4 as half EXR in ACEScg, and with another exposure and white in another space of light."""
    light = scene() * 4.0
    other = conversion(PLACE, "ACEScg", space)(light * EXPOSURE * np.array(BALANCE))
    source = exr(folder / "a.exr", ExrPart(light.astype(np.float16)))
    return source, exr(folder / "b.exr", ExrPart(other.astype(np.float16)))


@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_light_in_two_spaces_comes_to_the_same_on_a_display(tmp_path: Path, transform: str) -> None:
    source, target = _two_cameras(tmp_path, "Linear Rec.709 (sRGB)")
    assert float(read_picture(source).pixels.max()) > 4.0
    spaces = choose_spaces("ACEScg", target="Linear Rec.709 (sRGB)", config=PLACE)
    settings = MatchSettings(transform=transform)
    result = run_match(MatchJob(source, PictureReference(target), settings, spaces=spaces))
    seen = [
        view_of(PLACE, space)(pixels.astype(np.float32)).clip(0, 1)
        for space, pixels in (
            ("ACEScg", read_picture(source).pixels),
            ("ACEScg", result.graded_pixels()),
            ("Linear Rec.709 (sRGB)", read_picture(target).pixels),
        )
    ]
    labs = [srgb_to_lab(torch.from_numpy(each)).double().numpy() for each in seen]
    before, after = (float(np.mean(colour.delta_E(one, labs[2], method="CIE 2000"))) for one in labs[:2])
    assert before > 5.0 and after <= 1.0
    assert not any("assumed" in note for note in result.notes), "the spaces were said"


def test_floats_between_spaces_are_what_opencolorio_makes_of_them(tmp_path: Path) -> None:
    """Oracle: OpenColorIO's own conversions around its CDL without clamps, also of negative and of bright light."""
    source, target = _two_cameras(tmp_path, "ACEScg")
    spaces = choose_spaces("ACEScg", target="ACEScg", config=PLACE)
    result = run_match(MatchJob(source, PictureReference(target), MatchSettings(transform="cdl"), spaces=spaces))
    wild = np.array([[[-0.02, 0.2, 40.0], [0.0, 0.0, 0.0], [np.nan, 1.0, 1.0]]], np.float32)
    out = render_between(wild, result.grade, spaces)
    file = result.save_grade(tmp_path / "look.cc")
    working = conversion(PLACE, "ACEScg", "ACEScct")(wild[0, :2])
    read = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(file)))
    read.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(working)
    np.testing.assert_allclose(out[0, :2], conversion(PLACE, "ACEScct", "ACEScg")(working), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(out[0, 2], wild[0, 2])


@pytest.mark.parametrize("output", [None, "sRGB - Display"])
def test_a_film_picture_stays_in_its_space(tmp_path: Path, output: str | None) -> None:
    source, target = _two_cameras(tmp_path, "ACEScg")
    spaces = choose_spaces("ACEScg", target="ACEScg", output=output, config=PLACE)
    job = MatchJob(source, PictureReference(target), MatchSettings(strength=0.0), spaces=spaces)
    if output is not None:
        with pytest.raises(InputError, match=r"a\.exr is written as a copy of itself .* leave the output space out"):
            run_match(job)
        return
    deliver(job, Outputs(tmp_path / "out.exr"))
    assert (tmp_path / "out.exr").read_bytes() == source.read_bytes()


def test_a_log_dpx_is_matched_in_its_space(tmp_path: Path) -> None:
    """Its transfer is said, so nothing is assumed; ten bits come back where nothing is graded."""
    source = dpx(tmp_path / "a.dpx")
    spaces = choose_spaces("ARRI LogC4", config=PLACE)
    settings = MatchSettings(strength=0.0)
    job = MatchJob(source, PictureReference(write(tmp_path / "b.png", 2)), settings, spaces=spaces)
    done = deliver(job, Outputs(tmp_path / "out.dpx"))
    assert not any("matched as" in note or "taken as" in note for note in done.notes)
    assert (tmp_path / "out.dpx").read_bytes() == source.read_bytes()


def test_premultiplied_colours_are_converted_without_their_alpha(tmp_path: Path) -> None:
    spaces = choose_spaces("ACEScg", config=PLACE)
    straight = np.full((1, 4, 3), 0.5, np.float32)
    alpha = np.array([[1.0, 0.5, 0.25, 0.0]], np.float32)
    out = render_between(straight * alpha[..., None], CDL, spaces, multiplied_by=alpha)
    plain = render_between(straight, CDL, spaces)
    np.testing.assert_allclose(out[0, :3], (plain * alpha[..., None])[0, :3], rtol=1e-5)
    assert not np.allclose(plain, straight)
