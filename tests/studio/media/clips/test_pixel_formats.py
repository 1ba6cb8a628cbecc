"""Every pixel format that FFmpeg names is read as what it is, or refused.

Oracles: frames whose bytes are laid here by the description of their format (libavutil/pixfmt.h), with the matrices of BT.601;
and FFmpeg's own scaler, which fills the formats that are tedious to lay.
"""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from av import VideoFormat, VideoFrame
from av.video.format import names

from studio.media.clips.color import FrameColors
from studio.media.clips.pixel_formats import (
    depth_of,
    has_alpha,
    is_grey,
    is_transparent,
    nearest_format,
    planar,
    refusal,
)
from studio.media.clips.tags import read_tags

SIZE = (36, 64)
NOTHING = SimpleNamespace(colorspace=2, color_range=0, color_primaries=2, color_trc=2)
READ = sorted(name for name in names if refusal(name) is None)
COARSE = {"bgr8": 100, "rgb8": 100, "bgr4_byte": 255, "rgb4_byte": 255, "monob": 255, "monow": 255}
"""Formats whose few codes lie this far apart, in 1/255; all others lie within 20."""
NOT_FILLED = {"uyyvyy411", "pal8"} | {name for name in READ if name.startswith("gbrap1")}
"""Formats that FFmpeg's scaler does not write, or spoils; all but the first are laid by hand below."""


def soft() -> np.ndarray:
    """(H, W, 3) uint16: smooth, so that coarse chroma loses nothing."""
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]] / max(SIZE)
    return np.rint(np.stack([0.2 + 0.6 * columns, 0.3 + 0.5 * rows, 0.8 - 0.6 * columns], -1) * 65535).astype(np.uint16)


def laid(name: str, *planes: np.ndarray, order: str = "<") -> VideoFrame:
    """A frame whose planes hold these codes; packed ones are given as (H, W * samples)."""
    frame = VideoFrame(SIZE[1], SIZE[0], name)
    dtype = np.dtype(np.uint8 if max(part.bits for part in frame.format.components) <= 8 else f"{order}u2")
    for plane, codes in zip(frame.planes, planes, strict=False):
        rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
        rows[:, : codes.shape[1]] = codes
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return frame


def colors_of(frame: VideoFrame, out: str = "rgba64le") -> FrameColors:
    return FrameColors(read_tags(frame, NOTHING), frame.format.name, SIZE, out, 0)


def seen(frame: VideoFrame) -> np.ndarray:
    """Its pixels as (H, W, 3) float, 0..1."""
    pixels = colors_of(frame).pixels(frame)
    return pixels / np.iinfo(pixels.dtype).max


@pytest.mark.parametrize("name", [name for name in READ if name not in NOT_FILLED])
def test_every_format_that_is_read_shows_the_picture(name: str) -> None:
    given = VideoFrame.from_ndarray(soft(), format="rgb48le")
    matrix = {} if VideoFormat(name).is_rgb else {"dst_colorspace": 5, "dst_color_range": 1}
    wide = VideoFrame.from_ndarray(np.dstack([soft(), np.full(SIZE, 65535, np.uint16)]), format="rgba64le")
    frame = (wide if has_alpha(name) else given).reformat(format=name, **matrix)
    wanted = np.repeat((soft() @ [0.299, 0.587, 0.114])[..., None] / 65535, 3, -1) if is_grey(name) else soft() / 65535
    assert np.abs(seen(frame) - wanted).max() * 255 < COARSE.get(name, 20)
    assert np.abs((seen(frame) - wanted).mean((0, 1))).max() * 255 < (128 if COARSE.get(name) == 255 else 20)


@pytest.mark.parametrize("name", sorted(set(names) - set(READ)))
def test_what_is_refused_says_why(name: str) -> None:
    assert any(word in str(refusal(name)) for word in ("cannot be read", "sensor", "cinema", "beyond black and white"))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("order", ["le", "be"])
def test_planar_rgb_with_alpha_is_exact(bits: int, order: str) -> None:
    name = "gbrap" if bits == 8 else f"gbrap{bits}{order}"
    codes = np.random.default_rng(bits).integers(0, 2**bits, (4, *SIZE))
    frame = laid(name, *codes, order="<" if order == "le" else ">")
    assert is_transparent(frame)
    green, blue, red = codes[:3] / (2**bits - 1)
    assert np.abs(seen(frame) - np.stack([red, green, blue], -1)).max() < 0.51 / (255 if bits == 8 else 65535)
    out = planar(True, bits, alpha=True)
    alpha = colors_of(frame, out).alpha(frame)
    assert alpha is not None and np.array_equal(alpha, codes[3])
    back = colors_of(frame, out).frame(colors_of(frame).pixels(frame), frame, alpha)
    dtype = np.uint8 if bits == 8 else np.uint16
    returned = [np.frombuffer(memoryview(plane), dtype).reshape(SIZE[0], -1)[:, : SIZE[1]] for plane in back.planes]
    assert back.format.name == out and np.array_equal(np.stack(returned), codes)


def test_a_palette_becomes_its_colours() -> None:
    random = np.random.default_rng(3)
    palette = random.integers(0, 2**24, 256, np.uint32)
    index = random.integers(0, 256, SIZE)
    frame = laid("pal8", index)
    np.frombuffer(memoryview(frame.planes[1]), np.uint32)[:] = palette | 0xFF000000
    wanted = np.stack([palette >> 16 & 255, palette >> 8 & 255, palette & 255], -1)[index]
    assert np.array_equal(np.rint(seen(frame) * 255), wanted)
    assert not is_transparent(frame) and colors_of(frame).alpha(frame) is None


def test_a_palette_may_be_transparent() -> None:
    index = np.tile(np.arange(SIZE[1]) % 4, (SIZE[0], 1))
    frame = laid("pal8", index)
    colours = np.frombuffer(memoryview(frame.planes[1]), np.uint32)
    colours[:] = 0xFF102030
    colours[9] = 0  # no pixel uses it
    assert not is_transparent(frame)
    colours[2] = 0x40102030
    assert is_transparent(frame)
    alpha = colors_of(frame, "rgba").alpha(frame)
    assert alpha is not None and np.array_equal(alpha, np.where(index == 2, 0x40, 255))
    colours[:] = 0x00102030  # as decoders leave it that know of no alpha
    assert not is_transparent(frame)


@pytest.mark.parametrize(("name", "bits"), [("gray", 8), ("gray10le", 10), ("gray12le", 12), ("gray16le", 16)])
@pytest.mark.parametrize("range_", [0, 1, 2])
def test_grey_is_full_unless_it_is_tagged_limited(name: str, bits: int, range_: int) -> None:
    codes = np.tile(np.linspace(0, 2**bits - 1, SIZE[1]).round().astype(int), (SIZE[0], 1))
    frame = laid(name, codes)
    frame.color_range = range_
    step = 2 ** (bits - 8)
    value = (codes - 16 * step) / (219 * step) if range_ == 1 else codes / (2**bits - 1)
    assert np.abs(seen(frame) - np.clip(value, 0, 1)[..., None]).max() < 0.51 / (255 if bits == 8 else 65535)


def test_black_and_white() -> None:
    bits = np.tile(np.array([0b10110001], np.uint8), (SIZE[0], SIZE[1] // 8))
    white = np.unpackbits(bits, axis=1)[..., None]
    assert np.array_equal(np.broadcast_to(white, (*SIZE, 3)), seen(laid("monob", bits)))
    assert np.array_equal(np.broadcast_to(1 - white, (*SIZE, 3)), seen(laid("monow", bits)))


PACKED = {"rgba": 3, "bgra": 3, "argb": 0, "abgr": 0, "ya8": 1, "rgba64le": 3, "bgra64le": 3, "ya16le": 1}


@pytest.mark.parametrize("name", PACKED)
def test_packed_alpha_is_exact(name: str) -> None:
    samples = len(VideoFormat(name).components)
    top = 255 if depth_of(VideoFormat(name)) == 8 else 65535
    codes = np.random.default_rng(1).integers(0, top + 1, (SIZE[0], SIZE[1] * samples))
    frame = laid(name, codes)
    alpha = colors_of(frame, "rgba" if top == 255 else "rgba64le").alpha(frame)
    assert alpha is not None and np.array_equal(alpha, codes.reshape(*SIZE, samples)[..., PACKED[name]])


@pytest.mark.parametrize(
    ("wanted", "alpha", "offered", "nearest"),
    [
        ("yuva444p10le", True, ["yuv422p10le", "yuv444p10le", "yuva444p10le"], "yuva444p10le"),
        ("yuva444p10le", False, ["yuv422p10le", "yuva444p10le", "yuv444p10le"], "yuv444p10le"),
        ("yuva420p", True, ["yuv420p", "yuv444p"], "yuv420p"),  # none offered: the note says so
        ("pal8", False, ["pal8", "rgb24", "rgba"], "rgb24"),  # a grade makes other colours
        ("pal8", True, ["pal8", "rgb24", "rgba"], "rgba"),
        ("rgb555le", False, ["rgb555le", "bgr0"], "bgr0"),
        ("gray", False, ["gray", "rgb24"], "rgb24"),
        ("monow", False, ["monow", "gray", "yuv444p"], "yuv444p"),
        ("gbrap12le", True, ["yuv422p10le", "gbrp12le", "gbrap12le"], "gbrap12le"),
    ],
)
def test_the_format_that_keeps_alpha_and_colours(wanted: str, alpha: bool, offered: list[str], nearest: str) -> None:
    assert nearest_format(wanted, offered, alpha=alpha) == nearest
