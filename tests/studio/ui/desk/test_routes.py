"""What the viewer's scripts get: pieces of the pictures of their own page, and nothing of anybody else's."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.trims import Trims
from studio.media.images import read_picture
from studio.service.render import render
from studio.ui.desk.routes import desk_routes
from studio.ui.desk.state import Look
from studio.ui.match.looks import chosen_as_json
from studio.ui.pictures import Painted, open_side
from studio.ui.session import Session
from tests.studio.ui.conftest import SOURCE

GRADE = Grade(Cdl((1.1, 1.0, 0.9), (0.0, 0.01, 0.02), (1.0, 1.0, 1.1), 1.1))


@pytest.fixture
def browser() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=desk_routes())) as client:
        yield client


@pytest.fixture
def graded(session: Session) -> int:
    """The number of a graded look of the source."""
    chosen_as_json(session)
    side = session.match.source
    assert side is not None
    assert side.pyramid is not None
    return session.desk.add(Look(side.pyramid, GRADE, "Result"))


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_tile_has_the_bytes_of_the_download(browser: TestClient, session: Session, graded: int) -> None:
    answer = browser.get(f"/desk/{session.key}/{graded}/0/0_0.png")
    whole = render(read_picture(SOURCE).pixels, GRADE)
    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(pixels(answer.content), whole[:512, :512])


def test_the_page_is_told_of_its_pictures(session: Session) -> None:
    said = json.loads(chosen_as_json(session))
    height, width = read_picture(SOURCE).full_size
    assert said["key"] == session.key
    assert said["after"] is None
    assert (said["before"]["width"], said["before"]["height"]) == (width, height)
    assert said["chosen"]["source"]["look"] == said["before"]["look"]
    assert said["reference"]["name"] == "mountain-sunset.jpg"


def test_a_picture_keeps_its_number(session: Session) -> None:
    one, other = json.loads(chosen_as_json(session)), json.loads(chosen_as_json(session))
    assert one.pop("at") < other.pop("at"), "what is told later has the larger number"
    assert one == other


def test_the_controls_hold_in_a_live_picture(browser: TestClient, session: Session, graded: int) -> None:
    whole = read_picture(SOURCE)
    query = {
        "left": 10, "top": 20, "width": 300, "height": 200, "w": 300, "h": 200, "strength": 0.5,
        "trims": json.dumps({"exposure": 0.5}),
    }  # fmt: skip
    live = pixels(browser.get(f"/desk/{session.key}/{graded}/live.jpg", params=query).content).astype(int)
    grade = GRADE.trimmed(Trims(exposure=0.5)).at_strength(0.5)
    expected = render(whole.pixels, grade)[20:220, 10:310].astype(int)
    assert live.shape == expected.shape
    assert np.abs(live - expected).mean() < 1.5  # a JPEG


def test_a_live_picture_of_the_source_is_the_source(browser: TestClient, session: Session, graded: int) -> None:
    before = json.loads(chosen_as_json(session))["before"]["look"]
    query = {"width": 200, "height": 200, "w": 200, "h": 200, "strength": 2}
    live = pixels(browser.get(f"/desk/{session.key}/{before}/live.jpg", params=query).content).astype(int)
    assert np.abs(live - read_picture(SOURCE).pixels[:200, :200]).mean() < 1.5


def test_clipping_is_marked_where_the_grade_clips(browser: TestClient, session: Session) -> None:
    chosen_as_json(session)
    side = session.match.source
    assert side is not None
    assert side.pyramid is not None
    bright = session.desk.add(Look(side.pyramid, Grade(Cdl((3.0,) * 3, (0.0,) * 3, (1.0,) * 3, 1.0)), "Result"))
    plain, marked = (
        pixels(browser.get(f"/desk/{session.key}/{bright}/0/0_0.png", params={"clipping": on}).content) for on in "01"
    )
    clipped = (plain == 255).any(axis=2) & (read_picture(SOURCE).pixels[:512, :512] != 255).all(axis=2)
    assert clipped.mean() > 0.05
    assert (marked[clipped][:, 0] > marked[clipped][:, 2].astype(int) + 100).all(), "highlights are red"


@pytest.mark.parametrize("kind", ["parade", "waveform", "vectorscope", "histogram"])
def test_scopes_are_drawn_at_the_size_that_is_asked_for(
    browser: TestClient, session: Session, graded: int, kind: str
) -> None:
    query = {"width": 400, "height": 300, "w": 400, "h": 300, "across": 320, "down": 200}
    answer = browser.get(f"/desk/{session.key}/{graded}/scope/{kind}.png", params=query)
    assert pixels(answer.content).shape == (200, 320, 3)


def mask_of(session: Session) -> tuple[np.ndarray, bytes]:
    side = session.match.source
    assert side is not None
    painted = np.zeros((side.preview.height, side.preview.width), np.uint8)
    painted[: painted.shape[0] // 4] = 255
    stream = io.BytesIO()
    Image.fromarray(painted).save(stream, "PNG")
    return painted, stream.getvalue()


def test_a_painted_mask_goes_there_and_back(browser: TestClient, session: Session) -> None:
    painted, data = mask_of(session)
    answer = browser.post(f"/desk/{session.key}/mask/source?feather=6", content=data)
    assert answer.json()["share"] == pytest.approx(0.25, abs=0.01)
    side = session.match.source
    assert side is not None
    assert side.painted == Painted(painted, 6)
    back = browser.get(f"/desk/{session.key}/mask/source.png")
    assert np.array_equal(pixels(back.content)[..., 0], painted)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_mask_is_refused(browser: TestClient, session: Session, data: bytes) -> None:
    answer = browser.post(f"/desk/{session.key}/mask/source", content=data)
    assert answer.status_code == 400
    assert "paint it again" in answer.text
    assert session.match.source is not None
    assert session.match.source.painted is None


def test_a_mask_of_another_size_is_refused_unread(browser: TestClient, session: Session) -> None:
    stream = io.BytesIO()
    Image.new("L", (20000, 20000)).save(stream, "PNG")
    assert browser.post(f"/desk/{session.key}/mask/source", content=stream.getvalue()).status_code == 400


def test_a_colour_is_picked_and_its_range_found(browser: TestClient, session: Session) -> None:
    chosen_as_json(session)
    picked = browser.get(f"/desk/{session.key}/pick/source", params={"x": 100, "y": 60}).json()
    around = read_picture(SOURCE).pixels[58:63, 98:103].reshape(-1, 3).mean(axis=0)
    assert np.abs(np.array([int(picked["own"][at : at + 2], 16) for at in (1, 3, 5)]) - around).max() <= 1
    query = {"colors": picked["shown"], "tolerance": 10, "softness": 5}
    found = pixels(browser.get(f"/desk/{session.key}/range/source.png", params=query).content)[..., 0]
    assert found[60, 100] == 255
    assert 0.01 < (found > 0).mean() < 0.9


@pytest.mark.parametrize(
    "path",
    [
        "nobody/1/whole.jpg", "KEY/77/whole.jpg", "KEY/mask/elsewhere.png", "scripts/..%2froutes.py", "scripts/nothing.js",
        f"KEY/{'9' * 5000}/whole.jpg", f"KEY/1/{'9' * 5000}/0_0.png",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_there(browser: TestClient, session: Session, path: str) -> None:
    assert browser.get(f"/desk/{path.replace('KEY', session.key)}").status_code == 404


@pytest.mark.parametrize(
    "query", ["strength=nan", "strength=9", "trims=[]", "trims={", 'trims={"exposure":99}', "w=99999", "left=x"]
)
def test_what_no_control_says_is_refused_in_a_line(
    browser: TestClient, session: Session, graded: int, query: str
) -> None:
    answer = browser.get(f"/desk/{session.key}/{graded}/live.jpg?{query}")
    assert answer.status_code == 400
    assert "/" not in answer.text
    assert "\n" not in answer.text


def test_another_page_does_not_see_it(browser: TestClient, session: Session, graded: int) -> None:
    other = Session()
    assert browser.get(f"/desk/{other.key}/{graded}/whole.jpg").status_code == 404


def test_a_file_that_went_is_said_without_its_folder(
    browser: TestClient, empty_session: Session, tmp_path: Path
) -> None:
    place = tmp_path / "gone.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 1800, 3)).astype(np.uint8)).save(place)
    empty_session.match.places["source"].side = open_side(place)
    look = json.loads(chosen_as_json(empty_session))["before"]["look"]
    place.unlink()
    answer = browser.get(f"/desk/{empty_session.key}/{look}/0/0_0.png")
    assert answer.status_code == 400
    assert str(tmp_path) not in answer.text
    assert "gone.png" in answer.text


@pytest.mark.parametrize("name", ["desk.js", "viewer.js", "openseadragon.min.js"])
def test_scripts_are_served(browser: TestClient, name: str) -> None:
    answer = browser.get(f"/desk/scripts/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
