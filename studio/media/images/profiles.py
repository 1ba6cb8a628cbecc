"""ICC profiles: their names, and conversion of colours between them by LittleCMS (Pillow's ImageCms)."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_ROWS = 1 << 20  # colours that are converted at a time, which bounds the memory of the interpolation


def profile_space(icc: bytes) -> str:
    """The colour space that an ICC profile is for (``RGB``, ``GRAY``, ``CMYK``, ...); empty if the bytes are no profile."""
    return icc[16:20].decode("ascii", "replace").strip() if len(icc) >= 132 and icc[36:40] == b"acsp" else ""


@lru_cache(maxsize=32)
def is_usable(icc: bytes) -> bool:
    """Whether LittleCMS can read the profile and convert RGB colours from it and to it."""
    if profile_space(icc) != "RGB":
        return False
    try:
        _transform(icc, None, "RGB"), _transform(None, icc, "RGB")
    except InputError:
        return False
    return True


_SRGB_NAMES = {"sRGB", "sRGB built-in", "sRGB IEC61966-2.1", "sRGB IEC61966-2-1", "sRGB Profile", "sRGB2014"}
"""Names of profiles with the primaries and the curve of sRGB. There are others that begin with "sRGB", such as linear ones."""


@lru_cache(maxsize=32)
def profile_name(icc: bytes | None) -> str:
    """The name of a profile, such as ``sRGB`` or ``Display P3``; for None ``sRGB (assumed, untagged)``."""
    if icc is None:
        return "sRGB (assumed, untagged)"
    from PIL import ImageCms

    try:
        text = ImageCms.getProfileDescription(_profile(icc))
    except (InputError, ImageCms.PyCMSError):
        return "sRGB (assumed, its profile is not readable)"
    name = " ".join(text.split())
    return "sRGB" if name in _SRGB_NAMES else name or "unnamed profile"


def to_profile(pixels: np.ndarray, source_icc: bytes | None, target_icc: bytes | None) -> np.ndarray:
    """Convert colours from one RGB profile to another: relative colorimetric, with black point compensation.

    Pillow offers LittleCMS with 8 bits only. Colours of uint16 and floats are therefore interpolated between the eight 8-bit
    colours around them. The result is continuous in the input, and LittleCMS's rounding moves it by less than half of 1/255.

    Args:
        pixels: (..., 3), uint8 in 0..255, uint16 in 0..65535 or floats in 0..1.
        source_icc: the profile that the colours are encoded in. None, or one that LittleCMS cannot read, stands for sRGB.
        target_icc: the profile to encode them in, likewise.

    Returns:
        The same shape and dtype, floats clipped to 0..1; ``pixels`` itself if both profiles are the same.
    """
    source = source_icc if source_icc is not None and is_usable(source_icc) else None
    target = target_icc if target_icc is not None and is_usable(target_icc) else None
    if source == target or pixels.size == 0:
        return pixels
    transform = _transform(source, target, "RGB")
    flat = pixels.reshape(-1, 3)
    out = np.empty_like(flat)
    for start in range(0, len(flat), _ROWS):
        part = flat[start : start + _ROWS]
        out[start : start + _ROWS] = _apply(part, transform) if part.dtype == np.uint8 else _between(part, transform)
    return out.reshape(pixels.shape)


def grey_to_srgb(values: np.ndarray, icc: bytes) -> np.ndarray:
    """Convert grey values from a grey profile to the encoding of sRGB.

    LittleCMS converts every level of the depth, and its answers have 8 bits. For 16-bit values the curve is interpolated linearly
    between the middles of the steps of these answers, whose places are known to 1/65535.

    Args:
        values: (H, W), uint8 in 0..255 or uint16 in 0..65535.
        icc: the grey profile.

    Returns:
        The same shape and dtype.

    Raises:
        InputError: the profile cannot be used.
    """
    from PIL import Image, ImageCms

    deep = values.dtype == np.uint16
    levels = np.arange(65536 if deep else 256, dtype=values.dtype)
    strip = Image.fromarray(levels.reshape(256, -1))
    converted = ImageCms.applyTransform(strip, _transform(icc, None, strip.mode))
    assert converted is not None
    steps = np.asarray(converted)[..., 0].ravel()
    if not deep:
        return steps[values]
    up = np.flatnonzero(np.diff(steps.astype(np.int16)) > 0)
    middles = (steps[up].astype(np.float64) + steps[up + 1]) / 2
    at = np.concatenate([[0.0], up + 0.5, [65535.0]])
    curve = np.interp(levels, at, np.concatenate([[steps[0]], middles, [steps[-1]]]))
    return np.rint(curve * 257).astype(np.uint16)[values]


def image_to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """Convert a Pillow picture of any mode from its profile (CMYK, Lab, ...) to RGB in sRGB, 8 bits.

    Raises:
        InputError: the profile cannot be used.
    """
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, _transform(icc, None, image.mode))
    assert converted is not None
    return converted


def _profile(icc: bytes | None) -> ImageCms.ImageCmsProfile | ImageCms.core.CmsProfile:
    """LittleCMS's handle of a profile; that of its own sRGB for None.

    Raises:
        InputError: the profile cannot be read.
    """
    from PIL import ImageCms

    if icc is None:
        return ImageCms.createProfile("sRGB")
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ImageCms.PyCMSError) as error:
        raise InputError(f"colour profile of {len(icc)} bytes cannot be read: assign another and save again") from error


@lru_cache(maxsize=16)
def _transform(source: bytes | None, target: bytes | None, mode: str) -> ImageCms.ImageCmsTransform:
    """The transform from Pillow's ``mode`` to RGB, cached: making one takes longer than converting thousands of colours.

    Raises:
        InputError: one of the profiles cannot be used.
    """
    from PIL import ImageCms

    try:
        return ImageCms.buildTransform(
            _profile(source),
            _profile(target),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError as error:
        raise InputError("colour profile cannot be converted to RGB: assign another and save again") from error


def _apply(colours: np.ndarray, transform: ImageCms.ImageCmsTransform) -> np.ndarray:
    """Convert (N, 3) uint8."""
    from PIL import Image, ImageCms

    image = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(colours)[None]), transform)
    assert image is not None
    return np.asarray(image)[0]


def _between(colours: np.ndarray, transform: ImageCms.ImageCmsTransform) -> np.ndarray:
    """Convert (N, 3) uint16 or floats by an 8-bit transform, trilinearly between the eight 8-bit colours around each."""
    deep = colours.dtype == np.uint16
    scaled = colours / np.float32(257.0) if deep else np.clip(colours, 0.0, 1.0) * 255.0
    floor = np.clip(np.floor(scaled), 0, 254)
    part = scaled - floor
    low = floor.astype(np.uint8)
    total = np.zeros(colours.shape, np.float64)
    for corner in product((0, 1), repeat=3):
        weight = np.prod(np.where(corner, part, 1.0 - part), axis=1, keepdims=True)
        total += weight * _apply(low + np.array(corner, np.uint8), transform)
    return np.rint(total * 257.0).astype(np.uint16) if deep else (total / 255.0).astype(colours.dtype)
