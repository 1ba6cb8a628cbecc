"""History, *Compare methods*' tiles, swapping the pictures, and pages that are loaded anew: what happens on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from reswd_torch.errors import InputError
from studio.service.match import MatchResult
from studio.ui import returning, words
from studio.ui.match import choose, compare, run
from studio.ui.match.bring_back import entry_back, page_back
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history import Entry
from studio.ui.match.history_view import compared_as_json, history_as_json
from studio.ui.match.looks import chosen_as_json, looks_of, seen_as_json
from studio.ui.match.parts import MatchTab
from studio.ui.match.show import show, shown_outputs
from studio.ui.match.state import ROLES, Role
from studio.ui.places import Choosing, placed
from studio.ui.session import Session
from studio.ui.settings import Sent
from studio.ui.spaces import AS_IT_IS
from studio.ui.wiring import IN_ORDER, PRIVATE, QUICK, Controls, Step, Updates, nothing_new

_EACH: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 4, **QUICK}
"""Options of events of which none may be dropped, such as three quick presses of Ctrl+Z."""
_KEYS_JS = "() => [null, window.reswdStrips.history.keys()]"
_TO_VIEWER_JS = "() => { window.reswdStrips.compared.toViewer(); }"
_CUT = "Loading the page anew stopped the match that was running: press the button again."


class HistoryEvents:
    """Handlers, and the methods ``wire_...`` that connect them.

    Args:
        tab: the components.
        session: of the page.
        controls: those of a match.
        settle: what follows a choice.
    """

    def __init__(self, tab: MatchTab, session: gr.State, controls: Controls[MatchChoice], settle: Step) -> None:
        self.tab, self.session, self.controls, self._settle = tab, session, controls, settle
        self._size = tab.downloads.cube_size
        pictures: list[Block] = []
        for role in ROLES:
            place, mask = tab.inputs.places[role], tab.more.masks[role]
            pictures += [place.picture, place.about, mask.painted]
        outputs = [*controls.components, *pictures, tab.inputs.grade, tab.inputs.grade_about, tab.run.status]
        outputs += [tab.spaces.room, *tab.result.trims.components, *shown_outputs(tab)]
        self._all = list(dict.fromkeys(outputs))

    def wire_history(self) -> None:
        """The strip of the history; undo and redo."""
        told = self.tab.history.state
        told.click(self.act, [self.session, self._size], self._all, **_EACH).then(*self._settle, **IN_ORDER)

    def wire_compared(self) -> None:
        """The tiles of *Compare methods*."""
        told = self.tab.comparison.strip.state
        told.click(self.pick, [self.session, self._size, self.tab.result.strength], self._all, **QUICK).then(
            None, None, None, js=_TO_VIEWER_JS, **PRIVATE
        ).then(*self._settle, **IN_ORDER)

    def wire_swap(self) -> None:
        """The button between source and reference."""
        places, masks = self.tab.inputs.places, self.tab.more.masks
        files = [place.picture for place in places.values()] + [masks[role].file for role in ROLES]
        spaces = [self.tab.spaces.source_space, self.tab.spaces.target_space]
        outputs: list[Block] = [*files, *spaces, self.tab.run.status]
        for role in ROLES:
            mask = masks[role]
            outputs += [places[role].about, mask.painted]
        self.tab.inputs.swap.click(self.swap, [self.session, *files, *spaces], outputs, **QUICK).then(
            *self._settle, **IN_ORDER
        )

    def wire_return(self, app: gr.Blocks) -> None:
        """A page that was just loaded."""
        keys = self.tab.history.keys
        app.load(self.load, [self.session, keys], [self.session, *self._all], js=_KEYS_JS, **QUICK).then(
            *self._settle, **IN_ORDER
        )

    def act(self, session: Session, cube_size: int, event: gr.EventData) -> Updates:
        """Something in the history was pressed."""
        asked = event._data if isinstance(event._data, dict) else {}
        number = asked.get("number")
        acts: dict[object, Callable[[], Updates]] = {
            "show": lambda: self._show(session, number, cube_size),
            "pair": lambda: self._pair(session, number),
            "unpair": lambda: self._pair(session, None),
            "remove": lambda: self._remove(session, number),
            "undo": lambda: self._step(session, cube_size, back=True),
            "redo": lambda: self._step(session, cube_size, back=False),
        }
        act = acts.get(asked.get("act"))
        if act is None or not (number is None or isinstance(number, int)):
            return nothing_new(self.tab.history.state)
        with session.match.history.lock:  # quick presses are answered one after the other
            return act()

    def pick(self, session: Session, cube_size: int, strength: float | None, event: gr.EventData) -> Updates:
        """A result of *Compare methods* was pressed: work on with it, with the controls set for it."""
        asked = event._data if isinstance(event._data, dict) else {}
        index = asked.get("index")
        try:
            way, comparison = compare.pressed(session, index if isinstance(index, int) else -1)
        except InputError as error:
            return {self.tab.run.status: words.message(words.plain(error))}
        known = session.match.history.find(comparison.kept.get(way, 0))
        if known is not None:
            return self._show(session, known.number, cube_size)
        run.set_strength(session, strength)
        result = comparison.results[way]
        run.take_new(session, result, way.chosen(comparison.choice, result), comparison.painted)
        entry = session.match.history.current
        assert entry is not None
        comparison.kept[way] = entry.number
        return self._bring(session, entry, entry.result, cube_size)

    def swap(
        self,
        session: Session,
        source: str | None,
        reference: str | None,
        source_mask: str | None,
        reference_mask: str | None,
        source_space: Sent = AS_IT_IS,
        target_space: Sent = AS_IT_IS,
    ) -> Updates:
        """Source and reference change places, and their masks and colour spaces with them."""
        choice = MatchChoice(source=source, reference=reference, source_mask=source_mask, reference_mask=reference_mask)
        try:
            choice = choose.catch_up(session, choice)
        except InputError as error:
            return {self.tab.run.status: words.message(words.plain(error))}
        choose.swap(session)
        updates: Updates = {
            self.tab.spaces.source_space: target_space,
            self.tab.spaces.target_space: source_space,
        }
        files: dict[Role, str | None] = {"source": choice.reference_mask, "reference": choice.source_mask}
        for role, mask_file in files.items():
            side, mask = session.match.places[role].side, self.tab.more.masks[role]
            filled = Choosing(None, "", accepted=True) if side is None else placed(session, side)
            updates |= self.tab.inputs.places[role].filled(filled) | {mask.file: mask_file}
            updates |= mask.cleared() | {mask.file: mask_file} if side is None else mask.shown(side)
        return updates

    def load(self, session: Session, keys: str | None, request: gr.Request) -> Updates:
        """A page was loaded: show what its browser had before, if that is still there."""
        told = returning.told_in(keys)
        mine = returning.claim(session, told, str(request.session_hash), request.username)
        gone = returning.unknown(told.keys)
        updates: Updates = {self.session: mine, self.tab.history.state: history_as_json(mine, gone=gone)}
        if mine is session:
            return updates
        state = mine.match
        updates |= page_back(self.tab, self.controls, mine)
        if state.shown is None:
            updates[self.tab.result.desk.state] = chosen_as_json(mine)
        else:
            size = self._size.value if state.told is None else state.told.cube_size
            updates |= show(self.tab, mine, run.show(mine, state.shown), size)
        updates[self.tab.history.state] = history_as_json(mine, gone=gone)
        if state.working is not None:
            state.working = None
            updates[self.tab.run.status] = words.message(_CUT)
        return updates

    def _show(self, session: Session, number: object, cube_size: int) -> Updates:
        entry = session.match.history.went_to(number) if isinstance(number, int) else None
        if entry is None:
            return {self.tab.history.state: history_as_json(session)}
        return self._bring(session, entry, entry.result, cube_size)

    def _step(self, session: Session, cube_size: int, *, back: bool) -> Updates:
        history = session.match.history
        step = history.undo() if back else history.redo()
        entry = history.current
        if step is None or entry is None:
            return {self.tab.history.state: history_as_json(session)}
        return self._bring(session, entry, step.result, cube_size)

    def _bring(self, session: Session, entry: Entry, result: MatchResult, cube_size: int) -> Updates:
        """Put a match on the screen again, with the controls as it was made."""
        state = session.match
        updates = entry_back(self.tab, self.controls, session, entry)
        seen = looks_of(session, result, entry.pyramid)
        with state.lock:
            state.shown, state.seen = result, seen
        return updates | show(self.tab, session, run.show(session, result), cube_size) | {self.tab.run.status: ""}

    def _pair(self, session: Session, number: object) -> Updates:
        """Put a match left of the divider, or end that."""
        state = session.match
        state.history.compare_with(number if isinstance(number, int) else None)
        return self._seen(session)

    def _remove(self, session: Session, number: object) -> Updates:
        if isinstance(number, int):
            session.match.history.remove(number)
        return self._seen(session)

    def _seen(self, session: Session) -> Updates:
        """The viewer and the strips, after the history changed."""
        shown = session.match.shown
        return {
            self.tab.result.desk.state: chosen_as_json(session) if shown is None else seen_as_json(session, shown),
            self.tab.history.state: history_as_json(session),
            self.tab.comparison.strip.state: compared_as_json(session, session.match.comparison),
        }
