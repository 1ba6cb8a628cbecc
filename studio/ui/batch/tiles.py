"""Small and large pictures of a batch to look at: JPEGs in sRGB, before and after."""

from __future__ import annotations

from pathlib import Path
from queue import Queue
from threading import Event, Thread

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice
from studio.media.images import read_reduced
from studio.media.images.picture import RAW
from studio.ui.batch.sheet import Sheet
from studio.views.preview import display_pixels, save_preview, shrink
from studio.views.seen import Seen, result_seen, source_seen

TILE = 320
"""Longer edge of a tile's two pictures, pixels."""
LARGE = 2048
"""The same of the large view: sharp on a screen of 1920 points, with room for one of more dots."""


def save_small(source: Path, place: Path, edge: int, seen: Seen | None = None) -> Path:
    """A picture as a screen shows it, its longer edge at most ``edge`` pixels, as a JPEG.

    Args:
        source: the picture.
        place: of the JPEG.
        edge: pixels.
        seen: what its code values stand for; None where its file says it.

    Raises:
        InputError: the picture cannot be read.
        OSError: the file cannot be written.
    """
    picture = shrink(read_reduced(source, at_least=edge, hdr=seen is not None), edge)
    if picture.container.format == RAW:  # which is developed into a space of its own, whatever was said
        seen = None
    place.parent.mkdir(parents=True, exist_ok=True)
    return save_preview(place, display_pixels(picture, picture.pixels, seen))


class TileMaker:
    """Makes the tiles of a sheet beside the run, in one thread: the run waits for none of them.

    Args:
        sheet: where they go.
        spaces: what the code values of the pictures stand for; None where their files say it.
    """

    def __init__(self, sheet: Sheet, spaces: SpaceChoice | None = None) -> None:
        self._sheet = sheet
        self._source_seen, self._result_seen = source_seen(spaces), result_seen(spaces)
        self._waiting: Queue[tuple[str, Path, Path | None] | None] = Queue()
        self._ended = Event()
        self._thread = Thread(target=self._work, name="batch-tiles", daemon=True)
        self._thread.start()

    def add(self, name: str, source: Path, result: Path | None) -> None:
        """Ask for the tile of a picture; without ``result`` only for its first half."""
        self._waiting.put((name, source, result))

    def close(self, *, at_once: bool = False) -> None:
        """No more will be asked for. ``at_once``: what was asked for is not wanted any more either."""
        if at_once:
            self._ended.set()
        self._waiting.put(None)

    @property
    def at_work(self) -> bool:
        """Whether tiles are still to come."""
        return self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until all are made, or so long."""
        self._thread.join(seconds)

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None and not self._ended.is_set():
            name, source, result = asked
            before = self._made(source, self._sheet.place_before(name), self._source_seen)
            after = None
            if result is not None:
                after = self._made(result, self._sheet.place_after(name), self._result_seen)
            self._sheet.show(name, before, after)

    def _made(self, source: Path, place: Path, seen: Seen | None) -> Path | None:
        """The file; None where there can be none: a picture to look at is not worth more words."""
        try:
            return place if place.is_file() else save_small(source, place, TILE, seen)
        except (InputError, OSError, MemoryError):
            return None
