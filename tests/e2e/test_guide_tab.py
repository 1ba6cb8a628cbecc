"""The tab *Guide a generation* in a real Chromium, and its endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import huggingface_hub
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from guide_page import (
    PALETTE,
    address,
    block,
    finished,
    loads_and_fails,
    open_tab,
    paint_one,
    says,
    set_number,
    set_palette,
)
from PIL import Image
from studio_page import ASSETS, DESK, PHONE, Studio

from guidance.settings import GuidanceSettings
from studio.service.guide.png import save_painted
from studio.service.guide.run import GuideEvent, default_generation, run_guide
from studio.service.guide.stream import paint
from studio.ui.guide import events as guide_events
from tests.conftest import digest
from tests.studio.jobs_for_tests import guide_job

browser = pytest.mark.browser
_FIRST_PREVIEW_JS = """() => {
  if (!document.querySelector('#guide-so-far img')) return null;
  const picture = document.querySelector('#guide-picture img');
  return {stop: !document.querySelector('#guide-stop').disabled, picture: Boolean(picture && picture.offsetParent)};
}"""


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 9 answers nobody: the hub is out of reach, whatever network there is."""
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")


def _record(path: Path) -> dict[str, object]:
    with Image.open(path) as image:
        return dict(json.loads(image.text["reswd"]))  # type: ignore[attr-defined]


def _with_rests(*arguments: object) -> Iterator[object]:
    """Paint, with a second's rest after each preview: a busy browser would else see the first one after the end."""
    for event in paint(*arguments):  # type: ignore[arg-type]
        yield event
        if isinstance(event, GuideEvent) and event.preview is not None:
            time.sleep(1)


@browser
def test_an_example_is_painted_with_previews_and_again_from_its_png(  # type: ignore[no-untyped-def]
    open_page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guide_events, "paint", _with_rests)
    studio: Studio = open_page()
    open_tab(studio)
    studio.shoot("guide-empty-1280", full=True)
    assert studio.at("#guide-get").is_disabled()
    studio.at("#guide-examples .thumbnail-lg").first.click()
    # Looked at in the page, the moment the first preview is there: the whole picture takes a second.
    seen = studio.page.wait_for_function(_FIRST_PREVIEW_JS).json_value()
    assert seen == {"stop": True, "picture": False}, "before the end"
    studio.shoot("guide-painting-1280", full=True)
    studio.wait(lambda: address(studio) != "" and address(studio, "guide-plain-picture") != "")
    finished(studio)
    studio.shoot("guide-1280", full=True)
    assert studio.at("#guide-so-far img").count() == 0
    assert studio.at("#guide-prompt textarea").input_value() == "a parrot"
    figures = studio.at("#guide-figures").inner_text()
    assert "→" in figures and "of the plain picture" in figures and "seed 0" in figures
    first = studio.download("guide-get", tmp_path)
    plain = studio.download("guide-get-plain", tmp_path)
    assert (first.name, plain.name) == ("a parrot.png", "a parrot plain.png")
    assert float(str(_record(first)["distance"])) < float(str(_record(first)["plain_distance"])) / 2

    again: Studio = open_page(PHONE)
    open_tab(again)
    again.at("#guide-drop input[type=file]").set_input_files(first)
    says(again, "Every control is set as for a parrot.png")
    assert again.at("#guide-prompt textarea").input_value() == "a parrot"
    again.wait(lambda: again.at("#guide-kept .swatches span").count() >= 4)
    assert "The colours of paint-brushes.jpg, as kept in a parrot.png" in again.at("#guide-kept").inner_text()
    assert again.at("#guide-plain input").is_checked()
    again.shoot("guide-restored-400", full=True)
    paint_one(again)
    again.shoot("guide-400", full=True)
    (tmp_path / "again").mkdir()
    assert digest(again.download("guide-get", tmp_path / "again")) == digest(first)
    assert digest(again.download("guide-get-plain", tmp_path / "again")) == digest(plain)
    assert not again.too_wide()


@browser
def test_a_plain_picture_comes_back_from_its_png_too(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-kind").get_by_label("Nothing").click()
    studio.at("#guide-strength").wait_for(state="hidden")
    studio.at("#guide-prompt textarea").fill("a lemon on a blue background")
    set_number(studio, "guide-steps", 8)
    paint_one(studio)
    with Image.open(studio.download("guide-get", tmp_path)) as image:
        red, _, blue = image.convert("RGB").getpixel((1, 1))  # type: ignore[misc]
    assert blue > red + 60
    set_number(studio, "guide-seed", "")
    paint_one(studio)
    assert studio.at("#guide-seed input").input_value() != "", "the seed that was drawn is shown"
    (tmp_path / "drawn").mkdir()
    out = studio.download("guide-get", tmp_path / "drawn")
    studio.at("#guide-kind").get_by_label("Picture").click()
    studio.at("#guide-prompt textarea").fill("a dog")
    studio.at("#guide-drop input[type=file]").set_input_files(out)
    says(studio, "Every control is set")
    assert studio.at("#guide-prompt textarea").input_value() == "a lemon on a blue background"
    paint_one(studio)
    (tmp_path / "again").mkdir()
    assert digest(studio.download("guide-get", tmp_path / "again")) == digest(out)


@browser
def test_stop_saves_nothing_and_the_next_picture_comes(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-prompt textarea").fill("a dog")
    set_palette(studio, PALETTE)
    studio.at("#guide-swatches .swatches span").nth(2).wait_for()
    set_number(studio, "guide-steps", 100)
    studio.at("#guide-start").click()
    studio.at("#guide-so-far img").wait_for()
    studio.at("#guide-stop").click()
    says(studio, "Stopped. Nothing was saved.")
    finished(studio)
    assert studio.at("#guide-get").is_disabled() and address(studio) == ""
    assert not studio.at("#guide-visit").is_visible()
    set_number(studio, "guide-steps", 3)
    paint_one(studio)
    assert studio.at("#guide-visit .thumbnail-lg").count() == 1


@browser
def test_two_pictures_come_each_in_both_ways_and_back_from_a_png(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-prompt textarea").fill("a dog")
    set_palette(studio, PALETTE)
    studio.page.get_by_label("Colours to avoid").fill("#zz, #c1121f")
    avoided = studio.at("#guide-avoided")
    avoided.get_by_text("1 of 2 entries can be read").wait_for()
    studio.at("#guide-start").click()
    says(studio, "colours to avoid:")
    finished(studio)
    studio.page.get_by_label("Colours to avoid").fill("#c1121f")
    studio.wait(lambda: avoided.locator(".swatches span").count() == 1 and "entries" not in avoided.inner_text())
    studio.page.get_by_label("Plain picture beside it, from the same seed").check()
    set_number(studio, "guide-steps", 3)
    set_number(studio, "guide-seed", 7)
    set_number(studio, "guide-count", 2)
    studio.at("#guide-start").click()
    studio.wait(lambda: studio.at("#guide-visit .thumbnail-lg").count() == 2, 60)
    finished(studio)
    captions = studio.at("#guide-visit .caption-label").all_inner_texts()
    assert captions == ["a dog · 64 × 64 · seed 8", "a dog · 64 × 64 · seed 7"]
    ways = [address(studio, f"guide-{which}") for which in ("picture", "matched-picture", "plain-picture")]
    assert len(set(ways)) == 3 and "" not in ways
    sizes = studio.at("#guide-pictures .shown-size")
    studio.wait(lambda: sizes.filter(has_text="64 × 64 pixels").count() == 3)
    figures = studio.at("#guide-figures").inner_text()
    assert "guided" in figures and "matched afterwards" in figures and "seed 8" in figures
    studio.shoot("guide-ways-1280", full=True)
    names = [studio.download(f"guide-{which}", tmp_path) for which in ("get", "get-matched", "get-plain")]
    assert [each.name for each in names] == ["a dog.png", "a dog matched.png", "a dog plain.png"]

    again: Studio = open_page(PHONE)
    open_tab(again)
    again.at("#guide-drop input[type=file]").set_input_files(names[1])
    says(again, "Every control is set as for a dog matched.png")
    assert again.page.get_by_label("Colours to avoid").input_value() == "#c1121f"
    assert again.at("#guide-picture img").get_attribute("alt") == "Plain, matched afterwards: a dog"
    paint_one(again)
    (tmp_path / "again").mkdir()
    assert [digest(again.download(f"guide-{which}", tmp_path / "again")) for which in ("get", "get-matched")] == [
        digest(each) for each in names[:2]
    ]
    again.shoot("guide-ways-400", full=True)
    assert not again.too_wide()


@browser
def test_refusals_are_words_and_hints_come_while_typing(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    press = studio.at("#guide-start").click
    press()
    says(studio, "the prompt is empty")
    studio.at("#guide-prompt textarea").fill("an elefant")
    studio.at("#guide-hint").get_by_text("elephant").first.wait_for()
    press()
    says(studio, "Choose a reference")
    set_palette(studio, "#zz")
    press()
    says(studio, "'#zz' is not a hex colour")
    shown = studio.page.get_by_text("is not a hex colour").filter(visible=True).all()
    assert len([each for each in shown if each.get_attribute("id") != "spoken"]) == 1, (
        "once, beside the line that is read out"
    )
    assert "0 of 1 entries can be read" in studio.at("#guide-swatches").inner_text()
    set_palette(studio, PALETTE)
    for name, words in (
        ("../main", "Model '../main' is neither in the list"),
        ("nobody/nothing", "the hub is out of reach and nobody/nothing is not complete"),
    ):
        model = studio.at("#guide-model input")
        model.fill(name)
        model.press("Enter")
        model.press("Tab")
        studio.at("#guide-model-line").get_by_text("Loaded from huggingface.co").wait_for()
        press()
        says(studio, words)
        finished(studio)
    studio.shoot("guide-error-1280", full=True)
    assert studio.at("#guide-hint").inner_text().strip() == "", "other models know more"
    junk = ASSETS / "fig-red-bowl.jpg"
    studio.at("#guide-drop input[type=file]").set_input_files(junk)
    says(studio, "fig-red-bowl.jpg: this file holds no settings")


@browser
def test_a_long_prompt_is_told_what_of_it_the_model_knows(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-prompt textarea").fill("a photograph of an astronaut riding a blue horse on the moon")
    hint = studio.at("#guide-hint")
    hint.get_by_text("knows horse and moon, not astronaut or riding").wait_for()
    assert '"a blue horse" suits it best' in hint.inner_text()
    studio.at("#guide-prompt textarea").fill("a blue horse")
    studio.wait(lambda: hint.inner_text().strip() == "Understood: object horse · object's colour blue")
    set_palette(studio, "#d4281f, #ffffff")
    hint.get_by_text("The prompt asks for blue; the palette has none.").wait_for()


@browser
def test_loading_is_shown_where_the_picture_will_be(open_page, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(guide_events, "paint", loads_and_fails)
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-kind").get_by_label("Nothing").click()
    studio.at("#guide-prompt textarea").fill("a dog")
    studio.at("#guide-start").click()
    place = studio.at("#guide-so-far")
    place.get_by_text("Downloading model.safetensors: 1.38 of 6.90 GB").wait_for()
    assert "once" in place.inner_text()
    assert place.get_by_role("progressbar").get_attribute("aria-valuenow") == "20"
    box = place.bounding_box()
    assert box is not None and box["height"] >= 400 and box["width"] >= 600
    studio.shoot("guide-loading-1280")
    says(studio, "the line broke")
    finished(studio)
    assert place.inner_text().strip() == "" and studio.page.get_by_text("The picture appears here.").is_visible()


@browser
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1280", "400"])
def test_a_small_picture_is_seen_pixel_by_pixel_with_its_size(open_page, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    open_tab(studio)
    studio.at("#guide-prompt textarea").fill("a dog")
    set_palette(studio, PALETTE)
    set_number(studio, "guide-steps", 3)
    paint_one(studio)
    line = studio.at("#guide-pictures .shown-size").first
    line.get_by_text("64 × 64 pixels").wait_for()
    times = block(studio, "#guide-picture img")
    assert times >= 5
    assert line.inner_text() == f"64 × 64 pixels, shown {times} times as large"
    assert studio.at("#guide-picture img").get_attribute("alt") == "Guided: a dog"
    assert block(studio, "#guide-visit img") >= 2
    assert studio.at("#guide-visit .caption-label").inner_text() == "a dog · 64 × 64"
    studio.shoot(f"guide-pixels-{size[0]}")
    studio.at("#guide-picture button[aria-label*=ullscreen]").first.click()
    studio.wait(lambda: line.inner_text() != f"64 × 64 pixels, shown {times} times as large" or size == PHONE)
    studio.page.wait_for_timeout(200)
    assert block(studio, "#guide-picture img") >= times


@browser
def test_a_model_brings_its_own_settings(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    open_tab(studio)
    studio.at("#guide-model input").click()
    studio.page.get_by_role("option", name="SDXL Turbo").click()
    studio.at("#guide-model-line").get_by_text("sai-nc-community").wait_for()
    assert "GiB" in studio.at("#guide-model-line").inner_text()
    studio.wait(lambda: studio.at("#guide-steps input[type=number]").input_value() == "4")
    studio.at("#guide-more").get_by_text("More").click()
    studio.wait(lambda: studio.at("#guide-width input").input_value() == "512")
    assert studio.at("#guide-scale input[type=number]").input_value() == "0"
    studio.at("#guide-seed input").fill("0")
    studio.at("#guide-new-seed").click()
    studio.wait(lambda: studio.at("#guide-seed input").input_value() != "0")


@browser
def test_the_visit_is_a_gallery_and_two_pages_do_not_mix(open_page, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    one: Studio = open_page()
    two: Studio = open_page()
    for studio, prompt, steps in ((one, "a cat", 25), (two, "a tree", 5)):
        open_tab(studio)
        studio.at("#guide-prompt textarea").fill(prompt)
        set_palette(studio, PALETTE if studio is one else "#2a9d8f, #e9c46a")
        set_number(studio, "guide-steps", steps)
    one.at("#guide-start").click()
    one.at("#guide-so-far img").wait_for()
    two.at("#guide-start").click()
    two.at("#guide-status").get_by_text("Waiting").wait_for()
    for studio in (one, two):
        studio.wait(lambda studio=studio: address(studio) != "", 60)  # type: ignore[misc]
        finished(studio)
    cat, tree = (_record(studio.download("guide-get", tmp_path)) for studio in (one, two))
    assert (cat["prompt"], tree["prompt"]) == ("a cat", "a tree")
    assert cat["reference"] != tree["reference"]
    assert one.at("#guide-visit .thumbnail-lg").count() == two.at("#guide-visit .thumbnail-lg").count() == 1

    two.at("#guide-prompt textarea").fill("a house")
    set_number(two, "guide-seed", 7)
    paint_one(two)
    two.wait(lambda: two.at("#guide-visit .thumbnail-lg").count() == 2)
    two.shoot("guide-visit-1280", full=True)
    two.at("#guide-visit .thumbnail-lg").nth(1).click()
    two.wait(lambda: two.at("#guide-prompt textarea").input_value() == "a tree")
    assert two.at("#guide-seed input").input_value() == "0"
    two.wait(lambda: "seed 0" in two.at("#guide-figures").inner_text())
    assert "The colours of #2a9d8f, #e9c46a, as kept in a tree.png" in two.at("#guide-kept").inner_text()


@browser
def test_a_page_that_is_closed_while_it_paints_holds_nobody_up(open_page) -> None:  # type: ignore[no-untyped-def]
    gone: Studio = open_page()
    here: Studio = open_page()
    for studio, steps in ((gone, 100), (here, 3)):
        open_tab(studio)
        studio.at("#guide-prompt textarea").fill("a dog")
        set_palette(studio, PALETTE)
        set_number(studio, "guide-steps", steps)
    gone.at("#guide-start").click()
    gone.at("#guide-so-far img").wait_for()
    gone.page.close()
    paint_one(here)


@pytest.fixture(scope="module")
def client(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(app_url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def test_guide_gives_the_bytes_of_the_library(client: Client, tmp_path: Path) -> None:
    reference = ASSETS / "fig-red-bowl.jpg"
    picture, plain, distance, plain_distance = client.predict(
        prompt="a strawberry", reference=handle_file(reference), strength=0.8, steps=4, seed=3, negative="leaves",
        plain=True, api_name="/guide",
    )  # fmt: skip
    wanted = default_generation("pocket-64", "a strawberry", steps=4, seed=3, negative_prompt="leaves")
    job = guide_job(wanted, GuidanceSettings(strength=0.8), reference=reference, plain=True)
    # In a thread, as the app: the main one has fewer threads of OpenMP below it, and so adds in another order.
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(run_guide, job).result()
    assert Path(picture).name == "a strawberry.png"
    files = save_painted(result, tmp_path / "one.png", plain=tmp_path / "two.png")
    assert files.plain is not None
    assert [digest(Path(picture)), digest(Path(plain))] == [digest(files.picture), digest(files.plain)]
    assert (distance, plain_distance) == pytest.approx((result.distance, result.plain_distance))


def test_guide_takes_a_palette_and_a_size(client: Client) -> None:
    picture, plain, distance, plain_distance = client.predict(
        prompt="a tree", palette=PALETTE, steps=2, size="72x64", api_name="/guide"
    )
    assert np.asarray(Image.open(picture)).shape == (64, 72, 3)
    assert plain is None and plain_distance is None and distance > 0
    assert _record(Path(picture))["steps"] == 2


def test_guide_quantizes(client: Client) -> None:
    sent = {"prompt": "a tree", "palette": PALETTE, "steps": 1, "api_name": "/guide"}
    plain, few = (client.predict(**sent, **given)[0] for given in ({}, {"quantize": "sinq"}))
    assert _record(Path(few))["quantize"] == "sinq" and "quantize" not in _record(Path(plain))
    assert not np.array_equal(np.asarray(Image.open(plain)), np.asarray(Image.open(few)))


def test_guide_has_the_defaults_of_the_command_line(client: Client) -> None:
    endpoint = client.view_api(return_format="dict")["named_endpoints"]["/guide"]
    defaults = {each["parameter_name"]: each["parameter_default"] for each in endpoint["parameters"]}
    assert defaults == {
        "prompt": "", "reference": None, "palette": "", "model": "pocket-64", "strength": 1.0, "steps": None, "seed": 0,
        "negative": "", "size": "", "plain": False, "quantize": "none", "avoid": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"palette": ""}, "give a reference picture or a palette"),
        ({"palette": "#12"}, "'#12' is not a hex colour"),
        ({"reference": handle_file(ASSETS / "fig-red-bowl.jpg")}, "more than one reference"),
        ({"strength": 3}, "strength 3"),
        ({"steps": 0}, "0 steps are out of range"),
        ({"steps": 2.5}, "not a whole number"),
        ({"seed": -1}, "seed -1 is out of range"),
        ({"size": "big"}, "'big' is not a size"),
        ({"size": "65x64"}, "multiple of 8"),
        ({"quantize": "int3"}, "'int3'"),
        ({"model": "pocket"}, "neither in the list"),
        ({"model": str(ASSETS / "models" / "pocket-64")}, "neither in the list"),
        ({"model": "assets/models"}, "neither in the list"),
        ({"model": "../main"}, "neither in the list"),
        ({"model": "stabilityai/sdxl-turbo"}, "the hub is out of reach"),
    ],
)
def test_guide_refuses_in_one_line(
    client: Client, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], words: str
) -> None:
    monkeypatch.chdir(ASSETS.parent)
    with pytest.raises(AppError, match=words) as caught:
        client.predict(api_name="/guide", **{"prompt": "a cat", "palette": "#123456", **given})  # type: ignore[arg-type]
    assert len(str(caught.value).splitlines()) == 1 and "Traceback" not in str(caught.value)


def test_guide_opens_no_file_of_the_server(app_url: str) -> None:
    """Past the client, which would upload the file."""
    named = {"path": str(ASSETS / "fig-red-bowl.jpg"), "meta": {"_type": "gradio.FileData"}}
    data = ["a cat", named, "", "pocket-64", 1, 2, 0, "", "", False, "none", ""]
    event = httpx.post(f"{app_url}gradio_api/call/guide", json={"data": data}).json()["event_id"]
    answer = httpx.get(f"{app_url}gradio_api/call/guide/{event}", timeout=120).text
    assert "event: error" in answer and ".png" not in answer
