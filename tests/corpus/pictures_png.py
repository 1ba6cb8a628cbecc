"""Odd PNGs. The specification is W3C PNG, third edition; sections are its."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from tests.corpus.containers import PNG_HEAD, chunk, exif_block, png, text
from tests.corpus.odd import CORNERS, GREYS, Odd, Refused, Shows, quarters
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3, grey_profile, srgb

RGB, DEEP = quarters(), quarters(dtype=np.uint16)
GREY = quarters(tuple((level,) for level, *_ in GREYS))
DEEP_GREY = quarters(tuple((level,) for level, *_ in GREYS), np.uint16)
CLEAR = quarters(tuple((*colour, alpha) for colour, alpha in zip(CORNERS, (255, 128, 1, 255), strict=True)))
GREY_CLEAR = quarters(tuple((level[0], 200) for level in GREYS))
INDEX = quarters(((0,), (1,), (2,), (3,)))
PALETTE = chunk(b"PLTE", bytes(value for colour in CORNERS for value in colour))
P3 = ((185, 71, 58), (94, 158, 89), (57, 79, 164), (128, 128, 128))
"""CORNERS as Display P3; in 16 bits as BT.2020 with sRGB's curve and as linear light; and what GREYS
in a curve of 2.2 are in sRGB. All computed by colour-science 0.4.7."""
REC2020 = ((42527, 20755, 14848), (28418, 39869, 23297), (18369, 20600, 41960), (32897, 32896, 32895))
LINEAR = ((37852, 2961, 2090), (4014, 23038, 5257), (2090, 5257, 26344), (14146, 14146, 14146))
POWER_GREYS = ((35,) * 3, (90,) * 3, (161,) * 3, (221,) * 3)


def _damaged() -> Iterator[Odd]:
    whole = png(RGB)
    yield Odd("cut-in-the-data.png", whole[: len(whole) * 2 // 3], Refused("cut short or damaged"))
    yield Odd("header-alone.png", whole[:33], Refused("cut short or damaged"))
    yield Odd("signature-alone.png", PNG_HEAD, Refused("cut short or damaged"))
    yield Odd("no-pixels.png", PNG_HEAD + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 32, 8, 2, 0, 0, 0)), Refused(""))
    huge = struct.pack(">IIBBBBB", 60000, 60000, 16, 6, 0, 0, 0)
    yield Odd(
        "huge.png",
        PNG_HEAD + chunk(b"IHDR", huge) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND"),
        Refused("limit"),
    )
    flipped = bytearray(whole)
    flipped[60] ^= 255
    yield Odd("wrong-byte.png", bytes(flipped), Refused("cut short or damaged"))
    yield Odd("kind-of-colour-7.png", png(RGB, kind=7), Refused("cut short or damaged"))
    yield Odd("palette-without-one.png", png(INDEX, kind=3), Refused(""))


def files() -> Iterator[Odd]:
    """One line a file."""
    yield Odd("plain.png", png(RGB), Shows(within=0))
    yield Odd("deep.png", png(DEEP), Shows(within=0))
    yield Odd("grey.png", png(GREY), Shows(GREYS, 0, "grey"))
    yield Odd("deep-grey.png", png(DEEP_GREY), Shows(GREYS, 0, "grey"))
    yield Odd("clear.png", png(CLEAR), Shows(within=0))
    yield Odd("grey-clear.png", png(GREY_CLEAR), Shows(GREYS, 0, "grey"))
    yield Odd("palette.png", png(INDEX, PALETTE, kind=3), Shows(within=0, note="palette"))
    yield Odd("palette-clear.png", png(INDEX, PALETTE, chunk(b"tRNS", b"\xff\x80"), kind=3), Shows(within=0))
    yield Odd("one-colour-clear.png", png(RGB, chunk(b"tRNS", struct.pack(">3H", *CORNERS[0]))), Shows(within=0))
    deep_clear = chunk(b"tRNS", struct.pack(">3H", *(257 * value for value in CORNERS[0])))
    yield Odd("one-deep-colour-clear.png", png(DEEP, deep_clear), Shows(within=0))
    bits = np.packbits(quarters(((0,), (1,), (1,), (0,))), axis=1)
    yield Odd("one-bit.png", png(bits, kind=0, bits=1), Shows(((0,) * 3, (255,) * 3, (255,) * 3, (0,) * 3), 0))
    # Colours by tags, in the order of section 4.3 and its table.
    yield Odd("p3-by-icc.png", png(quarters(P3), _iccp(display_p3())), Shows(within=2))
    yield Odd("p3-by-cicp.png", png(quarters(P3), chunk(b"cICP", bytes((12, 13, 0, 1)))), Shows(within=2))
    yield Odd("rec2020-by-cicp.png", png(_deep(REC2020), chunk(b"cICP", bytes((9, 13, 0, 1)))), Shows())
    p3_points = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    p3_tags = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"cHRM", struct.pack(">8I", *p3_points))
    yield Odd(
        "p3-by-chrm.png", png(quarters(P3), p3_tags), Shows(within=2)
    )  # 45455 stands for sRGB's curve (section 11.3.2.5)
    yield Odd(
        "cicp-before-icc.png", png(quarters(P3), chunk(b"cICP", bytes((12, 13, 0, 1))), _iccp(srgb())), Shows(within=2)
    )
    yield Odd(
        "srgb-before-gama.png", png(RGB, chunk(b"sRGB", b"\0"), chunk(b"gAMA", bytes((0, 1, 0, 0)))), Shows(within=0)
    )
    yield Odd("linear-by-gama.png", png(_deep(LINEAR), chunk(b"gAMA", struct.pack(">I", 100000))), Shows())
    yield Odd("pq-by-cicp.png", png(DEEP, chunk(b"cICP", bytes((9, 16, 0, 1)))), Refused("PQ"))
    yield Odd("hlg-by-cicp.png", png(RGB, chunk(b"cICP", bytes((9, 18, 0, 1)))), Refused("HLG"))
    yield Odd("gama-of-0.png", png(RGB, chunk(b"gAMA", bytes(4))), Shows())
    yield Odd("gama-short.png", png(RGB, chunk(b"gAMA", b"\1")), Shows())
    yield Odd(
        "chrm-of-zeros.png", png(RGB, chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"cHRM", bytes(32))), Shows()
    )
    yield Odd("cicp-unknown.png", png(RGB, chunk(b"cICP", bytes((2, 2, 0, 1)))), Shows())
    yield Odd("cicp-nonsense.png", png(RGB, chunk(b"cICP", bytes((77, 99, 3, 9)))), Shows())
    yield Odd("cicp-short.png", png(RGB, chunk(b"cICP", b"\1")), Shows())
    yield Odd("grey-profile.png", png(GREY, _iccp(grey_profile(2.2))), Shows(POWER_GREYS, 1, "grey profile"))
    yield Odd("grey-profile-in-rgb.png", png(RGB, _iccp(grey_profile())), Shows(note="profile is not for RGB"))
    yield Odd("cmyk-profile-in-rgb.png", png(RGB, _iccp(cmyk_profile())), Shows(note="profile is not for RGB"))
    # Metadata is never fatal.
    yield Odd("broken-profile.png", png(RGB, chunk(b"iCCP", b"x\0\0not deflated")), Shows())
    yield Odd("profile-of-nothing.png", png(RGB, _iccp(b"")), Shows())
    yield Odd("profile-of-2-mib.png", png(RGB, _iccp(srgb() + bytes(1 << 21))), Shows())
    yield Odd(
        "text-of-2-mib.png", png(RGB, text("Comment", bytes(65 for _ in range(1 << 21)), compressed=True)), Shows()
    )
    yield Odd("text-of-40-mib.png", png(RGB, text("Comment", b"A" * (40 << 20), compressed=True)), Shows())
    yield Odd("text-broken.png", png(RGB, chunk(b"zTXt", b"Comment\0\0nothing")), Shows())
    yield Odd("text-bare.png", png(RGB, chunk(b"tEXt", b"")), Shows())
    yield Odd("many-texts.png", png(RGB, *(text(f"k{i}", b"v") for i in range(20000))), Shows())
    yield Odd("wrong-crc-of-a-text.png", png(RGB, chunk(b"tEXt", b"a\0b", crc=7)), Shows())
    yield Odd("exif-odd-as-text.png", png(RGB, text("Raw profile type exif", b"\nexif\n   9\nzz")), Shows())
    yield Odd("exif-odd.png", png(RGB, chunk(b"eXIf", b"not a TIFF")), Shows())
    yield Odd("exif-turned.png", png(RGB, chunk(b"eXIf", exif_block(3)[6:])), Shows(CORNERS[::-1], 0))
    yield Odd("exif-broken.png", png(RGB, chunk(b"eXIf", exif_block(1, broken=True)[6:])), Shows())
    yield Odd("resolution-of-zero.png", png(RGB, chunk(b"pHYs", bytes(8) + b"\1")), Shows())
    yield Odd("resolution-huge.png", png(RGB, chunk(b"pHYs", b"\xff" * 8 + b"\1")), Shows())
    yield Odd("private-chunk.png", png(RGB, chunk(b"abCd", b"?")), Shows())
    yield Odd("bytes-behind.png", png(RGB) + b"more", Shows())
    yield Odd("two-ends.png", png(RGB) + chunk(b"IEND"), Shows())
    yield from _damaged()


def _iccp(icc: bytes) -> bytes:
    return chunk(b"iCCP", b"profile\0\0" + zlib.compress(icc))


def _deep(corners: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """Quarters of colours in 0..65535."""
    return np.repeat(np.repeat(np.array(corners, np.uint16).reshape(2, 2, 3), 16, axis=0), 16, axis=1)
