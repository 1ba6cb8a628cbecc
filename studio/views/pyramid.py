"""A picture at every size that a viewer asks for: whole, halved, halved again; read when it is first looked at closely.

Up to the size of a preview the preview serves. Beyond it the whole file is decoded once, and its levels lie in files that are
mapped into memory, so that a page that nobody looks at holds no more than its preview.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore, Lock

import numpy as np

from reswd_torch.errors import InputError
from studio.media.images import Picture, read_picture
from studio.service.weights import where_to_grade
from studio.views.preview import resize, resized

TILE = 512
"""Width and height of a tile, pixels."""
_SMALLEST = 512
"""The longer edge, in pixels, at which halving ends."""
_builds = BoundedSemaphore(2)  # each holds a whole decoded picture for a moment
MOST_ON_DISK = 4 << 30
"""Bytes that the levels of all pyramids may take on the disk together; those that were looked at longest ago go."""


class _OnDisk:
    """Which pyramids have levels on the disk, the one that was looked at last at the end."""

    def __init__(self) -> None:
        self._sizes: OrderedDict[int, tuple[weakref.ref[Pyramid], int]] = OrderedDict()
        self._lock = Lock()

    def used(self, pyramid: Pyramid, size: int | None = None) -> None:
        """A pyramid was looked at; ``size`` is that of its files where it was made just now."""
        number = id(pyramid)
        with self._lock:
            if size is not None:
                self._sizes[number] = (weakref.ref(pyramid, lambda _: self._gone(number)), size)
            if number in self._sizes:
                self._sizes.move_to_end(number)
            over = self._over(number)
        for other in over:
            other.let_go()

    def _over(self, spared: int) -> list[Pyramid]:
        over: list[Pyramid] = []
        while len(self._sizes) > 1 and sum(size for _, size in list(self._sizes.values())) > MOST_ON_DISK:
            number, (found, _) = next(iter(self._sizes.items()))
            if number == spared:
                break
            del self._sizes[number]
            pyramid = found()
            if pyramid is not None:
                over.append(pyramid)
        return over

    def _gone(self, number: int) -> None:
        self._sizes.pop(number, None)


_on_disk = _OnDisk()


@dataclass(frozen=True)
class Box:
    """A part of a picture, in pixels of one of its sizes."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array with."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a picture at some size, ready to be graded.

    Attributes:
        picture: pixels and alpha of the part, in the encoding of the file.
        weights: (h, w) float32, 0..1, where the grade counts; None for everywhere.
    """

    picture: Picture
    weights: np.ndarray | None = None


class Pyramid:
    """The sizes of one picture.

    Level 0 is the whole picture; every further one has half the width and height of the one before, rounded up.

    Args:
        path: the file.
        preview: a small copy of it in its own encoding.
        folder: where the files of the levels may lie; it exists as long as the pyramid is in use.
        mask: white where the grade counts, a picture of the whole size; None for everywhere.
        weights: (h, w) float32, 0..1: where the grade counts at the size of the preview; None for everywhere.
        read: reads the whole picture, where it is not all that the file holds; raises InputError.
    """

    def __init__(
        self,
        path: Path,
        preview: Picture,
        folder: Path,
        mask: Path | None = None,
        weights: np.ndarray | None = None,
        read: Callable[[], Picture] | None = None,
    ) -> None:
        self.path, self.preview, self.mask = path, preview, mask
        self.size = preview.full_size
        self._folder = folder
        self._read = read
        self._lock = Lock()
        self._levels: list[Part] = []
        self._files: list[Path] = []
        weakref.finalize(self, _removed, self._files)
        self._small: dict[tuple[int, int], Part] = {}
        self._weights = weights

    @property
    def levels(self) -> int:
        """How many levels there are."""
        edge, count = max(self.size), 1
        while edge > _SMALLEST:
            edge, count = (edge + 1) // 2, count + 1
        return count

    def size_of(self, level: int) -> tuple[int, int]:
        """(H, W) of a level."""
        height, width = self.size
        return -(-height // (1 << level)), -(-width // (1 << level))

    def whole(self) -> Part:
        """All of it at the size of the preview."""
        return self._of_preview((self.preview.height, self.preview.width))

    def tile(self, level: int, column: int, row: int) -> Part:
        """A tile of :data:`TILE` pixels along its edges, or fewer at the right and the lower end.

        Raises:
            InputError: there is no such tile, or the file cannot be read any more.
        """
        if not 0 <= level < self.levels:
            raise InputError(f"level {level} is none of 0 to {self.levels - 1}")
        height, width = self.size_of(level)
        left, top = column * TILE, row * TILE
        if column < 0 or row < 0 or left >= width or top >= height:
            raise InputError(f"tile {column}, {row} lies outside the picture")
        return _cut(self._level(level), Box(left, top, min(TILE, width - left), min(TILE, height - top)))

    def region(self, box: Box, size: tuple[int, int]) -> Part:
        """A part of the picture, reduced for the screen; never enlarged.

        Args:
            box: the part, in pixels of the whole picture; what lies outside is left out.
            size: (H, W) that are wanted at most.

        Raises:
            InputError: the file cannot be read any more.
        """
        return region_of(self._level_for(_scale(box, size)), self.size, box, size)

    def _level_for(self, scale: float) -> Part:
        """The smallest of the sizes at hand that need not be enlarged."""
        if scale <= self.preview.width / self.size[1] * 1.001:
            return self.whole()
        level = 0
        while scale <= 0.5 and level + 1 < self.levels:
            level, scale = level + 1, scale * 2
        return self._level(level)

    def _level(self, level: int) -> Part:
        size = self.size_of(level)
        if size[1] <= self.preview.width:
            return self._of_preview(size)
        with self._lock:
            made = not self._levels
            if made:
                with _builds:
                    self._levels = self._build()
            levels = self._levels
        _on_disk.used(self, sum(path.stat().st_size for path in self._files) if made else None)
        return levels[level]

    def let_go(self) -> None:
        """Give the room on the disk back. What is looked at again is made again."""
        with self._lock:
            self._levels = []
            files = self._files.copy()
            self._files.clear()
        _removed(files)

    def _of_preview(self, size: tuple[int, int]) -> Part:
        """The preview, reduced to a size; small, so it is kept."""
        part = self._small.get(size)
        if part is None:
            part = self._small[size] = _reduced(Part(self.preview, self._weights), size)
        return part

    def _build(self) -> list[Part]:
        """Decode the whole picture and halve it down to the preview's size."""
        picture = read_picture(self.path) if self._read is None else self._read()
        if (picture.height, picture.width) != self.size:
            raise InputError(f"{self.path.name}: the file has changed: choose it again")
        weights = where_to_grade(picture, self.mask)
        kept = None if weights is None else np.rint(weights * 255).astype(np.uint8)
        part = Part(replace(picture, notes=()), kept)
        levels: list[Part] = []
        while True:
            number = len(levels)
            levels.append(self._stored(part, number))
            height, width = self.size_of(number + 1)
            if width <= self.preview.width or number + 1 >= self.levels:
                return levels
            part = _reduced(part, (height, width))

    def _stored(self, part: Part, number: int) -> Part:
        """The part with its arrays in files that are mapped into memory."""
        picture = part.picture

        def stored(plane: np.ndarray | None, name: str) -> np.ndarray | None:
            if plane is None:
                return None
            handle, file = tempfile.mkstemp(".npy", f"{name}-{number}-", self._folder)
            os.close(handle)
            place = Path(file)
            np.save(place, plane)
            self._files.append(place)
            mapped: np.ndarray = np.load(place, mmap_mode="r")
            return mapped

        pixels = stored(picture.pixels, "pixels")
        assert pixels is not None
        return Part(
            replace(picture, pixels=pixels, alpha=stored(picture.alpha, "alpha")), stored(part.weights, "weights")
        )


def region_of(part: Part, whole: tuple[int, int], box: Box, size: tuple[int, int]) -> Part:
    """A part of a picture at hand, reduced for the screen; never enlarged.

    Args:
        part: all of the picture, at some size.
        whole: (H, W) of the whole picture.
        box: what is wanted, in pixels of the whole picture; what lies outside is left out.
        size: (H, W) that are wanted at most.
    """
    height, width = whole
    left, top = min(max(0, box.left), width - 1), min(max(0, box.top), height - 1)
    right, bottom = min(width, box.left + box.width), min(height, box.top + box.height)
    inside = Box(left, top, max(1, right - left), max(1, bottom - top))
    scale = _scale(box, size)
    inner = _scaled(inside, part.picture.width / width, (part.picture.height, part.picture.width))
    wanted = (max(1, round(inside.height * scale)), max(1, round(inside.width * scale)))
    return _reduced(_cut(part, inner), wanted)


def _scale(box: Box, size: tuple[int, int]) -> float:
    """Pixels of the screen for one of the whole picture."""
    return min(1.0, size[0] / max(1, box.height), size[1] / max(1, box.width))


def _removed(files: list[Path]) -> None:
    """Take files of levels from the disk."""
    for path in files:
        with suppress(OSError):  # it is mapped still, on Windows
            path.unlink(missing_ok=True)


def _cut(part: Part, box: Box) -> Part:
    """A part of a part; its weights become floats again."""
    picture = part.picture
    alpha = None if picture.alpha is None else np.ascontiguousarray(picture.alpha[box.slices])
    weights = None if part.weights is None else part.weights[box.slices]
    if weights is not None and weights.dtype == np.uint8:
        weights = weights.astype(np.float32) / 255
    pixels = np.ascontiguousarray(picture.pixels[box.slices])
    return Part(replace(picture, pixels=pixels, alpha=alpha), weights)


def _reduced(part: Part, size: tuple[int, int]) -> Part:
    """A part at a smaller (H, W), by area means; the same one where it has that size."""
    picture, target = part.picture, (size[1], size[0])
    if size == (picture.height, picture.width):
        return part
    weights = None if part.weights is None else resize(part.weights, target)
    return Part(resized(picture, target), weights)


def _scaled(box: Box, scale: float, size: tuple[int, int]) -> Box:
    """A box of the whole picture in pixels of a smaller size, (H, W)."""
    left, top = min(size[1] - 1, round(box.left * scale)), min(size[0] - 1, round(box.top * scale))
    width, height = max(1, round(box.width * scale)), max(1, round(box.height * scale))
    return Box(left, top, min(width, size[1] - left), min(height, size[0] - top))
