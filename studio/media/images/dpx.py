"""DPX pictures (SMPTE ST 268-1): the code values are graded, and every field of the header is kept.

OpenImageIO decodes and encodes the codes; the header, which it knows only in part, is copied byte for byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.exr import check_unchanged
from studio.media.images.limits import Limits
from studio.media.images.openimageio import failed, opened, opened_to_write
from studio.media.images.picture import Container, Decoded, Picture, Stored
from studio.media.images.refuse import check_size, damaged
from studio.media.images.scene import encoding_of_dpx

_HEADER = 2048  # bytes of the generic and the industry headers
_RGB, _RGBA, _ABGR = 50, 51, 52
_DESCRIBED = {
    0: "user-defined samples",
    1: "red alone",
    2: "green alone",
    3: "blue alone",
    4: "alpha alone",
    6: "luma alone",
}
_DESCRIBED |= {
    7: "chroma alone",
    8: "depth alone",
    9: "composite video",
    100: "Y'CbCr 4:2:2",
    101: "Y'CbCr 4:2:2 with alpha",
}
_DESCRIBED |= {102: "Y'CbCr 4:4:4", 103: "Y'CbCr 4:4:4 with alpha"}
_BITS = (8, 10, 12, 16)


@dataclass(frozen=True)
class Header:
    """The fields of a header that say where and how the codes are stored.

    Attributes:
        order: of its bytes, as :mod:`struct` has it.
        offset: bytes before the codes.
        width: codes of a row.
        height: rows.
        orientation: 0 for rows from the left and from the top down.
        elements: how many images the file holds beside one another.
        signed: whether the codes have a sign.
        descriptor: what the components of a pixel are; 50 is R, G, B.
        transfer: the transfer characteristic, 255 where it is not set.
        bits: of a component.
        packing: how components are put into words.
        encoding: 1 for run lengths.
        padding: bytes behind each row.
    """

    order: str
    offset: int
    width: int
    height: int
    orientation: int
    elements: int
    signed: bool
    descriptor: int
    transfer: int
    bits: int
    packing: int
    encoding: int
    padding: int

    @property
    def layout(self) -> tuple[object, ...]:
        """All that the bytes of the codes depend on."""
        return (
            self.order,
            self.width,
            self.height,
            self.descriptor,
            self.bits,
            self.packing,
            self.encoding,
            self.padding,
        )


def read_dpx_header(path: Path) -> Header:
    """Read the fields by their places in ST 268-1. Raises InputError for a file that is too short to have them."""
    with path.open("rb") as stream:
        data = stream.read(_HEADER)
    order = ">" if data[:4] == b"SDPX" else "<"
    try:
        (offset,) = struct.unpack_from(f"{order}I", data, 4)
        orientation, elements, width, height, signed = struct.unpack_from(f"{order}2H3I", data, 768)
        descriptor, transfer, _, bits = struct.unpack_from("4B", data, 800)
        packing, encoding, _, padding = struct.unpack_from(f"{order}2H2I", data, 804)
    except struct.error as error:
        raise damaged(path) from error
    # A field that is not set has all bits 1.
    orientation = 0 if orientation == 0xFFFF else orientation
    padding, signed = (0 if each == 0xFFFFFFFF else each for each in (padding, signed))
    packing, encoding = (0 if each == 0xFFFF else each for each in (packing, encoding))
    return Header(
        order,
        offset,
        width,
        height,
        orientation,
        elements,
        signed == 1,
        descriptor,
        transfer,
        bits,
        packing,
        encoding,
        padding,
    )


def decode_dpx(path: Path, limits: Limits) -> Decoded:
    """Decode the codes of a DPX with R, G, B and perhaps alpha of 8, 10, 12 or 16 bits.

    Args:
        path: the file.
        limits: the most that may be decoded; the header is checked against it first.

    Returns:
        Pixels as stored, not turned: uint8 of 8 bits, else uint16 over its whole range; 10 and 12 bits are filled up with their
        own highest bits, so that the way back is exact.

    Raises:
        InputError: OpenImageIO is not installed; the file is damaged or too large, or holds something else.
    """
    header, state = read_dpx_header(path), path.stat()
    check_size(path, header.width, header.height, limits.of("DPX"))
    _refuse_unreadable(path, header, state.st_size)
    encoding = encoding_of_dpx(header.transfer)
    form = "uint8" if header.bits == 8 else "uint16"
    with opened(path, "dpx") as reader:
        spec = reader.spec()
        if (spec.width, spec.height, spec.nchannels) != (header.width, header.height, _channels(header)):
            raise damaged(path)
        values = reader.read_image(0, 0, 0, spec.nchannels, form)
        if values is None:
            reader.geterror()
            raise damaged(path)
    places = [spec.channelnames.index(name) for name in "RGB"]
    alpha = np.ascontiguousarray(values[..., spec.channelnames.index("A")]) if spec.nchannels == 4 else None
    container = Container(
        "DPX", assumed=encoding.notes, stored=Stored(state.st_size, state.st_mtime_ns, bits=header.bits)
    )
    notes = list(encoding.notes)
    if header.orientation:
        notes.append("its rows are stored turned or mirrored, and stay so")
    return Decoded(np.ascontiguousarray(values[..., places]), alpha, encoding.icc, container, notes=notes)


def _channels(header: Header) -> int:
    return 3 if header.descriptor == _RGB else 4


def _refuse_unreadable(path: Path, header: Header, size: int) -> None:
    if header.elements != 1:
        raise InputError(f"{path}: a DPX of {header.elements} image elements is not read: write them as one of R, G, B")
    if header.descriptor not in (_RGB, _RGBA, _ABGR):
        what = _DESCRIBED.get(header.descriptor, f"samples of kind {header.descriptor}")
        raise InputError(f"{path}: this DPX holds {what} and no R, G, B: write it as RGB first")
    if header.bits not in _BITS or header.signed:
        kind = "signed " if header.signed else ""
        raise InputError(f"{path}: a DPX of {kind}{header.bits} bits is not read: write it with 8, 10, 12 or 16 bits")
    if (
        header.bits == 10 and header.width * _channels(header) % 3
    ):  # OpenImageIO 3.2 reads the last codes of each row as 0
        raise InputError(
            f"{path}: a DPX of 10 bits with alpha is only read in widths of threes: write it as RGB, or with 16 bits"
        )
    codes = header.width * header.height * _channels(header)
    if not header.encoding and header.offset + codes * header.bits // 8 > size:
        raise damaged(path)


def _to_codes(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Values over the whole of 16 bits, rounded to those that stand for codes of ``bits`` bits."""
    if bits in (8, 16):
        return pixels
    top = np.uint32((1 << bits) - 1)
    codes = (pixels.astype(np.uint32) * top + 32767) // 65535
    return np.asarray((codes << (16 - bits)) | (codes >> (2 * bits - 16)), np.uint16)


def write_dpx(path: Path, picture: Picture, pixels: np.ndarray) -> None:
    """Write graded codes in a copy of the source's file: its depth, packing, order of bytes, and header.

    Args:
        path: where the file goes; anything there is replaced.
        picture: the source, as :func:`decode_dpx` reads it; its file must still be there, as it was.
        pixels: (H, W, 3) of its size and dtype.

    Raises:
        InputError: the source's file has changed or is gone.
        OSError: the file cannot be written.
    """
    stored = picture.container.stored
    assert stored is not None, "a picture that was read from a DPX"
    check_unchanged(picture.path, stored)
    with opened(picture.path, "dpx") as reader:
        spec = reader.spec()
    spec.attribute("oiio:Endian", "big" if read_dpx_header(picture.path).order == ">" else "little")
    values = np.empty((spec.height, spec.width, spec.nchannels), pixels.dtype)
    planes = {"R": pixels[..., 0], "G": pixels[..., 1], "B": pixels[..., 2], "A": picture.alpha}
    for place, name in enumerate(spec.channelnames):
        values[..., place] = planes[name]
    with opened_to_write(path, "dpx", (spec,)) as writer:
        if not writer.write_image(_to_codes(values, stored.bits)):
            raise failed(writer)
    if path.stat().st_size != _stated_size(path):  # the system may refuse the last bytes when the file is closed
        raise OSError("the end of the file is missing: is the disk full?")
    _copy_header(picture.path, path)


def _stated_size(path: Path) -> int:
    """Field 5 of a header, the bytes of the whole file."""
    with path.open("rb") as stream:
        data = stream.read(20)
    return int(struct.unpack_from(">I" if data[:4] == b"SDPX" else "<I", data, 16)[0])


def _copy_header(source: Path, written: Path) -> None:
    """Put the source's header in place of OpenImageIO's, where the codes behind it are laid out as it says."""
    old, new = read_dpx_header(source), read_dpx_header(written)
    with source.open("rb") as stream:
        header = stream.read(min(old.offset, new.offset))
    with written.open("r+b") as stream:
        if old.layout == new.layout and old.offset == new.offset and not old.encoding:
            stream.write(header)
        else:  # the name in field 4 is that of the temporary file, which is another one each time
            stream.seek(36)
            stream.write(header[36:136])
