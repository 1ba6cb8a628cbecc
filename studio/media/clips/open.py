"""Opening of clips: which containers are read, how large a picture may be, and which decoder shows all of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from reswd_torch.errors import InputError
from studio.media.clips.boxes import claims_too_much
from studio.media.clips.names import check_clip, need_av
from studio.media.images import limits

if TYPE_CHECKING:
    from studio.media.clips.av_types import InputContainer, Packet, PictureStream, Stream, VideoCodecContext, VideoFrame

OpenClip: TypeAlias = "InputContainer"
"""A clip that is open for reading, as PyAV's container."""

_DEMUXERS = (
    "asf", "av1", "avi", "dv", "flv", "gif", "h264", "hevc", "ivf", "m4v", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mpeg",
    "mpegts", "mpegvideo", "mxf", "obu", "ogg",
)  # fmt: skip
"""The containers that are read, by the names of FFmpeg's demuxers. FFmpeg goes by the content and would take a playlist for a
clip, whatever its name is, and open the files and addresses in it. Nothing in this list names another file, but for the
references of QuickTime, which FFmpeg follows only where it is told to."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that show the alpha of a codec, where FFmpeg's own one leaves it out."""


@contextmanager
def opened(path: Path) -> Iterator[OpenClip]:
    """Open a clip for reading, for the length of the block. No other file is opened, whatever the clip says.

    Raises:
        InputError: PyAV is not installed, or the file is missing, empty or not a video file.
    """
    av = need_av()
    check_clip(path)
    if claims_too_much(path):
        raise InputError(f"{path}: its index claims more than the file holds: copy or export it again")
    options = {
        "format_whitelist": ",".join(_DEMUXERS),
        "protocol_whitelist": "file",
        "max_pixels": _most_decoded(),
        "export_xmp": "1",
    }
    try:
        # An absolute path cannot be taken for an address, as "concat:a.mp4" could.
        container = av.open(os.path.abspath(path), options=options, metadata_errors="replace")  # noqa: PTH100 - as it is
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise InputError(
            f"{path}: this is not a video file that can be opened, or its index is missing because the recording broke off: "
            "copy or export it again"
        ) from error
    with container:
        yield container


def _most_decoded() -> str:
    """FFmpeg's own bound, which counts the blocks at the edge that are not shown."""
    return str(limits.current().clip_pixels * 5 // 4)


def picture_stream(container: OpenClip, path: Path) -> PictureStream:
    """The video stream that players show. Cover pictures do not count.

    Args:
        container: the clip.
        path: its file, for the message.

    Raises:
        InputError: the clip has no video stream that can be decoded, or its picture is too large.
    """
    from av.stream import Disposition

    streams = [
        stream for stream in container.streams.video if stream.codec_context is not None and not is_cover(stream)
    ]
    if not streams:
        raise InputError(f"{path}: the file holds no video stream that can be decoded: give a clip with a picture")
    first = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    context = first.codec_context
    most = limits.current().clip_pixels
    if context.width * context.height > most:
        raise InputError(
            f"{path}: its picture of {context.width} x {context.height} pixels is larger than the "
            f"{most / 1e6:.0f} megapixels of a clip that is read: scale it down first"
        )
    context.options = {"max_pixels": _most_decoded()}  # a later frame may be larger than the header says
    first.thread_type = "AUTO"
    return cast("PictureStream", first)


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a cover picture, and not a picture that moves."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def first_packet(path: Path, index: int) -> bytes | None:
    """The bytes of the first packet of a stream, which of a cover picture are all; None where it has none."""
    with opened(path) as container:
        packet = next(container.demux(container.streams[index]), None)
        return bytes(packet) if packet is not None and packet.size else None


def decoder_of(stream: PictureStream) -> Callable[[Packet | None], list[VideoFrame]]:
    """The function that takes a packet of a stream, or None at its end, and gives the frames that it completes."""
    from av import CodecContext

    other = _ALPHA_DECODERS.get(stream.codec_context.codec.canonical_name)
    if other is None or not says_alpha(stream.metadata):
        return stream.decode
    context = cast("VideoCodecContext", CodecContext.create(other, "r"))
    context.extradata, context.options = stream.codec_context.extradata, stream.codec_context.options
    context.thread_count = 0
    return context.decode


def says_alpha(metadata: dict[str, str]) -> bool:
    """Whether a stream of Matroska or WebM says that its blocks bring alpha along (AlphaMode)."""
    return any(key.lower() == "alpha_mode" and value.strip() == "1" for key, value in metadata.items())
