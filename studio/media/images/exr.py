"""OpenEXR pictures: the colours of one part are graded, and everything else is copied from the source's file.

OpenImageIO decodes and encodes. Beside the colours, channels go through it a band of rows at a time and are never all in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.exact import unusable
from studio.media.images.exr_header import Channel, Part, is_complete, read_header
from studio.media.images.limits import Limits
from studio.media.images.openimageio import failed, opened, opened_to_write
from studio.media.images.picture import Container, Decoded, Picture, Stored
from studio.media.images.refuse import check_size, damaged
from studio.media.images.scene import ACES_CHROMATICITIES, encoding_of_exr

_COLOURS = ("R", "G", "B")
_ALPHA = "A"
_MOST_PARTS, _MOST_CHANNELS = 1000, 1024
_MOST_SAMPLES = 4_000_000_000
"""Samples of all parts together, which are decoded and encoded again: a picture of 8K with 120 channels."""
_LOSSY = ("pxr24", "b44", "b44a", "dwaa", "dwab")
_BAND_ROWS = 256
_ACES_FLAG = "acesImageContainerFlag"
_CARRIED = frozenset(
    {
        "box2f", "box2i", "chlist", "chromaticities", "compression", "double", "float", "int", "keycode", "lineOrder", "m33d",
        "m33f", "m44d", "m44f", "rational", "string", "stringvector", "tiledesc", "timecode", "v2d", "v2f", "v2i", "v3d", "v3f",
        "v3i",
    }
)  # fmt: skip
"""Types of attributes that OpenImageIO writes as it has read them."""
_SHOWN = 8  # channels in a message before it says how many more


def decode_exr(path: Path, limits: Limits) -> Decoded:
    """Decode red, green, blue and alpha of the first part that has them.

    Args:
        path: the file.
        limits: the most that may be decoded; the header is checked against it first.

    Returns:
        Pixels of float16 where all three channels are half, else of float32; as stored, which by OpenEXR's rule is multiplied by
        alpha.

    Raises:
        InputError: OpenImageIO is not installed; the file is damaged or too large, has no part with colours, or is in an encoding
            that is not known.
    """
    parts = read_header(path)
    number = _chosen(path, parts)
    part = parts[number]
    check_size(path, part.width, part.height, limits.of("EXR"))
    _check_work(path, parts)
    encoding = encoding_of_exr(part)
    state = path.stat()
    kinds = {channel.name: channel.kind for channel in part.channels}
    wanted = [*_COLOURS, *([_ALPHA] if kinds.get(_ALPHA) in ("half", "float") else [])]
    form = "half" if all(kinds[name] == "half" for name in wanted) else "float"
    with opened(path, "openexr") as reader:
        if not reader.seek_subimage(number, 0):
            raise damaged(path)
        spec = reader.spec()
        places = [spec.channelnames.index(name) for name in wanted]
        first, last = min(places), max(places) + 1
        values = reader.read_image(number, 0, first, last, form)
        if values is None:
            reader.geterror()
            raise damaged(path)
    pixels = np.ascontiguousarray(values[..., [place - first for place in places[:3]]])
    alpha = np.ascontiguousarray(values[..., places[3] - first]) if len(places) > 3 else None
    if alpha is not None and bool((alpha == 1).all()):
        alpha = None  # an opaque picture; the channel is copied like all others
    container = Container(
        "EXR",
        lossless=part.compression not in _LOSSY,
        assumed=encoding.notes,
        associated=alpha is not None,
        stored=Stored(state.st_size, state.st_mtime_ns, number),
    )
    notes = [*encoding.notes, *_kept(parts, number)]
    if bad := unusable(pixels):
        notes.append(bad)
    return Decoded(pixels, alpha, encoding.icc, container, notes=notes)


def _chosen(path: Path, parts: tuple[Part, ...]) -> int:
    """The first part with colours. Raises InputError for files without one."""
    for number, part in enumerate(parts):
        kinds = {channel.name: channel for channel in part.channels}
        colours = [kinds.get(name) for name in _COLOURS]
        if not part.deep and all(each is not None and each.kind != "uint" and each.sampled for each in colours):
            return number
    if any(part.deep for part in parts):
        raise InputError(f"{path}: a deep EXR has any number of samples for a pixel: flatten it first")
    names = [_named(part, channel) for part in parts for channel in part.channels]
    if {"RY", "BY"} & {channel.name for part in parts for channel in part.channels}:
        raise InputError(f"{path}: its channels are luminance and chroma ({_listed(names)}): write it as R, G, B first")
    raise InputError(
        f"{path}: no part of this EXR has channels R, G and B of half or float; it has {_listed(names)}: "
        "write them as R, G, B first"
    )


def _named(part: Part, channel: Channel) -> str:
    name = part.text("name")
    return f"{name}: {channel.name}" if name else channel.name


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "none") + more


def _check_work(path: Path, parts: tuple[Part, ...]) -> None:
    """Refuse files of which a small one could hold work for hours, and those that OpenImageIO does not read."""
    sparse = [
        _named(part, channel) for part in parts if not part.deep for channel in part.channels if not channel.sampled
    ]
    if sparse:
        raise InputError(
            f"{path}: channels with fewer values than pixels are not read: {_listed(sparse)}; write them in full first"
        )
    most = max(len(part.channels) for part in parts)
    if len(parts) > _MOST_PARTS or most > _MOST_CHANNELS:
        raise InputError(
            f"{path}: {len(parts)} parts with up to {most} channels each, and the limit is {_MOST_PARTS} with {_MOST_CHANNELS}: "
            "split the file first"
        )
    samples = sum(part.width * part.height * len(part.channels) for part in parts if not part.deep)
    if samples > _MOST_SAMPLES:
        raise InputError(
            f"{path}: all parts and channels together hold {samples / 1e9:.1f} billion samples, and the limit is "
            f"{_MOST_SAMPLES / 1e9:.0f}: split the file first"
        )


def _kept(parts: tuple[Part, ...], number: int) -> list[str]:
    """Notes on what is graded of a file, and what is not kept."""
    part, notes = parts[number], []
    if len(parts) > 1:
        name = part.text("name")
        notes.append(
            f"part {number + 1} of {len(parts)}{f' ({name})' if name else ''} is graded, the others stay as they are"
        )
    if any(each.deep for each in parts):
        notes.append("deep parts are left out")
    if any(each.tile is not None and each.tile[2] for each in parts if not each.deep):
        notes.append("of each mipmap or ripmap only the largest picture is kept")
    if len({each.tile is None for each in parts if not each.deep}) > 1:
        notes.append("parts of tiles become parts of scan lines, as the file mixes both")
    if part.compression in _LOSSY:
        notes.append(f"its compression, {part.compression}, loses a little every time that it is written")
    if any(_is_loose_aces(each) for each in parts):
        notes.append(
            "acesImageContainerFlag is left out, as such files are not compressed; chromaticities say ACES AP0 instead"
        )
    lost = sorted(
        {name for each in parts if not each.deep for name, (kind, _) in each.attributes.items() if kind not in _CARRIED}
    )
    if lost:
        notes.append(f"attributes of rare types are left out: {_listed(lost)}")
    return notes


def write_exr(path: Path, picture: Picture, pixels: np.ndarray) -> None:
    """Write graded colours in a copy of the source's file: its parts, channels, attributes, windows and compression.

    Args:
        path: where the file goes; anything there is replaced.
        picture: the source, as :func:`decode_exr` reads it; its file must still be there, as it was.
        pixels: (H, W, 3) float16 or float32, of its size.

    Raises:
        InputError: the source's file has changed or is gone.
        OSError: the file cannot be written.
    """
    stored = picture.container.stored
    assert stored is not None, "a picture that was read from an EXR"
    check_unchanged(picture.path, stored)
    parts = read_header(picture.path)
    kept = [number for number, part in enumerate(parts) if not part.deep]
    mixed = len({parts[number].tile is None for number in kept}) > 1
    with opened(picture.path, "openexr") as reader:
        specs = [_spec(reader, number, parts[number], mixed=mixed) for number in kept]
        with opened_to_write(path, "openexr", tuple(specs)) as writer:
            for place, (number, spec) in enumerate(zip(kept, specs, strict=True)):
                if place and not writer.open(str(path), spec, "AppendSubimage"):
                    raise failed(writer)
                graded = pixels if number == stored.part else None
                for band in _bands(reader, number, spec, graded, picture.path):
                    _write(writer, spec, band)
    if not is_complete(path):
        raise OSError("the end of the file is missing: is the disk full?")


def check_unchanged(path: Path, stored: Stored) -> None:
    """Refuse to copy from a source whose file is another one by now.

    Raises:
        InputError: it is.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise InputError(f"{path}: it is gone, and the result is a graded copy of it: restore the file") from error
    if (state.st_size, state.st_mtime_ns) != (stored.size, stored.changed):
        raise InputError(f"{path}: it has changed since it was read: do it again")


def _spec(reader: Any, number: int, part: Part, *, mixed: bool) -> Any:
    """What OpenImageIO writes of a part, with nothing that it would add of its own."""
    if not reader.seek_subimage(number, 0):
        raise OSError("a part of the source cannot be read again")
    spec = reader.spec()
    if "capDate" not in part.attributes:
        spec.attribute("DateTime", "")  # without it OpenImageIO writes the time of day
    for name in (
        "openexr:chunkCount",
        "openexr:levelmode",
        "textureformat",
    ):  # what it has read, under a name of its own
        spec.erase_attribute(name)
    if _is_loose_aces(part):
        spec.erase_attribute(_ACES_FLAG)
        spec.attribute("chromaticities", type(spec.format)("float[8]"), ACES_CHROMATICITIES)
    if part.tile is None or mixed:
        spec.attribute("openexr:lineOrder", "increasingY")  # the order in which bands are written here
        spec.tile_width = spec.tile_height = spec.tile_depth = 0
    return spec


def _is_loose_aces(part: Part) -> bool:
    """Whether a part calls itself an ACES container and is compressed, which SMPTE ST 2065-4 forbids and OpenImageIO does not
    write."""
    return bool(part.number(_ACES_FLAG)) and part.compression != "none"


@dataclass(frozen=True)
class _Band:
    """Rows of all channels, from ``top`` up to ``bottom`` in the coordinates of the file."""

    top: int
    bottom: int
    values: np.ndarray


def _bands(reader: Any, number: int, spec: Any, graded: np.ndarray | None, source: Path) -> Iterator[_Band]:
    """The rows of a part from the source's file, with graded colours in place of its own."""
    rows = _BAND_ROWS if not spec.tile_height else -(-_BAND_ROWS // spec.tile_height) * spec.tile_height
    names, kinds = spec.channelnames, _kinds(spec)
    form = "half" if {*kinds} == {"half"} else "double" if "uint" in kinds else "float"
    places = [names.index(name) for name in _COLOURS] if graded is not None else []
    only_colours = graded is not None and len(names) == 3
    for top in range(0, spec.height, rows):
        bottom = min(top + rows, spec.height)
        start, stop = spec.y + top, spec.y + bottom
        if only_colours:
            assert graded is not None
            values = graded[top:bottom][..., [_COLOURS.index(name) for name in names]]
        else:
            read = _rows(reader, number, spec, start, stop, form)
            if read is None:
                raise damaged(source)
            values = np.asarray(read).reshape(bottom - top, spec.width, len(names))
            if graded is not None:
                values[..., places] = graded[top:bottom]
        yield _Band(start, stop, np.ascontiguousarray(values))


def _kinds(spec: Any) -> Sequence[str]:
    """The kind of each channel: ``half``, ``float`` or ``uint``."""
    formats = spec.channelformats or (spec.format,) * spec.nchannels
    return [str(each) for each in formats]


def _rows(reader: Any, number: int, spec: Any, start: int, stop: int, form: str) -> Any:
    reader.seek_subimage(number, 0)
    if reader.spec().tile_width:
        return reader.read_tiles(number, 0, spec.x, spec.x + spec.width, start, stop, 0, 1, 0, spec.nchannels, form)
    return reader.read_scanlines(number, 0, start, stop, 0, 0, spec.nchannels, form)


def _write(writer: Any, spec: Any, band: _Band) -> None:
    if spec.tile_width:
        done = writer.write_tiles(spec.x, spec.x + spec.width, band.top, band.bottom, 0, 1, band.values)
    else:
        done = writer.write_scanlines(band.top, band.bottom, 0, band.values)
    if not done:
        raise failed(writer)
