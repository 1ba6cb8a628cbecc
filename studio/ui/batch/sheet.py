"""The contact sheet of a batch: what is known of every picture, kept in small files that the page asks for as it scrolls."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from reswd_torch.grade.files import write_text_atomically
from reswd_torch.settings import SAME_SCENE
from studio.records.report import DONE, FAILED, WAITING, Row, strength_of

PAGE = 50
"""Pictures in one file."""
_LETTERS = {WAITING: "w", DONE: "d", FAILED: "f"}
_LEFT_OUT = "o"


@dataclass(frozen=True)
class Tile:
    """What the sheet shows of a picture.

    Attributes:
        name: its place in the folder.
        status: ``DONE``, ``FAILED`` or ``WAITING``.
        message: why it failed.
        note: what else is known of the result, in a word or two.
        figures: distances to the reference before and after, CIE Lab units; None where nobody measured.
        strength: 0..4, its own; None for that of the run.
        left_out: whether it stays out of the ZIP.
        before, after: names of the small pictures; None where there are none.
    """

    name: str
    status: str = WAITING
    message: str = ""
    note: str = ""
    figures: tuple[float, float] | None = None
    strength: float | None = None
    left_out: bool = False
    before: str | None = None
    after: str | None = None


class Sheet:
    """All tiles, in the order in which they are shown. Two threads may use it at once.

    Args:
        folder: its own; made when something is kept there, for the page to ask for.
        names: of the pictures.

    Attributes:
        folder: the same.
        names: the same.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, tuple(names)
        self._index = {name: index for index, name in enumerate(names)}
        self._tiles = [Tile(name) for name in names]
        self._versions = [0] * -(-len(names) // PAGE)
        self._changed = set(range(len(self._versions)))
        self._sights = 0  # how often the pictures came to look otherwise
        self._numbers, self._version, self._id = count(1), 0, secrets.token_urlsafe(6)
        self._lock = Lock()

    def __getitem__(self, name: str) -> Tile:
        return self._tiles[self._index[name]]

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def index(self, name: str) -> int:
        """The place of a picture in the sheet."""
        return self._index[name]

    def begin_anew(self, *, seen_otherwise: bool = False) -> None:
        """Forget what became of the pictures: other settings hold now. The first halves of the tiles stay.

        Args:
            seen_otherwise: another colour space was said, so that the pictures themselves look otherwise: they go as well.
        """
        with self._lock:
            self._sights += seen_otherwise
            for index, tile in enumerate(self._tiles):
                self._remove(tile.after)
                if seen_otherwise:
                    self._remove(tile.before)
                before = None if seen_otherwise else tile.before
                kept = Tile(tile.name, left_out=tile.left_out, strength=tile.strength, before=before)
                self._set(index, kept)

    def take(self, row: Row) -> None:
        """What became of a picture, from its row of the report. Its second half belongs to an older result."""
        figures = (float(row.distance_before), float(row.distance_after)) if row.distance_after else None
        note = "same scene" if row.scene == SAME_SCENE else ""
        message = row.message if row.status == FAILED else ""
        with self._lock:
            index = self._index[row.file]
            old = self._tiles[index]
            self._remove(old.after)
            new = Tile(row.file, row.status, message, note, figures, strength_of(row), old.left_out, old.before)
            self._set(index, new)

    def show(self, name: str, before: Path | None, after: Path | None) -> None:
        """The small pictures of a picture are there."""
        with self._lock:
            index = self._index[name]
            self._set(
                index,
                replace(self._tiles[index], before=_name(before), after=_name(after)),
            )

    def leave_out(self, name: str, out: bool) -> None:
        """A picture is to stay out of the ZIP, or is taken back."""
        with self._lock:
            index = self._index[name]
            self._set(index, replace(self._tiles[index], left_out=out))

    def place_before(self, name: str) -> Path:
        """Where the first half of a tile goes; the picture itself never changes, unless it is seen otherwise."""
        return self.folder / self.before_name(name)

    def before_name(self, name: str) -> str:
        """What a small or large view of a picture as it was brought in is called, in any folder."""
        return f"{self._index[name]}-before{f'-{self._sights}' if self._sights else ''}.jpg"

    def place_after(self, name: str) -> Path:
        """A new place for the second half of a tile, so that no browser shows an old one."""
        return self.folder / f"{self._index[name]}-after-{next(self._numbers)}.jpg"

    def named(self, *statuses: str) -> list[str]:
        """Pictures of these statuses that are not left out."""
        return [tile.name for tile in self._tiles if tile.status in statuses and not tile.left_out]

    @property
    def left_out(self) -> frozenset[str]:
        """Pictures that stay out of the ZIP."""
        return frozenset(tile.name for tile in self._tiles if tile.left_out)

    def failures(self) -> tuple[tuple[str, str], ...]:
        """Names of the pictures that could not be done, and why."""
        return tuple((tile.name, tile.message) for tile in self._tiles if tile.status == FAILED)

    def value(self, **facts: Any) -> dict[str, Any]:
        """What the page is told: which files there are and how often each was written, and a letter for every picture.

        A page that misses one of two such values misses nothing: each says all.

        Args:
            facts: what else the page is to know.
        """
        with self._lock:
            self._write(sorted(self._changed))
            self._changed.clear()
            states = "".join(_LEFT_OUT if tile.left_out else _LETTERS[tile.status] for tile in self._tiles)
            self._version += 1
            return {
                "id": self._id, "version": self._version, "folder": self.folder.as_posix(), "page": PAGE,
                "pages": list(self._versions), "states": states, **facts,
            }  # fmt: skip

    def _set(self, index: int, tile: Tile) -> None:
        if tile != self._tiles[index]:
            self._tiles[index] = tile
            self._changed.add(index // PAGE)

    def _write(self, pages: Iterable[int]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for page in pages:
            tiles = [asdict(tile) for tile in self._tiles[page * PAGE : (page + 1) * PAGE]]
            write_text_atomically(self.folder / f"page-{page}.json", json.dumps(tiles))
            self._versions[page] += 1

    def _remove(self, name: str | None) -> None:
        if name is not None:
            with suppress(OSError):
                (self.folder / name).unlink()


def _name(path: Path | None) -> str | None:
    return None if path is None else path.name
