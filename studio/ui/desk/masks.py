"""What the scripts ask for while a person paints a mask: the mask there and back, a colour picked, a range of colours."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.palette import hex_of
from studio.color_range import ColorRange
from studio.media.images import Picture, to_profile
from studio.media.images.exact import to_depth
from studio.service.color_range import color_range
from studio.ui.match.state import ROLES, Role
from studio.ui.pictures import Painted, Side
from studio.ui.session import Session
from studio.views.preview import display_pixels
from studio.views.pyramid import Box
from studio.views.seen import Seen

_NEAR = 2
"""Pixels around a place whose mean is the colour that is picked there: one pixel alone may be noise."""
_MOST_FEATHER = 500.0


@dataclass(frozen=True)
class Picked:
    """A colour of a picture.

    Attributes:
        own: of the picture's encoding, as #rrggbb.
        shown: the same in sRGB, for the page.
    """

    own: str
    shown: str


def side_of(session: Session, role: str) -> Side:
    """The picture that is in a place of the page. Raises LookupError: none, or there is no such place."""
    side = session.match.places[cast(Role, role)].side if role in ROLES else None
    if side is None:
        raise LookupError
    return side


def take_mask(side: Side, data: bytes, feather: float) -> float:
    """Take what was painted on a picture.

    Args:
        side: the picture.
        data: a PNG of the size of its preview, white where painted.
        feather: how far the edge is softened, in pixels of the whole picture.

    Returns:
        The share of the picture that is painted, 0 to 1.

    Raises:
        InputError: no such PNG.
    """
    from PIL import Image

    size = (side.preview.width, side.preview.height)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            if opened.size != size:
                raise InputError(f"a mask of {opened.size} pixels, which this picture does not have: paint it again")
            painted = np.asarray(opened.convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("a mask that cannot be read: paint it again") from error
    if not 0 <= feather <= _MOST_FEATHER:
        raise InputError(f"feather {feather:g} is out of range: give 0 to {_MOST_FEATHER:g} pixels")
    side.painted = Painted(painted, feather) if painted.any() else None
    return 0.0 if side.painted is None else side.painted.share


def mask_pixels(side: Side) -> np.ndarray:
    """What is painted on a picture, (h, w, 3) uint8 at the size of its preview; black for nothing."""
    size = (side.preview.height, side.preview.width)
    painted = np.zeros(size, np.uint8) if side.painted is None else side.painted.mask
    return np.repeat(painted[..., None], 3, axis=2)


def range_pixels(side: Side, colors: str, tolerance: float, softness: float, seen: Seen | None = None) -> np.ndarray:
    """A soft range of colours of a picture, (h, w, 3) uint8 at the size of its preview, white where they are.

    Args:
        side: the picture.
        colors: picked ones as #rrggbb, sRGB, with commas between them.
        tolerance, softness: as for :func:`studio.service.color_range.color_range`.
        seen: how the picture is seen; None for the encoding of its file.
    """
    preview, asked = side.preview, ColorRange(colors, tolerance, softness)
    pixels, icc = preview.pixels, preview.icc
    if seen is not None or preview.of_floats:  # colours are picked on the screen
        pixels, icc = _on_screen(preview, seen), None
    found = color_range(pixels, icc, asked.values, asked.tolerance, asked.softness)
    return np.repeat(np.rint(found * 255).astype(np.uint8)[..., None], 3, axis=2)


def pick(side: Side, x: int, y: int, seen: Seen | None = None) -> Picked:
    """The colour at a place of a picture, in pixels of the whole one; the mean of what lies around it, seen as ``seen`` says."""
    if side.pyramid is None:
        raise LookupError
    part = side.pyramid.region(Box(x - _NEAR, y - _NEAR, 2 * _NEAR + 1, 2 * _NEAR + 1), (5, 5)).picture
    if seen is not None or part.of_floats:
        codes = part.in_range if part.of_floats else to_depth(part.pixels, np.uint8) / np.float32(255)
        on_screen = _on_screen(part, seen) / np.float32(255)
        means = [each.reshape(-1, 3).mean(axis=0) for each in (codes, on_screen)]
        return Picked(hex_of(means[0].tolist()), hex_of(means[1].tolist()))
    mean = np.rint(part.pixels.reshape(-1, 3).mean(axis=0))[None, None].astype(part.pixels.dtype)
    pixel = to_depth(mean, np.uint8)
    own, shown = (hex_of((each.reshape(3) / 255).tolist()) for each in (pixel, to_profile(pixel, part.icc, None)))
    return Picked(own, shown)


def _on_screen(picture: Picture, seen: Seen | None) -> np.ndarray:
    """The colours of a picture as the screen shows them, (h, w, 3) uint8; transparent ones too, with nothing behind them."""
    plain = replace(picture, pixels=picture.unclamped, alpha=None)
    return display_pixels(plain, plain.pixels, seen)
