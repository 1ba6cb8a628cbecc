"""Profiles: names, and colours from one into another against the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from studio.media.images import (
    profile_name,
    to_profile,
)
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
    np.testing.assert_allclose(out[[0, -1]], steps[[0, -1]], atol=1e-9)
