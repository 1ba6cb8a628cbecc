"""Two pictures of one scene as two cameras record it, and how a display shows them."""

from __future__ import annotations

from pathlib import Path

import colour
import numpy as np
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.spaces import config_place, conversion, view_of
from studio.media.images import read_picture
from tests.studio.pictures import write_deep

PLACE = config_place("ocio://studio-config-latest")
LOGC3, SLOG3 = "ARRI LogC3 (EI800)", "S-Log3 S-Gamut3.Cine"
EXPOSURE, BALANCE = 2**0.7, (1.15, 1.0, 0.8)
"""What the second camera did to the light, in ACEScg."""


def scene(seed: int = 0) -> np.ndarray:
    """(192, 240, 3) light in ACEScg: patches at random over about nine stops, around middle grey."""
    rng = np.random.default_rng(seed)
    patches = np.exp2(rng.normal(-2.5, 1.5, (12, 15, 1))) * rng.uniform(0.5, 1.5, (12, 15, 3))
    return np.kron(patches, np.ones((16, 16, 1)))


def encoded(light: np.ndarray, space: str) -> np.ndarray:
    """Light in ACEScg as 16-bit code values of a space."""
    return np.rint(conversion(PLACE, "ACEScg", space)(light).clip(0, 1) * 65535).astype(np.uint16)


def two_cameras(folder: Path, seed: int = 0, suffix: str = ".tif") -> tuple[Path, Path]:
    """A source in LogC3, and a reference of the same scene in S-Log3 with another exposure and white balance."""
    light = scene(seed)
    source = write_deep(folder / f"source{suffix}", encoded(light, LOGC3))
    return source, write_deep(folder / f"target{suffix}", encoded(light * EXPOSURE * np.array(BALANCE), SLOG3))


def codes(path: Path) -> np.ndarray:
    """(N, 3) float32, 0..1, of a file of 16 bits."""
    pixels = read_picture(path).pixels
    assert pixels.dtype == np.uint16
    return pixels.reshape(-1, 3) / np.float32(65535)


def seen_difference(one: Path, space: str, other: Path, other_space: str) -> float:
    """Mean dE2000 between what a display shows of two files of one size. Oracle: colour-science."""
    labs = [
        srgb_to_lab(torch.from_numpy(view_of(PLACE, name)(codes(path)).clip(0, 1))).double().numpy()
        for path, name in ((one, space), (other, other_space))
    ]
    return float(np.mean(colour.delta_E(*labs, method="CIE 2000")))
