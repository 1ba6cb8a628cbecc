"""Two pictures of one scene on the page, and through the endpoint."""

from __future__ import annotations

import json
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
    studio.wait(lambda: "points are seen in both" in studio.said("#scene-found"))
    assert studio.said("#scene-found").startswith("The same scene: ")
    studio.at("#show-points").click()
    studio.at("#points img").wait_for()
    studio.shoot(f"scene-points-{size[0]}", full=True)

    studio.at("#more button").first.click()
    studio.at("#scene").get_by_label("Different scenes").click()
    studio.match()
    studio.wait(lambda: studio.said("#scene-found") == "")
    assert not studio.at("#show-points").is_visible()
    assert not studio.at("#points img").is_visible()
    studio.shoot(f"scene-more-{size[0]}", full=True)


@browser
def test_pictures_that_share_nothing_are_refused_as_one_scene(open_page) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    studio.choose_pair(ASSETS / "fig-red-bowl.jpg", ASSETS / "bridge-night.jpg")
    studio.match()
    assert studio.said("#scene-found") == "Different scenes: matched by statistics."
    studio.at("#more button").first.click()
    studio.at("#scene").get_by_label("The same scene").click()
    studio.at("#match").click()
    studio.wait(lambda: "points of the source were found again" in studio.said("#status"))
    assert studio.said("#scene-found") == "Different scenes: matched by statistics."  # the last result is still here


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
