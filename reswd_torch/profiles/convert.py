"""Conversion of colours between ICC profiles: matrices and curves in floats, everything else by LittleCMS (Pillow's ImageCms).

Both convert relative colorimetrically with black point compensation. Pillow offers LittleCMS with 8 bits only, in which a linear
encoding has no shadows.
"""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.profiles.curves import SRGB_CURVE
from reswd_torch.profiles.icc import (
    D50,
    D65,
    SRGB_PRIMARIES,
    MatrixProfile,
    matrix_of,
    pack_profile,
    profile_space,
    read_grey_curve,
    read_matrix_profile,
)

if TYPE_CHECKING:
    from PIL import Image, ImageCms

_ROWS = 1 << 20  # colours that are converted at a time, which bounds the memory of the interpolation
_FAR = 0.12  # the difference in codes that makes a curve another one: linear light has 0.29, gamma 1.8 0.08
_SRGB_MATRIX, _SRGB_CODES = 1e-3, 1 / 512  # what profiles of sRGB differ by: their numbers are rounded in many ways
_DARKEST_BLACK = ((50 + 16) / 116) ** 3  # the luminance of L* = 50, the lightest that LittleCMS takes for black


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

    Colours of uint16 and floats are computed in float64 where both profiles consist of a matrix and curves. Where one has
    tables, LittleCMS has to do it, with 8 bits: colours are interpolated between the eight 8-bit colours around them. The result
    is continuous in the input, and LittleCMS's rounding moves it by less than half of 1/255. Colours of uint8 that stay uint8 go
    through LittleCMS itself.

    Args:
        pixels: (..., 3), uint8 in 0..255, uint16 in 0..65535 or floats in 0..1.
        source_icc: the profile that the colours are encoded in. None, or one that LittleCMS cannot read, stands for sRGB.
        target_icc: the profile to encode them in, likewise.

    Returns:
        The same shape and dtype, floats clipped to 0..1; ``pixels`` itself if both profiles are the same, or both sRGB.
    """
    source, target = unless_srgb(source_icc), unless_srgb(target_icc)
    if source == target or pixels.size == 0:
        return pixels
    flat = pixels.reshape(-1, 3)
    out = np.empty_like(flat)
    for start in range(0, len(flat), _ROWS):
        out[start : start + _ROWS] = _converted(flat[start : start + _ROWS], source, target)
    return out.reshape(pixels.shape)


def _converted(colours: np.ndarray, source: bytes | None, target: bytes | None) -> np.ndarray:
    """Convert (N, 3) between two usable profiles, the way that suits their kinds."""
    if colours.dtype == np.uint8:
        return _apply(colours, _transform(source, target, "RGB"))
    known, wanted = matrix_profile(source), matrix_profile(target)
    if known is None or wanted is None:
        return _between(colours, _transform(source, target, "RGB"))
    deep = colours.dtype == np.uint16
    unit = colours / 65535.0 if deep else np.clip(colours.astype(np.float64), 0.0, 1.0)
    codes = wanted.from_xyz(_black_to_black(known.to_xyz(unit), known, wanted))
    return np.rint(codes * 65535.0).astype(np.uint16) if deep else codes.astype(colours.dtype)


@lru_cache(maxsize=32)
def matrix_profile(icc: bytes | None) -> MatrixProfile | None:
    """Matrix and curves of a profile, None if it has none; those of sRGB for None."""
    if icc is not None:
        return read_matrix_profile(icc)
    matrix, _ = matrix_of(SRGB_PRIMARIES, D65)
    return MatrixProfile(matrix, (SRGB_CURVE,) * 3)


@lru_cache(maxsize=32)
def unless_srgb(icc: bytes | None) -> bytes | None:
    """The profile; None for one that cannot be used, and for one that is sRGB in numbers: its colours need no conversion."""
    if icc is None or not is_usable(icc):
        return None
    known, srgb = matrix_profile(icc), matrix_profile(None)
    assert srgb is not None
    if known is None or np.abs(known.matrix - srgb.matrix).max() > _SRGB_MATRIX:
        return icc
    codes = np.linspace(0.0, 1.0, 256)
    off = max(float(np.abs(SRGB_CURVE.encode(each.decode(codes).clip(0, 1)) - codes).max()) for each in known.curves)
    return None if off < _SRGB_CODES else icc


def _black_to_black(xyz: np.ndarray, source: MatrixProfile, target: MatrixProfile) -> np.ndarray:
    """Black point compensation (ISO 18619): where codes of 0 are no black, their lightness is mapped onto one another's."""
    old, new = (float(each.to_xyz(np.zeros((1, 3)))[0, 1].clip(0.0, _DARKEST_BLACK)) for each in (source, target))
    if old == new:
        return xyz
    scale = (1.0 - new) / (1.0 - old)
    return xyz * scale + D50 * (1.0 - scale)


def profile_to_lab(colours: np.ndarray, icc: bytes | None) -> np.ndarray:
    """CIE L*a*b* (1976) of colours in an RGB profile, under D65 as :func:`reswd_torch.srgb_to_lab` gives it for sRGB.

    Colours that sRGB cannot show keep their place: nothing is clipped, unless the profile has tables.

    Args:
        colours: (N, 3) floats in 0..1.
        icc: the profile of their encoding. None, or one that cannot be read, stands for sRGB.

    Returns:
        (N, 3) of the same dtype.
    """
    import torch

    from reswd_torch.color import linear_to_lab, srgb_to_lab

    usable = unless_srgb(icc)
    known, srgb = matrix_profile(usable), matrix_profile(None)
    assert srgb is not None
    if usable is None or known is None:
        return srgb_to_lab(torch.from_numpy(to_profile(colours, usable, None))).numpy()
    xyz = _black_to_black(known.to_xyz(np.clip(colours.astype(np.float64), 0.0, 1.0)), known, srgb)
    linear = xyz @ np.linalg.inv(srgb.matrix).T
    return linear_to_lab(torch.from_numpy(linear)).numpy().astype(colours.dtype)


@lru_cache(maxsize=32)
def display_profile(icc: bytes | None) -> bytes | None:
    """The profile with the same primaries and the curve of sRGB, for one whose own curves are far from it, such as linear ones.

    Returns:
        None where the codes of the profile differ little from those with sRGB's curve, as for every usual gamma, and
        for profiles with tables.
    """
    known = matrix_profile(icc) if icc is not None and is_usable(icc) else None
    if icc is None or known is None:
        return None
    codes = np.linspace(0.0, 1.0, 101)
    far = max(float(np.abs(SRGB_CURVE.encode(curve.decode(codes).clip(0, 1)) - codes).max()) for curve in known.curves)
    return (
        None if far < _FAR else pack_profile(f"{profile_name(icc)} with sRGB's curve", known.matrix, None, SRGB_CURVE)
    )


def grey_to_srgb(values: np.ndarray, icc: bytes) -> np.ndarray:
    """Convert grey values from a grey profile to the encoding of sRGB.

    A profile with a curve is converted in floats. One with tables goes through LittleCMS, whose answers have 8 bits: for 16-bit
    values they are interpolated linearly between the middles of their steps, whose places are known to 1/65535.

    Args:
        values: (H, W), uint8 in 0..255 or uint16 in 0..65535.
        icc: the grey profile.

    Returns:
        The same shape and dtype.

    Raises:
        InputError: the profile cannot be used.
    """
    from PIL import Image, ImageCms

    top = int(np.iinfo(values.dtype).max)
    levels = np.arange(top + 1, dtype=values.dtype)
    strip = Image.fromarray(levels.reshape(256, -1))
    transform = _transform(icc, None, strip.mode)
    if (curve := read_grey_curve(icc)) is not None:
        grey = MatrixProfile(np.diag(D50), (curve,) * 3)
        srgb = matrix_profile(None)
        assert srgb is not None
        codes = np.repeat(np.linspace(0.0, 1.0, top + 1)[:, None], 3, axis=1)
        linear = _black_to_black(grey.to_xyz(codes), grey, srgb)[:, 1]
        return np.rint(SRGB_CURVE.encode(np.clip(linear, 0.0, 1.0)).clip(0.0, 1.0) * top).astype(values.dtype)[values]
    converted = ImageCms.applyTransform(strip, transform)
    assert converted is not None
    steps = np.asarray(converted)[..., 0].ravel()
    if top == 255:
        return steps[values]
    up = np.flatnonzero(np.diff(steps.astype(np.int16)) > 0)
    middles = (steps[up].astype(np.float64) + steps[up + 1]) / 2
    at = np.concatenate([[0.0], up + 0.5, [65535.0]])
    smooth = np.interp(levels, at, np.concatenate([[steps[0]], middles, [steps[-1]]]))
    return np.rint(smooth * 257).astype(np.uint16)[values]


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
