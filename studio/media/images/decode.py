"""What the readers take from Pillow and OpenCV: opening, limits, and pictures as arrays of RGB and alpha."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.opencv import quiet_opencv
from reswd_torch.pil_pictures import RgbPicture, grey_as_rgb, rgb_of
from studio.media.images.picture import Container, Decoded
from studio.media.images.png_flaws import LARGEST_TEXT

if TYPE_CHECKING:
    from PIL import Image, ImageFile

# Pillow prints remarks (odd EXIF, odd palettes) that a user can do nothing about.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


# Pillow's limit belongs to the whole process: the first thread sets ours, and the last one restores Pillow's.
_lock = threading.Lock()
_inside: list[float] = []
_saved_limit: int | None = None


@contextmanager
def pillow_limit(pixels: float) -> Iterator[None]:
    """Make Pillow's own limit of size ``pixels`` for the block; infinity for none.

    The size of a picture is checked on its header, but a file may hold parts of other sizes: an icon of 16 x 16 can be a PNG of
    any size. For those Pillow raises DecompressionBombError at twice its limit. Of several threads, the one that allows most
    decides.
    """
    global _saved_limit
    from PIL import Image

    with _lock:
        if not _inside:
            _saved_limit = Image.MAX_IMAGE_PIXELS
        _inside.append(pixels)
        Image.MAX_IMAGE_PIXELS = _loosest()
    try:
        yield
    finally:
        with _lock:
            _inside.remove(pixels)
            Image.MAX_IMAGE_PIXELS = _loosest() if _inside else _saved_limit


def _loosest() -> int | None:
    """The largest of the limits that threads are in, as Pillow has it."""
    return None if max(_inside) == inf else int(max(_inside))


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


def jpeg_pixels(path: Path, height: int, width: int) -> np.ndarray | None:
    """Decode a colour JPEG with OpenCV, which gives the same values as Pillow (both use libjpeg-turbo) in less memory.

    Pillow holds four bytes per pixel, which have to be copied afterwards. OpenCV decodes into an array that is given to it.

    Args:
        path: the file, of which libjpeg has nothing to warn: OpenCV would let it print that, and fill in what is missing.
        height: its number of rows as stored.
        width: its number of columns as stored.

    Returns:
        (height, width, 3) uint8, not turned upright. None if Pillow should decode the file instead: its name is not UTF-8 (which
        ends the process), or OpenCV fails.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return None
    cv2 = quiet_opencv()
    pixels = np.empty((height, width, 3), np.uint8)
    red_first: int | None = getattr(cv2, "IMREAD_COLOR_RGB", None)  # since 4.11
    colours = cv2.IMREAD_COLOR if red_first is None else red_first
    try:
        read = cv2.imread(str(path), pixels, colours | cv2.IMREAD_IGNORE_ORIENTATION)
        if read is not None and red_first is None:
            cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, pixels)
    except cv2.error:  # such as more pixels than OpenCV's own limit
        return None
    return pixels if read is not None and np.shares_memory(read, pixels) else None


def convert(image: Image.Image, container: Container, *, grey_as_is: bool = False) -> Decoded:
    """:func:`reswd_torch.pil_pictures.rgb_of` for a file's loaded picture, not turned upright yet.

    Args:
        image: the picture.
        container: what its file holds beside the pixels, for the result.
        grey_as_is: leave grey values as they are even where a grey profile is embedded: masks are numbers, not colours.

    Raises:
        InputError: the mode is not read.
    """
    return _decoded(rgb_of(image, grey_as_is=grey_as_is), container)


def grey(
    values: np.ndarray, alpha: np.ndarray | None, icc: bytes | None, container: Container, *, as_is: bool = False
) -> Decoded:
    """:func:`reswd_torch.pil_pictures.grey_as_rgb` for values of a file, with what it holds beside them."""
    return _decoded(grey_as_rgb(values, alpha, icc, as_is=as_is), container)


def _decoded(rgb: RgbPicture, container: Container) -> Decoded:
    return Decoded(rgb.pixels, rgb.alpha, rgb.icc, container, notes=list(rgb.notes))


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
                plugin.MAX_TEXT_CHUNK = LARGEST_TEXT  # type: ignore[attr-defined]
    return Image.open(stream, formats=formats)
