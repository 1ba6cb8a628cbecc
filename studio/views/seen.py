"""Code values of a colour space as a screen shows them: light and logarithms through the config's view, the rest as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from reswd_torch.spaces import SpaceChoice, View, load_config, view_of
from reswd_torch.spaces.convert import default_view
from reswd_torch.spaces.names import DISPLAY, is_hdr, kind_of
from reswd_torch.spaces.sight import in_standard_range
from reswd_torch.threads import allowed
from studio.media.images import Picture
from studio.media.images.picture import HALF, clamped

_STRIP_PIXELS = 1 << 16
"""Pixels that one thread shows at a time."""
_MOST_THREADS = 8
_HDR_VIEW = "a curve that brings HDR into the range of this screen"


@dataclass(frozen=True)
class Seen:
    """What code values stand for.

    Attributes:
        config: the config, as :func:`reswd_torch.spaces.config_place` gives it.
        space: a name of it.
        like: as for :func:`reswd_torch.spaces.view_of`.
    """

    config: str
    space: str
    like: str | None = None

    @property
    def view(self) -> str | None:
        """The name of the view that they are seen through; None for what a display of standard range shows already."""
        if is_hdr(load_config(self.config), self.space):
            return _HDR_VIEW
        if kind_of(load_config(self.config), self.like or self.space) == DISPLAY:
            return None
        return default_view(self.config)[1]

    @property
    def converter(self) -> View:
        """What a screen shows of them, sRGB."""
        if is_hdr(load_config(self.config), self.space):
            return in_standard_range(self.config, self.space)
        return view_of(self.config, self.space, like=self.like)

    def shown(self, picture: Picture, pixels: np.ndarray) -> np.ndarray:
        """Pixels as a screen shows them.

        Args:
            picture: whose alpha floats may be multiplied by.
            pixels: (H, W, 3) of the picture's dtype and size, code values.

        Returns:
            (H, W, 3) uint8, sRGB. NaN is black.
        """
        convert = self.converter
        out = np.empty(pixels.shape, np.uint8)
        rows = max(1, _STRIP_PIXELS // max(1, pixels.shape[1]))

        def show(top: int) -> None:
            strip = slice(top, top + rows)
            out[strip] = _eight_bits(convert(_colours(picture, pixels, strip)))

        with ThreadPoolExecutor(max_workers=max(1, min(allowed(), _MOST_THREADS))) as pool:
            list(pool.map(show, range(0, len(pixels), rows)))
        return out


def _colours(picture: Picture, pixels: np.ndarray, strip: slice) -> np.ndarray:
    """Rows of pixels as straight floats."""
    part = pixels[strip]
    if part.dtype.kind == "f":
        alpha = picture.multiplied_by
        return clamped(part, None if alpha is None else alpha[strip], -HALF, HALF)
    return part / np.float32(np.iinfo(part.dtype).max)


def _eight_bits(colours: np.ndarray) -> np.ndarray:
    return np.rint(np.nan_to_num(colours).clip(0.0, 1.0) * np.float32(255)).astype(np.uint8)


def source_seen(spaces: SpaceChoice | None) -> Seen | None:
    """How a source is seen; None where its file says it."""
    return None if spaces is None else Seen(spaces.config, spaces.source)


def target_seen(spaces: SpaceChoice | None) -> Seen | None:
    """How a reference is seen; None where its file says it."""
    return None if spaces is None or spaces.target is None else Seen(spaces.config, spaces.target)


def result_seen(spaces: SpaceChoice | None) -> Seen | None:
    """How a result is seen: as the file that is written looks. What was converted to a display's space has had no view.

    None where it is in the encoding of its file.
    """
    if spaces is None:
        return None
    if kind_of(load_config(spaces.config), spaces.output) == DISPLAY:
        return Seen(spaces.config, spaces.output)
    return Seen(spaces.config, spaces.output, like=spaces.source)
