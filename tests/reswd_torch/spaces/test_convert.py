"""Conversions against OpenColorIO's own processors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from reswd_torch.spaces import config_place, conversion, load_config, view_of
from reswd_torch.spaces.convert import default_view
from tests.reswd_torch.spaces.configs_for_tests import own_config

PLACE = config_place("ocio://studio-config-latest")
CONFIG = load_config(PLACE)
NAMES = [space.getName() for space in CONFIG.getColorSpaces() if not space.isData()]
CODES = np.random.default_rng(0).uniform(0.0, 1.0, (500, 3)).astype(np.float32)


def by_opencolorio(transform: ocio.Transform, colours: np.ndarray) -> np.ndarray:
    """Oracle: OpenColorIO's processor with nothing approximated, of the config itself, on pixels with an alpha."""
    processor = CONFIG.getProcessor(transform).getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)
    pixels = np.concatenate([colours, np.ones((len(colours), 1), np.float32)], axis=1)
    processor.applyRGBA(pixels)
    return pixels[:, :3]


def assert_equal(found: np.ndarray, wanted: np.ndarray) -> None:
    """Within 1e-5 of the larger of the value and 1: light has values far above 1."""
    assert found.dtype == np.float32
    assert (np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)).max() <= 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_every_space_is_converted_as_opencolorio_does(name: str) -> None:
    for source, wanted in ((name, "ACEScct"), ("ACEScct", name)):
        found = conversion(PLACE, source, wanted)(CODES)
        assert_equal(found, by_opencolorio(ocio.ColorSpaceTransform(source, wanted), CODES))


@pytest.mark.parametrize("name", ["ARRI LogC4", "ACEScg", "ACEScct"])
def test_light_is_seen_through_the_default_view(name: str) -> None:
    display, view = default_view(PLACE)
    wanted = by_opencolorio(ocio.DisplayViewTransform(src=name, display=display, view=view), CODES)
    assert_equal(view_of(PLACE, name)(CODES), wanted)
    assert (display, view) == (CONFIG.getDefaultDisplay(), CONFIG.getDefaultView(CONFIG.getDefaultDisplay()))


@pytest.mark.parametrize("name", ["Display P3 - Display", "Rec.1886 Rec.709 - Display", "sRGB Encoded P3-D65"])
def test_what_a_display_shows_is_converted_to_srgb(name: str) -> None:
    assert_equal(view_of(PLACE, name)(CODES), by_opencolorio(ocio.ColorSpaceTransform(name, "sRGB - Display"), CODES))
    assert view_of(PLACE, "srgb_display").does_nothing


def test_the_view_goes_back_where_it_cut_nothing_off() -> None:
    soft = (0.35 + 0.15 * CODES).astype(np.float32)  # ACEScct about grey
    seen = view_of(PLACE, "ACEScct")(soft)
    assert seen.min() > 0.0 and seen.max() < 1.0
    assert np.abs(view_of(PLACE, "ACEScct", inverse=True)(seen) - soft).max() < 1e-3


def test_nothing_is_clipped_and_nothing_of_the_caller_is_changed() -> None:
    colours = np.array([[[-0.5, 0.2, 40.0]]])
    back = conversion(PLACE, "ACEScct", "ACEScg")(conversion(PLACE, "ACEScg", "ACEScct")(colours))
    assert back.shape == (1, 1, 3) and back == pytest.approx(colours, rel=1e-4, abs=1e-5)
    assert colours.dtype == np.float64 and colours[0, 0, 0] == -0.5
    assert conversion(PLACE, "ACEScct", "ACEScg")(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_a_config_without_srgb_is_seen_on_its_own_display(tmp_path: Path) -> None:
    place = config_place(str(own_config(tmp_path / "own.ocio")))
    assert default_view(place) == ("Monitor", "Plain")
    assert view_of(place, "Shown").does_nothing
    light = view_of(place, "Light")(np.full((1, 3), 0.18, np.float32))
    assert light == pytest.approx(np.full((1, 3), 0.4614), abs=1e-3)
