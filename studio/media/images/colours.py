"""What a file says about its colours where it holds no profile, in the order that its standard gives.

What is said becomes a profile, so that nobody behind the readers needs to know of tags. Of HDR it stays two numbers, since
no profile of standard range says the same.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.pil_pictures import is_adobe_rgb
from reswd_torch.profiles import is_usable, profile_name
from reswd_torch.profiles.coded import (
    Primaries,
    adobe_rgb,
    coded_profile,
    gamma_curve,
    is_coded,
    measured_profile,
    says_nothing,
)
from reswd_torch.profiles.curves import Curve, TableCurve
from reswd_torch.profiles.icc import HDR_NUMBERS, Chromaticity, hdr_numbers
from studio.media.images.bmp import bmp_profile
from studio.media.images.boxes import colour_boxes

COLOUR_TAGS = _WHITE_POINT, _CHROMATICITIES, _TRANSFER = 318, 319, 301
"""Tags of a TIFF that describe its colours."""
_BOXED = ("AVIF", "HEIF", "JPEG2000")
_BY_EXIF = ("JPEG", "TIFF", "WEBP", "AVIF", "HEIF")
"""Formats whose EXIF says what the colours are. In a PNG it is of historical value only (PNG, third edition, 11.3.4.4)."""


@dataclass(frozen=True)
class Colours:
    """What the colours of a file mean.

    Attributes:
        icc: the profile, embedded or made; None for sRGB and for files that say nothing.
        tag: what it was made of, such as ``"cICP"``; None where it is embedded, or nothing is said.
        numbers: primaries, transfer, matrix and full range in the numbers of ITU-T H.273, where ``tag`` is ``"nclx"``.
        ignored: types of PNG chunks that hold nonsense.
        narrow: whether codes 16 to 235 stand for black to white.
        notes: what was ignored, one short phrase each.
        hdr: primaries and transfer of H.273, where the picture is HDR; None for standard range.
    """

    icc: bytes | None
    tag: str | None = None
    numbers: tuple[int, int, int, int] | None = None
    ignored: frozenset[bytes] = frozenset()
    narrow: bool = False
    notes: tuple[str, ...] = ()
    hdr: tuple[int, int] | None = None

    def kept(self, chunks: tuple[tuple[bytes, bytes], ...]) -> dict[str, Any]:
        """The fields of a :class:`Container` that say the same again, with the chunks of a PNG that hold."""
        full = tuple(
            (kind, body[:3] + b"\1") if kind == b"cICP" and self.narrow else (kind, body) for kind, body in chunks
        )
        return {
            "png_chunks": tuple(each for each in full if each[0] not in self.ignored),
            "colour_tag": self.tag,
            "colour_numbers": self.numbers,
            "hdr": self.hdr,
        }


def colours_of(
    path: Path, name: str, icc: bytes | None, exif: bytes | None, chunks: tuple[tuple[bytes, bytes], ...]
) -> Colours:
    """What the colours of a picture mean, for every format but TIFF.

    Args:
        path: the file.
        name: Pillow's name of its format.
        icc: the profile that Pillow found in it.
        exif: its EXIF block.
        chunks: the chunks of a PNG.
    """
    if name == "PNG":
        found = _of_png(icc, dict(reversed(chunks)))
    elif name in _BOXED:
        found = _of_boxes(path, icc)
    elif name == "BMP":
        found = _of_bmp(path)
    else:
        found = Colours(icc)
    found = _with_hdr(found)
    return found if found.icc is not None or found.tag is not None or name not in _BY_EXIF else _of_exif(found, exif)


def colours_of_tiff(path: Path, icc: bytes | None, exif: bytes | None, tags: Mapping[int, object]) -> Colours:
    """What the colours of an R'G'B' or grey TIFF mean: its profile, else its own tags (TIFF 6.0, section 20), else its EXIF.

    Args:
        path: the file.
        icc: the embedded profile.
        exif: its EXIF block.
        tags: the values of the first page's tags, by number.
    """
    if icc is not None:
        return _with_hdr(Colours(icc))
    notes: tuple[str, ...] = ()
    if tags:
        try:
            made = _measured_by_tiff(tags)
        except (ValueError, TypeError, ZeroDivisionError):
            notes = ("colour tags that make no sense were left out",)
        else:
            if made is None or is_usable(made):
                return Colours(made, "TIFF tags")
    return _of_exif(Colours(None, notes=notes), exif)


def _with_hdr(found: Colours) -> Colours:
    """What was found, with the numbers of a profile that is for HDR."""
    if found.icc is None or found.hdr is not None:
        return found
    return replace(found, hdr=hdr_numbers(found.icc, profile_name(found.icc)))


def to_full_range(pixels: np.ndarray) -> np.ndarray:
    """Codes of narrow range, black at 16 and white at 235 of 8 bits, in full range (H.273, equations 20 to 25, inverted).

    Args:
        pixels: uint8 or uint16, of any shape.

    Returns:
        The same shape and dtype, clipped.
    """
    top = int(np.iinfo(pixels.dtype).max)
    step = (top + 1) // 256
    codes = (np.arange(top + 1) - 16 * step) / (219 * step)
    return np.rint(codes.clip(0.0, 1.0) * top).astype(pixels.dtype)[pixels]


def _of_png(icc: bytes | None, chunks: Mapping[bytes, bytes]) -> Colours:
    """PNG, third edition, 4.3: cICP goes before iCCP, that before sRGB, and that before gAMA and cHRM."""
    ignored: dict[bytes, str] = {}
    if (coded := chunks.get(b"cICP")) is not None:
        if len(coded) == 4 and coded[2] == 0 and is_coded(coded[0], coded[1]):
            if not says_nothing(coded[0], coded[1]):
                return _by_numbers("cICP", (coded[0], coded[1], 0, coded[3]))
        else:
            ignored[b"cICP"] = "colour numbers (cICP) without a meaning were left out"
    if icc is not None or b"sRGB" in chunks:
        return Colours(icc, ignored=frozenset(ignored), notes=tuple(ignored.values()))
    curve: Curve | None = None
    curve_name, tagged = "", False
    if (body := chunks.get(b"gAMA")) is not None:
        try:
            (curve, curve_name), tagged = gamma_curve(struct.unpack(">I", body)[0] / 100_000), True
        except (ValueError, struct.error):
            ignored[b"gAMA"] = "gamma (gAMA) out of range was left out"
    made = None
    if (body := chunks.get(b"cHRM")) is not None:
        try:
            made, tagged = _measured_by_png(body, curve, curve_name), True
        except (ValueError, struct.error):
            ignored[b"cHRM"] = "chromaticities (cHRM) that make no sense were left out"
    if made is None and curve is not None:
        made = measured_profile(None, None, curve, curve_name)
    if made is not None and not is_usable(made):  # pragma: no cover - LittleCMS reads what is written here
        return Colours(None, notes=("gamma and chromaticities that make no profile were left out",))
    return Colours(made, "gAMA and cHRM" if tagged else None, None, frozenset(ignored), False, tuple(ignored.values()))


def _measured_by_png(body: bytes, curve: Curve | None, curve_name: str) -> bytes | None:
    """The profile for a cHRM chunk (11.3.2.1); None for sRGB. Raises ValueError or struct.error for nonsense."""
    pairs = np.array(struct.unpack(">8I", body)).reshape(4, 2) / 100_000
    white, red, green, blue = (_pair(each) for each in pairs)
    return measured_profile((red, green, blue), white, curve, curve_name)


def _measured_by_tiff(tags: Mapping[int, object]) -> bytes | None:
    """The profile for a TIFF's tags; None for sRGB. Raises ValueError, TypeError or ZeroDivisionError for nonsense."""
    white = _pair(_ratios(tags[_WHITE_POINT], 2)) if _WHITE_POINT in tags else None
    primaries: Primaries | None = None
    if _CHROMATICITIES in tags:
        red, green, blue = (_pair(each) for each in _ratios(tags[_CHROMATICITIES], 6).reshape(3, 2))
        primaries = (red, green, blue)
    curve = None
    if _TRANSFER in tags:
        table = np.asarray(tags[_TRANSFER], np.float64).ravel()
        many = len(table) if len(table) in (256, 65536) else len(table) // 3
        if many not in (256, 65536) or any(not np.array_equal(table[:many], each) for each in _thirds(table, many)):
            raise ValueError("a curve for each channel is not read")
        curve = TableCurve(table[:many] / 65535.0)
    return measured_profile(primaries, white, curve, "own")


def _thirds(table: np.ndarray, many: int) -> list[np.ndarray]:
    return [table[at : at + many] for at in range(0, len(table), many)]


def _ratios(value: object, count: int) -> np.ndarray:
    """A tag's numbers, which are stored as pairs of numerator and denominator or singly."""
    numbers = np.asarray(value, np.float64).ravel()
    if len(numbers) == 2 * count:
        if not numbers[1::2].all():
            raise ZeroDivisionError
        numbers = numbers[::2] / numbers[1::2]
    if len(numbers) != count:
        raise ValueError(f"{len(numbers)} numbers")
    return numbers


def _pair(values: np.ndarray) -> Chromaticity:
    return float(values[0]), float(values[1])


def _of_boxes(path: Path, icc: bytes | None) -> Colours:
    """A profile goes before numbers; numbers without a meaning say nothing."""
    boxes = colour_boxes(path)
    if (profile := icc or boxes.icc) is not None or boxes.numbers is None:
        return Colours(profile)
    primaries, transfer = boxes.numbers[:2]
    if says_nothing(primaries, transfer):
        return Colours(None)
    if not is_coded(primaries, transfer):
        return Colours(None, notes=("colour numbers (nclx) without a meaning were left out",))
    return _by_numbers("nclx", boxes.numbers)


def _of_bmp(path: Path) -> Colours:
    try:
        made = bmp_profile(path)
    except ValueError:
        return Colours(None, notes=("end points and gamma that make no sense were left out",))
    return Colours(made, None if made is None else "BMP header")


def _by_numbers(tag: str, numbers: tuple[int, int, int, int]) -> Colours:
    """What numbers of H.273 say. A narrow range is that of R'G'B' in PNG; in other formats the decoder has undone it."""
    primaries, transfer, _, full = numbers
    hdr = (primaries, transfer) if transfer in HDR_NUMBERS else None
    made = None if hdr is not None else coded_profile(primaries, transfer)
    if tag == "nclx":
        return Colours(made, tag, numbers, hdr=hdr)
    notes = () if full else ("narrow range (16 to 235) read as full range",)
    return Colours(made, tag, None, frozenset(), not full, notes, hdr)


def _of_exif(found: Colours, exif: bytes | None) -> Colours:
    """Adobe RGB, the one colour space beside sRGB that EXIF tells."""
    return Colours(adobe_rgb(), "EXIF", notes=found.notes) if exif is not None and is_adobe_rgb(exif) else found
