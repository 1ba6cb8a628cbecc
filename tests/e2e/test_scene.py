"""Two pictures of one scene on the page, and through the endpoint."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from studio_page import ASSETS, PHONE, Studio

browser = pytest.mark.browser


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph, and a part of it under a blue light."""
    folder = tmp_path_factory.mktemp("scene")
    first, second = folder / "room.png", folder / "room in blue.png"
    with Image.open(ASSETS / "warm-room.jpg") as opened:
        picture = opened.convert("RGB")
        picture.thumbnail((900, 900))
    picture.save(first)
    part = picture.crop((60, 20, picture.width - 10, picture.height - 30))
    light = np.asarray(part, np.float32) * np.array([0.6, 0.85, 1.1], np.float32)
    Image.fromarray(np.rint(light.clip(0, 255)).astype(np.uint8)).save(second)
    return first, second


@browser
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
def test_the_points_are_told_and_shown(open_page, pair: tuple[Path, Path], size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    studio.choose_pair(*pair)
    studio.match()
    studio.wait(lambda: "points are seen in both" in studio.said("#taken"))
    assert studio.said("#taken").startswith("The same scene: ")
    studio.at("#show-points").click()
    studio.at("#points img").wait_for()
    studio.shoot(f"scene-points-{size[0]}", full=True)

    studio.at("#more button").first.click()
    studio.at("#scene").get_by_label("Different scenes").click()
    studio.match()
    studio.wait(lambda: studio.said("#taken").startswith("Took its mood"))
    assert not studio.at("#show-points").is_visible()
    assert not studio.at("#points img").is_visible()
    studio.shoot(f"scene-more-{size[0]}", full=True)


@browser
def test_pictures_that_share_nothing_are_refused_as_one_scene(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg")
    studio.match()
    assert studio.said("#taken").startswith("The reference shows something else: took its mood")
    studio.at("#more button").first.click()
    studio.at("#scene").get_by_label("The same scene").click()
    studio.at("#match").click()
    studio.wait(lambda: "points of the source were found again" in studio.said("#status"))
    assert studio.said("#taken").startswith(
        "The reference shows something else: took its mood"
    )  # the last result is still here


@browser
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
def test_the_batch_tab_asks_and_tells(
    open_page, pair: tuple[Path, Path], size: tuple[int, int], tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    studio.page.get_by_role("tab", name="Batch").click()
    for elem_id, paths in (("batch-files", [pair[0], ASSETS / "fig-red-bowl.jpg"]), ("batch-references", [pair[1]])):
        studio.at(f"#{elem_id} input[type=file]").set_input_files(paths)
        studio.at(f"#{elem_id} .file-preview").wait_for()
    studio.at("#batch-start").click()
    studio.at("#batch-get").wait_for()
    studio.wait(lambda: studio.at("#batch-start").is_enabled())
    assert "1 of the same scene as the reference" in studio.at("#batch-bar").inner_text()
    with zipfile.ZipFile(studio.download("batch-get", tmp_path)) as opened:
        rows = {row["file"]: row for row in csv.DictReader(io.StringIO(opened.read("report.csv").decode(), newline=""))}
    assert {name: row["scene"] for name, row in rows.items()} == {"room.png": "same", "fig-red-bowl.jpg": "different"}
    assert int(rows["room.png"]["points"]) > 100 and float(rows["room.png"]["trust"]) == 1.0
    studio.shoot(f"batch-scene-done-{size[0]}", full=True)

    studio.at("#batch-more button").first.click()
    scene = studio.at("#batch-scene")
    scene.get_by_label("The same scene").click()
    studio.shoot(f"batch-scene-more-{size[0]}", full=True)
    assert not studio.too_wide()
    studio.at("#batch-start").click()
    studio.wait(lambda: "fig-red-bowl.jpg" in studio.at("#batch-failures").inner_text())
    studio.wait(lambda: studio.at("#batch-start").is_enabled())
    assert "points of the source were found again" in studio.at("#batch-failures").inner_text()

    studio.page.get_by_label("One grade for the series").click()  # which asks for no scene, whatever was chosen before
    studio.wait(lambda: not scene.is_visible())
    studio.shoot(f"batch-scene-series-{size[0]}", full=True)
    studio.at("#batch-start").click()
    studio.wait(
        lambda: "2 of 2 done" in studio.at("#batch-bar").inner_text() and studio.at("#batch-start").is_enabled()
    )
    assert "scene" not in studio.at("#batch-bar").inner_text()
    studio.page.get_by_label("Each picture on its own").click()
    studio.wait(lambda: scene.is_visible())
    assert scene.get_by_label("The same scene").is_checked()
    studio.at("#batch-colours").get_by_label("Palette").click()
    studio.wait(lambda: not scene.is_visible())


@browser
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
def test_the_page_asks_what_to_take(open_page, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    studio.shoot(f"aim-{size[0]}", full=True)
    take, of_palette = studio.at("#aim"), studio.at("#aim-of-palette")
    assert take.get_by_label("The mood").is_checked()
    studio.choose_pair(ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg")
    for label, said in (("The mood", "its mood"), ("The look", "the look alone"), ("The colours", "all its colours")):
        take.get_by_label(label).click()
        studio.match()
        studio.wait(lambda said=said: f"took {said}" in studio.said("#taken"))  # type: ignore[misc]
        made = "LUT, so that greys and skin keep their places" if said == "its mood" else "CDL, ten numbers"
        assert f"Kind: {made}." in studio.said("#taken")
        assert "closer" not in studio.at("#metrics").inner_text()
    studio.shoot(f"aim-done-{size[0]}", full=True)
    studio.at("#kind").get_by_label("Palette").click()
    studio.wait(lambda: of_palette.is_visible() and not take.is_visible())
    assert of_palette.get_by_label("The colours").is_checked() and not of_palette.get_by_label("The look").count()
    assert "no look" in studio.said("#aim-help")
    studio.shoot(f"aim-palette-{size[0]}", full=True)
    studio.at("#kind").get_by_label("Picture").click()
    studio.wait(lambda: take.is_visible())
    assert take.get_by_label("The colours").is_checked(), "each keeps what was chosen on it"
    studio.at("#more button").first.click()
    studio.at("#method input").click()
    studio.page.get_by_role("option", name="MKL").click()
    studio.wait(lambda: take.get_by_label("The look").is_disabled())
    assert "MKL takes all colours" in studio.said("#aim-help")
    studio.match()
    studio.wait(lambda: studio.said("#taken").startswith("Took all its colours: distance "))
    studio.shoot(f"aim-formula-{size[0]}", full=True)
    assert not studio.too_wide()


@browser
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("prefix", ["", "batch-"], ids=["match", "batch"])
def test_the_page_asks_what_a_mood_keeps(open_page, size: tuple[int, int], prefix: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size)
    kind = "kind"
    if prefix:
        studio.page.get_by_role("tab", name="Batch").click()
        kind = "batch-colours"
    studio.at(f"#{prefix}more button").first.click()
    keep, take, of_palette = (studio.at(f"#{prefix}{name}") for name in ("keep", "aim", "aim-of-palette"))
    for label in ("Blacks", "Greys", "Skin", "Highlights"):
        assert keep.get_by_label(label).is_checked()
    keep.get_by_label("Greys").uncheck()
    studio.shoot(f"{prefix}keep-{size[0]}", full=True)
    assert not studio.too_wide()
    for label in ("The look", "The colours"):
        take.get_by_label(label).click()
        studio.wait(lambda: not keep.is_visible())
    studio.at(f"#{kind}").get_by_label("Palette").click()
    of_palette.get_by_label("The mood").click()
    studio.wait(lambda: keep.is_visible())
    assert keep.get_by_label("Skin").is_checked() and not keep.get_by_label("Greys").is_checked()
    studio.at(f"#{kind}").get_by_label("Saved grade").click()
    studio.wait(lambda: not keep.is_visible())


@browser
def test_what_is_kept_is_said_by_the_kind_of_grade(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg")
    studio.at("#more button").first.click()
    studio.at("#keep").get_by_label("Greys").uncheck()
    studio.match()
    studio.wait(lambda: "Kind: LUT, so that skin keeps its place." in studio.said("#taken"))


def test_the_endpoint_of_the_batch_takes_what_is_kept(app_url: str, pair: tuple[Path, Path]) -> None:
    source, reference = (handle_file(str(path)) for path in pair)
    client = Client(app_url, verbose=False)
    archive, _ = client.predict(
        [source], [reference], scene="different", transform="cdl", protect="skin,greys", api_name="/batch"
    )
    with zipfile.ZipFile(archive) as opened:
        assert json.loads(opened.read("run.json"))["settings"]["protect"] == ["greys", "skin"]
    with pytest.raises(AppError, match="unknown protection 'hair'"):
        client.predict([source], [reference], protect="hair", api_name="/batch")


def test_the_endpoint_of_the_batch_takes_an_aim(app_url: str, pair: tuple[Path, Path]) -> None:
    source, reference = (handle_file(str(path)) for path in pair)
    client = Client(app_url, verbose=False)
    for given, took in (({}, "mood"), ({"aim": "look"}, "look"), ({"method": "mkl"}, "colours")):
        _, report = client.predict([source], [reference], scene="different", api_name="/batch", **given)
        with Path(report).open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        assert (row["took"], row["transform"]) == (took, "cdl" if took == "look" else "lut")
    with pytest.raises(AppError, match="aim 'look' needs a reference picture, not a palette"):
        client.predict([source], palette="#c08040", aim="look", api_name="/batch")


def test_the_endpoint_of_the_batch_takes_a_scene(app_url: str, pair: tuple[Path, Path]) -> None:
    client = Client(app_url, verbose=False)
    source, reference = (handle_file(str(path)) for path in pair)
    rows = {}
    for scene in ("auto", "different"):
        _, report = client.predict([source], [reference], scene=scene, transform="cdl", api_name="/batch")
        with Path(report).open(newline="", encoding="utf-8") as file:
            (rows[scene],) = csv.DictReader(file)
    assert (rows["auto"]["scene"], rows["different"]["scene"]) == ("same", "")
    assert rows["auto"]["grade"] != rows["different"]["grade"]


def test_the_endpoint_takes_a_scene(app_url: str, pair: tuple[Path, Path]) -> None:
    client = Client(app_url, verbose=False)
    source, reference = (handle_file(str(path)) for path in pair)
    after = {}
    for scene in ("auto", "different"):
        *_, settings, _, after[scene] = client.predict(source, reference, "", scene=scene, api_name="/match")
        assert json.loads(Path(settings).read_text())["settings"]["scene"] == scene
    assert after["auto"] != after["different"]
    with pytest.raises(AppError, match="unknown scene 'similar'"):
        client.predict(source, reference, "", scene="similar", api_name="/match")
