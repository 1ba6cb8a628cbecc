"""The tab *Batch*: what happens on the contact sheet. A picture is looked at closely, left out, or taken back."""

from __future__ import annotations

from typing import Any

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui.batch.desk import Desk
from studio.ui.batch.parts import BatchTab
from studio.ui.guard import words_for
from studio.ui.session import Session
from studio.ui.wiring import QUICK, Updates, nothing_new


def wire_sheet(tab: BatchTab, session: gr.State) -> None:
    """Connect the sheet. Its runs are wired with the others, in :mod:`studio.ui.batch.runs`.

    Args:
        tab: the components.
        session: of the page.
    """
    events = SheetEvents(tab)
    sheet = tab.outcome.sheet
    every: dict[str, Any] = {
        "trigger_mode": "multiple",
        **QUICK,
    }  # the data of two quick events are not those of the last alone
    sheet.select(events.look, session, sheet, concurrency_id="batch-look", concurrency_limit=2, **every)
    sheet.delete(events.leave_out, session, [sheet, tab.further.go_on, tab.outcome.download], queue=False, **every)


class SheetEvents:
    """The handlers. What the page sends may be anything."""

    def __init__(self, tab: BatchTab) -> None:
        self.tab = tab

    def look(self, session: Session, event: gr.EventData) -> Updates:
        """A tile was pressed: its two pictures in large, or why there are none."""
        sheet, desk = self.tab.outcome.sheet, session.batch.desk
        if desk is None or desk.sheet is None:
            return nothing_new(sheet)
        sent = _sent(event)
        large: dict[str, Any] = {"index": sent.get("index"), "after_of": sent.get("after_of")}
        try:
            before, after = desk.large(desk.name_at(sent.get("index")))
            large |= {"before": before.as_posix(), "after": None if after is None else after.as_posix()}
        except (InputError, OSError) as error:
            large["problem"] = words_for(error, "a large view")
        return {sheet: gr.update(large=large)}

    def leave_out(self, session: Session, event: gr.EventData) -> Updates:
        """A picture was left out of the results, or taken back."""
        state, sent = session.batch, _sent(event)
        sheet = self.tab.outcome.sheet
        if state.desk is None:
            return nothing_new(sheet)
        try:
            state.desk.leave_out(state.desk.name_at(sent.get("index")), bool(sent.get("out")))
        except InputError:  # a sheet of other pictures is on the page by now
            return nothing_new(sheet)
        updates: Updates = {sheet: gr.update(value=state.sheet_value())}
        if not state.running:
            updates |= after_run(self.tab, state.desk, tried=state.tried)
        return updates


def after_run(tab: BatchTab, desk: Desk | None, *, tried: bool) -> Updates:
    """The buttons for what can be done now that no run is at work.

    Args:
        tab: the components.
        desk: the pictures; None where there are none.
        tried: whether the last run was a trial, which nothing is left of.
    """
    left, failed = (0, 0) if desk is None or tried else desk.rest()
    says = f"Go on ({left + failed})" if left else f"Retry failed ({failed})"
    packable = desk is not None and desk.packable
    return {
        tab.further.go_on: gr.update(value=says, interactive=True, visible=bool(left or failed)),
        tab.outcome.download: gr.update(interactive=packable, visible=packable),
    }


def _sent(event: gr.EventData) -> dict[str, Any]:
    return event._data if isinstance(event._data, dict) else {}
