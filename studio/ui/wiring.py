"""How the components of a tab and the code behind them find each other. Every tab is wired in the same way.

A tab's components stand in frozen dataclasses, one for each region of the page. The values that a run depends on arrive in
another frozen dataclass, whose fields have the names of the components: :class:`Controls` pairs the two. What changes on
the page goes out by component, as :data:`Updates`; what is not in them stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from typing import Any, Generic, NamedTuple, TypeVar

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

Choice = TypeVar("Choice")
_Shown = TypeVar("_Shown")
Updates = dict[Block, object]
"""What changes on the page: new values, or what ``gr.update`` returns, by the component that changes."""

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
"""Options of every event of the page, which are not for other programs: those have the endpoints."""
UNSEEN: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": []}
"""Options of events whose progress Gradio shall not show. It would keep a state of progress for each of their outputs none the
less, and go through all there are at every word from the server: a page in use answered a third of a second later."""
QUICK: dict[str, Any] = {**UNSEEN, **PRIVATE}
"""Options of events that are over before anybody waits."""
LATEST: dict[str, Any] = {"trigger_mode": "always_last", **QUICK}
"""Options of events that follow a choice. Without ``always_last`` Gradio would drop the second one of two quick choices,
and the page would show the state before it."""

IN_ORDER: dict[str, Any] = {**LATEST, "concurrency_id": "choices", "concurrency_limit": 1}
"""The same where several events lead to one handler: they are answered in the order in which they were sent, so that the page
shows what the last of them says."""


def of_the_latest(shown: Callable[[], _Shown], updates: Callable[[_Shown], Updates]) -> Updates:
    """What tells of the result on the screen: made again, if that has changed meanwhile.

    A match and sliders that rest are answered beside each other. Were one of them to tell of what was on the screen as it
    began, the page would be left with that where its answer comes last.

    Args:
        shown: gives the result on the screen.
        updates: what tells of a result.
    """
    while True:
        result = shown()
        made = updates(result)
        if shown() is result:
            return made


def nothing_new(component: Block) -> Updates:
    """No change on the page, said of any one output. An empty dictionary will not do: Gradio takes it for a value."""
    return {component: gr.skip()}


class Step(NamedTuple):
    """A handler with its inputs and outputs, for places where several events lead to the same."""

    handler: Callable[..., Any]
    inputs: Sequence[Component]
    outputs: Sequence[Block]


class Controls(Generic[Choice]):
    """The components whose values one dataclass takes.

    Args:
        choice: the dataclass; each of its fields has the name of a component.
        records: frozen dataclasses of components. Those of their fields that ``choice`` does not name are left alone.
        named: components that bear another name in their record, or lie deeper in it.

    Raises:
        ValueError: a field without a component, or with several, or a component named for no field. The app is then
            not built at all.
    """

    def __init__(self, choice: type[Choice], *records: object, **named: Component) -> None:
        self._choice = choice
        self._names = names = [field.name for field in fields(choice)]  # type: ignore[arg-type]
        found = _components_of(records, names) | named
        missing = [name for name in names if name not in found]
        if missing:
            raise ValueError(f"{choice.__name__}: no component is called {', '.join(missing)}")
        unknown = [name for name in named if name not in names]
        if unknown:
            raise ValueError(f"{choice.__name__}: no field is called {', '.join(unknown)}")
        self.components: list[Component] = [found[name] for name in names]
        """In the order in which Gradio hands the values over."""

    def read(self, values: Sequence[Any]) -> Choice:
        """The values of :attr:`components`, in that order, each in the field of its component's name."""
        return self._choice(**dict(zip(self._names, values, strict=True)))

    def set_as(self, choice: Choice, *, leave: Collection[str] = ()) -> Updates:
        """What the page shows once its controls stand as a choice says.

        Args:
            choice: the values.
            leave: names of fields whose components stay as they are.
        """
        found = zip(self._names, self.components, strict=True)
        return {component: getattr(choice, name) for name, component in found if name not in leave}

    def others(self, leave: Collection[str]) -> list[Component]:
        """The components without those of some fields."""
        return [each for name, each in zip(self._names, self.components, strict=True) if name not in leave]


def _components_of(records: Sequence[object], names: Sequence[str]) -> dict[str, Component]:
    """Those components of the records that bear one of the names."""
    found: dict[str, Component] = {}
    for record in records:
        for field in fields(record):  # type: ignore[arg-type]
            value = getattr(record, field.name)
            if field.name not in names or not isinstance(value, Component):
                continue
            if found.setdefault(field.name, value) is not value:
                raise ValueError(f"{type(record).__name__}: two components are called {field.name}")
    return found
