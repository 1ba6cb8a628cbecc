"""ICC profiles as bytes: written ones are read by LittleCMS as they were meant, broken ones by nobody."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from reswd_torch.profiles import is_usable, profile_name
from reswd_torch.profiles.curves import SRGB_CURVE, ParametricCurve, TableCurve, read_curve, write_curve
from reswd_torch.profiles.icc import (
    D65,
    SRGB_PRIMARIES,
    hdr_kind,
    matrix_of,
    read_grey_curve,
    read_matrix_profile,
    write_profile,
)
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3, grey_profile, hdr_profile, srgb

UNIT = np.linspace(0, 1, 1001)


def test_the_matrix_of_srgb_is_the_usual_one() -> None:
    """Oracle: the colorants of the ICC's own sRGB profile, which LittleCMS makes too."""
    matrix, _ = matrix_of(SRGB_PRIMARIES, D65)
    built_in = read_matrix_profile(srgb())
    assert built_in is not None
    assert np.abs(matrix - built_in.matrix).max() < 2e-4
    np.testing.assert_allclose(matrix.sum(axis=1), [0.9642, 1.0, 0.8249], atol=1e-9)


def test_what_was_written_is_read() -> None:
    icc = write_profile("A name", SRGB_PRIMARIES, D65, SRGB_CURVE)
    assert icc == write_profile("A name", SRGB_PRIMARIES, D65, SRGB_CURVE) and struct.unpack_from(">I", icc)[0] == len(
        icc
    )
    assert is_usable(icc) and profile_name(icc) == "A name"
    found = read_matrix_profile(icc)
    assert found is not None
    np.testing.assert_allclose(found.matrix, matrix_of(SRGB_PRIMARIES, D65)[0], atol=1e-5)


@pytest.mark.parametrize(
    "curve",
    [
        ParametricCurve(1.0),
        ParametricCurve(2.6),
        SRGB_CURVE,
        ParametricCurve(2.0, 0.89, 0.1, 0.5, 0.1, 0.0143, 0.0),
        TableCurve(UNIT**1.7),
    ],
)
def test_curves_come_back_and_turn_round(curve: ParametricCurve | TableCurve) -> None:
    again = read_curve(write_curve(curve))
    np.testing.assert_allclose(again.decode(UNIT), curve.decode(UNIT), atol=1e-4)
    np.testing.assert_allclose(curve.encode(curve.decode(UNIT[1:])), UNIT[1:], atol=1e-9)


def test_function_types_of_the_specification() -> None:
    """ICC.1:2022, table 68."""

    def read(function: int, *numbers: float) -> np.ndarray:
        return read_curve(
            b"para" + bytes(4) + struct.pack(f">HH{len(numbers)}i", function, 0, *(round(n * 65536) for n in numbers))
        ).decode(UNIT)

    np.testing.assert_allclose(read(0, 2), UNIT**2)
    np.testing.assert_allclose(read(1, 2, 2, -1), np.where(UNIT >= 0.5, np.maximum(2 * UNIT - 1, 0) ** 2, 0))
    np.testing.assert_allclose(
        read(2, 2, 0.5, -0.125, 0.25), np.where(UNIT >= 0.25, (0.5 * UNIT - 0.125) ** 2 + 0.25, 0.25)
    )
    np.testing.assert_allclose(read(3, 2, 1, 0, 0.5, 0.5), np.where(UNIT >= 0.5, UNIT**2, UNIT / 2))
    np.testing.assert_allclose(
        read(4, 2, 0.5, 0, 0.25, 0.5, 0.125, 0.0625), np.where(UNIT >= 0.5, UNIT**2 / 4 + 0.125, UNIT / 4 + 0.0625)
    )
    for broken in (b"para" + bytes(4) + b"\0\5\0\0", b"para" + bytes(4) + b"\0\0", b"curv\0\0\0\0\0\0\1\0", b"text"):
        with pytest.raises((ValueError, struct.error)):
            read_curve(broken)


def test_flat_ends_keep_black_and_white() -> None:
    curve = TableCurve(np.clip(np.linspace(-0.2, 1.2, 141), 0, 1))
    np.testing.assert_array_equal(curve.encode(np.array([0.0, 1.0])), [0.0, 1.0])


@pytest.mark.parametrize("icc", [b"", b"no profile", bytes(200), cmyk_profile(), grey_profile(), display_p3()[:300]])
def test_what_has_no_matrix(icc: bytes) -> None:
    assert read_matrix_profile(icc) is None


def test_grey_curves() -> None:
    curve = read_grey_curve(grey_profile(1.8))
    assert curve is not None
    np.testing.assert_allclose(curve.decode(UNIT), UNIT**1.8, atol=1e-4)
    assert read_grey_curve(display_p3()) is None


@pytest.mark.parametrize(
    ("primaries", "white"),
    [
        (((0.3, 0.3),) * 3, D65),
        (((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), (0.0, 0.0)),
        (((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), (0.7, 0.3)),
        (((float("nan"), 0.33), (0.3, 0.6), (0.15, 0.06)), D65),
    ],
)
def test_nonsense_is_no_profile(primaries: tuple, white: tuple[float, float]) -> None:
    with pytest.raises(ValueError):
        write_profile("x", primaries, white, SRGB_CURVE)


def test_hdr_by_tag_and_by_name() -> None:
    """ICC.1:2022, 9.2.17; the names of the W3C's note on PQ in PNG and of common profiles."""
    assert (
        hdr_kind(hdr_profile(16), "x") == "PQ, SMPTE ST 2084" and hdr_kind(hdr_profile(18), "x") == "HLG, ARIB STD-B67"
    )
    assert hdr_kind(hdr_profile(13), "x") is None
    assert hdr_kind(display_p3(), "ITUR_2100_PQ_FULL") and hdr_kind(b"", "Rec.2100 HLG") and hdr_kind(b"", "Rec2100HLG")
    assert hdr_kind(display_p3(), "Display P3") is None and hdr_kind(b"", "Copquin") is None
