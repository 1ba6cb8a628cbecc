"""Hald pictures: a lattice as a square PNG, red fastest, then green, then blue.

A picture of level L has side L^3 and L^2 lattice points along one axis (Eskil Steenberg, *Hald CLUT*). ffmpeg's ``haldclut``,
ImageMagick's ``-hald-clut``, G'MIC, darktable and RawTherapee read them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.files import write_bytes_atomically
from reswd_torch.grade.foreign_text import content_of
from reswd_torch.grade.hald_level import level_for
from reswd_torch.grade.kinds import Transform, in_range
from reswd_torch.grade.lut3d import Lut3D, lattice_of
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.opencv import quiet_opencv

_LEVELS = range(2, 17)
"""Sides of 8 to 4096 pixels."""
_LARGEST = 1 << 27
"""Largest file that is read, bytes: 4096 x 4096 pixels of 16 bits, which do not compress."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_hald(path: Path, transform: Transform, *, cube_size: int) -> None:
    """Write a grade as a Hald picture of 16 bits.

    Args:
        path: where to.
        transform: the grade.
        cube_size: lattice points along one axis that are wanted: see :func:`~reswd_torch.grade.hald_level.level_for`.

    Raises:
        InputError: the file cannot be written.
    """
    import cv2

    level = level_for(65 if isinstance(transform, LutChain) else cube_size)
    colours = in_range(transform, lattice_of(transform, level**2).values)
    pixels = np.rint(colours.permute(2, 1, 0, 3).reshape(level**3, level**3, 3).numpy() * 65535).astype(np.uint16)
    encoded = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))[1]
    write_bytes_atomically(path, encoded.tobytes())


def read_hald(path: Path) -> tuple[Lut3D, tuple[str, ...]]:
    """Read a Hald picture of 8 or 16 bits.

    Returns:
        The lattice, and no notes.

    Raises:
        InputError: the file is no PNG, or no Hald picture.
    """
    content = content_of(path, _LARGEST)
    if not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR" or len(content) < 33:
        raise InputError(f"{path}: not a PNG, as Hald pictures are; give a grade file")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    level = next((each for each in _LEVELS if each**3 == width == height), None)
    if level is None:
        sides = ", ".join(str(each**3) for each in (4, 6, 8, 12))
        raise InputError(
            f"{path}: {width} x {height} pixels are no Hald picture, which is a square of side {sides} or so; give a grade file"
        )
    pixels = _decoded(content)
    if pixels is None or pixels.shape[:2] != (height, width):
        raise InputError(f"{path}: the picture is damaged; export it again")
    rgb = pixels[..., 2::-1] if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    top = np.iinfo(pixels.dtype).max
    values = (rgb.astype(np.float32) / top).reshape(level**2, level**2, level**2, 3).transpose(2, 1, 0, 3)
    return Lut3D(torch.from_numpy(np.ascontiguousarray(values)), foreign=True), ()


def _decoded(content: bytes) -> np.ndarray | None:
    """(H, W), (H, W, 3) or (H, W, 4) uint8 or uint16, blue first; None for a damaged picture."""
    cv2 = quiet_opencv()
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)  # type: ignore[no-any-return]
    except cv2.error:
        return None
