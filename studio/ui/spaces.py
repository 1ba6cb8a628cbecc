"""The section *Colour spaces*, which more than one tab has: what can be chosen, what a choice means, and how it is seen.

The names are those of $OCIO, else of OpenColorIO's built-in config. It is read when the section is first opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from typing import Protocol

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice, choose_spaces, config_place
from reswd_torch.spaces.names import DISPLAY, LINEAR, LOG
from reswd_torch.spaces.offered import offered_spaces
from studio.ui import words
from studio.ui.settings import Sent, as_sent
from studio.ui.wiring import Updates
from studio.views.seen import result_seen, source_seen

AS_IT_IS = ""
"""Sent for a space that nobody chose."""
FIRST = {
    "source_space": "As the file says",
    "target_space": "As the file says",
    "output_space": "As the source",
    "working_space": "Automatic",
}
"""The first choice of each dropdown, by its name."""
_KINDS = {LOG: "log", LINEAR: "linear", DISPLAY: "display"}
_MISSING = "Colour spaces need OpenColorIO on this server: pip install opencolorio."
_FLOATS = "Floats are shown from 0 to 1: choose their colour space to see bright light through a view."
_SOURCE_FIRST = (
    "Choose the space of the source, such as sRGB - Display of an ordinary picture: the others count only then."
)
_NOTHING = "As the files say: each picture is matched by its own profile."


@dataclass(frozen=True, eq=False)
class Spaces:
    """The components of the section.

    Attributes:
        room: the section.
        source_space, target_space, output_space, working_space: the dropdowns.
        said: what will happen, and what the files say.
    """

    room: gr.Accordion
    source_space: gr.Dropdown
    target_space: gr.Dropdown
    output_space: gr.Dropdown
    working_space: gr.Dropdown
    said: gr.HTML

    @property
    def dropdowns(self) -> dict[str, gr.Dropdown]:
        """By their names."""
        return {name: getattr(self, name) for name in FIRST}


class SpaceNames(Protocol):
    """The controls of a tab, of which the names of the spaces matter here: empty for what nobody chose."""

    @property
    def source_space(self) -> Sent: ...
    @property
    def target_space(self) -> Sent: ...
    @property
    def output_space(self) -> Sent: ...
    @property
    def working_space(self) -> Sent: ...


def lay_out_spaces(before: str = "") -> Spaces:
    """Lay the section out, closed.

    Args:
        before: what the names of its elements begin with.
    """
    with gr.Accordion("Colour spaces", open=False, elem_id=f"{before}spaces", elem_classes="colour-spaces") as room:
        source = _dropdown("source_space", "Source is in", "Type to search, such as LogC4", before)
        target = _dropdown("target_space", "Reference is in", "A still with a profile needs none", before)
        output = _dropdown("output_space", "Write the result in", "A plain conversion, no view", before)
        working = _dropdown(
            "working_space", "Grade in", "Automatic: ACEScct for log and linear, else the source's", before
        )
        said = gr.HTML(line(_NOTHING), elem_id=f"{before}spaces-said", elem_classes="spaces-said", padding=False)
    return Spaces(room, source, target, output, working, said)


def _dropdown(name: str, label: str, info: str, before: str) -> gr.Dropdown:
    return as_sent(
        gr.Dropdown(
            [(FIRST[name], AS_IT_IS)],
            value=AS_IT_IS,
            label=label,
            info=info,
            interactive=name == "source_space",
            elem_id=before + name.replace("_", "-"),
        )
    )


def with_names(spaces: Spaces) -> Updates:
    """The dropdowns with the names of the config; what is wrong with it is said instead."""
    try:
        offered = offered_choices()
    except InputError as error:
        return {spaces.source_space: gr.update(interactive=False), spaces.said: words.message(words.plain(error))}
    return {each: gr.update(choices=[(FIRST[name], AS_IT_IS), *offered]) for name, each in spaces.dropdowns.items()}


def offered_choices() -> list[tuple[str, str]]:
    """Labels and names of all that can be chosen. Raises InputError."""
    _check_here()
    return [(f"{one.name} · {_KINDS[one.kind]}", one.name) for one in offered_spaces(config_place(None))]


def _check_here() -> None:
    if find_spec("PyOpenColorIO") is None:
        raise InputError(_MISSING)


def usable(spaces: Spaces, choice: SpaceNames, *, of_picture: bool) -> Updates:
    """The dropdowns that count only once the source has a space: open then, else closed.

    Args:
        spaces: the section.
        choice: what it says.
        of_picture: whether the colours come from a picture, which has a space of its own.
    """
    is_chosen = bool(choice.source_space)
    return {
        spaces.target_space: gr.update(interactive=is_chosen and of_picture),
        spaces.output_space: gr.update(interactive=is_chosen),
        spaces.working_space: gr.update(interactive=is_chosen),
    }


def spaces_chosen(choice: SpaceNames, *, of_picture: bool) -> SpaceChoice | None:
    """The colour spaces that the controls say; None where the files say them. Without that of the source the others are off.

    Args:
        choice: the controls.
        of_picture: whether the colours come from a picture.

    Raises:
        InputError: the config cannot be read, or does not have what was sent.
    """
    source = _name(choice.source_space)
    if source is None:
        return None
    return spaces_named(source, choice.target_space if of_picture else None, choice.output_space, choice.working_space)


def spaces_named(source: Sent, target: Sent, output: Sent, working: Sent) -> SpaceChoice | None:
    """Colour spaces by names that were sent, empty for those that nobody chose. Raises InputError."""
    names = [_name(each) for each in (source, target, output, working)]
    if not any(names):
        return None
    _check_here()
    return choose_spaces(names[0], target=names[1], output=names[2], working=names[3])


def _name(sent: Sent) -> str | None:
    if sent is None or sent == AS_IT_IS:
        return None
    if not isinstance(sent, str):
        raise InputError(f"{sent!r:.40} is no colour space: give its name")
    return sent


def what_happens(choice: SpaceNames, *, of_picture: bool) -> str:
    """What will happen, as HTML. For the arguments and errors see :func:`spaces_chosen`."""
    spaces = spaces_chosen(choice, of_picture=of_picture)
    if spaces is None:
        others = (choice.target_space, choice.output_space, choice.working_space)
        return line(_SOURCE_FIRST if any(others) else _NOTHING)
    reference = f"; the reference is in {spaces.target}" if spaces.target else ""
    return line(f"Matched {spaces.in_words()}{reference}.")


def in_words(spaces: SpaceChoice | None) -> str:
    """Spaces in one line, the reference's among them."""
    if spaces is None:
        return "as the files say"
    return spaces.in_words() + ("" if spaces.target is None else f", reference in {spaces.target}")


def shown_through(spaces: SpaceChoice | None, *, of_floats: bool = False) -> str:
    """The line that says how colours come to the screen, as HTML; nothing where there is nothing to say."""
    if spaces is None:
        return line(_FLOATS) if of_floats else ""
    before, after = source_seen(spaces), result_seen(spaces)
    assert before is not None and after is not None
    if before.view is None:
        return line(f"Shown as {spaces.output} on a screen of sRGB.")
    if after.view is None:
        return line(f"Source shown through {before.view}; the result as {spaces.output}, without a view.")
    return line(f"Shown through {before.view}, not as raw codes.")


def line(text: str) -> str:
    """A line of plain text, as HTML."""
    return f'<p class="about">{escape(text)}</p>'
