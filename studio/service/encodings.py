"""Samples in other colour encodings (:mod:`reswd_torch.matching.encodings`), those of clips with all their frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from reswd_torch.matching import PixelSample, encodings
from reswd_torch.matching.encodings import fit_encoded, seen_through
from reswd_torch.profiles import to_profile
from studio.service.clip_colours import ClipSample

__all__ = ["fit_encoded", "in_profile", "sample_through"]


def in_profile(sample: PixelSample, icc: bytes | None, wanted: bytes | None) -> PixelSample:
    """A sample in another encoding, its thumbnails too.

    Args:
        sample: the sample.
        icc: the profile of its encoding; None for sRGB.
        wanted: that of the result, likewise.
    """
    return sample_through(sample, lambda colours: to_profile(colours, icc, wanted))


def sample_through(sample: PixelSample, convert: Callable[[np.ndarray], np.ndarray]) -> PixelSample:
    """A sample whose colours a function converted, its thumbnails too.

    Args:
        sample: the sample.
        convert: given (..., 3) float32, or uint8 of a thumbnail's one row, returns the same shape; the very array where it has
            nothing to do.
    """
    if not isinstance(sample, ClipSample):
        return encodings.sample_through(sample, convert)
    fit, held_out = (torch.from_numpy(convert(part.numpy())) for part in (sample.fit, sample.held_out))
    return ClipSample(fit, held_out, frames=tuple(seen_through(frame, convert) for frame in sample.frames))
