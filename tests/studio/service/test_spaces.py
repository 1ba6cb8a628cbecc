"""Matches between colour spaces: what a display shows is matched, and the grade belongs to the working space."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch
from PIL import Image

from reswd_torch.appearance import light_to_pq, pq_appearance, pq_to_light
from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade import codes as strips
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import choose_spaces, conversion, through
from studio.color_range import ColorRange
from studio.jobs import MatchJob
from studio.media.images import Container, Picture, read_picture, write_picture
from studio.references import PaletteReference, PictureReference, SavedGrade
from studio.service.match import run_match
from studio.service.spaces.render import render_between
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.pictures import sixteen_bits, write_deep
from tests.studio.spaces_for_tests import LOGC3, PLACE, SLOG3, codes, encoded, scene, seen_difference, two_cameras

LOOK = Grade(Cdl((1.1, 0.95, 0.9), (0.03, -0.02, 0.01), (1.05, 0.98, 1.1), 0.85), encoding="ACEScct")
LOG = choose_spaces(LOGC3, target=SLOG3, config=PLACE)


@pytest.mark.parametrize(
    "settings", [{}, {"transform": "cdl"}, {"transform": "lut"}, {"aim": "colours", "scene": "same"}]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_two_cameras_come_to_the_same_on_a_display(tmp_path: Path, seed: int, settings: dict[str, str]) -> None:
    source, target = two_cameras(tmp_path, seed)
    assert seen_difference(source, LOGC3, target, SLOG3) > 9.0
    result = run_match(MatchJob(source, PictureReference(target), MatchSettings(**settings), spaces=LOG))
    graded = result.save_picture(tmp_path / "graded.tif")
    assert seen_difference(graded, LOGC3, target, SLOG3) <= 1.0
    assert result.grade.encoding == "ACEScct" and result.encoding == LOGC3
    if settings.get("transform") != "lut":
        assert result.grade.is_cdl, "light and exposure are ten numbers in a logarithm"
    assert result.report is not None and result.distance_before is not None
    assert result.report.distance_after < 0.1 * result.distance_before
    assert result.distance_at(1.0) == pytest.approx(result.report.distance_after, abs=1e-6)
    assert result.distance_at(0.0) == pytest.approx(result.distance_before, abs=0.02)


def test_the_picture_is_what_opencolorio_makes_of_the_grade_file(tmp_path: Path) -> None:
    """Oracle: OpenColorIO converts to ACEScct, reads the .cc, and converts to the output space."""
    source, target = two_cameras(tmp_path)
    spaces = choose_spaces(LOGC3, target=SLOG3, output="srgb_display", config=PLACE)
    settings = MatchSettings(transform="cdl")
    result = run_match(MatchJob(source, PictureReference(target), settings, spaces=spaces))
    grade = result.save_grade(tmp_path / "look.cc")
    graded = codes(result.save_picture(tmp_path / "graded.tif"))
    working = conversion(PLACE, LOGC3, "ACEScct")(codes(source))
    file = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(grade)))
    file.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(working)
    wanted = conversion(PLACE, "ACEScct", "sRGB - Display")(working).clip(0, 1)
    assert np.abs(graded - wanted).max() <= 1 / 65535
    assert "apply it to colours in ACEScct" in grade.read_text()


def test_a_reference_without_a_space_is_what_its_file_says(tmp_path: Path) -> None:
    """A Display P3 file and its sRGB copy are one reference."""
    source, _ = two_cameras(tmp_path)
    spaces = choose_spaces(LOGC3, config=PLACE)
    plain = write_deep(tmp_path / "plain.tif", sixteen_bits())
    tagged = write_deep(tmp_path / "tagged.tif", sixteen_bits(), display_p3())
    found = [
        run_match(MatchJob(source, PictureReference(path), MatchSettings(aim="colours"), spaces=spaces))
        for path in (plain, tagged)
    ]
    first, second = (one.target_sample for one in found)
    assert first is not None and second is not None
    assert not np.allclose(first.fit, second.fit), "its profile counts"
    for one in found:
        assert one.report is not None and one.report.distance_after < one.report.distance_before
    palette = run_match(MatchJob(source, PaletteReference("#aa6633,#113355"), spaces=spaces))
    assert palette.report is not None and palette.report.distance_after < palette.report.distance_before


@pytest.mark.parametrize("working", [None, "ACEScct"])
def test_a_display_is_graded_in_its_own_space_or_another(tmp_path: Path, working: str | None) -> None:
    """Whatever is graded in, the source is seen through one view."""
    light = scene()
    source = write_deep(tmp_path / "source.tif", encoded(light * 0.5, "Rec.1886 Rec.709 - Display"))
    target = write_deep(tmp_path / "target.tif", encoded(light * 0.5 * np.array([1.1, 1.0, 0.9]), "sRGB - Display"))
    spaces = choose_spaces("rec1886_rec709_display", target="srgb_display", working=working, config=PLACE)
    assert spaces.working == (working or spaces.source)
    result = run_match(MatchJob(source, PictureReference(target), spaces=spaces))
    graded = result.save_picture(tmp_path / "graded.tif")
    assert seen_difference(graded, spaces.source, target, "sRGB - Display") <= 1.0
    assert result.distance_at(0.0) == pytest.approx(result.distance_before, abs=0.02)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("output", [LOGC3, "ACEScct"])
def test_each_pixel_is_rounded_once(dtype: type, output: str) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, top + 1, (40, 50, 3)).astype(dtype)
    spaces = choose_spaces(LOGC3, output=output, config=PLACE)
    exact = through(spaces, LOOK.effective)(pixels / np.float32(top)).clip(0, 1) * np.float32(top)
    found = render_between(pixels, LOOK, spaces)
    assert found.dtype == dtype and np.array_equal(found, np.rint(exact))
    assert np.array_equal(render_between(pixels.copy(), LOOK, spaces, in_place=True), found)


@pytest.mark.parametrize("output", [LOGC3, "ACEScct"])
def test_where_a_mask_is_black_a_pixel_is_only_converted(output: str) -> None:
    pixels = encoded(scene(), LOGC3)
    spaces = choose_spaces(LOGC3, output=output, config=PLACE)
    weights = np.zeros(pixels.shape[:2], np.float32)
    weights[:50], weights[50:100] = 1.0, 0.5
    graded, plain = render_between(pixels, LOOK, spaces), render_between(pixels, LOOK.at_strength(0.0), spaces)
    found = render_between(pixels, LOOK, spaces, weights)
    assert np.array_equal(found[:50], graded[:50]) and np.array_equal(found[100:], plain[100:])
    between = (graded[50:100].astype(np.float64) + plain[50:100]) / 2
    assert np.abs(found[50:100] - between).max() <= 0.51
    if output == LOGC3:
        assert np.array_equal(plain, pixels), "bit for bit"


def test_the_bytes_are_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (1100, 517, 3)).astype(np.uint16)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(strips, "allowed", lambda count=threads: count)
        found.append(render_between(pixels, LOOK, LOG).tobytes())
    assert found[0] == found[1]


def test_a_result_in_another_space_does_not_say_the_old_one(tmp_path: Path) -> None:
    for name in ("a.tif", "a.png"):
        source = write_deep(tmp_path / name, encoded(scene(), LOGC3), display_p3())
        kept, other = (choose_spaces(LOGC3, output=output, config=PLACE) for output in (None, "srgb_display"))
        for spaces, icc in ((kept, display_p3()), (other, None)):
            result = run_match(MatchJob(source, SavedGrade(LOOK), MatchSettings(), spaces=spaces))
            assert any("its profile (Display P3" in note and LOGC3 in note for note in result.notes)
            written = result.save_picture(tmp_path / f"out-{name}", overwrite=True)
            assert read_picture(written).icc == icc


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"settings": MatchSettings(pairs=(("#112233", "#445566"),))}, "pairs of colours"),
        (
            {"settings": replace(MatchSettings(), trims=replace(MatchSettings().trims, exposure=0.5))},
            "trimmed in exposure",
        ),
        ({"mask_colors": ColorRange("#112233")}, "#112233"),
        ({"reference": PaletteReference("#112233")}, "target space"),
    ],
)
def test_what_is_typed_as_codes_of_a_display_is_refused(change: dict[str, object], said: str) -> None:
    job = MatchJob(Path("a.tif"), PictureReference(Path("b.tif")), spaces=LOG)
    with pytest.raises(InputError, match=said):
        replace(job, **change)  # type: ignore[arg-type]


def test_eight_bits_and_a_picture_of_one_colour_do(tmp_path: Path) -> None:
    Image.new("RGB", (5, 3), (90, 100, 110)).save(tmp_path / "flat.png")
    pixels = (encoded(scene(), SLOG3) >> 8).astype(np.uint8)
    write_picture(tmp_path / "b.png", Picture(pixels, None, None, (), Path("b"), Container("NONE")), pixels)
    for source, target in (("flat.png", "b.png"), ("b.png", "flat.png"), ("flat.png", "flat.png")):
        result = run_match(MatchJob(tmp_path / source, PictureReference(tmp_path / target), spaces=LOG))
        graded = result.graded_pixels()
        assert graded.shape == result.picture.pixels.shape and graded.dtype == np.uint8


HDR_SPACES = ("Rec.2100-PQ - Display", "Rec.2100-HLG - Display", "ST2084-P3-D65 - Display")


def hdr_scene(space: str, gains: tuple[float, float, float] = (1.0, 1.0, 1.0), seed: int = 0) -> np.ndarray:
    """(192, 240, 3) uint16 codes of HDR: patches from 1 to 950 cd/m2, times the gains."""
    rng = np.random.default_rng(seed)
    light = 10 ** rng.uniform(0.2, 2.95, (12, 15, 1)) * rng.uniform(0.7, 1.3, (12, 15, 3))
    light = np.kron(light.clip(0, 950) * np.array(gains), np.ones((16, 16, 1)))
    pq = light_to_pq(torch.from_numpy(light))
    wanted = conversion(PLACE, "Rec.2100-PQ - Display", space)(pq.numpy())
    return np.rint(wanted.clip(0, 1) * 65535).astype(np.uint16)


def in_pq(path: Path, space: str) -> torch.Tensor:
    """(N, 3) PQ codes of a file of 16 bits."""
    return torch.from_numpy(conversion(PLACE, space, "Rec.2100-PQ - Display")(codes(path)))


@pytest.mark.parametrize("space", HDR_SPACES)
@pytest.mark.parametrize("transform", ["auto", "cdl", "lut"])
def test_hdr_is_matched_with_its_highlights(tmp_path: Path, space: str, transform: str) -> None:
    source = write_deep(tmp_path / "source.tif", hdr_scene(space))
    target = write_deep(tmp_path / "target.tif", hdr_scene(space, (0.8, 0.6, 0.5)))
    spaces = choose_spaces(space, target=space, config=PLACE)
    settings = MatchSettings(transform=transform)
    result = run_match(MatchJob(source, PictureReference(target), settings, spaces=spaces))
    graded = result.save_picture(tmp_path / "graded.tif")
    before, after = (
        float((pq_appearance().lab(in_pq(one, space)) - pq_appearance().lab(in_pq(target, space))).norm(dim=1).mean())
        for one in (source, graded)
    )
    assert before > 12
    assert after < (0.35 if transform == "cdl" else 0.12) * before
    brightest = [float(pq_to_light(in_pq(one, space))[0].max()) for one in (graded, target)]
    assert brightest[1] > 600 and brightest[0] > 0.8 * brightest[1], "nothing is cut at the white of standard range"
    assert result.grade.encoding == space
    assert result.report is not None and result.distance_before is not None
    assert result.report.distance_after < 0.5 * result.distance_before
    assert result.distance_at(1.0) == pytest.approx(result.report.distance_after, rel=0.02, abs=0.02)


def test_hdr_takes_a_picture_of_standard_range_for_a_reference_and_the_other_way_round(tmp_path: Path) -> None:
    hdr = write_deep(tmp_path / "hdr.tif", hdr_scene(HDR_SPACES[0]))
    plain = write_deep(tmp_path / "plain.tif", sixteen_bits())
    settings = MatchSettings(aim="colours")
    up = run_match(MatchJob(hdr, PictureReference(plain), settings, spaces=choose_spaces(HDR_SPACES[0], config=PLACE)))
    down_spaces = choose_spaces("sRGB - Display", target=HDR_SPACES[0], config=PLACE)
    down = run_match(MatchJob(plain, PictureReference(hdr), settings, spaces=down_spaces))
    for one in (up, down):
        assert one.report is not None and one.report.distance_after < 0.7 * one.report.distance_before
    graded = in_pq(up.save_picture(tmp_path / "graded.tif"), HDR_SPACES[0])
    assert pq_to_light(graded)[0].max() < 300, "the reference has its white at 203"
