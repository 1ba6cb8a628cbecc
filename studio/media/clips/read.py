"""Clips in: what a file says about itself, and its frames and packets in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from studio.media.clips.color import ColorTags, depth_of, read_tags
from studio.media.clips.names import check_clip, need_av

OpenClip = Any
"""PyAV's container of an open clip. PyAV has no types of its own for what it holds."""

_NOT_DISPLAY = {
    8: "is scene-linear",
    16: "is HDR (PQ, SMPTE ST 2084)",
    18: "is HDR (HLG, ARIB STD-B67)",
}
"""Transfer characteristics of H.273 table 3 that a display-referred grade does not belong to."""
_SLACK = 0.1
"""Seconds that a clip may end before it says it does; headers round."""


@dataclass(frozen=True)
class Turn:
    """How stored frames become upright: transposed first, then mirrored left to right, then top to bottom."""

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    @property
    def is_none(self) -> bool:
        """Whether stored frames are upright."""
        return not (self.transposed or self.mirrored or self.flipped)

    def applied(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, 3) stored to upright; a view."""
        if self.transposed:
            pixels = pixels.transpose(1, 0, 2)
        return pixels[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1]


@dataclass(frozen=True)
class ClipFacts:
    """What was read of a clip before its frames.

    Attributes:
        path: the file.
        index: which of its streams is the picture.
        codec: FFmpeg's name of its codec, such as ``h264``.
        profile: the codec's profile, or None.
        pixel_format: FFmpeg's name, such as ``yuv420p10le``.
        bits: per channel; more than 8 are read as uint16.
        size: (H, W) as stored, before turning.
        turn: how frames become upright.
        tags: colour tags.
        rate: average frames per second, or None.
        time_base: seconds per unit of the frames' times.
        aspect: shape of a stored pixel, width by height, or None.
        frames: how many there should be, 0 where the file does not say.
        seconds: how long the picture should last, or None where the file does not say.
        whole_seconds: how long all streams together should last, or None.
        interlaced: frames consist of two fields.
    """

    path: Path
    index: int
    codec: str
    profile: str | None
    pixel_format: str
    bits: int
    size: tuple[int, int]
    turn: Turn
    tags: ColorTags
    rate: Fraction | None
    time_base: Fraction
    aspect: Fraction | None
    frames: int
    seconds: float | None
    whole_seconds: float | None
    interlaced: bool

    @property
    def upright_size(self) -> tuple[int, int]:
        """(H, W) of the frames that people see."""
        return self.size[::-1] if self.turn.transposed else self.size


@dataclass
class Damage:
    """What went wrong while a clip was read, filled by :func:`events`.

    Attributes:
        frames: frames that were read well.
        lost: frames that could not be read, as far as they can be counted.
        first: seconds from the start where the first of them was, or None.
        end: seconds from the start where the last good frame ends.
        last_packet: the same for the last packet of any stream.
    """

    frames: int = 0
    lost: int = 0
    first: float | None = None
    end: float = 0.0
    last_packet: float = 0.0

    def broken_at(self, facts: ClipFacts) -> float | None:
        """Seconds from the start where the clip breaks off or is damaged first; None for a whole one."""
        if self.lost:
            return self.first
        slack = max(_SLACK, 2.5 / float(facts.rate or 25))
        if facts.seconds is not None:
            return self.end if self.end < facts.seconds - slack else None
        if facts.whole_seconds is not None and self.last_packet < facts.whole_seconds - slack - 0.5:
            return self.end
        return None


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A clip's container, open for reading.

    Raises:
        InputError: missing, empty, or not a video file.
    """
    av = need_av()
    check_clip(path)
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise InputError(
            f"{path}: this is not a video file that can be opened, or its index is missing because the recording broke off: "
            "copy or export it again"
        ) from error
    with container:
        yield container


def picture_stream(container: Any, path: Path) -> Any:
    """The video stream that people see; cover pictures are none. Raises InputError where there is none to decode."""
    from av.stream import Disposition

    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise InputError(f"{path}: the file holds no video stream that can be decoded: give a clip with a picture")
    first = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    first.thread_type = "AUTO"
    return first


def read_facts(path: Path) -> ClipFacts:
    """Open a clip and look at its first frame.

    Raises:
        InputError: not a clip, no video stream, no frame that decodes, HDR or scene-linear, a matrix not known here.
    """
    with opened(path) as container:
        stream = picture_stream(container, path)
        frame = next((what for what in events(container, stream, [], Damage()) if not is_packet(what)), None)
        if frame is None:
            raise InputError(f"{path}: no frame of the clip can be decoded: copy or export it again")
        context = stream.codec_context
        try:
            tags = read_tags(frame, context)
        except ValueError as error:
            raise InputError(
                f"{path}: its colour matrix (number {error} of ITU-T H.273) is not one of BT.601, BT.709, BT.2020: export it "
                "with one of these first"
            ) from error
        if tags.transfer in _NOT_DISPLAY:
            raise InputError(
                f"{path}: the clip {_NOT_DISPLAY[tags.transfer]}: convert it to SDR (Rec.709) first, in a video editor"
            )
        return ClipFacts(
            path=path,
            index=stream.index,
            codec=context.codec.canonical_name,
            profile=context.profile,
            pixel_format=frame.format.name,
            bits=depth_of(frame.format),
            size=(frame.height, frame.width),
            turn=_turn_of(frame),
            tags=tags,
            rate=stream.average_rate or stream.guessed_rate or None,
            time_base=stream.time_base,
            aspect=stream.sample_aspect_ratio or None,
            frames=stream.frames,
            seconds=_stated_seconds(stream, container.format.name),
            whole_seconds=container.duration / 1e6 if container.duration else None,
            interlaced=frame.interlaced_frame,
        )


def events(container: Any, stream: Any, copied: list[Any], damage: Damage) -> Iterator[Any]:
    """Frames of ``stream`` and packets of the ``copied`` streams, in the order of the file, as far as it can be read.

    A frame or packet that is damaged is left out and counted in ``damage``; one before the first good frame is not counted,
    since recordings of broadcasts begin anywhere.
    """
    from av.error import FFmpegError

    origin: float | None = None
    last_pts: int | None = None
    for packet in _packets(container, [stream, *copied], damage):
        if packet is not None and packet.stream_index != stream.index:
            if packet.size and not packet.is_corrupt:
                _note_end(packet, container, damage)
                yield packet
            continue
        if packet is not None and packet.size:
            _note_end(packet, container, damage)
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            _lose(damage)
            continue
        for frame in frames:
            if frame.is_corrupt:
                _lose(damage)
                continue
            pts = frame.pts if frame.pts is not None else frame.dts
            if pts is None or (last_pts is not None and pts <= last_pts):
                pts = 0 if last_pts is None else last_pts + max(1, frame.duration)
            frame.pts = last_pts = pts
            frame.time_base = stream.time_base
            length = float((frame.duration or 0) * stream.time_base) or 1 / float(stream.average_rate or 25)
            origin = float(pts * stream.time_base) if origin is None else origin
            damage.frames += 1
            damage.end = float(pts * stream.time_base) - origin + length
            yield frame


def _packets(container: Any, streams: list[Any], damage: Damage) -> Iterator[Any]:
    """Packets until the file ends or cannot be read on; None last, which makes the decoder give what it still holds."""
    from av.error import FFmpegError

    try:
        for packet in container.demux(streams):
            if packet.size:  # the empty ones at the end are for decoders; ours gets None
                yield packet
    except FFmpegError:
        _lose(damage)
    yield None


def _lose(damage: Damage) -> None:
    if damage.frames:
        damage.lost += 1
        damage.first = damage.end if damage.first is None else damage.first


def _note_end(packet: Any, container: Any, damage: Damage) -> None:
    if packet.pts is not None:
        end = float((packet.pts + (packet.duration or 0)) * packet.time_base) - (container.start_time or 0) / 1e6
        damage.last_packet = max(damage.last_packet, end)


def is_packet(what: Any) -> bool:
    """Whether something of :func:`events` is a packet to copy, and not a frame."""
    return hasattr(what, "stream_index")


def _turn_of(frame: Any) -> Turn:
    """From the display matrix (ISO/IEC 14496-12, 8.3.2): 9 numbers in 16.16 and 2.30, (x, y) stored to shown."""
    from av.sidedata.sidedata import Type

    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float) / 65536
    if min(abs(a), abs(d)) > max(abs(b), abs(c)):
        return Turn(False, a < 0, d < 0)
    if min(abs(b), abs(c)) > max(abs(a), abs(d)):
        return Turn(True, c < 0, b < 0)
    return Turn()  # not by a quarter turn: players show it so, no editor exports it


def _stated_seconds(stream: Any, form: str) -> float | None:
    if form == "avi" and stream.frames:  # its duration is corrected to the length of the file
        return float(stream.frames * stream.time_base)
    if stream.duration:
        return float(stream.duration * stream.time_base)
    text = stream.metadata.get("DURATION", "")  # Matroska's tag, as 00:01:02.345000000: where the stream ends
    try:
        hours, minutes, seconds = text.split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
    return end - float((stream.start_time or 0) * stream.time_base)
