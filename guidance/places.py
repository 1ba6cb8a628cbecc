"""A reference for a place: where a mask is white, the picture goes toward the place's own reference.

The transport is computed within each region, with the region's pixels alone, so that each takes on its reference's whole
distribution. The moves are then blended over the softened edges of the masks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from guidance.avoiding import read_allowed
from guidance.protocols import Pixels
from guidance.reference import Reference, spread
from guidance.settings import GRADIENT, GuidanceSettings
from guidance.transport import SlicedTransport, Weights, scaled
from reswd_torch.errors import InputError
from reswd_torch.grade.constants import LUMA
from reswd_torch.pil_pictures import is_pil_picture, opacity_of, read_pil

MOST_PLACES = 8
"""So many places can be given at most: each sorts the picture's pixels once more."""
FEATHER = 0.03
"""Pixels on either side of a mask's edge over which regions are blended, as a share of the picture's longer side."""
_NOTHING = 1e-4
"""A mask whose white is a smaller share of the picture than this is empty, and what is left of a region that others cover too."""


@dataclass(frozen=True, eq=False)
class Place:
    """A part of the picture that has a reference of its own.

    Attributes:
        mask: white (1) where the reference counts, black (0) where it does not: (H, W) or (H, W, 3), an array or tensor of
            floats in 0..1, of uint8 or of bool; or a PIL image, whose transparent parts count as black. It may have another
            size than the picture, in the same proportions.
        reference: as for :func:`guidance.guide`.
    """

    mask: object
    reference: object


@dataclass(frozen=True, eq=False)
class ReadPlace:
    """A place whose mask and references were read.

    Attributes:
        mask: (H, W) float32 on the CPU, 0..1.
        references: one for all prompts, or one for each.
    """

    mask: Float[Tensor, "h w"]
    references: tuple[Reference, ...]


def read_places(places: object, settings: GuidanceSettings) -> tuple[ReadPlace, ...]:
    """Read places.

    Args:
        places: a :class:`Place`, or a list or tuple of them; where masks overlap, the later one counts. None for none.
        settings: the seed of references, and the colours to avoid.

    Raises:
        InputError: something is no place; a mask is missing, no mask, or empty; a reference cannot be read; there are too
            many; or the method is the gradient one.
    """
    given = [] if places is None else [places] if isinstance(places, Place) else places
    if not isinstance(given, list | tuple) or not all(isinstance(each, Place) for each in given):
        raise InputError(f"places {given!r:.100} are none: give a list of Place(mask, reference)")
    if len(given) > MOST_PLACES:
        raise InputError(f"{len(given)} places: give at most {MOST_PLACES}")
    if given and settings.method == GRADIENT:
        raise InputError(
            f"{len(given)} places need method='transport': the gradient one lowers the distance of the whole picture"
        )
    return tuple(
        ReadPlace(_mask(each.mask, f"mask {number}"), read_allowed(_reference(each, number), settings))
        for number, each in enumerate(given, 1)
    )


def _reference(place: Place, number: int) -> object:
    if place.reference is None:
        raise InputError(f"place {number} has a mask and no reference: give a picture or a palette with it")
    return place.reference


def _mask(value: object, name: str) -> Float[Tensor, "h w"]:
    """A mask as (H, W) float32 on the CPU, 0..1. Raises InputError."""
    if value is None:
        raise InputError(
            f"{name} is missing: give a picture that is white where the place's reference counts; without a place, give the "
            "colours as the reference of the whole picture"
        )
    if is_pil_picture(value):
        rgb = read_pil(value, name)
        opacity = opacity_of(rgb, name)
        value = rgb.pixels.astype(np.float32) / np.float32(np.iinfo(rgb.pixels.dtype).max)
        value = value if opacity is None else value * opacity[..., None]
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        value = value.float().numpy() if value.is_floating_point() else value.numpy()
    if not isinstance(value, np.ndarray):
        raise InputError(f"{name} is a {type(value).__name__}: give an array, a tensor or a PIL image")
    if value.dtype.kind not in "fb" and value.dtype != np.uint8:
        raise InputError(f"{name} has dtype {value.dtype}: give floats in 0..1, uint8 or bool")
    if value.ndim not in (2, 3) or 0 in value.shape or (value.ndim == 3 and value.shape[2] != 3):
        raise InputError(f"{name} has shape {value.shape}: give (H, W) or (H, W, 3)")
    numbers = value.astype(np.float32) / np.float32(255 if value.dtype == np.uint8 else 1)
    if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1):
        raise InputError(f"{name} has values outside 0..1 (or NaN): divide by 255 or clip")
    if numbers.ndim == 3:
        grey = bool((numbers == numbers[..., :1]).all())
        numbers = numbers[..., 0] if grey else np.minimum(numbers @ np.array(LUMA, np.float32), np.float32(1))
    if numbers.mean() < _NOTHING:
        raise InputError(f"{name} is empty, black everywhere: paint white where its reference counts, or leave it out")
    return torch.from_numpy(np.ascontiguousarray(numbers))


def check_sizes(masks: Mapping[str, tuple[int, int]], size: tuple[int, int]) -> None:
    """Refuse masks of other proportions than the picture's.

    Args:
        masks: (H, W) of each mask, by what error messages call it.
        size: (H, W) of the picture.

    Raises:
        InputError: a mask that is brought to the picture's height is more than one pixel wider or narrower than it, a pixel
            of the mask or the picture, whichever is larger.
    """
    height, width = size
    for name, (rows, columns) in masks.items():
        scale = height / rows
        if abs(columns * scale - width) > max(1.0, scale) + 1e-6:
            raise InputError(
                f"{name} is {columns} x {rows} and the picture {width} x {height}: give a mask of the picture's "
                "proportions, such as its size"
            )


def region_weights(masks: Sequence[Float[Tensor, "_ _"]], size: tuple[int, int]) -> list[Weights]:
    """How much each region counts at each pixel of a picture: what lies outside of all masks, then each mask.

    Args:
        masks: (H, W) float32, 0..1. Where they overlap, the later one counts.
        size: (H, W) of the picture.

    Returns:
        One more than masks: (1, 1, H, W) float32, 0..1, softened; their sum is 1 at each pixel.
    """
    radius = round(FEATHER * max(size) / 2)
    soft = [_softened(scaled(mask[None, None], size), radius) for mask in masks]
    left = torch.ones((1, 1, *size), device=soft[0].device)
    found = []
    for mask in reversed(soft):
        found.append(left * mask)
        left = left * (1.0 - mask)
    return [left, *reversed(found)]


def _softened(mask: Weights, radius: int) -> Weights:
    """A mask whose edges are ramps, by two box blurs; it stays exactly 0 and 1 away from them."""
    if radius == 0:
        return mask
    for _ in range(2):
        around = F.avg_pool2d(mask, 2 * radius + 1, stride=1, padding=radius, count_include_pad=False)
        mask = around.clamp(0.0, 1.0)
    return mask


class PlacedTransport(SlicedTransport):
    """Transport of each region of pictures toward the region's own references.

    Args:
        references: one reference for each picture, for what lies outside of all places.
        places: the places.
        device: the device of the pictures.
    """

    def __init__(
        self, references: Sequence[Reference], places: Sequence[ReadPlace], device: torch.device | str = "cpu"
    ) -> None:
        super().__init__(references, device)
        self.inside = [SlicedTransport(spread(place.references, len(references)), device) for place in places]
        self.masks = [place.mask.to(device) for place in places]
        self._weights: list[Weights] = []

    def place_on(self, size: tuple[int, int]) -> None:
        """Say how large the pictures are, (H, W). Raises InputError as :func:`check_sizes`."""
        if self._weights and tuple(self._weights[0].shape[-2:]) == size:
            return
        check_sizes({f"mask {n}": (mask.shape[0], mask.shape[1]) for n, mask in enumerate(self.masks, 1)}, size)
        self._weights = region_weights(self.masks, size)

    def moves(self, lab: Pixels, *, blurred: bool, weights: Weights | None = None) -> Pixels:
        """As :meth:`SlicedTransport.moves`, of all regions together."""
        total = torch.zeros_like(lab)
        parts = [super().moves, *(inside.moves for inside in self.inside)]
        for moves, whole in zip(parts, self._weights, strict=True):
            if float(whole.mean()) < _NOTHING:
                continue
            part = scaled(whole, lab.shape[-2:])
            total = total + part * moves(lab, blurred=blurred, weights=part)
        return total
