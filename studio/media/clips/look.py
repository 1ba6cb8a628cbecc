"""Looking at single frames of a clip: when each is shown, and a decoder that stays open between two looks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from studio.media.clips.color import FrameColors
from studio.media.clips.open import opened, picture_stream
from studio.media.clips.read import WITHOUT_TIMES, ClipFacts, Damage, events

if TYPE_CHECKING:
    from studio.media.clips.av_types import Packet, TimedFrame

MOST_FRAMES = 1_000_000
"""Frames up to which a clip is looked at: eleven hours at 25 per second. Their times take 16 bytes each."""
_KEPT = 12
"""Most decoded frames that are kept, so that a step back is quick."""
_KEPT_PIXELS = 48_000_000
"""Most pixels of all of them together: of 8 bits 72 MB."""
_THREADS = 2
"""Threads of a decoder. Each but the first one holds a frame back, and one frame is wanted."""
_SPARE = 8
"""Frames before the wanted one from which on every frame is decoded, and not only those that others are predicted from. A decoder
holds fewer back, but for rare streams, where it is seen that the wanted one was left out."""
_HURRY = 24
"""Frames up to which a clip is decoded for somebody in a hurry."""
_TRIES = 3
"""Key frames that are sought, each before the last one, until the clip is decoded from its start."""


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """When the frames of a clip are shown, from its packets.

    Attributes:
        times: of every frame, in units of the stream, in the order of showing; at least one.
        keys: places in ``times``, increasing, of frames that can be decoded without those before them. Only the first one
            where the container does not say when frames are shown: there, frames are counted from the start.
        unit: seconds per unit.
        by_count: whether frames are found by counting them, and not by their times.
    """

    times: list[int]
    keys: list[int]
    unit: float
    by_count: bool

    def __len__(self) -> int:
        return len(self.times)

    def seconds(self, number: int) -> float:
        """Seconds from the first frame to one of them."""
        return (self.times[number] - self.times[0]) * self.unit

    def number_at(self, seconds: float) -> int:
        """The frame that is shown at a time, the last one for a time after the end."""
        place = bisect_right(self.times, self.times[0] + seconds / self.unit + 1e-6)
        return min(len(self) - 1, max(0, place - 1))

    def key_before(self, number: int) -> int:
        """The place in ``keys`` of the last key frame that is not after a frame."""
        return max(0, bisect_right(self.keys, number) - 1)


def read_index(facts: ClipFacts, most: int = MOST_FRAMES) -> FrameIndex:
    """Read all packets of a clip's picture; nothing is decoded.

    Args:
        facts: :func:`studio.media.clips.read.read_facts` of it.
        most: the largest number of frames.

    Raises:
        InputError: the file is no clip any more, or has more frames.
    """
    from av.error import FFmpegError

    times: dict[int, bool] = {}
    with opened(facts.path) as container:
        stream = picture_stream(container, facts.path)
        counted = container.format.name in WITHOUT_TIMES and not stream.codec_context.codec.intra_only
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_discard and not packet.is_corrupt:
                    times[_time_of(packet, len(times), counted=counted)] = packet.is_keyframe
                if len(times) > most:
                    raise InputError(f"{facts.path}: it has more than {most} frames: cut it into shorter clips")
        except FFmpegError:  # it breaks off: what is before that can be looked at
            pass
    order = sorted(times) or [0]
    keys = [place for place, time in enumerate(order) if times.get(time)]
    return FrameIndex(order, [0] if counted or not keys else keys, float(facts.time_base), counted)


def _time_of(packet: Packet, number: int, *, counted: bool) -> int:
    """When a packet's frame is shown, in units of the stream; one after the other where nobody says."""
    if counted:
        return number
    time = packet.dts if packet.pts is None else packet.pts
    return number if time is None else time


class FrameLooker:
    """A clip that is open to look at its frames, any of them at any time, from any thread.

    It holds a decoder and a few frames until it is closed; the next look opens it again.

    Args:
        facts: :func:`studio.media.clips.read.read_facts` of the clip.
        index: :func:`read_index` of it.
    """

    def __init__(self, facts: ClipFacts, index: FrameIndex) -> None:
        self.facts, self.index = facts, index
        self._lock = Lock()
        self._decoder: _Decoder | None = None

    def frame(self, number: int, *, hurried: bool = False) -> np.ndarray:
        """A frame as people see it.

        Args:
            number: from 0; one that is not there is taken for the nearest that is.
            hurried: take the key frame before it where many frames lie between: for a hand that still moves.

        Returns:
            (H, W, 3) uint8, or uint16 for clips of more than 8 bits, R'G'B', upright. Where that frame is damaged, another
            one near it.

        Raises:
            InputError: the clip cannot be read any more, or no frame near that one can be decoded.
        """
        number = min(max(0, number), len(self.index) - 1)
        with self._lock:
            self._decoder = self._decoder or _Decoder(self.facts, self.index)
            if hurried and self._decoder.is_far(number):
                number = self.index.keys[self.index.key_before(number)]
            return np.ascontiguousarray(self.facts.turn.applied(self._found(number)))

    @property
    def is_open(self) -> bool:
        """Whether it holds a decoder."""
        return self._decoder is not None

    def close(self) -> None:
        """Give the decoder and its frames back."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = None

    def _found(self, number: int) -> np.ndarray:
        """Decode a frame: onwards from where the decoder stands, else from a key frame before it, else from the start."""
        assert self._decoder is not None
        if self._decoder.is_near(number) and (frame := self._decoder.frame(number)) is not None:
            return self._decoder.pixels(frame)
        key = self.index.key_before(number)
        for place in range(key, max(-1, key - _TRIES), -1):
            if self._decoder.seek(self.index.keys[place]) and (frame := self._decoder.frame(number)) is not None:
                return self._decoder.pixels(frame)
        self._close()
        self._decoder = _Decoder(self.facts, self.index)
        frame = self._decoder.frame(number, or_later=True)
        if frame is None:
            raise InputError(f"{self.facts.path}: frame {number + 1} cannot be decoded: copy or export the clip again")
        return self._decoder.pixels(frame)


class _Decoder:
    """A clip that is being decoded, from its start or from the last place that was sought; and the last frames of it.

    Args:
        facts: what the clip says about itself.
        index: of its frames.
    """

    def __init__(self, facts: ClipFacts, index: FrameIndex) -> None:
        self._index, tags = index, facts.tags
        with ExitStack() as stack:
            self._container = stack.enter_context(opened(facts.path))
            self._stream = picture_stream(self._container, facts.path)
            self._stream.codec_context.thread_count = _THREADS
            self._open = stack.pop_all()
        self._colors = FrameColors(tags, facts.pixel_format, facts.size, facts.pixel_format, tags.used_matrix)
        self._most_kept = max(1, min(_KEPT, _KEPT_PIXELS // (facts.size[0] * facts.size[1])))
        self._kept: OrderedDict[int, TimedFrame] = OrderedDict()
        self._may_skip = not index.by_count
        self._restart(0)

    def close(self) -> None:
        """Close the file."""
        self._kept.clear()
        self._open.close()

    def pixels(self, frame: TimedFrame) -> np.ndarray:
        """(H, W, 3) uint8 or uint16, R'G'B', as stored; the memory is the frame's or of the next call."""
        return self._colors.pixels(frame)

    def is_near(self, number: int) -> bool:
        """Whether a frame is at hand, or reached sooner from here than from the key frame before it."""
        key = self._index.keys[self._index.key_before(number)]
        return number in self._kept or key <= self._next <= number

    def is_far(self, number: int) -> bool:
        """Whether many frames have to be decoded for one."""
        begun = self._next if self.is_near(number) else self._index.keys[self._index.key_before(number)]
        return number not in self._kept and number - begun > _HURRY

    def seek(self, number: int) -> bool:
        """Stand before a key frame; whether such a clip can be sought in."""
        from av.error import FFmpegError

        if self._index.by_count:
            return False
        try:
            self._container.seek(self._index.times[number], stream=self._stream)
        except (FFmpegError, OverflowError):
            return False
        self._restart(number)
        return True

    def frame(self, number: int, *, or_later: bool = False) -> TimedFrame | None:
        """Decode on until a frame comes; the one before it where it does not come.

        None where the first one that comes is a later one, unless ``or_later``, or where none comes at all.
        """
        if number in self._kept:
            return self._kept[number]
        before: TimedFrame | None = None
        skipped = False
        while True:
            skipped |= self._skip(beyond=self._next if or_later else number)
            frame = next(self._frames, None)
            place = len(self._index) if frame is None else self._place_of(frame)
            if frame is not None:
                self._keep(place, frame)
            if place > number and skipped:  # it was left out, or is damaged
                self._may_skip = False
                return None
            if place >= number:
                return frame if place == number or (before is None and or_later) else before
            before = frame

    def _restart(self, at: int) -> None:
        """Begin to decode where the container stands, with the frame ``at``, or one of the next."""
        self._frames: Iterator[TimedFrame] = events(self._container, self._stream, [], Damage())
        self._next = at

    def _skip(self, beyond: int) -> bool:
        """Leave frames that no other needs undecoded while the wanted one, ``beyond``, is far away; whether it is."""
        far = self._may_skip and beyond - self._next > _SPARE
        self._stream.codec_context.skip_frame = "NONREF" if far else "DEFAULT"
        return far

    def _place_of(self, frame: TimedFrame) -> int:
        if self._index.by_count:
            return self._next
        return max(self._next, bisect_left(self._index.times, frame.pts))

    def _keep(self, place: int, frame: TimedFrame) -> None:
        self._next = place + 1
        self._kept[place] = frame
        while len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)
