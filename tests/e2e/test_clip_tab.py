"""A clip in a real Chromium: drop it, look at its frames, match, move the strength, grade all of it, stop, take it away."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from studio_page import DESK, PHONE, REFERENCE, SOURCE, Studio

from reswd_torch.grade.trims import NEUTRAL, Trims
from reswd_torch.settings import MatchSettings
from studio.references import PictureReference
from studio.service import job_for, run
from studio.service.clip import ClipResult
from studio.ui.clip import choose, show
from tests.studio.media.clips.made import difference, make_clip, scene, shown

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser
FRAMES = 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every frame is another: the same photograph, a little further to the left.

    Its width is a multiple of 128: of others x264 writes other bytes each time.
    """
    with Image.open(SOURCE) as image:
        wide = np.asarray(image.convert("RGB").resize((480, 240)))
    pictures = [np.ascontiguousarray(wide[:, number : number + 384]) for number in range(FRAMES)]
    place = tmp_path_factory.mktemp("clips") / "harbour.mp4"
    return make_clip(place, pictures=pictures, options={"crf": "10", "g": "25"})


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes long enough to be stopped."""
    pictures = [scene(number, (720, 1280)) for number in range(8)] * 25
    return make_clip(tmp_path_factory.mktemp("clips") / "long.mp4", pictures=pictures, options={"preset": "ultrafast"})


@pytest.fixture(scope="module")
def large_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4K, with grain: what a preview would lose."""
    grain = np.random.default_rng(4).normal(0, 12, (2160, 3840, 1))
    pictures = [
        (scene(number, (2160, 3840)) + np.roll(grain, number, 1)).clip(0, 255).astype(np.uint8) for number in range(2)
    ]
    options = {"crf": "4", "preset": "ultrafast"}
    return make_clip(tmp_path_factory.mktemp("clips") / "large.mp4", pictures=pictures, options=options, audio=False)


_PLACE = """async (name) => {
  const viewer = await window.reswdDesk.viewer('clip-desk');
  const pane = viewer.panes[name], room = pane.element.getBoundingClientRect();
  const [begin, end] = [pane.placeOf(0, 0), pane.placeOf(pane.size.width, pane.size.height)];
  return {room: [room.left, room.top, room.right, room.bottom],
    picture: [room.left + begin.x, room.top + begin.y, room.left + end.x, room.top + end.y], scale: pane.scale()};
}"""


class ClipPage:
    """The tab of one person."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.page = studio, studio.page
        studio.page.get_by_role("tab", name="Grade a clip").click()
        studio.at("#clip-match").wait_for()

    def drop(self, path: Path) -> None:
        self.studio.upload("clip-source", path)
        self.studio.at("#clip-source-about").get_by_text(path.name).first.wait_for()
        self.studio.at("#clip-desk .desk[data-frame='1']").wait_for()

    def match(self, reference: Path = REFERENCE) -> None:
        self.studio.choose("clip-reference", reference)
        self.press_match()

    def press_match(self) -> None:
        """Press the button and wait until the viewer has a new result, and all that is said of it is there."""
        before = self.look()
        self.studio.at("#clip-match").click()
        self.studio.wait(lambda: self.look() not in ("", before))
        self.studio.wait(lambda: self.studio.at("#clip-match").is_enabled())
        assert self.studio.at("#clip-get-settings").is_enabled()

    def look(self) -> str:
        """What the viewer calls the graded frame that it shows; empty while it shows none."""
        return self.studio.at("#clip-desk .desk").get_attribute("data-look") or ""

    def press(self, name: str) -> None:
        """Press a button of the viewer."""
        self.studio.at("#clip-desk").get_by_role("button", name=name, exact=True).click()

    def go_to(self, number: int) -> None:
        """Write the number of a frame."""
        box = self.studio.at("#clip-frame input[type=number]")
        box.fill(str(number))
        box.blur()

    def drag(self, elem_id: str, value: float) -> None:
        """Move a slider, as a hand does: by its own events."""
        self.studio.at(f"#{elem_id} input[type=range]").evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", str(value)
        )

    def at(self, number: int) -> None:
        """Wait until the page says that it shows a frame."""
        self.studio.at("#clip-place").get_by_text(f"Frame {number} of").wait_for()
        self.studio.at(f"#clip-desk .desk[data-frame='{number}']").wait_for()

    def seen(self, pane: str = "before") -> tuple[np.ndarray, slice, slice]:
        """What a person sees in a pane at 100 %: the pixels on the screen, and which rows and columns of the frame they are."""
        self.studio.at("#clip-desk .desk-panes").evaluate("e => e.scrollIntoView({block: 'center'})")
        found = self.page.evaluate(_PLACE, pane)
        assert abs(found["scale"] - 1) < 0.004, found
        room, picture = found["room"], found["picture"]
        left, top = (max(room[at], picture[at]) for at in (0, 1))
        right, bottom = (min(room[at], picture[at]) for at in (2, 3))
        left, top, right, bottom = round(left + 0.4), round(top + 0.4), round(right - 0.4), round(bottom - 0.4)
        box = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        with Image.open(io.BytesIO(self.page.screenshot(clip=box))) as image:
            pixels = np.asarray(image.convert("RGB"))
        row, column = round(top - picture[1]), round(left - picture[0])
        return pixels, slice(row, row + pixels.shape[0]), slice(column, column + pixels.shape[1])

    def shows(self, before: np.ndarray, after: np.ndarray | None = None) -> bool:
        """Whether exactly these frames are seen at 100 %: left and right of the divider, or the first one alone."""
        pixels, rows, columns = self.seen()
        rows_, half, edge = (
            slice(40, pixels.shape[0] - 4),
            pixels.shape[1] // 2,
            24,
        )  # below the name, beside the divider
        for part, frame in (
            (slice(4, half - edge), before),
            (slice(half + edge, -4), before if after is None else after),
        ):
            if not np.array_equal(pixels[rows_, part], frame[rows, columns][rows_, part]):
                return False
        return True

    def comes_to_show(self, before: np.ndarray, after: np.ndarray | None = None) -> None:
        self.studio.wait(lambda: self.shows(before, after), 20)


def expected(clip: Path, strength: float = 1.0, trims: Trims = NEUTRAL) -> ClipResult:
    result = run(job_for(clip, PictureReference(REFERENCE), MatchSettings(strength=strength, trims=trims)))
    assert isinstance(result, ClipResult)
    return result


def test_drop_scrub_match_grade_and_take_away(open_page, clip: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(clip)
    tab.drop(clip)
    said = studio.said("#clip-source-about")
    for part in ("384 × 240", "25 frames/s", "60 frames, 2.4 s", "H.264", "Rec.709 video"):
        assert part in said, said
    tab.press("100 %")
    tab.comes_to_show(frames[0])

    slider = studio.at("#clip-frame input[type=range]")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.at(2)
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.at(22)
    tab.page.keyboard.press("ArrowLeft")
    tab.at(21)
    tab.comes_to_show(frames[20])
    tab.go_to(47)
    tab.at(47)
    tab.comes_to_show(frames[46])
    studio.shoot("clip-dropped-1280", full=True)

    tab.match()
    result = expected(clip)
    tab.comes_to_show(frames[46], result.graded(frames[46]))
    studio.at("#clip-frame").scroll_into_view_if_needed()
    assert studio.in_view("#clip-desk .desk-panes", "#clip-frame"), "the picture and its slider share the screen"
    assert "→" not in studio.said("#clip-taken") and "→" in studio.said("#clip-metrics"), (
        "a figure is among the numbers"
    )
    tab.go_to(10)
    tab.comes_to_show(frames[9], result.graded(frames[9]))
    tab.drag("clip-strength", 0.5)
    tab.comes_to_show(frames[9], expected(clip, 0.5).graded(frames[9]))
    _graded_is_what_is_downloaded(tab, clip, tmp_path)
    assert not studio.too_wide()
    studio.shoot("clip-graded-1280", full=True)


def _graded_is_what_is_downloaded(tab: ClipPage, clip: Path, folder: Path) -> None:
    studio = tab.studio
    studio.at("#clip-run").click()
    studio.wait(lambda: studio.at("#clip-get").is_enabled())
    assert "60 frames, 2.4 s" in studio.said("#clip-graded-about")
    studio.wait(lambda: studio.at("#clip-player video").evaluate("e => e.readyState >= 2 && e.videoWidth === 384"))
    file = studio.download("clip-get", folder)
    assert file.name == "harbour matched.mp4"
    result, written = expected(clip, 0.5), shown(file)
    assert difference([result.graded(frame) for frame in shown(clip)], written)[0] < 2.0
    line = result.save_clip(folder / "line.mp4").path
    assert file.read_bytes() == line.read_bytes(), "the bytes of the command line"
    cube = studio.download("clip-get-cube", folder)
    assert cube.name == "harbour matched.cube"
    assert cube.read_bytes() == result.save_grade(folder / "line.cube").read_bytes()


def test_stop_ends_it_and_what_is_wrong_is_one_line(open_page, clip: Path, long_clip: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab = ClipPage(studio)
    studio.at("#clip-run").click()
    studio.at("#clip-run-status").get_by_text("Drop a clip first").wait_for()
    tab.drop(long_clip)
    tab.match()
    studio.at("#clip-run").click()
    studio.at("#clip-bar").get_by_text("Grading: frame").wait_for()
    studio.wait(lambda: " left" in studio.at("#clip-bar").inner_text())
    studio.shoot("clip-grading-1280")
    studio.at("#clip-run-stop").click()
    studio.at("#clip-run-status").get_by_text("Stopped. Nothing was kept").wait_for(timeout=3000)
    assert studio.at("#clip-get").is_disabled() and studio.at("#clip-run").is_enabled()
    assert studio.at("#clip-player").is_hidden()

    bad = tmp_path / "broken.mp4"
    bad.write_bytes(b"\0\0\0\x18ftypisom nothing more")
    studio.upload("clip-source", bad)
    studio.at("#clip-source-about").get_by_text("broken.mp4: this is not a video file").wait_for()
    assert studio.at("#clip-source input[type=file]").count() == 1, "the place is free for another"
    tab.drop(clip)
    tab.match()
    studio.at("#clip-more").get_by_text("More").click()
    studio.at("#clip-transform").get_by_text("CDL").click()
    studio.at("#clip-stale").get_by_text("This is still harbour.mp4 matched to mountain-sunset.jpg").wait_for()
    studio.at("#clip-transform").get_by_text("Automatic").click()
    studio.wait(lambda: studio.said("#clip-stale") == "")


def test_a_page_that_is_left_stops_its_work(open_page, long_clip: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab = ClipPage(studio)
    tab.drop(long_clip)
    tab.match()
    studio.at("#clip-run").click()
    studio.at("#clip-bar").get_by_text("Grading: frame").wait_for()
    place = Path(os.environ["GRADIO_TEMP_DIR"])
    assert _working() and any("long matched" in path.name for path in place.rglob("graded-*/*"))
    studio.page.close()
    until = time.monotonic() + 10
    while _working() and time.monotonic() < until:
        time.sleep(0.1)
    assert not _working()
    assert not [path for path in place.rglob("graded-*/*") if "long matched" in path.name]


def _working() -> bool:
    return any(thread.name == "streamed job" for thread in threading.enumerate())


def test_a_frame_of_another_clip_is_the_reference(open_page, clip: Path, long_clip: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab = ClipPage(studio)
    tab.drop(clip)
    studio.at("#clip-kind").get_by_text("Clip", exact=True).click()
    studio.upload("clip-reference-clip", long_clip)
    studio.at("#clip-reference-clip-about").get_by_text("long.mp4").wait_for()
    box = studio.at("#clip-reference-frame input[type=number]")
    box.fill("6")
    box.blur()
    studio.wait(lambda: studio.at("#clip-reference-picture img").evaluate("e => e.complete && e.naturalWidth > 0"))
    studio.at("#clip-match").click()
    studio.wait(lambda: "→" in studio.at("#clip-metrics").inner_text())
    tab.press("Side by side")
    names = studio.at("#clip-desk .desk-pane:visible .desk-name")
    studio.wait(lambda: names.all_inner_texts() == ["harbour.mp4", "Result", "long.mp4, frame 6"])
    tab.press("100 %")
    studio.wait(lambda: _same(tab, "reference", shown(long_clip)[5]), 20)
    studio.at("#clip-part").get_by_text("The whole clip").click()
    studio.at("#clip-stale").get_by_text("matched to long.mp4 at 0.22 s").wait_for()
    assert studio.at("#clip-reference-picture").is_hidden()


def _same(tab: ClipPage, pane: str, frame: np.ndarray) -> bool:
    """Whether a pane shows exactly a part of a frame at 100 %."""
    pixels, rows, columns = tab.seen(pane)
    inner = (slice(40, -4), slice(4, -4))  # below the name
    return np.array_equal(pixels[inner], frame[rows, columns][inner])


def test_whatever_comes_late_the_picture_of_the_controls_stays(open_page, clip: Path) -> None:  # type: ignore[no-untyped-def]
    """A passing picture that takes longer than the exact one comes behind it; it must not lie over it."""
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(clip)
    tab.drop(clip)
    tab.match()
    tab.press("100 %")
    for control, value, frame, strength in (("clip-frame", 30, 29, 1.0), ("clip-strength", 0.5, 29, 0.5)):
        held: list[Route] = []
        tab.page.route("**/live.jpg*", partial(_hold, held))
        tab.drag(control, value)
        studio.wait(lambda held=held: len(held) > 0)
        graded = expected(clip, strength).graded(frames[frame])
        tab.comes_to_show(frames[frame], graded)
        for route in held:
            route.continue_()
        tab.page.unroute("**/live.jpg*")
        studio.wait(
            lambda: not tab.page.evaluate("window.reswdDesk.viewer('clip-desk').then((viewer) => viewer.asking)")
        )
        assert tab.shows(frames[frame], graded), "the late picture is left alone"


def _hold(held: list[Route], route: Route) -> None:
    held.append(route)


_ORDER = """async () => {
  const {Order} = await import(new URL('desk/scripts/order.js', location.href));
  const order = new Order(), said = [];
  const first = order.move(), second = order.move();
  said.push(order.takes({at: 7, move: first}), order.mayShow(second), order.rests);  // the hand has moved on
  said.push(order.takes({at: 9, move: second}), order.mayShow(second), order.rests);  // it rests
  said.push(order.takes({at: 8, move: first}), order.takes({at: 9, move: second}));  // told earlier, come later
  const third = order.move();
  said.push(order.mayShow(third), order.takes({at: 12}), order.mayShow(third), order.rests);  // told for another reason
  return said;
}"""


def test_the_order_in_which_pictures_stay(open_page) -> None:  # type: ignore[no-untyped-def]
    said = open_page().page.evaluate(_ORDER)
    assert said == [True, True, False, True, False, True, False, False, True, True, False, True]


def test_trims_are_live_and_go_into_every_file(open_page, clip: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(clip)
    tab.drop(clip)
    tab.match()
    tab.press("100 %")
    plain, warm = expected(clip).graded(frames[0]), Trims(exposure=0.4, temperature=30, neutralise=0.5)
    tab.comes_to_show(frames[0], plain)
    for name in ("exposure", "temperature", "neutralise"):
        tab.drag(f"clip-trim-{name}", getattr(warm, name))
    tab.comes_to_show(frames[0], expected(clip, trims=warm).graded(frames[0]))
    studio.at("#clip-trims-said").get_by_text("Trimmed: exposure, temperature and neutralise").wait_for()
    assert studio.said("#clip-stale") == "", "trims are part of the grade, and make nothing old"

    studio.at("#clip-more").get_by_text("More").click()
    studio.at("#clip-transform").get_by_text("CDL").click()
    tab.press_match()
    studio.at("#clip-trims-said").get_by_text("Trimmed: exposure, temperature and neutralise").wait_for()
    assert studio.at("#clip-get-cc").is_disabled() and studio.at("#clip-get-cube").is_enabled()
    studio.at("#clip-trims-reset").click()
    studio.wait(lambda: studio.at("#clip-get-cc").is_enabled())
    tab.drag("clip-trim-saturation", 1.2)
    studio.at("#clip-trims-said").get_by_text("Kind: CDL, ten numbers.").wait_for()
    cdl = studio.download("clip-get-cc", tmp_path)
    own = run(job_for(clip, PictureReference(REFERENCE), MatchSettings(transform="cdl", trims=Trims(saturation=1.2))))
    assert isinstance(own, ClipResult)
    assert cdl.read_bytes() == own.save_grade(tmp_path / "own.cc").read_bytes()

    studio.at("#clip-trim-only").get_by_text("Colour only").click()
    tab.drag("clip-trim-neutralise", 0.5)
    studio.at("#clip-trims-said").get_by_text("Kind: LUT, because of").wait_for()
    studio.wait(lambda: studio.at("#clip-get-cc").is_disabled())
    trims = Trims(saturation=1.2, only="colour", neutralise=0.5)
    tab.comes_to_show(frames[0], own.trimmed(trims).graded(frames[0]))
    _the_line_writes_the_same(tab, clip, tmp_path)

    studio.at("#clip-trims-reset").click()
    studio.wait(lambda: studio.said("#clip-trims-said") == "")
    tab.comes_to_show(frames[0], own.trimmed(NEUTRAL).graded(frames[0]))


def _the_line_writes_the_same(tab: ClipPage, clip: Path, folder: Path) -> None:
    """The settings, beside the clip and the reference, run to the bytes of the page on the command line."""
    studio = tab.studio
    studio.at("#clip-run").click()
    studio.wait(lambda: studio.at("#clip-get").is_enabled())
    page, cube = studio.download("clip-get", folder), studio.download("clip-get-cube", folder)
    settings = studio.download("clip-get-settings", folder)
    shutil.copy(clip, folder)
    shutil.copy(REFERENCE, folder)
    words = [
        "match",
        clip.name,
        REFERENCE.name,
        "--from-settings",
        settings.name,
        "-o",
        "line.mp4",
        "--cube",
        "line.cube",
    ]
    subprocess.run([sys.executable, "-m", "studio", *words], cwd=folder, check=True, capture_output=True)
    assert page.read_bytes() == (folder / "line.mp4").read_bytes()
    assert cube.read_bytes() == (folder / "line.cube").read_bytes()


@pytest.mark.parametrize(("module", "name"), [(choose, "catch_up"), (show, "numbers")], ids=["begins", "answers"])
def test_trims_that_are_set_back_while_a_match_runs_stay_so(  # type: ignore[no-untyped-def]
    open_page, clip: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """The match is held as it begins, with the trims that its button sent, and as its answer is made; the trims go meanwhile."""
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(clip)
    studio.at("#clip-more").get_by_text("More").click()
    studio.at("#clip-transform").get_by_text("CDL").click()
    tab.drop(clip)
    tab.match()
    tab.press("100 %")
    own = run(job_for(clip, PictureReference(REFERENCE), MatchSettings(transform="cdl")))
    assert isinstance(own, ClipResult)
    tab.comes_to_show(frames[0], own.graded(frames[0]))
    tab.drag("clip-trim-neutralise", 0.5)
    studio.at("#clip-trims-said").get_by_text("Trimmed: neutralise").wait_for()
    studio.wait(lambda: studio.at("#clip-get-cc").is_disabled())

    begun, may_go, does = threading.Event(), threading.Event(), getattr(module, name)

    def held(*given: Any, **named: Any) -> Any:
        if not begun.is_set():  # the match comes first, and all others pass
            begun.set()
            assert may_go.wait(60)
        return does(*given, **named)

    monkeypatch.setattr(module, name, held)
    studio.at("#clip-match").click()
    studio.wait(begun.is_set)
    try:
        studio.at("#clip-trims-reset").click()
        studio.wait(lambda: studio.at("#clip-get-cc").is_enabled())
    finally:
        before = tab.look()
        may_go.set()
    studio.wait(lambda: studio.at("#clip-match").is_enabled())
    studio.wait(lambda: tab.look() != before)
    assert studio.at("#clip-trim-neutralise input[type=number]").input_value() == "0"
    assert studio.said("#clip-trims-said") == "" and studio.at("#clip-get-cc").is_enabled()
    tab.comes_to_show(frames[0], own.graded(frames[0]))


def test_a_4k_clip_is_looked_at_closely(open_page, large_clip: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(large_clip)
    tab.drop(large_clip)
    tab.match()
    tab.press("100 %")
    result = expected(large_clip)
    tab.comes_to_show(frames[0], result.graded(frames[0]))
    studio.at("#clip-desk .desk-canvas [role=img]").first.focus()
    tab.page.keyboard.press("ArrowRight")
    looked = "window.reswdDesk.viewer('clip-desk').then((viewer) => viewer.first.looked())"
    place = tab.page.evaluate(looked)
    scope = studio.at("#clip-desk-scopes .scopes-picture")
    drawn = scope.get_attribute("src")
    tab.drag("clip-frame", 2)
    tab.at(2)
    tab.comes_to_show(frames[1], result.graded(frames[1]))
    assert tab.page.evaluate(looked) == place, "another frame, the same place at the same size"
    studio.wait(lambda: scope.get_attribute("src") != drawn)
    tab.page.keyboard.down("o")
    tab.comes_to_show(frames[1])
    tab.page.keyboard.up("o")
    tab.page.keyboard.press("r")
    studio.wait(lambda: _same(tab, "before", result.graded(frames[1])), 20)
    tab.page.keyboard.press("d")
    studio.wait(lambda: _same(tab, "after", result.graded(frames[1])), 20)
    assert _same(tab, "before", frames[1])
    assert studio.at("#clip-desk .desk-pane:visible .desk-name").last.inner_text() == REFERENCE.name
    studio.at("#clip-kind").get_by_text("Palette", exact=True).click()
    studio.at("#clip-palette textarea").fill("#14213d, #fca311")
    tab.press_match()
    studio.wait(lambda: studio.at("#clip-desk .desk-pane:visible").count() == 2, 10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "dark")], ids=["phone", "phone-dark", "desk-dark"]
)
def test_it_fits_the_window_in_light_and_dark(open_page, clip: Path, size: tuple[int, int], scheme: str) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page(size, color_scheme=scheme)
    tab = ClipPage(studio)
    assert not studio.too_wide()
    tab.drop(clip)
    tab.match()
    tab.go_to(30)
    tab.at(30)
    studio.at("#clip-run").click()
    studio.wait(lambda: studio.at("#clip-player video").evaluate("e => e.readyState >= 2"))
    assert not studio.too_wide()
    for name in ("Match colours", "Batch", "Guide a generation"):
        assert studio.page.get_by_role("tab", name=name).is_visible(), name
    box = studio.at("#clip-desk .desk-panes").bounding_box()
    assert box is not None and box["width"] > 0.8 * min(size[0], 700)
    studio.shoot(f"clip-{size[0]}-{scheme}", full=True)
