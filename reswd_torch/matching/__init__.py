"""Matching the colours of one picture to another's: sampling, couplings, the fits and the closed forms."""

from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.match import fit_pairs, fit_samples, match
from reswd_torch.matching.report import MatchReport
from reswd_torch.matching.sampling import PixelSample, palette_sample, pool_samples, sample_pixels

__all__ = [
    "MatchReport",
    "PixelSample",
    "color_distance",
    "fit_pairs",
    "fit_samples",
    "match",
    "palette_sample",
    "pool_samples",
    "sample_pixels",
]
