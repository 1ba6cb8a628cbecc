"""A walk that paints masks and picks colours, at every size and in both themes: numbers 1, 13 and 15 of the grading desk."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from desk_page import match, open_more, open_the_brush, painted, says, seen, stroke, view
from PIL import Image
from studio_page import REFERENCE, SOURCE, Studio
from tour import Tour

PANES, PAINT = "#desk .desk-panes", "#desk .desk-paint"
EDGE = 900


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source without loss, so that what is untouched stays as it is to the bit."""
    place = tmp_path_factory.mktemp("painting") / "lagoon.png"
    with Image.open(SOURCE) as image:
        image.thumbnail((EDGE, EDGE))
        image.save(place)
    return place


def test_masks_are_painted_and_colours_picked(tour: Tour, source: Path) -> None:
    tour.studio.choose_pair(source, REFERENCE)
    original = np.asarray(Image.open(source)).astype(int)

    def number_13_feather(tour: Tour) -> None:
        """13: the grade honours the feather: the painted part changes, the rest does not, and no edge is seen between."""
        _feather(tour, original)

    def number_15_pairs(tour: Tour) -> None:
        """15: an eyedropper says which colour of the source should become which; the pair joins the fit."""
        _pairs(tour, original)

    tour.walk(
        number_1_paint,
        number_13_tools,
        number_13_colour_range,
        number_13_feather,
        number_13_reference,
        number_15_pairs,
        number_15_palette,
        number_15_palette_match,
    )


def _patch(studio: Studio, box: dict[str, float], x: float, y: float, size: int = 24) -> np.ndarray:
    """What the screen shows round a place of the viewer, given in shares of its room."""
    left, top = box["x"] + box["width"] * x - size / 2, box["y"] + box["height"] * y - size / 2
    clip = {"x": left, "y": top, "width": size, "height": size}
    with Image.open(io.BytesIO(studio.page.screenshot(clip=clip))) as image:  # type: ignore[arg-type]
        return np.asarray(image.convert("RGB")).astype(float)


def _top(studio: Studio) -> float:
    box = studio.at("#desk .desk-mask").bounding_box()
    assert box is not None
    return box["y"]


def number_1_paint(tour: Tour) -> None:
    """1: the page goes to where one paints; the brush is a translucent red with a soft edge, and is told of at once."""
    studio = tour.studio
    open_more(studio)
    studio.at("#paint-source").scroll_into_view_if_needed()
    box = open_the_brush(studio)
    assert studio.in_view(PAINT, PANES), "the tools and the picture, wherever the button was"
    tools, room = studio.at(PAINT).bounding_box(), studio.at(PANES).bounding_box()
    assert tools is not None and room is not None and tools["y"] + tools["height"] <= room["y"] + 1, (
        "no tool on the picture"
    )
    before = _patch(studio, box, 0.5, 0.5)
    stroke(studio, box, (0.42, 0.5), (0.58, 0.5))
    studio.page.mouse.move(2, 2)
    studio.wait(lambda: painted(studio) > 0.3, 5)
    studio.at("#source-painted").get_by_text("% of the picture is painted").wait_for()
    studio.wait(lambda: abs(_top(studio) - box["y"]) < 2, 5)  # nothing moves under the brush
    after = _patch(studio, box, 0.5, 0.5)
    redder = (after[..., 0] - after[..., 1:].mean(axis=2)) - (before[..., 0] - before[..., 1:].mean(axis=2))
    assert redder.mean() > 30, "red"
    light = [each.mean(axis=2).ravel() for each in (before, after)]
    assert np.ptp(light[0]) < 12 or np.corrcoef(*light)[0, 1] > 0.6, "and what lies below is still seen"
    size = float(studio.at(f"{PAINT} [data-of=size]").input_value())
    column = _column(studio, box, 0.5, size)
    soft = np.abs(np.diff(column)).max() / np.ptp(column)
    assert soft < 0.35, "the edge is soft, without steps"


def _column(studio: Studio, box: dict[str, float], x: float, size: float) -> np.ndarray:
    """How red the screen is along a line that crosses a stroke's upper edge, averaged over a few pixels across it."""
    patch = _patch(studio, box, x, 0.5, int(2 * size))
    upper, middle = patch[: patch.shape[0] // 2], patch.shape[1] // 2
    line = upper[:, middle - 4 : middle + 4]
    return np.asarray((line[..., 0] - line[..., 1:].mean(axis=2)).mean(axis=1))


def number_13_tools(tour: Tour) -> None:
    """13: size, hardness, erase, undo, invert and clear, all in the window with the picture."""
    studio = tour.studio
    box = studio.at("#desk .desk-mask").bounding_box()
    assert box is not None
    for part in ("[data-of=size]", "[data-of=hard]", "[data-of=feather]", "[data-tool=erase]", "[data-act=invert]"):
        assert studio.at(f"{PAINT} {part}").is_visible() and studio.in_view(f"{PAINT} {part}", PANES), part
    small = painted(studio)
    studio.at(f"{PAINT} [data-of=size]").fill("110")
    studio.at(f"{PAINT} [data-of=hard]").fill("90")
    stroke(studio, box, (0.3, 0.5), (0.7, 0.5))
    studio.wait(lambda: painted(studio) > small + 1)
    whole = painted(studio)
    studio.at(f"{PAINT} [data-tool=erase]").click()
    stroke(studio, box, (0.3, 0.5), (0.45, 0.5))
    studio.wait(lambda: 0 < painted(studio) < whole)
    studio.at(f"{PAINT} [data-act=undo]").click()
    studio.wait(lambda: painted(studio) == whole)
    studio.at(f"{PAINT} [data-act=invert]").click()
    studio.wait(lambda: painted(studio) == pytest.approx(100 - whole, abs=1))
    tour.shoot("13_inverted")
    studio.at(f"{PAINT} [data-act=clear]").click()
    studio.wait(lambda: "whole picture counts" in studio.at("#desk .desk-painted").inner_text())


def number_13_colour_range(tour: Tour) -> None:
    """13: a colour picked with the eyedropper is a mask, wider with more tolerance, and soft."""
    studio = tour.studio
    box = studio.at("#desk .desk-mask").bounding_box()
    assert box is not None
    studio.at(f"{PAINT} [data-tool=pick]").click()
    assert studio.in_view(f"{PAINT} [data-of=tolerance]", f"{PAINT} [data-of=softness]", PANES)
    tour.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.25)
    studio.wait(lambda: painted(studio) > 1)
    narrow = painted(studio)
    studio.at(f"{PAINT} [data-of=tolerance]").fill("40")
    studio.wait(lambda: painted(studio) > narrow)
    base = tour.page.evaluate("window.reswdDesk.viewer().then((viewer) => viewer.state.base)")
    with Image.open(io.BytesIO(tour.page.request.get(f"{base}/mask/source.png").body())) as image:
        values = np.asarray(image.convert("L"))
    assert ((values > 25) & (values < 230)).mean() > 0.005, "between all and nothing"
    tour.shoot("13_colour_picked")
    studio.at(f"{PAINT} [data-act=clear]").click()
    studio.wait(lambda: "whole picture counts" in studio.at("#desk .desk-painted").inner_text())


def _feather(tour: Tour, original: np.ndarray) -> None:
    studio = tour.studio
    box = studio.at("#desk .desk-mask").bounding_box()
    assert box is not None
    studio.at(f"{PAINT} [data-tool=brush]").click()
    studio.at(f"{PAINT} [data-of=hard]").fill("100")
    studio.at(f"{PAINT} [data-of=size]").fill("90" if not tour.is_phone else "60")
    stroke(studio, box, (0.35, 0.5), (0.65, 0.5))
    studio.wait(lambda: painted(studio) > 1)
    share = painted(studio)
    studio.at(f"{PAINT} [data-of=feather]").fill("40")
    tour.page.wait_for_timeout(600)
    assert share > 0
    tour.shoot("13_feathered")
    match(studio)
    assert not studio.at("#desk .desk-mask").count(), "the result is seen, not the brush"
    moved = np.abs(studio.after_pixels() - original).max(axis=2)
    assert (moved[:10] == 0).all() and (moved[-10:] == 0).all(), "the rest stays as it was"
    height, width = moved.shape
    assert moved[height // 2, width // 2 - 20 : width // 2 + 20].mean() > 4, "the painted part changes"
    across = moved[:, width // 2 - 40 : width // 2 + 40].mean(axis=1) / max(1, moved.max())
    assert np.abs(np.diff(across)).max() < 0.12, "no edge"
    view(studio, "Result")
    tour.shoot("13_graded")


def number_13_reference(tour: Tour) -> None:
    """13: the same for the reference."""
    studio = tour.studio
    box = open_the_brush(studio, "reference")
    assert studio.in_view(PAINT, PANES)
    stroke(studio, box, (0.4, 0.45), (0.6, 0.5))
    studio.at("#reference-painted").get_by_text("% of the picture is painted").wait_for()
    says(studio, "reference mask none, chosen now: painted")
    tour.axe("13 painting on the reference")
    studio.at(f"{PAINT} [data-act=clear]").click()
    studio.wait(lambda: "whole picture counts" in studio.at("#desk .desk-painted").inner_text())
    studio.at(f"{PAINT} [data-act=done]").click()
    studio.at("#desk .desk-mask").wait_for(state="detached")
    open_the_brush(studio)
    studio.at(f"{PAINT} [data-act=clear]").click()
    studio.wait(lambda: "whole picture counts" in studio.at("#desk .desk-painted").inner_text())
    studio.at(f"{PAINT} [data-act=done]").click()
    studio.at("#desk .desk-mask").wait_for(state="detached")


def _pairs(tour: Tour, original: np.ndarray) -> None:
    studio = tour.studio
    match(studio)
    plain = studio.after_pixels()
    studio.at("#pairs-pick").click()
    studio.at("#desk .desk-mask").wait_for()
    studio.wait(lambda: studio.in_view(PANES, "#desk .desk-asks"), 10)
    tour.shoot("15_eyedropper")
    tour.page.keyboard.press("Enter")  # the cross stands in the middle
    text = studio.at("#pairs textarea, #pairs input").first
    studio.wait(lambda: "=" in text.input_value())
    pickers = studio.at("#pairs-pickers input[type=color]")
    studio.wait(lambda: pickers.count() == 2)
    taken = [int(text.input_value()[at : at + 2], 16) for at in (1, 3, 5)]
    near = np.abs(original - taken).max(axis=2) <= 3
    assert near.any(), "a colour of the source"
    wanted = np.clip(plain[near].mean(axis=0) + (24, 0, -18), 0, 255).round().astype(int)
    pickers.nth(1).fill(f"#{''.join(f'{value:02x}' for value in wanted)}")
    says(studio, "pairs of colours")
    pickers.first.scroll_into_view_if_needed()
    tour.shoot("15_pair")
    tour.axe("15 a pair of colours")
    match(studio)
    before, after = (np.abs(each[near].mean(axis=0) - wanted).max() for each in (plain, studio.after_pixels()))
    assert before > 15 and after < 5, "this colour became that one"
    text.fill("")
    studio.wait(lambda: pickers.count() == 0)


def number_15_palette(tour: Tour) -> None:
    """15: colours with weights by pickers, out of a dropped picture, and out of a palette file."""
    studio = tour.studio
    studio.at("#more > button").click()
    studio.at("#kind").get_by_text("Palette").click()
    text, pickers = studio.at("#palette textarea"), studio.at("#swatches input[type=color]")
    studio.at("#swatches").get_by_role("button", name="Add a colour").click()
    studio.wait(lambda: pickers.count() == 1)
    pickers.first.fill("#204060")
    studio.wait(lambda: text.input_value() == "#204060")
    weight = tour.page.get_by_label("Weight of colour 1")
    weight.fill("3")
    weight.press("Tab")
    studio.wait(lambda: text.input_value() == "#204060:3")
    studio.at("#palette-file input[type=file]").set_input_files(REFERENCE)
    studio.wait(lambda: 3 <= pickers.count() <= 8)
    assert text.input_value().count("#") == pickers.count()
    strip = seen(studio, "#swatches .swatches")
    assert len({tuple(pixel) for pixel in strip[strip.shape[0] // 2]}) >= pickers.count(), "they are seen"
    studio.at("#palette-file").scroll_into_view_if_needed()
    tour.shoot("15_palette_of_a_picture")
    assert _covered(tour) == [], "no word lies on another"
    tour.axe("15 a palette of a picture")
    for name, content in (
        ("look.css", b":root { --a: #102030; --b: rgb(200, 150, 90); }"),
        ("look.gpl", b"GIMP Palette\nName: look\n#\n 16  32  48\tdeep\n200 150  90\tsand\n 90 120 140\thaze\n"),
    ):
        file = tour.folder / name
        file.write_bytes(content)
        studio.at("#palette-file input[type=file]").set_input_files(file)
        wanted = 2 if name.endswith("css") else 3
        studio.wait(lambda wanted=wanted: pickers.count() == wanted)  # type: ignore[misc]
    assert text.input_value() == "#102030, #c8965a, #5a788c"
    studio.at("#swatches").get_by_role("button", name="Take colour 3 out").click()
    studio.wait(lambda: text.input_value() == "#102030, #c8965a")


_COVERED_JS = """() => {
  const words = [];
  for (const part of document.querySelectorAll('#palette-room, #palette-file')) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, range = document.createRange();
      if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
      range.selectNodeContents(node);
      words.push([node.textContent.trim(), range.getBoundingClientRect()]);
    }
  }
  return words.flatMap(([one, a], at) => words.slice(at + 1).filter(([, b]) => a.width * b.width > 0
    && a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
    .map(([other]) => `${one} | ${other}`));
}"""


def _covered(tour: Tour) -> list[str]:
    """Words of the palette's place that lie on each other."""
    return list(tour.page.evaluate(_COVERED_JS))


def number_15_palette_match(tour: Tour) -> None:
    """15: a palette by eye is matched, and the result seen."""
    studio = tour.studio
    before = studio.after_address()
    match(studio)
    assert studio.after_address() != before
    studio.wait(lambda: studio.in_view(PANES), 10)
