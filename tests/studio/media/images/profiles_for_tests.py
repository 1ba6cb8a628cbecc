"""ICC profiles made from the specification (ICC.1:2010, version 2 layout) for tests.

`matrix_profile` packs an RGB matrix/TRC display profile, `display_p3` and `srgb` are made with Pillow or with it,
`grey_profile` has one tone curve, `cmyk_profile` a coarse table. Nothing here is for use outside tests.
"""

from __future__ import annotations

import struct
from functools import cache

import numpy as np
from PIL import ImageCms

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD_D65_TO_D50 = np.array(
    [[1.0478112, 0.0228866, -0.0501270], [0.0295424, 0.9904844, -0.0170491], [-0.0092345, 0.0150436, 0.7521316]]
)


def _s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _s15(*values)


def _text(text: str) -> bytes:
    raw = text.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + bytes(4 + 4 + 2 + 1 + 67)


def _curve(table: np.ndarray) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">I", len(table)) + np.rint(table * 65535).astype(">u2").tobytes()


def _srgb_decode(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _pack(device: bytes, space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Header, tag table, tags on 4-byte borders."""
    body, table, at = b"", struct.pack(">I", len(tags)), 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"test", 0x02400000, device, space, pcs)
    head += struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _s15(*_D50)
    return head.ljust(128, b"\0") + table + body


def matrix_profile(name: str, primaries: tuple[tuple[float, float], ...], gamma: float | None = None) -> bytes:
    """RGB profile from three xy primaries, white D65, sRGB's curve or a pure ``gamma``."""
    white = np.array([0.95047, 1.0, 1.08883])
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    matrix = _BRADFORD_D65_TO_D50 @ (columns * np.linalg.solve(columns, white))
    steps = np.linspace(0, 1, 1024)
    curve = _curve(_srgb_decode(steps) if gamma is None else steps**gamma)
    tags = {b"desc": _text(name), b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(*_D50)}
    tags |= {key: _xyz(*matrix[:, i]) for i, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return _pack(b"mntr", b"RGB ", b"XYZ ", tags | {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


@cache
def display_p3() -> bytes:
    """Display P3: P3 primaries, D65, sRGB's curve."""
    return matrix_profile("Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)))


def hdr_profile(transfer: int) -> bytes:
    """Display P3 with a cicp tag (ICC.1:2022, 9.2.17) of this transfer in place of its copyright."""
    icc = bytearray(display_p3())
    at = icc.index(b"cprt")
    icc[at : at + 4] = b"cicp"
    place = struct.unpack_from(">I", icc, at + 4)[0]
    icc[place : place + 12] = b"cicp" + bytes(4) + bytes([9, transfer, 0, 1])
    return bytes(icc)


@cache
def srgb() -> bytes:
    """LittleCMS's own sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@cache
def grey_profile(gamma: float = 1.8) -> bytes:
    """Grey profile with a pure gamma."""
    tags = {b"desc": _text(f"Grey Gamma {gamma}"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(*_D50)}
    return _pack(b"mntr", b"GRAY", b"XYZ ", tags | {b"kTRC": _curve(np.linspace(0, 1, 4096) ** gamma)})


@cache
def cmyk_profile() -> bytes:
    """CMYK profile with a table of the 16 corners: C, M, Y, K filter red, green, blue, all."""
    lab = []
    for c, m, y, k in np.ndindex(2, 2, 2, 2):
        rgb = np.array([1 - c, 1 - m, 1 - y], float) * (1 - k)
        xyz = _BRADFORD_D65_TO_D50 @ (
            np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
        )
        f = np.cbrt(xyz / _D50)
        lab.append((116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])))
    coded = [[round(np.clip(v, 0, 255)) for v in (L * 2.55, a + 128, b + 128)] for L, a, b in np.maximum(lab, -128)]
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + _s15(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += ramp * 4 + bytes(v for corner in coded for v in corner) + ramp * 3
    tags = {b"desc": _text("Corner CMYK"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(*_D50), b"A2B0": table}
    return _pack(b"prtr", b"CMYK", b"Lab ", tags)
