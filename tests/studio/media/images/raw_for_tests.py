"""Camera raw for the tests: the mosaic that a camera of known primaries would record of a known light, as a DNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import colour
import numpy as np
import tifffile
from PIL.TiffImagePlugin import IFDRational

from studio.media.images import tiff as own
from studio.media.images.metadata import EXIF_IFD

BLACK, WHITE = 512, 16383
"""The levels of a sensor of 14 bits."""
TUNGSTEN = (0.8, 1.0, 0.4)
"""What the sensor's red, green and blue see of a grey under a warm light."""
_CAMERA = colour.RGB_COLOURSPACES["ITU-R BT.2020"].matrix_XYZ_to_RGB
_SRGB = colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ
_CFA, _LINEAR_RAW = 32803, 34892
_PATCHES = np.array(
    [
        [(0.9, 0.9, 0.9), (0.5, 0.5, 0.5), (0.18, 0.18, 0.18), (0.02, 0.02, 0.02)],
        [(0.4, 0.1, 0.05), (0.05, 0.3, 0.1), (0.05, 0.1, 0.4), (0.6, 0.5, 0.1)],
    ]
)
PATCH = 32
"""Pixels along an edge of a patch."""


def patches() -> np.ndarray:
    """(2, 4, 3) linear sRGB: four greys above four colours."""
    return _PATCHES.copy()


def chart(colours: np.ndarray | None = None) -> np.ndarray:
    """(rows * PATCH, columns * PATCH, 3): each colour as a patch."""
    return (_PATCHES if colours is None else colours).repeat(PATCH, 0).repeat(PATCH, 1)


def centres(picture: np.ndarray) -> np.ndarray:
    """The pixel in the middle of each patch."""
    return picture[PATCH // 2 :: PATCH, PATCH // 2 :: PATCH]


def developed(light: np.ndarray) -> np.ndarray:
    """Codes, 0..1, that linear sRGB becomes in Rec.2020 with sRGB's curve. Oracle: colour-science."""
    wide = colour.RGB_to_RGB(light, "sRGB", "ITU-R BT.2020", chromatic_adaptation_transform=None)
    return np.asarray(colour.cctf_encoding(wide.clip(0, 1), function="sRGB"))


def _ratios(values: Any, scale: int = 10000) -> tuple[int, ...]:
    return tuple(number for value in np.ravel(values) for number in (round(float(value) * scale), scale))


def dng(
    path: Path,
    light: np.ndarray | None = None,
    *,
    orientation: int = 1,
    neutral: Sequence[float] | None = (0.5, 1.0, 0.6),
    exif: dict[int, Any] | None = None,
    thumbnail: bool = True,
    version: bool = True,
    colours: bool = True,
    xmp: bytes | None = None,
) -> Path:
    """Write a DNG (Adobe, *Digital Negative Specification* 1.4) with a Bayer mosaic of RGGB in 16 bits.

    Args:
        path: where it goes.
        light: (H, W, 3) linear sRGB; 1 under the neutral light fills the channel that sees most of it. :func:`chart` without.
        orientation: EXIF's.
        neutral: AsShotNeutral; None for a file that does not say it.
        exif: the EXIF directory; none without.
        thumbnail: whether the first directory is a small red picture, and the mosaic below it, as cameras do it.
        version: whether the file says that it is a DNG.
        colours: whether there is a mosaic; else the sensor has no colours.
        xmp: the packet.
    """
    light = chart() if light is None else light
    seen = np.asarray((0.5, 1.0, 0.6) if neutral is None else neutral)
    to_camera = np.diag(seen) @ _CAMERA
    planes = light @ (to_camera @ _SRGB).T
    mosaic = planes[..., 1].copy()
    if colours:
        mosaic[0::2, 0::2], mosaic[1::2, 1::2] = planes[0::2, 0::2, 0], planes[1::2, 1::2, 2]
    values = np.rint(mosaic * (WHITE - BLACK) + BLACK).clip(0, WHITE).astype(np.uint16)
    described: list[tuple[Any, ...]] = [(274, 3, 1, orientation), (271, 2, None, "ReSWD"), (272, 2, None, "Test 1")]
    described.append((306, 2, None, "2026:11:30 12:13:14"))
    if xmp is not None:
        described.append((700, 1, len(xmp), xmp, True))
    if exif is not None:
        described.append((34666, 4, 1, 0, True))  # the place of the directory, as in write_tiff
    if version:
        described += [(50706, 1, 4, b"\1\4\0\0"), (50708, 2, None, "ReSWD Test 1")]
        if colours:
            described += [(50721, 10, 9, _ratios(to_camera)), (50778, 3, 1, 21)]  # ColorMatrix1, for daylight (D65)
            if neutral is not None:
                described.append((50728, 5, 3, _ratios(neutral)))
    sensor: list[tuple[Any, ...]] = [(50714, 3, 1, BLACK), (50717, 3, 1, WHITE)]
    if colours:
        sensor += [(33421, 3, 2, (2, 2)), (33422, 1, 4, b"\0\1\1\2")]
    kind, plain = _CFA if colours else "minisblack", {"metadata": None, "software": False}
    with tifffile.TiffWriter(path) as file:
        if thumbnail:
            small = np.full((8, 12, 3), (255, 0, 0), np.uint8)
            file.write(small, photometric="rgb", subfiletype=1, subifds=1, extratags=described, **plain)
            file.write(values, photometric=kind, subfiletype=0, extratags=sensor, **plain)
        else:
            file.write(values, photometric=kind, extratags=sorted(described + sensor), **plain)
    if not colours:
        _make_linear_raw(path)
    if exif is not None:
        own._append_directories(path, {EXIF_IFD: exif})
    return path


def _make_linear_raw(path: Path) -> None:
    """Say of a plane that it is a sensor's, which tifffile does not write."""
    with tifffile.TiffFile(path) as file:
        first = file.pages.first
        page = first.pages[0] if first.pages else first
        place = page.tags[262].valueoffset
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(_LINEAR_RAW.to_bytes(2, "little"))


def camera_directory() -> dict[int, Any]:
    """An EXIF directory as a camera writes it."""
    return {
        0x829A: IFDRational(1, 250),
        0x829D: IFDRational(28, 10),
        0x8827: 400,
        0x9003: "2026:11:30 12:13:14",
        0x920A: IFDRational(35, 1),
        0x927C: b"maker\0note" * 9000,
        0xA001: 1,
        0xA002: 12,
        0xA003: 8,
        0xA434: "A lens 35 mm",
    }
