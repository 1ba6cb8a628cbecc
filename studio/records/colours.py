"""The colours of a reference as a record keeps them: 16 bits a channel, as base64 text."""

from __future__ import annotations

import base64

import numpy as np

from reswd_torch.errors import InputError

_LEVELS = 65535


def packed(colors: np.ndarray) -> str:
    """Colours as text.

    Args:
        colors: (N, 3) floats, sRGB-encoded, 0..1.

    Returns:
        Base64 of (N, 3) little-endian uint16, rounded to the nearest level.
    """
    return base64.b64encode(np.round(colors * _LEVELS).astype("<u2").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    """The inverse of :func:`packed`: (N, 3) float32, sRGB-encoded, 0..1.

    Raises:
        InputError: the text is damaged, or holds no colour.
    """
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<u2").reshape(-1, 3)
        if not len(values):
            raise ValueError("no colour")
    except (TypeError, ValueError) as error:
        raise InputError("the reference's colours are incomplete: give a reference or a palette anew") from error
    return values.astype(np.float32) / _LEVELS
