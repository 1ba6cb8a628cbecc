"""The record that reading a picture returns, the formats, and the file names that go with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

MAX_PIXELS = 250_000_000
"""The largest number of pixels that is read unless the caller says otherwise: 750 MB of 8-bit RGB."""

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
    ".exr": "EXR",
    ".dpx": "DPX",
}
"""The formats that can be written, by suffix. Format names are Pillow's; those of EXR and DPX, which Pillow lacks, our own."""

_RAW = ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .fff .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf .raw .rw2 .rwl"
RAW_SUFFIXES: frozenset[str] = frozenset(f"{_RAW} .sr2 .srf .srw .x3f".split())
"""Suffixes of camera raw files, which are developed when they are read and never written."""

RAW = "RAW"
"""What a camera raw file has for a format in :class:`Container`."""

READABLE_SUFFIXES: frozenset[str] = frozenset(
    {
        *FORMATS,
        *RAW_SUFFIXES,
        ".gif",
        ".apng",
        ".jp2",
        ".j2k",
        ".jpx",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".tga",
        ".psd",
        ".mpo",
        ".ico",
    }
)
"""Suffixes of the files in a folder that are taken for pictures. Reading goes by the content of a file, not by its name."""

DEEP_FORMATS: frozenset[str] = frozenset({"PNG", "TIFF"})
"""Formats that can be written with 16 bits per channel."""

FILM_FORMATS: frozenset[str] = frozenset({"EXR", "DPX"})
"""Formats that are written from a source of the same format alone: all but the colours is copied from it."""

FLAT_FORMATS: frozenset[str] = frozenset({"JPEG", "BMP"})
"""Formats that cannot hold an alpha channel."""

PROFILE_FORMATS: frozenset[str] = frozenset({"JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF"})
"""Formats that can hold a colour profile, EXIF and XMP."""


_BAND_VALUES = 1 << 20
HALF = 65504.0
"""The largest half float (IEEE 754 binary16)."""


@dataclass(frozen=True)
class Stored:
    """Where the file of a film format is, which is read again when the graded picture is written: all but its colours is kept.

    Attributes:
        size: bytes of the file when it was read.
        changed: its time of modification then, nanoseconds.
        part: the part of an EXR that the colours come from.
        bits: of a DPX, for each channel.
    """

    size: int
    changed: int
    part: int = 0
    bits: int = 16


@dataclass(frozen=True)
class Container:
    """What a file holds beside its pixels and its profile, so that the picture can be written the way it was.

    Attributes:
        format: Pillow's name of the format, such as ``"JPEG"``; :data:`RAW` for a developed camera raw file.
        exif: the EXIF block with its prefix ``Exif\\0\\0``. Its orientation is 1, like that of the pixels, and the link to its
            preview, which shows the old colours, is cleared.
        xmp: the XMP packet, with orientation 1.
        xmp_extended: what did not fit into the packet of a JPEG, which names it by its MD5; None where there is no more.
        iptc: the IPTC-IIM record.
        dpi: horizontal and vertical resolution in pixels per inch; None where the file does not say.
        comment: the comment of a JPEG or GIF.
        png_chunks: chunks of a PNG that are copied byte for byte (text, resolution, colour): type and data of each.
        colour_tag: what the profile of the pixels was made of where the file embeds none: ``"cICP"``, ``"gAMA and cHRM"``,
            ``"nclx"``, ``"EXIF"``, ``"TIFF tags"``, ``"BMP header"`` or ``"floats"``.
        colour_numbers: primaries, transfer, matrix and full range by ITU-T H.273, where that is ``"nclx"``.
        jpeg_tables: the quantisation table of each component of a JPEG: 64 numbers, row by row.
        jpeg_sampling: Pillow's code of a JPEG's chroma subsampling: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0.
        jpeg_rgb: whether a JPEG stores R'G'B' and not Y'CbCr.
        progressive: whether a JPEG is progressive.
        lossless: whether the compression of the file loses nothing.
        tiff_compression: the number of a TIFF's compression (1: none, 8: deflate).
        assumed: those of the notes of the picture that a person answers who says what its colours are.
        associated: whether floats are multiplied by alpha ("premultiplied") as they are stored and in ``Picture.pixels``.
        stored: of an EXR or DPX, what is read again when it is written.
        hdr: primaries and transfer of an HDR picture by ITU-T H.273; None for standard range.
    """

    format: str
    exif: bytes | None = None
    xmp: bytes | None = None
    xmp_extended: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    comment: bytes | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    colour_tag: str | None = None
    colour_numbers: tuple[int, int, int, int] | None = None
    jpeg_tables: tuple[tuple[int, ...], ...] = ()
    jpeg_sampling: int = 0
    jpeg_rgb: bool = False
    progressive: bool = False
    lossless: bool = True
    tiff_compression: int = 8
    assumed: tuple[str, ...] = ()
    associated: bool = False
    stored: Stored | None = None
    hdr: tuple[int, int] | None = None


@dataclass(frozen=True)
class Picture:
    """A picture as its file holds it.

    Attributes:
        pixels: (H, W, 3) uint8, uint16, float16 or float32, R'G'B', upright, C-contiguous. RGB pictures keep the encoding of
            their file; those of other colour models are converted to sRGB. Floats may be below 0, above 1, NaN or infinite.
        alpha: (H, W) of the same dtype; None for an opaque picture. It is straight (the colours are not multiplied by it) but for
            floats where ``container.associated`` says so.
        icc: the embedded RGB profile, unchanged, or the one that the file's colour tags come to (``container.colour_tag``); None
            for sRGB, for a file that says nothing, and where the pixels were converted to sRGB.
        notes: what was assumed or left out when the picture was read, one short phrase each.
        path: the file.
        container: what the file holds beside the pixels.
        whole: (H, W) of the whole upright picture, where only a reduced one was decoded; see :attr:`full_size`.
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
        """(H, W) of the whole upright picture, even where only a reduced one was decoded."""
        return self.whole or (self.height, self.width)

    @property
    def height(self) -> int:
        """The number of rows of ``pixels``."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """The number of columns of ``pixels``."""
        return int(self.pixels.shape[1])

    @property
    def bits(self) -> int:
        """Bits per channel: 8, 16 or 32."""
        return 8 * self.pixels.dtype.itemsize

    @property
    def of_floats(self) -> bool:
        """Whether the pixels are floats."""
        return self.pixels.dtype.kind == "f"

    @property
    def multiplied_by(self) -> np.ndarray | None:
        """(H, W): the alpha that the pixels are multiplied by; None where they are straight."""
        return self.alpha if self.container.associated else None

    @property
    def in_range(self) -> np.ndarray:
        """The pixels as a fit looks at them: integers as they are, floats straight and clamped to 0..1 as (H, W, 3) float32."""
        return clamped(self.pixels, self.multiplied_by) if self.of_floats else self.pixels

    @property
    def unclamped(self) -> np.ndarray:
        """The same with floats as far beyond 0..1 as a half float goes, for a fit that looks at them through a view."""
        return clamped(self.pixels, self.multiplied_by, -HALF, HALF) if self.of_floats else self.pixels

    @property
    def opacity(self) -> np.ndarray | None:
        """(H, W) float32, 0..1; None for an opaque picture."""
        if self.alpha is None:
            return None
        if self.of_floats:
            return np.nan_to_num(self.alpha.astype(np.float32), nan=0.0).clip(0.0, 1.0)
        return self.alpha.astype(np.float32) / np.float32(np.iinfo(self.alpha.dtype).max)


@dataclass
class Decoded:
    """What a decoder returns to :mod:`studio.media.images.read`, which makes a :class:`Picture` of it.

    Attributes:
        pixels: (H, W, 3) as in :class:`Picture`, but not turned upright yet.
        alpha: (H, W) as in :class:`Picture`, but not turned upright yet.
        icc: the profile that holds for the pixels; it may be for another colour space or not readable.
        container: what the file holds beside the pixels; its EXIF block is not patched yet.
        orientation: the EXIF orientation, 1..8, that is still to be applied.
        whole: (H, W) as stored, where fewer pixels were decoded.
        notes: what was assumed or left out, one short phrase each.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc: bytes | None
    container: Container
    orientation: int = 1
    whole: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)


def straight(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Divide floats that were multiplied by alpha by it again, where it lies between 0 and 1.

    Args:
        colours: (..., 3) float32.
        alpha: (...) floats. Where it is 0 or less, 1 or more, or NaN, the colours are left as they are.

    Returns:
        (..., 3) float32.
    """
    partial = (alpha > 0) & (alpha < 1)
    with np.errstate(all="ignore"):
        return np.asarray(colours / np.where(partial, alpha, 1).astype(np.float32)[..., None])


def clamped(
    pixels: np.ndarray, multiplied_by: np.ndarray | None, least: float = 0.0, largest: float = 1.0
) -> np.ndarray:
    """Floats as values of a range, in bands so that no more than the result is held.

    Args:
        pixels: (H, W, 3) float16 or float32.
        multiplied_by: (H, W) alpha that they are divided by; None where they are straight.
        least: where they are cut below.
        largest: where they are cut above.

    Returns:
        (H, W, 3) float32; NaN is 0.
    """
    out = np.empty(pixels.shape, np.float32)
    rows = max(1, _BAND_VALUES // max(1, pixels[:1].size))
    for top in range(0, len(pixels), rows):
        band = pixels[top : top + rows].astype(np.float32)
        if multiplied_by is not None:
            band = straight(band, multiplied_by[top : top + rows])
        out[top : top + rows] = np.nan_to_num(band, copy=False, nan=0.0).clip(least, largest)
    return out


def result_name(name: str, suffix: str | None = None) -> str:
    """The name for a graded copy of a file: the same name, with the suffix ``.png`` if its own format cannot be written, and
    ``.tif`` for camera raw, which has more than 8 bits.

    Args:
        name: the name of the file; it may contain folders, separated by ``/``.
        suffix: of the format that is wanted instead; a name that has another suffix of that format keeps it.
    """
    path = PurePosixPath(name)
    own = FORMATS.get(path.suffix.lower())
    if own is not None and (suffix is None or own == FORMATS.get(suffix.lower())):
        return name
    return path.with_suffix(suffix or (".tif" if path.suffix.lower() in RAW_SUFFIXES else ".png")).as_posix()


def natural_suffix(container: Container) -> str:
    """The suffix for a graded copy of a picture: that of its own format, or ``.png`` if that cannot be written; of camera raw
    ``.tif``."""
    if container.format == RAW:
        return ".tif"
    for suffix, name in FORMATS.items():
        if name == container.format:
            return suffix
    return ".png"
