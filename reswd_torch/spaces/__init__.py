"""Colour spaces by their OpenColorIO names: looked up, converted, seen through one view, and graded between.

The names below load on first use; PyOpenColorIO is imported when a config is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.spaces.chain import operations_through, process_list_text, through
    from reswd_torch.spaces.choice import SpaceChoice
    from reswd_torch.spaces.choosing import choose_spaces
    from reswd_torch.spaces.config import STUDIO, config_place, load_config
    from reswd_torch.spaces.convert import Converter, conversion, delivery, view_of
    from reswd_torch.spaces.sight import View, appearance_in, source_view, target_view, working_view
    from reswd_torch.spaces.straight import straight_tables

__all__ = [
    "STUDIO",
    "Converter",
    "SpaceChoice",
    "View",
    "appearance_in",
    "choose_spaces",
    "config_place",
    "conversion",
    "delivery",
    "load_config",
    "operations_through",
    "process_list_text",
    "source_view",
    "straight_tables",
    "target_view",
    "through",
    "view_of",
    "working_view",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "STUDIO": "reswd_torch.spaces.config",
        "Converter": "reswd_torch.spaces.convert",
        "SpaceChoice": "reswd_torch.spaces.choice",
        "View": "reswd_torch.spaces.sight",
        "appearance_in": "reswd_torch.spaces.sight",
        "choose_spaces": "reswd_torch.spaces.choosing",
        "config_place": "reswd_torch.spaces.config",
        "conversion": "reswd_torch.spaces.convert",
        "delivery": "reswd_torch.spaces.convert",
        "load_config": "reswd_torch.spaces.config",
        "operations_through": "reswd_torch.spaces.chain",
        "process_list_text": "reswd_torch.spaces.chain",
        "source_view": "reswd_torch.spaces.sight",
        "straight_tables": "reswd_torch.spaces.straight",
        "target_view": "reswd_torch.spaces.sight",
        "through": "reswd_torch.spaces.chain",
        "view_of": "reswd_torch.spaces.convert",
        "working_view": "reswd_torch.spaces.sight",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
