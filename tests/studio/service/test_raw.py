"""Camera raw through matches, saved grades, folders and colour spaces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.errors import InputError
from reswd_torch.profiles import to_profile
from reswd_torch.profiles.curves import SRGB_CURVE
from reswd_torch.spaces import choose_spaces
from studio.jobs import MatchJob, Outputs
from studio.media.images import read_picture
from studio.service.apply import apply_to_file, planned_outputs
from studio.service.delivery import deliver
from studio.service.match import run_match
from tests.conftest import photograph
from tests.studio.jobs_for_tests import match_job
from tests.studio.spaces_for_tests import PLACE

pytest.importorskip("rawpy")
from tests.studio.media.images.raw_for_tests import camera_directory, dng  # noqa: E402

CDL = Grade(Cdl((0.7, 0.9, 1.0), (0.02, 0.0, 0.01)))
COLOURS = MatchSettings(aim="colours")


def smooth(seed: int = 1) -> np.ndarray:
    """(240, 320, 3) codes of sRGB, 0..1: a photograph without detail that a mosaic could not hold."""
    return photograph(seed, 30, 40).astype(np.float64).repeat(8, 0).repeat(8, 1)


def taken(path: Path, seed: int = 1) -> Path:
    """That photograph as a camera takes it."""
    return dng(path, SRGB_CURVE.decode(smooth(seed)), exif=camera_directory())


def shown(path: Path, seed: int = 1) -> Path:
    """The same as a PNG."""
    Image.fromarray(np.rint(smooth(seed) * 255).astype(np.uint8)).save(path)
    return path


def test_it_is_matched_as_what_it_shows(tmp_path: Path, warm: Path) -> None:
    """The same photograph as PNG and as camera raw comes out as nearly the same picture."""
    codes = run_match(match_job(shown(tmp_path / "a.png"), warm, settings=COLOURS))
    raw = run_match(match_job(taken(tmp_path / "a.dng"), warm, settings=COLOURS))
    seen = to_profile((raw.graded_pixels() / 65535).astype(np.float32), raw.picture.icc, None)
    assert np.abs(seen - codes.graded_pixels() / 255).mean() < 0.03  # fits differ a little between primaries
    assert raw.encoding == "Rec.2020 with sRGB's curve" and raw.graded_pixels().dtype == np.uint16
    assert raw.report is not None and raw.report.distance_after < 0.5 * raw.report.distance_before


def test_as_a_reference(tmp_path: Path) -> None:
    """Of the same colours as the source: little is to be done. A large one is read at half its size."""
    result = run_match(match_job(shown(tmp_path / "a.png"), taken(tmp_path / "b.dng"), settings=COLOURS))
    assert result.report is not None and result.report.distance_before < 1.0
    rising = np.linspace(0.1, 0.6, 2100 * 60).reshape(60, 2100, 1) * (1.0, 0.7, 0.4)
    large = run_match(match_job(tmp_path / "a.png", dng(tmp_path / "large.dng", rising), settings=COLOURS))
    assert large.report is not None and large.report.distance_after < 0.5 * large.report.distance_before
    assert any("converted from Rec.2020" in note for note in large.notes)


def test_a_match_of_no_strength_is_the_developed_picture(tmp_path: Path, warm: Path) -> None:
    source, place = taken(tmp_path / "a.dng"), tmp_path / "b.tif"
    deliver(match_job(source, warm, settings=MatchSettings(strength=0.0)), Outputs(place))
    developed, written = read_picture(source), read_picture(place)
    np.testing.assert_array_equal(written.pixels, developed.pixels)
    assert (written.icc, written.bits) == (developed.icc, 16)
    assert written.container.exif is not None and b"A lens 35 mm" in written.container.exif


def test_a_grade_is_applied(tmp_path: Path) -> None:
    source, out = taken(tmp_path / "a.dng"), tmp_path / "out"
    ((image, place),) = planned_outputs([source], out, overwrite=False)
    assert place == out / "a.tif"
    assert apply_to_file(CDL, image, place).notes == ()
    light = read_picture(source).pixels / 65535
    wanted = (light * np.array((0.7, 0.9, 1.0)) + (0.02, 0.0, 0.01)).clip(0, 1)
    np.testing.assert_allclose(read_picture(place).pixels / 65535, wanted, atol=2e-5)
    noted = apply_to_file(CDL, source, out / "a.jpg").notes
    assert noted == ("JPEG holds 8 bits: 16-bit values are rounded",)
    with pytest.raises(InputError, match=r"a\.exr: the source is camera raw, .* ends in \.tif"):
        apply_to_file(CDL, source, out / "a.exr")


def test_its_space_is_its_own(tmp_path: Path, warm: Path) -> None:
    raw, spaces = taken(tmp_path / "a.dng"), choose_spaces("ACEScct", config=PLACE)
    said = (
        r"a\.dng: camera raw is developed into Rec\.2020 with sRGB's curve, which is not 'ACEScct': leave the space out"
    )
    with pytest.raises(InputError, match=said):
        run_match(replace(match_job(raw, warm), spaces=spaces))
    with pytest.raises(InputError, match=said):
        apply_to_file(CDL, raw, tmp_path / "b.tif", spaces=spaces)
    of_both = choose_spaces("srgb_display", target="ACEScct", config=PLACE)
    with pytest.raises(InputError, match=said):
        run_match(replace(match_job(warm, raw), spaces=of_both))
    result = run_match(replace(match_job(warm, raw), spaces=choose_spaces("srgb_display", config=PLACE)))
    assert result.report is not None and result.report.distance_after < result.report.distance_before


def test_a_mask(tmp_path: Path, warm: Path) -> None:
    mask = np.zeros((240, 320, 3), np.uint8)
    mask[:, 160:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    job: MatchJob = replace(match_job(taken(tmp_path / "a.dng"), warm), mask=tmp_path / "mask.png")
    result = run_match(job)
    changed = (result.graded_pixels() != result.picture.pixels).any(axis=-1)
    assert not changed[:, :160].any() and changed[:, 160:].any()
