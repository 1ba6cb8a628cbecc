"""Colours that headers of BMP files describe."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch.profiles import profile_name, to_profile
from reswd_torch.profiles.coded import measured_profile
from reswd_torch.profiles.curves import ParametricCurve
from studio.media.images import losses, read_picture
from tests.studio.media.images.conftest import scene
from tests.studio.media.images.files_for_tests import has
from tests.studio.media.images.profiles_for_tests import display_p3

SRGB, LINKED, EMBEDDED = 0x73524742, 0x4C494E4B, 0x4D424544
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
WHITE = (0.3127, 0.3290)


def end_points() -> list[int]:
    """X, Y and Z of the primaries of P3 with D65 as FXPT2DOT30."""
    columns = np.array([[x, y, 1 - x - y] for x, y in P3]).T
    white = np.array([WHITE[0] / WHITE[1], 1, (1 - sum(WHITE)) / WHITE[1]])
    return [round(v * 2**30) for v in (columns * np.linalg.solve(columns, white)).T.ravel() / 1.1]


def bmp(path: Path, space: int, points: list[int], gamma: float, profile: bytes = b"") -> Path:
    """A BMP of 24 bits with a BITMAPV5HEADER."""
    plain = io.BytesIO()
    Image.fromarray(scene(8, 8)).save(plain, "BMP")
    data = plain.getvalue()
    pixels = data[54:]
    head = struct.pack("<I", 124) + data[18:54] + bytes(16) + struct.pack("<I", space)
    head += struct.pack("<9i", *points) + struct.pack("<3I", *[round(gamma * 65536)] * 3)
    head += struct.pack("<4I", 4, 124 + len(pixels), len(profile), 0)
    start = 14 + len(head)
    path.write_bytes(
        b"BM" + struct.pack("<IHHI", start + len(pixels) + len(profile), 0, 0, start) + head + pixels + profile
    )
    return path


def test_end_points_and_gamma(tmp_path: Path) -> None:
    """Oracle: a profile of the same numbers."""
    picture = read_picture(bmp(tmp_path / "a.bmp", 0, end_points(), 1.8))
    np.testing.assert_array_equal(picture.pixels, scene(8, 8))
    wanted = to_profile(picture.pixels / 255.0, measured_profile(P3, WHITE, ParametricCurve(1.8)), None)
    np.testing.assert_allclose(to_profile(picture.pixels / 255.0, picture.icc, None), wanted, atol=1e-3)
    assert has(losses(tmp_path / "b.bmp", picture), "no colour profile")


def test_an_embedded_profile(tmp_path: Path) -> None:
    assert read_picture(bmp(tmp_path / "a.bmp", EMBEDDED, [0] * 9, 0, display_p3())).icc == display_p3()
    assert profile_name(read_picture(bmp(tmp_path / "a.bmp", 0, end_points(), 0)).icc) == "Display P3"


@pytest.mark.parametrize(
    ("space", "points", "gamma", "noted"),
    [
        (SRGB, [1] * 9, 1.0, False),
        (LINKED, [0] * 9, 0, False),
        (0, [0] * 9, 0, False),
        (0, [0] * 9, 2.2, False),
        (0, [5] * 9, 2.2, True),
        (0, [-(2**30)] * 9, 2.2, True),
        (EMBEDDED, [0] * 9, 0, False),
    ],
)
def test_headers_that_say_srgb_nothing_or_nonsense(
    space: int, points: list[int], gamma: float, noted: bool, tmp_path: Path
) -> None:
    picture = read_picture(bmp(tmp_path / "a.bmp", space, points, gamma))
    assert picture.icc is None and has(picture.notes, "left out") == noted


def test_a_plain_bmp_says_nothing(tmp_path: Path) -> None:
    Image.fromarray(scene(8, 8)).save(tmp_path / "a.bmp")
    assert read_picture(tmp_path / "a.bmp").icc is None
