"""A page that is loaded anew gets back what it had: who may take what over, when, and what is forgotten."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from studio.ui import limits, returning
from studio.ui.pictures import open_side
from studio.ui.returning import Told, claim, closed, told_in, unknown
from studio.ui.session import Session, session_of
from studio.ui.visits import here
from tests.studio.ui.conftest import SOURCE


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[None]:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(returning, "_PATIENCE", 0.3)
    returning._pages.clear()
    yield
    returning._pages.clear()


def used() -> Session:
    session = Session()
    session.match.places["source"].side = open_side(SOURCE)
    return session


def opened(session: Session, page: str, user: str | None = None) -> ExitStack:
    """A page with its own session; closing the stack closes it."""
    stack = ExitStack()
    stack.enter_context(here(page))
    assert claim(session, Told(), page, user) is session
    return stack


def test_a_reloaded_page_has_what_it_had() -> None:
    old = used()
    opened(old, "page-1").close()
    fresh = Session()
    assert claim(fresh, Told(own=old.key), "page-2", None) is old
    assert old.folder.is_dir() and old.match.source is not None
    closed(old)  # Gradio lets go of the first page an hour later
    assert old.folder.is_dir() and old.match.source is not None, "the second page has it by now"


def test_two_open_pages_never_share_a_session() -> None:
    old, fresh = used(), Session()
    with opened(old, "open-1"):
        assert claim(fresh, Told(own=old.key, others=(old.key,)), "open-2", None) is fresh
    assert unknown([old.key, fresh.key, "never"]) == ["never"]


def test_a_page_waits_for_the_end_of_the_one_it_was_loaded_from(monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Timer

    monkeypatch.setattr(returning, "_PATIENCE", 5.0)
    old = used()
    page = opened(old, "slow-1")
    Timer(0.3, page.close).start()
    began = time.monotonic()
    assert claim(Session(), Told(own=old.key), "slow-2", None) is old
    assert time.monotonic() - began < 3


def test_another_user_gets_nothing_for_a_key() -> None:
    old, fresh = used(), Session()
    opened(old, "anna-1", "anna").close()
    for user in ("bert", None):
        assert claim(fresh, Told(own=old.key), "bert-1", user) is fresh
    assert claim(Session(), Told(own=old.key), "anna-2", "anna") is old


def test_a_key_cannot_be_guessed_and_junk_is_no_key() -> None:
    assert len({Session().key for _ in range(50)}) == 50 and len(Session().key) >= 24
    for junk in (None, "", "[]", "{", '{"own": 3, "others": [null, {}, 5]}', '{"own": "' + "x" * 3000 + '"}', "1"):
        assert told_in(junk).keys == []
    assert told_in('{"own": "a", "others": ["b", "a"]}').keys == ["a", "b"]


def test_a_person_who_was_quicker_keeps_the_new_page() -> None:
    old, fresh = used(), used()
    opened(old, "quick-1").close()
    assert claim(fresh, Told(own=old.key), "quick-2", None) is fresh


def test_a_tab_that_is_opened_again_finds_the_last_one_that_is_free() -> None:
    first, second = used(), used()
    opened(first, "tab-1").close()
    with opened(second, "tab-2"):
        assert claim(Session(), Told(others=(second.key, first.key)), "tab-3", None) is first


def test_what_nobody_used_or_comes_for_in_time_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    unused, late = Session(), used()
    opened(unused, "left-1").close()
    opened(late, "left-2").close()
    folder = late.folder
    with opened(Session(), "left-3"):
        assert unknown([unused.key, late.key]) == [unused.key]
        monkeypatch.setattr(limits, "_chosen", limits.Limits(keep=0.0))
        fresh = Session()
        assert claim(fresh, Told(own=late.key), "left-4", None) is fresh
    assert not folder.exists()


def test_what_closed_pages_hold_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [used() for _ in range(3)]
    for number, session in enumerate(sessions):
        opened(session, f"large-{number}").close()
    monkeypatch.setattr(limits, "_chosen", limits.Limits(left=returning.held(sessions[0]) + 1))
    with opened(Session(), "large-9"):
        assert unknown([session.key for session in sessions]) == [session.key for session in sessions[:2]]


def test_a_forgotten_session_leaves_no_memory() -> None:
    session = used()
    opened(session, "memory-1").close()
    key, watched = session.key, weakref.ref(session)
    returning._pages.clear()
    closed(session)
    assert session.match.source is None
    del session
    gc.collect()
    assert watched() is None and session_of(key) is None


def test_what_the_closed_page_had_begun_stops() -> None:
    old = used()
    stop = old.match.stop = old.new_stop()
    opened(old, "busy-1").close()
    claim(Session(), Told(own=old.key), "busy-2", None)
    assert stop()
