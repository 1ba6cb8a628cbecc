"""A grade on what callers hold: integers, channels before rows, Pillow's pictures, files. The result is of the same kind.

Integers and pictures go through the tables that files go through (:mod:`reswd_torch.grade.codes`), and so become the same pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from reswd_torch.arrays import codes_in, is_codes
from reswd_torch.errors import InputError
from reswd_torch.grade.codes import kernel_of, of_codes, render_by
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.kinds import Transform
from reswd_torch.layouts import channels_first, check_layout, colours_back, colours_last
from reswd_torch.picture_files import is_deep, is_path, open_file
from reswd_torch.pil_pictures import is_pil_picture, read_pil, upright_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

_KEPT_MODES = ("YCbCr", "HSV", "RGBX")
"""Modes that a result is converted back to. CMYK, Lab and palettes stay RGB, since the way back is not unique."""


def is_of_floats(value: object, layout: str | None) -> bool:
    """Whether a value is left to the path of floats with their colours last: these, and all that it refuses in its own words."""
    if layout is not None or is_codes(value):
        return False
    if isinstance(value, np.ndarray | Tensor):
        return not channels_first(value, "image", None)
    return not (is_path(value) or is_pil_picture(value))


def applied(value: Any, layout: str | None, effective: Transform | None, of_floats: Callable[[Any], Any]) -> Any:
    """Grade what :func:`is_of_floats` says no to.

    Args:
        value: what the caller handed in.
        layout: where the colours of arrays and tensors lie; None where the shape tells.
        effective: what is applied; None to leave the picture as it is.
        of_floats: grades arrays and tensors of floats, (..., 3).

    Raises:
        InputError: it is no picture that can be graded.
    """
    check_layout(layout)
    if isinstance(value, np.ndarray | Tensor):
        first = channels_first(value, "image", layout)
        last = colours_last(value, first)
        return colours_back(_codes(last, effective) if is_codes(value) else of_floats(last), first)
    if is_pil_picture(value):
        return _picture(value, "image", "a PIL picture", effective)
    if is_path(value):
        return _file(value, effective)
    return of_floats(value)  # which refuses it


def _codes(value: np.ndarray | Tensor, effective: Transform | None) -> np.ndarray | Tensor:
    """Colours (..., 3) of uint8 or uint16, each picture by itself, so that it does not depend on its batch."""
    array = codes_in(value, "image")
    pictures = array.reshape(-1, *array.shape[-3:]) if array.ndim > 2 else array.reshape(1, 1, -1, 3)
    out = np.empty_like(pictures)
    for source, place in zip(pictures, out, strict=True):
        graded_codes(source, effective, out=place)
    out = out.reshape(array.shape)
    if isinstance(value, Tensor):
        return torch.from_numpy(out).to(value.device)
    return out.astype(value.dtype, copy=False)


def graded_codes(
    pixels: np.ndarray, effective: Transform | None, weights: np.ndarray | None = None, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Grade one picture of integers.

    Args:
        pixels: (H, W, 3) uint8 or uint16 without gaps.
        effective: what is applied; None to leave the picture as it is.
        weights: (H, W), 0 where a pixel stays as it is; None for nowhere.
        out: is written, of the same shape and dtype.

    Returns:
        (H, W, 3), same dtype.
    """
    out = np.empty_like(pixels) if out is None else out
    if effective is None:
        out[...] = pixels
    else:
        render_by(of_codes(kernel_of(effective, pixels.dtype)), pixels, out, weights, pixels)
    return out


def _file(value: object, effective: Transform | None) -> Image.Image:
    """A picture's file, upright, as one of Pillow's pictures. The file stays as it is."""
    from PIL import ImageOps

    image, called = open_file(value, "image")
    with image:
        if is_deep(image):
            raise InputError(
                f"{called} has colours of 16 bits, for which Pillow has no mode: give them as a uint16 array, which stays one"
            )
        graded = _picture(image, called, "a picture", effective)
    if upright_by(graded) == 1:
        return graded
    upright: Image.Image = ImageOps.exif_transpose(graded)
    return upright


def _picture(image: Image.Image, name: str, what: str, effective: Transform | None) -> Image.Image:
    """One of Pillow's pictures, of the same size, with everything it carries."""
    rgb = read_pil(image, name, what)
    if effective is None:
        same = image.copy()
        same.info = dict(image.info)
        return same
    alpha = rgb.alpha
    visible = None if alpha is None or alpha.all() else (alpha > 0).astype(np.float32)
    pixels = graded_codes(rgb.pixels, effective, visible)
    if pixels.dtype == np.uint16:
        return _as_grey(image, pixels, alpha)
    return _as_colours(image, pixels, alpha, rgb.icc)


def _as_colours(image: Image.Image, pixels: np.ndarray, alpha: np.ndarray | None, icc: bytes | None) -> Image.Image:
    """Graded pixels of 8 bits in the mode of a picture, as far as it has colours."""
    from PIL import Image

    values = pixels if alpha is None else np.concatenate((pixels, alpha[..., None]), axis=2)
    graded = Image.fromarray(values)
    if image.mode in _KEPT_MODES:
        graded = graded.convert(image.mode)
    graded.info = dict(image.info)
    graded.info.pop("transparency", None)  # alpha holds it now
    if icc is None:  # there was none, or the values were converted to sRGB
        graded.info.pop("icc_profile", None)
    return graded


def _as_grey(image: Image.Image, pixels: np.ndarray, alpha: np.ndarray | None) -> Image.Image:
    """Graded pixels of 16 bits as grey ones, since Pillow has no others of this depth: their Rec.709 luma."""
    from PIL import Image

    untouched = (pixels[..., 0] == pixels[..., 1]) & (pixels[..., 1] == pixels[..., 2])
    luma = np.rint(pixels @ np.array(LUMA, np.float64))
    values = np.where(untouched, pixels[..., 0], luma).astype(np.uint16)
    level = image.info.get("transparency")
    if alpha is not None and isinstance(level, int):  # what is visible may not become the level that is not
        values[(values == level) & (alpha > 0)] = level + 1 if level < np.iinfo(np.uint16).max else level - 1
    form = {"I": "<i4", "I;16B": ">u2"}.get(image.mode, "<u2")
    graded = Image.fromarray(values.astype(form))
    graded.info = dict(image.info)
    return graded
