"""Profiles: names, and colours from one into another against the formula, LittleCMS and colour-science."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from reswd_torch import srgb_to_lab
from reswd_torch.profiles import grey_to_srgb, profile_name, profile_to_lab, to_profile
from reswd_torch.profiles.curves import SRGB_CURVE, Curve, ParametricCurve, TableCurve
from reswd_torch.profiles.icc import D65, SRGB_PRIMARIES, write_profile
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3, grey_profile, srgb

_TO_XYZ = {
    "srgb": [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]],
    "p3": [[0.4865709, 0.2656677, 0.1982173], [0.2289746, 0.6917385, 0.0792869], [0.0, 0.0451134, 1.0439444]],
}


def srgb_to_p3(values: np.ndarray) -> np.ndarray:
    """The formula: decode, one matrix (same white), encode."""
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    out = linear @ (np.linalg.inv(_TO_XYZ["p3"]) @ np.array(_TO_XYZ["srgb"])).T
    return np.where(out <= 0.0031308, 12.92 * out, 1.055 * np.maximum(out, 0) ** (1 / 2.4) - 0.055)


def test_names() -> None:
    assert profile_name(None) == "sRGB (assumed, untagged)"
    assert profile_name(srgb()) == "sRGB"
    assert profile_name(display_p3()) == "Display P3"
    assert profile_name(grey_profile()) == "Grey Gamma 1.8"
    assert profile_name(b"nonsense") == "sRGB (assumed, its profile is not readable)"


@pytest.mark.parametrize(
    ("dtype", "mean"), [(np.uint8, 0.4), (np.uint16, 0.25), (np.float32, 0.25), (np.float64, 0.25)]
)
def test_against_the_formula(dtype: type, mean: float) -> None:
    unit = np.random.default_rng(0).random((5000, 3))
    top = 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)
    samples = unit.astype(dtype) if top == 1.0 else np.rint(unit * top).astype(dtype)
    out = to_profile(samples, None, display_p3())
    assert out.dtype == dtype and out.shape == samples.shape
    error = np.abs(out / top - srgb_to_p3(samples / top)) * 255
    assert error.max() < 1.2 and error.mean() < mean


def test_equal_profiles_and_unreadable_ones_change_nothing() -> None:
    samples = np.random.default_rng(0).random((9, 3)).astype(np.float32)
    assert to_profile(samples, display_p3(), display_p3()) is samples
    assert to_profile(samples, None, None) is samples
    assert to_profile(samples, b"nonsense", None) is samples
    assert to_profile(samples, cmyk_profile(), None) is samples
    assert to_profile(samples[:0], None, display_p3()).shape == (0, 3)


def test_pictures_of_any_shape_and_out_of_range_floats() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        to_profile(picture, None, display_p3()).reshape(-1, 3), to_profile(picture.reshape(-1, 3), None, display_p3())
    )
    wild = np.array([[-1.0, 0.5, 2.0]])
    np.testing.assert_array_equal(to_profile(wild, None, display_p3()), to_profile(wild.clip(0, 1), None, display_p3()))


@settings(max_examples=20, deadline=None)
@given(arrays(np.float64, (16, 3), elements=st.floats(0.25, 0.75)))
def test_there_and_back_stays_within_two_steps(samples: np.ndarray) -> None:
    back = to_profile(to_profile(samples, None, display_p3()), display_p3(), None)
    assert np.abs(back - samples).max() < 2 / 255


def test_grey_stays_grey_and_black_and_white_stay() -> None:
    steps = np.repeat(np.linspace(0, 1, 256)[:, None], 3, 1)
    out = to_profile(steps, display_p3(), None)
    assert np.ptp(out, axis=1).max() <= 1.01 / 255
    np.testing.assert_allclose(out[[0, -1]], steps[[0, -1]], atol=1e-4)


PRIMARIES = {
    "sRGB": (SRGB_PRIMARIES, D65),
    "P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65),
    "DCI": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), (0.314, 0.351)),
    "BT.2020": (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65),
    "Adobe": (((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), (0.3457, 0.3585)),
}
CURVES: dict[str, Curve] = {
    "linear": ParametricCurve(1.0),
    "1.8": ParametricCurve(1.8),
    "2.2": ParametricCurve(563 / 256),
    "sRGB": SRGB_CURVE,
    "BT.709": ParametricCurve(1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081),
    "table": TableCurve(np.linspace(0, 1, 1024) ** 2.2),
}


def made(primaries: str, curve: str) -> bytes:
    return write_profile(f"{primaries} {curve}", *PRIMARIES[primaries], CURVES[curve])


def by_littlecms(codes: np.ndarray, source: bytes | None, target: bytes | None) -> np.ndarray:
    """(N, 3) uint8 through LittleCMS: relative colorimetric, with black point compensation."""
    import io

    handles = [
        ImageCms.createProfile("sRGB") if icc is None else ImageCms.ImageCmsProfile(io.BytesIO(icc))
        for icc in (source, target)
    ]
    intent, flag = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    flag |= ImageCms.Flags.NOOPTIMIZE  # which would take coarse tables for some pairs
    transform = ImageCms.buildTransform(*handles, "RGB", "RGB", intent, flag)
    converted = ImageCms.applyTransform(Image.fromarray(codes[None]), transform)
    assert converted is not None
    return np.asarray(converted)[0]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("primaries", PRIMARIES)
def test_floats_agree_with_littlecms(primaries: str, curve: str) -> None:
    """Oracle: LittleCMS with 8 bits, whose rounding is half a code; its own tables of curves cost a little more."""
    icc = made(primaries, curve)
    codes = np.random.default_rng(0).integers(0, 256, (5000, 3), dtype=np.uint8)
    for pair in ((icc, None), (icc, display_p3()), (None, icc), (display_p3(), icc)):
        error = np.abs(to_profile(codes / 255.0, *pair) * 255 - by_littlecms(codes, *pair))
        assert error.max() < 1.7 and np.percentile(error, 95) < 1.01 and error.mean() < 0.37, pair


def test_lifted_black_is_compensated_as_by_littlecms() -> None:
    """Oracle: LittleCMS. Black of both profiles is black, whatever light their codes of 0 give."""
    lifted = write_profile("lifted", *PRIMARIES["sRGB"], ParametricCurve(2.2, 0.95, 0.05))
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    error = np.abs(to_profile(grey / 255.0, lifted, None) * 255 - by_littlecms(grey, lifted, None))
    assert error.max() < 1.0


def test_a_linear_profile_keeps_its_shadows() -> None:
    """8-bit LittleCMS gave 0, 12.7 and 12.7 for these codes. Oracle: the formula of IEC 61966-2-1."""
    linear = write_profile("linear", *PRIMARIES["sRGB"], ParametricCurve(1.0))
    codes = np.repeat(np.array([[5.0], [10.0], [15.0]]) / 255, 3, axis=1)
    there = to_profile(codes, None, linear)
    np.testing.assert_allclose(
        there, ((codes + 0.055) / 1.055) ** 2.4 * (codes > 0.04045) + codes / 12.92 * (codes <= 0.04045), atol=2e-5
    )
    np.testing.assert_allclose(to_profile(there, linear, None), codes, atol=1e-6)
    deep = np.arange(65536, dtype=np.uint16)[:, None].repeat(3, axis=1)
    back = to_profile(to_profile(deep / 65535.0, None, linear), linear, None)
    np.testing.assert_array_equal(np.rint(back * 65535), deep)


@pytest.mark.parametrize(
    ("primaries", "name"), [("P3", "Display P3"), ("BT.2020", "ITU-R BT.2020"), ("Adobe", "Adobe RGB (1998)")]
)
def test_lab_of_wide_and_linear_colours(primaries: str, name: str) -> None:
    """Oracle: colour-science's RGB to XYZ to Lab under D65, for codes that are linear light."""
    import colour

    codes = np.random.default_rng(1).random((2000, 3))
    lab = profile_to_lab(codes, made(primaries, "linear"))
    space = colour.RGB_COLOURSPACES[name]
    wanted = colour.XYZ_to_Lab(codes @ space.matrix_RGB_to_XYZ.T, space.whitepoint)
    assert np.abs(lab - wanted).max() < 0.05


def test_lab_of_srgb_is_that_of_the_library() -> None:
    colours = np.random.default_rng(2).random((50, 3), dtype=np.float32)
    np.testing.assert_array_equal(profile_to_lab(colours, None), srgb_to_lab(torch.from_numpy(colours)).numpy())
    assert profile_to_lab(colours, display_p3()).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_profiles_follow_their_curve(dtype: type) -> None:
    """Oracle: the formula, luminance to sRGB's curve."""
    top = int(np.iinfo(dtype).max)
    levels = np.linspace(0, top, 256).astype(dtype)[None]
    light = (levels / top) ** 1.8
    wanted = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055) * top
    assert np.abs(grey_to_srgb(levels, grey_profile()) - wanted).max() <= (1 if top == 255 else 30)


@pytest.mark.parametrize(
    "curve",
    [
        ParametricCurve(32767.0, 2.0),
        ParametricCurve(1e-4),
        ParametricCurve(2.2, 1e-4, 0.0, 0.0, 2.0),
        ParametricCurve(1.0, 30000.0),
    ],
)
def test_wild_curves_give_numbers(curve: ParametricCurve) -> None:
    """ICC.1:2022, 10.18: what leaves 0..1 is clipped."""
    icc = write_profile("wild", *PRIMARIES["sRGB"], curve)
    colours = np.random.default_rng(3).random((100, 3))
    for pair in ((icc, None), (None, icc)):
        out = to_profile(colours, *pair)
        assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 1
    assert np.isfinite(profile_to_lab(colours, icc)).all()
