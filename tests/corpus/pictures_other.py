"""Odd TIFFs (TIFF 6.0) and pictures of the smaller formats."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
import tifffile

from tests.corpus.containers import saved, saved_as, tiff
from tests.corpus.odd import CORNERS, GREYS, Odd, Refused, Shows, quarters
from tests.studio.media.images.profiles_for_tests import srgb

RGB, DEEP = quarters(), quarters(dtype=np.uint16)
CLEAR = quarters(tuple((*colour, 200) for colour in CORNERS))


def _tiffs() -> Iterator[Odd]:
    exact = Shows(within=0)
    yield Odd("plain.tif", tiff(RGB), exact)
    yield Odd("other-order.tif", tiff(DEEP, ">"), exact)
    yield Odd("turned.tif", tiff(RGB, more={274: (3, [3])}), Shows(CORNERS[::-1], 0))
    yield Odd("turned-twice.tif", tiff(RGB, more={274: (3, [200])}), exact)
    yield Odd("clear.tif", tiff(CLEAR, more={338: (3, [2])}), exact)
    yield Odd("premultiplied.tif", tiff(CLEAR, more={338: (3, [1])}), Shows(_straightened(), 1, "premultiplied"))
    yield Odd("five-channels.tif", tiff(np.dstack((RGB, RGB[..., :2])), more={338: (3, [0, 0])}), exact)
    yield Odd(
        "white-is-zero.tif", tiff(255 - quarters(tuple((g[0],) for g in GREYS)), more={262: (3, [0])}), Shows(GREYS, 0)
    )
    for packing in ("zlib", None):
        for planar in ("contig", "separate"):
            yield Odd(f"{packing}-{planar}.tif", _written(DEEP, planarconfig=planar, compression=packing), exact)
    for name in ("lzw", "deflate", "packbits", "jpeg"):
        options = {"compression": f"tiff_{name}"} if name != "jpeg" else {"compression": "jpeg", "quality": 95}
        yield Odd(f"by-{name}.tif", saved(RGB, "TIFF", **options), Shows(within=3 if name == "jpeg" else 0))
    yield Odd("tiles.tif", _written(RGB, tile=(16, 16)), exact)
    yield Odd("tiles-apart.tif", _written(DEEP, tile=(16, 16), planarconfig="separate"), exact)
    yield Odd("predictor.tif", _written(DEEP, compression="zlib", predictor=2), exact)
    yield Odd("profile-odd.tif", tiff(RGB, more={34675: (7, b"?" * 99)}), Shows())
    yield Odd("profile.tif", tiff(RGB, more={34675: (7, srgb())}), Shows())
    yield Odd("resolution-zero.tif", tiff(RGB, more={282: (5, [0, 0]), 283: (5, [1, 0])}), Shows())
    yield Odd("private-tags.tif", tiff(RGB, more={65000: (7, b"x" * 50), 65001: (1, [1, 2, 3])}), Shows())
    yield Odd("no-photometric.tif", tiff(RGB, without=(262,)), Refused("PhotometricInterpretation"))
    yield Odd("iptc-odd.tif", tiff(RGB, more={33723: (7, b"\x1c\2")}), Shows())
    yield Odd("floats.tif", tiff(RGB.astype(np.float64), more={339: (3, [3, 3, 3])}), Refused("floating-point"))
    yield Odd("signed.tif", tiff(RGB.astype(np.int16), more={339: (3, [2, 2, 2])}), Refused("16-bit"))
    yield Odd("cut.tif", tiff(RGB)[:1000], Refused(""))
    yield Odd("head-alone.tif", b"II*\0" + struct.pack("<I", 8), Refused(""))
    yield Odd("directory-far-off.tif", b"II*\0" + struct.pack("<I", 1 << 31), Refused(""))
    yield Odd("directory-in-a-ring.tif", _ring(), Shows())
    yield Odd("of-60000.tif", tiff(RGB, more={256: (4, [60000]), 257: (4, [60000])}), Refused("limit"))
    yield Odd("of-0.tif", tiff(RGB, more={256: (4, [0])}), Refused(""))
    yield Odd("of-many-samples.tif", tiff(RGB, more={277: (3, [60000])}), Refused(""))
    yield Odd("data-far-off.tif", tiff(RGB, more={273: (4, [1 << 30])}), Refused("cut short or damaged"))


def files() -> Iterator[Odd]:
    """One line a file."""
    yield from _tiffs()
    near = Shows(within=4)
    yield Odd("plain.webp", saved(RGB, "WEBP", quality=95), near)
    yield Odd("lossless.webp", saved(RGB, "WEBP", lossless=True), Shows(within=0))
    yield Odd("clear.webp", saved(CLEAR, "WEBP", lossless=True, exact=True), Shows(within=0))
    webp = saved(RGB, "WEBP", quality=95)
    yield Odd("cut.webp", webp[: len(webp) // 2], Refused("cut short or damaged"))
    yield Odd("lying-length.webp", webp[:4] + b"\xff\xff\xff\x7f" + webp[8:], Refused(""))
    yield Odd("exif-odd.webp", saved(RGB, "WEBP", quality=95, exif=b"Exif\0\0nothing"), near)
    yield Odd("plain.avif", saved(RGB, "AVIF", quality=95), near)
    avif = saved(RGB, "AVIF", quality=95)
    yield Odd("cut.avif", avif[: len(avif) * 2 // 3], Refused("cut short or damaged"))
    yield Odd("p3.avif", _with_nclx(saved(quarters(_p3()), "AVIF", quality=100, subsampling="4:4:4"), 12, 13), near)
    yield Odd("pq.avif", _with_nclx(avif, 9, 16), Refused("PQ"))
    yield Odd("hlg.avif", _with_nclx(avif, 9, 18), Refused("HLG"))
    yield Odd("plain.gif", saved(RGB, "GIF"), Shows(within=1))
    gif = saved(RGB, "GIF")
    yield Odd("cut.gif", gif[: len(gif) - 20], Refused(""))
    yield Odd("screen-huge.gif", gif[:6] + b"\xff\xff\xff\xff" + gif[10:], Refused("limit"))
    yield Odd("plain.bmp", saved(RGB, "BMP"), Shows(within=0))
    yield Odd("cut.bmp", saved(RGB, "BMP")[:900], Refused("cut short or damaged"))
    yield Odd("grey.pgm", b"P5\n# a remark\n2 2\n255\n" + bytes((40, 90, 160, 220)), Shows(GREYS, 0, "grey"))
    yield Odd("words.ppm", b"P3 2 2 255 " + b" ".join(str(v).encode() for c in CORNERS for v in c), Shows(within=0))
    deep_ppm = b"P6 2 2 65535\n" + np.array(CORNERS, ">u2").__mul__(257).astype(">u2").tobytes()
    yield Odd("deep.ppm", deep_ppm, Shows(within=1))
    yield Odd("plain.tga", saved(RGB, "TGA"), Shows(within=0))
    yield Odd("plain.jp2", saved(RGB, "JPEG2000"), Shows(within=1))
    jp2 = saved(RGB, "JPEG2000")
    yield Odd("cut.jp2", jp2[: len(jp2) // 2], Refused(""))
    yield Odd("plain.ico", saved_as(RGB, "RGBA", "ICO", sizes=[(32, 32)]), Shows(within=0))
    yield Odd("text.png", b"This is not a picture.\n" * 20, Refused("not a picture"))
    yield Odd("zeros.png", bytes(4096), Refused(""))
    yield Odd("page.png", b"<html><body>404 Not Found</body></html>", Refused("not a picture"))
    yield Odd("empty.png", b"", Refused("empty"))
    yield Odd("drawing.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Refused("not a picture"))
    yield Odd("zip.png", b"PK\3\4" + bytes(60), Refused("not a picture"))
    yield Odd("photo.cr2", b"II*\0" + bytes(200), Refused("LibRaw knows no"))
    yield Odd("light.exr", bytes((0x76, 0x2F, 0x31, 0x01)) + bytes(200), Refused("cut short or damaged"))


def _written(pixels: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    if options.get("planarconfig") == "separate":
        pixels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    tifffile.imwrite(stream, pixels, photometric="rgb", **options)
    return stream.getvalue()


def _straightened() -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(min(255, round(value * 255 / 200)) for value in colour) for colour in CORNERS)


def _ring() -> bytes:
    """The directory names itself as the next one."""
    data = bytearray(tiff(RGB))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    return bytes(data)


def _p3() -> tuple[tuple[int, ...], ...]:
    from tests.corpus.pictures_png import P3

    return P3


def _with_nclx(avif: bytes, primaries: int, transfer: int) -> bytes:
    """The same AVIF with other numbers in its box of colours (ISO/IEC 14496-12, 12.1.5)."""
    at = avif.index(b"colrnclx") + 8
    return avif[:at] + struct.pack(">HH", primaries, transfer) + avif[at + 4 :]
