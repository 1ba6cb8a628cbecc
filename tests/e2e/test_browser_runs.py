"""The app in a real Chromium: examples, *Compare methods* and *Stop*."""

from __future__ import annotations

import time
from typing import Any

import pytest
from studio_page import REFERENCE, SOURCE, Studio

from reswd_torch.settings import METHODS
from studio.jobs import MatchJob
from studio.service import ahead
from studio.service.match import MatchResult, run_match
from studio.watch import Watch

pytestmark = pytest.mark.browser


def test_examples_compare_and_pick(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at("#aim").get_by_label("The colours").click()
    studio.at("#examples .thumbnail-item").nth(1).click()
    studio.wait(lambda: studio.after_address() != "")
    studio.wait(lambda: studio.at("#get-cc").is_enabled())
    assert "forest-stream.jpg" in studio.at("#source-about").inner_text()
    first = studio.after_address()
    studio.at("#compare").click()
    tiles = studio.at("#compared button.strip-show:not(:disabled)")
    studio.wait(lambda: tiles.count() >= len(METHODS), 60)
    studio.wait(lambda: studio.at("#compare").is_enabled())
    captions = studio.at("#compared .strip-how").all_inner_texts()
    assert all("distance" in caption and " s" in caption for caption in captions)
    studio.shoot("compare-1280", full=True)
    tiles.last.click()
    studio.wait(lambda: studio.after_address() not in ("", first))
    studio.wait(lambda: studio.at("#get-cc").is_disabled())
    assert "does not fit" in studio.at("#cube-line").inner_text(), "why there is no CDL is said"
    assert "3-D LUT" in studio.at("#numbers").inner_text()


def _until_stopped(job: MatchJob, watch: Watch, *read: Any) -> MatchResult:
    """A run that goes on until Stop is pressed: a quick machine would be over before a busy browser presses it."""
    until = time.monotonic() + 120
    while not watch.stopped() and time.monotonic() < until:
        time.sleep(0.02)
    return run_match(job, watch, *read)


def test_stop_keeps_the_last_result(open_page, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    kept = studio.after_address()
    monkeypatch.setattr(ahead, "run_match", _until_stopped)
    studio.at("#compare").click()
    studio.wait(lambda: studio.at("#compare-stop").is_enabled())
    studio.at("#compare-stop").click()
    studio.at("#compare-status").get_by_text("Stopped").wait_for()
    studio.wait(lambda: studio.at("#match").is_enabled() and studio.at("#compare-stop").is_disabled())
    assert studio.at("#compared button.strip-show:not(:disabled)").count() < len(METHODS)
    assert studio.after_address() == kept
    studio.shoot("stopped-1280")
    studio.at("#more").get_by_text("More").click()
    studio.at("#method input").click()
    studio.page.get_by_role("option", name="ReSWD").click()
    studio.at("#match").click()
    studio.wait(lambda: studio.at("#stop").is_enabled())
    studio.at("#stop").click()
    studio.at("#status").get_by_text("Stopped").wait_for()
    studio.wait(lambda: studio.at("#match").is_enabled() and studio.at("#stop").is_disabled())
    assert studio.after_address() == kept


_PLACED = """(e) => {
  const {x, y, width, height} = e.getBoundingClientRect();
  return [x + scrollX, y + scrollY, width, height];
}"""


def test_stop_is_seen_only_while_there_is_something_to_stop_and_has_the_focus(  # type: ignore[no-untyped-def]
    open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio: Studio = open_page()
    studio.choose_pair(SOURCE, REFERENCE)
    focused = "document.activeElement.id"
    monkeypatch.setattr(ahead, "run_match", _until_stopped)
    for start, stop in (("match", "stop"), ("compare", "compare-stop")):
        beside, other = studio.at(f"#{start}"), studio.at("#compare-stop" if start == "match" else "#stop")
        before = beside.evaluate(_PLACED)
        assert not studio.at(f"#{stop}").is_visible() and not other.is_visible()
        beside.press("Enter")
        studio.wait(studio.at(f"#{stop}").is_visible)
        studio.wait(lambda stop=stop: studio.page.evaluate(focused) == stop)  # type: ignore[misc]
        assert beside.evaluate(_PLACED) == before, "nothing moves"
        assert not other.is_visible()
        studio.page.keyboard.press("Enter")
        studio.wait(lambda start=start: studio.page.evaluate(focused) == start)  # type: ignore[misc]
        assert not studio.at(f"#{stop}").is_visible() and beside.evaluate(_PLACED) == before
    studio.at("#match").click()
    studio.wait(studio.at("#stop").is_visible)
    studio.at("#more").get_by_text("More", exact=True).click()
    studio.at("#seed input").focus()
    studio.at("#stop").dispatch_event("click")
    studio.wait(lambda: studio.at("#match").is_enabled())
    assert studio.page.evaluate("document.activeElement.closest('#seed') !== null"), (
        "whoever went elsewhere stays there"
    )
