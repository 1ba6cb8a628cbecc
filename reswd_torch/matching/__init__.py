"""Matching the colours of one picture to another's: sampling, couplings, the fits and the methods.

The names below load on first use, so that ``reswd_torch.settings``, which takes the methods from here, needs no torch.
The function that matches two pictures is :func:`reswd_torch.match`; ``reswd_torch.matching.match`` is the module it lives in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.matching.distance import color_distance
    from reswd_torch.matching.fitting import fit_pairs
    from reswd_torch.matching.report import MatchReport
    from reswd_torch.matching.samples import fit_samples
    from reswd_torch.matching.sampling import PixelSample, palette_sample, pool_samples, sample_pixels

__all__ = [
    "MatchReport",
    "PixelSample",
    "color_distance",
    "fit_pairs",
    "fit_samples",
    "palette_sample",
    "pool_samples",
    "sample_pixels",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "MatchReport": "reswd_torch.matching.report",
        "PixelSample": "reswd_torch.matching.sampling",
        "color_distance": "reswd_torch.matching.distance",
        "fit_pairs": "reswd_torch.matching.fitting",
        "fit_samples": "reswd_torch.matching.samples",
        "palette_sample": "reswd_torch.matching.sampling",
        "pool_samples": "reswd_torch.matching.sampling",
        "sample_pixels": "reswd_torch.matching.sampling",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
