"""Reading of pictures: every format gives the same record, and a file that cannot be read an error of one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.profiles import is_usable, profile_space
from reswd_torch.profiles.icc import HDR_NUMBERS
from studio.media.images.apart import decode_apart
from studio.media.images.exact import turn
from studio.media.images.limits import Limits, current
from studio.media.images.metadata import upright_exif
from studio.media.images.picture import MAX_PIXELS, Container, Decoded, Picture
from studio.media.images.png import without_colour
from studio.media.images.raw_kinds import is_raw
from studio.media.images.refuse import check_source, damaged
from studio.media.images.sniff import first_bytes, formats_of, is_dpx, is_exr, is_ordinary, is_tiff
from studio.media.images.through_pillow import Reduction, decode_through_pillow
from studio.media.images.tiff import decode_tiff

_LEAST_DPI, _MOST_DPI = 0.01, 1e6
"""Resolutions that every format can hold, dots an inch."""


def read_picture(path: str | Path, *, max_pixels: int = MAX_PIXELS, hdr: bool = False) -> Picture:
    """Read a whole picture, in the depth and the encoding of its file, and turn it upright.

    Args:
        path: the file; its content decides what format it has, not its name.
        max_pixels: the largest number of pixels; it is checked on the header, before anything is decoded. Formats that can pack
            a huge picture into a small file have a lower limit: see :mod:`studio.media.images.limits`.
        hdr: read HDR too, PNG and TIFF with ``container.hdr``, for a caller who knows that its codes are not those of standard
            range.

    Returns:
        (H, W, 3) uint8 or uint16, from EXR and TIFF also float16 or float32, with everything else that the file holds: see
        :class:`Picture`. Camera raw is developed to uint16.

    Raises:
        InputError: the file is missing, not a picture, damaged, too large, or of a kind that has to be converted first. The
            message is one line that begins with the path.
    """
    return _read(Path(path), max_pixels, None, grey_as_is=False, hdr=hdr)


def read_reduced(
    path: str | Path,
    *,
    at_least: int = 1024,
    whole_if: tuple[int, int] | None = None,
    hdr: bool = False,
) -> Picture:
    """Read a picture for its statistics, which is faster: a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, camera raw at 1/2.

    Other formats, and those that would become too small, are read whole as :func:`read_picture` does.

    Args:
        path: the file.
        at_least: the smallest number of pixels that may be left of the longer edge.
        whole_if: (H, W) of pictures that are read whole, upright or turned; None for no such size.
        hdr: as for :func:`read_picture`.

    Returns:
        A picture whose :attr:`Picture.full_size` is that of the whole one.

    Raises:
        InputError: as for :func:`read_picture`.
    """
    return _read(Path(path), MAX_PIXELS, Reduction(max(1, at_least), whole_if), grey_as_is=False, hdr=hdr)


def read_values(path: str | Path) -> Picture:
    """:func:`read_picture` for masks: grey values stay as they are even where a grey profile is embedded.

    Raises:
        InputError: as for :func:`read_picture`.
    """
    return _read(Path(path), MAX_PIXELS, None, grey_as_is=True)


def _read(path: Path, max_pixels: int, reduction: Reduction | None, *, grey_as_is: bool, hdr: bool = False) -> Picture:
    """Read a picture within the limits of this process."""
    check_source(path)
    limits = current()
    limits = replace(limits, pixels=min(limits.pixels, max_pixels) if limits.apart else max_pixels)
    if limits.apart and not is_ordinary(first_bytes(path)):
        decoded = decode_apart(path, limits, limits, reduction, grey_as_is)
    else:
        decoded = decode_here(path, limits, reduction, grey_as_is)
    _check_range(path, decoded.container, hdr)
    return _finish(path, decoded)


def _check_range(path: Path, container: Container, hdr: bool) -> None:
    """Refuse HDR where it is not wanted, and where its file is read with 8 bits or could not be written again.

    Raises:
        InputError: it is HDR.
    """
    if container.hdr is None:
        return
    kind = HDR_NUMBERS[container.hdr[1]]
    if not hdr:
        raise InputError(f"{path}: the picture is HDR ({kind}): convert it to SDR (sRGB) first, in a picture editor")
    if container.format not in ("PNG", "TIFF"):
        raise InputError(f"{path}: {container.format} is not read as HDR ({kind}): save it as a 16-bit PNG or TIFF")


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


def _decode(path: Path, limits: Limits, reduction: Reduction | None, grey_as_is: bool) -> Decoded:
    """Choose the decoder by the first bytes of the file."""
    head = first_bytes(path)
    if is_raw(path, head):
        if limits.apart:
            raise InputError(
                f"{path}: camera raw is not read by an app that others share: develop it and save a 16-bit TIFF first"
            )
        from studio.media.images.raw import decode_raw

        return decode_raw(path, limits, reduction)
    if is_tiff(head):
        return decode_tiff(path, limits.pixels, floats=not limits.apart, grey_as_is=grey_as_is)
    if is_exr(head) or is_dpx(head):
        if limits.apart:
            raise InputError(
                f"{path}: EXR and DPX are not read by an app that others share: save it as 16-bit TIFF first"
            )
        if is_exr(head):
            from studio.media.images.exr import decode_exr

            return decode_exr(path, limits)
        from studio.media.images.dpx import decode_dpx

        return decode_dpx(path, limits)
    return decode_through_pillow(path, formats_of(path, head), limits, reduction, grey_as_is)


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
