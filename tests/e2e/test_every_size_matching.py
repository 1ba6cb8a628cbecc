"""A walk that makes matches and keeps one, at every size and in both themes: numbers 18, 4, 12, 9, 5 and 14."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from desk_page import (
    apart,
    choose_option,
    like,
    marked,
    match,
    names,
    open_more,
    panes,
    press,
    says,
    says_nothing,
    set_seed,
    settled,
    trim,
    view,
)
from PIL import Image
from studio_page import OTHER, REFERENCE, SOURCE
from tour import Tour

from reswd_torch.settings import METHODS

PANES = "#desk .desk-panes"
NAMES = ("evening at the lagoon with the long jetty.jpg", "sunset.jpg", "stream.jpg")
EDGE = 720


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A source and two references, small, so that the slow methods take seconds only."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, place in zip(NAMES, (SOURCE, REFERENCE, OTHER), strict=True):
        with Image.open(place) as image:
            image.thumbnail((EDGE, EDGE))
            image.save(folder / name, quality=92)
    return [folder / name for name in NAMES]


def test_matches_are_made_compared_and_kept(tour: Tour, pictures: list[Path]) -> None:
    source, reference, other = pictures
    tour.studio.choose_pair(source, reference)

    def number_14_history(tour: Tour) -> None:
        """14: every match is a small picture with its settings; A/B between two; undo, redo and swap."""
        _history(tour, other)

    tour.walk(
        number_18_figures,
        number_4_notice,
        number_12_trims,
        number_12_kinds,
        number_9_strength,
        number_5_compare,
        number_14_history,
        number_14_reload,
        number_9_palette,
        number_9_saved_grade,
    )


def number_18_figures(tour: Tour) -> None:
    """18: the distance stands under Numbers, says what it is, and never that the picture is better."""
    studio = tour.studio
    match(studio)
    studio.wait(lambda: studio.in_view(PANES), 10)
    said = studio.at("#metrics").inner_text()
    assert "→" in said and "not whether the picture is better" in said and "Lab" in said
    assert "closer" not in tour.page.inner_text("body").replace("closer, farther", "")
    heading = studio.at("h2").filter(has_text="Numbers").bounding_box()
    figures = studio.at("#metrics").bounding_box()
    assert heading is not None and figures is not None
    assert heading["y"] + heading["height"] <= figures["y"] + 1 and figures["y"] - heading["y"] < 60
    assert abs(heading["x"] - figures["x"]) < 20
    studio.at("#metrics").scroll_into_view_if_needed()


def number_4_notice(tour: Tour) -> None:
    """4: what is changed after a match is named beside the picture that was made otherwise, and goes when changed back."""
    studio, at = tour.studio, tour.studio.at
    open_more(studio)
    choose_option(studio, "#method", "MKL")
    says(studio, "method Fast sliced, chosen now: MKL")
    assert studio.in_view("#stale"), "wherever the page stands"
    tour.shoot("4_method_changed")
    tour.axe("4 the notice")
    choose_option(studio, "#method", "Fast sliced")
    says_nothing(studio)
    for said, group, name, back in (
        ("kind of grade Automatic, chosen now: CDL", "#more", "CDL", "Automatic"),
        ("both pictures show Find out, chosen now: Different scenes", "#scene", "Different scenes", "Find out"),
    ):
        at(group).get_by_label(name, exact=True).click()
        says(studio, said)
        assert studio.in_view("#stale"), said
        at(group).get_by_label(back, exact=True).click()
        says_nothing(studio)
    set_seed(studio, "3")
    says(studio, "seed 0, chosen now: 3")
    assert studio.in_view("#stale")
    set_seed(studio, "0")
    says_nothing(studio)
    at("#more > button").click()


def number_12_trims(tour: Tour) -> None:
    """12: a trim that is moved is seen in the picture at once, control and picture in the window together."""
    studio = tour.studio
    view(studio, "Result")
    studio.at(PANES).scroll_into_view_if_needed()
    plain = _as_it_stands(tour)
    for name, value, changed in (
        ("exposure", 0.6, lambda now: now.mean() > plain.mean() + 6),
        (
            "temperature",
            60,
            lambda now: (now[..., 0] - now[..., 2]).mean() > (plain[..., 0] - plain[..., 2]).mean() + 3,
        ),
        ("saturation", 0.0, lambda now: np.ptp(now, axis=2).mean() < 0.6 * np.ptp(plain, axis=2).mean()),
    ):
        slider = studio.at(f"#trim-{name} input[type=range]")
        before = slider.input_value()
        slider.scroll_into_view_if_needed()
        slider.focus()
        trim(studio, name, value)
        studio.wait(lambda name=name: studio.in_view(PANES, f"#trim-{name}"), 5)  # type: ignore[misc]
        assert _apart(tour, PANES, f"#trim-{name}"), "neither covers the other"
        studio.wait(lambda changed=changed: changed(_as_it_stands(tour)))  # type: ignore[misc]
        tour.shoot(f"12_{name}")
        if name != "exposure":
            trim(studio, name, float(before))
    studio.wait(lambda: "LUT" in studio.said("#trims-said") or "CDL" in studio.said("#trims-said"))
    kept = json.loads(studio.download("get-settings", tour.folder).read_text())
    assert kept["settings"]["trims"]["exposure"] == 0.6
    studio.at("#wheels > button").click()
    trim(studio, "gain_b", 0.8)
    studio.wait(lambda: _as_it_stands(tour)[..., 2].mean() < plain[..., 2].mean() + 2)
    studio.at("#trims-reset").click()
    studio.wait(lambda: apart(_as_it_stands(tour), plain) < 1)
    studio.at("#wheels > button").click()


def _as_it_stands(tour: Tour) -> np.ndarray:
    """What the viewer shows, without scrolling to it."""
    box = tour.studio.at(PANES).bounding_box()
    assert box is not None
    with Image.open(io.BytesIO(tour.page.screenshot(clip=box))) as image:  # type: ignore[arg-type]
        return np.asarray(image.convert("RGB")).astype(int)


def _apart(tour: Tour, one: str, other: str) -> bool:
    """Whether two parts of the page do not overlap."""
    a, b = tour.studio.at(one).bounding_box(), tour.studio.at(other).bounding_box()
    assert a is not None and b is not None
    return (
        a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
        or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
    )  # fmt: skip


def number_12_kinds(tour: Tour) -> None:
    """12: a CDL stays a CDL where it can, else it is a LUT, and the page says which; lightness only, colour only."""
    studio = tour.studio
    studio.at("#aim").get_by_label("The colours").click()
    match(studio)
    address = studio.after_address()
    trim(studio, "exposure", 0.3)
    studio.at("#trims-said").get_by_text("Kind: CDL, ten numbers.").wait_for()
    assert studio.at("#get-cdl").is_enabled()
    studio.wait(lambda: studio.after_address() != address)
    for label in ("Lightness only", "Colour only"):
        address = studio.after_address()
        studio.at("#trim-only").get_by_label(label).click()
        studio.wait(lambda address=address: studio.after_address() != address)  # type: ignore[misc]
        studio.at("#trims-said").get_by_text("Kind: LUT").wait_for()
        assert studio.at("#get-cdl").is_disabled() and studio.at("#get-cube").is_enabled()
    address = studio.after_address()
    studio.at("#trims-reset").click()
    studio.wait(lambda: studio.after_address() != address and studio.at("#get-cdl").is_enabled())


def number_9_strength(tour: Tour) -> None:
    """9: the strength goes to 4 as on the command line, and one beyond that does not silently become another."""
    studio = tour.studio
    address, number = studio.after_address(), studio.at("#strength input[type=number]")
    number.fill("4")
    number.press("Tab")
    studio.wait(lambda: studio.after_address() != address)
    assert number.input_value() == "4" and names(studio)[0].split(", ")[2] == "strength 4"
    address = studio.after_address()
    number.fill("5")
    number.press("Tab")
    tour.page.wait_for_timeout(1200)
    assert number.input_value() == "4" and studio.after_address() == address, "what is shown is what is said"
    assert "strength 4" in names(studio)[0]
    said = studio.at("#cube-line").inner_text()
    assert "/255 from the grade" not in said and "what you see" in said or "that you see" in said, said
    studio.set_strength(1)
    studio.wait(lambda: "strength 1" in names(studio)[0])


def number_5_compare(tour: Tour) -> None:
    """5: all methods appear below the viewer, in the window with it; a pressed one leads back to the viewer."""
    studio = tour.studio
    studio.at("#compare").scroll_into_view_if_needed()
    studio.at("#compare").click()
    said = studio.at("#compared .compared-said")
    studio.wait(
        lambda: studio.at("#compared .compared").is_visible() and studio.in_view(PANES, "#compared .compared"), 15
    )
    tour.shoot("5_comparing")
    tiles = studio.at("#compared button.strip-show")
    studio.wait(lambda: tiles.count() == len(METHODS) + 1 and "Press one" in said.inner_text(), 90)
    assert studio.at("#compared .strip-name").all_inner_texts()[:2] == ["Fast sliced", "Fast sliced, LUT"]
    studio.wait(lambda: studio.at("#compare").is_enabled())
    tour.axe("5 all methods")
    before = settled(studio)
    tiles.last.scroll_into_view_if_needed()
    tiles.last.click()
    marked_ = studio.at("#compared button[aria-pressed=true] .strip-name")
    studio.wait(lambda: marked_.all_inner_texts() == ["Histogram"])
    studio.wait(lambda: studio.in_view(PANES), 10)
    assert not like(settled(studio), before)
    studio.at("#compared .compared-close").click()
    assert studio.at("#compared .compared").is_hidden()


def _history(tour: Tour, other: Path) -> None:
    studio = tour.studio
    open_more(studio)
    studio.choose("reference", other)
    choose_option(studio, "#method", "Reinhard")
    match(studio)
    assert names(studio)[0] == "Reinhard, strength 1" and len(names(studio)) >= 3
    there = "all => all.every(e => e.complete && e.naturalWidth > 100 && e.alt.includes('to'))"
    studio.at("#history").scroll_into_view_if_needed()
    studio.wait(lambda: bool(studio.at("#history img").evaluate_all(there)))
    newer = settled(studio)
    press(studio, 1, "pair")
    studio.wait(
        lambda: panes(studio).startswith(f"A: match {len(names(studio)) - 1}, ") and " | B: match " in panes(studio)
    )
    left, right = settled(studio, "left"), settled(studio)
    assert not like(left, right)
    studio.at("#history").scroll_into_view_if_needed()
    tour.shoot("14_a_and_b")
    tour.axe("14 A and B")
    studio.at("#history .history-unpair").click()
    studio.wait(lambda: panes(studio) == f"{NAMES[0]} | Result")
    studio.at("#history [data-act=undo]").click()
    studio.wait(lambda: marked(studio) == [1])
    assert not like(settled(studio), newer)
    studio.at("#history [data-act=redo]").click()
    studio.wait(lambda: marked(studio) == [0])
    assert like(settled(studio), newer)
    with tour.page.expect_download() as caught:
        studio.at("#history .strip-list a").first.click()
    place = tour.folder / caught.value.suggested_filename
    caught.value.save_as(place)
    assert json.loads(place.read_text())["settings"]["method"] == "reinhard"
    tour.page.get_by_role("button", name="Swap source and reference").click()
    studio.at("#source-about").get_by_text(other.name).wait_for()
    studio.at("#reference-about").get_by_text(NAMES[0]).wait_for()
    tour.page.get_by_role("button", name="Swap source and reference").click()
    studio.at("#source-about").get_by_text(NAMES[0]).wait_for()
    studio.at("#history").scroll_into_view_if_needed()


def number_14_reload(tour: Tour) -> None:
    """14: a reload loses nothing: pictures, result, history and controls are as they were."""
    studio = tour.studio
    was, history = settled(studio), names(studio)
    set_seed(studio, "9")
    says(studio, "chosen now: 9")
    tour.page.reload()
    studio.wait(lambda: names(studio) == history)
    assert NAMES[0] in studio.at("#source-about").inner_text()
    assert NAMES[2] in studio.at("#reference-about").inner_text()
    assert like(settled(studio), was)
    open_more(studio)
    assert studio.at("#seed input").input_value() == "9", "also what was not matched yet"
    studio.at("#more > button").click()


def number_9_palette(tour: Tour) -> None:
    """9: a palette is pickers beside its text, all wrong words of it are quoted, once, and no reference mask is asked for."""
    studio = tour.studio
    studio.at("#kind").get_by_label("Palette").click()
    studio.at("#palette textarea").fill("#20304f:2, teal-ish, #e0b070, warm")
    studio.at("#match").click()
    studio.wait(lambda: "teal-ish" in studio.said("#status"))
    assert "warm" in studio.said("#status"), "all of them"
    assert tour.page.inner_text("main").count("teal-ish") == 1, "once"
    studio.wait(lambda: studio.in_view("#status .message"), 5)
    tour.shoot("9_palette_refused")
    tour.axe("9 a palette that is refused")
    open_more(studio)
    studio.wait(lambda: studio.at("#paint-source").is_visible() and not studio.at("#paint-reference").is_visible())
    studio.at("#more > button").click()
    studio.at("#palette textarea").fill("#20304f:2, #e0b070, #f4ead5")
    studio.wait(lambda: studio.at("#swatches input[type=color]").count() == 3)
    match(studio)
    assert studio.said("#status") == ""


def number_9_saved_grade(tour: Tour) -> None:
    """9: the empty place of a saved grade names the button that there is, and a grade's file is shown by its whole name."""
    studio = tour.studio
    look = studio.download("get-cube", tour.folder)
    studio.at("#kind").get_by_label("Saved grade").click()
    studio.wait(lambda: studio.at("#match").inner_text() == "Apply grade")
    said = studio.at("#grade").inner_text() + studio.said("#stale")
    assert "Match colours" not in said, said
    tour.shoot("9_no_saved_grade")
    studio.upload("grade", look)
    name = studio.at("#grade-about b")
    studio.wait(lambda: name.count() == 1 and name.inner_text() == look.name)
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), "not cut"
    match(studio)
    assert "no distance" in studio.at("#metrics").inner_text()
    studio.at("#grade").scroll_into_view_if_needed()
