"""Types of what PyAV hands out, for the type checker alone.

PyAV is an optional extra, so a module that imported it for its annotations could not be loaded without it. Modules therefore
import these names under ``TYPE_CHECKING``. Two of them promise more than PyAV does, because the functions that return them see
to it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.codec.context import CodecContext as CodecContext
    from av.container import InputContainer as InputContainer
    from av.container import OutputContainer as OutputContainer
    from av.packet import Packet as Packet
    from av.stream import Stream as Stream
    from av.video.codeccontext import VideoCodecContext as VideoCodecContext
    from av.video.format import VideoFormat as VideoFormat
    from av.video.frame import VideoFrame as VideoFrame
    from av.video.plane import VideoPlane as VideoPlane
    from av.video.reformatter import VideoReformatter as VideoReformatter
    from av.video.stream import VideoStream as VideoStream

    class PictureStream(VideoStream):
        """The stream that :func:`studio.media.clips.read.picture_stream` returns: every demuxed stream has a time base."""

        time_base: Fraction

    class TimedFrame(VideoFrame):
        """A frame of :func:`studio.media.clips.read.events`, which gives every frame a time of its own."""

        pts: int
        time_base: Fraction
