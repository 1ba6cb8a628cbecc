"""Odd JPEGs. The specification is ITU-T T.81; EXIF is CIPA DC-008, XMP Adobe's part 3."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL import Image

from tests.corpus.containers import exif_block, saved, saved_as, segment, with_segments
from tests.corpus.odd import CORNERS, GREYS, Odd, Refused, Shows, quarters
from tests.studio.media.images.profiles_for_tests import display_p3, srgb

RGB = quarters()
PLAIN = saved(RGB, "JPEG", quality=95)
NEAR = Shows(within=3)
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"


def files() -> Iterator[Odd]:
    """One line a file."""
    yield Odd("plain.jpg", PLAIN, NEAR)
    yield Odd("progressive.jpg", saved(RGB, "JPEG", quality=95, progressive=True), NEAR)
    yield Odd("full-chroma.jpg", saved(RGB, "JPEG", quality=95, subsampling=0), NEAR)
    yield Odd("restarts.jpg", saved(RGB, "JPEG", quality=95, restart_marker_blocks=1), NEAR)
    yield Odd("grey.jpg", saved_as(quarters(GREYS), "L", "JPEG", quality=95), Shows(GREYS, 3, "grey"))
    yield Odd("cmyk.jpg", saved_as(RGB, "CMYK", "JPEG", quality=95), Shows(within=6, note="CMYK"))
    yield Odd("named-png.png", PLAIN, NEAR)
    for turn, corners in ((3, CORNERS[::-1]), (2, (CORNERS[1], CORNERS[0], CORNERS[3], CORNERS[2]))):
        yield Odd(f"turned-{turn}.jpg", with_segments(PLAIN, segment(0xE1, exif_block(turn))), Shows(corners, 3))
    yield Odd(
        "turned-6.jpg", with_segments(PLAIN, segment(0xE1, exif_block(6, order=">"))), Shows(_quarter_turned(), 3)
    )
    yield Odd("turned-99.jpg", with_segments(PLAIN, segment(0xE1, exif_block(99))), NEAR)
    yield Odd("turned-and-broken.jpg", with_segments(PLAIN, segment(0xE1, exif_block(1, broken=True))), NEAR)
    yield Odd("exif-of-nothing.jpg", with_segments(PLAIN, segment(0xE1, b"Exif\0\0")), NEAR)
    yield Odd("exif-odd.jpg", with_segments(PLAIN, segment(0xE1, b"Exif\0\0nothing here")), NEAR)
    yield Odd("icc.jpg", saved(RGB, "JPEG", quality=95, icc_profile=srgb()), NEAR)
    half = display_p3()[:400]
    yield Odd("icc-half.jpg", with_segments(PLAIN, segment(0xE2, b"ICC_PROFILE\0\1\2" + half)), NEAR)
    yield Odd("icc-broken.jpg", saved(RGB, "JPEG", quality=95, icc_profile=b"?" * 200), NEAR)
    yield Odd("xmp-odd.jpg", with_segments(PLAIN, segment(0xE1, XMP + b"<x")), NEAR)
    lost = EXTENDED + b"0" * 32 + struct.pack(">II", 1 << 20, 1 << 19) + b"part"
    yield Odd("xmp-part-missing.jpg", with_segments(PLAIN, segment(0xE1, lost)), NEAR)
    yield Odd("photoshop-odd.jpg", with_segments(PLAIN, segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff\xff")), NEAR)
    yield Odd("comment-not-utf8.jpg", with_segments(PLAIN, segment(0xFE, b"\xff\xfe\xfd")), NEAR)
    yield Odd("resolution-odd.jpg", with_segments(PLAIN[:2] + PLAIN[20:], _jfif(0, 65535)), NEAR)
    yield Odd("fill-bytes.jpg", PLAIN[:2] + b"\xff\xff\xff" + PLAIN[2:], NEAR)
    yield Odd("bytes-behind.jpg", PLAIN + b"more" * 100, NEAR)
    yield Odd("end-and-zeros.jpg", PLAIN + bytes(4096), NEAR)
    motion = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description GCamera:MotionPhoto="1"/></x:xmpmeta>'
    yield Odd(
        "motion-photo.jpg", with_segments(PLAIN, segment(0xE1, XMP + motion)) + b"\0\0\0\x18ftypmp42" + bytes(99), NEAR
    )
    yield Odd("two-pictures.jpg", _two_pictures(), Shows(within=3, note="first of several"))
    yield Odd("cut.jpg", PLAIN[: len(PLAIN) * 3 // 4], Refused("cut short or damaged"))
    yield Odd("cut-with-an-end.jpg", _missing(PLAIN), Refused("cut short or damaged"))
    progressive = saved(_noise(), "JPEG", quality=95, progressive=True)
    yield Odd("progressive-cut-with-an-end.jpg", _missing(progressive), Refused("cut short or damaged"))
    yield Odd("start-alone.jpg", PLAIN[:2], Refused(""))
    yield Odd("no-scan.jpg", PLAIN[: PLAIN.index(b"\xff\xda")] + b"\xff\xd9", Refused(""))
    size = PLAIN.index(b"\xff\xc0") + 5
    yield Odd("of-0-rows.jpg", PLAIN[:size] + b"\0\0" + PLAIN[size + 2 :], Refused(""))
    yield Odd("of-65000-rows.jpg", PLAIN[:size] + b"\xfd\xe8\xfd\xe8" + PLAIN[size + 4 :], Refused(""))


def _jfif(unit: int, dots: int) -> bytes:
    return segment(0xE0, b"JFIF\0\1\1" + struct.pack(">BHHBB", unit, dots, dots, 0, 0))


def _missing(jpeg: bytes) -> bytes:
    """Without the last third of its data, but with its end."""
    start = jpeg.index(b"\xff\xda")
    return jpeg[: start + (len(jpeg) - start) // 3] + b"\xff\xd9"


def _quarter_turned() -> tuple[tuple[int, ...], ...]:
    """The quarters of a picture that is shown turned clockwise (orientation 6)."""
    return CORNERS[2], CORNERS[0], CORNERS[3], CORNERS[1]


def _two_pictures() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(RGB).save(stream, "MPO", save_all=True, append_images=[Image.fromarray(RGB[::-1])], quality=95)
    return stream.getvalue()


def _noise():  # type: ignore[no-untyped-def]
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
