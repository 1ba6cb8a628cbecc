"""ICC profiles as bytes: what a simple one says in numbers, and a new one for given primaries and curve (ICC.1:2022)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import numpy as np

from reswd_torch.profiles.curves import Curve, read_curve, write_curve

D50 = np.array([0.9642, 1.0, 0.8249])
"""The white of the profile connection space (7.2.16)."""
D65 = (0.3127, 0.3290)
"""x and y of daylight, the white of most displays."""
SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
"""x and y of the primaries of sRGB and BT.709."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])  # annex E.3
_COLUMNS, _CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
_TABLES = (b"A2B0", b"A2B1", b"B2A0", b"B2A1", b"D2B0", b"D2B1", b"B2D0", b"B2D1")
"""Tags of tables, which go before matrix and curves where a profile has both (9.1)."""
HDR_NUMBERS = {16: "PQ, SMPTE ST 2084", 18: "HLG, ARIB STD-B67"}
"""Transfer characteristics of HDR (ITU-T H.273 table 3), and what they are called."""
_BT2020 = 9
_HDR_NAMES = (
    (re.compile(r"(?<![a-z])pq(?![a-z])|(?<!\d)2084(?!\d)", re.I), 16),
    (re.compile(r"(?<![a-z])hlg(?![a-z])|std-?b67", re.I), 18),
)


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """An RGB profile of three curves and a matrix (8.3.3), or a grey one, which has three times the same curve.

    Attributes:
        matrix: (3, 3) float64, from linear R, G, B to CIE XYZ relative to D50.
        curves: from code to linear light, for each channel.
    """

    matrix: np.ndarray
    curves: tuple[Curve, Curve, Curve]

    def to_xyz(self, codes: np.ndarray) -> np.ndarray:
        """(N, 3) codes in 0..1 as (N, 3) XYZ, float64."""
        linear = np.stack([curve.decode(codes[:, i]) for i, curve in enumerate(self.curves)], axis=1)
        return linear @ self.matrix.T

    def from_xyz(self, xyz: np.ndarray) -> np.ndarray:
        """(N, 3) XYZ as (N, 3) codes, clipped to 0..1. Colours outside the profile are clipped in linear light."""
        linear = np.clip(xyz @ np.linalg.inv(self.matrix).T, 0.0, 1.0)
        return np.clip(np.stack([curve.encode(linear[:, i]) for i, curve in enumerate(self.curves)], axis=1), 0.0, 1.0)


def profile_space(icc: bytes) -> str:
    """The colour space that an ICC profile is for (``RGB``, ``GRAY``, ``CMYK``, ...); empty if the bytes are no profile."""
    return icc[16:20].decode("ascii", "replace").strip() if len(icc) >= 132 and icc[36:40] == b"acsp" else ""


def read_matrix_profile(icc: bytes) -> MatrixProfile | None:
    """The matrix and the curves of an RGB profile; None where it has tables, lacks one of them, or has one that does not rise."""
    tags = tags_of(icc)
    if profile_space(icc) != "RGB" or icc[20:24] != b"XYZ " or any(name in tags for name in _TABLES):
        return None
    try:
        matrix = np.array([struct.unpack_from(">3i", tags[name], 8) for name in _COLUMNS]).T / 65536
        red, green, blue = (read_curve(tags[name]) for name in _CURVES)
    except (KeyError, ValueError, struct.error):
        return None
    return MatrixProfile(matrix, (red, green, blue)) if abs(np.linalg.det(matrix)) > 1e-6 else None


def read_grey_curve(icc: bytes) -> Curve | None:
    """The curve of a grey profile; None where it has tables, or none that rises."""
    tags = tags_of(icc)
    if profile_space(icc) != "GRAY" or icc[20:24] != b"XYZ " or any(name in tags for name in _TABLES):
        return None
    try:
        return read_curve(tags[b"kTRC"])
    except (KeyError, ValueError, struct.error):
        return None


def hdr_kind(icc: bytes, name: str) -> str | None:
    """Which HDR encoding a profile is for, in words; None for all others. Arguments as for :func:`hdr_numbers`."""
    found = hdr_numbers(icc, name)
    return None if found is None else HDR_NUMBERS[found[1]]


def hdr_numbers(icc: bytes, name: str) -> tuple[int, int] | None:
    """Primaries and transfer, by ITU-T H.273, of the HDR encoding that a profile is for; None for all others.

    A profile says so by its cicp tag (9.2.17), and older ones by their name alone: the W3C's note on PQ in PNG names one
    ``ITUR_2100_PQ_FULL``.

    Args:
        icc: the profile.
        name: its name.
    """
    tag = tags_of(icc).get(b"cicp", b"")
    if len(tag) >= 12 and tag[9] in HDR_NUMBERS:
        return tag[8], tag[9]
    return next(((_BT2020, number) for pattern, number in _HDR_NAMES if pattern.search(name)), None)


def tags_of(icc: bytes) -> dict[bytes, bytes]:
    """The tags of a profile (7.3), without those that lie outside of it."""
    if len(icc) < 132:
        return {}
    found = {}
    (count,) = struct.unpack_from(">I", icc, 128)
    for at in range(132, min(132 + 12 * count, len(icc) - 11), 12):
        name, start, length = struct.unpack_from(">4sII", icc, at)
        if start + length <= len(icc):
            found[name] = icc[start : start + length]
    return found


Chromaticity = tuple[float, float]


def matrix_of(
    primaries: tuple[Chromaticity, Chromaticity, Chromaticity], white: Chromaticity
) -> tuple[np.ndarray, np.ndarray]:
    """From linear R, G, B to XYZ under D50 (SMPTE RP 177; adapted as annex E of ICC.1:2022 recommends).

    Args:
        primaries: x and y of red, green and blue.
        white: x and y of white.

    Returns:
        The matrix for XYZ of which white has D50, and the matrix that adapted it, each (3, 3) float64.

    Raises:
        ValueError: they are no triangle, or white lies outside of it.
    """
    columns = np.array([[x, y, 1 - x - y] for x, y in primaries]).T
    x, y = white
    if not (
        np.isfinite(columns).all() and np.isfinite(white).all() and y > 0.01 and abs(np.linalg.det(columns)) > 1e-3
    ):
        raise ValueError("these primaries are no triangle")
    source = np.array([x / y, 1.0, (1 - x - y) / y])
    amounts = np.linalg.solve(columns, source)
    if (amounts <= 0).any() or (_BRADFORD @ source <= 0).any():
        raise ValueError("white lies outside the primaries")
    adapting = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ D50) / (_BRADFORD @ source)) @ _BRADFORD
    return adapting @ (columns * amounts), adapting


def write_profile(
    name: str, primaries: tuple[Chromaticity, Chromaticity, Chromaticity], white: Chromaticity, curve: Curve
) -> bytes:
    """Make a display profile of version 4 from primaries and one curve. The same arguments give the same bytes.

    Args:
        name: what it is called; ASCII.
        primaries: x and y of red, green and blue.
        white: x and y of white.
        curve: from code to linear light.

    Raises:
        ValueError: as for :func:`matrix_of`.
    """
    return pack_profile(name, *matrix_of(primaries, white), curve)


def pack_profile(name: str, matrix: np.ndarray, adapting: np.ndarray | None, curve: Curve) -> bytes:
    """:func:`write_profile` for what :func:`matrix_of` gives; without ``adapting`` the profile does not say what white was."""
    tone = write_curve(curve)
    tags = {b"desc": text_tag(name), b"cprt": text_tag("No copyright, use freely"), b"wtpt": _xyz(D50)}
    if adapting is not None:
        tags[b"chad"] = b"sf32\0\0\0\0" + _fixed(adapting.ravel())
    tags |= {each: _xyz(matrix[:, i]) for i, each in enumerate(_COLUMNS)}
    return _packed({**tags, **dict.fromkeys(_CURVES, tone)}, kind=b"mntr", connection=b"XYZ ")


def pack_link(name: str, encoding: str, table: bytes) -> bytes:
    """Make a device link profile from R'G'B' to R'G'B' (8.6). The same arguments give the same bytes.

    Args:
        name: what it is called.
        encoding: what both ends are called.
        table: the AToB0 tag: a lut16Type (10.10).
    """
    end = bytes(4 + 4 + 8 + 4) + 2 * text_tag(encoding)  # of no maker, no model and no known technology
    sequence = b"pseq\0\0\0\0" + struct.pack(">I", 2) + 2 * end
    tags = {b"desc": text_tag(name), b"cprt": text_tag("No copyright, use freely"), b"pseq": sequence, b"A2B0": table}
    return _packed(tags, kind=b"link", connection=b"RGB ")


def _packed(tags: dict[bytes, bytes], *, kind: bytes, connection: bytes) -> bytes:
    """A profile for R'G'B' of the tags; those that are alike are stored once."""
    places: dict[bytes, int] = {}
    table, body = struct.pack(">I", len(tags)), b""
    start = 132 + 12 * len(tags)
    for each, data in tags.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += each + struct.pack(">II", places[data], len(data))
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x04300000, kind, b"RGB ", connection)
    head += struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(D50)
    return head.ljust(128, b"\0") + table + body


def _fixed(values: np.ndarray) -> bytes:
    """Numbers as s15Fixed16Number (4.6)."""
    return np.rint(np.asarray(values) * 65536).astype(">i4").tobytes()


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def text_tag(text: str) -> bytes:
    """A text as multiLocalizedUnicodeType (10.15) in English."""
    words = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(words), 28) + words
