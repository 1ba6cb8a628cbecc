"""Code values of a colour space on the screen. Oracle: OpenColorIO's own processor of the config's default view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from reswd_torch.grade import Cdl, Grade
from reswd_torch.spaces import choose_spaces, conversion
from studio.media.images import read_picture
from studio.service.spaces.render import render_between
from studio.views.preview import display_pixels, resize
from studio.views.pyramid import Part
from studio.views.seen import Seen, result_seen, source_seen, target_seen
from studio.views.shown import shown_pixels
from tests.studio.media.images.film_for_tests import light, plain_exr
from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import LOGC3, PLACE, SLOG3, encoded, scene

LOOK = Grade(Cdl((1.2, 1.0, 0.8), (0.02, 0.0, -0.02), (1.0, 1.1, 1.0), 0.9), encoding="ACEScct")


def by_view(colours: np.ndarray, space: str) -> np.ndarray:
    """What the default view shows, (..., 3) in 0..255."""
    config = ocio.Config.CreateFromFile(PLACE)
    display = config.getDefaultDisplay()
    view = ocio.DisplayViewTransform(src=space, display=display, view=config.getDefaultView(display))
    out = np.ascontiguousarray(colours, np.float32)
    config.getProcessor(view).getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return np.asarray(out.clip(0, 1) * 255)


def test_a_logarithm_is_seen_through_the_view_and_not_as_codes(tmp_path: Path) -> None:
    picture = read_picture(write_deep(tmp_path / "log.tif", encoded(scene(), LOGC3)))
    shown = display_pixels(picture, picture.pixels, Seen(PLACE, LOGC3))
    assert np.abs(shown - by_view(picture.pixels / np.float32(65535), LOGC3)).max() <= 0.51
    raw = display_pixels(picture, picture.pixels)
    assert np.abs(shown.astype(int) - raw).mean() > 20
    assert np.array_equal(shown_pixels(Part(picture), seen=Seen(PLACE, LOGC3)), shown)


def test_bright_light_is_seen_and_nan_is_black(tmp_path: Path) -> None:
    picture = read_picture(plain_exr(tmp_path / "light.exr"))
    pixels = picture.pixels.copy()
    pixels[0, 0], pixels[0, 1], pixels[0, 2] = np.nan, 0.9, 9.0
    shown = display_pixels(picture, pixels, Seen(PLACE, "ACEScg"))
    assert shown[0, 0].tolist() == by_view(np.zeros((1, 3)), "ACEScg").round().astype(int)[0].tolist()
    assert shown[0, 2].min() > shown[0, 1].max() + 20, "light beyond 1 is told apart"
    assert np.array_equal(display_pixels(picture, pixels)[0, 2], [255, 255, 255])


def test_a_grade_is_seen_as_the_file_that_is_written(tmp_path: Path) -> None:
    picture = read_picture(write_deep(tmp_path / "log.tif", encoded(scene(), LOGC3)))
    part = Part(picture)
    kept = choose_spaces(LOGC3, target=SLOG3, config=PLACE)
    graded = render_between(picture.pixels, LOOK, kept) / np.float32(65535)
    assert np.abs(shown_pixels(part, LOOK, spaces=kept) - by_view(graded, LOGC3)).max() <= 0.51
    written = choose_spaces(LOGC3, output="sRGB - Display", config=PLACE)
    shown = shown_pixels(part, LOOK, spaces=written)
    assert np.abs(shown - render_between(picture.pixels, LOOK, written) / np.float32(257)).max() <= 0.51, "no view"
    clipped = shown_pixels(part, Grade(Cdl((9.0,) * 3)), spaces=written, clipping=True)
    assert (clipped == (255, 24, 24)).all(axis=2).any(), "what was cut is marked"


def test_clipping_of_floats_is_that_of_the_screen(tmp_path: Path) -> None:
    part = Part(read_picture(plain_exr(tmp_path / "light.exr")))
    brighter = Grade(Cdl((3.0,) * 3))
    marked = (shown_pixels(part, brighter, clipping=True) == (255, 24, 24)).all(axis=2)
    values = light()
    newly = ((values < 0.99) & (3 * values > 1.01)).any(axis=2)
    assert newly.any() and marked[newly].all()
    assert not marked[(values > 1.01).all(axis=2)].any(), "what was beyond before does not count"


def test_what_is_seen_through_which_view() -> None:
    spaces = choose_spaces(LOGC3, config=PLACE)
    seen = source_seen(spaces), result_seen(spaces)
    assert [one and one.view for one in seen] == ["ACES 2.0 - SDR 100 nits (Rec.709)"] * 2
    assert target_seen(spaces) is None and source_seen(None) is None and result_seen(None) is None
    display = choose_spaces("srgb_display", output="ACEScct", config=PLACE)
    result = result_seen(display)
    assert result is not None and result.view is None, "what a display showed is compared with itself"
    colours = np.array([[0.2, 0.5, 0.8]], np.float32)
    back = result.converter(conversion(PLACE, "sRGB - Display", "ACEScct")(colours))
    assert back == pytest.approx(colours, abs=1e-3)


def test_a_smaller_half_stays_half() -> None:
    small = resize(light().astype(np.float16), (35, 20))
    assert small.dtype == np.float16 and small.shape == (20, 35, 3)
