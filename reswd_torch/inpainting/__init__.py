"""A repainted region matched to the picture around it.

The names below load on first use, so that help texts need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.inpainting.match import Inpainting, fit_inpainting, match_inpainting

__all__ = ["Inpainting", "fit_inpainting", "match_inpainting"]

__getattr__ = names_on_demand(__name__, dict.fromkeys(__all__, "reswd_torch.inpainting.match"))


def __dir__() -> list[str]:
    return sorted(__all__)
