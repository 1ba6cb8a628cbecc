"""The app's pieces without a browser: words, masks, sessions, what the module loads."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, Lut3D
from reswd_torch.settings import METHODS
from studio.ui import downloads, words
from studio.ui.choose import open_side
from studio.ui.examples import load_examples, pair_tile
from studio.ui.masks import mask_file, painted_area
from studio.ui.run import PALETTE, PICTURE, Choice, compare, make_job, match, set_strength
from studio.ui.session import Session, Stopped, forget

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


def test_sizes_of_turned_and_reduced_jpegs(tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (4000, 3000), (90, 120, 30)).save(turned, exif=exif)
    side = open_side(turned)
    assert side.size == (4000, 3000)
    assert max(side.preview.pixels.shape) == 1600


def test_sessions_start_empty_and_clean_up(session: Session) -> None:
    assert copy.deepcopy(session).source is None
    folder = session.folder
    assert folder.is_dir()
    assert copy.deepcopy(session).folder != folder
    forget(session)
    assert not folder.exists()
    forget(None)


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
