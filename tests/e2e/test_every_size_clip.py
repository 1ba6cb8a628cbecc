"""A walk over the tab *Grade a clip*, at every size and in both themes: number 16 of the grading desk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from desk_page import apart, seen
from PIL import Image
from studio_page import SOURCE
from test_clip_tab import ClipPage
from tour import Tour

from tests.studio.media.clips.made import make_clip, scene, shown

PANES = ".desk-panes:visible"
FRAMES = 40


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every frame is another: the same photograph, further and further to the left."""
    with Image.open(SOURCE) as image:
        wide = np.asarray(image.convert("RGB").resize((1080, 520)))
    pictures = [np.ascontiguousarray(wide[:480, 8 * number : 8 * number + 768]) for number in range(FRAMES)]
    return make_clip(tmp_path_factory.mktemp("clips") / "harbour.mp4", pictures=pictures, options={"crf": "16"})


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes long enough to be stopped."""
    pictures = [scene(number, (720, 1280)) for number in range(8)] * 20
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", pictures=pictures, options={"preset": "ultrafast"})


def test_a_clip_is_graded(tour: Tour, clip: Path, long_clip: Path) -> None:
    tab = ClipPage(tour.studio)

    def number_16_drop(tour: Tour) -> None:
        """16: a clip that is dropped is told of and its first frame seen."""
        _drop(tour, tab, clip)

    def number_16_scrub(tour: Tour) -> None:
        """16: the scrubber leads to other frames, by keys and by number, in the window with the picture."""
        _scrub(tour, tab)

    def number_16_match(tour: Tour) -> None:
        """16: the grade is on the frame that is looked at, and goes with the strength."""
        _match(tour, tab)

    def number_16_stop(tour: Tour) -> None:
        """16: progress tells frames and time left, and Stop ends it at once."""
        _stop(tour, tab, long_clip)

    tour.walk(number_16_drop, number_16_scrub, number_16_match, number_16_grade, number_16_stop)


def _drop(tour: Tour, tab: ClipPage, clip: Path) -> None:
    tab.drop(clip)
    said = tour.studio.said("#clip-source-about")
    for part in ("768 × 480", "frames/s", f"{FRAMES} frames", "H.264"):
        assert part in said, said
    tour.studio.at(PANES).scroll_into_view_if_needed()
    box = tour.studio.at(PANES).bounding_box()
    assert box is not None and box["width"] >= min(700, 0.8 * tour.size[0]) and box["height"] >= 200, box
    tour.studio.wait(lambda: np.ptp(seen(tour.studio, PANES).mean(axis=2)) > 100)


def _scrub(tour: Tour, tab: ClipPage) -> None:
    studio, press = tour.studio, tour.page.keyboard.press
    first = seen(studio, PANES)
    slider = studio.at("#clip-frame input[type=range]")
    slider.focus()
    press("ArrowRight")
    tab.at(2)
    press("Shift+ArrowRight")
    press("Shift+ArrowRight")
    tab.at(22)
    assert studio.in_view(PANES, "#clip-frame"), "the picture and its slider share the window"
    studio.wait(lambda: apart(seen(studio, PANES), first) > 2)
    tab.go_to(31)
    tab.at(31)


def _match(tour: Tour, tab: ClipPage) -> None:
    studio = tour.studio
    plain = seen(studio, PANES)
    tab.match()
    studio.wait(lambda: _right(seen(studio, PANES), plain) > 3)
    full = seen(studio, PANES)
    assert _left(full, plain) < _right(full, plain) / 2, "before is left of the divider"
    tour.shoot("16_matched")
    strength = studio.at("#clip-strength input[type=number]")
    strength.fill("0.4")
    strength.press("Tab")
    studio.wait(lambda: 0.2 < _right(seen(studio, PANES), plain) < 0.75 * _right(full, plain))
    frame = seen(studio, PANES)
    tab.go_to(5)
    tab.at(5)
    studio.wait(lambda: _right(seen(studio, PANES), frame) > 2)


def _right(one: np.ndarray, other: np.ndarray) -> float:
    """How much two views differ right of the divider and clear of its handle."""
    return float(np.abs(_coarse(one) - _coarse(other))[10:, 36:54].mean())


def _left(one: np.ndarray, other: np.ndarray) -> float:
    """The same left of it, below the name."""
    return float(np.abs(_coarse(one) - _coarse(other))[10:, 6:24].mean())


def _coarse(shown: np.ndarray) -> np.ndarray:
    """40 by 60 pixels: where half a pixel's move of the page counts for nothing."""
    return np.asarray(Image.fromarray(shown.astype(np.uint8)).resize((60, 40), Image.Resampling.BOX)).astype(int)


def number_16_grade(tour: Tour) -> None:
    """16: the whole clip is graded, played and downloaded, with every frame."""
    studio = tour.studio
    studio.at("#clip-run").click()
    studio.wait(lambda: studio.at("#clip-get").is_enabled())
    assert f"{FRAMES} frames" in studio.said("#clip-graded-about")
    studio.wait(lambda: studio.at("#clip-player video").evaluate("e => e.readyState >= 2 && e.videoWidth === 768"))
    studio.at("#clip-player").scroll_into_view_if_needed()
    box = studio.at("#clip-player video").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= tour.size[0]
    file = studio.download("clip-get", tour.folder)
    assert file.name == "harbour matched.mp4"
    assert len(shown(file)) == FRAMES


def _stop(tour: Tour, tab: ClipPage, long_clip: Path) -> None:
    studio = tour.studio
    tab.drop(long_clip)
    tab.match()
    studio.at("#clip-run").click()
    bar = studio.at("#clip-bar")
    bar.get_by_text("Grading: frame").wait_for()
    studio.wait(lambda: " left" in bar.inner_text())
    assert studio.in_view("#clip-run-stop", "#clip-bar"), "the progress and the button that ends it"
    tour.shoot("16_grading")
    studio.at("#clip-run-stop").click()
    studio.at("#clip-run-status").get_by_text("Stopped. Nothing was kept").wait_for(timeout=5000)
    studio.wait(lambda: studio.at("#clip-run").is_enabled() and studio.in_view("#clip-run-status .message"), 5)
    assert "harbour matched.mp4" in studio.said("#clip-graded-about"), "the clip that was graded before is still there"
