"""Steering text-to-image pipelines of diffusers toward the colours of a reference, and loading such pipelines.

The public names are imported when they are first used, so that ``guidance.known``, ``guidance.catalogue`` and
``guidance.settings`` load neither torch nor diffusers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from guidance.attach import guide
    from guidance.callback import PaletteCallback
    from guidance.catalogue import CATALOGUE
    from guidance.known import Known, read_known
    from guidance.loading import load, load_embedded
    from guidance.places import Place
    from guidance.settings import GuidanceSettings
    from guidance.text_to_image import Generation, generate

_HOMES = {
    "CATALOGUE": "guidance.catalogue",
    "Generation": "guidance.text_to_image",
    "GuidanceSettings": "guidance.settings",
    "Known": "guidance.known",
    "PaletteCallback": "guidance.callback",
    "Place": "guidance.places",
    "generate": "guidance.text_to_image",
    "guide": "guidance.attach",
    "load": "guidance.loading",
    "load_embedded": "guidance.loading",
    "read_known": "guidance.known",
}

__all__ = [
    "CATALOGUE",
    "Generation",
    "GuidanceSettings",
    "Known",
    "PaletteCallback",
    "Place",
    "generate",
    "guide",
    "load",
    "load_embedded",
    "read_known",
]


__getattr__ = names_on_demand(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
