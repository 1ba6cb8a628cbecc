"""Reading of pictures: every format gives the same record, and a file that cannot be read an error of one line."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from reswd_torch.errors import InputError
from reswd_torch.profiles import is_usable, profile_space
from studio.media.images.apart import decode_apart
from studio.media.images.colours import Colours, colours_of, to_full_range
from studio.media.images.decode import (
    convert,
    describe,
    grey,
    jpeg_pixels,
    open_pillow,
    pillow_limit,
    register_heif,
)
from studio.media.images.exact import turn
from studio.media.images.extras import settle
from studio.media.images.jpeg import Checked, are_same, check_whole
from studio.media.images.jpeg_parts import Parts, read_parts
from studio.media.images.limits import Limits, current
from studio.media.images.metadata import upright_exif
from studio.media.images.picture import MAX_PIXELS, Container, Decoded, Picture
from studio.media.images.png import decode_deep, scan, without_colour
from studio.media.images.png_flaws import SIGNATURE, find_flaws, without
from studio.media.images.refuse import check_size, check_source, damaged, unknown
from studio.media.images.tiff import decode_tiff

if TYPE_CHECKING:
    from PIL import ImageFile

_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# The formats to try, in this order, if the first bytes of a file do not settle it. EPS, PDF and the like, for which Pillow starts
# other programs, are left out.
_OTHERS = ("GIF", "BMP", "PPM", "JPEG2000", "PSD", "TGA")


_LARGE = 4_000_000
"""Pixels from which on it pays to save memory. OpenCV lets libjpeg print its warnings, and a few may not be foreseen."""
_LEAST_DPI, _MOST_DPI = 0.01, 1e6
"""Resolutions that every format can hold, dots an inch."""


class Reduction(NamedTuple):
    """How far a picture may be reduced while it is read.

    Attributes:
        at_least: the smallest number of pixels that may be left of the longer edge.
        whole_if: (H, W) of pictures that must not be reduced, upright or turned; None for no such size.
    """

    at_least: int
    whole_if: tuple[int, int] | None


def read_picture(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a whole picture, in the depth and the encoding of its file, and turn it upright.

    Args:
        path: the file; its content decides what format it has, not its name.
        max_pixels: the largest number of pixels; it is checked on the header, before anything is decoded. Formats that can pack
            a huge picture into a small file have a lower limit: see :mod:`studio.media.images.limits`.

    Returns:
        (H, W, 3) uint8 or uint16 with everything else that the file holds: see :class:`Picture`.

    Raises:
        InputError: the file is missing, not a picture, damaged, too large, or of a kind that has to be converted first. The
            message is one line that begins with the path.
    """
    return _read(Path(path), max_pixels, None, grey_as_is=False)


def read_reduced(
    path: str | Path,
    *,
    at_least: int = 1024,
    whole_if: tuple[int, int] | None = None,
) -> Picture:
    """Read a picture for its statistics, which is faster: a JPEG is decoded at 1/2, 1/4 or 1/8 of its size.

    Other formats, and JPEGs that would become too small, are read whole as :func:`read_picture` does.

    Args:
        path: the file.
        at_least: the smallest number of pixels that may be left of the longer edge.
        whole_if: (H, W) of pictures that are read whole, upright or turned; None for no such size.

    Returns:
        A picture whose :attr:`Picture.full_size` is that of the whole one.

    Raises:
        InputError: as for :func:`read_picture`.
    """
    return _read(Path(path), MAX_PIXELS, Reduction(max(1, at_least), whole_if), grey_as_is=False)


def read_values(path: str | Path) -> Picture:
    """:func:`read_picture` for masks: grey values stay as they are even where a grey profile is embedded.

    Raises:
        InputError: as for :func:`read_picture`.
    """
    return _read(Path(path), MAX_PIXELS, None, grey_as_is=True)


def _read(path: Path, max_pixels: int, reduction: Reduction | None, *, grey_as_is: bool) -> Picture:
    """Read a picture within the limits of this process."""
    check_source(path)
    limits = current()
    limits = replace(limits, pixels=min(limits.pixels, max_pixels) if limits.apart else max_pixels)
    if limits.apart and not _is_ordinary(path):
        decoded = decode_apart(path, limits, limits, reduction, grey_as_is)
    else:
        decoded = decode_here(path, limits, reduction, grey_as_is)
    return _finish(path, decoded)


def decode_here(path: Path, limits: Limits, reduction: Reduction | None, grey_as_is: bool) -> Decoded:
    """Decode in this process, and turn every error of a decoder into an InputError that begins with the path."""
    from PIL import Image

    try:
        return _decode(path, limits, reduction, grey_as_is)
    except InputError as error:
        if str(path) in str(error):
            raise
        raise InputError(f"{path}: {error}") from error
    except MemoryError as error:
        if limits.apart:
            raise
        raise InputError(f"{path}: the picture does not fit into memory: scale it down first") from error
    except Image.DecompressionBombError as error:
        raise InputError(
            f"{path}: it holds a picture far above the limit of {limits.pixels / 1e6:.6g} megapixels: scale it down first"
        ) from error
    except Exception as error:
        # The errors that decoders raise on broken data are not documented and differ from file to file.
        raise damaged(path) from error


def _is_ordinary(path: Path) -> bool:
    """Whether the size in the header bounds time and memory well: JPEG (its scans are counted), BMP, and PNG of up to 8 bits
    without interlace. One of 16 bits takes 16 bytes for each pixel, whatever its file has."""
    with path.open("rb") as stream:
        head = stream.read(32)
    return head.startswith((b"\xff\xd8", b"BM")) or (
        head.startswith(SIGNATURE) and head[24:25] <= b"\x08" and head[28:29] == b"\0"
    )


def _decode(path: Path, limits: Limits, reduction: Reduction | None, grey_as_is: bool) -> Decoded:
    """Choose the decoder by the first bytes of the file."""
    with path.open("rb") as stream:
        head = stream.read(32)
    if head.startswith(_TIFF_HEADS):
        return decode_tiff(path, limits.pixels, grey_as_is=grey_as_is)
    return _through_pillow(path, _formats(path, head), limits, reduction, grey_as_is)


def _formats(path: Path, head: bytes) -> tuple[str, ...]:
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
    return _OTHERS


def _through_pillow(
    path: Path, formats: tuple[str, ...], limits: Limits, reduction: Reduction | None, grey_as_is: bool
) -> Decoded:
    """Decode a file of one of the named formats: everything but TIFF."""
    from PIL import UnidentifiedImageError

    left_out, flaws = find_flaws(path, limits.pixels) if formats == ("PNG",) else (frozenset(), [])
    depth, chunks, animated = scan(path, limits.pixels, left_out) if formats == ("PNG",) else (8, (), False)
    parts = read_parts(path) if formats == ("JPEG",) else None
    checked = check_whole(path, parts.data, limits.pixels) if parts else None
    with _stream(path, parts, checked, left_out) as stream:
        with pillow_limit(limits.pixels if formats == ("ICO",) else inf):  # Pillow loads an icon as it opens it
            try:
                image = open_pillow(stream, formats)
            except UnidentifiedImageError as error:
                raise (unknown(path) if formats == _OTHERS else damaged(path)) from error
            check_size(path, image.width, image.height, limits.of(str(image.format)))
            _widen_transparent_level(image, depth)
            container, orientation = describe(image)
            container = replace(container, png_chunks=chunks, lossless=_is_lossless(container.format, stream))
            notes = flaws + _frame_notes(image, animated)
            embedded = image.info.get("icc_profile") or None
            colours = (
                Colours(embedded)
                if grey_as_is
                else colours_of(path, container.format, embedded, container.exif, chunks)
            )
            image.info["icc_profile"] = colours.icc  # every decoder behind looks there
            container = replace(container, **colours.kept(chunks))
        if checked is not None:
            notes += checked.notes
            checked = replace(checked, quiet=checked.quiet and parts is not None and parts.whole and _is_plain(image))
        container, more = settle(path, container, parts, checked is not None and checked.video)
        notes += more
        with image, pillow_limit(limits.pixels):
            if depth == 16:
                decoded = _deep_png(path, image, container, grey_as_is, left_out)
            else:
                decoded = _eight_bits(path, image, container, reduction, grey_as_is, checked)
                if (found := _stored_depth(image, path)) > 8 and decoded.pixels.dtype == "uint8":
                    notes.append(f"{found}-bit {container.format} read with 8 bits")
    if colours.narrow:
        decoded.pixels = to_full_range(decoded.pixels)
    decoded.orientation = orientation
    decoded.notes = notes + list(colours.notes) + decoded.notes
    return decoded


def _stream(path: Path, parts: Parts | None, checked: Checked | None, left_out: frozenset[int]) -> BinaryIO:
    """The file for Pillow, without the metadata that it stumbles over; of a JPEG with twins the first."""
    if checked is not None and checked.twins:
        return io.BytesIO(checked.twins[0])
    if parts is not None and not parts.whole:
        return io.BytesIO(parts.data)
    return without(path, left_out) if left_out else path.open("rb")


def _deep_png(
    path: Path, image: ImageFile.ImageFile, container: Container, grey_as_is: bool, left_out: frozenset[int]
) -> Decoded:
    """Decode a PNG with 16 bits per channel. Pillow would reduce it to 8 bits, but knows its profile and transparent level."""
    values, alpha = decode_deep(path, image.info.get("transparency"), left_out)
    icc = image.info.get("icc_profile") or None
    if values.ndim == 3 and not image.mode.startswith("I") and image.tile[0][3] != "LA;16B":
        return Decoded(values, alpha, icc, container)
    plane = values if values.ndim == 2 else values[..., 0].copy()  # OpenCV gives grey with alpha as RGB with alpha
    return grey(plane, alpha, icc, container, as_is=grey_as_is)


def _widen_transparent_level(image: ImageFile.ImageFile, depth: int) -> None:
    """Make the transparent level of a grey PNG of 2 or 4 bits, which Pillow hands on as stored, one of 8 bits like the pixels."""
    level = image.info.get("transparency")
    if image.mode == "L" and depth in (2, 4) and isinstance(level, int):
        image.info["transparency"] = level * 255 // (2**depth - 1)


def _is_plain(image: ImageFile.ImageFile) -> bool:
    """Whether libjpeg knows the version of a JPEG's JFIF marker, and what its Adobe marker says of the colours."""
    return image.info.get("jfif_version", (1,))[0] == 1 and image.info.get("adobe_transform", 0) in (0, 1)


def _eight_bits(
    path: Path,
    image: ImageFile.ImageFile,
    container: Container,
    reduction: Reduction | None,
    grey_as_is: bool,
    checked: Checked | None,
) -> Decoded:
    """Decode by OpenCV what it decodes in less memory (whole colour JPEGs), and by Pillow everything else.

    ``checked`` is what is known of a JPEG; None for other formats.
    """
    stored = (image.height, image.width)
    if reduction is not None and container.format == "JPEG":
        _ask_smaller(image, reduction)
    pixels = None
    if (
        checked is not None
        and checked.quiet
        and stored[0] * stored[1] >= _LARGE
        and image.format == "JPEG"
        and image.mode == "RGB"
        and image.size == stored[::-1]
    ):
        pixels = jpeg_pixels(path, *stored)
    if pixels is not None:
        decoded = Decoded(pixels, None, image.info.get("icc_profile") or None, container)
    else:
        if checked is not None and checked.at_once:
            image.decodermaxblock = checked.at_once
        image.load()
        if checked is not None and checked.twins:
            other = open_pillow(io.BytesIO(checked.twins[1]), ("JPEG",))
            other.decodermaxblock = image.decodermaxblock
            if reduction is not None:
                _ask_smaller(other, reduction)
            other.load()
            if not are_same(image, other):
                raise damaged(path)
        decoded = convert(image, container, grey_as_is=grey_as_is)
    if container.format == "JPEG":  # no other is reduced, and the size of an icon's picture is not that of its header
        decoded.whole = stored
    return decoded


def _ask_smaller(image: ImageFile.ImageFile, reduction: Reduction) -> None:
    """Make libjpeg decode at the smallest of 1/8, 1/4 and 1/2 that leaves ``at_least`` pixels of the longer edge."""
    width, height = image.size
    if reduction.whole_if in ((height, width), (width, height)):
        return
    for scale in (8, 4, 2):
        if -(-max(width, height) // scale) >= reduction.at_least and min(width, height) >= scale:
            image.draft(None, (width // scale, height // scale))
            return


def _is_lossless(name: str, stream: BinaryIO) -> bool:
    """Whether the compression of a file loses nothing. WebP has two kinds, which the chunks at its beginning tell apart."""
    if name == "WEBP":
        stream.seek(0)
        head = stream.read(1 << 16)
        return b"VP8L" in head and b"VP8 " not in head
    return name not in ("JPEG", "AVIF", "HEIF", "JPEG2000")


def _stored_depth(image: ImageFile.ImageFile, path: Path) -> int:
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


def _frame_notes(image: object, animated: bool) -> list[str]:
    """A note for a file that holds more than one picture."""
    if getattr(image, "format", "") == "MPO":
        return []  # its segments are looked at instead
    # Not n_frames, for which all frames of a GIF are walked, and all layers of a PSD, which has the picture of all of them too.
    if animated or (getattr(image, "format", "") != "PSD" and getattr(image, "is_animated", False)):
        return ["first frame of an animation"]
    return []


def _finish(path: Path, decoded: Decoded) -> Picture:
    """Turn the pixels upright, check the profile, and make the metadata agree with both."""
    turned = decoded.orientation >= 5
    icc, notes, container = decoded.icc, list(decoded.notes), decoded.container
    if icc is not None and profile_space(icc) != "RGB":
        icc = None
        notes.append("embedded profile is not for RGB and was left out: taken as sRGB")
    elif icc is not None and not is_usable(icc):
        notes.append("embedded profile is not readable: taken as sRGB (and kept in the file)")
    chunks = container.png_chunks
    if icc is None and container.colour_tag is None and any(kind == b"iCCP" for kind, _ in chunks):
        # the pixels were converted, or it was left out
        chunks = without_colour(chunks)
    dpi = container.dpi[::-1] if turned and container.dpi else container.dpi
    if dpi is not None and not all(_LEAST_DPI <= each <= _MOST_DPI for each in dpi):
        dpi = None
        notes.append("resolution out of range left out")
    exif = upright_exif(container.exif, turned)
    if container.exif is not None and exif is None:
        notes.append("EXIF that is not readable was left out")
    container = replace(container, exif=exif, dpi=dpi, png_chunks=chunks)
    alpha = None if decoded.alpha is None else turn(decoded.alpha, decoded.orientation)
    whole = decoded.whole[::-1] if turned and decoded.whole else decoded.whole
    return Picture(turn(decoded.pixels, decoded.orientation), alpha, icc, tuple(notes), path, container, whole)
