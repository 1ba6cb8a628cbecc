"""EXR and DPX files for the tests, made on the spot by OpenImageIO, and their headers as bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from reswd_torch.grade import Cdl, Grade
from studio.media.images import read_picture, write_picture
from studio.service.render import render

WIDTH, HEIGHT = 70, 41
WARMER = Grade(Cdl(slope=(1.3, 1.0, 0.8), offset=(-0.05, 0.0, 0.02), power=(1.1, 1.0, 0.9), saturation=1.2))
NOTHING = Grade(Cdl(slope=(1.3, 1.0, 0.8)), strength=0.0)


def light(channels: int = 3, seed: int = 0) -> np.ndarray:
    """(HEIGHT, WIDTH, channels) float32: scene-linear light with values below 0 and far above 1, as half holds them."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(-1.5, 1.5, (HEIGHT, WIDTH, channels)) - 0.05
    return values.astype(np.float16).astype(np.float32)


@dataclass
class ExrPart:
    """A part to be written."""

    values: np.ndarray
    channels: Sequence[str] = ("R", "G", "B")
    kinds: Sequence[str] = ("half", "half", "half")
    tile: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    origin: tuple[int, int] = (0, 0)
    display: tuple[int, int, int, int] | None = None
    """x, y, width and height of the display window."""


def exr(path: Path, *parts: ExrPart) -> Path:
    """Write an EXR of these parts."""
    specs = []
    for part in parts:
        height, width, count = part.values.shape
        spec = oiio.ImageSpec(width, height, count, oiio.TypeDesc(part.kinds[0]))
        spec.channelnames = tuple(part.channels)
        if len({*part.kinds}) > 1:
            spec.channelformats = tuple(oiio.TypeDesc(kind) for kind in part.kinds)
        spec.x, spec.y = part.origin
        spec.full_x, spec.full_y, spec.full_width, spec.full_height = part.display or (*part.origin, width, height)
        spec.tile_width = spec.tile_height = part.tile
        spec.attribute("DateTime", "")
        for name, value in part.attributes.items():
            kind = (oiio.TypeDesc(f"float[{len(value)}]"),) if isinstance(value, tuple) else ()
            spec.attribute(name, *kind, value)
        specs.append(spec)
    writer = oiio.ImageOutput.create("openexr")
    assert writer.open(str(path), tuple(specs)) if len(specs) > 1 else writer.open(str(path), specs[0])
    for number, (part, spec) in enumerate(zip(parts, specs, strict=True)):
        assert not number or writer.open(str(path), spec, "AppendSubimage")
        assert writer.write_image(np.ascontiguousarray(part.values)), writer.geterror()
    assert writer.close()
    return path


def plain_exr(path: Path, **attributes: Any) -> Path:
    """An EXR of three half channels."""
    return exr(path, ExrPart(light(), attributes=attributes))


def channels_of(path: Path, part: int = 0) -> dict[str, np.ndarray]:
    """Every channel of a part, in its own kind."""
    reader = oiio.ImageInput.open(str(path))
    assert reader.seek_subimage(part, 0)
    spec = reader.spec()
    kinds = spec.channelformats or (spec.format,) * spec.nchannels
    return {
        name: reader.read_image(part, 0, place, place + 1, str(kinds[place]))[..., 0]
        for place, name in enumerate(spec.channelnames)
    }


def header_bytes(path: Path) -> bytes:
    """All of an EXR up to the table of its chunks."""
    data = path.read_bytes()
    several = struct.unpack_from("<I", data, 4)[0] & 0x1000
    at = 8
    while True:
        begin = at
        while data[at]:
            at = data.index(0, data.index(0, at) + 1) + 1
            at += 4 + struct.unpack_from("<I", data, at)[0]
        at += 1
        if not several or at == begin + 1:
            return data[:at]


def with_attribute(path: Path, name: str, kind: str, value: bytes) -> Path:
    """Put one more attribute at the end of the header of a one-part EXR, and correct the places of its chunks."""
    data, head = path.read_bytes(), header_bytes(path)
    more = name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value
    (first,) = struct.unpack_from("<Q", data, len(head))
    count = (first - len(head)) // 8
    places = np.frombuffer(data, "<u8", count, len(head)) + np.uint64(len(more))
    path.write_bytes(head[:-1] + more + b"\0" + places.tobytes() + data[len(head) + 8 * count :])
    return path


def dpx(path: Path, bits: int = 10, channels: int = 3, **attributes: Any) -> Path:
    """A DPX of three or four channels with every code of 10 bits in it."""
    codes = np.random.default_rng(1).integers(0, 1 << bits, (HEIGHT, WIDTH, channels))
    codes.reshape(-1)[: 1 << min(bits, 12)] = np.arange(1 << min(bits, 12))
    values = (codes << (16 - bits) | codes >> (2 * bits - 16)).astype(np.uint16) if bits > 8 else codes.astype(np.uint8)
    spec = oiio.ImageSpec(WIDTH, HEIGHT, channels, oiio.UINT8 if bits == 8 else oiio.UINT16)
    spec.attribute("oiio:BitsPerSample", bits)
    for name, value in attributes.items():
        spec.attribute(name, value)
    writer = oiio.ImageOutput.create("dpx")
    assert writer.open(str(path), spec) and writer.write_image(values) and writer.close()
    return path


def patched(path: Path, *changes: tuple[int, bytes]) -> Path:
    """Put bytes at places of a file."""
    data = bytearray(path.read_bytes())
    for at, value in changes:
        data[at : at + len(value)] = value
    path.write_bytes(data)
    return path


def regraded(path: Path, grade: Grade = NOTHING, name: str | None = None) -> Path:
    """Read a picture, grade it and write it beside itself."""
    picture = read_picture(path)
    graded = render(picture.pixels, grade, multiplied_by=picture.multiplied_by)
    return write_picture(path.with_name(name or f"graded{path.suffix}"), picture, graded, overwrite=True)
