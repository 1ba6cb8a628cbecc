"""What the embedded models can paint, and which of their words a prompt holds.

This module needs the standard library only.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from guidance.catalogue import EMBEDDED_IDS
from guidance.shipped import NO_MODEL, embedded_model
from reswd_torch.errors import InputError

EMBEDDED = embedded_model()
"""Folder of the model that paints where no model is named. diffusers reads it as it reads any other."""
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_CAPTION_WORDS = {"background", "gradient"}
_SMALL_WORDS = {
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its", "near", "of", "on", "or", "over",
    "some", "that", "the", "this", "three", "to", "two", "under", "with",
}  # fmt: skip
"""Words that say nothing by themselves."""
_SHORTEST_SLIP = 5
"""Letters of the shortest word that can be a slip of another: of fewer, too many words are alike."""
KNOWN_FILE = "known.json"
"""The file in a model's folder that says what the model knows."""


@dataclass(frozen=True)
class Known:
    """Everything that a small model was trained to paint.

    Attributes:
        objects: names of the objects by group, such as ``{"food and drink": ("grapes", ...)}``.
        synonyms: the object that each other word stands for.
        object_colours: colours that a caption can give to an object.
        colourable: the objects that take such a colour well.
        background_colours: colours that a caption can give to the background; two of them make a gradient.
        captions: examples of every form of caption that the model was trained on.
        size: width and height of the model's pictures, pixels.
        steps, guidance_scale: the settings that the model was evaluated with.
        places: phrases that put an object somewhere, such as "on a beach"; none in files that do not list them.
    """

    objects: dict[str, tuple[str, ...]]
    synonyms: dict[str, str]
    object_colours: tuple[str, ...]
    colourable: tuple[str, ...]
    background_colours: tuple[str, ...]
    captions: tuple[str, ...]
    size: int
    steps: int
    guidance_scale: float
    places: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all objects."""
        return tuple(name for group in self.objects.values() for name in group)

    @cached_property
    def _words(self) -> dict[str, str]:
        """The object that each word or phrase names, in lower case, singular and plural."""
        pairs = {**self.synonyms, **{name: name for name in self.names}}
        plurals = {_plural(word): name for word, name in pairs.items()}
        return {word.lower(): name for word, name in {**plurals, **pairs}.items()}

    def named(self, prompt: str) -> tuple[str, ...]:
        """The objects that a prompt names, in its order.

        Longer phrases win, so that "a hot dog" names the hot dog and not the dog.
        """
        return tuple(dict.fromkeys(name for _, name in self.parts(prompt) if name))

    def unknown(self, prompt: str) -> tuple[str, ...]:
        """The words of a prompt, in its order, that name nothing the model knows: no object, no colour, no background."""
        known = {*self.object_colours, *self.background_colours, *_CAPTION_WORDS, *_SMALL_WORDS}
        return tuple(dict.fromkeys(word for word, name in self.parts(prompt) if name is None and word not in known))

    def spelt_like(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The objects whose names are spelt nearly like one of some words: slips change few letters, and rarely the first."""
        close: list[str] = []
        for word in words:
            near = [known for known in self._words if known[0] == word[0] and abs(len(known) - len(word)) <= 1]
            if len(word) >= _SHORTEST_SLIP:
                close += (self._words[match] for match in difflib.get_close_matches(word, near, n=2, cutoff=0.8))
        return tuple(dict.fromkeys(close))[:3]

    def parts(self, prompt: str) -> list[tuple[str, str | None]]:
        """The words of a prompt, those of an object's name together, each with the object that it names."""
        words, parts = _WORD.findall(self._without_places(prompt.lower())), []
        while words:
            longest = min(len(words), self._longest)
            phrases = (" ".join(words[:count]) for count in range(longest, 0, -1))
            phrase = next((each for each in phrases if each in self._words), words[0])
            parts.append((phrase, self._words.get(phrase)))
            words = words[phrase.count(" ") + 1 :]
        return parts

    def _without_places(self, prompt: str) -> str:
        """A prompt in lower case without the places that it names."""
        if not self.places:
            return prompt
        longest = sorted(self.places, key=len, reverse=True)
        return re.sub(rf"\b(?:{'|'.join(re.escape(place.lower()) for place in longest)})\b", " ", prompt)

    def place_of(self, scene: str | None) -> str | None:
        """The phrase of :attr:`places` that puts an object into a scene, such as "on a beach" for "beach"; None without one."""
        if scene is None:
            return None
        return next((place for place in self.places if re.search(rf"\b(?:a|an|the) {re.escape(scene)}$", place)), None)

    @cached_property
    def _longest(self) -> int:
        """Words of the longest name."""
        return max(phrase.count(" ") + 1 for phrase in self._words)

    def describe(self) -> str:
        """Everything that the model knows, as text for a terminal."""
        lines = [f"{group} ({len(names)}): {', '.join(names)}" for group, names in self.objects.items()]
        lines.append(f"object colours: {', '.join(self.object_colours)}")
        lines.append(f"background colours: {', '.join(self.background_colours)}")
        lines += [f"places: {', '.join(self.places)}"] if self.places else []
        lines += ["captions it was trained on look like:", *(f"  {caption}" for caption in self.captions)]
        return "\n".join(lines)


def read_known(folder: Path = EMBEDDED) -> Known:
    """Read what the model in a folder knows.

    Raises:
        InputError: there is no such folder, as where the embedded model is not installed, or it does not say what its model
            knows.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: {NO_MODEL}")
    file = folder / KNOWN_FILE
    try:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        values["objects"] = {group: tuple(names) for group, names in values["objects"].items()}
        return Known(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: this folder does not say what its model knows ({error})") from error


def known_of(model: str) -> Known | None:
    """What a model knows; None for one that is not embedded, of which that is not known.

    Args:
        model: id of the catalogue or the hub, or a folder.

    Raises:
        InputError: as :func:`read_known`.
    """
    name = model.strip()
    return read_known(embedded_model(name)) if name in EMBEDDED_IDS else None


def in_words(words: tuple[str, ...], joint: str) -> str:
    """Words as a list in a sentence, such as "a, b and c"."""
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def with_article(thing: str) -> str:
    """A thing with "a" or "an" in front, which names of many things do without."""
    if thing.endswith("s") and not thing.endswith(("ss", "us")):
        return thing
    return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"


def _plural(word: str) -> str:
    """The regular English plural of a noun."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"
