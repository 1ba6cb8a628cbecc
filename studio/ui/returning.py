"""Pages that are loaded anew: the new page takes over what the old one had, as long as the server remembers it.

The browser keeps the key of its page's session, which nobody can guess, and tells it when a page is loaded. An open page is never
taken over: two pages never share a session. What a closed page had is kept for as long as its files are, within bounds.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from studio.ui.limits import limits
from studio.ui.session import Session, forget
from studio.ui.visits import is_here, left_at

_PATIENCE = 3.0
"""Seconds that a page waits for the end of the one that it was loaded from: the server may hear of that a little later."""
_LONGEST_START = 5.0
"""Seconds from a page's first question to its first sign of life."""
_MOST_LEFT = 100
"""Closed pages that are remembered."""
_MOST_KEYS, _LONGEST_KEY = 9, 64


@dataclass(frozen=True, eq=False)
class _Page:
    """Which page shows a session.

    Attributes:
        session: what it shows.
        page: the hash that Gradio knows it by.
        user: who logged in; None where nobody has to.
        since: when it took the session, by ``time.monotonic``.
    """

    session: Session
    page: str
    user: str | None
    since: float

    def left(self) -> float | None:
        """When it was closed; None while it is open."""
        if is_here(self.page):
            return None
        closed = left_at(self.page)
        if closed is not None:
            return closed
        return self.since if time.monotonic() - self.since > _LONGEST_START else None


_pages: OrderedDict[str, _Page] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Told:
    """What a browser tells as it loads a page.

    Attributes:
        own: the key that this very tab had before it was loaded anew; None where it is a new one.
        others: those of its earlier tabs, the last used first.
    """

    own: str | None = None
    others: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """All of them, each once."""
        return list(dict.fromkeys([*([] if self.own is None else [self.own]), *self.others]))


def told_in(text: object) -> Told:
    """Read what a browser tells: anything, since browsers are told what to send by others as well."""
    try:
        said = json.loads(text) if isinstance(text, str) and len(text) < 2000 else {}
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    others = said.get("others")
    keys = [said.get("own"), *(others[:_MOST_KEYS] if isinstance(others, list) else [])]
    own, *rest = (key if isinstance(key, str) and len(key) <= _LONGEST_KEY else None for key in keys)
    return Told(own, tuple(key for key in rest if key is not None))


def claim(fresh: Session, told: Told, page: str, user: str | None) -> Session:
    """The session that a page shows that was just loaded: the one that its browser had before, or its own new one.

    Args:
        fresh: its own; where a person was quick and used it already, it stays that one.
        told: what the browser tells.
        page: the hash that Gradio knows the page by.
        user: who logged in; None where nobody has to.
    """
    _sweep()
    if not is_used(fresh):
        until = time.monotonic() + _PATIENCE
        for key in told.keys:
            while not (taken := _take(key, page, user)) and key == told.own and _is_open(key, user):
                if time.monotonic() > until:
                    break
                time.sleep(0.05)
            if taken:
                forget(fresh)
                taken.begin_again()
                return taken
    with _lock:
        _pages[fresh.key] = _Page(fresh, page, user, time.monotonic())
    return fresh


def unknown(keys: Sequence[str]) -> list[str]:
    """Those of a browser's keys of which the server no longer knows anything."""
    with _lock:
        return [key for key in keys if key not in _pages]


def closed(session: Session | None) -> None:
    """Gradio lets go of a page. Another may have taken its session over, or may still come for it."""
    with _lock:
        known = session is not None and session.key in _pages
    if not known:
        forget(session)
    _sweep()


def is_used(session: Session) -> bool:
    """Whether there is something to come back for."""
    match = session.match
    return bool(match.history.entries) or any(place.side is not None for place in match.places.values())


def held(session: Session) -> int:
    """Bytes that a closed page's pictures take in memory, about."""
    sides = [place.side for place in session.match.places.values()]
    return session.match.history.held + sum(side.preview.pixels.nbytes for side in sides if side is not None)


def _take(key: str, page: str, user: str | None) -> Session | None:
    """The session of a key, which from now on is the one of another page; None where it may not have it."""
    with _lock:
        known = _pages.get(key)
        if known is None or known.user != user or known.left() is None:
            return None
        _pages[key] = _Page(known.session, page, user, time.monotonic())
        _pages.move_to_end(key)
        return known.session


def _is_open(key: str, user: str | None) -> bool:
    known = _pages.get(key)
    return known is not None and known.user == user


def _sweep() -> None:
    """Forget closed pages: those with nothing to come back for, those closed too long ago, and the first of too many."""
    now = time.monotonic()
    with _lock:
        closed_pages = [(left, key, known) for key, known in _pages.items() if (left := known.left()) is not None]
        kept, total = 0, 0
        for left, key, known in sorted(closed_pages, key=lambda each: each[0], reverse=True):
            size = held(known.session)
            fits = kept < _MOST_LEFT and (not kept or total + size <= limits().left)
            if fits and is_used(known.session) and now - left < limits().keep:
                kept, total = kept + 1, total + size
                continue
            del _pages[key]
            forget(known.session)
