"""Whether the result on the screen is of what is chosen now, and if not, what differs, in words.

The job that the controls describe is compared with the job of the result, whichever control was touched: a new setting is
compared as soon as it is a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.palette import parse_palette
from reswd_torch.settings import AUTO_SCENE, MOOD, MatchSettings
from studio.jobs import MatchJob
from studio.references import PaletteReference, SavedGrade
from studio.service.match import MatchResult
from studio.ui import words
from studio.ui.controls import AIM_CHOICES, PICTURE, PROTECTION_CHOICES, SCENE_CHOICES, TRANSFORM_CHOICES
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history import Entry
from studio.ui.match.run import described_job
from studio.ui.match.state import ROLES, Role
from studio.ui.pictures import Painted
from studio.ui.session import Session
from studio.ui.spaces import in_words

LIVE = frozenset({"strength", "trims"})
"""Settings that the picture on the screen follows at once."""
_CALLED = {
    "method": "method",
    "transform": "kind of grade",
    "aim": "take",
    "protect": "keep",
    "scene": "both pictures show",
    "seed": "seed",
    "device": "device",
    "pairs": "pairs of colours",
}
_VALUES: dict[str, Mapping[Any, str]] = {
    "method": words.METHOD_NAMES,
    "transform": {value: name for name, value in TRANSFORM_CHOICES},
    "aim": {value: name for name, value in AIM_CHOICES},
    "scene": {value: name for name, value in SCENE_CHOICES},
    "protect": {value: name for name, value in PROTECTION_CHOICES},
}


@dataclass(frozen=True)
class Difference:
    """What differs: what it is called, what the picture on the screen was made with, and what is chosen now.

    Of what looks the same in words, such as two masks that were painted, ``chosen`` is empty and ``made`` says all.
    """

    name: str
    made: str
    chosen: str = ""

    def __str__(self) -> str:
        """In words."""
        return f"{self.name} {self.made}, chosen now: {self.chosen}" if self.chosen else f"{self.name} {self.made}"


def differences(session: Session, choice: MatchChoice) -> list[Difference]:
    """How the result on the screen was made otherwise than the controls say; empty without a result.

    Raises:
        InputError: the controls describe no job, with words for the page.
    """
    entry = session.match.history.current
    if session.match.shown is None or entry is None:
        return []
    now = described_job(session, choice)
    return [*_between(session.match.shown.job, now), *_masks(session, choice, entry)]


def same_match(one: MatchResult, other: MatchResult) -> bool:
    """Whether two results are of the same pictures, matched in the same way; their strengths may differ."""
    return one.hashes == other.hashes and not _between(one.job, other.job)


def line(session: Session, choice: MatchChoice) -> str:
    """The notice below the viewer, as HTML; nothing where the result is of what is chosen."""
    try:
        found = differences(session, choice)
    except InputError as error:
        # What is wrong is said once: the style sheet takes it away while the line below the button says it.
        now = f'<span class="now">Now: {escape(words.plain(error))}</span>'
        return f'<p class="message" role="status">The picture on the screen is of an earlier choice. {now}</p>'
    if not found:
        return ""
    said = "; ".join(map(str, found))
    return words.message(f"The picture on the screen was made otherwise: {said}. Press the button to match anew.")


def _between(made: MatchJob, now: MatchJob) -> list[Difference]:
    found: list[Difference] = []
    if made.source != now.source:
        found.append(_other("source", made.source.name, now.source.name))
    if _reference_id(made) != _reference_id(now):
        found.append(_other("reference", words.reference_name(made.reference), words.reference_name(now.reference)))
    if made.spaces != now.spaces:
        found.append(_other("colour spaces", in_words(made.spaces), in_words(now.spaces)))
    if now.saved_grade is not None or made.saved_grade is not None:  # nothing is fitted
        return found
    before, after = _plain(made), _plain(now)
    for field in fields(MatchSettings):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if field.name not in LIVE and one != other:
            name = _CALLED.get(field.name, field.name)
            found.append(Difference(name, value_in_words(field.name, one), value_in_words(field.name, other)))
    return found


def _plain(job: MatchJob) -> MatchSettings:
    """The settings of a job without those that mean nothing in it."""
    settings, aim = job.settings, job.aim
    scene = settings.scene if settings.declared_method.looks_for_scene else AUTO_SCENE
    protect = settings.protect if aim == MOOD else MatchSettings.protect
    aim = aim if settings.declared_method.takes_aims else None
    return replace(settings, aim=aim, scene=scene, protect=protect)


def value_in_words(name: str, value: object) -> str:
    """A setting as the page calls it.

    Args:
        name: of a field of MatchSettings.
        value: of it.
    """
    if name == "pairs" and isinstance(value, tuple):
        return ", ".join("=".join(pair) for pair in value) or "none"
    known = _VALUES.get(name, {})
    if isinstance(value, tuple):
        return ", ".join(known.get(each, str(each)) for each in value) or "nothing"
    return known.get(value, "all colours" if value is None else str(value))


def _reference_id(job: MatchJob) -> object:
    reference = job.reference
    if isinstance(reference, SavedGrade):
        return id(reference.grade)
    if isinstance(reference, PaletteReference):
        return parse_palette(reference.text)
    return reference.path


def _other(role: str, made: str, chosen: str) -> Difference:
    """Two files or palettes that differ, told apart also where they are called the same."""
    return Difference(role, made, "another one" if made == chosen else chosen)


def _masks(session: Session, choice: MatchChoice, entry: Entry) -> list[Difference]:
    found = []
    for role in ROLES:
        if role == "reference" and PICTURE not in (choice.kind, entry.choice.kind):
            continue
        made = mask_of(entry.choice, role, entry.painted.get(role))
        side = session.match.places[role].side
        now = mask_of(choice, role, None if side is None else side.painted)
        if made != now:
            names = _mask_name(made), _mask_name(now)
            found.append(Difference(f"{role} mask", *(names if names[0] != names[1] else (f"{names[0]} anew since",))))
    return found


def mask_of(choice: MatchChoice, role: Role, painted: Painted | None) -> object:
    """What stands for the mask of a picture: the file that was sent, else what is painted, else None."""
    sent = choice.source_mask if role == "source" else choice.reference_mask if choice.kind == PICTURE else None
    if role == "reference" and choice.kind != PICTURE:
        return None
    return sent or painted


def _mask_name(mask: object) -> str:
    return "none" if mask is None else Path(mask).name if isinstance(mask, str) else "painted"
