"""Colour spaces by their OpenColorIO names: looked up, converted, seen through one view, and graded between.

The names below load on first use; PyOpenColorIO is imported when a config is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.spaces.chain import operations_through, process_list_text, through
    from reswd_torch.spaces.choice import SpaceChoice, choose_spaces
    from reswd_torch.spaces.config import STUDIO, config_place, load_config
    from reswd_torch.spaces.convert import Converter, conversion, view_of

__all__ = [
    "STUDIO",
    "Converter",
    "SpaceChoice",
    "choose_spaces",
    "config_place",
    "conversion",
    "load_config",
    "operations_through",
    "process_list_text",
    "through",
    "view_of",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "STUDIO": "reswd_torch.spaces.config",
        "Converter": "reswd_torch.spaces.convert",
        "SpaceChoice": "reswd_torch.spaces.choice",
        "choose_spaces": "reswd_torch.spaces.choice",
        "config_place": "reswd_torch.spaces.config",
        "conversion": "reswd_torch.spaces.convert",
        "load_config": "reswd_torch.spaces.config",
        "operations_through": "reswd_torch.spaces.chain",
        "process_list_text": "reswd_torch.spaces.chain",
        "through": "reswd_torch.spaces.chain",
        "view_of": "reswd_torch.spaces.convert",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
