"""What of a prompt the embedded model understood: the probe's reading, with the list of known words as second witness."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guidance.colour_names import BACKGROUNDS, OTHER_WORDS
from guidance.known import EMBEDDED, Known
from guidance.text_to_image import LONGEST_PROMPT
from guidance.understood.roles import COLOUR_OF, COLOURS, NOTHING, OBJECTS, SCENES, Role
from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from guidance.understood.probe import Probe, Reading
    from guidance.understood.vectors import Vectors

_MOST_ALONE = 8
"""Words that are read alone, one by one: the first ones that the list does not know."""
_SMALL = {
    "photo",
    "photograph", "picture", "image", "drawing", "painting", "please", "paint", "draw", "before", "front", "against", "backdrop",
    "next", "beside", "behind", "above", "below", "there", "which", "whose", "color", "colour", "colored", "coloured",
    "night",
}  # fmt: skip
"""Words that ask for nothing by themselves."""
_LEAST_SHARE = 0.2
"""Of a colour or scene that a prompt names: below it not even the best role is taken for its own."""
_SAID = 60
"""Most characters of a word that is named."""


@dataclass(frozen=True, eq=False)
class Reader:
    """What reads a prompt.

    Attributes:
        tokenizer, text_encoder: those of the model.
        probe: the map behind them.
    """

    tokenizer: Any
    text_encoder: Any
    probe: Probe

    def states(self, prompts: list[str]) -> tuple[Tensor, Tensor]:
        """The encoder's states of prompts, (n, tokens, width) float32, and where they have words, (n, tokens) bool."""
        import torch

        given = self.tokenizer(
            [prompt[:LONGEST_PROMPT] for prompt in prompts],
            padding=True,
            max_length=self.probe.settings.tokens,
            truncation=True,
            return_tensors="pt",
        )
        place = self.text_encoder.device
        with torch.no_grad():
            states = self.text_encoder(given.input_ids.to(place), attention_mask=given.attention_mask.to(place))[0]
        return states.float().cpu(), given.attention_mask.bool()

    def vectors(self, prompts: list[str]) -> Vectors:
        """The hypervectors of prompts, (n, D)."""
        import torch

        with torch.no_grad():
            return np.asarray(self.probe.map(*self.states(prompts)).numpy())

    def read(self, prompts: list[str]) -> list[dict[Role, Reading]]:
        """What each of some prompts says, as far as the encoder reads it."""
        return self.probe.decode(self.vectors(prompts))

    def alone(self, words: list[str]) -> list[tuple[str, float]]:
        """The object whose name is nearest in meaning to each of some words, and the cosine of their hypervectors."""
        return self.probe.nearest(*self.states(words))

    def length(self, prompt: str) -> int:
        """How many tokens a prompt has, its ends counted."""
        return len(self.tokenizer(prompt[:LONGEST_PROMPT], truncation=False, verbose=False).input_ids)


@dataclass(frozen=True)
class Part:
    """One thing that was understood.

    Attributes:
        role: its part in the prompt.
        value: what it is, by its name.
        confidence: 0..1.
    """

    role: Role
    value: str
    confidence: float


@dataclass(frozen=True)
class Understood:
    """What of a prompt was understood.

    Attributes:
        prompt: the prompt.
        parts: what was understood, in the order of :class:`~guidance.understood.roles.Role`.
        taken_for: words that the list does not know, with the object that each was taken for.
        unknown: words, or beginnings of long ones, that were not understood.
        further: objects that the prompt names as well, beyond the two that have a role.
        unpainted: what was understood and the model does not paint: a scene.
        tokens, read: how many tokens the prompt has, and how many of them the text encoder reads at most.
    """

    prompt: str
    parts: tuple[Part, ...] = ()
    taken_for: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    unpainted: tuple[str, ...] = ()
    tokens: int = 0
    read: int = 0

    def of(self, role: Role) -> str | None:
        """What was understood of a role; None for nothing."""
        return next((part.value for part in self.parts if part.role == role), None)

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects that have a role."""
        return tuple(part.value for part in self.parts if part.role in OBJECTS)

    @property
    def colours(self) -> tuple[str, ...]:
        """The colours that the prompt asks for, each once."""
        return tuple(dict.fromkeys(part.value for part in self.parts if part.role in COLOURS))


def explain(prompt: str, reader: Reader | None, known: Known) -> Understood:
    """Say what of a prompt was understood.

    Two witnesses are heard. The list of known words is certain of what it names: objects in their order, a colour right before an
    object, the colours right before the word background. Of all else the probe says what it is: other words, other orders,
    scenes. A word that the list does not know counts as an object if it stands for it when it is read alone: to the probe, or
    because its meaning is near enough to that of the object's name. Beside an object that the list names, the whole prompt has to
    be read so too. A colour or a scene counts if a word for it is there; whose
    colour it is says the probe, which has to choose where it is not sure.

    Args:
        prompt: any text; of more than :data:`guidance.text_to_image.LONGEST_PROMPT` characters the beginning is looked at.
        reader: of the model; None for a model without a probe, of which the list alone says something.
        known: what the model knows.
    """
    prompt = prompt[:LONGEST_PROMPT]
    if not prompt.strip():
        return Understood(prompt)
    words = known.parts(prompt)
    literal = {word: name for word, name in words if name}
    strange = tuple(word for word in known.unknown(prompt) if word not in _understood_words())
    if reader is None:
        parts = [Part(role, name, 1.0) for role, name in zip(OBJECTS, dict.fromkeys(literal.values()), strict=False)]
        return Understood(prompt, tuple(parts), {}, _cut(strange), tuple(dict.fromkeys(literal.values()))[2:])
    threshold = reader.probe.settings.threshold
    vectors = reader.vectors([prompt])
    found = reader.probe.decode(vectors)[0]
    shares = {role: dict(zip(reader.probe.settings.fillers[role], each[0].tolist(), strict=True))
              for role, each in reader.probe.shares(vectors).items()}  # fmt: skip
    alone = _alone(strange[:_MOST_ALONE], reader)
    objects, swapped = _objects(found, words, alone)
    if swapped:
        found = {**found, Role.OBJECT_COLOUR: found[Role.SECOND_COLOUR], Role.SECOND_COLOUR: found[Role.OBJECT_COLOUR]}
        shares = {
            **shares,
            Role.OBJECT_COLOUR: shares[Role.SECOND_COLOUR],
            Role.SECOND_COLOUR: shares[Role.OBJECT_COLOUR],
        }
    parts = [Part(role, *objects[role]) for role in OBJECTS if role in objects]
    parts += _others(found, prompt.lower(), objects, _named_colours(words, objects), threshold)
    parts += _left_over(shares, prompt.lower(), parts)
    order = list(Role)
    parts.sort(key=lambda part: order.index(part.role))
    named = {part.value for part in parts}
    taken = {word: name for word, (name, _) in alone.items() if name in named}
    scene = next((part.value for part in parts if part.role is Role.SCENE), None)
    unpainted = () if scene is None or known.place_of(scene) is not None else (scene,)
    return Understood(
        prompt,
        tuple(parts),
        {_cut((word,))[0]: name for word, name in taken.items()},
        _cut(tuple(word for word in strange if word not in taken)),
        tuple(name for name in dict.fromkeys(literal.values()) if name not in named),
        unpainted,
        reader.length(prompt),
        reader.probe.settings.tokens,
    )


def _alone(words: tuple[str, ...], reader: Reader) -> dict[str, tuple[str, float]]:
    """The object that each of some words stands for when it is read alone, and how sure that is; others are left out."""
    if not words:
        return {}
    settings = reader.probe.settings
    readings = reader.read([f"a {word}" for word in words])
    made = {}
    for word, reading, (near, cosine) in zip(words, readings, reader.alone(list(words)), strict=True):
        each = reading[Role.OBJECT]
        if cosine >= settings.nearness:
            made[word] = (near, cosine)
        elif _counts(each, settings.sureness):
            made[word] = (each.filler, each.confidence)
    return made


def _counts(reading: Reading, threshold: float) -> bool:
    return reading.filler != NOTHING and reading.confidence >= threshold


def _objects(
    found: dict[Role, Reading], words: list[tuple[str, str | None]], alone: dict[str, tuple[str, float]]
) -> tuple[dict[Role, tuple[str, float]], bool]:
    """The object of each role with its confidence, in the order of the prompt, and whether that is the probe's turned round."""
    listed = {name for _, name in words if name}
    read = [found[role].filler for role in OBJECTS]
    sure: dict[str, float] = {}
    for word, known_as in words:
        if known_as is not None:
            sure[known_as] = 1.0
        elif word in alone and (not listed or alone[word][0] in read):
            name, confidence = alone[word]
            sure[name] = max(confidence, sure.get(name, 0.0))
    names = list(sure)[: len(OBJECTS)]
    made = {role: (name, sure[name]) for role, name in zip(OBJECTS, names, strict=False)}
    return made, len(names) == len(OBJECTS) and (names[0] == read[1] or names[1] == read[0])


def _named_colours(words: list[tuple[str, str | None]], objects: dict[Role, tuple[str, float]]) -> dict[Role, str]:
    """The colours whose role the order of the words leaves in no doubt: right before an object or the word background."""
    roles = {name: role for role, (name, _) in objects.items()}
    colours = dict(zip(BACKGROUNDS, BACKGROUNDS, strict=True)) | OTHER_WORDS
    said = [word for word, _ in words if word != "gradient"]
    made: dict[Role, str] = {}
    for before, (_, name) in pairwise([("", None), *(pair for pair in words if pair[0] != "gradient")]):
        if name is not None and name in roles and before[0] in colours:
            made.setdefault(COLOUR_OF[roles[name]], colours[before[0]])
    for at, word in enumerate(said):
        if word in ("background", "backdrop") and at and (bottom := colours.get(said[at - 1])):
            both = at > 2 and said[at - 2] == "to" and said[at - 3] in colours
            made |= {Role.TOP: colours[said[at - 3]] if both else bottom, Role.BOTTOM: bottom}
    return made


def _others(
    found: dict[Role, Reading],
    prompt: str,
    objects: dict[Role, tuple[str, float]],
    named: dict[Role, str],
    threshold: float,
) -> list[Part]:
    """The colours and the scene."""
    parts = [Part(role, name, 1.0) for role, name in named.items()]
    there = _names_in(prompt)
    used = [name for role, name in named.items() if role is not Role.BOTTOM or name != named[Role.TOP]]
    for role in (*COLOURS, Role.SCENE):
        each = found[role]
        without = role is Role.SECOND_COLOUR and Role.SECOND not in objects
        spent = role in (Role.TOP, Role.BOTTOM) and Role.TOP in named
        taken = each.filler in used and there.count(each.filler) <= used.count(each.filler)
        if role in named or without or spent or taken or not _counts(each, threshold) or each.filler not in there:
            continue
        parts.append(Part(role, each.filler, each.confidence))
    return parts


def _left_over(shares: dict[Role, dict[str, float]], prompt: str, parts: list[Part]) -> list[Part]:
    """Colours and a scene that a prompt names and that have no role yet, each in the free role that it fills best."""
    filled = {part.role: part.value for part in parts}
    one = filled.get(Role.TOP) == filled.get(Role.BOTTOM)
    used = Counter(value for role, value in filled.items() if role in COLOURS and not (one and role is Role.BOTTOM))
    there, made = _names_in(prompt), list[Part]()
    for name in there:
        if name in SCENES:
            free = [Role.SCENE]
        elif used[name]:
            used[name] -= 1
            continue
        else:
            free = [Role.TOP, *(COLOUR_OF[role] for role in OBJECTS if role in filled)]
        role = max((role for role in free if role not in filled), key=lambda role: shares[role][name], default=None)
        if role is None or shares[role][name] < _LEAST_SHARE:
            continue
        roles = (Role.TOP, Role.BOTTOM) if role is Role.TOP and Role.BOTTOM not in filled else (role,)
        made += [Part(each, name, min(1.0, shares[role][name])) for each in roles]
        filled |= dict.fromkeys(roles, name)
    return made


def _names_in(prompt: str) -> list[str]:
    """The colours and scenes that a prompt has words for, each as often as it has."""
    words = re.findall(r"[a-z]+", prompt)
    found = [OTHER_WORDS.get(word, word) for word in words if word in BACKGROUNDS or word in OTHER_WORDS]
    return found + [scene for scene in SCENES if re.search(rf"\b{scene}\b", prompt)]


@lru_cache(maxsize=1)
def _understood_words() -> frozenset[str]:
    return frozenset({*_SMALL, *OTHER_WORDS, *BACKGROUNDS, *(word for scene in SCENES for word in scene.split())})


def _cut(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words, those that are too long to be named cut."""
    return tuple(word if len(word) <= _SAID else f"{word[:_SAID]}..." for word in words)


def load_reader(folder: Path = EMBEDDED) -> Reader | None:
    """The reader of the model in a folder, on the CPU; None for a model without a probe.

    Raises:
        InputError: the probe or the text encoder cannot be read, or transformers is not installed.
    """
    try:
        from transformers import AutoModel, PreTrainedTokenizerFast
        from transformers.utils import logging

        from guidance.understood.probe import read_probe
    except ImportError as error:
        raise InputError(f"reading a prompt needs transformers ({error}): pip install 'reswd-studio[guide]'") from error
    probe = read_probe(folder)
    if probe is None:
        return None
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = AutoModel.from_pretrained(folder / "text_encoder", local_files_only=True)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: its text encoder cannot be read ({error})") from error
    finally:
        if shown:
            logging.enable_progress_bar()
    return Reader(tokenizer, encoder.eval().requires_grad_(False), probe)


def reader_of(pipe: Any, probe: Probe) -> Reader:
    """The reader of a pipeline that is loaded."""
    return Reader(pipe.tokenizer, pipe.text_encoder, probe)
