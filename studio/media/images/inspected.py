"""What is known of a file before Pillow opens it: of a PNG its chunks, of a JPEG its segments and whether it is whole."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.media.images.jpeg import Checked, check_whole
from studio.media.images.jpeg_parts import Parts, read_parts
from studio.media.images.png import scan
from studio.media.images.png_flaws import find_flaws, without


@dataclass(frozen=True)
class Inspected:
    """What is known of a file before Pillow opens it.

    Attributes:
        path: the file.
        depth: bits per channel of a PNG; 8 for other formats, of which Pillow knows more.
        chunks: the chunks of a PNG that are kept, type and data of each.
        left_out: the places of the chunks of a PNG that are broken or too many.
        animated: whether a PNG is an animation.
        parts: the segments of a JPEG; None for other formats.
        checked: whether a JPEG is whole; None for other formats.
        notes: what was left out.
    """

    path: Path
    depth: int = 8
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    left_out: frozenset[int] = frozenset()
    animated: bool = False
    parts: Parts | None = None
    checked: Checked | None = None
    notes: tuple[str, ...] = ()

    @property
    def has_video(self) -> bool:
        """Whether a video lies behind a JPEG."""
        return self.checked is not None and self.checked.video

    @property
    def twin(self) -> bytes | None:
        """A second version of a JPEG that must decode to the same picture as :meth:`stream`; None where nothing is to be seen."""
        return self.checked.twins[1] if self.checked is not None and self.checked.twins else None

    @property
    def is_quiet(self) -> bool:
        """Whether it is a JPEG of which neither its data nor its metadata make libjpeg print a warning."""
        return self.checked is not None and self.checked.quiet and self.parts is not None and self.parts.whole

    def stream(self) -> BinaryIO:
        """The file for Pillow, without the metadata that it stumbles over; of a JPEG with a twin the first version."""
        if self.checked is not None and self.checked.twins:
            return io.BytesIO(self.checked.twins[0])
        if self.parts is not None and not self.parts.whole:
            return io.BytesIO(self.parts.data)
        return without(self.path, self.left_out) if self.left_out else self.path.open("rb")


def inspect(path: Path, formats: tuple[str, ...], max_pixels: int) -> Inspected:
    """Look at a file without decoding it, but for the parts of a JPEG that show whether it is whole.

    Args:
        path: the file.
        formats: Pillow's names of the formats that it may have.
        max_pixels: the largest number of pixels of a PNG or JPEG.

    Raises:
        InputError: a PNG or JPEG is too large or damaged.
    """
    if formats == ("PNG",):
        left_out, flaws = find_flaws(path, max_pixels)
        depth, chunks, animated = scan(path, max_pixels, left_out)
        return Inspected(path, depth, chunks, left_out, animated, notes=tuple(flaws))
    if formats == ("JPEG",):
        parts = read_parts(path)
        return Inspected(path, parts=parts, checked=check_whole(path, parts.data, max_pixels))
    return Inspected(path)
