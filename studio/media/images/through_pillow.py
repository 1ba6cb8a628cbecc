"""Reading of every format but TIFF: Pillow opens the file, and decodes it unless OpenCV does that better."""

from __future__ import annotations

import io
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from studio.media.images.colours import Colours, colours_of, to_full_range
from studio.media.images.decode import convert, grey, jpeg_pixels, open_pillow, pillow_limit
from studio.media.images.describe import describe, frame_notes, is_lossless, stored_depth
from studio.media.images.extras import settle
from studio.media.images.inspected import Inspected, inspect
from studio.media.images.jpeg import are_same
from studio.media.images.limits import Limits
from studio.media.images.picture import Container, Decoded
from studio.media.images.png import decode_deep
from studio.media.images.refuse import check_size, damaged, unknown
from studio.media.images.sniff import OTHERS

if TYPE_CHECKING:
    from PIL import ImageFile

_LARGE = 4_000_000
"""Pixels of a JPEG from which on it pays to save memory by OpenCV, which lets libjpeg print a warning that was not foreseen."""


class Reduction(NamedTuple):
    """How far a picture may be reduced while it is read.

    Attributes:
        at_least: the smallest number of pixels that may be left of the longer edge.
        whole_if: (H, W) of pictures that must not be reduced, upright or turned; None for no such size.
    """

    at_least: int
    whole_if: tuple[int, int] | None


def decode_through_pillow(
    path: Path, formats: tuple[str, ...], limits: Limits, reduction: Reduction | None, grey_as_is: bool
) -> Decoded:
    """Decode a file.

    Args:
        path: the file.
        formats: Pillow's names of the formats that it may have.
        limits: the largest number of pixels; its size is checked before it is decoded.
        reduction: how far a JPEG may be reduced; None for not at all.
        grey_as_is: leave grey values as they are even where a grey profile is embedded: masks are numbers, not colours.

    Raises:
        InputError: the file is of none of these formats, damaged, too large, or HDR. Decoders raise errors of other types too.
    """
    known = inspect(path, formats, limits.pixels)
    notes = list(known.notes)
    with known.stream() as stream:
        with pillow_limit(limits.pixels if formats == ("ICO",) else inf):  # Pillow loads an icon as it opens it
            image = _opened(path, stream, formats)
            check_size(path, image.width, image.height, limits.of(str(image.format)))
            _widen_transparent_level(image, known.depth)
            container, orientation = describe(image)
        notes += frame_notes(image, known.animated)
        colours = _colours(image, container, known, grey_as_is)
        image.info["icc_profile"] = colours.icc  # every decoder behind looks there
        container = replace(container, lossless=is_lossless(container.format, stream), **colours.kept(known.chunks))
        notes += known.checked.notes if known.checked is not None else []
        container, settled = settle(path, container, known.parts, known.has_video)
        notes += settled
        with image, pillow_limit(limits.pixels):
            if known.depth == 16:
                decoded = _deep_png(image, container, known, grey_as_is)
            elif known.checked is not None:
                decoded = _jpeg(image, container, known, reduction, grey_as_is)
            else:
                image.load()
                decoded = convert(image, container, grey_as_is=grey_as_is)
            if (depth := stored_depth(image, path)) > 8 and decoded.pixels.dtype == "uint8":
                notes.append(f"{depth}-bit {container.format} read with 8 bits")
    if colours.narrow:
        decoded.pixels = to_full_range(decoded.pixels)
    decoded.orientation = orientation
    decoded.notes = notes + list(colours.notes) + decoded.notes
    return decoded


def _opened(path: Path, stream: BinaryIO, formats: tuple[str, ...]) -> ImageFile.ImageFile:
    """Open a file. Raises InputError where it is of none of the formats."""
    from PIL import UnidentifiedImageError

    try:
        return open_pillow(stream, formats)
    except UnidentifiedImageError as error:
        raise (unknown(path) if formats == OTHERS else damaged(path)) from error


def _colours(image: ImageFile.ImageFile, container: Container, known: Inspected, grey_as_is: bool) -> Colours:
    """What the colours of a file mean; of values that are none, the profile alone."""
    embedded = image.info.get("icc_profile") or None
    if grey_as_is:
        return Colours(embedded)
    return colours_of(known.path, container.format, embedded, container.exif, known.chunks)


def _widen_transparent_level(image: ImageFile.ImageFile, depth: int) -> None:
    """Make the transparent level of a grey PNG of 2 or 4 bits, which Pillow hands on as stored, one of 8 bits like the pixels."""
    level = image.info.get("transparency")
    if image.mode == "L" and depth in (2, 4) and isinstance(level, int):
        image.info["transparency"] = level * 255 // (2**depth - 1)


def _deep_png(image: ImageFile.ImageFile, container: Container, known: Inspected, grey_as_is: bool) -> Decoded:
    """Decode a PNG with 16 bits per channel. Pillow would reduce it to 8 bits, but knows its profile and transparent level."""
    values, alpha = decode_deep(known.path, image.info.get("transparency"), known.left_out)
    icc = image.info.get("icc_profile") or None
    if values.ndim == 3 and not image.mode.startswith("I") and image.tile[0][3] != "LA;16B":
        return Decoded(values, alpha, icc, container)
    plane = values if values.ndim == 2 else values[..., 0].copy()  # OpenCV gives grey with alpha as RGB with alpha
    return grey(plane, alpha, icc, container, as_is=grey_as_is)


def _jpeg(
    image: ImageFile.ImageFile,
    container: Container,
    known: Inspected,
    reduction: Reduction | None,
    grey_as_is: bool,
) -> Decoded:
    """Decode a JPEG: by OpenCV where it is large, which takes less memory, and by Pillow otherwise.

    Raises:
        InputError: data of its picture are missing.
    """
    height, width = image.height, image.width
    if reduction is not None:
        _ask_smaller(image, reduction)
    is_whole = image.size == (width, height) and width * height >= _LARGE
    pixels = jpeg_pixels(known.path, height, width) if is_whole and _suits_opencv(image, known) else None
    if pixels is not None:
        decoded = Decoded(pixels, None, image.info.get("icc_profile") or None, container)
    else:
        if known.checked is not None and known.checked.at_once:
            image.decodermaxblock = known.checked.at_once
        image.load()
        if known.twin is not None:
            other = open_pillow(io.BytesIO(known.twin), ("JPEG",))
            other.decodermaxblock = image.decodermaxblock
            if reduction is not None:
                _ask_smaller(other, reduction)
            other.load()
            if not are_same(image, other):
                raise damaged(known.path)
        decoded = convert(image, container, grey_as_is=grey_as_is)
    decoded.whole = (height, width)
    return decoded


def _suits_opencv(image: ImageFile.ImageFile, known: Inspected) -> bool:
    """Whether OpenCV decodes a JPEG to the same values, and libjpeg has nothing to warn of.

    It warns of a version of the JFIF marker that it does not know, and of an Adobe marker with an unknown transform.
    """
    markers = image.info.get("jfif_version", (1,))[0] == 1 and image.info.get("adobe_transform", 0) in (0, 1)
    return known.is_quiet and markers and image.format == "JPEG" and image.mode == "RGB"


def _ask_smaller(image: ImageFile.ImageFile, reduction: Reduction) -> None:
    """Make libjpeg decode at the smallest of 1/8, 1/4 and 1/2 that leaves ``at_least`` pixels of the longer edge."""
    width, height = image.size
    if reduction.whole_if in ((height, width), (width, height)):
        return
    for scale in (8, 4, 2):
        if -(-max(width, height) // scale) >= reduction.at_least and min(width, height) >= scale:
            image.draft(None, (width // scale, height // scale))
            return
