"""PNG files: transparent colours, and the chunks beside the pixels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.media.images import (
    read_picture,
    write_picture,
)
from tests.studio.media.images.conftest import scene, source
from tests.studio.media.images.profiles_for_tests import display_p3


@pytest.mark.parametrize("mode", ["RGB", "L", "RGB16"])
def test_transparent_colour(mode: str, tmp_path: Path) -> None:
    pixels = np.array([[[10, 20, 30], [40, 50, 60]]], np.uint8)
    if mode == "RGB16":
        write_picture(tmp_path / "a.png", source(pixels), pixels.astype(np.uint16) * 257)
        plain = (tmp_path / "a.png").read_bytes()
        body = b"tRNS" + struct.pack(">HHH", 2570, 5140, 7710)
        chunk = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
        (tmp_path / "a.png").write_bytes(plain[:33] + chunk + plain[33:])
    else:
        image = Image.fromarray(pixels) if mode == "RGB" else Image.fromarray(pixels[..., 0].copy())
        image.save(tmp_path / "a.png", transparency=(10, 20, 30) if mode == "RGB" else 10)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None and (picture.alpha > 0).tolist() == [[False, True]]
    assert picture.pixels[0, 1, 0] == 40 * (257 if mode == "RGB16" else 1)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_transparent_level_of_few_bits(depth: int, tmp_path: Path) -> None:
    """A PNG of one row that holds every level once, of which the last but one is transparent (PNG, third edition, 11.3.1.1)."""
    many = 2**depth
    bits = "".join(f"{level:0{depth}b}" for level in range(many)).ljust(8, "0")
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", many, 1, depth, 0, 0, 0, 0)), (b"tRNS", struct.pack(">H", many - 2))]
    chunks += [(b"IDAT", zlib.compress(row)), (b"IEND", b"")]
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[0 if level == many - 2 else 255 for level in range(many)]]
    assert picture.pixels[0, :, 0].tolist() == [level * 255 // (many - 1) for level in range(many)]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_text_resolution_and_colour_chunks_are_kept(dtype: type, tmp_path: Path) -> None:
    pixels = scene(dtype=dtype)
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "A title")
    text.add_itxt("Note", "Grüße", "de", "Notiz")
    text.add_text("Long", "x" * 999, zip=True)
    text.add(b"gAMA", (45455).to_bytes(4, "big"))
    text.add(b"tIME", b"\7\xe9\1\1\0\0\0")
    donor = tmp_path / "donor.png"
    Image.new("RGB", (2, 2)).save(donor, pnginfo=text, dpi=(300, 300), icc_profile=display_p3())
    labels = read_picture(donor)
    write_picture(tmp_path / "a.png", source(pixels, icc=display_p3(), container=labels.container), pixels)
    picture = read_picture(tmp_path / "a.png")
    with Image.open(write_picture(tmp_path / "b.png", picture, pixels)) as out:
        out.load()
        assert out.text == {"Title": "A title", "Note": "Grüße", "Long": "x" * 999}
        assert out.info["gamma"] == pytest.approx(0.45455)
        assert out.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert out.info["icc_profile"] == display_p3()
    kinds = [kind for kind, _ in read_picture(tmp_path / "b.png").container.png_chunks]
    assert sorted(kinds) == sorted(set(kinds) | {b"tEXt"}) and b"tIME" not in kinds


@pytest.mark.parametrize("compressed", [False, True])
def test_long_text_is_kept(compressed: bool, tmp_path: Path) -> None:
    """XMP and the settings of generators grow beyond the MiB at which Pillow stops reading."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "x" * (2 << 20), zip=compressed)
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png", pnginfo=text)
    picture = read_picture(tmp_path / "a.png")
    written = write_picture(tmp_path / "b.png", picture, picture.pixels)
    with Image.open(written) as out:
        assert len(out.text["parameters"]) == 2 << 20


@pytest.mark.parametrize("profile", ["zz not hexadecimal", "00 11 22"])
def test_odd_exif_in_text_costs_the_exif_alone(profile: str, tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n      30\n{profile}\n")
    Image.new("RGB", (3, 2), (10, 20, 30)).save(tmp_path / "a.png", pnginfo=text)
    picture = read_picture(tmp_path / "a.png")
    assert picture.pixels[0, 0].tolist() == [10, 20, 30]
    assert picture.container.exif is None
