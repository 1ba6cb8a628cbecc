"""The colours that a generation is steered towards: sampled from a reference, or unpacked from where they were kept.

They are kept with 16 bits, and used as they are kept: a picture painted from its own PNG is the same to the last bit.
"""

from __future__ import annotations

import base64

import numpy as np

from guidance.reference import SAMPLES
from reswd_torch.errors import InputError
from reswd_torch.settings import DIFFERENT_SCENE, MatchSettings
from studio.jobs import GuideJob
from studio.references import KeptColours
from studio.service.reference import ReferenceSamples

_LEVELS = 65535


def colours_of(job: GuideJob) -> tuple[np.ndarray, list[str]]:
    """The reference's colours.

    Returns:
        (N, 3) float32, sRGB-encoded, 0..1; and notes on what was assumed.

    Raises:
        InputError: a reference that cannot be read, or kept colours that are damaged.
    """
    if isinstance(job.reference, KeptColours):
        return unpacked(job.reference.colors), []
    settings = MatchSettings(samples=SAMPLES, seed=job.guidance.seed, scene=DIFFERENT_SCENE)
    sample, notes = ReferenceSamples(job.reference, settings).in_encoding(None)
    return np.round(sample.fit.numpy().clip(0, 1) * _LEVELS).astype(np.float32) / _LEVELS, list(notes)


def packed(colors: np.ndarray) -> str:
    """(N, 3) colours in 0..1 as base64 of little-endian uint16."""
    return base64.b64encode(np.round(colors * _LEVELS).astype("<u2").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    """The inverse: (N, 3) float32 in 0..1. Raises InputError where the text is damaged."""
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<u2").reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise InputError("the reference's colours are incomplete: give a reference or a palette anew") from error
    return values.astype(np.float32) / _LEVELS
