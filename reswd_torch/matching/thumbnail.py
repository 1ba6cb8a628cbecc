"""A small copy of a picture, for finding the same things in two pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from reswd_torch.threads import opencv_on_one_thread

EDGE = 960
"""Largest number of pixels on the longer side. On colour-checker frames 640 pixels give too few points, and 1280 take twice the
time for little gain."""
_FEATURES, _COARSE_FEATURES = 4000, 800
"""Largest numbers of features that are detected at full and at half size."""


class Features(NamedTuple):
    """The SIFT features of a picture, by which it is recognised.

    Attributes:
        places: (n, 2) float32, x and y in pixels of the thumbnail.
        descriptors: (n, 128) float32, the square roots of SIFT's, each of length 1.
    """

    places: np.ndarray
    descriptors: np.ndarray


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A picture with at most :data:`EDGE` pixels on its longer side, encoded as the picture is.

    Attributes:
        pixels: (h, w, 3), uint8 or float32 in 0..1.
        weights: (h, w) float32, 0 where the picture does not count; None for everywhere.
    """

    pixels: np.ndarray
    weights: np.ndarray | None = None

    def converted(self, convert: Callable[[np.ndarray], np.ndarray]) -> Thumbnail:
        """The same picture behind a function of colours, in floats, since a linear one has no shadows in 8 bits.

        One that needs no conversion stays itself: its features serve every picture.

        Args:
            convert: given (..., 3) float32, or uint8 of the first row, returns the same shape; the very array where it has
                nothing to do.
        """
        if convert(few := self.pixels[:1]) is few:
            return self
        top = 255 if self.pixels.dtype == np.uint8 else 1
        return replace(self, pixels=convert(np.divide(self.pixels, top, dtype=np.float32)))

    @property
    def eight_bits(self) -> np.ndarray:
        """The pixels as uint8."""
        if self.pixels.dtype == np.uint8:
            return self.pixels
        return np.rint(self.pixels.clip(0, 1) * 255).astype(np.uint8)

    @property
    def features(self) -> Features:
        """The features at full size. Finding them takes a third of a second on one core."""
        return self._kept("features at full size", 1.0, _FEATURES)

    @property
    def coarse_features(self) -> Features:
        """The strongest features at half the size. They take a tenth of that time, and are enough to see that two pictures have
        nothing in common."""
        return self._kept("features at half size", 0.5, _COARSE_FEATURES)

    def _kept(self, name: str, scale: float, most: int) -> Features:
        """Features, found once. (A cached_property of Python 3.11 would let only one picture at a time look for its own.)"""
        if name not in self.__dict__:
            self.__dict__[name] = _features(self, scale, most)
        found: Features = self.__dict__[name]
        return found


@opencv_on_one_thread()
def _features(picture: Thumbnail, scale: float, most: int) -> Features:
    import cv2

    grey, weights = cv2.cvtColor(picture.eight_bits, cv2.COLOR_RGB2GRAY), picture.weights
    if scale != 1.0 and min(grey.shape) > 1 / scale:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    else:
        scale = 1.0
    where = None
    if weights is not None:
        where = cv2.resize((weights > 0).astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    grey = locally_normalised(grey)
    found, descriptors = cv2.SIFT.create(most, contrastThreshold=0.02).detectAndCompute(grey, where)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    places = np.array([point.pt for point in found], np.float32) / np.float32(scale)
    return Features(places, np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-7)))


def locally_normalised(grey: np.ndarray) -> np.ndarray:
    """A grey picture, uint8, with locally equal contrast: what a light changes is mostly gone."""
    import cv2

    return np.asarray(cv2.createCLAHE(4.0, (8, 8)).apply(grey))


def thumbnail(image: np.ndarray | Tensor, weights: np.ndarray | Tensor | None = None) -> Thumbnail:
    """Shrink a picture by averaging areas.

    Args:
        image: (H, W, 3), floats in 0..1 or unsigned integers in their full range.
        weights: (H, W), at least 0.
    """
    small = _shrunk(image)
    if small.dtype == np.uint16:
        small = (small / np.float32(65535)).astype(np.float32)
    elif small.dtype != np.uint8:
        small = small.astype(np.float32)
    return Thumbnail(small, None if weights is None else _shrunk(weights).astype(np.float32))


def _shrunk(image: np.ndarray | Tensor) -> np.ndarray:
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, EDGE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if isinstance(image, Tensor):
        image = image.detach()
        if image.is_cuda:  # shrunk on the device, so that no whole frame is copied to the host
            planes = rearrange(image if image.ndim == 3 else image[..., None], "h w c -> 1 c h w")
            image = rearrange(F.interpolate(planes.float(), size[::-1], mode="area"), "1 c h w -> h w c")
            image = image.squeeze(2)
        image = image.cpu().numpy()
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        image = image.astype(np.float32)
    if scale == 1.0:
        return image.copy()  # a copy, since the caller may grade the picture in place
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
