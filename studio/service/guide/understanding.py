"""What an embedded model understood of a prompt, and where its colours quarrel with those of a reference.

The reader, a text encoder and the probe behind it, is loaded when it is first needed and then kept; it is apart from the
pipeline that paints, so that nobody waits for a picture to be told. All embedded models have the same encoder, so one reader
serves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np

from guidance.catalogue import EMBEDDED_ID, EMBEDDED_IDS
from guidance.known import Known, known_of
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from guidance.understood import Reader, Understood, explain, load_reader, quarrels
from guidance.understood.words import hint
from reswd_torch.errors import InputError
from studio.jobs import GuideJob
from studio.references import GuideReference, PaletteReference, reference_files
from studio.service.guide.colours import colours_of

_LOADING = Lock()


@dataclass(frozen=True)
class Explanation:
    """What was understood of a prompt.

    Attributes:
        understood: the parts of it.
        hint: a line where the prompt asks for more than the model knows, or None.
        warnings: the colours that the reference lacks, a sentence each.
    """

    understood: Understood
    hint: str | None
    warnings: tuple[str, ...]


def explained(
    prompt: str, reference: GuideReference | None = None, model: str = EMBEDDED_ID, known: Known | None = None
) -> Explanation:
    """What an embedded model understood of a prompt.

    Args:
        prompt: any text.
        reference: whose colours are wanted; None to warn of nothing.
        model: its id. Of another model nobody knows what it understands.
        known: what the model knows; None to read it.

    Raises:
        InputError: the model is another one, is not installed or cannot be read; or the reference cannot be read.
    """
    known = known or known_of(model)
    if known is None:
        learned = " or ".join(EMBEDDED_IDS)
        raise InputError(f"what {model!r} understands is not known: choose {learned}, whose words were learned")
    understood = explain(prompt, _reader(), known)
    return Explanation(understood, hint(understood, known), tuple(warnings_of(understood, reference)))


def warnings_of(understood: Understood, reference: GuideReference | None) -> list[str]:
    """The colours that a prompt asks for and a reference lacks. Raises InputError as the reading of the reference does."""
    if reference is None or not understood.colours:
        return []
    stamps = tuple(path.stat().st_mtime_ns for path in reference_files(reference).values() if path.exists())
    colours = _colours(reference, stamps)
    return quarrels(understood, colours, "palette" if isinstance(reference, PaletteReference) else "reference")


@lru_cache(maxsize=4)
def _colours(reference: GuideReference, stamps: tuple[int, ...]) -> np.ndarray:
    """The colours of a reference, which is read once while its files keep their time stamps."""
    return colours_of(GuideJob(Generation("-"), reference, GuidanceSettings()))[0]


def hint_of(prompt: str, model: str) -> str | None:
    """A line on a prompt that asks for more than an embedded model knows; None for any other prompt and model.

    Where the list of words knows every word, nothing is loaded.

    Raises:
        InputError: the embedded model is not installed or cannot be read.
    """
    known = known_of(model) if prompt.strip() else None
    if known is None:
        return None
    if len(known.named(prompt)) == 1 and not known.unknown(prompt):
        return None
    return explained(prompt, model=model, known=known).hint


def _reader() -> Reader | None:
    with _LOADING:  # two pages that ask at once load one
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Reader | None:
    return load_reader()
