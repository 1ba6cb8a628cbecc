"""Pictures as programs with tensors hold them, and the same as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tests.conftest import ASSETS


def codes(name: str, width: int = 160, height: int = 120) -> np.ndarray:
    """(H, W, 3) uint8 of one of the assets."""
    with Image.open(ASSETS / name) as picture:
        return np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def held(*pictures: np.ndarray) -> torch.Tensor:
    """(B, H, W, C) float32, n/255."""
    return torch.from_numpy(np.stack(pictures).astype(np.float32) / 255)


def saved(path: Path, pixels: np.ndarray) -> Path:
    """The codes as a file."""
    Image.fromarray(pixels).save(path)
    return path


def truncated(picture: torch.Tensor) -> np.ndarray:
    """(H, W, 3) uint8 as ComfyUI's Save Image writes a picture: 255 times the value, its fraction cut off."""
    return np.clip(255.0 * picture.cpu().numpy(), 0, 255).astype(np.uint8)
