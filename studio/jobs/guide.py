"""Jobs that paint."""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.catalogue import EMBEDDED_ID
from guidance.quantize.kinds import NONE
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from studio.jobs.places import GuidePlace
from studio.references import GuideReference


@dataclass(frozen=True)
class PaintJob:
    """Paint a picture that nothing guides.

    Attributes:
        generation: prompt, seed, steps and the like.
        model: id of the catalogue, of the hub, or a folder.
        quantize: how the model's weights are stored, one of :data:`guidance.quantize.QUANTIZATIONS`. It changes the picture.
    """

    generation: Generation
    model: str = EMBEDDED_ID
    quantize: str = NONE


@dataclass(frozen=True)
class GuideJob:
    """Paint a picture whose colours are steered towards a reference.

    Attributes:
        generation: prompt, seed, steps and the like.
        reference: whose colours are wanted.
        guidance: how it is steered.
        model: id of the catalogue, of the hub, or a folder.
        plain: whether to paint the plain picture of the same seed as well.
        quantize: as for :class:`PaintJob`.
        places: parts of the picture that have references of their own; where they overlap, the later one counts.
    """

    generation: Generation
    reference: GuideReference
    guidance: GuidanceSettings = field(default_factory=GuidanceSettings)
    model: str = EMBEDDED_ID
    plain: bool = False
    quantize: str = NONE
    places: tuple[GuidePlace, ...] = ()
