"""Pictures of small sizes: ordinary ones, and every odd kind that people have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from studio.media.images.picture import Container, Picture
from studio.media.images.write import write_picture
from tests.conftest import photograph


def eight_bits(seed: int = 1, height: int = 48, width: int = 64) -> np.ndarray:
    """(H, W, 3) uint8: a small photograph."""
    return np.rint(photograph(seed, height, width) * 255).astype(np.uint8)


def sixteen_bits() -> np.ndarray:
    """(H, W, 3) uint16: the photograph of :func:`eight_bits` in finer steps."""
    return np.rint(photograph(1) * 65535).astype(np.uint16)


def write_deep(path: Path, pixels: np.ndarray, icc: bytes | None = None) -> Path:
    """Write (H, W, 3) uint16 pixels, tagged with a profile where one is given."""
    return write_picture(path, Picture(pixels, None, icc, (), Path("nowhere"), Container("NONE")), pixels)


def make_grey(folder: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("L").save(folder / "odd.png")
    return folder / "odd.png"


def make_palette(folder: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("P").save(folder / "odd.png")
    return folder / "odd.png"


def make_cmyk(folder: Path) -> Path:
    Image.fromarray(eight_bits(1)).convert("CMYK").save(folder / "odd.jpg")
    return folder / "odd.jpg"


def make_gif(folder: Path) -> Path:
    frames = [Image.fromarray(eight_bits(seed)).convert("P") for seed in (1, 2)]
    frames[0].save(folder / "odd.gif", save_all=True, append_images=frames[1:])
    return folder / "odd.gif"


def make_alpha(folder: Path) -> Path:
    alpha = np.full((48, 64, 1), 255, np.uint8)
    alpha[:10] = 0
    Image.fromarray(np.concatenate([eight_bits(1), alpha], 2)).save(folder / "odd.png")
    return folder / "odd.png"


def make_deep(folder: Path) -> Path:
    return write_deep(folder / "odd.png", sixteen_bits())


def make_dot(folder: Path) -> Path:
    Image.fromarray(eight_bits(1)[:1, :1]).save(folder / "odd.png")
    return folder / "odd.png"


def make_flat(folder: Path) -> Path:
    Image.new("RGB", (20, 10), (90, 120, 60)).save(folder / "odd.png")
    return folder / "odd.png"


ODD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "grey": (make_grey, "grey picture read as RGB"),
    "palette": (make_palette, "palette read as RGB"),
    "CMYK": (make_cmyk, "CMYK"),
    "animated GIF": (make_gif, "first frame"),
    "alpha": (make_alpha, ""),
    "16-bit": (make_deep, ""),
    "1x1": (make_dot, ""),
    "flat": (make_flat, ""),
}
"""What writes each odd kind into a folder, and words of the note that says what was assumed; empty where nothing was."""
