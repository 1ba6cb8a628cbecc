"""How much a picture may take to read: for the files of the person who runs the program, and for those of strangers."""

from __future__ import annotations

from dataclasses import dataclass

from studio.media.images.picture import MAX_PIXELS, RAW
from studio.space import on_a_space

PLAIN_FORMATS = frozenset({"JPEG", "MPO", "PNG", "TIFF", "BMP", "PPM", "TGA", RAW})
"""Formats (:attr:`~studio.media.images.picture.Container.format`) whose decoders take no more than some bytes for each pixel, and
time that grows with the file."""


@dataclass(frozen=True)
class Limits:
    """Limits of reading one picture.

    Attributes:
        pixels: the largest number of pixels.
        packed_pixels: the same for formats other than :data:`PLAIN_FORMATS`. A few kilobytes of WebP, AVIF or JPEG 2000 can hold
            a huge picture, and their decoders take up to 20 bytes and 100 nanoseconds for each pixel.
        apart: whether formats that can blow up are decoded in a process of their own, which ends at the two limits below.
        seconds: the longest time in that process.
        memory: bytes that the process may take beside the program itself.
        clip_pixels: the largest number of pixels of a clip's picture, checked before one is decoded. FFmpeg holds some twenty.
    """

    pixels: int = MAX_PIXELS
    packed_pixels: int = 100_000_000
    apart: bool = False
    seconds: float = 20.0
    memory: int = 2 << 30
    clip_pixels: int = 8192 * 8192

    def of(self, name: str) -> int:
        """The largest number of pixels of a picture of the format ``name`` (Pillow's)."""
        return self.pixels if name in PLAIN_FORMATS else min(self.pixels, self.packed_pixels)


OWN = Limits()
"""For the files of whoever runs the program."""
STRANGERS = Limits(pixels=120_000_000, packed_pixels=64_000_000, apart=True, clip_pixels=4096 * 2304)
"""For uploads of strangers. The largest cameras have 102 megapixels, and phones that write HEIC mostly 12 to 50. Clips are of up
to 4K."""

_public = False


def choose(*, public: bool) -> None:
    """Say, before files of others are read, whether this process reads those of strangers: an app that others reach does."""
    global _public
    _public = public


def current() -> Limits:
    """The limits that hold in this process. A Hugging Face Space is always there for strangers."""
    return STRANGERS if _public or on_a_space() else OWN
