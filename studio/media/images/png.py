"""PNG files. OpenCV decodes 16 bits and encodes all depths; chunks that it does not handle are copied here.

None of the libraries in use both handles 16-bit RGB and keeps what lies beside it. Pillow reduces 16 bits to 8. OpenCV keeps a
profile, EXIF and XMP, but neither text, resolution nor colour chunks, and its libpng prints to the terminal. Therefore chunks are
copied whole, and Pillow makes and reads their contents.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np

from reswd_torch.opencv import quiet_opencv
from studio.media.images.picture import Container
from studio.media.images.png_chunks import COLOUR_CHUNKS, SIGNATURE, chunks, mapped
from studio.media.images.refuse import check_size, damaged
from studio.media.images.xmp import whole_xmp

_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_KEPT_CHUNKS = (*COLOUR_CHUNKS, b"pHYs", b"tEXt", b"zTXt", b"iTXt")
_OWN_TAGS = ("cICP", "gAMA and cHRM")
"""What a PNG says in chunks of its own, which are written back as they were read."""
_SEPARATE_TEXT = (b"XML:com.adobe.xmp\0", b"Raw profile type ")
"""Text chunks that begin with these hold metadata, which the container keeps elsewhere."""
_LARGEST_KEPT = 1 << 24  # bytes of a chunk


def scan(
    path: Path, max_pixels: int, left_out: frozenset[int] = frozenset()
) -> tuple[int, tuple[tuple[bytes, bytes], ...], bool]:
    """Read the list of chunks.

    Args:
        path: a PNG file.
        max_pixels: the largest number of pixels that is read; the size is checked first.
        left_out: places of chunks to pass over.

    Returns:
        Bits per channel; the chunks to copy, type and data of each; whether the file is an animation.

    Raises:
        InputError: the picture is too large, or the list of chunks is damaged.
    """
    depth, kept, animated = 0, [], False
    with mapped(path) as data:
        for kind, at, length in chunks(path, data):
            if at in left_out:
                continue
            if kind == b"IHDR":
                width, height, depth = struct.unpack_from(">IIB", data[at + 8 : at + 8 + length])
                check_size(path, width, height, max_pixels)
            elif kind == b"acTL":
                animated = True
            elif kind in _KEPT_CHUNKS and length <= _LARGEST_KEPT:
                body = data[at + 8 : at + 8 + length]
                if not body.startswith(_SEPARATE_TEXT):
                    kept.append((kind, body))
    return depth, tuple(kept), animated


def decode_deep(
    path: Path, transparent: object, left_out: frozenset[int] = frozenset()
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decode a PNG with 16 bits per channel.

    Args:
        path: the file.
        transparent: the grey level that stands for transparency, if Pillow found one; anything but an int is ignored.
        left_out: places of chunks to pass over.

    Returns:
        (H, W) or (H, W, 3) uint16, and alpha as (H, W) uint16 or None.

    Raises:
        InputError: the file is damaged.
    """
    cv2 = quiet_opencv()
    parts = [SIGNATURE]
    with mapped(path) as data:
        for kind, at, length in chunks(path, data):
            if kind in _PIXEL_CHUNKS and at not in left_out:  # libpng prints warnings about some of the others
                parts.append(chunk := data[at : at + 12 + length])
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
    """Write a PNG with the source's profile, EXIF, XMP, text and resolution.

    Args:
        path: where the file goes; anything there is replaced.
        pixels: (H, W, 3) uint8 or uint16, R'G'B'.
        alpha: (H, W) of the same dtype, straight; None for an opaque picture.
        icc: the profile of the pixels; None for no tag.
        container: what the source's file held beside its pixels.

    Raises:
        OSError: the file cannot be encoded or written.
    """
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
    """Type and data of the chunks to write before the pixels: those of a source that was a PNG, and the rest from Pillow."""
    own = [c for c in container.png_chunks if icc is not None or c[0] != b"iCCP"]
    have = {kind for kind, _ in own}
    from PIL import Image, PngImagePlugin

    text = PngImagePlugin.PngInfo()
    if packet := whole_xmp(container):
        text.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8", "replace"))
    options: dict[str, object] = {"pnginfo": text}
    if icc is not None and b"iCCP" not in have and container.colour_tag not in _OWN_TAGS:
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
    """The chunks that still hold after the pixels were converted: all but those that describe the meaning of the colours."""
    return tuple(c for c in chunks if c[0] not in COLOUR_CHUNKS)
