"""The tab *Batch* in a real Chromium: colour spaces by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from batch_page import SHEET, ended, results
from studio_page import DESK, PHONE, WIDE, Studio

from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import BALANCE, EXPOSURE, LOGC3, SLOG3, encoded, scene

pytestmark = pytest.mark.browser
COUNT = 5


def choose_space(studio: Studio, elem_id: str, typed: str, name: str) -> None:
    """Find a space by a part of its name and take it."""
    box = studio.at(f"#{elem_id} input").first
    studio.wait(box.is_enabled)
    box.click()
    options = studio.at(f"#{elem_id} [role=option]")
    studio.wait(lambda: options.count() > 1)  # the names of the config are there
    box.press_sequentially(typed)
    studio.wait(lambda: options.count() == 1)
    options.get_by_text(name).click()


def spread_of(studio: Studio, selector: str) -> float:
    """The standard deviation of a small picture that the page has loaded: a logarithm is flat, what the view shows is not."""
    studio.wait(lambda: bool(studio.at(selector).first.evaluate("e => e.complete && e.naturalWidth > 0")))
    return float(studio.at(selector).first.evaluate(
        """e => {
          const c = Object.assign(document.createElement('canvas'), {width: e.naturalWidth, height: e.naturalHeight});
          const d = c.getContext('2d'); d.drawImage(e, 0, 0);
          const a = d.getImageData(0, 0, c.width, c.height).data;
          const v = a.filter((_, i) => i % 4 !== 3), mean = v.reduce((sum, x) => sum + x, 0) / v.length;
          return Math.sqrt(v.reduce((sum, x) => sum + (x - mean) ** 2, 0) / v.length);
        }"""
    ))  # fmt: skip


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (WIDE, "dark"), (PHONE, "light")])
def test_logarithms_are_tried_seen_and_taken_away(  # type: ignore[no-untyped-def]
    open_page, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    studio: Studio = open_page(size, color_scheme=scheme)
    still = write_deep(tmp_path / "still.tif", encoded(scene() * EXPOSURE * np.array(BALANCE), SLOG3))
    frames = [
        write_deep(tmp_path / f"{n}.tif", encoded(np.roll(scene(), 16 * n, axis=1), LOGC3)) for n in range(1, COUNT + 1)
    ]
    studio.page.get_by_role("tab", name="Batch").click()
    studio.at("#batch-files input[type=file]").set_input_files(frames)
    studio.at("#batch-references input[type=file]").set_input_files(still)
    look = studio.at("#batch-looks img")
    look.wait_for()
    raw = spread_of(studio, "#batch-looks img")
    studio.at("#batch-spaces button.label-wrap").first.click()
    choose_space(studio, "batch-source-space", "logc3", f"{LOGC3} · log")
    choose_space(studio, "batch-target-space", "S-Log3 S-Gamut3.C", f"{SLOG3} · log")
    studio.at("#batch-spaces-said").get_by_text("graded in ACEScct; the reference is in S-Log3").wait_for()
    studio.wait(lambda: spread_of(studio, "#batch-looks img") > 1.4 * raw)  # the reference is seen through the view
    studio.at("#batch-try").click()
    ended(studio, 3)
    studio.at("#batch-seen").get_by_text("not as raw codes").wait_for()
    for half in ("before", "after"):
        assert spread_of(studio, f"{SHEET} .tile img[alt='{half}: 1.tif']") > 1.4 * raw
    studio.at("#batch-start").click()
    ended(studio, COUNT)
    assert not studio.too_wide()
    studio.at("#batch-spaces").scroll_into_view_if_needed()
    studio.shoot(f"batch-spaces-{size[0]}-{scheme}", full=True)
    kept = json.loads(results(studio, tmp_path).read("run.json"))["spaces"]
    assert (kept["source"], kept["target"]) == (LOGC3, SLOG3)
