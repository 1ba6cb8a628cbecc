"""A clip in a real Chromium: drop it, look at its frames, match, move the strength, grade all of it, stop, take it away."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from studio_page import DESK, PHONE, REFERENCE, SOURCE, Studio

from reswd_torch.settings import MatchSettings
from studio.references import PictureReference
from studio.service import job_for, run
from studio.service.clip import ClipResult
from tests.studio.media.clips.made import difference, make_clip, scene, shown

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


class ClipPage:
    """The tab of one person."""

    def __init__(self, studio: Studio) -> None:
        self.studio, self.page = studio, studio.page
        studio.page.get_by_role("tab", name="Grade a clip").click()
        studio.at("#clip-match").wait_for()

    def drop(self, path: Path) -> None:
        self.studio.upload("clip-source", path)
        self.studio.at("#clip-source-about").get_by_text(path.name).first.wait_for()

    def match(self, reference: Path = REFERENCE) -> None:
        self.studio.choose("clip-reference", reference)
        self.studio.at("#clip-match").click()
        self.studio.wait(lambda: self.studio.at("#clip-get-settings").is_enabled())
        self.studio.wait(lambda: self.studio.at("#clip-match").is_enabled())

    def go_to(self, number: int) -> None:
        """Write the number of a frame, and wait for the exact picture."""
        box = self.studio.at("#clip-frame input[type=number]")
        box.fill(str(number))
        box.blur()
        self.at(number)

    def at(self, number: int) -> None:
        self.studio.at("#clip-place").get_by_text(f"Frame {number} of").wait_for()
        self.studio.wait(lambda: self.studio.at(f"#clip-view img[alt^='Frame {number},']:visible").count() > 0)
        self.studio.wait(lambda: ".png" in self.addresses()[-1])

    def addresses(self) -> list[str]:
        images = self.studio.at("#clip-view img:visible").all()
        return [image.get_attribute("src") or "" for image in images] or [""]

    def pictures(self) -> list[np.ndarray]:
        """What is seen, each picture once, in the order before and after."""
        found = []
        for address in dict.fromkeys(self.addresses()):
            body = self.page.request.get(address).body()
            array = np.frombuffer(body, np.uint8)
            found.append(cv2.cvtColor(cv2.imdecode(array, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
        return found


def expected(clip: Path, strength: float = 1.0) -> ClipResult:
    result = run(job_for(clip, PictureReference(REFERENCE), MatchSettings(strength=strength)))
    assert isinstance(result, ClipResult)
    return result


def test_drop_scrub_match_grade_and_take_away(open_page, clip: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    studio: Studio = open_page()
    tab, frames = ClipPage(studio), shown(clip)
    tab.drop(clip)
    said = studio.said("#clip-source-about")
    for part in ("384 × 240", "25 frames/s", "60 frames, 2.4 s", "H.264", "Rec.709 video"):
        assert part in said, said
    studio.wait(lambda: ".png" in tab.addresses()[-1])
    assert np.array_equal(tab.pictures()[0], frames[0]), "the first frame at once"

    slider = studio.at("#clip-frame input[type=range]")
    slider.focus()
    tab.page.keyboard.press("ArrowRight")
    tab.at(2)
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.page.keyboard.press("Shift+ArrowRight")
    tab.at(22)
    tab.page.keyboard.press("ArrowLeft")
    tab.at(21)
    assert np.array_equal(tab.pictures()[0], frames[20])
    tab.go_to(47)
    assert np.array_equal(tab.pictures()[0], frames[46])
    studio.shoot("clip-dropped-1280", full=True)

    tab.match()
    result = expected(clip)
    before, after = tab.pictures()
    assert np.array_equal(before, frames[46]) and np.array_equal(after, result.graded(frames[46]))
    assert studio.in_view("#clip-view .desk-panes", "#clip-frame"), "the picture and its slider share the screen"
    tab.go_to(10)
    assert np.array_equal(tab.pictures()[1], result.graded(frames[9])), "the grade goes with the frame"
    _strength_is_live(tab, clip, frames[9])
    _graded_is_what_is_downloaded(tab, clip, tmp_path)
    assert not studio.too_wide()
    studio.shoot("clip-graded-1280", full=True)


def _strength_is_live(tab: ClipPage, clip: Path, frame: np.ndarray) -> None:
    old = tab.addresses()[-1]
    tab.studio.at("#clip-strength input[type=range]").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true}));"
        " e.dispatchEvent(new PointerEvent('pointerup', {bubbles: true})); }",
        "0.5",
    )
    tab.studio.wait(lambda: tab.addresses()[-1] != old and ".png" in tab.addresses()[-1])
    tab.studio.wait(lambda: np.array_equal(tab.pictures()[1], expected(clip, 0.5).graded(frame)), 15)


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
    studio.at("#clip-view img[data-of=after]").wait_for()
    studio.wait(lambda: "→" in studio.at("#clip-metrics").inner_text())
    studio.at("#clip-part").get_by_text("The whole clip").click()
    studio.at("#clip-stale").get_by_text("matched to long.mp4 at 0.22 s").wait_for()
    assert studio.at("#clip-reference-picture").is_hidden()


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
    studio.at("#clip-run").click()
    studio.wait(lambda: studio.at("#clip-player video").evaluate("e => e.readyState >= 2"))
    assert not studio.too_wide()
    for name in ("Match colours", "Batch", "Guide a generation"):
        assert studio.page.get_by_role("tab", name=name).is_visible(), name
    box = studio.at("#clip-view .desk-panes").bounding_box()
    assert box is not None and box["width"] > 0.8 * min(size[0], 700)
    studio.shoot(f"clip-{size[0]}-{scheme}", full=True)
