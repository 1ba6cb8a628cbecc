"""Small pictures with a repainted region."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from reswd_torch import Cdl, srgb_to_lab
from reswd_torch.learning.difference import ciede2000

LOOK = Cdl((1.12, 0.95, 0.9), (0.02, -0.03, 0.01), (0.9, 1.1, 1.05), 0.85)
SIZE = (220, 300)


def scene(seed: int = 0, size: tuple[int, int] = SIZE, grain: float = 0.01) -> np.ndarray:
    """(H, W, 3) float32: soft colours of many kinds, with grain."""
    draw = np.random.default_rng(seed)
    coarse = draw.uniform(0.1, 0.9, (7, 9, 3)).astype(np.float32)
    soft = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(soft + draw.normal(0, grain, soft.shape), 0.02, 0.98).astype(np.float32)


def blob(size: tuple[int, int] = SIZE, soft: float = 0.0) -> np.ndarray:
    """(H, W) float32: an ellipse in the middle."""
    height, width = size
    mask = np.zeros(size, np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 4, height // 3), 20.0, 0, 360, 1, -1)
    if not soft:
        return mask.astype(np.float32)
    return np.clip((cv2.GaussianBlur(mask.astype(np.float32), (0, 0), soft) - 0.02) / 0.96, 0, 1)


def under(grade: Cdl, picture: np.ndarray) -> np.ndarray:
    """A picture under a grade."""
    return grade.apply(torch.from_numpy(picture.copy())).numpy()


def apart(first: np.ndarray, second: np.ndarray, where: np.ndarray) -> float:
    """Mean dE2000."""
    labs = [srgb_to_lab(torch.from_numpy(each[where]).double()).numpy() for each in (first, second)]
    return float(ciede2000(*labs).mean())


def repainted(truth: np.ndarray, mask: np.ndarray, grade: Cdl = LOOK) -> tuple[np.ndarray, np.ndarray]:
    """The image, which shows something else well within the mask, and the generated picture, regraded under the mask alone."""
    core = cv2.erode((mask > 0.98).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=8) > 0
    image = truth.copy()
    image[core] = scene(99, truth.shape[:2])[core]
    return image, np.where(mask[..., None] > 0, under(grade, truth), truth)
