"""Pictures for the tests, made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from studio.media.images.picture import Container, Picture

HEIGHT, WIDTH = 24, 40


def scene(
    height: int = HEIGHT, width: int = WIDTH, dtype: type = np.uint8, channels: int = 3, seed: int = 0
) -> np.ndarray:
    """(H, W, C): gradients with grain, no two rows or columns alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [x / width, y / height, 1 - x / width * y / height, (x + y) / (height + width)]
    values = np.stack(planes[:channels], -1) + rng.normal(0, 0.02, (height, width, channels))
    top = np.iinfo(dtype).max
    return np.clip(np.rint(values * top), 0, top).astype(dtype)


def camera_exif(orientation: int = 1) -> bytes:
    """An EXIF block as a camera writes it: maker, exposure, position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x8298] = "Maker", "Model 1", orientation, "A. Person"
    inner = exif.get_ifd(0x8769)
    inner[0x829A], inner[0x9003], inner[0x927C] = IFDRational(1, 250), "2024:05:06 07:08:09", b"maker\0note"
    inner[0xA002], inner[0xA003] = WIDTH, HEIGHT
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (IFDRational(48), IFDRational(12), IFDRational(30))
    return exif.tobytes()


def xmp_packet(orientation: int = 1) -> bytes:
    """An XMP packet that names an orientation and a title."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d" dc:title="A title"/></x:xmpmeta>'
        % orientation
    )


def source(
    pixels: np.ndarray, alpha: np.ndarray | None = None, icc: bytes | None = None, container: Container | None = None
) -> Picture:
    """A picture that came from nowhere, to be written."""
    return Picture(pixels, alpha, icc, (), Path("nowhere"), container or Container("NONE"))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A JPEG file."""
    path = tmp_path / "photo.jpg"
    Image.fromarray(scene()).save(path, quality=90)
    return path
