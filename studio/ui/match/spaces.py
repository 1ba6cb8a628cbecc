"""The section *Colour spaces* of the tab *Match colours*: what goes with its pictures, its history and its saved grades."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice, choose_spaces
from studio.records.match import read_settings
from studio.service.said_space import said_space
from studio.ui import words
from studio.ui.controls import PICTURE
from studio.ui.match.choice import MatchChoice
from studio.ui.pictures import Side
from studio.ui.spaces import AS_IT_IS, FIRST, Spaces, line, offered_choices, spaces_chosen, what_happens
from studio.ui.wiring import Updates
from studio.views.seen import Seen, source_seen, target_seen

_OFF = "Trims and pairs of colours are for codes of a display: they are off while a colour space is chosen."


def brought_back(spaces: Spaces, choice: MatchChoice) -> Updates:
    """The dropdowns as a choice says, and in sight where it chooses. Names come with values: a new page has none."""
    values = {name: getattr(choice, name) or AS_IT_IS for name in FIRST}
    if not any(values.values()):
        return dict.fromkeys(spaces.dropdowns.values(), AS_IT_IS)
    try:
        offered = offered_choices()
    except InputError:  # which is said when the job is described
        offered = []
    known = {value for _, value in offered}
    dropdowns: Updates = {
        each: gr.update(
            value=values[name],
            choices=[(FIRST[name], AS_IT_IS), *offered, *_unlisted(values[name], known)],
            interactive=True,
        )
        for name, each in spaces.dropdowns.items()
    }
    return dropdowns | {spaces.room: gr.update(open=True)}


def _unlisted(value: str, known: set[str]) -> list[tuple[str, str]]:
    """A chosen space that the config does not list, such as an alias from a settings file."""
    return [(value, value)] if value and value not in known else []


def chosen_spaces(choice: MatchChoice) -> SpaceChoice | None:
    """As :func:`studio.ui.spaces.spaces_chosen`. Raises InputError."""
    return spaces_chosen(choice, of_picture=choice.kind == PICTURE)


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


def said(choice: MatchChoice, sides: Sequence[Side | None]) -> str:
    """What will happen, and what the files of source and reference say of themselves, as HTML."""
    try:
        return what_happens(choice, of_picture=choice.kind == PICTURE) + _files(choice, sides)
    except InputError as error:
        return words.message(words.plain(error))


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
    return "".join(map(line, lines))


def off_line() -> str:
    """Why there are no trims, as HTML."""
    return line(_OFF)
