"""Files that are refused as pictures, and the line that says why."""

from __future__ import annotations

import os
from pathlib import Path

from reswd_torch.errors import InputError
from studio.kinds import CLIP_SUFFIXES
from studio.media.places import sha256_of
from studio.remedies import JobRemedy

_LINEAR = ".hdr .pfm .pic .rgbe .sxr"
_FOOTAGE = ".ari .arx .braw .cin .cine .r3d"
_HINTS = (  # suffixes, and what to do about them
    (
        _LINEAR,
        "holds scene-linear light: save it as EXR, or in a display encoding (sRGB, Rec.709) as 16-bit TIFF or PNG first",
    ),
    (_FOOTAGE, "is footage: export still frames first, 16-bit TIFF or PNG in a display encoding (log converted)"),
    (".pdf .svg .eps .ai", "is a drawing: export it as PNG or TIFF first"),
)
_REFUSED = {suffix: hint for suffixes, hint in _HINTS for suffix in suffixes.split()}


def check_source(path: Path) -> None:
    """Refuse a file that cannot be a picture, before it is opened.

    Raises:
        InputError: the file is missing, a folder, empty or not readable, or by its suffix scene-linear, footage, a clip or a
            drawing.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: give a picture file")
    if not path.exists():
        raise InputError(f"{path}: there is no such file: check the name")
    if not path.is_file():
        raise InputError(f"{path}: a device or a pipe, and no file: copy what it gives into a file")
    if hint := _REFUSED.get(path.suffix.lower()):
        raise InputError(f"{path}: {path.suffix} {hint}")
    if path.suffix.lower() in CLIP_SUFFIXES:
        raise InputError(f"{path}: {path.suffix} is footage", JobRemedy.CLIP_AS_CLIP)
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: reading is not permitted: change the file's permissions")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty: copy or export it again")


def file_hash(path: Path) -> str:
    """SHA-256 of the bytes of a picture's file, in hexadecimal.

    Raises:
        InputError: :func:`check_source` refuses the file.
    """
    check_source(path)
    return sha256_of(path)


def check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture by the size that its header states, before anything is decoded.

    Raises:
        InputError: the picture has more than ``max_pixels`` pixels, or none.
    """
    if width < 1 or height < 1:
        raise damaged(path)
    if width * height > max_pixels:
        raise InputError(
            f"{path}: {width} x {height} is {width * height / 1e6:.0f} megapixels and the limit is "
            f"{max_pixels / 1e6:.6g}: scale the picture down first"
        )


def check_bytes(path: Path, pixels: int, samples: int, bits: int, max_pixels: int) -> None:
    """Refuse a picture that would take more memory than the largest one of 16 bits with transparency.

    Raises:
        InputError: it would; so many samples for each pixel are no photograph.
    """
    if pixels * samples * bits > max_pixels * 4 * 16:
        raise InputError(
            f"{path}: {samples} samples of {bits} bits for each pixel come to {pixels * samples * bits / 8e9:.1f} GB: save it as "
            "RGB with 8 or 16 bits first"
        )


def damaged(path: Path) -> InputError:
    """The error for a picture whose data end early or are inconsistent."""
    return InputError(f"{path}: the picture is cut short or damaged: copy or export it again")


def unknown(path: Path) -> InputError:
    """The error for a file whose content is no picture, whatever its name says."""
    return InputError(
        f"{path}: this is not a picture this program reads: give JPEG, PNG, TIFF, WebP, AVIF, HEIC, EXR, DPX or camera raw"
    )
