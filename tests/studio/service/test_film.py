"""EXR, DPX and TIFFs of floats through matches, saved grades and folders."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.errors import InputError
from reswd_torch.profiles import to_profile
from studio.jobs import FramesJob, Outputs
from studio.media.images import read_mask, read_picture
from studio.media.images.scene import encoding_of_floats
from studio.references import PictureReference
from studio.service.apply import apply_to_file
from studio.service.delivery import deliver
from studio.service.match import run_match
from tests.conftest import photograph
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import match_job

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
