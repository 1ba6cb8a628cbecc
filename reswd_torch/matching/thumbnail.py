"""A small copy of a picture, for what has to be seen and not only counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

EDGE = 960
"""Pixels on the longer side. On colour-checker frames 640 finds too few points, and 1280 costs twice the time for no gain."""
_FEATURES = 4000


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A picture with at most :data:`EDGE` pixels on its longer side, encoded as the picture is.

    Attributes:
        pixels: (h, w, 3), uint8 or float32 in 0..1.
        weights: (h, w) float32, 0 where the picture does not count; None for everywhere.
    """

    pixels: np.ndarray
    weights: np.ndarray | None = None

    @cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """Places (n, 2) in pixels, and the square roots of their SIFT descriptors (n, 128), each of length 1."""
        import cv2

        pixels = self.pixels
        if pixels.dtype != np.uint8:
            pixels = np.rint(pixels.clip(0, 1) * 255).astype(np.uint8)
        grey = cv2.createCLAHE(4.0, (8, 8)).apply(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        where = None if self.weights is None else (self.weights > 0).astype(np.uint8)
        found, descriptors = cv2.SIFT.create(_FEATURES, contrastThreshold=0.02).detectAndCompute(grey, where)
        if descriptors is None:
            return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
        places = np.array([point.pt for point in found], np.float32)
        return places, np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-7))


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
        if image.is_cuda:  # not a whole frame over the bus
            planes = rearrange(image if image.ndim == 3 else image[..., None], "h w c -> 1 c h w")
            image = rearrange(F.interpolate(planes.float(), size[::-1], mode="area"), "1 c h w -> h w c")
            image = image.squeeze(2)
        image = image.cpu().numpy()
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        image = image.astype(np.float32)
    if scale == 1.0:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
