"""The record a read returns, and what the names of files say about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

MAX_PIXELS = 250_000_000
"""Largest picture read unless the caller says otherwise: 250 megapixels, 750 MB of 8-bit RGB."""

FORMATS: dict[str, str] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".bmp": "BMP",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
"""Suffix -> format name, for the formats that can be written."""

READABLE_SUFFIXES: frozenset[str] = frozenset(
    {*FORMATS, ".gif", ".apng", ".jp2", ".j2k", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".psd", ".mpo", ".ico"}
)
"""Suffixes a folder listing should take for pictures. Reading itself goes by the content, not by the name."""

DEEP_FORMATS: frozenset[str] = frozenset({"PNG", "TIFF"})
"""Formats that are written with 16 bits per channel."""

FLAT_FORMATS: frozenset[str] = frozenset({"JPEG", "BMP"})
"""Formats that cannot hold an alpha channel."""

PROFILE_FORMATS: frozenset[str] = frozenset({"JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF"})
"""Formats that hold a colour profile, EXIF and XMP."""


@dataclass(frozen=True)
class Container:
    """All that a file says beside its pixels, so that a write can give the picture back as it came.

    ``exif`` starts with ``Exif\\0\\0``; its orientation is already 1 (the pixels are turned) and its embedded preview,
    which would show the old colours, is unlinked. ``png_chunks`` are the chunks copied byte for byte (text, resolution,
    colour). ``jpeg_tables`` holds one quantisation table (64 numbers, row by row) per component, ``jpeg_sampling`` is
    Pillow's code: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0. ``dpi`` is None where the file says nothing.
    """

    format: str
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    comment: bytes | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_sampling: int = 0
    jpeg_rgb: bool = False
    progressive: bool = False
    lossless: bool = True
    tiff_compression: int = 8


@dataclass(frozen=True)
class Picture:
    """A picture as its file holds it.

    ``pixels``: (H, W, 3) uint8 or uint16 RGB in the file's own encoding (never converted for RGB pictures), turned
    upright, C-contiguous. ``alpha``: (H, W) of the same dtype, straight (colours not multiplied by it), or None.
    ``icc``: the embedded RGB profile, unchanged; None when the file is untagged or the pixels were converted to sRGB.
    ``notes``: what was assumed or left out while reading, one short phrase each. ``whole``: see `full_size`.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc: bytes | None
    notes: tuple[str, ...]
    path: Path
    container: Container = field(repr=False)
    whole: tuple[int, int] | None = None

    @property
    def full_size(self) -> tuple[int, int]:
        """Rows and columns of the whole upright picture, where only a reduced one was decoded."""
        return self.whole or (self.height, self.width)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def bits(self) -> int:
        """Bits per channel: 8 or 16."""
        return 16 if self.pixels.dtype == np.uint16 else 8


@dataclass
class Decoded:
    """What a decoder hands to the reader: pixels not yet turned, the orientation (1..8) still to be applied."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc: bytes | None
    container: Container
    orientation: int = 1
    whole: tuple[int, int] | None = None  # rows and columns as stored, where fewer were decoded
    notes: list[str] = field(default_factory=list)


def result_name(name: str) -> str:
    """What a graded copy of a file should be called: as the file is, ``.png`` for formats that are not written.

    ``name`` may hold folders, with ``/`` between them.
    """
    path = PurePosixPath(name)
    return name if path.suffix.lower() in FORMATS else path.with_suffix(".png").as_posix()


def natural_suffix(container: Container) -> str:
    """The suffix a graded copy of a picture should have: its own format's, ``.png`` for formats not written."""
    for suffix, name in FORMATS.items():
        if name == container.format:
            return suffix
    return ".png"
