"""The page for people who see little, use no mouse, or have it read to them: axe-core in every state, keys, names, focus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe import serious_violations
from studio_page import DESK, PHONE, REFERENCE, SOURCE, Studio

pytestmark = pytest.mark.browser
SURROUNDS = ("dark", "mid", "light")
_PALETTE = "#14213d:3, #fca311, #e5e5e5"


def _holds(studio: Studio, state: str) -> list[str]:
    """What axe-core finds in this state, in each surround."""
    found = []
    for surround in SURROUNDS:
        studio.at(f"input[name=surround][value={surround}]").check(force=True)
        studio.page.wait_for_timeout(60)
        found += [f"{state}, {surround}: {line}" for line in serious_violations(studio.page)]
    studio.shoot(f"access-{state}-{studio.page.viewport_size['width']}", full=True)  # type: ignore[index]
    assert not studio.too_wide(), state
    return found


def _open_tab(studio: Studio, name: str) -> None:
    studio.page.get_by_role("tab", name=name).click()
    studio.page.wait_for_timeout(100)


def _kind(studio: Studio, elem_id: str, name: str) -> None:
    studio.at(f"#{elem_id}").get_by_label(name, exact=True).check()
    studio.page.wait_for_timeout(300)


def _match_states(studio: Studio) -> list[str]:
    found = _holds(studio, "match-empty")
    _kind(studio, "kind", "Palette")
    studio.at("#palette textarea").fill(_PALETTE)
    studio.at("#swatches .swatches span").nth(2).wait_for()
    found += _holds(studio, "match-palette")
    _kind(studio, "kind", "Saved grade")
    studio.at("#grade").wait_for()
    studio.at("#match").click()
    studio.at("#status .message").wait_for()
    found += _holds(studio, "match-saved-and-refused")
    _kind(studio, "kind", "Picture")
    studio.at("#more > button").click()
    studio.at("#method").wait_for()
    found += _holds(studio, "match-more")
    studio.choose_pair(SOURCE, REFERENCE)
    found += _holds(studio, "match-chosen")
    studio.match()
    return found + _holds(studio, "match-done")


def _batch_states(studio: Studio) -> list[str]:
    _open_tab(studio, "Batch")
    found = _holds(studio, "batch-empty")
    studio.at("#batch-start").click()
    studio.at("p.message:visible").first.wait_for()
    studio.at("#batch-files input[type=file]").first.set_input_files([SOURCE, REFERENCE])
    studio.at("#batch-files tr.file").nth(1).wait_for()
    for more in studio.at(".gr-accordion:visible > button.label-wrap:not(.open)").all():
        more.click()
    return found + _holds(studio, "batch-chosen-and-refused")


def _guide_states(studio: Studio) -> list[str]:
    _open_tab(studio, "Guide a generation")
    found = _holds(studio, "guide-empty")
    studio.at("#guide-prompt textarea").fill("an elefant")
    studio.at("#guide-hint .message").wait_for()
    _kind(studio, "guide-kind", "Palette")
    studio.at("#guide-palette textarea").fill("#zz")
    studio.at("#guide-start").click()
    studio.at("#guide-status .message").wait_for()
    for more in ("#guide-more", "#knows"):
        studio.at(f"{more} > button").click()
    found += _holds(studio, "guide-refused-and-open")
    studio.at("#guide-palette textarea").fill(_PALETTE)
    studio.at("#guide-prompt textarea").fill("a dog")
    studio.at("#guide-plain input").check()
    studio.at("#guide-start").click()
    studio.at("#guide-plain-picture img").wait_for()
    studio.wait(lambda: studio.at("#guide-start").is_enabled())
    return found + _holds(studio, "guide-painted")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1280", "400"])
@pytest.mark.parametrize("states", [_match_states, _batch_states, _guide_states], ids=["match", "batch", "guide"])
def test_axe_finds_nothing_serious(  # type: ignore[no-untyped-def]
    open_page, size: tuple[int, int], states: Callable[[Studio], list[str]]
) -> None:
    studio: Studio = open_page(size, reduced_motion="reduce")
    found = states(studio)
    assert found == [], "\n".join(found)
