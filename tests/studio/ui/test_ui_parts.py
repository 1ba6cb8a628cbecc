"""The app's pieces without a browser: words, masks, sessions, what the module loads."""

from __future__ import annotations

import copy
import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, Lut3D
from reswd_torch.settings import METHODS
from studio.ui import words
from studio.ui.app import build_app
from studio.ui.examples import load_examples, pair_tile
from studio.ui.match import downloads, run
from studio.ui.match.choose import choose, choose_grade, is_stale, keep_painting, open_side, start_painting
from studio.ui.match.masks import mask_file, painted_area
from studio.ui.match.run import PALETTE, PICTURE, SAVED, Choice, compare, graded_pair, make_job, match, set_strength
from studio.ui.session import Session, Stopped, forget
from studio.ui.settings import settings_from

ASSETS = Path(__file__).resolve().parents[3] / "assets"
SOURCE, REFERENCE = ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg"


def _choice(**given: object) -> Choice:
    plain = {"kind": PICTURE, "palette": "", "method": "fast", "transform": "auto", "strength": 1.0, "seed": 0}
    masks = {"device": "auto", "source_mask": None, "reference_mask": None}
    return Choice(**{**plain, **masks, **given})  # type: ignore[arg-type]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Session(source=open_side(SOURCE), reference=open_side(REFERENCE))


def _silent(*_: object, **__: object) -> None:
    """In place of gr.Progress."""


def test_importing_the_app_loads_no_diffusion() -> None:
    code = "import sys, app; assert not {'diffusers', 'transformers'} & set(sys.modules); print('fine')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ASSETS.parent, check=True)
    assert done.stdout.strip() == "fine"


def test_no_stub_is_written_beside_the_sources() -> None:
    import studio.ui.app

    studio.ui.app.build_app()
    assert not list(Path(studio.ui.app.__file__).parent.glob("*.pyi"))


def test_messages_name_the_file_and_not_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    error = InputError(f"{tmp_path}/ab12/my harbour.jpg: cut short; and {tmp_path}/reswd/x-y/2/mask.png too")
    assert words.plain(error) == "my harbour.jpg: cut short; and mask.png too"


@pytest.mark.parametrize(
    ("folder", "step"),
    [(r"C:\Users\Jo Smith\AppData\Local\Temp\gradio", "\\"), ("C:/Users/Jo Smith/gradio", "\\"), ("/tmp/a b", "/")],
)
def test_messages_name_no_folder_of_either_system(folder: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", folder)
    path = step.join([folder.replace("/", step), "ab12", "my harbour.jpg"])
    assert words.plain(InputError(f"{path}: cut short")) == "my harbour.jpg: cut short"
    assert words.plain(InputError(f"{SOURCE}: gone")) == "lagoon-jetty.jpg: gone"


def test_words_are_escaped() -> None:
    assert "<script>" not in words.message("<script>alert(1)</script>")


def test_numbers_of_both_kinds_of_grade() -> None:
    assert "1.2500" in words.numbers(Grade(Cdl((1.25, 1.0, 1.0))))
    assert "3-D LUT" in words.numbers(Grade(Lut3D.sample(lambda rgb: rgb**2, 9)))


def test_every_method_has_a_name() -> None:
    assert set(words.METHOD_NAMES) == set(METHODS)


def test_painted_area_is_scaled_to_the_picture(session: Session) -> None:
    layer = np.zeros((30, 40, 4), np.uint8)
    layer[:15, :, 3] = 255
    side = session.source
    assert side is not None
    assert painted_area(None) is None
    assert painted_area({"layers": [np.zeros((30, 40, 4), np.uint8)]}) is None
    assert mask_file(session, side, "mask") is None
    side.painted = painted_area({"layers": [layer]})
    place = mask_file(session, side, "mask")
    assert place is not None
    mask = np.asarray(Image.open(place))
    assert mask.shape == side.size
    assert set(np.unique(mask)) == {0, 255}
    assert mask.mean() == pytest.approx(127.5, abs=1)


def test_a_mask_is_written_without_opencvs_paths(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows they know no accents."""
    import cv2

    monkeypatch.setattr(cv2, "imwrite", lambda *_: False)
    side = session.source
    assert side is not None
    side.painted = np.eye(9, dtype=bool)
    place = mask_file(session, side, "Maske für Ähren")
    assert place is not None
    assert np.asarray(Image.open(place)).shape == side.size


def test_sizes_of_turned_and_reduced_jpegs(tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (4000, 3000), (90, 120, 30)).save(turned, exif=exif)
    side = open_side(turned)
    assert side.size == (4000, 3000)
    assert max(side.preview.pixels.shape) == 1600


def test_a_picture_past_pillows_limit_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.jpg"
    Image.new("RGB", (2400, 1800), (90, 120, 30)).save(large)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    assert open_side(large).size == (1800, 2400)


@pytest.mark.parametrize("number", [None, "", "x", math.nan, math.inf, -math.inf, 10**400, [1], True])
def test_numbers_that_are_none_are_refused_in_one_line(number: object) -> None:
    plain = {"method": "fast", "transform": "auto", "strength": 1, "seed": 0, "device": "auto"}
    for name in ("strength", "seed"):
        with pytest.raises(InputError, match=name) as caught:
            settings_from(**{**plain, name: number})
        assert len(str(caught.value)) < 120


def test_a_large_seed_is_kept_to_the_last_digit() -> None:
    seed = 2**62 + 1
    made = settings_from(method="fast", transform="auto", strength=1, seed=seed, device="auto")
    assert made.seed == seed


def test_sessions_start_empty_and_clean_up(session: Session) -> None:
    assert copy.deepcopy(session).source is None
    folder = session.folder
    assert folder.is_dir()
    assert copy.deepcopy(session).folder != folder
    forget(session)
    assert not folder.exists()
    forget(None)


def test_places_at_the_same_time_are_different_ones(session: Session) -> None:
    with ThreadPoolExecutor(16) as pool:
        places = list(pool.map(lambda _: session.new_place("a.png"), range(400)))
    assert len({*places}) == 400
    assert len({place.parent.parent for place in places}) == 1


def test_nothing_is_left_when_the_process_ends(tmp_path: Path) -> None:
    code = "from studio.ui.session import Session; print(Session().new_place('a'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ASSETS.parent, check=True, env={**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)},
    )  # fmt: skip
    assert str(tmp_path) in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_nothing_is_left_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    code = """
import os, signal, time
from types import SimpleNamespace
from studio.ui import app, session

def launch(**_):
    print(session.Session().new_place("a"))
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(20)

app.warm_up = lambda: None
app.build_app = lambda allowed: SimpleNamespace(launch=launch)
app.serve()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ASSETS.parent, env={**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)},
    )  # fmt: skip
    assert str(tmp_path) in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_only_the_last_previews_stay(session: Session) -> None:
    for _ in range(12):
        session.new_file(".png").write_bytes(b"x")
    assert len(list(session.folder.glob("preview-*"))) == 8


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": PALETTE}, "palette"),
        ({"kind": "Saved grade"}, "saved grade"),
        ({"seed": 1.5}, "whole number"),
        ({"seed": None}, "whole number"),
    ],
)
def test_what_is_missing_is_said(session: Session, given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_job(session, _choice(**given))


def test_stop_keeps_the_last_result(session: Session) -> None:
    match(session, _choice(), _silent)  # type: ignore[arg-type]
    kept = session.shown

    def press_stop(*_: object, **__: object) -> None:
        session.stop = True

    with pytest.raises(Stopped):
        match(session, _choice(method="reswd"), press_stop)  # type: ignore[arg-type]
    assert session.shown is kept


def test_the_slider_moved_during_a_match_has_the_last_word(session: Session) -> None:
    def move_the_slider(*_: object, **__: object) -> None:
        set_strength(session, 0.3)

    shown = match(session, _choice(), move_the_slider)  # type: ignore[arg-type]
    assert session.shown is not None
    assert session.shown.job.settings.strength == 0.3
    assert session.shown.grade.strength == 0.3
    assert shown.metrics == words.metrics(session.shown)


def test_a_strength_being_typed_leaves_the_last_one(session: Session) -> None:
    match(session, _choice(strength=0.5), _silent)  # type: ignore[arg-type]
    assert set_strength(session, None) is None
    assert session.shown is not None
    assert session.shown.job.settings.strength == 0.5


def test_a_picture_that_was_cleaned_up_is_said(session: Session, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(SOURCE.read_bytes())
    session.source = open_side(gone)
    match(session, _choice(), _silent)  # type: ignore[arg-type]
    assert session.before is not None
    session.before.unlink()
    gone.unlink()
    with pytest.raises(InputError, match=r"^gone.jpg is no longer on the server: choose it again"):
        downloads.make_download(session, downloads.PICTURE_KIND, 33)
    with pytest.raises(InputError, match=r"^gone.jpg is no longer on the server: choose it again"):
        match(session, _choice(), _silent)  # type: ignore[arg-type]
    assert Path(downloads.make_download(session, downloads.SETTINGS_KIND, 33)).is_file()
    assert all(Path(each).is_file() for each in graded_pair(session, session.shown, ".jpg"))  # type: ignore[arg-type]


def test_a_mask_that_was_cleaned_up_is_said(session: Session, tmp_path: Path) -> None:
    mask = tmp_path / "my mask.png"
    with Image.open(SOURCE) as image:
        Image.new("L", image.size, 255).save(mask)
    match(session, _choice(source_mask=str(mask)), _silent)  # type: ignore[arg-type]
    mask.unlink()
    assert Path(downloads.make_download(session, downloads.SETTINGS_KIND, 33)).is_file()
    with pytest.raises(InputError, match=r"^my mask.png is no longer on the server"):
        downloads.make_download(session, downloads.PICTURE_KIND, 33)


def test_a_refused_picture_leaves_the_mask_and_another_one_clears_it(session: Session, tmp_path: Path) -> None:
    side = session.source
    assert side is not None
    side.painted, session.painting = np.eye(9, dtype=bool), {"source"}
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    _, about, *mask = choose(session, str(bad), "source")
    assert "bad.jpg" in about
    assert session.source is side
    assert session.painting == {"source"}
    assert all(update == gr.skip() for update in mask), "the mask still counts, so it stays to be seen"
    _, _, file, editor, painted, button = choose(session, str(REFERENCE), "source")
    assert session.source.painted is None
    assert not session.painting
    assert (file, editor["visible"], painted, button) == (None, False, "", words.paint_label("source"))


def test_the_paint_button_opens_and_closes_and_keeps_what_was_painted(session: Session) -> None:
    group, editor, _, button = start_painting(session, None, "source")
    assert (group["visible"], button) == (True, words.paint_label("source", painting=True))
    assert "background" in editor["value"]
    start_painting(session, None, "reference")
    layer = np.full((30, 40, 4), 255, np.uint8)
    group, _, line, button = start_painting(session, {"layers": [layer]}, "source")
    assert (group["visible"], button) == (False, words.paint_label("source"))
    assert "100 %" in line
    assert session.painting == {"reference"}, "the other painting goes on"
    keep_painting(session, None, "reference")
    assert session.reference is not None
    assert session.reference.painted is None


def test_a_result_of_other_choices_is_called_so(session: Session, tmp_path: Path) -> None:
    assert not is_stale(session, PICTURE, "")
    match(session, _choice(), _silent)  # type: ignore[arg-type]
    assert session.shown is not None
    assert "still lagoon-jetty.jpg matched to mountain-sunset.jpg" in words.stale(session.shown)
    assert not is_stale(session, PICTURE, "")
    assert is_stale(session, PALETTE, "#123456")
    assert is_stale(session, SAVED, "")
    choose(session, str(SOURCE), "reference")
    assert is_stale(session, PICTURE, "")
    match(session, _choice(kind=PALETTE, palette="#123456"), _silent)  # type: ignore[arg-type]
    assert not is_stale(session, PALETTE, "#123456 ")
    assert is_stale(session, PALETTE, "#654321")
    assert "a palette" in words.stale(session.shown)
    session.grade = Grade(Cdl((1.1, 1.0, 1.0)))
    match(session, _choice(kind=SAVED), _silent)  # type: ignore[arg-type]
    assert not is_stale(session, SAVED, "")
    assert "with a saved grade" in words.stale(session.shown)
    broken = tmp_path / "broken.cube"
    broken.write_text("no cube")
    assert choose_grade(session, str(broken), 0.6)[1] == 0.6
    assert is_stale(session, SAVED, "")


def test_a_saved_grade_is_named_and_gets_no_advice_for_a_fit(session: Session, tmp_path: Path) -> None:
    place = Grade(Lut3D.sample(lambda rgb: rgb**2, 17)).save(tmp_path / "v_rt.cube", cube_size=17)
    line, _ = choose_grade(session, str(place), 1)
    assert "v_rt.cube" in line
    assert session.grade is not None
    said = words.grade_files(session.grade.cube_error(17), cdl=False, saved=True)
    assert "choose the kind" not in said


def test_compare_that_fails_keeps_the_last_comparison(session: Session) -> None:
    list(compare(session, _choice(), _silent))  # type: ignore[arg-type]
    kept = session.compared
    with pytest.raises(InputError):
        list(compare(session, _choice(kind=PALETTE, palette="#zzz"), _silent))  # type: ignore[arg-type]
    assert session.compared is kept


def test_an_unforeseen_error_leaves_the_page_usable(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("CUDA out of memory")

    app = build_app()
    monkeypatch.setattr(run, "match", fail)
    monkeypatch.setattr(run, "compare", fail)
    for name in ("work", "compare"):
        handler = next(each for each in app.fns.values() if each.name == name)
        values = [getattr(component, "value", None) for component in handler.inputs]
        first, last = handler.fn(session, *values[1:])  # type: ignore[misc]
        enabled = {key.elem_id: update["interactive"] for key, update in last.items() if isinstance(update, dict)}
        assert not first[next(key for key in first if key.elem_id == "match")]["interactive"]
        assert (enabled["match"], enabled["compare"]) == (True, True)
        assert words.message(words.UNEXPECTED) in last.values()
    assert caplog.text.count("Traceback") == 2
    assert caplog.text.count("RuntimeError: CUDA out of memory") == 2


def test_an_unforeseen_error_in_a_download_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/srv/secret")

    app = build_app()
    monkeypatch.setattr(downloads, "make_download", fail)
    monkeypatch.setattr(gr, "Warning", lambda text, **_: said.append(text))
    handler = next(each for each in app.fns.values() if isinstance(each.fn, partial) and "kind" in each.fn.keywords)
    assert handler.fn(Session(), 33) is None  # type: ignore[misc]
    assert said == [words.UNEXPECTED]


def test_compare_fills_up_method_by_method(session: Session) -> None:
    sizes = [len(tiles) for tiles in compare(session, _choice(), _silent)]  # type: ignore[arg-type]
    assert sizes == [1, 2, 3, 4, 5]
    assert [result.job.settings.method for result in session.compared] == list(METHODS)


def test_downloads_need_a_result_and_follow_the_strength(session: Session) -> None:
    with pytest.raises(InputError, match="match first"):
        downloads.make_download(session, ".cube", 17)
    match(session, _choice(), _silent)  # type: ignore[arg-type]
    full = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33)).read_bytes()
    set_strength(session, 0.3)
    weak = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33))
    assert weak.name == "lagoon-jetty matched.jpg"
    assert weak.read_bytes() != full


def test_examples_are_there_and_cope_with_missing_files(tmp_path: Path) -> None:
    examples = load_examples()
    assert examples
    assert pair_tile(examples[0]).size == (470, 174)
    assert load_examples(tmp_path) == []


def test_gradio_is_told_to_stay_at_home() -> None:
    from studio.ui.app import build_app, launch_options

    app = build_app()
    assert app.analytics_enabled is False
    options = launch_options()
    assert options["share"] is False
    assert options["pwa"] is True
    theme = options["theme"]
    assert isinstance(theme, gr.themes.Base)
    assert not any("fonts.googleapis" in sheet for sheet in theme._stylesheets)
