"""Files that callers of the library name: read by Pillow, which is loaded for them alone, and colours of 16 bits by OpenCV.

The command line has readers of its own, for more formats: camera raw, EXR, DPX, HEIC, clips.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.pil_pictures import RgbPicture, profile_of, read_pil
from reswd_torch.profiles.coded import coded_profile, is_coded, says_nothing
from reswd_torch.profiles.icc import HDR_NUMBERS

if TYPE_CHECKING:
    from PIL import Image

_REDUCED_EDGE = 1024
"""A JPEG that only lends its colours is decoded at least this large, as the command line does it: both find the same grade."""
_ELSEWHERE = (
    "Pillow reads no such picture: give PNG, JPEG, TIFF or WebP; camera raw, EXR, DPX and HEIC are for the command line"
)
_BITS, _PHOTOMETRIC, _SAMPLES, _RGB = 258, 262, 277, 2  # tags of TIFF 6.0


def is_path(value: object) -> bool:
    """Whether a caller names a file."""
    return isinstance(value, str | os.PathLike)


def open_file(value: object, name: str) -> tuple[Image.Image, str]:
    """Open a picture's file; nothing is decoded yet.

    Args:
        value: its path.
        name: what error messages call what is wanted of it.

    Returns:
        Pillow's picture, and what error messages call the file.

    Raises:
        InputError: Pillow is missing, or there is no such file, or none that Pillow reads, or one whose tags say HDR.
    """
    path = Path(os.fspath(value))  # type: ignore[call-overload]
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise InputError(f"{name} {path}: files are read by Pillow: pip install pillow, or give an array") from error
    try:
        is_there, is_file = path.exists(), path.is_file()
    except (OSError, ValueError) as error:  # a name that no file can have
        raise InputError(f"{name} {str(path)[:100]!r}: no file can have this name: check it") from error
    if not is_there:
        hint = "give colours as palette=" if str(path).startswith("#") else "check the name"
        raise InputError(f"{name} {path}: there is no such file: {hint}")
    if not is_file:
        raise InputError(f"{name} {path}: this is no file: give a picture's")
    try:
        image: Image.Image = Image.open(path)
        try:
            _say_numbers(image, path)
        except BaseException:
            image.close()
            raise
        return image, str(path)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: {_ELSEWHERE}") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} is far larger than Pillow's limit of pixels: scale it down first") from error
    except Exception as error:  # plugins raise errors of many types, by format and damage
        raise InputError(f"{path}: it cannot be opened: copy or export it again") from error


def _say_numbers(image: Image.Image, path: Path) -> None:
    """Put what the numbers of a PNG's cICP chunk stand for into ``info``: Pillow hands on the other tags of colour, not these.

    Raises:
        InputError: they say HDR, or codes of narrow range.
    """
    numbers = _numbers_of_png(path) if image.format == "PNG" else None
    if numbers is None:
        return
    primaries, transfer, full = numbers
    if transfer in HDR_NUMBERS:
        raise InputError(
            f"{path} is HDR ({HDR_NUMBERS[transfer]}): that is for the command line; convert it to SDR first"
        )
    if not full:
        raise InputError(f"{path} has codes of narrow range, which are for the command line: save it in full range")
    icc = coded_profile(primaries, transfer)
    for name in ("icc_profile", "srgb", "gamma", "chromaticity"):
        image.info.pop(name, None)
    image.info |= {"srgb": 0} if icc is None else {"icc_profile": icc}


def _numbers_of_png(path: Path) -> tuple[int, int, bool] | None:
    """Primaries and transfer of ITU-T H.273 in a PNG, and whether its range is full; None where it says none."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
            length = int.from_bytes(head[:4], "big")
            if head[4:] == b"cICP":
                body = file.read(4)
                good = length == len(body) == 4 and body[2] == 0 and is_coded(body[0], body[1])
                return (body[0], body[1], bool(body[3])) if good and not says_nothing(body[0], body[1]) else None
            file.seek(length + 4, os.SEEK_CUR)
    return None


def read_file(value: object, name: str, *, whole_if: tuple[int, int] | None = None) -> tuple[RgbPicture, Image.Image]:
    """Read the colours of a picture's file, in the depth of the file.

    Args:
        value: its path.
        name: what error messages call what is wanted of it.
        whole_if: (H, W) for a picture that lends its colours: a JPEG of another size, upright or turned, is decoded at 1/2, 1/4
            or 1/8. None reads every file whole.

    Returns:
        The colours, not turned upright, and Pillow's picture, for what its file says of it.

    Raises:
        InputError: as for :func:`open_file`, or the file is damaged, HDR, or of 16 bits in a form that is not read.
    """
    image, called = open_file(value, name)
    with image:
        if whole_if is not None and image.format in ("JPEG", "MPO"):
            _ask_smaller(image, whole_if)
        if not is_deep(image):
            return read_pil(image, called, "a picture"), image
        pixels, alpha = _sixteen_bits(image, called)
        return RgbPicture(pixels, alpha, profile_of(image)), image


def is_deep(image: Image.Image) -> bool:
    """Whether the file of an opened picture holds colours of 16 bits, of which Pillow keeps 8."""
    if image.format == "PNG":
        tile: list[Any] = getattr(image, "tile", [])
        return bool(tile) and tile[0][3] in ("RGB;16B", "RGBA;16B", "LA;16B")
    if image.format == "TIFF" and not image.mode.startswith("I"):
        return max(getattr(image, "tag_v2", {}).get(_BITS, (8,))) == 16
    return False


def _sixteen_bits(image: Image.Image, called: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours of 16 bits and their alpha, decoded by OpenCV from the file of an opened picture.

    Raises:
        InputError: the file is damaged, or of a form that OpenCV would read otherwise than it is meant.
    """
    import cv2

    tags = getattr(image, "tag_v2", {})
    plain = image.format == "PNG" or (tags.get(_PHOTOMETRIC) == _RGB and tags.get(_SAMPLES) == 3)
    if not plain or "transparency" in image.info or image.mode not in ("RGB", "RGBA"):
        raise InputError(f"{called}: 16 bits in this form are for the command line: give a uint16 array, or RGB alone")
    try:
        values = cv2.imdecode(np.fromfile(called, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        values = None
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[1::-1] != image.size:
        raise InputError(f"{called}: it is cut short or damaged: copy or export it again")
    alpha = np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    return np.ascontiguousarray(values[..., 2::-1]), alpha


def _ask_smaller(image: Image.Image, whole_if: tuple[int, int]) -> None:
    """Make libjpeg decode at the smallest of 1/8, 1/4 and 1/2 that leaves enough pixels of the longer edge."""
    width, height = image.size
    if whole_if in ((height, width), (width, height)):
        return
    for scale in (8, 4, 2):
        if -(-max(width, height) // scale) >= _REDUCED_EDGE and min(width, height) >= scale:
            image.draft(None, (width // scale, height // scale))  # type: ignore[arg-type]
            return
