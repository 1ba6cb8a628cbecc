"""Masks: which values they have, and which are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch.errors import InputError
from studio.media.images import (
    read_mask,
)


def test_masks(tmp_path: Path) -> None:
    grey = np.array([[0, 128, 255]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "m.png")
    mask = read_mask(tmp_path / "m.png", (1, 3))
    assert mask.dtype == np.float32 and mask.tolist() == [[0.0, float(np.float32(128) / np.float32(255)), 1.0]]
    Image.fromarray(np.array([[[255, 255, 255, 0], [255, 255, 255, 255]]], np.uint8)).save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png", (1, 2)).tolist() == [[0.0, 1.0]]
    Image.fromarray(np.array([[[255, 0, 0], [255, 255, 0]]], np.uint8)).save(tmp_path / "c.png")
    np.testing.assert_allclose(read_mask(tmp_path / "c.png", (1, 2)), [[0.2126, 0.9278]], atol=1e-6)
    with pytest.raises(InputError, match=r"m\.png: the mask is 3 x 1 and its picture 5 x 2: give"):
        read_mask(tmp_path / "m.png", (2, 5))
    Image.new("L", (3, 1)).save(tmp_path / "z.png")
    with pytest.raises(InputError, match=r"z\.png: the mask is black everywhere: paint"):
        read_mask(tmp_path / "z.png", (1, 3))
