"""The section *Colour spaces* of the tab *Match colours*: what can be chosen, what a choice means, and what is said of it.

The names are those of $OCIO, else of OpenColorIO's built-in config. It is read when the section is first opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice, choose_spaces, config_place
from reswd_torch.spaces.names import DISPLAY, LINEAR, LOG
from reswd_torch.spaces.offered import offered_spaces
from studio.records.match import read_settings
from studio.service.said_space import said_space
from studio.ui import words
from studio.ui.controls import PICTURE
from studio.ui.match.choice import MatchChoice
from studio.ui.pictures import Side
from studio.ui.settings import Sent, as_sent
from studio.ui.wiring import Updates
from studio.views.seen import Seen, result_seen, source_seen, target_seen

AS_IT_IS = ""
"""Sent for a space that nobody chose."""
_FIRST = {
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
_OFF = "Trims and pairs of colours are for codes of a display: they are off while a colour space is chosen."


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
        return {name: getattr(self, name) for name in _FIRST}


def lay_out_spaces() -> Spaces:
    """Lay the section out, closed."""
    with gr.Accordion("Colour spaces", open=False, elem_id="spaces") as room:
        source = _dropdown("source_space", "Source is in", "Type to search, such as LogC4", "source-space")
        target = _dropdown("target_space", "Reference is in", "A still with a profile needs none", "target-space")
        output = _dropdown("output_space", "Write the result in", "A plain conversion, no view", "output-space")
        working = _dropdown(
            "working_space", "Grade in", "Automatic: ACEScct for log and linear, else the source's", "working-space"
        )
        said = gr.HTML(_line(_NOTHING), elem_id="spaces-said", padding=False)
    return Spaces(room, source, target, output, working, said)


def _dropdown(name: str, label: str, info: str, elem_id: str) -> gr.Dropdown:
    return as_sent(
        gr.Dropdown(
            [(_FIRST[name], AS_IT_IS)],
            value=AS_IT_IS,
            label=label,
            info=info,
            interactive=name == "source_space",
            elem_id=elem_id,
        )
    )


def with_names(spaces: Spaces) -> Updates:
    """The dropdowns with the names of the config; what is wrong with it is said instead."""
    try:
        offered = _offered()
    except InputError as error:
        return {spaces.source_space: gr.update(interactive=False), spaces.said: words.message(words.plain(error))}
    return {each: gr.update(choices=[(_FIRST[name], AS_IT_IS), *offered]) for name, each in spaces.dropdowns.items()}


def brought_back(spaces: Spaces, choice: MatchChoice) -> Updates:
    """The dropdowns as a choice says, and in sight where it chooses. Names come with values: a new page has none."""
    values = {name: getattr(choice, name) or AS_IT_IS for name in _FIRST}
    if not any(values.values()):
        return dict.fromkeys(spaces.dropdowns.values(), AS_IT_IS)
    try:
        offered = _offered()
    except InputError:  # which is said when the job is described
        offered = []
    known = {value for _, value in offered}
    dropdowns: Updates = {
        each: gr.update(
            value=values[name],
            choices=[(_FIRST[name], AS_IT_IS), *offered, *_unlisted(values[name], known)],
            interactive=True,
        )
        for name, each in spaces.dropdowns.items()
    }
    return dropdowns | {spaces.room: gr.update(open=True)}


def _unlisted(value: str, known: set[str]) -> list[tuple[str, str]]:
    """A chosen space that the config does not list, such as an alias from a settings file."""
    return [(value, value)] if value and value not in known else []


def _offered() -> list[tuple[str, str]]:
    """Labels and names of all that can be chosen. Raises InputError."""
    _check_here()
    return [(f"{one.name} · {_KINDS[one.kind]}", one.name) for one in offered_spaces(config_place(None))]


def _check_here() -> None:
    if find_spec("PyOpenColorIO") is None:
        raise InputError(_MISSING)


def chosen_spaces(choice: MatchChoice) -> SpaceChoice | None:
    """The colour spaces that the controls say; None where the files say them. Without that of the source the others are off.

    Raises:
        InputError: the config cannot be read, or does not have what was sent.
    """
    source = _name(choice.source_space)
    if source is None:
        return None
    target = choice.target_space if choice.kind == PICTURE else None
    return spaces_named(source, target, choice.output_space, choice.working_space)


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


def spaces_or_none(choice: MatchChoice | None) -> SpaceChoice | None:
    """The same for what is shown meanwhile: None also for what cannot be."""
    try:
        return None if choice is None else chosen_spaces(choice)
    except InputError:
        return None


def seen_in_place(choice: MatchChoice | None, role: str) -> Seen | None:
    """How a picture in its place is seen: ``role`` is ``source`` or ``reference``."""
    spaces = spaces_or_none(choice)
    return source_seen(spaces) if role == "source" else target_seen(spaces)


def kept_spaces(path: str | None) -> SpaceChoice | None:
    """The colour spaces of a settings file that was dropped, by the config here; None for a file without any.

    Raises:
        InputError: the config here does not have them.
    """
    if path is None or Path(path).suffix.lower() != ".json":
        return None
    kept = read_settings(Path(path)).spaces
    if kept is None:
        return None
    return choose_spaces(kept.source, target=kept.target, output=kept.output, working=kept.working)


def as_choice(spaces: SpaceChoice) -> MatchChoice:
    """A choice whose dropdowns say these spaces."""
    return MatchChoice(
        source_space=spaces.source,
        target_space=spaces.target or AS_IT_IS,
        output_space=AS_IT_IS if spaces.keeps_space else spaces.output,
        working_space=spaces.working,
    )


def in_words(spaces: SpaceChoice | None) -> str:
    """Spaces in one line, the reference's among them."""
    if spaces is None:
        return "as the files say"
    return spaces.in_words() + ("" if spaces.target is None else f", reference in {spaces.target}")


def said(choice: MatchChoice, sides: Sequence[Side | None]) -> str:
    """What will happen, and what the files of source and reference say of themselves, as HTML."""
    try:
        spaces = chosen_spaces(choice)
        files = _files(choice, sides)
    except InputError as error:
        return words.message(words.plain(error))
    if spaces is None:
        others = (choice.target_space, choice.output_space, choice.working_space)
        return _line(_SOURCE_FIRST if any(others) else _NOTHING) + files
    reference = f"; the reference is in {spaces.target}" if spaces.target else ""
    return _line(f"Matched {spaces.in_words()}{reference}.") + files


def _files(choice: MatchChoice, sides: Sequence[Side | None]) -> str:
    lines: list[str] = []
    for side, chosen in zip(sides, (choice.source_space, choice.target_space), strict=True):
        if side is None or chosen:
            continue
        found = said_space(side.preview)
        if found is not None:
            how = "taken as" if found.assumed else "its file says"
            also = ", which its file does not say" if found.assumed else ""
            lines.append(f"{side.path.name}: {how} {found.name}{also}.")
        elif side.preview.container.format == "DPX" and side.preview.icc is None:
            lines += [f"{side.path.name}: {note}." for note in side.preview.notes if "transfer" in note]
    return "".join(map(_line, lines))


def shown_through(spaces: SpaceChoice | None, *, of_floats: bool = False) -> str:
    """The line below the viewer that says how colours come to the screen, as HTML; nothing where there is nothing to say."""
    if spaces is None:
        return _line(_FLOATS) if of_floats else ""
    before, after = source_seen(spaces), result_seen(spaces)
    assert before is not None and after is not None
    if before.view is None:
        return _line(f"Shown as {spaces.output} on a screen of sRGB.")
    if after.view is None:
        return _line(f"Source shown through {before.view}; the result as {spaces.output}, without a view.")
    return _line(f"Shown through {before.view}, not as raw codes.")


def off_line() -> str:
    """Why there are no trims, as HTML."""
    return _line(_OFF)


def _line(text: str) -> str:
    return f'<p class="about">{escape(text)}</p>'
