"""What lies beside the picture: gain maps, videos, further pictures, long XMP, broken segments.

Files are put together by the specifications: Ultra HDR 1.1 (Google), Motion Photo 1.0 (Google), XMP Specification Part 3
(Adobe, 2020), ICC.1:2022 annex B.4. The oracle of what is broken is which segment was changed.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.media.images import read_picture, write_picture
from studio.media.images.extras import settle
from studio.media.images.metadata import EXIF_PREFIX
from studio.media.images.picture import Container
from tests.studio.media.images.conftest import camera_exif, scene, source
from tests.studio.media.images.files_for_tests import FILES, encoded, has, refused
from tests.studio.media.images.profiles_for_tests import display_p3

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
GAIN_MAP = "gain map of the HDR version is left out"
VIDEO = "video of the motion photo is left out"
MP4 = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + bytes(5000)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes) -> bytes:
    return FILES["jpg"][:20] + b"".join(segments) + FILES["jpg"][20:]


def rdf(declared: bytes, attributes: bytes = b"", elements: bytes = b"") -> bytes:
    """A packet of one description, with a title that must stay."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" ' + declared + b' dc:title="kept"'
        + attributes + b">" + elements + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )  # fmt: skip


ULTRA_HDR = rdf(
    b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
    b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
    b' hdrgm:Version="1.0"',
    b'<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" '
    b'Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" '
    b'Item:Mime="image/jpeg" Item:Length="2345"/></rdf:li></rdf:Seq></Container:Directory>',
)
MOTION = rdf(
    b'xmlns:cam="http://ns.google.com/photos/1.0/camera/"',
    b' cam:MotionPhoto="1" cam:MotionPhotoVersion="1" cam:MicroVideo="1" cam:MicroVideoOffset="5016" cam:Kind="kept"',
    b"<cam:MotionPhotoPresentationTimestampUs>77</cam:MotionPhotoPresentationTimestampUs>",
)


def multi_picture(*behind: bytes) -> bytes:
    """A JPEG with an MPF segment and pictures behind it (CIPA DC-007)."""
    images = [Image.open(io.BytesIO(each)) for each in behind]
    stream = io.BytesIO()
    Image.open(io.BytesIO(FILES["jpg"])).save(stream, "MPO", save_all=True, append_images=images)
    return stream.getvalue()


def with_xmp(data: bytes, packet: bytes) -> bytes:
    return data[:2] + segment(0xE1, XMP + packet) + data[2:]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_gain_maps_are_left_out_and_no_longer_claimed(suffix: str, tmp_path: Path) -> None:
    small = encoded(scene(30, 40), "JPEG")
    hdr = with_xmp(multi_picture(small), ULTRA_HDR)
    (tmp_path / "a.jpg").write_bytes(hdr)
    picture = read_picture(tmp_path / "a.jpg")
    assert has(picture.notes, GAIN_MAP) and not has(picture.notes, "several pictures")
    back = read_picture(write_picture(tmp_path / f"b{suffix}", picture, picture.pixels))
    for xmp in (picture.container.xmp, back.container.xmp):
        assert xmp is not None and b'dc:title="kept"' in xmp
        assert not re.search(rb"hdrgm|hdr-gain-map|Container|Item|GainMap", xmp)
    assert not has(back.notes, "gain map") and not has(back.notes, "several")


def test_gain_maps_of_iso_21496_and_of_apple(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")))
    assert has(read_picture(path).notes, GAIN_MAP)
    apple = rdf(
        b"xmlns:HDRGainMap='http://ns.apple.com/HDRGainMap/1.0/'",
        elements=b"<HDRGainMap:HDRGainMapVersion>65536</HDRGainMap:HDRGainMapVersion>",
    )
    path.write_bytes(jpeg(segment(0xE1, XMP + apple)))
    picture = read_picture(path)
    assert has(picture.notes, GAIN_MAP) and b"GainMap" not in (picture.container.xmp or b"")


def test_further_pictures_are_mentioned(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(multi_picture(encoded(scene(30, 40), "JPEG")))
    assert read_picture(path).notes == ("first of several pictures in the file (the others are not kept)",)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_motion_photos_lose_their_video_and_do_not_claim_it(suffix: str, tmp_path: Path) -> None:
    path, exif = tmp_path / "a.jpg", camera_exif()
    path.write_bytes(with_xmp(jpeg(segment(0xE1, exif)), MOTION) + MP4)
    picture = read_picture(path)
    assert picture.notes == (VIDEO,)
    out = write_picture(tmp_path / f"b{suffix}", picture, picture.pixels)
    back = read_picture(out)
    assert back.notes == () and b"ftyp" not in out.read_bytes()
    xmp = back.container.xmp or b""
    assert b"MotionPhoto" not in xmp and b"MicroVideo" not in xmp
    assert b'cam:Kind="kept"' in xmp and b'dc:title="kept"' in xmp
    assert picture.container.exif is not None and b"Model 1" in picture.container.exif


def test_a_video_behind_a_picture_without_xmp(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FILES["jpg"] + MP4)
    assert read_picture(tmp_path / "a.jpg").notes == (VIDEO,)


def test_the_parts_of_a_heic_that_are_left_out(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    path = tmp_path / "a.heic"
    Image.fromarray(scene(48, 80)).save(path, quality=95, xmp=MOTION)
    path.write_bytes(path.read_bytes() + struct.pack(">I4s", 5008, b"mpvd") + bytes(5000))
    picture = read_picture(path)
    assert has(picture.notes, VIDEO) and b"MotionPhoto" not in (picture.container.xmp or b"")


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        (b"tmap", GAIN_MAP),  # ISO 21496-1
        (b"urn:com:apple:photo:2020:aux:hdrgainmap\0", GAIN_MAP),
        (b"urn:mpeg:hevc:2015:auxid:2\0", "depth map is left out"),  # ISO/IEC 23008-12, annex
    ],
)
@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
def test_auxiliary_pictures_of_heic_and_avif(name: str, kind: bytes, note: str, tmp_path: Path) -> None:
    """By the boxes of ISO/IEC 14496-12 alone: no library here writes such files."""
    boxes = [b"ftyp" + b"heic\0\0\0\0mif1", b"meta" + bytes(40) + kind + bytes(40), b"mdat" + bytes(500)]
    path = tmp_path / "a.heic"
    path.write_bytes(b"".join(struct.pack(">I", len(box) + 4) + box for box in boxes))
    assert any(note in each for each in settle(path, Container(name), None, False)[1])
    path.write_bytes(b"".join(struct.pack(">I", len(box) + 4) + box for box in (boxes[0], boxes[2] + kind)))
    assert settle(path, Container(name), None, False)[1] == []


# --- XMP beyond one segment


def long_xmp(prefix: bytes = b"rdf") -> bytes:
    """An extension of 200,000 bytes: a depth map, say."""
    return (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><%b:RDF xmlns:%b='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        % (prefix, prefix)
        + b"<rdf:Description rdf:about='' xmlns:d='http://example.org/depth/' d:Data='"
        + b"QUJD" * 50_000
        + b"'/></%b:RDF></x:xmpmeta>" % prefix
    )


def extended(extension: bytes, order: int = 1) -> list[bytes]:
    """The segments of an extension, in parts of 60,000 bytes, and the packet that names it."""
    name = hashlib.md5(extension).hexdigest().upper().encode()
    parts = [
        segment(0xE1, EXTENSION + name + struct.pack(">II", len(extension), at) + extension[at : at + 60_000])
        for at in range(0, len(extension), 60_000)
    ]
    packet = rdf(b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/"', b' xmpNote:HasExtendedXMP="%b"' % name)
    return [segment(0xE1, XMP + packet), *parts[::order]]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_extended_xmp_goes_round(suffix: str, order: int, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(*extended(long_xmp(), order)))
    picture = read_picture(path)
    assert picture.notes == () and picture.container.xmp_extended == long_xmp()
    back = read_picture(write_picture(tmp_path / f"b{suffix}", picture, picture.pixels))
    if suffix == ".jpg":
        assert back.container == picture.container and back.notes == ()
        return
    whole = back.container.xmp or b""
    assert b'dc:title="kept"' in whole and b"QUJD" * 50_000 in whole and b"HasExtendedXMP" not in whole
    # And once more into a JPEG, where it no longer fits into one segment.
    again = read_picture(write_picture(tmp_path / "c.jpg", back, back.pixels))
    name = re.search(rb'HasExtendedXMP="([0-9A-F]{32})"', again.container.xmp or b"")
    assert name is not None and again.container.xmp_extended is not None
    assert name[1].decode() == hashlib.md5(again.container.xmp_extended).hexdigest().upper()
    assert b'dc:title="kept"' in again.container.xmp_extended and b"QUJD" * 50_000 in again.container.xmp_extended


@pytest.mark.parametrize("lost", [1, 2, 4])
def test_extended_xmp_that_lacks_a_part_is_left_out_and_said_so(lost: int, tmp_path: Path) -> None:
    segments = extended(long_xmp())
    del segments[lost]
    (tmp_path / "a.jpg").write_bytes(jpeg(*segments))
    picture = read_picture(tmp_path / "a.jpg")
    assert has(picture.notes, "extended XMP that is not complete was left out")
    assert picture.container.xmp_extended is None and b'dc:title="kept"' in (picture.container.xmp or b"")


def test_a_gain_map_that_only_the_extension_tells_of(tmp_path: Path) -> None:
    extension = ULTRA_HDR.replace(b'"kept"', b'"' + b"k" * 70_000 + b'"')
    (tmp_path / "a.jpg").write_bytes(jpeg(*extended(extension)))
    picture = read_picture(tmp_path / "a.jpg")
    back = read_picture(write_picture(tmp_path / "b.jpg", picture, picture.pixels))
    assert has(picture.notes, GAIN_MAP) and back.notes == ()
    left = back.container.xmp_extended or b""
    assert b"hdrgm" not in left and b"k" * 70_000 in left
    assert hashlib.md5(left).hexdigest().upper().encode() in (back.container.xmp or b"")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".heic"])
def test_large_blocks_go_round_in_every_container(suffix: str, tmp_path: Path) -> None:
    """A profile of 300,000 bytes, XMP of 200,000, and EXIF of 60,000, which is what a JPEG can hold."""
    if suffix == ".heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x010F] = "M" * 60_000
    profile = display_p3() + bytes(300_000)
    profile = struct.pack(">I", len(profile)) + profile[4:]
    held = Container("NONE", exif=exif.tobytes(), xmp=long_xmp())
    out = write_picture(tmp_path / f"a{suffix}", source(scene(48, 80), icc=profile, container=held), scene(48, 80))
    back = read_picture(out)
    assert back.icc == profile and has(back.notes, "HEIF") == has(back.notes, "bit")
    assert (
        back.container.exif is not None
        and back.container.exif.startswith(EXIF_PREFIX)
        and b"M" * 60_000 in back.container.exif
    )
    assert b"QUJD" * 50_000 in (back.container.xmp_extended or back.container.xmp or b"")


# --- broken segments


def profile_segments(profile: bytes) -> list[bytes]:
    parts = [profile[at : at + 2000] for at in range(0, len(profile), 2000)]
    return [segment(0xE2, b"ICC_PROFILE\0" + bytes((i + 1, len(parts))) + part) for i, part in enumerate(parts)]


def test_profiles_in_parts(tmp_path: Path) -> None:
    path, parts = tmp_path / "a.jpg", profile_segments(display_p3())
    assert len(parts) > 2
    for order in (parts, parts[::-1]):
        path.write_bytes(jpeg(*order))
        picture = read_picture(path)
        assert picture.icc == display_p3() and picture.notes == ()
    for broken in (parts[1:], parts[:1] + parts[2:], parts + parts[:1], [segment(0xE2, b"ICC_PROFILE\0")]):
        path.write_bytes(jpeg(*broken))
        picture = read_picture(path)
        assert picture.icc is None and has(picture.notes, "embedded profile is not complete: taken as sRGB")


BROKEN = {
    "JFIF": segment(0xE0, b"JFIF\0"),
    "Adobe": segment(0xEE, b"Adobe"),
    "comments": segment(0xFE, b"a") * 50_000,
}
ODD = {
    "EXIF of six bytes": segment(0xE1, b"Exif\0\0"),
    "Photoshop's length": segment(0xED, b"Photoshop 3.0\x008BIM" + struct.pack(">H2xI", 0x03ED, 99999) + b"abc"),
    "Photoshop cut": segment(0xED, b"Photoshop 3.0\x008BIM\4"),
    "MPF": segment(0xE2, b"MPF\0"),
    "MPF that leads nowhere": segment(0xE2, b"MPF\0II*\0" + struct.pack("<I", 99999)),
    "FlashPix": segment(0xE2, b"FPXR\0"),
    "empty comment": segment(0xFE, b""),
    "markers inside": segment(0xE7, b"\xff\xd9\xff\xda\xff\xc0" * 9),
    "extension without a packet": segment(0xE1, EXTENSION + b"junk"),
}


@pytest.mark.parametrize("name", [*BROKEN, *ODD])
def test_broken_segments_do_not_cost_the_picture(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(segment(0xE1, camera_exif()), (BROKEN | ODD)[name]))
    picture = read_picture(path)
    with Image.open(io.BytesIO(FILES["jpg"])) as image:
        np.testing.assert_array_equal(picture.pixels, np.asarray(image))
    assert has(picture.notes, "broken or too many were left out") == (name in BROKEN)
    assert picture.container.exif is not None and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", [b"EXIF", b"XMP ", b"ICCP"])
def test_broken_blocks_of_webp(kind: bytes, tmp_path: Path) -> None:
    data = FILES["webp"]
    (length,) = struct.unpack_from("<I", data, 16)
    picture = data[12 : 20 + length + length % 2]
    flag = {b"EXIF": 8, b"XMP ": 4, b"ICCP": 32}[kind]
    extended_head = b"VP8X" + struct.pack("<II", 10, flag) + struct.pack("<I", 119)[:3] + struct.pack("<I", 89)[:3]
    block = kind + struct.pack("<I", 36) + b"\xff\xfejunk" * 6
    body = b"WEBP" + extended_head + (block + picture if kind == b"ICCP" else picture + block)
    path = tmp_path / "a.webp"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert read_picture(path).full_size == (90, 120)


def test_a_segment_that_ends_behind_the_file_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(FILES["jpg"][:20] + b"\xff\xe1\xff\xff" + FILES["jpg"][20:200])
    refused(tmp_path / "a.jpg", "cut short or damaged")


def test_credentials_are_mentioned(tmp_path: Path) -> None:
    """C2PA Specification 2.1, annex A: a JPEG has them in APP11 (ISO/IEC 19566-5), a PNG in caBX, an AVIF in a uuid box, and a
    TIFF in tag 52545."""
    jumbf = struct.pack(">I", 40) + b"jumb" + bytes(32)
    chunk = b"caBX" + jumbf
    files = {
        "jpg": jpeg(segment(0xEB, b"JP\0\1\0\0\0\1" + jumbf)),
        "png": FILES["png"][:33]
        + struct.pack(">I", 40)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + FILES["png"][33:],
        "avif": FILES["avif"]
        + struct.pack(">I", 64)
        + b"uuid"
        + bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
        + bytes(40),
        "tif": encoded(scene(), "tifffile", extratags=[(52545, 7, 40, jumbf, True)]),
    }
    for kind, data in files.items():
        (tmp_path / f"a.{kind}").write_bytes(data)
        assert has(read_picture(tmp_path / f"a.{kind}").notes, "content credentials (C2PA) are left out"), kind
        (tmp_path / f"a.{kind}").write_bytes(FILES[kind])
        assert not has(read_picture(tmp_path / f"a.{kind}").notes, "C2PA")


def test_comments_beside_the_last_and_places_on_maps_are_mentioned(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(segment(0xFE, b"one"), segment(0xFE, b"two")))
    picture = read_picture(tmp_path / "a.jpg")
    assert has(picture.notes, "all comments but the last one are left out") and picture.container.comment == b"two"
    place = (33922, 12, 6, (0.0, 0.0, 0.0, 500_000.0, 5_000_000.0, 0.0), True)
    (tmp_path / "a.tif").write_bytes(encoded(scene(), "tifffile", extratags=[place]))
    assert has(read_picture(tmp_path / "a.tif").notes, "GeoTIFF")
