"""The colours that an AV1 stream itself names, which hold where its AVIF file has no colour box (AV1 specification, 5.5)."""

from __future__ import annotations

_SEQUENCE_HEADER = 1
"""The type of OBU that describes a stream (6.2.2)."""


class _Bits:
    """Reads unsigned numbers, first bit first (4.10). Past the end of the data IndexError is raised."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def skip_uvlc(self) -> None:
        """A number of variable length (4.10.3)."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        self.take(zeros if zeros < 32 else 0)


def stream_numbers(data: bytes) -> tuple[int, int, int, int] | None:
    """What the first sequence header says: primaries, transfer and matrix in the numbers of H.273, and 1 for full range.

    Args:
        data: the stream from its beginning.

    Returns:
        None where it does not say, or there is no such header.

    Raises:
        IndexError: the data end inside of it.
    """
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        at += 1 + extended
        size = len(data) - at
        if sized:
            size, at = _leb128(data, at)
        if kind == _SEQUENCE_HEADER:
            return _colours(_Bits(data[at : at + size]))
        at += size
    return None


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte (4.10.5), and the place behind it."""
    value = 0
    for i in range(8):
        byte = data[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if not byte & 0x80:
            return value, at + i + 1
    raise IndexError("a number without an end")


def _colours(bits: _Bits) -> tuple[int, int, int, int] | None:
    """The colour configuration of a sequence header (5.5.1 and 5.5.2)."""
    profile, _, reduced = bits.take(3), bits.take(1), bits.take(1)
    if reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    bits.take(wide), bits.take(high)
    if not reduced and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not reduced:
        _skip_tools(bits)
    bits.take(3)
    if bits.take(1) and profile == 2:
        bits.take(1)
    mono = 0 if profile == 1 else bits.take(1)
    if not bits.take(1):
        return None
    primaries, transfer, matrix = bits.take(8), bits.take(8), bits.take(8)
    srgb = not mono and (primaries, transfer, matrix) == (1, 13, 0)
    return primaries, transfer, matrix, 1 if srgb else bits.take(1)


def _skip_operating_points(bits: _Bits) -> None:
    model = delay = 0
    if bits.take(1):  # timing_info_present_flag
        bits.take(64)
        if bits.take(1):
            bits.skip_uvlc()
        model = bits.take(1)
        if model:
            delay = bits.take(5) + 1
            bits.take(42)
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if model and bits.take(1):
            bits.take(2 * delay + 1)
        if display and bits.take(1):
            bits.take(4)


def _skip_tools(bits: _Bits) -> None:
    bits.take(4)
    hints = bits.take(1)
    if hints:
        bits.take(2)
    forced = 2 if bits.take(1) else bits.take(1)
    if forced and not bits.take(1):
        bits.take(1)
    if hints:
        bits.take(3)
