"""What the page may ask of its window: folders that a person chose, and no others; files of the app; links to elsewhere."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reswd_torch.errors import InputError
from studio.ui.batch.choice import below
from studio.ui.paths import visitors_know, without_folders
from studio.ui.window import bridge as window_bridge
from studio.ui.window.bridge import Bridge
from studio.ui.window.dialogs import NativeDialogs
from studio.ui.window.key import COOKIE

URL = "http://127.0.0.1:7860/"


class Person:
    """Who answers the dialogues."""

    def __init__(self) -> None:
        self.chosen: str | None = None
        self.saved: str | None = None
        self.dragged: list[str] = []
        self.asked: list[str] = []

    def folder(self, start: str) -> str | None:
        self.asked.append(start)
        return self.chosen

    def save(self, name: str) -> str | None:
        self.asked.append(name)
        return self.saved

    def dropped(self) -> Sequence[str]:
        found, self.dragged = self.dragged, []
        return found


@pytest.fixture
def person() -> Iterator[Person]:
    yield Person()
    visitors_know(())


@pytest.fixture
def allowed() -> list[Path]:
    return []


@pytest.fixture
def bridge(person: Person, allowed: list[Path]) -> Bridge:
    return Bridge(URL, "secret", allowed, person, lambda: URL)


def test_a_chosen_folder_is_allowed_and_nothing_above_it(
    bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path
) -> None:
    day = tmp_path / "wedding" / "day"
    day.mkdir(parents=True)
    person.chosen = str(day)
    assert bridge.choose() == {"path": str(day)}
    assert below(str(day), allowed, "x") == day
    assert below(str(day / "results"), allowed, "x") == day / "results"
    for other in (day.parent, tmp_path, day / ".." / "night", Path("/etc")):
        with pytest.raises(InputError, match="does not lie below"):
            below(str(other), allowed, "x")
    assert without_folders(f"{day / 'a.jpg'}: it is bad") == f"{day / 'a.jpg'}: it is bad"
    assert without_folders(f"{tmp_path / 'a.jpg'}: it is bad") == "a.jpg: it is bad"


def test_a_folder_that_was_named_at_the_start_stays_allowed(
    bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path
) -> None:
    allowed.append(tmp_path)
    (tmp_path / "a").mkdir()
    person.chosen = str(tmp_path / "a")
    assert bridge.choose() == {"path": str(tmp_path / "a")}
    assert person.asked == [str(tmp_path)]
    assert allowed == [tmp_path]


def test_links_are_seen_through(bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there", target_is_directory=True)
    person.chosen = str(tmp_path / "link")
    assert bridge.choose() == {"path": str(tmp_path / "there")}
    assert allowed == [tmp_path / "there"]


def test_what_cannot_be_allowed_is_said(bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    for chosen, words in (("/", "whole disk"), (tmp_path / "none", "no such folder"), (tmp_path / "a.jpg", "no such")):
        person.chosen = str(chosen)
        assert words in bridge.choose()["problem"]
    person.chosen = None
    assert bridge.choose() == {}
    assert allowed == []


@pytest.mark.skipif(os.name == "nt", reason="names are text on Windows")
def test_a_name_that_is_no_text_is_refused_in_words(bridge: Bridge, person: Person, tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this disk takes names of text only")
    person.chosen = folder
    assert "rename the folder" in bridge.choose()["problem"]


def test_a_page_from_elsewhere_is_answered_nothing(person: Person, allowed: list[Path], tmp_path: Path) -> None:
    person.chosen = person.saved = str(tmp_path)
    for page in ("https://example.org/", "http://127.0.0.1:78600/", "file:///etc/passwd", None):
        bridge = Bridge(URL, "secret", allowed, person, lambda page=page: page)
        for answer in (
            bridge.choose(),
            bridge.dropped(True),
            bridge.save(f"{URL}x", "x"),
            bridge.outside("https://a.b/"),
        ):
            assert answer == {"problem": "This page is not of this app."}
    assert allowed == [] and person.asked == []


# Drops


def test_a_dropped_folder_is_allowed(bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path) -> None:
    person.dragged = [str(tmp_path)]
    assert bridge.dropped(True) == {"path": str(tmp_path)}
    assert allowed == [tmp_path]


def test_files_and_many_folders_are_not(bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.jpg").write_bytes(b"x")
    person.dragged = [str(tmp_path), str(tmp_path / "a")]
    assert bridge.dropped(True) == {"problem": "Drop one folder."}
    person.dragged = [str(tmp_path / "b.jpg")]
    assert "choose it" in bridge.dropped(True)["problem"]
    assert allowed == []


@pytest.mark.parametrize("wanted", [False, None, "/etc", 1])
def test_a_drop_that_is_not_for_the_window_is_forgotten(
    bridge: Bridge, person: Person, allowed: list[Path], tmp_path: Path, wanted: object
) -> None:
    person.dragged = [str(tmp_path)]
    assert bridge.dropped(wanted) == {}
    assert "problem" in bridge.dropped(True)
    assert allowed == []


def test_paths_of_a_drop_come_from_the_toolkit_as_they_lie(tmp_path: Path) -> None:
    dom = pytest.importorskip("webview.dom", reason='pip install "reswd-studio[desktop]"')
    (tmp_path / "a%20b").mkdir()
    (tmp_path / "c d").mkdir()
    native = NativeDialogs(None)
    native.listen()
    assert dom._dnd_state["num_listeners"] == 1
    dom._dnd_state["paths"] = [("a%20b", f"{tmp_path}/a%20b"), ("c d", f"{tmp_path}/c%20d")]
    assert native.dropped() == [f"{tmp_path}/a%20b", f"{tmp_path}/c d"]
    assert native.dropped() == []
    dom._dnd_state["num_listeners"] = 0


# Files of the app


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = f"{COOKIE}=secret" in self.headers.get("cookie", "") and self.path == "/file=result.png"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(b"of the app" * 1000)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    """A server in place of the app."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_a_file_of_the_app_is_saved_where_the_person_says(
    person: Person, allowed: list[Path], tmp_path: Path, url: str
) -> None:
    bridge = Bridge(url, "secret", allowed, person, lambda: url)
    person.saved = str(tmp_path / "mine.png")
    assert bridge.save(f"{url}file=result.png", "../../etc/.result.png") == {"path": person.saved}
    assert (tmp_path / "mine.png").read_bytes() == b"of the app" * 1000
    assert person.asked == ["result.png"]
    person.saved = None
    assert bridge.save(f"{url}file=result.png", None) == {}
    assert person.asked[-1] == "file"


def test_what_is_not_there_or_not_ours_is_not_saved(
    person: Person, allowed: list[Path], tmp_path: Path, url: str
) -> None:
    bridge = Bridge(url, "secret", allowed, person, lambda: url)
    place = tmp_path / "mine.png"
    place.write_bytes(b"before")
    person.saved = str(place)
    assert "no longer there" in bridge.save(f"{url}file=gone.png", "x.png")["problem"]
    for address in (
        "file:///etc/passwd",
        "https://example.org/x",
        None,
        3,
        url.replace("127.0.0.1", "127.0.0.1.example.org"),
    ):
        assert "Only files of this app" in bridge.save(address, "x.png")["problem"]
    person.saved = str(tmp_path / "none" / "mine.png")
    assert "No such file" in bridge.save(f"{url}file=result.png", "x.png")["problem"]
    assert place.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_that_is_being_saved_is_given_up_when_the_window_closes(
    person: Person, allowed: list[Path], tmp_path: Path, url: str
) -> None:
    bridge = Bridge(url, "secret", allowed, person, lambda: url)
    person.saved = str(tmp_path / "mine.png")
    bridge.close()
    assert bridge.save(f"{url}file=result.png", "x.png") == {}
    assert list(tmp_path.iterdir()) == []


# Links


def test_links_to_elsewhere_open_outside(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(window_bridge.webbrowser, "open", opened.append)
    assert bridge.outside("https://example.org/paper") == {}
    for address in ("file:///etc/passwd", "javascript:alert(1)", "vnc://x", f"{URL}page", "", None):
        assert "problem" in bridge.outside(address)
    assert opened == ["https://example.org/paper"]
