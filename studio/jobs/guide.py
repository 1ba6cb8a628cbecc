"""Jobs that paint."""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.catalogue import EMBEDDED_ID
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from studio.references import GuideReference


@dataclass(frozen=True)
class PaintJob:
    """Paint a picture that nothing guides.

    Attributes:
        generation: prompt, seed, steps and the like.
        model: id of the catalogue, of the hub, or a folder.
    """

    generation: Generation
    model: str = EMBEDDED_ID


@dataclass(frozen=True)
class GuideJob:
    """Paint a picture whose colours are steered towards a reference.

    Attributes:
        generation: prompt, seed, steps and the like.
        reference: whose colours are wanted.
        guidance: how it is steered.
        model: id of the catalogue, of the hub, or a folder.
        plain: whether to paint the plain picture of the same seed as well.
    """

    generation: Generation
    reference: GuideReference
    guidance: GuidanceSettings = field(default_factory=GuidanceSettings)
    model: str = EMBEDDED_ID
    plain: bool = False
