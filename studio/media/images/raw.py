"""Camera raw: LibRaw develops it, in the way that is written down here, to 16 bits in the primaries of Rec.2020."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.profiles.curves import SRGB_CURVE
from studio.media.images.chatter import without_libraw
from studio.media.images.limits import Limits
from studio.media.images.metadata import EXIF_IFD, jpeg_exif, tiff_exif
from studio.media.images.picture import RAW, Container, Decoded
from studio.media.images.refuse import check_size, damaged
from studio.media.images.scene import developed_profile
from studio.media.images.through_pillow import Reduction

_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
"""EXIF's orientations by LibRaw's: bit 0 mirrors left and right, bit 1 top and bottom, bit 2 exchanges rows and columns first."""
_MAKER_NOTE, _COLOUR_SPACE, _WIDTH, _HEIGHT, _INTEROP = 0x927C, 0xA001, 0xA002, 0xA003, 0xA005
_UNCALIBRATED = 0xFFFF  # EXIF 2.32: neither sRGB nor Adobe RGB
_XMP = 700
_BAND_ROWS = 256


def decode_raw(path: Path, limits: Limits, reduction: Reduction | None = None) -> Decoded:
    """Develop a camera raw file.

    The white balance is the camera's. White is the sensor's own white: nothing is brightened, and highlights are cut where the
    first channel is full ("clip"). LibRaw's other way of keeping them, "blend", would darken each picture by its white balance,
    so that those of one series differ. Nothing follows from what the picture shows, nor is it denoised or sharpened.

    Args:
        path: the file.
        limits: the most that may be decoded; the size that LibRaw finds in the header is checked first.
        reduction: where it leaves enough pixels, each block of 2 x 2 of the mosaic becomes a pixel; None for the whole picture.

    Returns:
        Pixels of uint16, (H, W, 3) as stored, in :func:`~studio.media.images.scene.developed_profile`.

    Raises:
        InputError: rawpy is not installed; the file is damaged or too large, or none that LibRaw can develop.
    """
    rawpy = _rawpy(path)
    notes: list[str] = []
    with _opened(rawpy, path) as raw:
        sizes = raw.sizes
        height, width = int(sizes.height), int(sizes.width)
        check_size(path, int(sizes.raw_width), int(sizes.raw_height), limits.of(RAW))
        check_size(path, width, height, limits.of(RAW))
        orientation = _ORIENTATIONS.get(int(sizes.flip), 1)
        with without_libraw():
            raw.unpack()
        notes += _assumed(raw)
        half = reduction is not None and _half_does(height, width, reduction)
        values = _developed(rawpy, raw, half=half)
        if half and values.shape[:2] != (-(-height // 2), -(-width // 2)):
            # a sensor that is no grid of squares, or one without a mosaic
            half, values = False, _developed(rawpy, raw, half=False)
        exif = _exif(path, raw)
    if exif is None:
        notes.append("its EXIF was not found and is left out")
    if _holds_xmp(path):
        notes.append("its XMP is left out: it may hold how another program develops the file")
    pixels = _through_curve(values)
    whole = (height, width) if half else pixels.shape[:2]
    container = Container(RAW, exif=_of_result(exif, *whole))
    return Decoded(pixels, None, developed_profile(), container, orientation, whole if half else None, notes)


def _rawpy(path: Path) -> ModuleType:
    """Import rawpy, which carries LibRaw.

    PyTorch comes first: LibRaw then finds its OpenMP on Linux, and keeps to as many threads as PyTorch was told.

    Raises:
        InputError: it is not installed (the message names the extra that installs it), or it cannot be given this name.
    """
    import torch  # noqa: F401

    try:
        import rawpy
    except ImportError as error:
        raise InputError(f'{path}: camera raw needs one more package: pip install "reswd-studio[raw]"') from error
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{path}: its name is not UTF-8, which LibRaw needs: rename it first") from error
    return rawpy


@contextmanager
def _opened(rawpy: ModuleType, path: Path) -> Iterator[Any]:
    """LibRaw with a file whose header it has read. What it raises in the block becomes an InputError or a MemoryError."""
    try:
        with rawpy.imread(str(path)) as raw:
            yield raw
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError) as error:
        raise InputError(
            f"{path}: LibRaw knows no camera raw file like this: develop it and save a 16-bit TIFF first"
        ) from error
    except (rawpy.LibRawUnsufficientMemoryError, rawpy.LibRawTooBigError) as error:
        raise MemoryError from error
    except rawpy.LibRawError as error:
        raise damaged(path) from error


def _assumed(raw: Any) -> list[str]:
    """Notes on what LibRaw assumes of a sensor of colours because it does not know it."""
    if raw.num_colors < 3:
        return []
    notes = []
    if not _knows_balance(raw):
        notes.append("it holds no white balance of the camera: developed for daylight")
    if not (np.any(raw.color_matrix) or np.any(raw.rgb_xyz_matrix)):
        notes.append("LibRaw does not know the camera's colours: its red, green and blue were taken as Rec.2020's")
    return notes


def _half_does(height: int, width: int, reduction: Reduction) -> bool:
    """Whether half of the size leaves enough, and the whole was not asked for."""
    if reduction.whole_if in ((height, width), (width, height)):
        return False
    return -(-max(height, width) // 2) >= reduction.at_least and min(height, width) >= 2


def _developed(rawpy: ModuleType, raw: Any, *, half: bool) -> np.ndarray:
    """(H, W, 3) uint16 in linear light, as stored. All that may depend on LibRaw's version or on the picture is named."""
    values = raw.postprocess(
        demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
        half_size=half,
        four_color_rgb=False,
        fbdd_noise_reduction=rawpy.FBDDNoiseReductionMode.Off,
        noise_thr=0.0,
        median_filter_passes=0,
        use_camera_wb=_knows_balance(raw),  # without it LibRaw would balance by the picture; so it takes daylight
        use_auto_wb=False,
        output_color=rawpy.ColorSpace.Rec2020,
        output_bps=16,
        user_flip=0,
        no_auto_bright=True,
        adjust_maximum_thr=0.0,  # else the largest value of each picture would decide what is white
        bright=1.0,
        highlight_mode=rawpy.HighlightMode.Clip,
        gamma=(1, 1),
    )
    return np.asarray(values)


def _knows_balance(raw: Any) -> bool:
    """Whether a file holds the white balance that the camera found or was told."""
    return bool(raw.camera_whitebalance[0] > 0)


@lru_cache(maxsize=1)
def _curve() -> np.ndarray:
    """(65536,) uint16: the code of sRGB's curve for each level of light."""
    return np.rint(SRGB_CURVE.encode(np.arange(65536) / 65535) * 65535).astype(np.uint16)


def _through_curve(values: np.ndarray) -> np.ndarray:
    """Codes for (H, W, 3) or, of a sensor without colours, (H, W, 1) light."""
    pixels = np.empty((*values.shape[:2], 3), np.uint16)
    for top in range(0, len(values), _BAND_ROWS):
        pixels[top : top + _BAND_ROWS] = _curve()[values[top : top + _BAND_ROWS]]
    return pixels


def _exif(path: Path, raw: Any) -> bytes | None:
    """The EXIF block of a file: of a TIFF its own, else that of the JPEG for viewing, to which LibRaw gives one of its own
    where it has none."""
    found = tiff_exif(path)
    if found is not None:
        return found
    try:
        thumbnail = raw.extract_thumb().data
    except Exception:  # LibRaw's are of many types: there is none, of a kind that it does not know, or a broken one
        return None
    return jpeg_exif(thumbnail) if isinstance(thumbnail, bytes) else None  # else it is a picture without a file


def _of_result(exif: bytes | None, height: int, width: int) -> bytes | None:
    """A block that fits the developed picture. The maker's notes hold places in the raw file, and what only developing needs."""
    if exif is None:
        return None
    from PIL import Image

    record = Image.Exif()
    try:
        record.load(exif)
        inner = record.get_ifd(EXIF_IFD) if EXIF_IFD in record else {}
        for tag in (_MAKER_NOTE, _INTEROP):
            inner.pop(tag, None)
        for tag, value in ((_COLOUR_SPACE, _UNCALIBRATED), (_WIDTH, width), (_HEIGHT, height)):
            if tag in inner:
                inner[tag] = value
        return record.tobytes()
    except Exception:  # Pillow raises errors of many types for a broken block
        return None


def _holds_xmp(path: Path) -> bool:
    """Whether there is a packet in the first directory of a TIFF."""
    from PIL import Image

    record = Image.Exif()
    try:
        with path.open("rb") as stream:
            record.load_from_fp(stream)
            return bool(record.get(_XMP))
    except Exception:  # as above; or it is no TIFF
        return False
