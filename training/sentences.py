"""Sentences that the probe is trained on: the captions of the embedded model and looser ones, each with what it says.

What is held out of the model's training is held out here too: the pairs of :func:`training.compose.held_out` and the keywords
that no caption holds. A tenth of the sentences name something that the model does not know, or nothing at all.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from guidance.colour_names import BACKGROUNDS, OTHER_WORDS
from guidance.understood.roles import COLOUR_OF, FOREIGN, NOTHING, Role
from training.art import OBJECTS_FILE, Thing, phrase
from training.compose import held_out
from training.packages import KEYWORDS
from training.places import PLACES

_BARE = (
    "{o} on {g}", "{o} on {g}", "{o} on {g}", "{o} before {g}", "{o} in front of {g}", "{o} against {g}", "{o}, {g}",
    "{g} with {o}", "{g}, {o}", "{g} and {o}", "{o} with {g}", "on {g}, {o}", "{g} behind {o}", "{o} has {g}", "{g}: {o}",
)  # fmt: skip
_GRADIENTS = (
    "a {a} to {b} gradient background", "a {a} to {b} gradient background", "a {a} to {b} background",
    "a gradient from {a} to {b}", "a {a} and {b} background", "a background from {a} to {b}",
)  # fmt: skip
_SOLIDS = (
    "a {a} background",
    "a {a} background",
    "a {a} background",
    "{a} background",
    "a background in {a}",
    "a {a} backdrop",
    "a backdrop of {a}",
    "{a} behind",
    "a wall of {a}",
    "nothing but {a}",
)
_TWO = (
    "{o} and {p}", "{o} and {p}", "{o} and {p}", "{o} with {p}", "{o} next to {p}", "{o}, {p}", "{o} & {p}",
    "{o} together with {p}", "{o} by {p}", "{o} to the left of {p}",
)  # fmt: skip
_COLOURED = ("{o} in {c}", "{o} of {c} colour", "{o}, {c}", "{o} dyed {c}", "{o} ({c})", "{o} which is all {c}")
_STYLES = (
    "a photo of {}",
    "a picture of {}",
    "an image of {}",
    "a drawing of {}",
    "{}!",
    "{}.",
    "please paint {}",
    "the {}",
)
_ADJECTIVES = ("small", "big", "cute", "old", "happy", "beautiful", "funny", "new", "little", "shiny")
_OTHER_PLACES = {
    "beach": ("at the beach", "on the beach"),
    "sea": ("in the sea", "by the sea", "at sea"),
    "lake": ("by a lake", "at the lake"),
    "meadow": ("in a meadow", "on the meadow"),
    "forest": ("in the forest", "among the trees of a forest"),
    "snow": ("in snow", "on snow"),
    "desert": ("in a desert",),
    "night sky": ("in a night sky", "under a night sky"),
    "sky": ("in a sky", "under the sky"),
    "sunset": ("at sunset", "in a sunset", "before a sunset"),
    "road": ("on the road",),
    "table": ("on the table",),
}
"""Further words for the places of the captions."""
_PLACE_FIRST = ("a {s} with {o}", "a {s} and {o}", "{o}, a {s} behind", "{s}: {o}", "{o} and a {s}", "{o}, {s}")
_NO_ART = np.zeros((0, 0, 4), np.float32)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHER_SCRIPTS = "犬猫красная собакаكلبכלבνερόこんにちは개ไทยहिंदी"


@dataclass(frozen=True)
class Sentence:
    """A sentence and what it says.

    Attributes:
        text: the sentence.
        said: what fills each role.
        strange: the word for an object that the model does not know, by the role that it fills.
    """

    text: str
    said: dict[Role, str]
    strange: dict[Role, str] = field(default_factory=dict)


def says(**fillers: str) -> dict[Role, str]:
    """A filler for each role, by the role's name in capitals; the others say nothing."""
    return dict.fromkeys(Role, NOTHING) | {Role[name]: filler for name, filler in fillers.items()}


@dataclass(frozen=True)
class Words:
    """The words that sentences are made of.

    Attributes:
        things: the objects, with their names and keywords.
        further: more words for an object than the model's captions use, by its name.
        foreign: words that name nothing that the model knows.
        held_out_colours, held_out_backgrounds: the shares of the pairs that are kept from training.
    """

    things: list[Thing]
    further: dict[str, tuple[str, ...]]
    foreign: tuple[str, ...]
    held_out_colours: float
    held_out_backgrounds: float


def further_words(downloads: Path, things: list[Thing]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """More words for the objects, and words that may be foreign: emojilib's keywords.

    No word is among them that is held out, names another object, or is the name of a colour or a scene.

    Returns:
        for each object the keywords that no other one has; and the keywords of all other emoji.
    """
    file = downloads / KEYWORDS.folder / "dist" / "emoji-en-US.json"
    listed: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    by_code = {
        "-".join(f"{ord(sign):x}" for sign in emoji if sign != "\ufe0f"): words for emoji, words in listed.items()
    }
    taken = {*BACKGROUNDS, *OTHER_WORDS, *PLACES, *(word for place in PLACES for word in place.split())}
    taken |= {word for thing in things for word in (thing.name, *thing.keywords, *thing.keywords_held_out)}
    stems = {word.rstrip("s") for word in taken}
    found = {thing.name: _clean(by_code.pop(thing.code, [])) for thing in things}
    every = [word for words in found.values() for word in words]
    own = {
        name: tuple(word for word in words if every.count(word) == 1 and word.rstrip("s") not in stems)
        for name, words in found.items()
    }
    others = dict.fromkeys(word for words in by_code.values() for word in _clean(words))
    return own, tuple(word for word in others if word not in every and word.rstrip("s") not in stems)


def said_otherwise() -> set[str]:
    """Words that fill no object's role: those of the sentences' forms, colours and places."""
    forms = (
        *_BARE,
        *_GRADIENTS,
        *_SOLIDS,
        *_TWO,
        *_COLOURED,
        *_STYLES,
        *_ADJECTIVES,
        *BACKGROUNDS,
        *OTHER_WORDS,
        *PLACES,
    )
    places = (
        *(place.words for place in PLACES.values()),
        *(words for each in _OTHER_PLACES.values() for words in each),
    )
    return {word for form in (*forms, *places) for word in re.findall(r"[a-z]+", form)}


def _clean(keywords: list[str]) -> list[str]:
    words = dict.fromkeys(word.replace("_", " ").lower() for word in keywords)
    return [
        word for word in words if word.replace(" ", "").isascii() and word.replace(" ", "").isalpha() and len(word) > 2
    ]


def things_without_art() -> list[Thing]:
    """All objects with their words, in their order; their pictures, which need the downloads, are left out."""
    with OBJECTS_FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    words = ((tuple(row["keywords"].split()), tuple(row["keywords_held_out"].split())) for row in rows)
    return [
        Thing(row["code"], row["name"], row["group"], trained, kept, _NO_ART)
        for row, (trained, kept) in zip(rows, words, strict=True)
    ]


def kept_back(word: str, low: float = 0.0, high: float = 0.2) -> bool:
    """Whether a word is kept from training, by where its checksum lies between 0 and 1, so that the answer never changes.

    Of foreign words the first tenth is for the evaluation, and the second one for the choice of thresholds. Of the captions'
    synonyms the lower half is for that choice too.
    """
    return low <= zlib.crc32(f"foreign/{word}".encode()) / 2**32 < high


def draw(words: Words, random: np.random.Generator) -> Sentence:
    """Draw a sentence to train on."""
    at = random.random()
    if at < 0.04:
        return Sentence(_senseless(words, random), says())
    said, strange = says(), dict[Role, str]()
    if at < 0.07:
        return Sentence(_ground([], words, random, said), said)
    text = _object(Role.OBJECT, words, random, said, strange)
    if at < 0.25:
        return Sentence(text, said, strange)
    if random.random() < 0.42:
        text = _any(_TWO, random).format(o=text, p=_object(Role.SECOND, words, random, said, strange))
    shown = [thing for thing in words.things if thing.name in (said[Role.OBJECT], said[Role.SECOND])]
    at = random.random()
    if at < 0.6:
        text = _any(_BARE, random).format(o=text, g=_ground(shown, words, random, said))
    elif at < 0.9:
        said[Role.SCENE] = scene = _any(list(PLACES), random)
        places = (PLACES[scene].words, PLACES[scene].words, *_OTHER_PLACES[scene])
        first = random.random() < 0.3
        text = _any(_PLACE_FIRST, random).format(o=text, s=scene) if first else f"{text} {_any(places, random)}"
    return Sentence(_style(text, random), said, strange)


def _any(choices: tuple[str, ...] | list[str], random: np.random.Generator) -> str:
    return str(choices[int(random.integers(len(choices)))])


def _object(
    role: Role, words: Words, random: np.random.Generator, said: dict[Role, str], strange: dict[Role, str]
) -> str:
    """Words for an object with or without its colour; what they say is put into ``said`` and ``strange``."""
    thing = words.things[int(random.integers(len(words.things)))]
    while thing.name == said[Role.OBJECT]:
        thing = words.things[int(random.integers(len(words.things)))]
    if foreign := bool(words.foreign) and random.random() < 0.12:
        word, said[role] = _any(words.foreign, random), FOREIGN
        strange[role] = word
    else:
        word, said[role] = _word(thing, words, random), thing.name
    if random.random() < 0.55:
        colours = [name for name in BACKGROUNDS if not held_out("colour", thing, name, words.held_out_colours)]
        said[COLOUR_OF[role]] = colour = _any(colours, random)
        at = random.random()
        if at < 0.15:
            return _any(_COLOURED, random).format(o=phrase(word, thing.name), c=colour)
        word = f"{_said_as(colour, random)} {word}"
    if random.random() < 0.06:
        word = f"{_any(_ADJECTIVES, random)} {word}"
    return word if random.random() < 0.12 else phrase(word, "" if foreign else thing.name)


def _word(thing: Thing, words: Words, random: np.random.Generator) -> str:
    """The name of an object or another word for it, singular or plural, rarely with a slip."""
    at, word = random.random(), thing.name
    further = words.further.get(thing.name, ())
    if thing.keywords and at < 0.25:
        word = _any(thing.keywords, random)
    elif further and at > 0.75:
        word = _any(further, random)
    at = random.random()
    if at < 0.1 and not word.endswith("s"):
        return f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeiou" else f"{word}s"
    return _slip(word, random) if at > 0.93 and len(word) > 4 else word


def _slip(word: str, random: np.random.Generator) -> str:
    """A word with one letter dropped, doubled, changed or swapped with the next; the first stays."""
    at, kind = int(random.integers(1, len(word) - 1)), int(random.integers(4))
    middle = ("", word[at] * 2, _any(list(_LETTERS), random), word[at + 1] + word[at])[kind]
    return word[:at] + middle + word[at + (2 if kind == 3 else 1) :]


def _said_as(colour: str, random: np.random.Generator) -> str:
    """A colour's name, or another word for it."""
    others = [word for word, name in OTHER_WORDS.items() if name == colour]
    return _any(others, random) if others and random.random() < 0.12 else colour


def _ground(shown: list[Thing], words: Words, random: np.random.Generator, said: dict[Role, str]) -> str:
    """Words for a background; what they say is put into ``said``."""
    names = [
        name for name in BACKGROUNDS
        if not any(held_out("background", thing, name, words.held_out_backgrounds) for thing in shown)
    ]  # fmt: skip
    top, bottom = _any(names, random), _any(names, random)
    if random.random() < 0.6:
        bottom = top
    said[Role.TOP], said[Role.BOTTOM] = top, bottom
    form = _any(_SOLIDS if top == bottom else _GRADIENTS, random)
    text = form.format(a=_said_as(top, random), b=_said_as(bottom, random))
    return text.replace("a orange", "an orange").replace("a azure", "an azure")


def _style(text: str, random: np.random.Generator) -> str:
    if random.random() > 0.12:
        return text
    return _any(_STYLES, random).format(text)


def _senseless(words: Words, random: np.random.Generator) -> str:
    """Text that names nothing that the model knows: foreign words, letters, or another script."""
    kind, count = random.random(), int(random.integers(1, 7))
    if kind < 0.5 and words.foreign:
        return " ".join(_any(words.foreign, random) for _ in range(count))
    signs = list(_LETTERS) if kind < 0.75 else list(_OTHER_SCRIPTS)
    return " ".join("".join(_any(signs, random) for _ in range(int(random.integers(2, 12)))) for _ in range(count))
