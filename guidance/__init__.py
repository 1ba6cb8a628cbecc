"""Text-to-image with diffusers: the embedded model, and what it knows.

Names load on first use, so that ``guidance.known`` needs neither torch nor diffusers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guidance.known import Known, read_known
    from guidance.text_to_image import Generation, generate, load_embedded

_HOME = {
    "Generation": "guidance.text_to_image",
    "Known": "guidance.known",
    "generate": "guidance.text_to_image",
    "load_embedded": "guidance.text_to_image",
    "read_known": "guidance.known",
}

__all__ = ["Generation", "Known", "generate", "load_embedded", "read_known"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'guidance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
