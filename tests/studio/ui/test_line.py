"""Who is next: visitors take turns, whatever the order in which their jobs came."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from gradio.queueing import EventQueue

from studio.ui.line import Line, visitor


def request(address: str) -> Any:
    """A request from an address."""
    return SimpleNamespace(client=SimpleNamespace(host=address))


class Waiting:
    """A line with one place at work, or more, into which jobs come."""

    def __init__(self, name: str = "fit", at_once: int = 1) -> None:
        self.name, self.line = name, EventQueue(name, at_once)
        self.queue = Line(True, 40, 1, None, None, 1)  # type: ignore[arg-type]
        self.queue.event_queue_per_concurrency_id[name] = self.line
        self.ids = 0

    def come(self, *visitors: str) -> None:
        """A job of each visitor, one after the other; a name with a dot in it is an address, another one a page."""
        for who in visitors:
            self.ids += 1
            address, session = (who, f"page-{self.ids}") if "." in who else ("127.0.0.1", who)
            event = SimpleNamespace(
                _id=str(self.ids), session_hash=session, request=request(address), concurrency_id=self.name,
                enqueue_time=time.monotonic(), name=who,
            )  # fmt: skip
            self.line.queue.append(event)  # type: ignore[arg-type]

    def begin(self) -> Any:
        """The next job begins; None for none."""
        found: Any = self.queue.get_events()
        if found is None:
            return None
        self.queue.active_jobs.append(found[0])
        self.line.current_concurrency += 1
        return found[0][0]

    def end(self, event: Any) -> None:
        """A job ends."""
        self.queue.active_jobs.remove([event])
        self.line.current_concurrency -= 1
        self.queue._served[visitor(event.request, event.session_hash)] = time.monotonic()

    def order(self) -> list[str]:
        """Whose jobs are done, from now to the last."""
        names = []
        while (event := self.begin()) is not None:
            names.append(event.name)
            self.end(event)
        return names


@pytest.mark.parametrize(
    ("came", "order"),
    [
        ("a b c", "a b c"),
        ("a a b", "a b a"),
        ("a a a b c b", "a b c a b a"),
        ("8.8.8.8 8.8.8.8 1.1.1.1", "8.8.8.8 1.1.1.1 8.8.8.8"),
        ("10.0.0.7 10.0.0.7", "10.0.0.7 10.0.0.7"),
    ],
)
def test_visitors_take_turns(came: str, order: str) -> None:
    waiting = Waiting()
    waiting.come(*came.split())
    assert waiting.order() == order.split()


def test_who_comes_while_another_ones_job_is_at_work_is_next() -> None:
    waiting = Waiting()
    waiting.come("a", "a")
    first = waiting.begin()
    waiting.come("b")
    waiting.end(first)
    assert waiting.order() == ["b", "a"]


def test_who_waits_is_not_passed_by_newcomers_for_ever() -> None:
    waiting = Waiting()
    waiting.come("a", "a")
    waiting.end(waiting.begin())
    waiting.come("b", "c", "d")
    assert waiting.order() == ["a", "b", "c", "d"]


def test_of_paintings_a_visitor_has_one_at_work() -> None:
    for name, second in (("fit", "a"), ("generate", None)):
        waiting = Waiting(name, 4)
        waiting.come("a", "a")
        first, found = waiting.begin(), waiting.begin()
        assert first.name == "a"
        assert (found and found.name) == second
        waiting.come("b")
        assert waiting.begin().name == "b"


def test_a_visitor_is_an_address_where_it_is_told_and_a_page_elsewhere() -> None:
    assert visitor(request("8.8.8.8"), "page") == "8.8.8.8"
    assert visitor(request("127.0.0.1"), "page") == "page"
    assert visitor(request("10.1.2.3"), "page") == "page"
    assert visitor(request("127.0.0.1"), None) == "127.0.0.1"
    assert visitor(None, "page") == "page"
