"""Colours that a file describes by tags: cICP, gAMA and cHRM, nclx, TIFF's and EXIF's own; and HDR, which is refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from reswd_torch.profiles.curves import ParametricCurve, TableCurve
from reswd_torch.profiles.icc import D65, SRGB_PRIMARIES, write_profile
from studio.media.images import (
    Picture,
    losses,
    profile_name,
    read_mask,
    read_picture,
    read_reduced,
    to_profile,
    write_picture,
)
from studio.media.images.colours import to_full_range
from tests.studio.media.images.conftest import scene, source
from tests.studio.media.images.files_for_tests import has, refused
from tests.studio.media.images.profiles_for_tests import display_p3, hdr_profile

P3_CHRM = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_CHRM = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
TO_P3 = np.linalg.inv(
    [[0.4865709, 0.2656677, 0.1982173], [0.2289746, 0.6917385, 0.0792869], [0.0, 0.0451134, 1.0439444]]
) @ [
    [0.4123908, 0.3575843, 0.1804808],
    [0.2126390, 0.7151687, 0.0721923],
    [0.0193308, 0.1191948, 0.9505322],
]


def gamma(value: int) -> bytes:
    return struct.pack(">I", value)


def decoded(codes: np.ndarray) -> np.ndarray:
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def png(path: Path, pixels: np.ndarray, *chunks: tuple[bytes, bytes], **options: object) -> Path:
    """A PNG with colour chunks behind IHDR."""
    if pixels.dtype == np.uint16:
        write_picture(path, source(pixels), pixels)
    else:
        Image.fromarray(pixels).save(path, **options)
    data = path.read_bytes()
    made = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
    path.write_bytes(data[:33] + made + data[33:])
    return path


def shown(picture: Picture) -> np.ndarray:
    """The colours of a picture in sRGB, 0..1."""
    top = float(np.iinfo(picture.pixels.dtype).max)
    return to_profile(picture.pixels / top, picture.icc, None)


WAYS = {
    "P3 cICP": (lambda light: encoded(light @ TO_P3.T), [(b"cICP", bytes([12, 13, 0, 1]))]),
    "P3 cHRM and gAMA": (lambda light: encoded(light @ TO_P3.T), [(b"gAMA", gamma(45455)), (b"cHRM", P3_CHRM)]),
    "P3 cHRM alone": (lambda light: encoded(light @ TO_P3.T), [(b"cHRM", P3_CHRM)]),
    "gamma 1.8": (lambda light: light ** (1 / 1.8), [(b"gAMA", gamma(55556))]),
    "gamma 1.8 and sRGB's cHRM": (lambda light: light ** (1 / 1.8), [(b"gAMA", gamma(55556)), (b"cHRM", SRGB_CHRM)]),
    "linear": (lambda light: light, [(b"gAMA", gamma(100000))]),
    "linear cICP": (lambda light: light, [(b"cICP", bytes([1, 8, 0, 1]))]),
    "gamma 2.2 cICP": (lambda light: light ** (1 / 2.2), [(b"cICP", bytes([1, 4, 0, 1]))]),
    "unspecified primaries": (lambda light: light ** (1 / 2.8), [(b"cICP", bytes([2, 5, 0, 1]))]),
    "Rec.709": (
        lambda light: np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099),
        [(b"cICP", bytes([1, 1, 0, 1]))],
    ),
    "cICP before the others": (
        lambda light: encoded(light @ TO_P3.T),
        [(b"cICP", bytes([12, 13, 0, 1])), (b"sRGB", b"\0"), (b"gAMA", gamma(100000))],
    ),
    "sRGB before gAMA": (encoded, [(b"sRGB", b"\0"), (b"gAMA", gamma(100000)), (b"cHRM", P3_CHRM)]),
    "sRGB cICP": (encoded, [(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", gamma(100000))]),
    "unspecified cICP": (lambda light: light, [(b"cICP", bytes([2, 2, 0, 1])), (b"gAMA", gamma(100000))]),
    "sRGB gAMA": (encoded, [(b"gAMA", gamma(45455)), (b"cHRM", SRGB_CHRM)]),
}
"""How a picture is encoded, and what its file says of it (PNG, third edition, 4.3 and 11.3.2; H.273 tables 2 and 3)."""


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("way", WAYS)
def test_pictures_that_show_the_same_are_read_alike(way: str, dtype: type, tmp_path: Path) -> None:
    """Oracle: the formulas of the standards."""
    encode, chunks = WAYS[way]
    wanted = 0.15 + 0.7 * scene() / 255
    top = np.iinfo(dtype).max
    pixels = np.rint(encode(decoded(wanted)).clip(0, 1) * top).astype(dtype)
    picture = read_picture(png(tmp_path / "a.png", pixels, *chunks))
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert np.abs(shown(picture) - wanted).max() < (3 / 255 if dtype == np.uint8 else 1e-3)
    assert picture.notes == ()
    again = read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels))
    assert sorted(again.container.png_chunks) == sorted(chunks) and again.icc == picture.icc
    elsewhere = read_picture(write_picture(tmp_path / "b.tif", picture, picture.pixels))
    assert elsewhere.icc == picture.icc, "formats without these tags hold the profile"


def test_cicp_goes_before_the_embedded_profile_and_that_before_the_rest(tmp_path: Path) -> None:
    first = png(tmp_path / "a.png", scene(), (b"cICP", bytes([1, 8, 0, 1])), icc_profile=display_p3())
    assert profile_name(read_picture(first).icc) == "Rec.709 primaries, linear curve"
    with_both = read_picture(write_picture(tmp_path / "c.png", read_picture(first), scene()))
    assert {kind for kind, _ in with_both.container.png_chunks} == {b"cICP", b"iCCP"}
    second = png(tmp_path / "b.png", scene(), (b"sRGB", b"\0"), (b"gAMA", gamma(100000)), icc_profile=display_p3())
    assert read_picture(second).icc == display_p3()
    third = read_picture(png(tmp_path / "d.png", scene(), (b"cICP", bytes([1, 13, 0, 1])), icc_profile=display_p3()))
    assert third.icc is None
    kept = read_picture(write_picture(tmp_path / "e.png", third, third.pixels))
    assert kept.icc is None and [kind for kind, _ in kept.container.png_chunks] == [b"cICP"]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_tags_hold_for_every_mode(mode: str, tmp_path: Path) -> None:
    Image.fromarray(scene()).convert("L" if mode == "LA" else mode).convert(mode).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    body = b"gAMA" + gamma(100000)
    (tmp_path / "a.png").write_bytes(
        data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
    )
    assert profile_name(read_picture(tmp_path / "a.png").icc) == "Rec.709 primaries, gamma 1 curve"


@pytest.mark.parametrize(
    "chunk",
    [
        (b"gAMA", gamma(0)),
        (b"gAMA", gamma(1)),
        (b"gAMA", gamma(2**31)),
        (b"cHRM", bytes(32)),
        (b"cHRM", b"\xff" * 32),
        (b"cHRM", struct.pack(">8I", 80000, 10000, 64000, 33000, 30000, 60000, 15000, 6000)),
        (b"cICP", bytes([0, 13, 0, 1])),
        (b"cICP", bytes([12, 200, 0, 1])),
        (b"cICP", bytes([12, 13, 6, 1])),
        (b"cICP", bytes([12])),
    ],
)
def test_nonsense_is_left_out_and_said(chunk: tuple[bytes, bytes], tmp_path: Path) -> None:
    picture = read_picture(png(tmp_path / "a.png", scene(), chunk))
    assert picture.icc is None and picture.container.png_chunks == () and has(picture.notes, "left out")
    assert has(picture.notes, chunk[0].decode())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_narrow_range_becomes_full(dtype: type, tmp_path: Path) -> None:
    """Oracle: H.273, 8.3: black is 16 and white 235 times 2 ** (bits - 8)."""
    step = 1 if dtype == np.uint8 else 256
    codes = np.array([0, 16, 125, 235, 255]) * step
    pixels = np.repeat(codes.astype(dtype)[None, :, None], 3, axis=2)
    picture = read_picture(png(tmp_path / "a.png", pixels, (b"cICP", bytes([12, 13, 0, 0]))))
    top = np.iinfo(dtype).max
    wanted = np.rint((codes / step - 16).clip(0, 219) / 219 * top)
    np.testing.assert_array_equal(picture.pixels[0, :, 0], wanted)
    assert has(picture.notes, "narrow range")
    np.testing.assert_array_equal(to_full_range(pixels), picture.pixels)
    again = read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels))
    assert again.container.png_chunks == ((b"cICP", bytes([12, 13, 0, 1])),)
    np.testing.assert_array_equal(again.pixels, picture.pixels)


def numbered(path: Path, pixels: np.ndarray, primaries: int, transfer: int, **options: object) -> Path:
    """An AVIF or HEIC with an nclx box of these numbers, which are patched in: the encoders write those of sRGB."""
    if path.suffix == ".heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.fromarray(pixels).save(path, quality=100, subsampling="4:4:4", **options)
    data = path.read_bytes()
    at = data.index(b"nclx") + 4
    path.write_bytes(data[:at] + struct.pack(">2H", primaries, transfer) + data[at + 4 :])
    return path


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
def test_nclx_is_read_and_kept(suffix: str, tmp_path: Path) -> None:
    """Oracle: the same pixels with the profile embedded."""
    picture = read_picture(numbered(tmp_path / f"a{suffix}", scene(64, 96), 12, 13))
    assert profile_name(picture.icc) == "Display P3" and picture.container.colour_tag == "nclx"
    assert picture.container.colour_numbers is not None and picture.container.colour_numbers[:2] == (12, 13)
    tagged = to_profile(picture.pixels / 255.0, display_p3(), None)
    assert np.abs(shown(picture) - tagged).max() < 0.5 / 255
    written = write_picture(tmp_path / f"b{suffix}", picture, picture.pixels)
    again = read_picture(written)
    assert again.icc == picture.icc
    if suffix == ".heic":
        assert (
            again.container.colour_numbers == picture.container.colour_numbers and b"prof" not in written.read_bytes()
        )
    else:
        assert has(losses(written, picture), "nclx")
    assert read_picture(write_picture(tmp_path / "b.png", picture, picture.pixels)).icc == picture.icc


@pytest.mark.parametrize(
    ("suffix", "primaries", "transfer"),
    [(s, *n) for s in (".avif", ".heic") for n in ((1, 13), (2, 2), (2, 13))] + [(".avif", 3, 13), (".avif", 12, 77)],
)
def test_nclx_that_says_srgb_or_nothing(suffix: str, primaries: int, transfer: int, tmp_path: Path) -> None:
    """Reserved numbers say nothing; libheif refuses files that have them."""
    picture = read_picture(numbered(tmp_path / f"a{suffix}", scene(64, 96), primaries, transfer))
    assert picture.icc is None and has(picture.notes, "without a meaning") == (primaries == 3 or transfer == 77)


def test_an_embedded_profile_goes_before_nclx(tmp_path: Path) -> None:
    """ISO/IEC 23000-22, 7.3.6.4."""
    path = numbered(tmp_path / "a.avif", scene(64, 96), 9, 14, icc_profile=display_p3())
    assert read_picture(path).icc == display_p3()


@pytest.mark.parametrize("range_", ["full", "limited"])
def test_matrix_and_range_of_avif_are_the_decoders_business(range_: str, tmp_path: Path) -> None:
    """Oracle: FFmpeg's decoder, with the matrix and the range that the file is tagged with."""
    import av

    from studio.media.clips.color import decoding_matrix

    pixels = np.asarray(Image.fromarray(scene(64, 96)).resize((96, 64), Image.Resampling.BICUBIC))
    Image.fromarray(pixels).save(tmp_path / "a.avif", quality=100, subsampling="4:4:4", range=range_)
    with av.open(str(tmp_path / "a.avif")) as file:
        frame = next(file.decode(video=0))
        planes = np.stack([frame.to_ndarray()[i] for i in range(3)], -1).astype(np.float64)
        codes = decoding_matrix(int(frame.colorspace), int(frame.color_range) == 2, 8)
    wanted = (planes @ codes[:, :3].T + codes[:, 3]).clip(0, 1)
    error = np.abs(read_picture(tmp_path / "a.avif").pixels - wanted * 255)
    assert error.mean() < 0.75 and error.max() < 3, "libyuv's integers are two codes off at most"


ADOBE_PAIRS = ((0.3127, 0.3290), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))


def test_colour_tags_of_tiff(tmp_path: Path) -> None:
    """TIFF 6.0, section 20. Oracle: the same pixels with a profile of these numbers."""

    def ratios(*pairs: tuple[float, float]) -> tuple[int, ...]:
        return tuple(v for pair in pairs for each in pair for v in (round(each * 10000), 10000))

    table = np.rint(np.linspace(0, 1, 256) ** 1.8 * 65535).astype(np.uint16)
    white = (318, 5, 2, ratios(ADOBE_PAIRS[0]), True)
    primaries = (319, 5, 6, ratios(*ADOBE_PAIRS[1:]), True)
    curve = (301, 3, 768, tuple(map(int, np.tile(table, 3))), True)
    for tags, tone in (([white, primaries, curve], TableCurve(table / 65535)), ([white, primaries], None)):
        tifffile.imwrite(tmp_path / "a.tif", scene(), photometric="rgb", extratags=tags)
        picture = read_picture(tmp_path / "a.tif")
        from reswd_torch.profiles.curves import SRGB_CURVE

        oracle = write_profile("x", ADOBE_PAIRS[1:], ADOBE_PAIRS[0], tone or SRGB_CURVE)
        np.testing.assert_allclose(shown(picture), to_profile(picture.pixels / 255.0, oracle, None), atol=1e-6)
        assert (
            read_picture(write_picture(tmp_path / "b.tif", picture, picture.pixels, overwrite=True)).icc == picture.icc
        )
    srgb = [(318, 5, 2, ratios(D65), True), (319, 5, 6, ratios(*SRGB_PRIMARIES), True)]
    tifffile.imwrite(tmp_path / "a.tif", scene(), photometric="rgb", extratags=srgb)
    assert read_picture(tmp_path / "a.tif").icc is None
    nonsense = [(318, 5, 2, (1, 0, 1, 0), True), (319, 5, 6, (0, 1) * 6, True), (301, 3, 5, (1, 2, 3, 4, 5), True)]
    for tag in nonsense:
        tifffile.imwrite(tmp_path / "a.tif", scene(), photometric="rgb", extratags=[tag])
        picture = read_picture(tmp_path / "a.tif")
        assert picture.icc is None and has(picture.notes, "left out")


def adobe_exif(space: int, index: str | None) -> bytes:
    exif = Image.Exif()
    inner = exif.get_ifd(0x8769)
    inner[0xA001] = space
    exif[0x8769] = inner
    if index is not None:
        inner[0xA005] = {1: index}
    return exif.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
@pytest.mark.parametrize(
    ("space", "index", "is_adobe"), [(0xFFFF, "R03", True), (2, None, True), (0xFFFF, None, False), (1, "R98", False)]
)
def test_adobe_rgb_by_exif(suffix: str, space: int, index: str | None, is_adobe: bool, tmp_path: Path) -> None:
    """DCF 2.0: an uncalibrated picture with the index R03 is Adobe RGB. Oracle: a profile of its specification's numbers."""
    Image.fromarray(scene()).save(tmp_path / f"a{suffix}", exif=adobe_exif(space, index), quality=100)
    picture = read_picture(tmp_path / f"a{suffix}")
    assert (picture.icc is not None) == is_adobe
    if is_adobe:
        assert profile_name(picture.icc) == "Adobe RGB (1998) compatible"
        oracle = write_profile("x", ADOBE_PAIRS[1:], ADOBE_PAIRS[0], ParametricCurve(2.19921875))
        np.testing.assert_allclose(shown(picture), to_profile(picture.pixels / 255.0, oracle, None), atol=1e-6)
        assert read_picture(write_picture(tmp_path / f"b{suffix}", picture, picture.pixels)).icc == picture.icc
    Image.fromarray(scene()).save(tmp_path / f"c{suffix}", exif=adobe_exif(space, index), icc_profile=display_p3())
    assert read_picture(tmp_path / f"c{suffix}").icc == display_p3()


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("kind", ["cICP", "avif", "heic", "icc.jpg", "icc.png", "icc16.png", "icc.tif", "icc.webp"])
def test_hdr_is_refused_by_every_reader_but_as_a_mask(kind: str, transfer: int, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind.split('.')[-1]}"
    if kind == "cICP":
        png(path := tmp_path / "a.png", scene(), (b"cICP", bytes([9, transfer, 0, 1])))
    elif kind in ("avif", "heic"):
        numbered(path, scene(64, 96), 9, transfer)
    elif kind == "icc16.png":
        write_picture(path, source(scene(dtype=np.uint16), icc=hdr_profile(transfer)), scene(dtype=np.uint16))
    else:
        Image.fromarray(scene()).save(path, icc_profile=hdr_profile(transfer))
    named = "PQ" if transfer == 16 else "HLG"
    for call in (read_picture, read_reduced):
        refused(path, f"is HDR ({named}", "convert it to SDR", call=call)
    with Image.open(path) as image:
        size = image.size[::-1]
    assert read_mask(path, size).shape == size
