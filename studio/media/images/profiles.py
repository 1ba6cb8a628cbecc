"""ICC profiles: names, and colours from one profile into another through LittleCMS (Pillow's ImageCms)."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

_ROWS = 1 << 20  # colours per call into LittleCMS: bounds the memory of the interpolation


def profile_space(icc: bytes) -> str:
    """The colour space an ICC profile is for (``RGB``, ``GRAY``, ``CMYK``, ...); empty when it is no profile."""
    return icc[16:20].decode("ascii", "replace").strip() if len(icc) >= 132 and icc[36:40] == b"acsp" else ""


@lru_cache(maxsize=32)
def is_usable(icc: bytes) -> bool:
    """True when LittleCMS can read the profile and convert RGB out of it and into it."""
    if profile_space(icc) != "RGB":
        return False
    try:
        _transform(icc, None, "RGB"), _transform(None, icc, "RGB")
    except InputError:
        return False
    return True


_SRGB_NAMES = {"sRGB", "sRGB built-in", "sRGB IEC61966-2.1", "sRGB IEC61966-2-1", "sRGB Profile", "sRGB2014"}
"""Names that profiles with sRGB's primaries and curve carry; not every name that begins so is one (linear ones exist)."""


@lru_cache(maxsize=32)
def profile_name(icc: bytes | None) -> str:
    """What people call the profile: ``sRGB``, ``Display P3``, ...; ``sRGB (assumed, untagged)`` for None."""
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
    """Colours of one RGB profile in the encoding of another: relative colorimetric with black point compensation.

    ``pixels``: (..., 3), uint8 0..255, uint16 0..65535 or float 0..1; the result has the same shape and dtype (floats
    clipped to 0..1). None stands for sRGB; equal profiles give the same array back. A profile LittleCMS cannot read
    counts as sRGB. Pillow offers LittleCMS with 8 bits only, so uint16 and floats are interpolated between the eight
    surrounding 8-bit colours: smooth in what comes in, off by less than half of 1/255 from rounding what comes out.
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
    """(H, W) uint8 or uint16 in a grey profile -> the same shape and dtype in sRGB's encoding.

    All levels of the depth are sent through LittleCMS. Its answer has 8 bits; for 16-bit values the curve is drawn
    through the middles of its steps, whose places are known to 1/65535. Raises InputError on an unusable profile.
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
    """A Pillow picture in a CMYK (or other) profile as RGB in sRGB. Raises InputError on an unusable profile."""
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, _transform(icc, None, image.mode))
    assert converted is not None
    return converted


def _profile(icc: bytes | None) -> Any:
    """LittleCMS's handle on a profile; a built-in sRGB for None."""
    from PIL import ImageCms

    if icc is None:
        return ImageCms.createProfile("sRGB")
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ImageCms.PyCMSError) as error:
        raise InputError(f"colour profile of {len(icc)} bytes cannot be read: assign another and save again") from error


@lru_cache(maxsize=16)
def _transform(source: bytes | None, target: bytes | None, mode: str) -> Any:
    """A ready transform into RGB; kept, since building one costs more than converting some thousand colours."""
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


def _apply(colours: np.ndarray, transform: Any) -> np.ndarray:
    """(N, 3) uint8 through the transform."""
    from PIL import Image, ImageCms

    image = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(colours)[None]), transform)
    assert image is not None
    return np.asarray(image)[0]


def _between(colours: np.ndarray, transform: Any) -> np.ndarray:
    """(N, 3) uint16 or float through an 8-bit transform, trilinearly between the 8-bit colours around each."""
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
