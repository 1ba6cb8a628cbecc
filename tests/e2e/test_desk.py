"""The viewer in a real Chromium: looked at closely, side by side, by keys, with scopes and trims."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from desk_page import scale, seen, shows_doubled, shows_part_of, trim, view
from PIL import Image
from studio_page import ASSETS, PHONE, REFERENCE, SOURCE, Studio

from reswd_torch.grade.trims import Trims
from reswd_torch.settings import MatchSettings
from studio.service.match import run_match
from studio.views.clipping import HIGHLIGHTS, SHADOWS
from tests.conftest import digest
from tests.studio.jobs_for_tests import match_job

pytestmark = pytest.mark.browser
SIZES = {"1280": (1280, 900), "1920": (1920, 1080), "400": PHONE}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of 24 megapixels with noise in every pixel."""
    place = tmp_path_factory.mktemp("large") / "valley.jpg"
    with Image.open(ASSETS / "autumn-mountain.jpg") as image:
        enlarged = np.asarray(image.convert("RGB").resize((6000, 4000), Image.Resampling.BICUBIC)).astype(np.int16)
    noise = np.random.default_rng(0).integers(-12, 13, (*enlarged.shape[:2], 1), dtype=np.int16)
    Image.fromarray((enlarged + noise).clip(0, 255).astype(np.uint8)).save(place, quality=95)
    return place


def matched(studio: Studio, source: Path = SOURCE) -> Studio:
    studio.choose_pair(source, REFERENCE)
    studio.match()
    studio.page.wait_for_timeout(400)
    return studio


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_viewer_takes_the_room_there_is(open_page, size: str, scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES[size], color_scheme=scheme)
    matched(studio)
    panes = studio.at("#desk .desk-panes").bounding_box()
    assert panes is not None
    width, height = SIZES[size]
    least = {"1280": (800, 500), "1920": (1050, 700), "400": (360, 200)}[size]
    assert panes["width"] >= least[0] and panes["height"] >= least[1]
    assert not studio.too_wide()
    studio.shoot(f"desk-{size}-{scheme}")


@pytest.mark.slow
def test_a_pixel_of_the_picture_is_a_pixel_of_the_screen(open_page, large: Path) -> None:  # type: ignore[no-untyped-def]
    """At 100 % the screen shows the very pixels of the file, noise and all; at 200 % each of them four times."""
    studio: Studio = open_page(SIZES["1920"])
    studio.choose("source", large)
    view(studio, "100 %")
    assert scale(studio) == 100
    original = np.asarray(Image.open(large)).astype(int)
    studio.wait(lambda: shows_part_of(studio, original))
    view(studio, "200 %")
    assert scale(studio) == 200
    studio.wait(lambda: shows_doubled(studio))
    view(studio, "Fit")
    assert scale(studio) < 30


def test_what_is_seen_at_100_percent_is_what_is_downloaded(open_page, large: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES["1280"])
    png = tmp_path / "small.png"
    with Image.open(large) as image:
        image.crop((2000, 1500, 4000, 2900)).save(png)
    matched(studio, png)
    base = studio.after_address().removesuffix("/whole.jpg")
    tile = studio.page.request.get(f"{base}/0/1_1.png").body()
    taken = np.asarray(Image.open(studio.download("get-picture", tmp_path)))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(tile))), taken[512:1024, 512:1024])


@pytest.mark.slow
def test_panes_move_in_step(open_page, large: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES["1920"])
    matched(studio, large)
    view(studio, "Side by side")
    names = [each for each in studio.at("#desk .desk-pane:not([hidden]) .desk-name").all_inner_texts() if each]
    assert names == ["valley.jpg", "Result", "mountain-sunset.jpg"]
    view(studio, "100 %")
    box = studio.at("#desk [data-pane=after]").bounding_box()
    assert box is not None
    mouse = studio.page.mouse
    mouse.move(box["x"] + 200, box["y"] + 300)
    mouse.down()
    mouse.move(box["x"] + 80, box["y"] + 220, steps=5)
    mouse.up()
    studio.page.wait_for_timeout(900)
    where = "window.reswdDesk.viewer().then((v) => ['before', 'after', 'reference'].map((n) => v.panes[n].looked()))"
    before, after, reference = studio.page.evaluate(where)
    assert (before["left"], before["top"]) == (after["left"], after["top"])
    assert before["left"] > 6000 / 2 - box["width"] / 2 + 90
    assert reference["left"] > 0
    studio.shoot("side-by-side-1920")


def test_the_divider_is_moved_by_keys(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = matched(open_page())
    divider = studio.at("#desk").get_by_role("slider", name="Divider between before and after")
    still = seen(studio)
    divider.focus()
    for key in ("Home", "ArrowRight", "Shift+ArrowRight"):
        studio.page.keyboard.press(key)
    assert divider.get_attribute("aria-valuenow") == "11"
    studio.page.wait_for_timeout(200)
    changed = np.abs(seen(studio) - still).max(axis=2) > 12
    third = changed.shape[1] // 3
    assert changed[:, third : third + 60].mean() > 0.3, "right of the divider the result is seen now"


def test_the_source_is_seen_for_as_long_as_a_key_is_held(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = matched(open_page())
    view(studio, "Result")
    result = seen(studio)
    studio.page.keyboard.down("o")
    studio.page.wait_for_timeout(200)
    source = seen(studio)
    studio.page.keyboard.up("o")
    studio.page.wait_for_timeout(200)
    assert np.abs(source - result).mean() > 3
    assert np.abs(seen(studio) - result).mean() < 0.5
    hold = studio.at("#desk .desk-hold")
    hold.hover()
    studio.page.mouse.down()
    studio.page.wait_for_timeout(200)
    assert np.abs(seen(studio) - source).mean() < 2
    studio.page.mouse.up()


def test_keys_and_their_list(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = matched(open_page())
    keyboard = studio.page.keyboard
    keyboard.press("?")
    help_ = studio.at("#desk .desk-help")
    help_.wait_for()
    assert "200 %" in help_.inner_text()
    keyboard.press("Escape")
    help_.wait_for(state="hidden")
    for key, mode in (("d", "sides"), ("r", "after"), ("s", "slider")):
        keyboard.press(key)
        studio.wait(lambda mode=mode: studio.at("#desk .desk").get_attribute("data-shown") == mode)  # type: ignore[misc]
    keyboard.press("1")
    studio.wait(lambda: scale(studio) == 100)
    keyboard.press("f")
    studio.wait(lambda: scale(studio) < 100)
    studio.at("#palette textarea, #strength input[type=number]").last.focus()
    keyboard.press("d")
    studio.page.wait_for_timeout(200)
    assert studio.at("#desk .desk").get_attribute("data-shown") == "slider", "a letter in a field is no shortcut"


def test_scopes_follow_the_picture_and_the_choice(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES["1920"])
    matched(studio)
    scope = studio.at("#desk-scopes .scopes-picture")
    studio.wait(lambda: scope.is_visible() and scope.get_attribute("alt") == "RGB parade of Result")
    drawings = {"parade": seen(studio, "#desk-scopes .scopes-picture")}
    for kind in ("waveform", "vectorscope", "histogram"):
        studio.at("#desk-scopes .scopes-kind").select_option(kind)
        studio.wait(lambda: not (scope.get_attribute("alt") or "").startswith("RGB parade"))
        studio.page.wait_for_timeout(300)
        drawings[kind] = seen(studio, "#desk-scopes .scopes-picture")
        studio.shoot(f"scope-{kind}-1920")
    pairs = [(one, other) for one in drawings for other in drawings if one < other]
    assert all(np.abs(drawings[one] - drawings[other]).mean() > 2 for one, other in pairs)
    studio.at("#desk-scopes .scopes-of").select_option("before")
    studio.wait(lambda: scope.get_attribute("alt") == "Histogram of lagoon-jetty.jpg")


def test_trims_are_live_and_in_everything_that_is_taken_away(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES["1920"])
    studio.choose_pair(SOURCE, REFERENCE)
    studio.at("#aim").get_by_label("The colours").click()
    studio.match()
    studio.page.wait_for_timeout(500)
    view(studio, "Result")
    plain, scope, address = seen(studio), seen(studio, "#desk-scopes .scopes-picture"), studio.after_address()
    trim(studio, "exposure", 0.5)
    studio.wait(lambda: seen(studio).mean() > plain.mean() + 6)
    assert np.abs(seen(studio, "#desk-scopes .scopes-picture") - scope).mean() > 1
    studio.wait(lambda: studio.after_address() != address)
    studio.at("#trims-said").get_by_text("Kind: CDL, ten numbers.").wait_for()
    wanted = run_match(match_job(SOURCE, REFERENCE, settings=MatchSettings(aim="colours"))).trimmed(Trims(exposure=0.5))
    assert digest(studio.download("get-picture", tmp_path)) == digest(wanted.save_picture(tmp_path / "library.jpg"))
    assert digest(studio.download("get-cdl", tmp_path)) == digest(wanted.save_grade(tmp_path / "library.cdl"))
    kept = json.loads(studio.download("get-settings", tmp_path).read_text())
    assert kept["settings"]["trims"]["exposure"] == 0.5

    address = studio.after_address()
    studio.at("#trim-only").get_by_label("Lightness only").click()
    studio.wait(lambda: studio.after_address() != address)
    studio.at("#trims-said").get_by_text("Kind: LUT").wait_for()
    assert studio.at("#get-cdl").is_disabled()
    assert studio.at("#get-cube").is_enabled()
    studio.at("#trims-reset").click()
    studio.wait(lambda: np.abs(seen(studio) - plain).mean() < 1)
    studio.wait(lambda: studio.at("#get-cdl").is_enabled())  # the picture for a moment comes before all that is said
    assert studio.said("#trims-said") == ""
    studio.shoot("trims-1920")


def test_a_slider_that_is_set_back_alone_is_followed(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = matched(open_page(SIZES["1920"]))
    trim(studio, "exposure", 0.5)
    trim(studio, "temperature", 20)
    studio.at("#trims-said").get_by_text("Trimmed: exposure and temperature.").wait_for()
    studio.at("#trim-exposure .reset-button").click()
    studio.at("#trims-said").get_by_text("Trimmed: temperature.").wait_for()
    kept = json.loads(studio.download("get-settings", tmp_path).read_text())
    assert kept["settings"]["trims"]["temperature"] == 20 and kept["settings"]["trims"].get("exposure", 0) == 0


def test_clipping_is_marked(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(SIZES["1920"])
    matched(studio)
    view(studio, "Result")
    trim(studio, "exposure", 2)
    studio.page.wait_for_timeout(1500)
    legend = studio.at("#desk .desk-legend")
    assert not legend.is_visible()
    view(studio, "Clipping")
    studio.wait(lambda: (seen(studio)[..., 0] - seen(studio)[..., 1] > 150).mean() > 0.02)
    assert legend.inner_text().split("\n") == ["Clipped at black", "Clipped at white"]
    box, panes = legend.bounding_box(), studio.at("#desk .desk-panes").bounding_box()
    assert box is not None and panes is not None
    assert panes["y"] < box["y"] and box["y"] + box["height"] < panes["y"] + panes["height"], "in the picture's room"
    keys = [key.evaluate("e => getComputedStyle(e).backgroundColor") for key in legend.locator("i").all()]
    assert keys == [f"rgb({', '.join(map(str, color))})" for color in (SHADOWS, HIGHLIGHTS)]
    studio.shoot("clipping-1920")
    view(studio, "Clipping")
    assert not legend.is_visible()
    studio.wait(lambda: (seen(studio)[..., 0] - seen(studio)[..., 1] > 200).mean() < 0.02)


def test_a_pair_of_colours_joins_the_fit(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = matched(open_page())
    studio.at("#more").get_by_text("More", exact=True).click()
    plain = studio.after_pixels()
    original = np.asarray(Image.open(SOURCE)).astype(int)
    studio.at("#pairs-pick").click()
    cover = studio.at("#desk .desk-mask")
    cover.wait_for()
    studio.page.keyboard.press("Enter")  # the cross stands in the middle
    studio.wait(lambda: "=" in studio.at("#pairs textarea, #pairs input").first.input_value())
    box = studio.at("#pairs textarea, #pairs input").first
    source = box.input_value().split("=")[0]
    near = np.abs(original - [int(source[at : at + 2], 16) for at in (1, 3, 5)]).max(axis=2) <= 3
    assert near.any()
    wanted = np.clip(plain[near].mean(axis=0) + (24, 0, -18), 0, 255).round().astype(int)
    box.fill(f"{source}=#{''.join(f'{value:02x}' for value in wanted)}")
    studio.at("#pairs-pickers input[type=color]").nth(1).wait_for()
    studio.at("#stale").get_by_text("pairs of colours").wait_for()
    studio.match()
    before, after = (np.abs(each[near].mean(axis=0) - wanted).max() for each in (plain, studio.after_pixels()))
    assert before > 15
    assert after < 5, "this colour of the source became that one"


def test_a_palette_by_eye(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose("source", SOURCE)
    studio.at("#kind").get_by_text("Palette").click()
    pickers = studio.at("#swatches input[type=color]")
    studio.at("#swatches").get_by_role("button", name="Add a colour").click()
    studio.wait(lambda: pickers.count() == 1)
    pickers.first.fill("#204060")
    studio.wait(lambda: studio.at("#palette textarea").input_value() == "#204060")
    studio.at("#palette-file input[type=file]").set_input_files(REFERENCE)
    studio.wait(lambda: 3 <= pickers.count() <= 8)
    assert studio.at("#palette textarea").input_value().count("#") == pickers.count()
    undo = studio.at("#palette-undo")
    studio.wait(undo.is_visible)
    undo.click()
    studio.wait(lambda: studio.at("#palette textarea").input_value() == "#204060")
    studio.wait(lambda: undo.inner_text().startswith("Redo"))
    undo.click()
    studio.wait(lambda: studio.at("#palette textarea").input_value().count("#") >= 3)
    studio.wait(lambda: undo.inner_text().startswith("Undo"))
    sheet = tmp_path / "look.css"
    sheet.write_text(":root { --a: #102030; --b: rgb(200, 150, 90); }")
    studio.at("#palette-file input[type=file]").set_input_files(sheet)
    studio.wait(lambda: pickers.count() == 2)
    assert studio.at("#palette textarea").input_value() == "#102030, #c8965a"
    undo.click()
    studio.wait(lambda: studio.at("#palette textarea").input_value() == "#204060")
    undo.click()
    studio.wait(lambda: studio.at("#palette textarea").input_value() == "#102030, #c8965a")
    studio.wait(lambda: pickers.count() == 2)
    studio.at("#swatches").get_by_role("button", name="Take colour 1 out").click()
    studio.wait(lambda: studio.at("#palette textarea").input_value() == "#c8965a")
    studio.shoot("palette-by-eye-1280")
