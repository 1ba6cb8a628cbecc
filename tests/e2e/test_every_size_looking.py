"""A walk that looks at a match, at every size and in both themes: numbers 2, 3, 10, 11, 7 and 8 of the grading desk."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from desk_page import apart, match, scale, seen, shows_doubled, shows_part_of, trim, view
from PIL import Image
from studio_page import ASSETS, DESK, PHONE, REFERENCE, WIDE
from tour import Tour

PANES = "#desk .desk-panes"
_LEAST = {DESK: (800, 460), WIDE: (1050, 740), PHONE: (360, 240)}
"""Pixels that the viewer takes of a window at least, across and down."""
_4K = (3840, 2160)
_RING_JS = """(each) => {
  const style = getComputedStyle(each.matches('label > input') && each.type !== 'range' ? each.parentElement : each);
  return style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
}"""
_RADIO_JS = """(each) => {
  const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  let ground = each.parentElement;
  while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
  const pair = [getComputedStyle(each).borderTopColor, getComputedStyle(ground).backgroundColor].map(light);
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
}"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 4K photograph with noise in every pixel."""
    place = tmp_path_factory.mktemp("large") / "valley.jpg"
    with Image.open(ASSETS / "autumn-mountain.jpg") as image:
        enlarged = np.asarray(image.convert("RGB").resize(_4K, Image.Resampling.BICUBIC)).astype(np.int16)
    noise = np.random.default_rng(0).integers(-12, 13, (*enlarged.shape[:2], 1), dtype=np.int16)
    Image.fromarray((enlarged + noise).clip(0, 255).astype(np.uint8)).save(place, quality=92)
    return place


def test_a_match_is_looked_at(tour: Tour, large: Path) -> None:
    tour.studio.choose_pair(large, REFERENCE)
    original = np.asarray(Image.open(large)).astype(int)

    def number_3_pixels(tour: Tour) -> None:
        """3: at 100 % a pixel of a 4K picture is one of the screen, at 200 % four, and only what is seen travels."""
        _pixels(tour, original)

    tour.walk(
        number_2_room,
        number_3_pixels,
        number_10_views,
        number_10_keys,
        number_11_scopes,
        number_11_clipping,
        number_7_keyboard,
        number_7_names,
        number_8_greys,
        number_8_full_screen,
    )


def number_2_room(tour: Tour) -> None:
    """2: the viewer takes the room that there is, and the match is seen whole the moment it is there."""
    studio = tour.studio
    match(studio)
    studio.wait(lambda: studio.in_view(PANES), 10)
    box = studio.at(PANES).bounding_box()
    assert box is not None
    assert box["width"] >= _LEAST[tour.size][0] and box["height"] >= _LEAST[tour.size][1], box
    room = studio.at(".halves:visible").bounding_box()
    assert room is not None and room["width"] >= tour.size[0] - 90, "the page uses the width"


def _pixels(tour: Tour, original: np.ndarray) -> None:
    studio = tour.studio
    asked: set[str] = set()
    tour.page.on("request", lambda request: asked.add(request.url.split("?")[0]))
    view(studio, "Source")
    view(studio, "100 %")
    assert scale(studio) == 100 and studio.in_view(PANES)
    studio.wait(lambda: shows_part_of(studio, original))
    tour.shoot("3_at_100")
    view(studio, "200 %")
    assert scale(studio) == 200
    studio.wait(lambda: shows_doubled(studio))
    whole = (_4K[0] // 512 + 1) * (_4K[1] // 512 + 1)
    full = {url for url in asked if "/0/" in url and url.endswith(".png")}
    assert 0 < len(full) < whole, "no more than what is looked at travels"
    view(studio, "Fit")
    assert scale(studio) < 60


def number_10_views(tour: Tour) -> None:
    """10: source, result and reference side by side move in step; result alone; the source for as long as a key is held."""
    studio, mouse = tour.studio, tour.page.mouse
    view(studio, "Side by side")
    names = [name for name in studio.at("#desk .desk-pane:not([hidden]) .desk-name").all_inner_texts() if name]
    assert names == ["valley.jpg", "Result", REFERENCE.name]
    tour.shoot("10_side_by_side")
    view(studio, "100 %")
    place = studio.at("#desk [data-pane=after]")
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4, steps=5)
    mouse.up()
    where = "window.reswdDesk.viewer().then((v) => ['before', 'after', 'reference'].map((n) => v.panes[n].looked()))"
    studio.wait(lambda: tour.page.evaluate(where)[1]["left"] > _4K[0] / 2 - box["width"] / 2 + box["width"] * 0.2)
    tour.page.wait_for_timeout(400)
    before, after, _ = tour.page.evaluate(where)
    assert (before["left"], before["top"]) == (after["left"], after["top"])
    view(studio, "Fit")
    view(studio, "Result")
    assert studio.at("#desk .desk-pane[data-pane=before] .desk-name").inner_text() == "Result"
    result = seen(studio)
    tour.page.keyboard.down("o")
    studio.wait(lambda: apart(seen(studio), result) > 3)
    tour.page.keyboard.up("o")
    studio.wait(lambda: apart(seen(studio), result) < 0.5)
    studio.at("#desk .desk-hold").hover()
    mouse.down()
    studio.wait(lambda: apart(seen(studio), result) > 3)
    assert studio.in_view(PANES, "#desk .desk-hold"), "the button and what it shows"
    mouse.up()


def number_10_keys(tour: Tour) -> None:
    """10: the keys are listed under ?, in the window, and do what the list says."""
    studio, keyboard = tour.studio, tour.page.keyboard
    studio.at("#desk .desk-ask").click()
    help_ = studio.at("#desk .desk-help")
    help_.wait_for()
    assert studio.in_view("#desk .desk-help") and "200 %" in help_.inner_text()
    tour.shoot("10_keys_listed")
    tour.axe("10 the list of keys")
    keyboard.press("Escape")
    help_.wait_for(state="hidden")
    for key, mode in (("d", "sides"), ("r", "after"), ("s", "slider")):
        keyboard.press(key)
        studio.wait(lambda mode=mode: studio.at("#desk .desk").get_attribute("data-shown") == mode)  # type: ignore[misc]
    keyboard.press("1")
    studio.wait(lambda: scale(studio) == 100)
    keyboard.press("f")
    studio.wait(lambda: scale(studio) < 100)


def number_11_scopes(tour: Tour) -> None:
    """11: four scopes, each of the result, the source or the reference; scope and its choices are seen together."""
    studio = tour.studio
    scope = studio.at("#scopes-room .scopes-picture")
    studio.at("#scopes-room .scopes-kind").scroll_into_view_if_needed()
    scope.scroll_into_view_if_needed()
    drawn: dict[str, np.ndarray] = {}
    for kind, name in (("parade", "RGB parade"), ("waveform", "Waveform"), ("vectorscope", "Vectorscope"),
                       ("histogram", "Histogram")):  # fmt: skip
        studio.at("#scopes-room .scopes-kind").select_option(kind)
        studio.wait(lambda name=name: scope.get_attribute("alt") == f"{name} of Result")  # type: ignore[misc]
        _loaded(tour)
        drawn[kind] = seen(studio, "#scopes-room .scopes-picture")
        assert studio.in_view("#scopes-room .scopes-kind", "#scopes-room .scopes-picture"), kind
        tour.shoot(f"11_{kind}")
    pairs = [(one, other) for one in drawn for other in drawn if one < other]
    assert all(_differ(drawn[one], drawn[other]) for one, other in pairs)
    for which, name in (("before", "valley.jpg"), ("reference", REFERENCE.name)):
        studio.at("#scopes-room .scopes-of").select_option(which)
        studio.wait(lambda name=name: scope.get_attribute("alt") == f"Histogram of {name}")  # type: ignore[misc]
        _loaded(tour)
        drawn[which] = seen(studio, "#scopes-room .scopes-picture")
    assert _differ(drawn["histogram"], drawn["before"]) and _differ(drawn["before"], drawn["reference"])
    studio.at("#scopes-room .scopes-of").select_option("after")


def _loaded(tour: Tour) -> None:
    tour.studio.wait(
        lambda: tour.studio.at("#scopes-room .scopes-picture").evaluate("e => e.complete && e.naturalWidth > 0")
    )
    tour.page.wait_for_timeout(100)


def _differ(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape != other.shape or apart(one, other) > 1


def number_11_clipping(tour: Tour) -> None:
    """11: the pixels that the grade pushed out are marked red, all else is grey, until the button is pressed again."""
    studio = tour.studio
    view(studio, "Result")
    plain = seen(studio)
    trim(studio, "exposure", 2)
    studio.wait(lambda: seen(studio).mean() > plain.mean() + 10)
    view(studio, "Clipping")
    studio.wait(lambda: _red(tour) > 0.02)
    assert studio.in_view(PANES, "#desk .desk-clip")
    tour.shoot("11_clipped")
    view(studio, "Clipping")
    studio.wait(lambda: _red(tour) < 0.02)
    trim(studio, "exposure", 0)
    studio.at(".intro h1").dispatch_event("pointerdown")  # a press elsewhere: the viewer is no longer pinned
    studio.wait(lambda: apart(seen(studio), plain) < 1)
    view(studio, "Slider")


def _red(tour: Tour) -> float:
    shown = seen(tour.studio)
    return float((shown[..., 0] - shown[..., 1] > 150).mean())


def number_7_keyboard(tour: Tour) -> None:
    """7: the focus is seen on radios and sliders, and the divider is moved by keys."""
    studio, press = tour.studio, tour.page.keyboard.press
    studio.at("#kind input:checked").focus()
    for key, kind in (("ArrowRight", "Palette"), ("ArrowLeft", "Picture")):
        press(key)
        studio.wait(lambda kind=kind: studio.at("#kind").get_by_label(kind, exact=True).is_checked())  # type: ignore[misc]
        _ring(tour, "#kind input:focus")
        tour.page.wait_for_timeout(300)
    for selector in ("#strength input[type=range]", "#trim-exposure input[type=range]"):
        studio.at(selector).focus()
        press("ArrowRight")
        press("ArrowLeft")
        _ring(tour, f"{selector}:focus")
    divider = studio.at("#desk").get_by_role("slider", name="Divider between before and after")
    still = seen(studio)
    divider.focus()
    for key in ("Home", "ArrowRight", "Shift+ArrowRight"):
        press(key)
    assert divider.get_attribute("aria-valuenow") == "11"
    moved = seen(studio)
    rows = min(len(moved), len(still))
    changed = np.abs(moved[:rows] - still[:rows]).max(axis=2) > 12
    third = changed.shape[1] // 3
    assert changed[:, third : third + 40].mean() > 0.3, "right of the divider the result is seen now"
    tour.shoot("7_divider_focused")
    divider.focus()
    for _ in range(39):
        press("ArrowRight")


def _ring(tour: Tour, selector: str) -> None:
    tour.studio.at(selector).wait_for()
    assert tour.studio.at(selector).evaluate(_RING_JS) >= 2, selector


def number_7_names(tour: Tour) -> None:
    """7: pictures and places have names of their own, and the active tab is the one that is read best."""
    studio, role = tour.studio, tour.page.get_by_role
    for name in ("Source", "Reference"):
        studio.wait(lambda name=name: role("img", name=name, exact=True).count() == 1)  # type: ignore[misc]
        assert role("button", name=f"Remove Image {name}", exact=True).count() == 1, name
    said = studio.at("#desk [aria-label*='left of the divider']").first.get_attribute("aria-label")
    assert said is not None and said.startswith("valley.jpg left of the divider, Result right of it"), said
    tour.page.evaluate("scrollTo(0, 0)")
    active = studio.contrast(".tab-container > button.selected")
    others = studio.contrast(".tab-container > button:not(.selected)")
    assert active >= 4.5 and active >= others >= 4.5, (active, others)


def number_8_greys(tour: Tour) -> None:
    """8: the filled part of a slider is the stronger one, unselected radios are seen, and the surround can be switched."""
    studio = tour.studio
    for surround in (tour.scheme, "mid"):
        studio.at(f"input[name=surround][value={surround}]").check()
        slider = studio.at("#strength input[type=range]")
        slider.scroll_into_view_if_needed()
        with Image.open(io.BytesIO(slider.screenshot())) as image:
            row = np.asarray(image.convert("RGB")).astype(int)[image.height // 2]
        filled, empty = row[len(row) // 12], row[3 * len(row) // 4]  # strength 1 of 4: a quarter is filled
        if surround == "light":
            assert filled.max() < empty.min() - 60, (filled, empty)
        else:
            assert filled.min() > empty.max() + 60, (filled, empty)
        assert np.ptp(filled) <= 1 and np.ptp(empty) <= 1, "no tint beside a picture that is judged"
        assert studio.at("#kind input:not(:checked)").first.evaluate(_RADIO_JS) >= 3
        tour.page.evaluate("scrollTo(0, 0)")
        tour.shoot(f"8_surround_{surround}")
        tour.axe(f"8 the surround {surround}")
    studio.at("input[name=surround][value=system]").check()


def number_8_full_screen(tour: Tour) -> None:
    """8: what fills the screen lies on the grey of the theme, dark where the theme is dark, and can be left again."""
    studio, page = tour.studio, tour.page
    view(studio, "Full screen")
    studio.wait(lambda: page.evaluate("document.fullscreenElement?.className ?? ''").startswith("desk"))
    page.wait_for_timeout(400)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        shown = np.asarray(image.convert("RGB")).astype(int)
    edge = shown[-3, shown.shape[1] // 2]  # below the panes
    assert np.ptp(edge) == 0, "neutral"
    assert edge[0] < 60 if tour.scheme == "dark" else edge[0] > 150, edge
    tour.shoot("8_filling_the_screen")
    tour.axe("8 full screen")
    view(studio, "Leave full screen")
    studio.wait(lambda: page.evaluate("document.fullscreenElement === null"))
