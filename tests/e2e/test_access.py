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
        studio.at(f"input[name=surround][value={surround}]").check()
        studio.page.wait_for_timeout(60)
        found += [f"{state}, {surround}: {line}" for line in serious_violations(studio.page)]
    studio.shoot(f"access-{state}-{studio.page.viewport_size['width']}", full=True)  # type: ignore[index]
    assert not studio.too_wide(), state
    return found


def _open_tab(studio: Studio, name: str) -> None:
    studio.page.get_by_role("tab", name=name).click()
    studio.page.wait_for_timeout(100)


def _open_all(studio: Studio) -> None:
    """Open whatever can be opened on the tab."""
    closed = studio.at(".gr-accordion:visible > button.label-wrap:not(.open)")
    closed.evaluate_all("all => all.forEach(each => each.click())")
    studio.wait(lambda: closed.count() == 0)


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


def _desk_states(studio: Studio) -> list[str]:
    """The viewer in its other states, with what lies below it."""
    studio.choose_pair(SOURCE, REFERENCE)
    studio.match()
    studio.at("#desk").get_by_role("button", name="Side by side").click()
    studio.at("#wheels > button").click()
    found = _holds(studio, "desk-sides")
    studio.at("#compare").click()
    studio.wait(lambda: studio.at("#compare").is_enabled() and studio.at("#compared button.strip-show").count() > 3)
    found += _holds(studio, "desk-compared")
    studio.at("#more > button").click()
    # Key by key: a box that has just been unfolded may not hear what is put into it at one stroke.
    studio.at("#pairs textarea, #pairs input").first.press_sequentially("#806040=#907050", delay=30)
    studio.at("#pairs-pickers input[type=color]").first.wait_for()
    studio.at("#paint-source").click()
    studio.at("#desk .desk-mask").wait_for()
    found += _holds(studio, "desk-painting")
    studio.page.keyboard.press("?")
    studio.at("#desk .desk-help").wait_for()
    return found + [f"desk-help: {line}" for line in serious_violations(studio.page)]


def _clip_states(studio: Studio) -> list[str]:
    _open_tab(studio, "Grade a clip")
    found = _holds(studio, "clip-empty")
    studio.at("#clip-match").click()
    studio.at("p.message:visible").first.wait_for()
    _open_all(studio)
    return found + _holds(studio, "clip-refused-and-open")


def _batch_states(studio: Studio) -> list[str]:
    _open_tab(studio, "Batch")
    found = _holds(studio, "batch-empty")
    studio.at("#batch-start").click()
    studio.at("p.message:visible").first.wait_for()
    studio.at("#batch-files input[type=file]").first.set_input_files([SOURCE, REFERENCE])
    studio.at("#batch-files tr.file").nth(1).wait_for()
    _open_all(studio)
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
    _open_all(studio)
    found += _holds(studio, "guide-refused-and-open")
    studio.at("#guide-palette textarea").fill(_PALETTE)
    studio.at("#guide-prompt textarea").fill("a dog")
    studio.at("#guide-plain input").check()
    studio.at("#guide-steps input[type=number]").fill("3")
    studio.at("#guide-steps input[type=number]").press("Tab")
    studio.at("#guide-start").click()
    studio.at("#guide-plain-picture img").wait_for()
    studio.wait(lambda: studio.at("#guide-start").is_enabled())
    return found + _holds(studio, "guide-painted")


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1280", "400"])
@pytest.mark.parametrize(
    "states",
    [_match_states, _desk_states, _batch_states, _clip_states, _guide_states],
    ids=["match", "desk", "batch", "clip", "guide"],
)
def test_axe_finds_nothing_serious(  # type: ignore[no-untyped-def]
    open_page, size: tuple[int, int], states: Callable[[Studio], list[str]]
) -> None:
    studio: Studio = open_page(size, reduced_motion="reduce")
    found = states(studio)
    assert found == [], "\n".join(found)


_FOCUSED_JS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const boxed = at.matches('label > input:is([type=radio], [type=checkbox])');
  const ringed = boxed ? at.parentElement : at.closest('.wrap-inner')?.parentElement ?? at;
  const style = getComputedStyle(ringed);
  const box = ringed.getBoundingClientRect();
  window.passed = [...(window.passed ?? []), at];
  return {
    what: `${at.tagName} ${at.closest('[id]')?.id}`,
    ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    seen: box.width > 0 && box.height > 0 && box.left >= 0 && box.right <= innerWidth + 1,
  };
}"""
# From its last control Chromium without a window may go round to one before: that one's list is open while it has the focus.
_OPEN_JS = """() => [...document.querySelectorAll('ul[role=listbox]')].filter(
  each => each.id !== document.activeElement.getAttribute('aria-controls')).length"""
_MISSED_JS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')].filter(each => {
  if (each.disabled || each.tabIndex < 0 || !each.checkVisibility({visibilityProperty: true})) return false;
  if (each.type === 'radio' && !each.checked) return false;
  return !window.passed.includes(each);
}).map(each => each.outerHTML.slice(0, 160))"""


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["Match colours", "Batch", "Grade a clip", "Guide a generation"])
@pytest.mark.parametrize("surround", ["dark", "light"])
def test_tab_reaches_every_control_and_is_seen_there(open_page, tab: str, surround: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(reduced_motion="reduce")
    studio.at(f"input[name=surround][value={surround}]").check()
    _open_tab(studio, tab)
    _open_all(studio)
    studio.at("h1").click()  # from where the keyboard goes on
    steps = []
    for _ in range(150):
        studio.page.keyboard.press("Tab")
        step = studio.page.evaluate(_FOCUSED_JS)
        if step is None:
            break
        steps.append(step)
    assert 10 < len(steps) < 150, "the keyboard gets in, and out again"
    assert "INPUT" in steps[0]["what"], "the surround comes first"
    hidden = [step["what"] for step in steps if step["ring"] < 2 or not step["seen"]]
    missed = studio.page.evaluate(_MISSED_JS)
    studio.wait(lambda: studio.page.evaluate(_OPEN_JS) == 0, 10)  # no list stays open behind
    assert (hidden, missed) == ([], []), f"no ring or out of sight: {hidden}; not reached: {missed}"


def test_the_arrows_choose_among_radio_buttons_and_space_opens_more(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.at("#kind").get_by_label("Picture", exact=True).focus()
    studio.page.keyboard.press("ArrowRight")
    studio.at("#palette textarea").wait_for()
    assert studio.at("#kind").get_by_label("Palette").is_checked()
    studio.page.keyboard.press("ArrowRight")
    studio.at("#grade").wait_for()
    more = studio.at("#more > button")
    assert more.get_attribute("aria-expanded") == "false"
    more.focus()
    studio.page.keyboard.press("Space")
    studio.at("#method").wait_for()
    studio.wait(lambda: more.get_attribute("aria-expanded") == "true")


def test_every_place_and_tile_has_a_name_of_its_own(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    role = studio.page.get_by_role
    for name in ("Source Photograph to change", "Reference Photograph whose colours you want"):
        assert role("button", name=name).count() == 1, name
    assert role("radiogroup", name="Take the colours from").count() == 1
    assert role("button", name="Hazy lagoon, low sun", exact=True).count() == 1
    assert role("button", name="Reset to default value Strength").count() == 1
    studio.choose_pair(SOURCE, REFERENCE)
    for place in ("Source", "Reference"):
        role("button", name=f"Remove Image {place}", exact=True).wait_for()
        assert role("img", name=place, exact=True).count() == 1
    assert role("heading", level=1).all_inner_texts() == ["ReSWD Studio"]
    assert role("main").count() == 1
    assert (studio.page.title(), studio.at("html").get_attribute("lang")) == ("ReSWD Studio", "en")


def test_a_message_is_spoken_by_a_line_that_was_there_before(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    line = studio.at("#spoken[role=status]")
    assert line.inner_text() == ""
    studio.at("#match").click()
    studio.wait(lambda: line.inner_text() == studio.said("#status") != "")


@pytest.mark.parametrize("width", [400, 320])
@pytest.mark.slow
@pytest.mark.parametrize("tab", ["Match colours", "Batch", "Grade a clip", "Guide a generation"])
def test_nothing_is_cut_off_on_a_narrow_page(open_page, tab: str, width: int) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page((width, 800))
    _open_tab(studio, tab)
    assert not studio.too_wide()
    for part in studio.at("main :is(button, input, textarea, h1, h2, p, label):visible").all():
        box = part.bounding_box()
        assert box is None or (box["x"] >= -1 and box["x"] + box["width"] <= width + 1), part.evaluate(
            "each => each.outerHTML.slice(0, 200)"
        )


def test_nothing_moves_for_those_who_asked_for_that(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(reduced_motion="reduce")
    longest = studio.page.evaluate(
        "Math.max(...[...document.querySelectorAll('*')].flatMap(each => ['transitionDuration', 'animationDuration']"
        ".map(name => parseFloat(getComputedStyle(each)[name]))))"
    )
    assert longest <= 0.001
