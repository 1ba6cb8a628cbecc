"""The colours that a generation is steered towards: sampled from a reference, or unpacked from where they were kept.

Sampled colours are rounded to the 16 bits that a PNG keeps of them before they are used. A picture that is painted again from
its own PNG is therefore the same to the last bit.
"""

from __future__ import annotations

import numpy as np

from guidance.reference import SAMPLES
from reswd_torch.settings import DIFFERENT_SCENE, MatchSettings
from studio.jobs import GuideJob
from studio.records.colours import packed, unpacked
from studio.references import KeptColours
from studio.service.reference import ReferenceSamples


def colours_of(job: GuideJob) -> tuple[np.ndarray, list[str]]:
    """The colours of a job's reference.

    Returns:
        (N, 3) float32, sRGB-encoded, 0..1; and notes on what was assumed while they were read.

    Raises:
        InputError: the reference cannot be read, or its kept colours are damaged.
    """
    if isinstance(job.reference, KeptColours):
        return unpacked(job.reference.colors), []
    settings = MatchSettings(samples=SAMPLES, seed=job.guidance.seed, scene=DIFFERENT_SCENE)
    sample, notes = ReferenceSamples(job.reference, settings).in_encoding(None)
    return unpacked(packed(sample.fit.numpy().clip(0, 1))), list(notes)
