"""Which format a file has, by its first bytes and not by its name."""

from __future__ import annotations

from pathlib import Path

from studio.media.images.decode import register_heif
from studio.media.images.exr_header import MAGIC
from studio.media.images.png_chunks import SIGNATURE
from studio.media.images.refuse import unknown

_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
OTHERS = ("GIF", "BMP", "PPM", "JPEG2000", "PSD", "TGA")
"""The formats to try, in this order, if the first bytes of a file do not settle it. EPS, PDF and the like are left out: for them
Pillow starts other programs."""
_HEAD = 32  # bytes that tell


def first_bytes(path: Path) -> bytes:
    """The bytes by which the other functions of this module know a file."""
    with path.open("rb") as stream:
        return stream.read(_HEAD)


def is_tiff(head: bytes) -> bool:
    """Whether a file is a TIFF or BigTIFF."""
    return head.startswith(_TIFF_HEADS)


def is_exr(head: bytes) -> bool:
    """Whether a file is an OpenEXR picture."""
    return head.startswith(MAGIC)


def is_dpx(head: bytes) -> bool:
    """Whether a file is a DPX, in either order of bytes (SMPTE ST 268-1, field 1)."""
    return head.startswith((b"SDPX", b"XPDS"))


def is_ordinary(head: bytes) -> bool:
    """Whether the size in the header bounds time and memory: JPEG (its scans are counted), BMP, and PNG without interlace."""
    return head.startswith((b"\xff\xd8", b"BM")) or (
        head.startswith(SIGNATURE) and head[24:25] <= b"\x08" and head[28:29] == b"\0"
    )


def formats_of(path: Path, head: bytes) -> tuple[str, ...]:
    """Pillow's names of the formats that a file may have which begins with ``head``.

    Raises:
        InputError: the file is no picture, or HEIC while its package is not installed.
    """
    if head.startswith(b"\xff\xd8"):
        return ("JPEG",)
    if head.startswith(SIGNATURE):
        return ("PNG",)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return ("WEBP",)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ("GIF",)
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return ("BMP",)
    if head.startswith(b"\0\0\1\0"):
        return ("ICO",)
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"avif", b"avis") or b"avif" in head[16:]:
            return ("AVIF",)
        if head[8:12] in _HEIF_BRANDS:
            register_heif(path)
            return ("HEIF",)
        raise unknown(path)
    return OTHERS
