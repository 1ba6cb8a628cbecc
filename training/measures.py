"""What the evaluation measures on pictures (n, 3, height, width), sRGB-encoded, 0..1. Tests try each on known pictures."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.colours import BACKGROUNDS, HUES, LABS, name_of, to_lab

_OBJECT = 12.0  # a pixel that differs from the background by more than this (CIE76) belongs to the object
_CLEARANCE = 1 / 16  # a background pixel this share of the width away from the object counts as flat


def labs(pictures: Tensor) -> np.ndarray:
    """CIELAB of pictures (n, 3, height, width), as (n, height, width, 3)."""
    return to_lab(pictures.permute(0, 2, 3, 1).contiguous().float().numpy())


def delta_e(made: Tensor, wanted: Tensor) -> float:
    """Mean CIEDE2000 over all pixels."""
    from colour.difference import delta_E_CIE2000

    return float(np.mean(delta_E_CIE2000(labs(made), labs(wanted))))


def psnr(made: Tensor, wanted: Tensor) -> float:
    """The peak signal-to-noise ratio, decibels, in the mean over the pictures."""
    error = (made.clamp(0, 1) - wanted).square().mean((1, 2, 3)).clamp(min=1e-8)
    return float((-10 * error.log10()).mean())


def ground(lab: np.ndarray) -> np.ndarray:
    """The background's colour in each row of a picture, from the pixels at its left and right edges.

    A straight line from top to bottom is fitted to the rows, several times, each time without the rows that are farthest off:
    those whose edges the object touches.

    Args:
        lab: (height, width, 3) CIELAB.

    Returns:
        (height, 3) CIELAB.
    """
    height = lab.shape[0]
    edges = np.concatenate([lab[:, :2], lab[:, -2:]], axis=1)
    rows = np.median(edges, axis=1)
    at = np.linspace(-1, 1, height)
    good = np.ones(height, bool)
    for _ in range(4):
        line = np.stack([np.polyval(np.polyfit(at[good], rows[good, k], 1), at) for k in range(3)], axis=1)
        off = np.linalg.norm(rows - line, axis=1)
        good = off <= max(2.0, float(np.quantile(off, 0.6)))
    return line


def object_mask(lab: np.ndarray) -> np.ndarray:
    """Which pixels of a picture (height, width, 3) in CIELAB are not background: (height, width) bool."""
    return np.asarray(np.linalg.norm(lab - ground(lab)[:, None], axis=2) > _OBJECT)


def background_names(lab: np.ndarray) -> tuple[str, str]:
    """The names of the background's colours at the top and at the bottom of a picture (height, width, 3) in CIELAB."""
    rows = ground(lab)
    return name_of(rows[:3].mean(0), BACKGROUNDS), name_of(rows[-3:].mean(0), BACKGROUNDS)


def object_colour(lab: np.ndarray) -> str | None:
    """The name of the hue to which most of the object's colourful pixels are nearest; None if no pixel is colourful."""
    pixels = lab[object_mask(lab)]
    chroma = np.hypot(pixels[:, 1], pixels[:, 2])
    pixels, chroma = pixels[chroma > 15], chroma[chroma > 15]
    if not len(pixels):
        return None
    angle = np.arctan2(pixels[:, 2], pixels[:, 1])
    names = list(HUES)
    centres = np.array([np.arctan2(LABS[name][2], LABS[name][1]) for name in names])
    apart = np.abs(np.angle(np.exp(1j * (angle[:, None] - centres))))
    return names[int(np.bincount(apart.argmin(1), weights=chroma, minlength=len(names)).argmax())]


def speckle(pictures: Tensor) -> float:
    """Energy of the highest frequencies in the flat part of the background: the mean square of luma less its 3 x 3 mean.

    Not a number if no picture has a flat part.
    """
    weights = torch.tensor([0.2126, 0.7152, 0.0722])[None, :, None, None]
    luma = (pictures.float() * weights).sum(1, keepdim=True)
    high = (luma - F.avg_pool2d(F.pad(luma, (1, 1, 1, 1), mode="replicate"), 3, 1))[:, 0].square().numpy()
    kernel = np.ones((2 * round(_CLEARANCE * pictures.shape[-1]) + 1,) * 2, np.uint8)
    total, count = 0.0, 0
    for lab, energy in zip(labs(pictures), high, strict=True):
        flat = cv2.dilate(object_mask(lab).astype(np.uint8), kernel) == 0
        total, count = total + float(energy[flat].sum()), count + int(flat.sum())
    return total / count if count else float("nan")
