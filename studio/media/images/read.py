"""Reading pictures: one record for every format, or one line saying why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from reswd_torch.errors import InputError
from studio.media.images import decode, png
from studio.media.images.exact import turn
from studio.media.images.metadata import upright_exif
from studio.media.images.picture import MAX_PIXELS, Decoded, Picture
from studio.media.images.refuse import check_size, check_source, damaged, unknown

if TYPE_CHECKING:
    from PIL import ImageFile

_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# In the order of trying, for files whose first bytes do not settle it. EPS, PDF and the like, which Pillow hands to
# other programs, are left out.
_OTHERS = ("GIF", "BMP", "PPM", "JPEG2000", "PSD", "ICO", "TGA")


class Reduction(NamedTuple):
    """How a picture may be read smaller: long edge at least this, and whole if it has just this size."""

    at_least: int
    whole_if: tuple[int, int] | None


def read_picture(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture whole, in its own depth and encoding, turned upright.

    Raises InputError (one line with the path) when it is missing, not a picture, damaged, over ``max_pixels`` (checked
    on the header, before decoding) or of a kind that needs converting first.
    """
    return _read(Path(path), max_pixels, None, grey_as_is=False)


def read_reduced(
    path: str | Path,
    *,
    at_least: int = 1024,
    whole_if: tuple[int, int] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Picture:
    """Read a picture for its statistics: JPEGs at 1/2, 1/4 or 1/8, the long edge staying at ``at_least`` or more.

    Other formats, JPEGs too small for that, and those of ``whole_if`` rows and columns (upright or turned) give the same
    pixels as `read_picture`. Raises the same errors.
    """
    return _read(Path(path), max_pixels, Reduction(max(1, at_least), whole_if), grey_as_is=False)


def read_values(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Like `read_picture`, but grey levels stay what they are even with a grey profile: for masks."""
    return _read(Path(path), max_pixels, None, grey_as_is=True)


def _read(path: Path, max_pixels: int, reduction: Reduction | None, *, grey_as_is: bool) -> Picture:
    check_source(path)
    try:
        with decode.pillow_limit_off():
            decoded = _decode(path, max_pixels, reduction, grey_as_is)
    except InputError as error:
        if str(path) in str(error):
            raise
        raise InputError(f"{path}: {error}") from error
    except MemoryError as error:
        raise InputError(f"{path}: the picture does not fit into memory: scale it down first") from error
    except Exception as error:  # what decoders raise on broken data is not documented and varies from file to file
        raise damaged(path) from error
    return _finish(path, decoded)


def _decode(path: Path, max_pixels: int, reduction: Reduction | None, grey_as_is: bool) -> Decoded:
    with path.open("rb") as stream:
        head = stream.read(32)
    if head.startswith(_TIFF_HEADS):
        from studio.media.images.tiff import decode_tiff

        return decode_tiff(path, max_pixels, grey_as_is=grey_as_is)
    return _through_pillow(path, _formats(path, head), head, max_pixels, reduction, grey_as_is)


def _formats(path: Path, head: bytes) -> tuple[str, ...]:
    """Pillow's names of the formats a file that begins with ``head`` may have."""
    if head.startswith(b"\xff\xd8"):
        return ("JPEG",)
    if head.startswith(png.SIGNATURE):
        return ("PNG",)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return ("WEBP",)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ("GIF",)
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return ("BMP",)
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"avif", b"avis") or b"avif" in head[16:]:
            return ("AVIF",)
        if head[8:12] in _HEIF_BRANDS:
            return _heif(path)
        raise unknown(path)
    return _OTHERS


def _heif(path: Path) -> tuple[str, ...]:
    """HEIC through the optional pillow_heif; InputError that names the extra when it is not installed."""
    try:
        import pillow_heif  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise InputError(f'{path}: HEIC needs one more package: pip install "reswd-studio[heic]"') from error
    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _through_pillow(
    path: Path, formats: tuple[str, ...], head: bytes, max_pixels: int, reduction: Reduction | None, grey_as_is: bool
) -> Decoded:
    from PIL import UnidentifiedImageError

    depth, chunks, animated = png.scan(path, max_pixels) if formats == ("PNG",) else (8, (), False)
    with path.open("rb") as stream:
        try:
            image = decode.open_pillow(stream, formats)
        except UnidentifiedImageError as error:
            raise (unknown(path) if formats == _OTHERS else damaged(path)) from error
        with image:
            check_size(path, image.width, image.height, max_pixels)
            container, orientation = decode.describe(image)
            container = replace(container, png_chunks=chunks, lossless=_is_lossless(container.format, stream))
            notes = _frame_notes(image, animated)
            if depth == 16:
                values, alpha = png.decode_deep(path, image.info.get("transparency"))
                icc = image.info.get("icc_profile") or None
                if values.ndim == 2 or image.mode.startswith("I") or image.tile[0][3] == "LA;16B":
                    values = values if values.ndim == 2 else values[..., 0].copy()
                    decoded = decode.grey(values, alpha, icc, container, as_is=grey_as_is)
                else:
                    decoded = Decoded(values, alpha, icc, container)
            else:
                stored = (image.height, image.width)
                if reduction is not None and container.format == "JPEG":
                    _ask_smaller(image, reduction)
                pixels = None
                if image.format == "JPEG" and image.mode == "RGB" and image.size == stored[::-1]:
                    pixels = decode.jpeg_pixels(path, *stored)
                if pixels is not None:
                    decoded = Decoded(pixels, None, image.info.get("icc_profile") or None, container)
                else:
                    image.load()
                    decoded = decode.convert(image, container, grey_as_is=grey_as_is)
                decoded.whole = stored
                if (found := _stored_depth(image, path)) > 8 and decoded.pixels.dtype == "uint8":
                    notes.append(f"{found}-bit {container.format} read with 8 bits")
    decoded.orientation = orientation
    decoded.notes = notes + decoded.notes
    return decoded


def _ask_smaller(image: ImageFile.ImageFile, reduction: Reduction) -> None:
    """Have libjpeg decode at the smallest of 1/8, 1/4, 1/2 that keeps the long edge at ``at_least``."""
    width, height = image.size
    if reduction.whole_if in ((height, width), (width, height)):
        return
    for scale in (8, 4, 2):
        if -(-max(width, height) // scale) >= reduction.at_least and min(width, height) >= scale:
            image.draft(None, (width // scale, height // scale))
            return


def _is_lossless(name: str, stream: BinaryIO) -> bool:
    """Whether the file's compression loses nothing; for WebP that depends on the file."""
    if name == "WEBP":
        stream.seek(0)
        head = stream.read(1 << 16)
        return b"VP8L" in head and b"VP8 " not in head
    return name not in ("JPEG", "AVIF", "HEIF", "JPEG2000")


def _stored_depth(image: ImageFile.ImageFile, path: Path) -> int:
    """Bits per channel in the file, for the formats Pillow cuts to 8 bits without a word; 8 for all others."""
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
    if image.format == "AVIF":  # AV1CodecConfigurationBox: third byte holds high_bitdepth and twelve_bit
        return {0: 8, 1: 8, 2: 10, 3: 12}[head[at + 6] >> 5 & 3]
    return (head[at + 42] & 0x7F) + 1  # SIZ marker: Ssiz of the first component


def _frame_notes(image: object, animated: bool) -> list[str]:
    if getattr(image, "format", "") == "MPO":
        return ["first of several pictures in the file (the others, a gain map or second view, are not kept)"]
    if animated or getattr(image, "n_frames", 1) > 1:
        return ["first frame of an animation"]
    return []


def _finish(path: Path, decoded: Decoded) -> Picture:
    """Turn the pixels upright, settle the profile, and close the record."""
    from studio.media.images.profiles import is_usable, profile_space

    turned = decoded.orientation >= 5
    icc, notes, container = decoded.icc, list(decoded.notes), decoded.container
    if icc is not None and profile_space(icc) != "RGB":
        icc = None
        notes.append("embedded profile is not for RGB and was left out: taken as sRGB")
    elif icc is not None and not is_usable(icc):
        notes.append("embedded profile is not readable: taken as sRGB (and kept in the file)")
    chunks = container.png_chunks
    if icc is None and any(kind == b"iCCP" for kind, _ in chunks):  # the pixels were converted, or the profile was odd
        chunks = png.without_colour(chunks)
    dpi = container.dpi[::-1] if turned and container.dpi else container.dpi
    container = replace(container, exif=upright_exif(container.exif, turned), dpi=dpi, png_chunks=chunks)
    alpha = None if decoded.alpha is None else turn(decoded.alpha, decoded.orientation)
    whole = decoded.whole[::-1] if turned and decoded.whole else decoded.whole
    return Picture(turn(decoded.pixels, decoded.orientation), alpha, icc, tuple(notes), path, container, whole)
