"""reswd apply with the LUTs of other programs, against OpenColorIO and, where it reads the file, ffmpeg."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reswd_torch import load_grade
from studio.media.images import read_picture
from studio.service.render import render
from tests.reswd_torch.grade.luts_for_tests import by_opencolorio, made
from tests.studio.command_line import Reswd, assert_refused
from tests.studio.media.clips.made import difference, make_clip, shown
from tests.studio.pictures import eight_bits, sixteen_bits, write_deep

RAMP = np.linspace(0, 1, 256)
GAMMA = [f"{v:.8f} {v:.8f} {v:.8f}" for v in RAMP ** (1 / 2.4)]
CUBE = [(r, g, b) for b in (0, 1) for g in (0, 1) for r in (0, 1)]
LEGAL_TO_FULL = [" ".join(f"{(1023 * v - 64) / 876:.7f}" for v in row) for row in CUBE]
FILES = {
    "gamma": ["LUT_1D_SIZE 256", *GAMMA],
    "legal to full": ["LUT_3D_SIZE 2", *LEGAL_TO_FULL],
    "one stop": ["LUT_3D_SIZE 2", *(" ".join(str(2 * v) for v in row) for row in CUBE)],
    "shaper": ["LUT_1D_SIZE 256", "LUT_3D_SIZE 2", *GAMMA, *LEGAL_TO_FULL],
    "domain": ["LUT_3D_SIZE 2", "DOMAIN_MIN 0.1 0 -0.1", "DOMAIN_MAX 0.9 1 2", *LEGAL_TO_FULL],
}


def lut(folder: Path, name: str) -> Path:
    path = folder / "look.cube"
    path.write_text("\n".join(FILES[name]) + "\n")
    return path


def graded_by_opencolorio(path: Path, pixels: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """In code values, not rounded."""
    top = np.float32(np.iinfo(pixels.dtype).max)
    source = pixels.reshape(-1, 3).astype(np.float32) / top
    graded = source + np.float32(strength) * (by_opencolorio(path)(source) - source)
    return graded.clip(0, 1).reshape(pixels.shape) * top


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_pictures_of_8_and_16_bits(reswd: Reswd, place: Path, name: str, strength: float) -> None:
    path = lut(place, name)
    write_deep(place / "deep.png", sixteen_bits())
    write_deep(place / "deep.tiff", sixteen_bits())
    pictures = [place / each for each in ("source.png", "deep.png", "deep.tiff", "target.jpg")]
    ran = reswd("apply", path, *pictures, "-o", place / "done", "--strength", strength)
    assert ran.code == 0, ran.err
    for picture in pictures:
        source, graded = read_picture(picture).pixels, read_picture(place / "done" / picture.name).pixels
        assert graded.dtype == source.dtype
        gap = np.abs(graded - graded_by_opencolorio(path, source, strength))
        if picture.suffix == ".jpg":  # what JPEG makes of it
            assert gap.mean() < 3
        else:
            assert gap.max() <= (0.501 if source.dtype == np.uint8 else 1.0), picture


def test_dark_codes_through_a_curve(reswd: Reswd, place: Path) -> None:
    """A display gamma of 2.4 lifts code 1 to 25; a lattice of 65 points made 11 of it."""
    path, ramp = lut(place, "gamma"), np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
    Image.fromarray(ramp).save(place / "ramp.png")
    assert reswd("apply", path, place / "ramp.png", "-o", place / "done").code == 0
    graded = read_picture(place / "done" / "ramp.png").pixels[0, :, 0]
    assert np.array_equal(graded, np.rint(255 * RAMP ** (1 / 2.4)))
    assert (graded[1], graded[10]) == (25, 66)


@pytest.mark.parametrize("name", ["gamma", "shaper", "one stop"])
def test_clips(reswd: Reswd, tmp_path: Path, name: str) -> None:
    path, clip = lut(tmp_path, name), make_clip(tmp_path / "clip.mp4")
    assert reswd("apply", path, clip, "-o", tmp_path / "graded", "--strength", 0.5).code == 0
    wanted = [render(frame, load_grade(path).at_strength(0.5)) for frame in shown(clip)]
    assert difference(wanted, shown(tmp_path / "graded" / "clip.mp4"))[0] < 1.5


def test_a_batch_reports_what_it_applied(reswd: Reswd, place: Path) -> None:
    path = lut(place, "shaper")
    (place / "shots").mkdir()
    Image.fromarray(eight_bits(1)).save(place / "shots" / "source.png")
    ran = reswd("batch", place / "shots", "-o", place / "done", "--grade", path)
    assert ran.code == 0, ran.err
    report = (place / "done" / "report.csv").read_text()
    assert "1-D LUT, 256 entries and 3-D LUT, 2 points a side" in report
    graded = read_picture(place / "done" / "source.png").pixels
    assert np.array_equal(graded, render(eight_bits(1), load_grade(path)))


def test_a_bad_lut_is_one_line_and_nothing_is_written(reswd: Reswd, place: Path) -> None:
    path = place / "bad.cube"
    path.write_text("LUT_1D_SIZE 2\nDOMAIN_MIN 1 1 1\nDOMAIN_MAX 0 0 0\n0 0 0\n1 1 1\n")
    assert_refused(reswd("apply", path, place / "source.png", "-o", place / "done"), "bad.cube", "below")
    assert not (place / "done").exists()


def by_ffmpeg(path: Path, pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint16 graded by ffmpeg's lut3d or lut1d."""
    is_curve = "LUT_3D_SIZE" not in path.read_text()
    graph = av.filter.Graph()
    height, width = pixels.shape[:2]
    source = graph.add_buffer(width=width, height=height, format="gbrp16le", time_base="1/25")
    arguments = f"file={path}:interp={'linear' if is_curve else 'tetrahedral'}"
    graded, sink = graph.add("lut1d" if is_curve else "lut3d", arguments), graph.add("buffersink")
    source.link_to(graded)
    graded.link_to(sink)
    graph.configure()
    graph.push(av.VideoFrame.from_ndarray(pixels, format="gbrp16le"))
    return graph.pull().to_ndarray()


@pytest.mark.parametrize("seed", [8, 12, 2, 6, 10, 14])
def test_ffmpeg_agrees(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated LUTs over 0..1, lattices and curves, smooth and noise, inside and beyond 0..1."""
    import tests.reswd_torch.grade.luts_for_tests as generator

    monkeypatch.setattr(generator, "_ranges", lambda *_: [])
    path = made(tmp_path, seed).path.with_name(f"{seed}-plain.cube")
    pixels = np.random.default_rng(seed).integers(0, 65536, (64, 64, 3), np.uint16)
    ours, theirs = render(pixels, load_grade(path)), by_ffmpeg(path, pixels)
    assert np.abs(ours.astype(int) - theirs).max() <= 2
    assert np.abs(ours.astype(int) - pixels).mean() > 300


def test_eight_bits_are_rounded_once(place: Path) -> None:
    path = lut(place, "legal to full")
    graded, exact = render(eight_bits(1), load_grade(path)), graded_by_opencolorio(path, eight_bits(1))
    assert np.abs(graded - exact).max() <= 0.501
