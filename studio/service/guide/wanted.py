"""What a generation is steered towards: the colours of its reference, and those of its places with their masks.

As colours are rounded to what a PNG keeps of them before they are used (:mod:`studio.service.guide.colours`), masks are: a
picture that is painted again from its own PNG is the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from guidance.settings import GuidanceSettings
from reswd_torch.palette import parse_palette
from studio.jobs import GuideJob, GuidePlace
from studio.jobs.places import KeptMask
from studio.media.images import read_mask
from studio.records.colours import packed
from studio.records.masks import MOST_SIDE, packed_mask, unpacked_mask
from studio.references import GuideReference, KeptColours, PaletteReference
from studio.service.guide.colours import colours_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from guidance.places import Place, ReadPlace
    from guidance.reference import Reference


@dataclass(frozen=True, eq=False)
class Wanted:
    """The colours that are wanted, and where.

    Attributes:
        colors: (N, 3) float32, sRGB-encoded, 0..1: those of the reference.
        masks: (H, W) uint8, the mask of each place.
        place_colors: the colours of each place, as ``colors``.
        settings: seed and colours to avoid.
        notes: what was assumed while files were read.
    """

    colors: np.ndarray
    masks: tuple[np.ndarray, ...]
    place_colors: tuple[np.ndarray, ...]
    settings: GuidanceSettings
    notes: tuple[str, ...]

    @property
    def reference(self) -> Reference:
        """The colours of the reference, for :func:`guidance.guide`."""
        return _reference(self.colors)

    @property
    def places(self) -> list[Place]:
        """The places, for :func:`guidance.guide`."""
        from guidance.places import Place

        return [Place(mask, _reference(colors)) for mask, colors in zip(self.masks, self.place_colors, strict=True)]

    @cached_property
    def allowed(self) -> tuple[Reference, tuple[ReadPlace, ...]]:
        """The reference and the places as guidance reads them, without the colours to avoid.

        Raises:
            InputError: a mask is empty, or no colour is left.
        """
        from guidance.avoiding import allowed
        from guidance.places import read_places

        return allowed(self.reference, self.settings), read_places(self.places, self.settings)

    def distance(self, made: Image) -> float:
        """Distance of a picture to the colours that are wanted, sliced Wasserstein in CIE Lab units.

        With places it is the mean over the regions, weighted by their areas. Colours to avoid are wanted nowhere.
        """
        import torch

        from reswd_torch.matching import color_distance

        pixels = torch.from_numpy(np.asarray(made.convert("RGB"), dtype=np.float32) / 255)
        total, found = 0, 0.0
        for weights, of_region in self.regions((pixels.shape[0], pixels.shape[1])):
            colors = torch.from_numpy(of_region)
            if weights is None:
                return color_distance(pixels.reshape(-1, 3), colors)
            inside = pixels[torch.from_numpy(weights) > 0.5]
            if len(inside):
                total, found = total + len(inside), found + len(inside) * color_distance(inside, colors)
        return found / total

    def regions(self, size: tuple[int, int]) -> list[tuple[np.ndarray | None, np.ndarray]]:
        """Where which colours are wanted in a picture of (H, W) pixels, without those to avoid.

        Returns:
            For what lies outside of all places, then for each place: (H, W) float32 weights in 0..1, whose sum is 1
            at each pixel, and colours, (N, 3) float32, sRGB-encoded. Without places one region of all pixels, which has None
            for its weights.
        """
        from guidance.places import region_weights

        whole, places = self.allowed
        if not places:
            return [(None, whole.colors.numpy())]
        weights = [each[0, 0].numpy() for each in region_weights([place.mask for place in places], size)]
        colors = [each.colors.numpy() for each in (whole, *(place.references[0] for place in places))]
        return list(zip(weights, colors, strict=True))

    def kept_in(self, job: GuideJob) -> GuideJob:
        """The job with what was read in place of what it was read from."""
        places = (
            GuidePlace(packed_mask(mask, place.mask.name), KeptColours(packed(colors), place.reference.name))
            for place, mask, colors in zip(job.places, self.masks, self.place_colors, strict=True)
        )
        return replace(job, reference=KeptColours(packed(self.colors), job.reference.name), places=tuple(places))


def wanted_of(job: GuideJob, size: tuple[int, int] | None = None) -> Wanted:
    """Read what a job wants.

    Args:
        job: the job.
        size: (H, W) of the picture; None where it is not known yet.

    Raises:
        InputError: a reference or a mask cannot be read, a mask is empty or has not the picture's proportions, kept colours
            are damaged, or no colour is left without those to avoid.
    """
    from guidance.places import check_sizes

    colors, notes = _colours(job, job.reference)
    masks, place_colors = [], []
    sizes: dict[str, tuple[int, int]] = {}
    for number, place in enumerate(job.places, 1):
        levels, of_file = _levels(place.mask)
        masks.append(levels)
        sizes[f"mask {number}" if place.mask.name is None else f"mask {number} ({place.mask.name})"] = of_file
        read, more = _colours(job, place.reference)
        place_colors.append(read)
        notes += more
    wanted = Wanted(colors, tuple(masks), tuple(place_colors), job.guidance, tuple(notes))
    _ = wanted.allowed  # what cannot be used is refused now
    if size is not None:
        check_sizes(sizes, size)
    return wanted


def _colours(job: GuideJob, reference: GuideReference) -> tuple[np.ndarray, list[str]]:
    """The colours of a reference with notes, all of them. Raises InputError for a palette that holds one to avoid."""
    if isinstance(reference, PaletteReference) and job.guidance.avoid:
        from guidance.avoiding import check_palette

        check_palette(parse_palette(reference.text), job.guidance)
    return colours_of(replace(job, reference=reference))


def _levels(mask: Path | KeptMask) -> tuple[np.ndarray, tuple[int, int]]:
    """(H, W) uint8 of a mask, no larger than a record keeps it, and the size that it had. Raises InputError."""
    if isinstance(mask, KeptMask):
        return unpacked_mask(mask), (mask.height, mask.width)
    import cv2

    read = read_mask(mask)
    whole = (read.shape[0], read.shape[1])
    share = MOST_SIDE / max(read.shape)
    if share < 1:
        height, width = (max(1, round(side * share)) for side in read.shape)
        read = cv2.resize(read, (width, height), interpolation=cv2.INTER_AREA)
    return np.round(read.clip(0, 1) * 255).astype(np.uint8), whole


def _reference(colors: np.ndarray) -> Reference:
    import torch

    from guidance.reference import Reference

    return Reference(torch.from_numpy(colors))
