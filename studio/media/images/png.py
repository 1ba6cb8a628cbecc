"""PNG: OpenCV's codec for 16 bits and for writing, with the chunks it does not handle carried across by hand.

No library here both reads or writes 16-bit RGB and keeps what stands beside it: Pillow cuts 16 bits to 8, OpenCV keeps
a profile, EXIF and XMP but neither text, resolution nor colour chunks, and libpng inside it prints to the terminal.
So chunks are copied whole; what is inside them is made and read by Pillow.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from studio.media.images.decode import opencv
from studio.media.images.picture import Container
from studio.media.images.refuse import check_size, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_KEPT_CHUNKS = (b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"tEXt", b"zTXt", b"iTXt")
_COLOUR_CHUNKS = _KEPT_CHUNKS[:7]
_SEPARATE_TEXT = (b"XML:com.adobe.xmp\0", b"Raw profile type ")  # metadata dressed as text, carried by the container
_LARGEST_KEPT = 1 << 24


def scan(path: Path, max_pixels: int) -> tuple[int, tuple[tuple[bytes, bytes], ...], bool]:
    """Bit depth, the chunks to copy, and whether it is animated.

    Raises InputError on a broken chunk list, and first of all on a size over ``max_pixels``.
    """
    depth, kept, animated = 0, [], False
    with path.open("rb") as stream:
        for kind, length, _ in _walk(path, stream):
            if kind == b"IHDR":
                width, height, depth = struct.unpack_from(">IIB", stream.read(length))
                check_size(path, width, height, max_pixels)
            elif kind == b"acTL":
                animated = True
            elif kind in _KEPT_CHUNKS and length <= _LARGEST_KEPT:
                body = stream.read(length)
                if not body.startswith(_SEPARATE_TEXT):
                    kept.append((kind, body))
    return depth, tuple(kept), animated


def _walk(path: Path, stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, length and place of each chunk up to IEND, the stream standing at the chunk's data."""
    end = path.stat().st_size
    at = len(SIGNATURE)
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            raise damaged(path)
        length, kind = struct.unpack(">I4s", head)
        if at + 12 + length > end:
            raise damaged(path)
        yield kind, length, at
        if kind == b"IEND":
            return
        at += 12 + length


def decode_deep(path: Path, transparent: object) -> tuple[np.ndarray, np.ndarray | None]:
    """16-bit PNG as (H, W) or (H, W, 3) uint16 and alpha (H, W) or None.

    ``transparent``: the grey level that stands for transparent, from Pillow, where there is one.
    """
    cv2 = opencv()
    parts = [SIGNATURE]
    with path.open("rb") as stream:
        for kind, length, at in _walk(path, stream):
            if kind in _PIXEL_CHUNKS:  # without the others libpng has nothing to print warnings about
                stream.seek(at)
                parts.append(chunk := stream.read(12 + length))
                if zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
                    raise damaged(path)
    values = cv2.imdecode(np.frombuffer(b"".join(parts), np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise damaged(path)
    if values.ndim == 2:
        alpha = np.where(values == transparent, 0, 65535).astype(np.uint16) if isinstance(transparent, int) else None
        return values, alpha
    if values.shape[2] == 3:
        return cv2.cvtColor(values, cv2.COLOR_BGR2RGB), None
    return cv2.cvtColor(values, cv2.COLOR_BGRA2RGB), cv2.extractChannel(values, 3)


def write_png(
    path: Path, pixels: np.ndarray, alpha: np.ndarray | None, icc: bytes | None, container: Container
) -> None:
    """(H, W, 3) uint8 or uint16 and straight alpha as a PNG with the source's profile, EXIF, XMP, text, resolution."""
    import cv2

    blue_first = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    data = blue_first if alpha is None else cv2.merge((*cv2.split(blue_first), alpha))
    del blue_first
    done, encoded = cv2.imencode(".png", data)
    if not done:  # pragma: no cover - OpenCV raises instead
        raise OSError("OpenCV could not encode the PNG")
    del data
    beside = _beside(icc, container)
    stream = encoded.ravel().data
    header = len(SIGNATURE) + 25  # signature and IHDR
    with path.open("wb") as file:
        file.write(stream[:header])
        for kind, body in beside:
            file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
        file.write(stream[header:])


def _beside(icc: bytes | None, container: Container) -> list[tuple[bytes, bytes]]:
    """The chunks that go before the pixels: the source PNG's own ones, the rest as Pillow makes them."""
    own = [c for c in container.png_chunks if icc is not None or c[0] != b"iCCP"]
    have = {kind for kind, _ in own}
    from PIL import Image, PngImagePlugin

    text = PngImagePlugin.PngInfo()
    if container.xmp:
        text.add_itxt("XML:com.adobe.xmp", container.xmp.decode("utf-8", "replace"))
    options: dict[str, object] = {"pnginfo": text}
    if icc is not None and b"iCCP" not in have:
        options["icc_profile"] = icc
    if container.exif:
        options["exif"] = container.exif
    if container.dpi and b"pHYs" not in have:
        options["dpi"] = container.dpi
    donor = io.BytesIO()
    Image.new("RGB", (1, 1)).save(donor, "PNG", **options)
    made, data, at = [], donor.getvalue(), len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind not in _PIXEL_CHUNKS:
            made.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return made + own


def without_colour(chunks: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """The chunks that still hold after the pixels were converted: all but those that say what the colours mean."""
    return tuple(c for c in chunks if c[0] not in _COLOUR_CHUNKS)
