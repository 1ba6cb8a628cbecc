"""What a file that Pillow has opened says beside its pixels, and what Pillow does not tell of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from studio.media.images.metadata import EXIF_PREFIX, IPTC_RESOURCE, exif_orientation, upright_xmp, with_prefix
from studio.media.images.picture import Container

if TYPE_CHECKING:
    from PIL import Image, ImageFile


def describe(image: Image.Image) -> tuple[Container, int]:
    """What Pillow knows about an opened file beside its pixels.

    Returns:
        The container, with the EXIF block as it is in the file, and the EXIF orientation, 1..8, to apply to the pixels.
    """
    info = image.info
    name = "JPEG" if image.format == "MPO" else str(image.format)
    exif = with_prefix(info.get("exif") if isinstance(info.get("exif"), bytes) else None)
    if exif is None and "Raw profile type exif" in info:  # ImageMagick's way to put EXIF into a PNG
        exif = _exif_in_text(image)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or None
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8")
    dpi = info.get("dpi")
    if name == "JPEG" and info.get("jfif_unit") not in (1, 2) and 0x011A not in image.getexif():
        dpi = None  # Pillow says 72 where a JPEG says nothing
    comment = info.get("comment")
    container = Container(
        format=name,
        exif=exif,
        xmp=upright_xmp(xmp),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi and dpi[0] > 0 and dpi[1] > 0 else None,
        comment=comment if isinstance(comment, bytes) else None,
    )
    if name == "JPEG":
        container = _with_jpeg_facts(container, image)
    return container, exif_orientation(exif, xmp)


def _exif_in_text(image: Image.Image) -> bytes | None:
    """The EXIF block that a PNG holds as hexadecimal text; one that no reader follows where the text is odd."""
    try:
        return with_prefix(image.getexif().tobytes())
    except Exception:  # of many types, as for every broken block
        return EXIF_PREFIX + b"odd"


def _with_jpeg_facts(container: Container, image: Image.Image) -> Container:
    """The container with what writing a JPEG in the same way needs: quantisation tables, chroma sampling, scans, IPTC."""
    layers = getattr(image, "layer", [])
    tables = getattr(image, "quantization", {})
    iptc = (image.info.get("photoshop") or {}).get(IPTC_RESOURCE)
    container = replace(
        container,
        progressive=bool(image.info.get("progressive")),
        iptc=iptc if isinstance(iptc, bytes) else None,
    )
    if len(layers) not in (1, 3) or any(layer[3] not in tables for layer in layers):
        return container
    container = replace(container, jpeg_tables=tuple(tuple(tables[layer[3]]) for layer in layers))
    if len(layers) == 1:
        return container
    sampling = tuple(layers[0][1:3]) + tuple(layers[1][1:3]) + tuple(layers[2][1:3])
    # Pillow writes three samplings. The rare others (4:1:1, 4:4:0) are written as 4:4:4, which loses no chroma.
    code = {(2, 1, 1, 1, 1, 1): 1, (2, 2, 1, 1, 1, 1): 2}.get(sampling, 0)
    return replace(container, jpeg_sampling=code, jpeg_rgb=image.info.get("adobe_transform") == 0)


def is_lossless(name: str, stream: BinaryIO) -> bool:
    """Whether the compression of a file loses nothing. WebP has two kinds, which the chunks at its beginning tell apart."""
    if name == "WEBP":
        stream.seek(0)
        head = stream.read(1 << 16)
        return b"VP8L" in head and b"VP8 " not in head
    return name not in ("JPEG", "AVIF", "HEIF", "JPEG2000")


def stored_depth(image: ImageFile.ImageFile, path: Path) -> int:
    """Bits per channel in the file, for the formats that Pillow reduces to 8 bits silently; 8 for all others."""
    if image.format == "HEIF":
        return int(image.info.get("bit_depth", 8))
    if image.format == "PPM":
        with path.open("rb") as stream:
            header = re.match(rb"P[56]((?:\s+|#[^\n]*\n)+\d+){2}(?:\s+|#[^\n]*\n)+(\d+)\s", stream.read(4096))
        return int(header[2]).bit_length() if header else 8
    if image.format not in ("AVIF", "JPEG2000"):
        return 8
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    at = head.find(b"av1C" if image.format == "AVIF" else b"\xff\x4f\xff\x51")
    if at < 0 or at + 43 > len(head):
        return 8
    if image.format == "AVIF":  # the third byte of AV1CodecConfigurationBox holds high_bitdepth and twelve_bit
        return {0: 8, 1: 8, 2: 10, 3: 12}[head[at + 6] >> 5 & 3]
    return (head[at + 42] & 0x7F) + 1  # Ssiz of the first component, in the SIZ marker


def frame_notes(image: object, animated: bool) -> list[str]:
    """A note for a file that holds more than one picture."""
    if getattr(image, "format", "") == "MPO":
        return []  # its segments are looked at instead
    # Not n_frames, for which all frames of a GIF are walked, and all layers of a PSD, which has the picture of all of them too.
    if animated or (getattr(image, "format", "") != "PSD" and getattr(image, "is_animated", False)):
        return ["first frame of an animation"]
    return []
