"""ReSWD: match and measure colour distributions with the sliced Wasserstein distance (arXiv 2510.01061).

The names below load on first use, so that ``reswd_torch.settings``, and the help of a command line, need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand
from reswd_torch.version import __version__

if TYPE_CHECKING:
    from reswd_torch.color import lab_to_srgb, srgb_to_lab
    from reswd_torch.color_match import ColorMatch
    from reswd_torch.direction_reswd import DirectionReservoirSlicedWasserstein
    from reswd_torch.errors import InputError
    from reswd_torch.grade import Cdl, Grade, Lut3D, load_grade
    from reswd_torch.grade.trims import Trims
    from reswd_torch.inpainting import Inpainting, fit_inpainting, match_inpainting
    from reswd_torch.matching import MatchReport, color_distance
    from reswd_torch.matching.match import match
    from reswd_torch.palette import parse_palette
    from reswd_torch.reswd import ReservoirSlicedWasserstein
    from reswd_torch.settings import MatchSettings
    from reswd_torch.swd import SlicedWasserstein

_HOME = {
    "Cdl": "reswd_torch.grade",
    "ColorMatch": "reswd_torch.color_match",
    "DirectionReservoirSlicedWasserstein": "reswd_torch.direction_reswd",
    "Grade": "reswd_torch.grade",
    "Inpainting": "reswd_torch.inpainting",
    "InputError": "reswd_torch.errors",
    "Lut3D": "reswd_torch.grade",
    "MatchReport": "reswd_torch.matching",
    "MatchSettings": "reswd_torch.settings",
    "ReservoirSlicedWasserstein": "reswd_torch.reswd",
    "SlicedWasserstein": "reswd_torch.swd",
    "Trims": "reswd_torch.grade.trims",
    "color_distance": "reswd_torch.matching",
    "fit_inpainting": "reswd_torch.inpainting",
    "lab_to_srgb": "reswd_torch.color",
    "load_grade": "reswd_torch.grade",
    "match": "reswd_torch.matching.match",
    "match_inpainting": "reswd_torch.inpainting",
    "parse_palette": "reswd_torch.palette",
    "srgb_to_lab": "reswd_torch.color",
}

__all__ = [
    "__version__",
    "Cdl",
    "ColorMatch",
    "DirectionReservoirSlicedWasserstein",
    "Grade",
    "Inpainting",
    "InputError",
    "Lut3D",
    "MatchReport",
    "MatchSettings",
    "ReservoirSlicedWasserstein",
    "SlicedWasserstein",
    "Trims",
    "color_distance",
    "fit_inpainting",
    "lab_to_srgb",
    "load_grade",
    "match",
    "match_inpainting",
    "parse_palette",
    "srgb_to_lab",
]

__getattr__ = names_on_demand(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)
