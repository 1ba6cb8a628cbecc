"""Decoding through Pillow: its picture modes as arrays of RGB and alpha, and what it knows about the file."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.profiles import grey_to_srgb, image_to_srgb, profile_name, profile_space
from studio.media.images.metadata import EXIF_PREFIX, IPTC_RESOURCE, exif_orientation, upright_xmp, with_prefix
from studio.media.images.picture import Container, Decoded

if TYPE_CHECKING:
    from PIL import Image, ImageFile

# Pillow prints remarks (odd EXIF, odd palettes) that a user can do nothing about.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())

_BAND_ROWS = 256  # rows that are copied at a time
_END_OF_IMAGE = b"\xff\xd9"  # ITU-T T.81, table B.1

# Pillow's limit belongs to the whole process: the first thread switches it off, and the last one restores it.
_lock = threading.Lock()
_inside = 0
_saved_limit: int | None = None


@contextmanager
def pillow_limit_off() -> Iterator[None]:
    """Suspend Pillow's own size limit for the block. It is lower than that of this package, which is checked on the header."""
    global _inside, _saved_limit
    from PIL import Image

    with _lock:
        if _inside == 0:
            _saved_limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                Image.MAX_IMAGE_PIXELS = _saved_limit


def opencv() -> ModuleType:
    """Import OpenCV with its log switched off: a decoder that fails returns no array, and the caller raises the error."""
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2


def register_heif(path: Path) -> None:
    """Make Pillow read and write HEIC by the optional package pillow_heif.

    Args:
        path: the file that needs it, for the message.

    Raises:
        InputError: the package is not installed; the message names the extra that installs it.
    """
    try:
        import pillow_heif  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise InputError(f'{path}: HEIC needs one more package: pip install "reswd-studio[heic]"') from error
    pillow_heif.register_heif_opener()


def to_array(image: Image.Image) -> np.ndarray:
    """A Pillow picture as a contiguous array, (H, W) or (H, W, C), in Pillow's depth.

    It is copied band by band, since NumPy's conversion of a whole picture needs its memory twice.
    """
    first = np.asarray(image.crop((0, 0, image.width, min(_BAND_ROWS, image.height))))
    if image.height <= _BAND_ROWS:
        return np.ascontiguousarray(first)
    out = np.empty((image.height, *first.shape[1:]), first.dtype.newbyteorder("="))
    out[:_BAND_ROWS] = first
    for y in range(_BAND_ROWS, image.height, _BAND_ROWS):
        bottom = min(y + _BAND_ROWS, image.height)
        out[y:bottom] = np.asarray(image.crop((0, y, image.width, bottom)))
    return out


def split_alpha(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split RGBA, (H, W, 4), into contiguous RGB, (H, W, 3), and alpha, (H, W)."""
    import cv2

    return cv2.cvtColor(values, cv2.COLOR_RGBA2RGB), cv2.extractChannel(values, 3)


def grey_planes(grey: np.ndarray) -> np.ndarray:
    """Grey, (H, W), as RGB, (H, W, 3), with three equal channels."""
    import cv2

    return cv2.merge((grey, grey, grey))


def jpeg_pixels(path: Path, height: int, width: int) -> np.ndarray | None:
    """Decode a colour JPEG with OpenCV, which gives the same values as Pillow (both use libjpeg-turbo) in less memory.

    Pillow holds four bytes per pixel, which have to be copied afterwards. OpenCV decodes into an array that is given to it.

    Args:
        path: the file.
        height: its number of rows as stored.
        width: its number of columns as stored.

    Returns:
        (height, width, 3) uint8, not turned upright. None if Pillow should decode the file instead: it does not end like a JPEG
        (OpenCV fills in the missing rest silently), its name is not UTF-8 (which ends the process), or OpenCV fails.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return None
    with path.open("rb") as stream:
        stream.seek(-len(_END_OF_IMAGE), os.SEEK_END)
        if stream.read() != _END_OF_IMAGE:
            return None
    cv2 = opencv()
    pixels = np.empty((height, width, 3), np.uint8)
    try:
        read = cv2.imread(str(path), pixels, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # such as more pixels than OpenCV's own limit
        return None
    return pixels if read is not None and np.shares_memory(read, pixels) else None


def convert(image: Image.Image, container: Container, *, grey_as_is: bool = False) -> Decoded:
    """Convert a loaded Pillow picture of any mode to RGB.

    Args:
        image: the picture.
        container: what its file holds beside the pixels, for the result.
        grey_as_is: leave grey values as they are even where a grey profile is embedded: masks are numbers, not colours.

    Returns:
        Pixels as stored, not turned upright, with notes on what was assumed.

    Raises:
        InputError: the mode is not read.
    """
    icc, notes = image.info.get("icc_profile") or None, []
    mode = image.mode
    if mode in ("P", "PA"):
        notes.append("palette read as RGB")
        image = image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    elif mode == "1":
        notes.append("black and white picture read as RGB")
        image = image.convert("L")
    elif "transparency" in image.info and mode in ("L", "RGB"):
        notes.append("transparent colour read as alpha")
        image = image.convert("LA" if mode == "L" else "RGBA")
    elif mode in ("CMYK", "LAB", "YCbCr", "HSV"):
        image, icc, note = _other_to_rgb(image, icc)
        notes.append(note)
    elif mode in ("RGBa", "La"):
        notes.append("premultiplied alpha read as straight")
        image = image.convert(mode[:-1] + "A")
    elif mode not in ("L", "LA", "RGB", "RGBA", "RGBX") and not mode.startswith("I"):
        raise InputError(f"pictures of mode {mode} are not read: save it as 16-bit RGB")
    if image.mode in ("L", "LA") or image.mode.startswith("I"):
        decoded = grey(*_grey_and_alpha(image), icc, container, as_is=grey_as_is)
        return Decoded(decoded.pixels, decoded.alpha, decoded.icc, container, notes=notes + decoded.notes)
    values = to_array(image.convert("RGB") if image.mode == "RGBX" else image)
    pixels, alpha = split_alpha(values) if values.shape[2] == 4 else (values, None)
    return Decoded(pixels, alpha, icc, container, notes=notes)


def grey(
    values: np.ndarray, alpha: np.ndarray | None, icc: bytes | None, container: Container, *, as_is: bool = False
) -> Decoded:
    """Grey values as RGB. A grey profile cannot tag RGB pixels, so values that have one are converted to sRGB's encoding.

    Args:
        values: (H, W) uint8 or uint16.
        alpha: (H, W) of the same dtype, or None.
        icc: the embedded profile, or None.
        container: what the file holds beside the pixels, for the result.
        as_is: leave the values as they are.
    """
    notes = ["grey picture read as RGB"]
    if icc is not None and profile_space(icc) == "GRAY":
        if not as_is:
            try:
                values = grey_to_srgb(values, icc)
                notes.append(f"grey profile {profile_name(icc)!r} converted to sRGB")
            except InputError:
                notes.append("grey profile is not readable: taken as sRGB")
        icc = None
    return Decoded(grey_planes(values), alpha, icc, container, notes=notes)


def _grey_and_alpha(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """A picture of mode L, LA, I or I;16 (in any order of bytes) as (H, W) uint8 or uint16, and its alpha.

    Raises:
        InputError: a picture of mode I has values outside 16 bits.
    """
    if image.mode == "LA":
        values = to_array(image)
        return np.ascontiguousarray(values[..., 0]), np.ascontiguousarray(values[..., 1])
    values = to_array(image)
    # Mode I has 32 bits, but its values mostly fit into 16 (PNM, JPEG 2000).
    if values.dtype.kind == "i" and (values.min() < 0 or values.max() > 65535):
        raise InputError("32-bit integer pictures are not read: save it with 16 bits")
    return values.astype(np.uint8 if image.mode == "L" else np.uint16, copy=False), None


def _other_to_rgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None, str]:
    """CMYK, Lab, YCbCr or HSV as RGB, the profile that then holds for the pixels (None for sRGB), and a note."""
    if image.mode == "CMYK" and icc is not None and profile_space(icc) == "CMYK":
        try:
            return image_to_srgb(image, icc), None, f"CMYK ({profile_name(icc)}) converted to sRGB"
        except InputError:
            pass
    if image.mode == "CMYK":
        return image.convert("RGB"), None, "CMYK without a usable profile converted to sRGB by the plain formula"
    if image.mode == "LAB":
        from PIL import ImageCms

        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        return image_to_srgb(image, lab), None, "Lab converted to sRGB"
    return image.convert("RGB"), icc, f"{image.mode} read as RGB"


def describe(image: Image.Image) -> tuple[Container, int]:
    """What Pillow knows about an opened file beside its pixels.

    Returns:
        The container, with the EXIF block as it is in the file, and the EXIF orientation, 1..8, to apply to the pixels.
    """
    info = image.info
    name = "JPEG" if image.format == "MPO" else str(image.format)
    exif = with_prefix(info.get("exif") if isinstance(info.get("exif"), bytes) else None)
    if exif is None and "Raw profile type exif" in info:  # ImageMagick's way to put EXIF into a PNG
        exif = _exif_in_text(image)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or None
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8")
    dpi = info.get("dpi")
    if name == "JPEG" and info.get("jfif_unit") not in (1, 2) and 0x011A not in image.getexif():
        dpi = None  # Pillow says 72 where a JPEG says nothing
    comment = info.get("comment")
    container = Container(
        format=name,
        exif=exif,
        xmp=upright_xmp(xmp),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi and dpi[0] > 0 and dpi[1] > 0 else None,
        comment=comment if isinstance(comment, bytes) else None,
    )
    if name == "JPEG":
        container = _with_jpeg_facts(container, image)
    return container, exif_orientation(exif, xmp)


def _exif_in_text(image: Image.Image) -> bytes | None:
    """The EXIF block that a PNG holds as hexadecimal text; one that no reader follows where the text is odd."""
    try:
        return with_prefix(image.getexif().tobytes())
    except Exception:  # of many types, as for every broken block
        return EXIF_PREFIX + b"odd"


def _with_jpeg_facts(container: Container, image: Image.Image) -> Container:
    """The container with what writing a JPEG in the same way needs: quantisation tables, chroma sampling, scans, IPTC."""
    layers = getattr(image, "layer", [])
    tables = getattr(image, "quantization", {})
    iptc = (image.info.get("photoshop") or {}).get(IPTC_RESOURCE)
    container = replace(
        container,
        progressive=bool(image.info.get("progressive")),
        iptc=iptc if isinstance(iptc, bytes) else None,
    )
    if len(layers) not in (1, 3) or any(layer[3] not in tables for layer in layers):
        return container
    container = replace(container, jpeg_tables=tuple(tuple(tables[layer[3]]) for layer in layers))
    if len(layers) == 1:
        return container
    sampling = tuple(layers[0][1:3]) + tuple(layers[1][1:3]) + tuple(layers[2][1:3])
    # Pillow writes three samplings. The rare others (4:1:1, 4:4:0) are written as 4:4:4, which loses no chroma.
    code = {(2, 1, 1, 1, 1, 1): 1, (2, 2, 1, 1, 1, 1): 2}.get(sampling, 0)
    return replace(container, jpeg_sampling=code, jpeg_rgb=image.info.get("adobe_transform") == 0)


_LARGEST_TEXT = 1 << 24
"""Bytes that a text or profile of a PNG may inflate to. Pillow's own limit, 1 MiB, refuses pictures for long XMP."""


def open_pillow(stream: BinaryIO, formats: tuple[str, ...]) -> ImageFile.ImageFile:
    """Open a picture as one of the named formats, without loading Pillow's plugins for the others. Nothing is decoded yet.

    Raises:
        PIL.UnidentifiedImageError: the file is of none of these formats.
    """
    from importlib import import_module

    from PIL import Image

    plugins = {"JPEG2000": "Jpeg2K", "WEBP": "WebP", "AVIF": "Avif", "TIFF": "Tiff", "JPEG": "Jpeg", "MPO": "Mpo"}
    plugins |= {"PNG": "Png", "GIF": "Gif", "BMP": "Bmp", "PPM": "Ppm", "TGA": "Tga", "PSD": "Psd", "ICO": "Ico"}
    for name in formats:
        if name in plugins:
            plugin = import_module(f"PIL.{plugins[name]}ImagePlugin")
            if name == "PNG":
                plugin.MAX_TEXT_CHUNK = _LARGEST_TEXT  # type: ignore[attr-defined]
    return Image.open(stream, formats=formats)
