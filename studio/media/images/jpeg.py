"""Whether a JPEG holds all of its picture.

libjpeg fills what is missing with grey, and only warns; neither Pillow nor OpenCV pass the warning on. Here the markers are
walked (ITU-T T.81, annex B), and libjpeg is asked, through Pillow, in two ways that need no warning. See :func:`check_whole`.
"""

from __future__ import annotations

import hashlib
import io
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images.refuse import check_size, damaged

if TYPE_CHECKING:
    from PIL import Image

_SEQUENTIAL, _LOSSLESS, _PROGRESSIVE = (0xC0, 0xC1, 0xC9), (0xC3, 0xCB), (0xC2, 0xCA)
_ARITHMETIC = (0xC9, 0xCA, 0xCB)
_SOS, _EOI, _DRI = 0xDA, 0xD9, 0xDD
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # Huffman tables, reserved, arithmetic conditioning
_BARE = (0x01, *range(0xD0, 0xD9))  # markers without a segment
_TAIL = 64
"""Bytes at the end of a scan. Cameras leave some behind the last block, which harm nothing."""
_AHEAD = b"\xfe" * 8
"""libjpeg waits for as many bytes behind the last block. Ones, which begin the longest codes, come to no block of their own."""
_BAND_ROWS = 256  # rows that are looked at at a time
_FEW_SCANS, _MOST_WORK = 20, 2e9
"""Scans that a picture of any size may have, and scans times pixels that one with more may have: some two seconds."""
_MOST_RESTARTS = 1_000_000
_FEW_ZEROS, _MOST_IN_ONE = 64, 10
"""Bytes, and the blocks that may make up one of a scan with several components (T.81, B.2.3)."""


@dataclass(frozen=True)
class _Scan:
    """One scan.

    Attributes:
        components: their numbers.
        spectrum: the first and the last coefficient, and the lowest bit that it codes.
        interval: blocks between restarts; 0 for no restarts.
        start: the place of its entropy-coded data.
        end: the place of the marker behind them.
        restarts: the places of the restarts, and their numbers, 0..7.
    """

    components: bytes
    spectrum: tuple[int, int, int]
    interval: int
    start: int
    end: int
    restarts: list[tuple[int, int]]


@dataclass(frozen=True)
class _Layout:
    """What the markers of a JPEG say.

    Attributes:
        frame: the number of its start of frame, 0xC0..0xCF.
        bits: of each sample.
        size: width and height.
        sampling: horizontal and vertical sampling factors by component.
        scans: in the order of the file.
        end: the place behind the end of image.
        clean: whether nothing lies between the segments, nor behind the end.
    """

    frame: int
    bits: int
    size: tuple[int, int]
    sampling: dict[int, tuple[int, int]]
    scans: list[_Scan]
    end: int
    clean: bool


@dataclass(frozen=True)
class Checked:
    """What came of :func:`check_whole`.

    Attributes:
        notes: what the user should know.
        quiet: whether libjpeg has nothing to warn of, so that it may be called by a library that prints warnings.
        video: whether a video lies behind the picture, as in motion photos.
        at_once: bytes that libjpeg has to be given at once: all of an arithmetic file, whose decoding cannot wait; else 0.
        twins: two versions of the file that must decode to the same picture, which is still to be seen; empty if nothing is.
    """

    notes: list[str]
    quiet: bool
    video: bool
    at_once: int = 0
    twins: tuple[bytes, ...] = ()


def check_whole(path: Path, data: bytes, max_pixels: int) -> Checked:
    """Refuse a JPEG that lacks data of its picture, though it ends as it should.

    The numbers of restarts and of components follow from the header. What the entropy-coded data hold is found by libjpeg:

    - One sequential scan without restarts is decoded at 1/8 of its size and without the end of image, so that libjpeg waits for
      more data instead of filling in. If the last row does not come, data are missing.
    - Other files are decoded twice, with other bytes of chance in front of each marker. A decoder skips them where a segment is
      complete. Where one is not, they are taken for the missing data, and the pictures differ. A progressive picture has to be
      decoded as large as it is needed, which is therefore left to the caller: see :attr:`Checked.twins`.

    Args:
        path: the file, for messages.
        data: what is in it; it begins like a JPEG. Of several pictures the first is looked at.
        max_pixels: the largest number of pixels that is read.

    Raises:
        InputError: the picture is too large, data are missing, or the picture has so many scans that it was made to take long.
    """
    try:
        layout = _walk(data)
    except (struct.error, IndexError):
        raise damaged(path) from None
    if layout is None or not layout.scans:
        raise damaged(path)
    if layout.bits != 8 or layout.frame not in (*_SEQUENTIAL, *_PROGRESSIVE, *_LOSSLESS):
        rare = f"{layout.bits}-bit" if layout.bits != 8 else "hierarchical"
        raise InputError(f"{path}: a {rare} JPEG is not read: save it as a usual one, or as 16-bit TIFF")
    width, height = layout.size
    check_size(path, width, height, max_pixels)
    if len(layout.scans) > max(_FEW_SCANS, _MOST_WORK / max(1, width * height)):
        raise InputError(
            f"{path}: a JPEG of {len(layout.scans)} scans takes too long to decode: export it again, not as progressive"
        )
    covered = {component for scan in layout.scans if scan.spectrum[0] == 0 for component in scan.components}
    if covered < set(layout.sampling) or not all(_restarts_hold(layout, scan) for scan in layout.scans):
        raise damaged(path)
    first = layout.scans[0]
    # The last bits of a scan are ones (T.81, F.1.2.3), but for the rare one that ends with a byte.
    quiet = layout.clean and data[layout.scans[-1].end - 1] & 1 == 1
    video = data.find(b"ftyp", layout.end) >= 0  # what MP4 and QuickTime begin with (ISO/IEC 14496-12, 4.3)
    if layout.frame in _SEQUENTIAL[:2] and len(layout.scans) == 1 and not first.restarts:
        notes, more = _look_at_last_row(path, data, first)
        return Checked(notes, quiet and not more, video)
    twins = tuple(_with_chance(data, layout, seed) for seed in (1, 2))
    at_once = max(len(data), len(twins[0])) if layout.frame in _ARITHMETIC else 0
    if layout.frame not in _SEQUENTIAL:
        return Checked(
            ["progressive JPEG without its finest scans"] if _is_unrefined(layout) else [], False, video, at_once, twins
        )
    with ThreadPoolExecutor(2) as pool:  # blocks are missing as a whole, which 1/8 of the size shows
        if len(set(pool.map(_seen_small, twins))) > 1:
            raise damaged(path)
    return Checked([], quiet, video, at_once)


def _walk(data: bytes) -> _Layout | None:
    """Read the markers up to the end of image; None if there is none, or no frame. Raises struct.error and IndexError."""
    values = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(values[:-1] == 0xFF)
    kinds = values[places + 1]
    # 0xFF stands for itself before 0, and may be repeated before a marker.
    places, kinds = places[(kinds != 0) & (kinds != 0xFF)], kinds[(kinds != 0) & (kinds != 0xFF)]
    stops = places[(kinds < 0xD0) | (kinds > 0xD7)]  # a restart does not end a scan
    at, interval, clean = 2, 0, True
    frame, bits, size = 0, 8, (0, 0)
    sampling: dict[int, tuple[int, int]] = {}
    scans: list[_Scan] = []
    while (next_stop := int(np.searchsorted(stops, at))) < len(stops):
        found = int(stops[next_stop])
        clean = clean and not data[at:found].strip(b"\xff")
        kind, at = data[found + 1], found + 2
        if kind == _EOI:
            return _Layout(frame, bits, size, sampling, scans, at, clean and at == len(data)) if frame else None
        if kind in _BARE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        body, at = data[at + 2 : at + length], at + length
        if kind == _DRI:
            (interval,) = struct.unpack(">H", body[:2])
        elif 0xC0 <= kind <= 0xCF and kind not in _NO_FRAMES:
            height, width = struct.unpack(">HH", body[1:5])
            frame, bits, size = kind, body[0], (width, height)
            parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(body[5])]
            sampling = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
        elif kind == _SOS:
            after = int(np.searchsorted(stops, at))
            end = _before_fill(data, int(stops[after])) if after < len(stops) else len(data)
            inside = slice(*np.searchsorted(places, (at, end)))
            if inside.stop - inside.start > _MOST_RESTARTS:
                raise InputError("a JPEG of more than a million restarts takes too long to decode: export it again")
            pairs = zip(places[inside].tolist(), kinds[inside].tolist(), strict=True)
            restarts = [(_before_fill(data, place), number - 0xD0) for place, number in pairs]
            count = body[0]
            spectrum = (body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 15)
            scans.append(_Scan(body[1 : 1 + 2 * count : 2], spectrum, interval, at, end, restarts))
            at = end
    return None


def _before_fill(data: bytes, place: int) -> int:
    """The place of the bytes 0xFF that may precede a marker (T.81, B.1.1.2)."""
    while data[place - 1] == 0xFF:
        place -= 1
    return place


def _restarts_hold(layout: _Layout, scan: _Scan) -> bool:
    """Whether the restarts of a scan are as many as its header says, and in order (T.81, E.1.4).

    Those that the header does not announce, and one at the very end, which some encoders write, are let pass.
    """
    if not scan.interval or any(each not in layout.sampling for each in scan.components):
        return not scan.interval
    wanted = ceil(_blocks(layout, scan) / scan.interval) - 1
    numbers = [number for _, number in scan.restarts]
    return len(numbers) in (wanted, wanted + 1) and all(number == i % 8 for i, number in enumerate(numbers))


def _blocks(layout: _Layout, scan: _Scan) -> int:
    """The number of blocks of a scan between which restarts may be (T.81, A.2): single ones, or one of every component."""
    width, height = layout.size
    across = max(h for h, _ in layout.sampling.values())
    down = max(v for _, v in layout.sampling.values())
    unit = 1 if layout.frame in _LOSSLESS else 8
    if len(scan.components) > 1:
        return ceil(width / (unit * across)) * ceil(height / (unit * down))
    h, v = layout.sampling[scan.components[0]]
    return ceil(ceil(width * h / across) / unit) * ceil(ceil(height * v / down) / unit)


def _is_unrefined(layout: _Layout) -> bool:
    """Whether a progressive file leaves out some coefficients or their lowest bits, which T.81 allows (G.1.1.1)."""
    if layout.frame not in _PROGRESSIVE:
        return False
    missing = {(component, k) for component in layout.sampling for k in range(64)}
    for scan in layout.scans:
        first, last, low = scan.spectrum
        if low == 0:
            missing -= {(component, k) for component in scan.components for k in range(first, last + 1)}
    return bool(missing)


def _look_at_last_row(path: Path, data: bytes, scan: _Scan) -> tuple[list[str], bool]:
    """Feed a scan to libjpeg without its end, and see whether the last row of the picture comes.

    Returns:
        A note if it comes long before the scan's last bytes do: they are then no part of the picture, or its middle is damaged.
        And whether some bytes certainly are no part of it.

    Raises:
        InputError: it does not come.
    """
    came = _see_last_row(data, scan, 0x00)
    if not came[-1]:
        came = _see_last_row(data, scan, 0xFF)  # a small picture's last row may be equal to what marked it
    if not came[-1]:
        raise damaged(path)
    note = "data behind the picture's last block were passed over: the JPEG may be damaged"
    return [note] if came[0] else [], len(came) < 3


def _see_last_row(data: bytes, scan: _Scan, inverted: int) -> list[bool]:
    """Whether the last row has come with nearly all, with all bytes of a scan, and with a few more.

    Args:
        data: the file.
        scan: its one scan.
        inverted: 0x00 or 0xFF, for two marks of which no byte is the same.
    """
    from PIL import Image
    from PIL.JpegImagePlugin import JpegImageFile

    with JpegImageFile(io.BytesIO(data)) as image:
        image.draft("L" if image.mode == "RGB" else None, (max(1, image.width // 8), max(1, image.height // 8)))
        (width, height), mode = image.size, image.mode
        decoder = Image._getdecoder(mode, "jpeg", image.tile[0].args, image.decoderconfig)
    marked = Image.new(mode, (width, height))
    row = np.random.default_rng(0).integers(0, 256, width * len(marked.getbands()), np.uint8) ^ np.uint8(inverted)
    marked.paste(Image.frombytes(mode, (width, 1), row.tobytes()), (0, height - 1))
    came = []
    try:
        decoder.setimage(marked.im, (0, 0, width, height))
        used = len(data[scan.start : scan.end].rstrip(b"\0\xff"))  # bytes that only fill up tell nothing
        early = scan.start + max(0, min(used - _TAIL, int(0.99 * used)))
        begin = 0
        for upto, ahead in ((early, b""), (scan.end, b""), (scan.end, _AHEAD)):
            taken, error = decoder.decode(data[begin:upto] + ahead)
            came.append(marked.crop((0, height - 1, width, height)).tobytes() != row.tobytes())
            if error or taken < 0:  # a broken header, or the end of the picture
                break
            begin += taken
    finally:
        decoder.cleanup()
    return came


def _with_chance(data: bytes, layout: _Layout, seed: int) -> bytes:
    """A JPEG with bytes of chance in front of the markers that end entropy-coded data.

    Arithmetic coding may leave out zeros at the end of its data (T.81, D.1.8), so zeros come first there.
    """
    chance = np.random.default_rng(seed).integers(1, 255, 64, np.uint8).tobytes()
    pieces, at = [], 0
    for scan in layout.scans:
        ahead = bytes(_zeros(layout, scan)) if layout.frame in _ARITHMETIC else b""
        for place in [*(start for start, _ in scan.restarts), scan.end]:
            pieces += [data[at:place], ahead, chance]
            at = place
    return b"".join([*pieces, data[at : layout.end]])


def _zeros(layout: _Layout, scan: _Scan) -> int:
    """Zeros that arithmetic coding may have left out: a bit for each block that only refines its mean, and few otherwise."""
    if scan.spectrum[1] > 0 or any(each not in layout.sampling for each in scan.components):
        return _FEW_ZEROS
    blocks = _blocks(layout, scan) * _MOST_IN_ONE
    return _FEW_ZEROS + min(blocks, scan.interval * _MOST_IN_ONE or blocks) // 8


def _seen_small(data: bytes) -> bytes:
    """SHA-256 of a JPEG's pixels at 1/8 of its size."""
    from PIL.JpegImagePlugin import JpegImageFile

    with JpegImageFile(io.BytesIO(data)) as image:
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.decodermaxblock = len(data)  # see Checked.at_once
        image.load()
        return hashlib.sha256(image.tobytes()).digest()


def are_same(image: Image.Image, other: Image.Image) -> bool:
    """Whether two loaded pictures have the same pixels."""
    if (image.mode, image.size) != (other.mode, other.size):
        return False
    bands = ((0, top, image.width, min(top + _BAND_ROWS, image.height)) for top in range(0, image.height, _BAND_ROWS))
    return all(image.crop(band).tobytes() == other.crop(band).tobytes() for band in bands)
