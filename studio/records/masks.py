"""A mask as a record keeps it: 8 bits a pixel, deflated, as base64 text."""

from __future__ import annotations

import base64
import zlib

import numpy as np

from reswd_torch.errors import InputError
from studio.jobs.places import KeptMask

MOST_SIDE = 1024
"""The most pixels on the longer side of a mask that is kept. Its edges are softened by more than such a pixel."""


def packed_mask(levels: np.ndarray, name: str | None) -> KeptMask:
    """A mask to keep.

    Args:
        levels: (H, W) uint8, 255 for white, no side longer than :data:`MOST_SIDE`.
        name: what its file was called.
    """
    height, width = levels.shape
    text = base64.b64encode(zlib.compress(np.ascontiguousarray(levels).tobytes(), 9)).decode()
    return KeptMask(text, width, height, name)


def unpacked_mask(mask: KeptMask) -> np.ndarray:
    """The inverse of :func:`packed_mask`: (H, W) uint8.

    Raises:
        InputError: the mask is damaged.
    """
    try:
        for side in (mask.width, mask.height):
            if not isinstance(side, int) or isinstance(side, bool) or not 1 <= side <= MOST_SIDE:
                raise ValueError(f"a side of {side!r:.40}")
        size, stream = mask.width * mask.height, zlib.decompressobj()
        data = stream.decompress(base64.b64decode(mask.levels, validate=True), size + 1)  # no more, whatever it holds
        if len(data) != size or not stream.eof:
            raise ValueError("another size")
    except (TypeError, ValueError, zlib.error) as error:
        raise InputError("the mask of a place is incomplete: give its mask and reference anew") from error
    return np.frombuffer(data, np.uint8).reshape(mask.height, mask.width)
