"""Picture files of many kinds as bytes, and what a refusal looks like."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from reswd_torch.errors import InputError
from studio.media.images import (
    read_picture,
)
from tests.studio.media.images.conftest import scene


def has(picture_notes: tuple[str, ...], part: str) -> bool:
    return any(part in note for note in picture_notes)


def refused(path: Path, *parts: str, call: Callable[[Path], object] = read_picture) -> None:
    """``call`` raises one line that begins with the path and holds ``parts``; the folder stays as it was."""
    before = {p: p.read_bytes() for p in path.parent.glob("*") if p.is_file()} if path.parent.is_dir() else {}
    with pytest.raises(InputError) as caught:
        call(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and "\n" not in line
    for part in parts:
        assert part in line
    if before:
        assert {p: p.read_bytes() for p in path.parent.glob("*") if p.is_file()} == before


def encoded(pixels: np.ndarray, name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    if name == "tifffile":
        tifffile.imwrite(stream, pixels, photometric="rgb", **options)
    elif name in ("png16", "lzw16"):
        import cv2

        suffix, params = (".png", []) if name == "png16" else (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, 5])
        return cv2.imencode(suffix, pixels, params)[1].tobytes()
    else:
        Image.fromarray(pixels).save(stream, name, **options)
    return stream.getvalue()


FILES = {
    "jpg": encoded(scene(90, 120), "JPEG"),
    "progressive.jpg": encoded(scene(90, 120), "JPEG", progressive=True),
    "png": encoded(scene(90, 120), "PNG"),
    "16.png": encoded(scene(90, 120, np.uint16), "png16"),
    "webp": encoded(scene(90, 120), "WEBP"),
    "lossless.webp": encoded(scene(90, 120), "WEBP", lossless=True),
    "gif": encoded(scene(90, 120), "GIF"),
    "bmp": encoded(scene(90, 120), "BMP"),
    "avif": encoded(scene(90, 120), "AVIF"),
    "tif": encoded(scene(90, 120), "TIFF"),
    "lzw.tif": encoded(scene(90, 120), "TIFF", compression="tiff_lzw"),
    "16.tif": encoded(scene(90, 120, np.uint16), "tifffile"),
    "zip16.tif": encoded(scene(90, 120, np.uint16), "tifffile", compression="zlib"),
    "lzw16.tif": encoded(scene(90, 120, np.uint16), "lzw16"),
}
