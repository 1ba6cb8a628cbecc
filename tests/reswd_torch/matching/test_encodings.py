"""Matches of pictures in linear and wide encodings: true distances, and grades as good as those of the same picture in sRGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch import color_distance
from reswd_torch.appearance import SRGB
from reswd_torch.matching import fit_samples, sample_pixels
from reswd_torch.matching.encodings import fit_encoded, in_profile
from reswd_torch.matching.thumbnail import Thumbnail
from reswd_torch.profiles import display_profile, to_profile
from reswd_torch.profiles.coded import adobe_rgb, coded_profile
from reswd_torch.settings import MatchSettings
from studio.jobs import MatchJob
from studio.media.images import Container, Picture, write_picture
from studio.references import PictureReference
from studio.service.match import MatchResult, run_match
from tests.conftest import photograph
from tests.studio.media.images.profiles_for_tests import display_p3, srgb

PROFILES = {"linear": coded_profile(1, 8), "P3": display_p3(), "linear P3": coded_profile(12, 8), "Adobe": adobe_rgb()}


def picture_file(path: Path, unit: np.ndarray, icc: bytes | None) -> Path:
    """A 16-bit PNG that shows sRGB colours, 0..1, in the encoding of a profile."""
    pixels = np.rint(to_profile(unit, None, icc) * 65535).astype(np.uint16)
    return write_picture(path, Picture(pixels, None, icc, (), path, Container("NONE")), pixels)


def matched(tmp_path: Path, icc: bytes | None, aim: str) -> MatchResult:
    source = picture_file(tmp_path / "source.png", photograph(0, 200, 200).astype(np.float64), icc)
    target = picture_file(tmp_path / "target.png", photograph(1, 200, 200).astype(np.float64), None)
    return run_match(MatchJob(source, PictureReference(target), MatchSettings(aim=aim)))


@pytest.mark.parametrize("aim", ["colours", "mood"])
@pytest.mark.parametrize("name", PROFILES)
def test_distances_and_grades_are_those_of_the_same_picture_in_srgb(name: str, aim: str, tmp_path: Path) -> None:
    """Oracle: the same colours in sRGB. What is reported is measured once more, in sRGB, on the graded colours."""
    (tmp_path / "in-srgb").mkdir()
    plain = matched(tmp_path / "in-srgb", None, aim).report
    result = matched(tmp_path, icc := PROFILES[name], aim)
    found = result.report
    assert plain is not None and found is not None and result.target_sample is not None
    assert found.distance_before == pytest.approx(plain.distance_before, abs=0.05)
    graded = result.grade.apply(result.source_sample.held_out).clamp(0, 1)
    seen = [torch.from_numpy(to_profile(each.numpy(), icc, None)) for each in (graded, result.target_sample.held_out)]
    assert found.distance_after == pytest.approx(color_distance(*seen), abs=0.3), "but for what sRGB cannot show"
    if aim == "colours":  # a mood's protections may decide otherwise for colours that are rounded otherwise
        assert found.distance_after < plain.distance_after + 0.1
    assert result.distance_at(1.0) == pytest.approx(found.distance_after, abs=1e-6)


@pytest.mark.parametrize("name", PROFILES)
def test_pairs_are_of_the_sources_own_encoding(name: str, tmp_path: Path) -> None:
    source = picture_file(tmp_path / "source.png", photograph(0, 200, 200).astype(np.float64), PROFILES[name])
    target = picture_file(tmp_path / "target.png", photograph(1, 200, 200).astype(np.float64), None)
    settings = MatchSettings(pairs=(("#6e5a50", "#806448"),))
    result = run_match(MatchJob(source, PictureReference(target), settings))
    made = 255 * result.grade.apply(torch.tensor([[110, 90, 80]]) / 255)[0]
    assert (made - torch.tensor([128, 100, 72])).abs().max() < 1.5
    assert result.report is not None and result.report.settings == settings


def test_codes_as_srgb_would_have_been_a_worse_grade() -> None:
    """The choice of :func:`fit_encoded`: in linear light the fit in sRGB's curve comes nearer than that of codes
    that are taken for sRGB."""
    icc = coded_profile(1, 8)
    source, target = (
        sample_pixels(to_profile(photograph(i, 200, 200).astype(np.float64), None, icc).astype(np.float32), 2048, 0)
        for i in (0, 1)
    )
    settings = MatchSettings(aim="colours")
    as_codes = fit_samples(source, target, settings, icc=icc, appearance=SRGB).report
    found = fit_encoded(source, target, settings, icc).report
    assert as_codes is not None and found is not None
    assert found.distance_before == as_codes.distance_before and found.distance_after < as_codes.distance_after - 0.2


def test_srgb_and_untagged_stay_as_they_are() -> None:
    source, target = (sample_pixels(photograph(i, 64, 64), 512, 0) for i in (0, 1))
    plain = fit_samples(source, target, MatchSettings())
    for icc in (None, srgb(), b"nonsense"):
        found = fit_encoded(source, target, MatchSettings(), icc)
        assert torch.equal(found.apply(source.fit), plain.apply(source.fit))
        assert found.report is not None and plain.report is not None
        assert found.report.distance_after == plain.report.distance_after
    assert display_profile(None) is display_profile(display_p3()) is display_profile(adobe_rgb()) is None
    assert display_profile(coded_profile(12, 8)) is not None


def test_samples_change_their_encoding_in_floats() -> None:
    picture = np.rint(photograph(0, 64, 64) * 40).astype(np.uint8)
    sample = sample_pixels(picture, 512, 0, with_thumbnail=True)
    linear = coded_profile(1, 8)
    there = in_profile(sample, None, linear)
    back = in_profile(there, linear, None)
    assert isinstance(there.thumbnail, Thumbnail) and there.thumbnail.pixels.dtype == np.float32
    assert back.thumbnail is not None and sample.thumbnail is not None
    np.testing.assert_array_equal(back.thumbnail.eight_bits, sample.thumbnail.eight_bits)
    assert torch.allclose(back.fit, sample.fit, atol=1e-5)
    assert in_profile(sample, srgb(), None).thumbnail is sample.thumbnail
