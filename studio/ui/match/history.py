"""The history of a visit: every match that was made, what to undo, and which two are compared.

A match that is shown again is not made again: what the page needs for it is kept, at preview size. Pictures that several matches
share are kept once, and the oldest matches go where all of them together become too large.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from threading import RLock

import numpy as np
from torch import Tensor

from studio.service.match import MatchResult
from studio.ui.limits import limits
from studio.ui.match.choice import MatchChoice
from studio.ui.pictures import Painted
from studio.views.preview import display_pixels, encoded_preview, slim
from studio.views.pyramid import Pyramid
from studio.views.seen import result_seen

MOST = 40
"""Matches that are kept of a visit."""
_STEPS = 100
"""Steps that can be undone."""
THUMB_EDGE = 320
"""The longer edge of a thumbnail, pixels: sharp at half of that on a screen of two pixels to one."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A match of this visit.

    Attributes:
        number: of the match; none is given out twice.
        version: of the entry as it stands: another one at another strength.
        result: at preview size, at the strength that it was left at.
        choice: the controls as it was made.
        painted: the painted masks by the role of their picture, (h, w); a picture without one is not in it.
        pyramid: the sizes of its source for the viewer.
        grade_file: the file of the saved grade that was applied; None for a fit.
    """

    number: int
    version: int
    result: MatchResult
    choice: MatchChoice
    painted: Mapping[str, Painted] = field(default_factory=dict)
    pyramid: Pyramid | None = None
    grade_file: Path | None = None

    @cached_property
    def thumbnail(self) -> bytes:
        """A small JPEG of the graded picture, sRGB."""
        return picture_of(self.result, THUMB_EDGE)


def picture_of(result: MatchResult, edge: int) -> bytes:
    """A result as a JPEG in sRGB, its longer edge at most ``edge`` pixels."""
    small = slim(result, edge)
    shown = display_pixels(small.picture, small.graded_pixels(), result_seen(result.job.spaces))
    return encoded_preview(shown, ".jpg")


@dataclass(frozen=True, eq=False)
class Step:
    """What was on the screen at one moment: the number of a match, and its result as it stood."""

    number: int
    result: MatchResult


class History:
    """The matches of one page.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        entries: the newest first.
        current: the match on the screen; it may have been removed from the entries.
        pair: the match that is compared with it, left of the divider; None where none is.
        lock: held while any of these changes.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.current: Entry | None = None
        self.pair: Entry | None = None
        self.lock = RLock()
        self._steps: list[Step] = []
        self._at = -1
        self._numbers, self._versions = count(1), count(1)

    def add(self, entry: Entry) -> Entry:
        """A match was made: it is the newest, and the one on the screen.

        Args:
            entry: with any number; it gets its own.

        Returns:
            The entry as it is kept.
        """
        with self.lock:
            new = replace(entry, number=next(self._numbers), version=next(self._versions))
            self.entries.insert(0, new)
            while len(self.entries) > 1 and (len(self.entries) > MOST or self.held > limits().history):
                self.remove(self.entries[-1].number)
            self._went_to(new)
            return new

    def shared(self, result: MatchResult) -> tuple[MatchResult, Pyramid | None]:
        """A result that shares its picture, and where they are equal its mask, with an earlier match of the same source.

        Returns:
            It, and the sizes of its picture for the viewer, where an earlier match with the same mask has them.
        """
        for entry in self.entries:
            known = entry.result
            same = known.hashes["source"] == result.hashes["source"] and known.job.source == result.job.source
            if not same or not _same(known.picture.pixels, result.picture.pixels):
                continue
            if known.hashes.get("mask") != result.hashes.get("mask"):
                return replace(result, picture=known.picture), None
            return replace(result, picture=known.picture, weights=known.weights), entry.pyramid
        return result, None

    def find(self, number: int) -> Entry | None:
        """The match of a number; None where it was removed."""
        return next((entry for entry in self.entries if entry.number == number), None)

    def went_to(self, number: int) -> Entry | None:
        """A match is shown again; None where it was removed."""
        with self.lock:
            entry = self.find(number)
            if entry is not None:
                self._went_to(entry)
            return entry

    def rested(self, result: MatchResult) -> None:
        """The match on the screen stands at another strength: a step of its own, and its thumbnail follows."""
        with self.lock:
            if self.current is None or self.current.result is result:
                return
            changed = self._stands(self.current, result)
            self._went_to(changed)

    def undo(self) -> Step | None:
        """Go one step back; None where there is none."""
        return self._move(-1)

    def redo(self) -> Step | None:
        """Go one step forward again; None where there is none."""
        return self._move(+1)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back to."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone."""
        return self._at + 1 < len(self._steps)

    def compare_with(self, number: int | None) -> None:
        """Put a match left of the divider; None, or the same one once more, ends that."""
        with self.lock:
            same = self.pair is not None and self.pair.number == number
            self.pair = None if number is None or same else self.find(number)

    def remove(self, number: int) -> None:
        """Take a match out of the history; one that is on the screen stays there."""
        with self.lock:
            self.entries = [entry for entry in self.entries if entry.number != number]
            if self.pair is not None and self.pair.number == number:
                self.pair = None
            before = sum(step.number != number for step in self._steps[: self._at + 1])
            self._steps = [step for step in self._steps if step.number != number]
            self._at = before - 1

    @property
    def held(self) -> int:
        """Bytes of pictures, masks, samples and grades that the matches hold, each counted once."""
        entries = {*self.entries, *(each for each in (self.current, self.pair) if each is not None)}
        return sum(dict(large for entry in entries for large in _large(entry)).values())

    def _move(self, by: int) -> Step | None:
        with self.lock:
            if not 0 <= self._at + by < len(self._steps):
                return None
            self._at += by
            step = self._steps[self._at]
            entry = self.find(step.number)
            assert entry is not None  # the steps of a match go with it
            self.current = entry if entry.result is step.result else self._stands(entry, step.result)
            return step

    def _stands(self, entry: Entry, result: MatchResult) -> Entry:
        """The entry with another result of the same fit, also where it stands in the list."""
        changed = replace(entry, version=next(self._versions), result=result)
        self.entries = [changed if each.number == entry.number else each for each in self.entries]
        if self.pair is not None and self.pair.number == entry.number:
            self.pair = changed
        return changed

    def _went_to(self, entry: Entry) -> None:
        self.current = entry
        if self._at >= 0 and self._steps[self._at].result is entry.result:
            return
        if self.find(entry.number) is None:  # it was removed, and is only on the screen
            return
        del self._steps[self._at + 1 :]
        self._steps.append(Step(entry.number, entry.result))
        del self._steps[:-_STEPS]
        self._at = len(self._steps) - 1


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or one.shape == other.shape and one.dtype == other.dtype and bool((one == other).all())


def _large(value: object) -> Iterator[tuple[int, int]]:
    """Everything in a record that takes memory to speak of, arrays, tensors and bytes: its identity, and its size in bytes."""
    if isinstance(value, np.ndarray | Tensor):
        yield id(value), value.nbytes
    elif isinstance(value, bytes):
        yield id(value), len(value)
    elif isinstance(value, Pyramid):
        yield from _large(value.preview)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _large(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _large(inner)
