"""Matrices and ranges against the equations of BT.601, BT.709 and BT.2020, and what swscale is trusted with."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from av import VideoFrame

from studio.media.clips.color import FrameColors
from studio.media.clips.matrices import decoding_matrix, encoding_matrix
from studio.media.clips.tags import ColorTags, read_tags

# Kr, Kb as the recommendations print them
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def tags(matrix: int, range_: int) -> ColorTags:
    return ColorTags(1, 1, matrix, range_, matrix, range_)


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("bits", [8, 10])
def test_white_black_and_red_have_the_codes_of_the_recommendation(matrix: int, bits: int) -> None:
    codes = encoding_matrix(matrix, False, bits)
    colors = np.array([[1, 1, 1, 1], [0, 0, 0, 1], [1, 0, 0, 1]], float)
    white, black, red = np.rint(colors @ codes.T) / 2 ** (bits - 8)
    kr, _ = WEIGHTS[matrix]
    assert white.tolist() == [235, 128, 128]
    assert black.tolist() == [16, 128, 128]
    assert red[0] == pytest.approx(16 + 219 * kr, abs=0.5)
    assert red[2] == 240


@pytest.mark.parametrize("matrix", [*WEIGHTS, 0])
@pytest.mark.parametrize("full", [False, True])
def test_matrices_are_inverse(matrix: int, full: bool) -> None:
    colors = np.random.default_rng(0).random((50, 3))
    there = np.c_[colors, np.ones(50)] @ encoding_matrix(matrix, full, 10).T
    assert np.allclose(np.c_[there, np.ones(50)] @ decoding_matrix(matrix, full, 10).T, colors)


@pytest.mark.parametrize("name, bits", [("yuv444p", 8), ("yuv444p10le", 10), ("yuv444p12le", 12)])
@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("range_", [1, 2])
def test_frames_become_the_right_colours_and_back(name: str, bits: int, matrix: int, range_: int) -> None:
    colors = np.random.default_rng(1).random((36, 64, 3)) * 0.8 + 0.1
    codes = np.rint(
        colors @ encoding_matrix(matrix, range_ == 2, bits)[:, :3].T + encoding_matrix(matrix, range_ == 2, bits)[:, 3]
    )
    frame = VideoFrame(64, 36, name)
    dtype = np.uint8 if bits == 8 else np.uint16
    for number, plane in enumerate(frame.planes):
        rows = np.frombuffer(plane, dtype).reshape(36, -1)
        rows[:, :64] = codes[..., number]
    frame.pts, frame.time_base = 5, SimpleNamespace(numerator=1, denominator=25)
    exact = (
        codes @ decoding_matrix(matrix, range_ == 2, bits)[:, :3].T + decoding_matrix(matrix, range_ == 2, bits)[:, 3]
    )
    through = FrameColors(tags(matrix, range_), name, (36, 64), name, matrix)
    pixels = through.pixels(frame)
    top = np.iinfo(pixels.dtype).max
    assert np.abs(pixels / top - exact).max() < 0.52 / top
    back = through.frame(pixels, frame)
    returned = np.stack([np.frombuffer(plane, dtype).reshape(36, -1)[:, :64] for plane in back.planes], -1)
    assert np.abs(returned.astype(float) - codes).max() <= (1 if bits == 8 else 0)
    assert (back.pts, back.color_primaries, back.color_trc) == (5, 1, 1)


@pytest.mark.parametrize("height, name, used, said", [(1080, "yuv420p", 1, "Rec.709"), (576, "yuv420p", 6, "Rec.601")])
def test_untagged_clips_are_taken_as_players_take_them(height: int, name: str, used: int, said: str) -> None:
    nothing = SimpleNamespace(colorspace=2, color_range=0, color_primaries=2, color_trc=2)
    found = read_tags(VideoFrame(64, height, name), nothing)
    assert (found.used_matrix, found.used_range) == (used, 1)
    assert found.name == f"{said} video (assumed, untagged)"


def test_range_and_rgb_go_by_the_format() -> None:
    nothing = SimpleNamespace(colorspace=2, color_range=0, color_primaries=2, color_trc=2)
    assert read_tags(VideoFrame(64, 1080, "yuvj420p"), nothing).used_range == 2
    assert read_tags(VideoFrame(64, 1080, "gbrp"), nothing).used_matrix == 0
