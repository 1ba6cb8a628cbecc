"""Reading of clips: what a file says about itself, and its frames and packets in the order of the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from reswd_torch.errors import InputError
from studio.media.clips.light import LightLevels, light_of
from studio.media.clips.open import OpenClip, decoder_of, opened, picture_stream
from studio.media.clips.pixel_formats import depth_of, is_transparent, refusal
from studio.media.clips.tags import HLG, PQ, ColorTags, read_tags

if TYPE_CHECKING:
    from typing import Never

    from typing_extensions import TypeIs

    from studio.media.clips.av_types import Packet, PictureStream, Stream, TimedFrame, VideoFrame

_NOT_DISPLAY = {
    8: "is scene-linear",
    PQ: "is HDR (PQ, SMPTE ST 2084)",
    HLG: "is HDR (HLG, ARIB STD-B67)",
}
"""Transfer characteristics, by H.273 table 3, of clips that are not for SDR displays: a grade of such codes is another one."""
WITHOUT_TIMES = ("avi", "h264", "hevc", "m4v", "mpegvideo", "obu")
"""Containers that say in which order frames are decoded, and not when they are shown. FFmpeg makes times up for them, which are
wrong where frames refer to later ones (B-frames); what it decodes comes in the order of showing, one frame at a time."""
FASTEST = 1000
"""Frames per second up to which a rate is believed. Raw DV states its clock instead, and broken files state anything."""
_SLACK = 0.1
"""Seconds by which a clip may be shorter than its header says, since headers round."""


@dataclass(frozen=True)
class Turn:
    """How stored frames become upright: they are transposed, then mirrored, then flipped.

    Attributes:
        transposed: rows and columns are exchanged.
        mirrored: left and right are exchanged.
        flipped: top and bottom are exchanged.
    """

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    @property
    def is_none(self) -> bool:
        """Whether stored frames are upright already."""
        return not (self.transposed or self.mirrored or self.flipped)

    def applied(self, pixels: np.ndarray) -> np.ndarray:
        """Turn a stored frame, (H, W, 3), or its alpha, (H, W), upright. The result is a view of ``pixels``."""
        if self.transposed:
            pixels = pixels.swapaxes(0, 1)
        return pixels[:: -1 if self.flipped else 1, :: -1 if self.mirrored else 1]


@dataclass(frozen=True)
class ClipFacts:
    """What a clip says about itself.

    Attributes:
        path: the file.
        index: the index of the stream that is the picture.
        codec: FFmpeg's name of its codec, such as ``h264``.
        profile: the profile of the codec, or None.
        pixel_format: FFmpeg's name of the decoded frames' pixel format, such as ``yuv420p10le``.
        bits: bits per channel; frames with more than 8 are read as uint16.
        alpha: whether its first frame has transparency.
        size: (H, W) of the frames as stored, before they are turned upright.
        turn: how frames become upright.
        tags: the colour tags.
        rate: average number of frames per second, at most :data:`FASTEST`; None where the file says nothing usable.
        time_base: seconds per unit of the frames' times.
        aspect: width of a stored pixel divided by its height, or None.
        frames: how many frames the file says it has; 0 where it does not say.
        seconds: how long the file says the picture lasts; None where it does not say.
        whole_seconds: how long the file says that all streams together last, or None.
        interlaced: whether frames consist of two fields.
        light: what an HDR clip says about light; None for every other clip.
    """

    path: Path
    index: int
    codec: str
    profile: str | None
    pixel_format: str
    bits: int
    alpha: bool
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
    light: LightLevels | None = None

    @property
    def upright_size(self) -> tuple[int, int]:
        """(H, W) of the frames that people see."""
        return self.size[::-1] if self.turn.transposed else self.size


@dataclass
class Damage:
    """How far a clip could be read, and what of it is lost. :func:`events` keeps it up to date.

    Attributes:
        frames: number of frames that were read well.
        lost: number of frames that could not be read, as far as they can be counted.
        first: seconds from the start of the clip to the first of the lost frames, or None.
        end: seconds from the start of the clip to the end of the last good frame.
        last_packet: seconds from the start of the clip to the end of the last packet of any stream.
    """

    frames: int = 0
    lost: int = 0
    first: float | None = None
    end: float = 0.0
    last_packet: float = 0.0

    def broken_at(self, facts: ClipFacts) -> float | None:
        """Seconds from the start of the clip to where it breaks off or is first damaged; None for a clip that is whole."""
        if self.lost:
            return self.first
        slack = max(_SLACK, 2.5 / float(facts.rate or 25))
        if facts.seconds is not None:
            return self.end if self.end < facts.seconds - slack else None
        if facts.whole_seconds is not None and self.last_packet < facts.whole_seconds - slack - 0.5:
            return self.end
        return None


def read_facts(path: Path, *, hdr: bool = False) -> ClipFacts:
    """Open a clip and decode its first frame, which many of the facts are only known from.

    Args:
        path: the clip.
        hdr: whether it may be HDR, for a caller who grades it in a space of its own.

    Raises:
        InputError: the file is no clip, has no video stream or no frame that can be decoded, is scene-linear, or HDR where it may
            not be, or has a colour matrix that is not supported.
    """
    with opened(path) as container:
        stream = picture_stream(container, path)
        frame = next(events(container, stream, [], Damage()), None)
        if frame is None:
            raise InputError(f"{path}: no frame of the clip can be decoded: copy or export it again")
        context = stream.codec_context
        if (why := refusal(frame.format.name)) is not None:
            raise InputError(
                f"{path}: its pixels ({frame.format.name}) {why}: export it for a screen first, as H.264 or ProRes"
            )
        try:
            tags = read_tags(frame, context)
        except ValueError as error:
            raise InputError(
                f"{path}: its colour matrix (number {error} of ITU-T H.273) is not one of BT.601, BT.709, BT.2020: export it "
                "with one of these first"
            ) from error
        if tags.transfer in _NOT_DISPLAY and not (hdr and tags.is_hdr):
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
            alpha=is_transparent(frame),
            size=(frame.height, frame.width),
            turn=_turn_of(frame),
            tags=tags,
            rate=_rate_of(stream, frame),
            time_base=stream.time_base,
            aspect=stream.sample_aspect_ratio or None,
            frames=stream.frames,
            seconds=_stated_seconds(stream, container.format.name),
            whole_seconds=container.duration / 1e6 if container.duration else None,
            interlaced=frame.interlaced_frame,
            light=light_of(frame) if tags.is_hdr else None,
        )


@overload
def events(container: OpenClip, stream: PictureStream, copied: list[Never], damage: Damage) -> Iterator[TimedFrame]: ...
@overload
def events(
    container: OpenClip, stream: PictureStream, copied: list[Stream], damage: Damage
) -> Iterator[TimedFrame | Packet]: ...
def events(
    container: OpenClip, stream: PictureStream, copied: list[Stream] | list[Never], damage: Damage
) -> Iterator[TimedFrame | Packet]:
    """Frames of the picture, and packets of the streams that are copied, in the order of the file, as far as it can be read.

    Damaged frames and packets are left out and counted. Those before the first good frame are not counted, since a recording of a
    broadcast begins anywhere. Every frame has a time of its own, later than that of the frame before it, in units of the stream.

    Args:
        container: the clip, read from where it stands.
        stream: its picture, :func:`picture_stream`.
        copied: further streams whose packets are wanted; with an empty list only frames come.
        damage: is filled while the clip is read.
    """
    from av.error import FFmpegError

    clock, decode = _Clock(stream, damage, by_dts=container.format.name in WITHOUT_TIMES), decoder_of(stream)
    for packet in _packets(container, [stream, *copied], damage):
        if packet is not None and packet.stream_index != stream.index:
            if packet.size and not packet.is_corrupt:
                _note_end(packet, container, damage)
                yield packet
            continue
        if packet is not None and packet.size:
            _note_end(packet, container, damage)
        try:
            frames = decode(packet)
        except FFmpegError:
            _note_loss(damage)
            continue
        for frame in frames:
            if frame.is_corrupt:
                _note_loss(damage)
            else:
                yield clock.timed(frame)


class _Clock:
    """Gives the good frames of a stream their times, and counts them.

    Args:
        stream: the picture of the clip.
        damage: ``frames`` and ``end`` are kept up to date.
        by_dts: whether frames go by when they were due for decoding, as those of the containers WITHOUT_TIMES.
    """

    def __init__(self, stream: PictureStream, damage: Damage, *, by_dts: bool = False) -> None:
        self._stream, self._damage, self._by_dts = stream, damage, by_dts
        self._origin: float | None = None  # seconds of the first frame
        self._last: int | None = None  # time of the frame before, in units of the stream

    def timed(self, frame: VideoFrame) -> TimedFrame:
        """The frame with its own time or, where that is missing or not later than the last one, the next time after it."""
        unit = self._stream.time_base
        pts = frame.dts if self._by_dts or frame.pts is None else frame.pts
        if pts is None or (self._last is not None and pts <= self._last):
            pts = 0 if self._last is None else self._last + max(1, frame.duration)
        frame.pts = self._last = pts
        frame.time_base = unit
        start = float(pts * unit)
        self._origin = start if self._origin is None else self._origin
        length = float((frame.duration or 0) * unit) or 1 / float(self._stream.average_rate or 25)
        self._damage.frames += 1
        self._damage.end = start - self._origin + length
        return cast("TimedFrame", frame)


def _packets(container: OpenClip, streams: list[Stream], damage: Damage) -> Iterator[Packet | None]:
    """Packets until the file ends or cannot be read on. The last item is None, which makes a decoder give what it holds back."""
    from av.error import FFmpegError

    try:
        for packet in container.demux(streams):
            if packet.size:  # PyAV ends with empty packets for its own decoders; here None takes their place
                yield packet
    except FFmpegError:
        _note_loss(damage)
    yield None


def _note_loss(damage: Damage) -> None:
    """Count a frame that could not be read, unless no good one came before it."""
    if damage.frames:
        damage.lost += 1
        damage.first = damage.end if damage.first is None else damage.first


def _note_end(packet: Packet, container: OpenClip, damage: Damage) -> None:
    """Keep the latest time at which a packet of any stream ends."""
    if packet.pts is not None:
        end = float((packet.pts + (packet.duration or 0)) * packet.time_base) - (container.start_time or 0) / 1e6
        damage.last_packet = max(damage.last_packet, end)


def is_packet(what: TimedFrame | Packet) -> TypeIs[Packet]:
    """Whether an item of :func:`events` is a packet to copy. If not, it is a frame."""
    return hasattr(what, "stream_index")


def _rate_of(stream: PictureStream, frame: VideoFrame) -> Fraction | None:
    """The first believable one of what the file states, what FFmpeg guesses, and how long the first frame lasts."""
    lasts = (frame.duration or 0) * stream.time_base
    stated = (stream.average_rate, stream.guessed_rate, 1 / lasts if lasts else None)
    return next((rate for rate in stated if rate and 0 < rate <= FASTEST), None)


def _turn_of(frame: VideoFrame) -> Turn:
    """The turn that a frame's display matrix means (ISO/IEC 14496-12, 8.3.2).

    The matrix has nine fixed-point numbers, 16.16 and 2.30, and takes the (x, y) of a stored pixel to the shown one.
    """
    from av.sidedata.sidedata import Type

    try:
        side_data: Any = frame.side_data  # PyAV's annotation knows motion vectors only
        data = side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # a kind that PyAV does not know yet is among them, such as EXIF: only the angle is to be had
        turned = math.radians(frame.rotation)
        a = d = math.cos(turned)
        b, c = -math.sin(turned), math.sin(turned)
    else:
        if data is None:
            return Turn()
        a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].astype(float) / 65536
    if min(abs(a), abs(d)) > max(abs(b), abs(c)):
        return Turn(False, a < 0, d < 0)
    if min(abs(b), abs(c)) > max(abs(a), abs(d)):
        return Turn(True, c < 0, b < 0)
    return Turn()  # not a multiple of a quarter turn: players show such clips turned, but no editor exports them


def _stated_seconds(stream: PictureStream, form: str) -> float | None:
    """How long a file of the container ``form`` says that its picture lasts, in seconds; None where it does not say."""
    if form == "avi" and stream.frames:
        # FFmpeg shortens the duration of a file that is cut off, but not its number of frames.
        return float(stream.frames * stream.time_base)
    if stream.duration:
        return float(stream.duration * stream.time_base)
    text = stream.metadata.get("DURATION", "")  # Matroska's tag says where the stream ends, as 00:01:02.345000000
    try:
        hours, minutes, seconds = text.split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
    return end - float((stream.start_time or 0) * stream.time_base)
