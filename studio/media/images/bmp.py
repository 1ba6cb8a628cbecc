"""The colours that the header of a BMP describes (Microsoft's BITMAPV4HEADER and BITMAPV5HEADER)."""

from __future__ import annotations

import struct
from pathlib import Path

from reswd_torch.profiles.coded import gamma_curve, measured_profile

_FILE_HEADER = 14  # bytes before the header that tells
_V4, _V5 = 108, 124  # sizes of the headers that say something
_CALIBRATED, _EMBEDDED = 0, 0x4D424544
_LARGEST = 1 << 24  # bytes of a profile


def bmp_profile(path: Path) -> bytes | None:
    """The profile that a BMP embeds, or that its end points and gamma come to; None for sRGB and for files that do not say.

    A file that a header names as its profile is not looked for.

    Raises:
        ValueError: end points or gamma make no sense.
    """
    with path.open("rb") as stream:
        stream.seek(_FILE_HEADER)
        head = stream.read(_V5)
        if len(head) < _V4 or struct.unpack_from("<I", head)[0] < _V4:
            return None
        (space,) = struct.unpack_from("<I", head, 56)
        if space == _EMBEDDED and len(head) == _V5:
            start, size = struct.unpack_from("<2I", head, 112)
            stream.seek(_FILE_HEADER + start)
            return stream.read(size) if 0 < size <= _LARGEST else None
    points = [each / (1 << 30) for each in struct.unpack_from("<9i", head, 60)]
    gammas = [each / (1 << 16) for each in struct.unpack_from("<3I", head, 96)]
    if space != _CALIBRATED or not any(points):
        return None
    return _measured(points, gammas)


def _measured(points: list[float], gammas: list[float]) -> bytes | None:
    """The profile for the X, Y, Z of red, green and blue, whose sum is white, and a gamma for each, of which 0 says nothing."""
    corners = [points[i : i + 3] for i in (0, 3, 6)]
    if any(sum(each) <= 0 for each in corners) or len(set(gammas)) != 1:
        raise ValueError("end points without light, or three gammas")
    red, green, blue = ((each[0] / sum(each), each[1] / sum(each)) for each in corners)
    total = [sum(each) for each in zip(*corners, strict=True)]
    white = (total[0] / sum(total), total[1] / sum(total))
    curve, name = gamma_curve(1 / gammas[0]) if gammas[0] else (None, "")
    return measured_profile((red, green, blue), white, curve, name)
