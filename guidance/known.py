"""What the embedded model can paint, and a hint for a prompt that names nothing of it.

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

from reswd_torch.errors import InputError

EMBEDDED = Path(__file__).resolve().parents[1] / "assets" / "models" / "pocket-64"
"""Folder of the model that ships with the project. diffusers reads it as it reads any other."""
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
        """The objects that a prompt names.

        Longer phrases are looked for first, so that "a hot dog" names the hot dog and not the dog.
        """
        rest = " " + " ".join(re.findall(r"[a-z0-9'-]+", prompt.lower())) + " "
        found = []
        for phrase in sorted(self._words, key=len, reverse=True):
            if f" {phrase} " in rest:
                found.append(self._words[phrase])
                rest = rest.replace(f" {phrase} ", " | ")
        return tuple(dict.fromkeys(found))

    def hint(self, prompt: str) -> str | None:
        """One line of advice for a prompt that names nothing the model knows; None for any other prompt.

        The line suggests the known words that are spelt most like those of the prompt.
        """
        if not prompt.strip() or self.named(prompt):
            return None
        close: list[str] = []
        for word in re.findall(r"[a-z]{3,}", prompt.lower()):
            close += (self._words[match] for match in difflib.get_close_matches(word, self._words, n=2, cutoff=0.75))
        examples = list(dict.fromkeys(close)) or [group[0] for group in self.objects.values()]
        meant = "did you mean" if close else "try"
        return (
            f"This small model knows {len(self.names)} objects, and the prompt names none of them: "
            f"{meant} {' or '.join(examples[:3])}?"
        )

    def describe(self) -> str:
        """Everything that the model knows, as text for a terminal."""
        lines = [f"{group} ({len(names)}): {', '.join(names)}" for group, names in self.objects.items()]
        lines.append(f"object colours: {', '.join(self.object_colours)}")
        lines.append(f"background colours: {', '.join(self.background_colours)}")
        lines += ["captions it was trained on look like:", *(f"  {caption}" for caption in self.captions)]
        return "\n".join(lines)


def read_known(folder: Path = EMBEDDED) -> Known:
    """Read what the model in a folder knows.

    Raises:
        InputError: the folder does not say what its model knows.
    """
    file = folder / KNOWN_FILE
    try:
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        values["objects"] = {group: tuple(names) for group, names in values["objects"].items()}
        return Known(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: this folder does not say what its model knows ({error})") from error


def _plural(word: str) -> str:
    """The regular English plural of a noun."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else word + "s"
