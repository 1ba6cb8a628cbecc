"""What the evaluation measures on pictures (n, 3, height, width) in 0..1, each on its own and tested on known pictures."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.colours import BACKGROUNDS, HUES, LABS, name_of, to_lab

_OBJECT = 12.0  # CIE76 from the background from which a pixel belongs to the object
_CLEARANCE = 1 / 16  # of the width: so far from the object a background pixel counts as flat


def labs(pictures: Tensor) -> np.ndarray:
    """(n, height, width, 3) CIELAB of (n, 3, height, width)."""
    return to_lab(pictures.permute(0, 2, 3, 1).contiguous().float().numpy())


def delta_e(made: Tensor, wanted: Tensor) -> float:
    """Mean CIEDE2000 over all pixels."""
    from colour.difference import delta_E_CIE2000

    return float(np.mean(delta_E_CIE2000(labs(made), labs(wanted))))


def psnr(made: Tensor, wanted: Tensor) -> float:
    """Mean over the pictures of the peak signal-to-noise ratio, decibels."""
    error = (made.clamp(0, 1) - wanted).square().mean((1, 2, 3)).clamp(min=1e-8)
    return float((-10 * error.log10()).mean())


def ground(lab: np.ndarray) -> np.ndarray:
    """(height, 3): the background of one picture (height, width, 3), row by row, from its left and right edges.

    Rows whose edges the object touches are filled from a straight line through the others.
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
    """(height, width) bool: pixels that are not background."""
    return np.asarray(np.linalg.norm(lab - ground(lab)[:, None], axis=2) > _OBJECT)


def background_names(lab: np.ndarray) -> tuple[str, str]:
    """Names of the background's colour at the top and at the bottom."""
    rows = ground(lab)
    return name_of(rows[:3].mean(0), BACKGROUNDS), name_of(rows[-3:].mean(0), BACKGROUNDS)


def object_colour(lab: np.ndarray) -> str | None:
    """Name of the hue that most of the object's colourful pixels are nearest to; None if none is colourful."""
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
    """Energy of the highest frequencies in the flat part of the background: mean square of luma minus its 3 x 3 mean.

    Not a number where no picture has a flat part.
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
