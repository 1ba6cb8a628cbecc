"""Steering any text-to-image pipeline of diffusers toward a reference's colours; the models, and the embedded one.

Names load on first use, so that ``guidance.known``, ``guidance.catalogue`` and ``guidance.settings`` need neither torch nor
diffusers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guidance.attach import guide
    from guidance.callback import PaletteCallback
    from guidance.catalogue import CATALOGUE
    from guidance.known import Known, read_known
    from guidance.loading import load, load_embedded
    from guidance.settings import GuidanceSettings
    from guidance.text_to_image import Generation, generate

_HOME = {
    "CATALOGUE": "guidance.catalogue",
    "Generation": "guidance.text_to_image",
    "GuidanceSettings": "guidance.settings",
    "Known": "guidance.known",
    "PaletteCallback": "guidance.callback",
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
    "generate",
    "guide",
    "load",
    "load_embedded",
    "read_known",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'guidance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
