"""Writing of graded pictures: as similar to the source's file as the format allows, and never half a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.decode import register_heif
from studio.media.images.exact import to_depth
from studio.media.images.jpeg_parts import LARGEST_SEGMENT, identifier_of, xmp_segments
from studio.media.images.metadata import iptc_segment
from studio.media.images.openimageio import openimageio
from studio.media.images.picture import (
    DEEP_FORMATS,
    FILM_FORMATS,
    FLAT_FORMATS,
    FORMATS,
    PROFILE_FORMATS,
    RAW_SUFFIXES,
    Picture,
    natural_suffix,
)
from studio.media.images.xmp import split_xmp, whole_xmp
from studio.media.places import check_place, written_beside

if TYPE_CHECKING:
    from PIL import Image

_NAMES = "give .jpg, .png, .tif, .webp, .avif or .bmp, for an EXR .exr and for a DPX .dpx"
_QUALITY = 95  # of lossy formats, unless the source is a JPEG with tables of its own
_BAND_ROWS = 256  # rows that are copied at a time


@dataclass(frozen=True)
class WrittenAs:
    """What was asked for of a file, beside its format.

    Attributes:
        bits: 8 or 16 for each channel, where the format can hold them; None for what follows from the source.
        quality: 1..100 of a lossy format; None for what follows from the source.
    """

    bits: int | None = None
    quality: int | None = None


AS_IT_IS = WrittenAs()
"""Depth and quality follow from the source."""


def supported_output(path: str | Path, *, inputs: Iterable[str | Path] = (), overwrite: bool = False) -> None:
    """Refuse, before any work is done, a path that no picture could be written to.

    Args:
        path: where the picture will go.
        inputs: files that must not be replaced, whatever ``overwrite`` says.
        overwrite: whether an existing file may be replaced.

    Raises:
        InputError: the suffix is not that of a format that is written, or :func:`~studio.media.places.check_place` refuses the
            place.
    """
    path = Path(path)
    _format_of(path)
    check_place(path, inputs=inputs, overwrite=overwrite)


def write_picture(
    path: str | Path,
    picture: Picture,
    pixels: np.ndarray,
    *,
    alpha: Literal["keep", "drop"] = "keep",
    overwrite: bool = False,
    last: bool = False,
    wanted: WrittenAs = AS_IT_IS,
) -> Path:
    """Write graded pixels, with everything that the source's file holds beside its own pixels.

    In the source's own format the result has the source's depth and, for a JPEG, its quantisation tables, chroma sampling and
    kind of scans. In another format it has the depth of ``pixels`` if that format can hold 16 bits, and lossy formats get quality
    95 with full chroma resolution. Another depth is rounded to nearest. :func:`losses` says beforehand what a format cannot hold.

    EXR and DPX are copies of the source's file, of which the colours alone are new, and only a source of that format can be
    written so; floats stay floats, in the source's own format.

    The file is written beside ``path`` under a temporary name and then moved there.

    Args:
        path: where the picture goes; the suffix chooses the format.
        picture: the source.
        pixels: (H, W, 3) uint8 or uint16, for a source of floats of its dtype, R'G'B' in the encoding of ``picture.icc``, of the
            size of the source.
        alpha: ``"keep"`` or ``"drop"`` the alpha of the source.
        overwrite: whether an existing file may be replaced.
        last: promises that nobody needs ``pixels`` or a view of it any more, even if writing fails. Its memory is then released
            while the encoder's grows, so that a large JPEG is not held twice.
        wanted: another depth or quality than follows from the source.

    Returns:
        The path.

    Raises:
        InputError: the place or the format cannot be written, or the source of an EXR or DPX is no longer there.
        ValueError: ``pixels`` has another shape or dtype.
    """
    path = Path(path)
    name = _format_of(path)
    _check_pixels(picture, pixels)
    _check_format(path, name, picture)
    check_place(path, overwrite=overwrite)
    bits = _bits(name, picture, pixels, wanted.bits)
    dtype: np.dtype | type = np.uint16 if bits == 16 else np.uint8
    if picture.of_floats or name in FILM_FORMATS:
        dtype = pixels.dtype
    pixels = to_depth(np.ascontiguousarray(pixels), dtype)
    keep = alpha == "keep" and picture.alpha is not None and name not in FLAT_FORMATS
    channel = to_depth(picture.alpha, dtype) if keep and picture.alpha is not None else None
    try:
        with written_beside(path, overwrite=overwrite) as temporary:
            _encode(temporary, name, picture, pixels, channel, last, wanted.quality)
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{path}: the picture does not fit into memory: write a smaller one") from error
    except (OSError, ValueError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise InputError(f"{path}: it could not be written ({reason}): choose another place or format") from error
    return path


def losses(
    path: str | Path, picture: Picture, *, alpha: Literal["keep", "drop"] = "keep", wanted: WrittenAs = AS_IT_IS
) -> tuple[str, ...]:
    """What :func:`write_picture` leaves out because the format cannot hold it, one phrase each.

    Args:
        path: where the picture would go; the suffix chooses the format.
        picture: the source.
        alpha: ``"keep"`` or ``"drop"`` the alpha of the source.
        wanted: another depth than follows from the source.

    Raises:
        InputError: the suffix is not that of a format that is written.
    """
    name = _format_of(Path(path))
    lost: list[str] = []
    if name in FILM_FORMATS or picture.of_floats:
        return ()
    if alpha == "keep" and picture.alpha is not None and name in FLAT_FORMATS:
        lost.append(f"{name} holds no alpha: it is left out")
    if picture.bits == 16 and name not in DEEP_FORMATS:
        lost.append(f"{name} holds 8 bits: 16-bit values are rounded")
    elif picture.bits == 16 and wanted.bits == 8:
        lost.append("8 bits were asked for: 16-bit values are rounded")
    if name not in PROFILE_FORMATS:
        if picture.icc is not None:
            lost.append(f"{name} holds no colour profile: it is left out")
        if picture.container.exif or picture.container.xmp:
            lost.append(f"{name} holds no EXIF or XMP: they are left out")
    if name == "AVIF" and picture.icc is not None and picture.container.colour_tag == "nclx":
        lost.append("colour numbers (nclx) are written as a profile that says the same")
    if name == "JPEG":
        for label, block in (("EXIF", picture.container.exif), ("comment", picture.container.comment)):
            if block and len(block) > LARGEST_SEGMENT:
                lost.append(f"{label} of {len(block)} bytes is too long for JPEG: it is left out")
        if picture.container.iptc and not iptc_segment(picture.container.iptc):
            lost.append(f"IPTC of {len(picture.container.iptc)} bytes is too long for JPEG: it is left out")
    elif name != "TIFF" and picture.container.iptc:
        lost.append(f"{name} holds no IPTC: it is left out")
    return tuple(lost)


def _format_of(path: Path) -> str:
    """Pillow's name of the format to write for a suffix.

    Raises:
        InputError: no such format is written, or its package is not installed.
    """
    name = FORMATS.get(path.suffix.lower())
    if path.suffix.lower() in RAW_SUFFIXES:
        raise InputError(f"{path}: camera raw is developed and never written: give a name that ends in .tif")
    if name is None:
        shown = f"{path.suffix} files are" if path.suffix else "a name without a suffix is"
        raise InputError(f"{path}: {shown} not written: {_NAMES}")
    if name == "HEIF":
        register_heif(path)
    if name in FILM_FORMATS:
        openimageio(path)
    return name


def check_same_kind(source: Path, output: Path) -> None:
    """Refuse, by the names alone, an EXR or DPX that would not come from one, or another format that would.

    Raises:
        InputError: one of the two is, and the other is not of the same format.
    """
    formats = [FORMATS.get(path.suffix.lower()) for path in (source, output)]
    if formats[0] != formats[1] and FILM_FORMATS & {*formats}:
        if source.suffix.lower() in RAW_SUFFIXES:
            raise _other_format(output, "camera raw", ".tif")
        raise _other_format(output, formats[0] or "no such picture", source.suffix.lower())


def _check_format(path: Path, name: str, picture: Picture) -> None:
    """The same by what the source is. Raises InputError."""
    own, hdr = picture.container.format, picture.container.hdr
    if hdr is not None and name not in (("PNG",) if picture.container.colour_tag == "cICP" else ("PNG", "TIFF")):
        raise InputError(f"{path}: {name} has no place for what says that it is HDR: give a name that ends in .png")
    if own != name and (picture.of_floats or FILM_FORMATS & {own, name}):
        suffix = natural_suffix(picture.container)
        raise _other_format(path, f"{own} of floats" if picture.of_floats and own == "TIFF" else own, suffix)


def _other_format(path: Path, own: str, suffix: str) -> InputError:
    return InputError(
        f"{path}: the source is {own}, and neither EXR, DPX nor floats are converted from or to other formats: "
        f"give a name that ends in {suffix or '.png'}"
    )


def _check_pixels(picture: Picture, pixels: np.ndarray) -> None:
    """Raise ValueError unless ``pixels`` are (H, W, 3) of a known dtype and fit the alpha of the picture."""
    known = (picture.pixels.dtype,) if picture.of_floats else (np.uint8, np.uint16)
    if pixels.dtype not in known or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(
            f"pixels are {pixels.dtype} {pixels.shape}: expected (H, W, 3) uint8 or uint16, or a source's own floats"
        )
    if picture.alpha is not None and picture.alpha.shape != pixels.shape[:2]:
        raise ValueError(f"pixels are {pixels.shape}, the picture's alpha {picture.alpha.shape}")


def _bits(name: str, picture: Picture, pixels: np.ndarray, wanted: int | None) -> int:
    """Bits per channel to write in the format ``name``; ``wanted`` are kept to where it can hold them."""
    if name not in DEEP_FORMATS:
        return 8
    if wanted is not None:
        return wanted
    if name == picture.container.format:
        return picture.bits
    return 16 if pixels.dtype == np.uint16 else 8


def _encode(
    path: Path,
    name: str,
    picture: Picture,
    pixels: np.ndarray,
    alpha: np.ndarray | None,
    last: bool,
    quality: int | None,
) -> None:
    """Encode into ``path``. An error of any type may be raised and leave half a file there."""
    if name == "PNG":
        from studio.media.images.png import write_png

        write_png(path, pixels, alpha, picture.icc, picture.container)
    elif name == "TIFF":
        from studio.media.images.tiff import write_tiff

        write_tiff(path, pixels, alpha, picture.icc, picture.container)
    elif name == "EXR":
        from studio.media.images.exr import write_exr

        write_exr(path, picture, pixels)
    elif name == "DPX":
        from studio.media.images.dpx import write_dpx

        write_dpx(path, picture, pixels)
    else:
        import cv2
        from PIL import Image

        if alpha is not None:
            image = Image.fromarray(cv2.merge((*cv2.split(pixels), alpha)))
        else:
            image = _handed_over(pixels) if last and pixels.flags.owndata else Image.fromarray(pixels)
        with path.open("wb") as file:
            image.save(cast("IO[bytes]", _WrittenHere(file)), name, **_options(name, picture, quality))


class _WrittenHere:
    """A file for Pillow that has no number: Python writes to it then, which goes on where the system takes only a part.

    Pillow's own writing (``encode_to_file``) does not. On a full disk the end of a JPEG or BMP was missing then, and nobody
    was told.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.write, self.seek, self.tell, self.flush = file.write, file.seek, file.tell, file.flush


def _handed_over(pixels: np.ndarray) -> Image.Image:
    """Move (H, W, 3) uint8 into a Pillow picture; the array is empty afterwards.

    It is copied from the bottom up in bands, and the array shrinks by each band that is copied.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    image = Image.new("RGB", (width, height), None)  # with None as colour its memory is not touched before a paste
    for bottom in range(height, 0, -_BAND_ROWS):
        top = max(0, bottom - _BAND_ROWS)
        image.paste(Image.fromarray(pixels[top:bottom]), (0, top))
        # Resizing returns the pages at the end to the system. refcheck would refuse it because of the caller's references.
        pixels.resize((top, width, 3), refcheck=False)
    return image


def _options(name: str, picture: Picture, quality: int | None) -> dict[str, Any]:
    """Pillow's keyword arguments that write the source's metadata and compression in the format ``name``.

    A ``quality`` that was asked for takes the place of the source's compression.
    """
    container = picture.container
    options: dict[str, Any] = {}
    if container.dpi:
        options["dpi"] = container.dpi
    if name not in PROFILE_FORMATS:
        return options
    if name == "HEIF" and container.colour_numbers is not None:
        options["color_primaries"], options["transfer_characteristics"] = container.colour_numbers[:2]
    elif picture.icc is not None:
        options["icc_profile"] = picture.icc
    if container.exif and not (name == "JPEG" and len(container.exif) > LARGEST_SEGMENT):
        options["exif"] = container.exif
    if name == "JPEG":
        return options | _jpeg_options(picture, quality)
    if packet := whole_xmp(container):
        options["xmp"] = packet
    if name == "WEBP":
        # "exact" keeps the colours of fully transparent pixels. Method 0 is four times as fast and a few per cent larger.
        lossless = container.lossless and quality is None
        return options | {
            "lossless": lossless,
            "quality": 20 if lossless else quality or _QUALITY,
            "exact": True,
            "method": 0 if lossless else 4,
        }
    options["quality"] = quality or _QUALITY
    return options | {"subsampling": "4:4:4"} if name == "AVIF" else options


def _jpeg_options(picture: Picture, quality: int | None) -> dict[str, Any]:
    """Pillow's options for the tables, sampling and scans of a source that was a JPEG; quality 95 with full chroma for others.

    With a ``quality`` that was asked for, also for a JPEG: with full chroma from 90 on, below it halved, as encoders do.
    """
    container = picture.container
    comment = container.comment or b""
    options: dict[str, Any] = {"comment": comment if len(comment) <= LARGEST_SEGMENT else b""}
    packet, extended = split_xmp(container)
    if packet:
        options["xmp"] = packet
    extra = xmp_segments(extended, identifier_of(extended)) if extended else b""
    if container.iptc:
        extra += iptc_segment(container.iptc)
    if extra:
        options["extra"] = extra
    if quality is not None:
        return options | {"quality": quality, "subsampling": 0 if quality >= 90 else 2}
    if container.format != "JPEG" or not container.jpeg_tables:
        return options | {"quality": _QUALITY, "subsampling": 0}
    tables = [list(table) for table in container.jpeg_tables]
    while len(tables) > 1 and tables[-1] == tables[-2]:  # libjpeg uses the last table for the components that have none
        tables.pop()
    return options | {
        "qtables": tables,
        "subsampling": container.jpeg_sampling,
        "progressive": container.progressive,
        "keep_rgb": container.jpeg_rgb,
    }
