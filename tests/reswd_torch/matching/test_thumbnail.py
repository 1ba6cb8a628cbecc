"""Thumbnails: small, and alike whatever kind of array they are made from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from reswd_torch.matching.thumbnail import EDGE, thumbnail


@pytest.mark.parametrize("shape", [(1500, 2000), (300, 200)])
def test_thumbnails_are_alike_whatever_they_come_from(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    coarse = random.random((12, 16, 3)).astype(np.float32)
    picture = np.clip(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_LINEAR), 0, 1)
    kinds = [
        picture,
        picture.astype(np.float64),
        torch.from_numpy(picture),
        np.rint(picture * 255).astype(np.uint8),
        np.rint(picture * 65535).astype(np.uint16),
    ]
    for kind in kinds:
        pixels = thumbnail(kind).pixels
        assert max(pixels.shape) == min(EDGE, max(shape)) and pixels.dtype in (np.uint8, np.float32)
        values = pixels / 255 if pixels.dtype == np.uint8 else pixels
        np.testing.assert_allclose(values, thumbnail(picture).pixels, atol=0.004)
