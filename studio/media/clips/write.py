"""Writing of clips: the graded picture is encoded, and everything else is copied packet by packet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from studio.fault import DISK_ERRORS
from studio.media.clips.containers import Holds
from studio.media.clips.encoders import choose_encoding
from studio.media.clips.kept import MP4_KIN, add_xmp, kept, lost, wants_keys
from studio.media.clips.names import clip_suffix, need_av
from studio.media.clips.open import OpenClip, first_packet, is_cover, opened
from studio.media.clips.pixel_formats import has_alpha
from studio.media.clips.read import ClipFacts

if TYPE_CHECKING:
    from studio.media.clips.av_types import OutputContainer, Packet, Stream, VideoFrame, VideoStream


_ANY_TIME = ("matroska", "webm", "mp4", "mov", "3gp", "3g2", "f4v")
"""Containers that hold any time of a frame; others may know a fixed number of frames per second, or wrap around."""


class ClipWriter:
    """Writes one clip: its header when it is made, then frames and packets in the order of the source.

    Args:
        container: the output file, open for writing.
        facts: what the source clip says about itself.
        source: the source clip.
        name: what the result will be called, for messages.

    Attributes:
        encoding: how the picture is encoded.
        notes: sentences that say what is not in the result, and why.
        copied: the streams of the source whose packets :meth:`copy` takes.

    Raises:
        InputError: the container cannot hold the picture or the audio of the source.
    """

    def __init__(self, container: OutputContainer, facts: ClipFacts, source: OpenClip, name: Path) -> None:
        self.notes: list[str] = []
        self.copied: list[Stream] = []
        self._container, self._name, self._source = container, name, facts.path
        self._streams: dict[int, Stream] = {}
        self._times: list[float] = []
        self.encoding = choose_encoding(facts, Holds(container.format.name, container.supported_codecs))
        self.notes += self.encoding.notes
        chapters = source.chapters()
        self._has_chapters = bool(chapters)
        for stream in source.streams:
            if stream.index == facts.index:
                self._streams[stream.index] = self._picture = self._add_picture(facts, stream)
            else:
                self._add_copy(stream)
        container.metadata.update(kept(source.metadata))
        if chapters:
            container.set_chapters(chapters)
        self._start()

    def show(self, frame: VideoFrame) -> None:
        """Encode a frame of :class:`~studio.media.clips.color.FrameColors`, which is shown at its own time.

        Raises:
            InputError: the disk does not take it.
        """
        # ProRes takes these tags from the frame and not from the encoder.
        frame.colorspace, frame.color_range = self.encoding.tagged_matrix, self.encoding.range
        assert frame.pts is not None and frame.time_base is not None
        self._times.append(float(frame.pts * frame.time_base))
        with self._written():
            self._container.mux(self._picture.encode(frame))

    def copy(self, packet: Packet) -> None:
        """Write a packet of one of the ``copied`` streams as it is.

        Raises:
            InputError: the disk does not take it.
        """
        packet.stream = self._streams[packet.stream_index]
        with self._written():
            self._container.mux_one(packet)

    def places(self) -> list[tuple[int, int]]:
        """The index of every stream that is written: in the source, and in the result."""
        return [(index, stream.index) for index, stream in self._streams.items()]

    def other_times(self, result: OpenClip) -> list[str]:
        """A sentence where the finished file, read again, shows frames at other times than they were written with."""
        form, place = self._container.format.name, self._picture.index
        if form in _ANY_TIME or place >= len(result.streams):
            return []
        stream = result.streams[place]
        packets = (packet for packet in result.demux(stream) if packet.size)
        units = sorted(
            time for packet in packets if (time := packet.dts if packet.pts is None else packet.pts) is not None
        )
        if len(units) != len(self._times):
            return [
                f"such a file holds {len(units)} of its {len(self._times)} frames: give an output that ends in .mkv"
            ]
        found, wanted = np.array(units, float) * float(stream.time_base or 1), np.array(self._times)
        apart = float(np.abs((found - found[0]) - (wanted - wanted[0])).max())
        usual = float(np.median(np.diff(wanted))) if len(wanted) > 1 else 1.0
        if apart <= max(0.02, 1.25 * usual):  # AVI cannot begin late: its first frame may be one too early
            return []
        return [
            f"such a file shows frames up to {apart:.2g} s early or late: an output that ends in .mkv keeps their times"
        ]

    def finish(self) -> None:
        """Encode the frames that the encoder still holds back, and close the file.

        Raises:
            InputError: the disk does not take it.
        """
        with self._written():
            self._container.mux(self._picture.encode(None))
            self._container.close()

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Turn an error while the block writes into an InputError that says what to do: the disk, or times that cannot be."""
        try:
            yield
        except (OSError, need_av().error.FFmpegError) as error:
            why = getattr(error, "strerror", None) or error
            full = getattr(error, "errno", None) in DISK_ERRORS
            what = (
                "make room on the disk or give another output" if full else "give an output that ends in .mkv or .mp4"
            )
            raise InputError(f"{self._name}: writing failed ({why}): {what}") from error

    def _add_picture(self, facts: ClipFacts, template: Stream) -> VideoStream:
        """Add the stream of the graded picture, with the metadata of ``template``, the source's picture."""
        from av.video.stream import VideoStream

        stream = self._container.add_stream(self.encoding.encoder, rate=facts.rate)
        assert isinstance(stream, VideoStream)
        self.encoding.set_up(stream.codec_context, facts)
        stream.time_base = self.encoding.time_base
        if self.encoding.encoder == "libx265" and self._container.format.name in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # Apple's players accept no other tag
        own = kept(template.metadata)
        if not has_alpha(self.encoding.pixel_format):
            own = {key: value for key, value in own.items() if key.lower() != "alpha_mode"}
        stream.metadata.update(own)
        stream.disposition = template.disposition
        return stream

    def _add_copy(self, stream: Stream) -> None:
        """Add a stream that is copied. What the container cannot hold is left out with a note.

        Raises:
            InputError: the container cannot hold an audio stream.
        """
        codec = stream.codec_context.name if stream.codec_context is not None else getattr(stream, "name", None)
        what = f"stream {stream.index} ({stream.type}, {codec or 'unknown'})"
        if stream.type == "data" or (stream.type == "attachment" and self._container.format.name != "matroska"):
            # FFmpeg shows tracks of timecode and chapters as data. Both are written again from the metadata.
            written_again = "timecode" in stream.metadata or (
                self._has_chapters and codec in ("bin_data", "text", None)
            )
            if not written_again:
                self.notes.append(f"{what} is left out")
            return
        if stream.type == "video" and not is_cover(stream):
            self.notes.append(f"{what} is left out: one picture stream is graded")
            return
        if stream.type == "video" and self._container.format.name not in MP4_KIN:
            self._attach(stream)
            return
        try:
            added = self._container.add_stream_from_template(stream, opaque=True)
        except (ValueError, need_av().error.FFmpegError) as error:
            if stream.type == "audio":
                raise self._no_audio(codec) from error
            self.notes.append(f"{what} is left out: {self._name.suffix} files do not hold it")
            return
        added.metadata.update(kept(stream.metadata))
        added.disposition = stream.disposition
        self._streams[stream.index] = added
        self.copied.append(stream)

    def _attach(self, cover: Stream) -> None:
        """Add a cover picture as an attachment, which it is in Matroska; for others :func:`lost` says that it is left out."""
        picture = first_packet(self._source, cover.index) if self._container.format.name == "matroska" else None
        if picture is None:
            return
        kind = "png" if cover.codec_context.name == "png" else "jpeg"
        name = cover.metadata.get("filename") or f"cover.{'jpg' if kind == 'jpeg' else kind}"
        self._container.add_attachment(name, cover.metadata.get("mimetype") or f"image/{kind}", picture)

    def _start(self) -> None:
        """Write the header. Only then do some containers refuse streams that they claimed to hold.

        Raises:
            InputError: the container cannot hold the streams.
        """
        try:
            self._container.start_encoding()
        except (ValueError, need_av().error.FFmpegError) as error:
            sound = [stream for stream in self.copied if stream.type == "audio"]
            if sound:
                raise self._no_audio(sound[0].codec_context.name) from error
            raise InputError(
                f"{self._name}: such a file cannot hold this clip: give an output that ends in .mkv"
            ) from error

    def _no_audio(self, codec: str | None) -> InputError:
        """The error for audio that the container cannot hold."""
        return InputError(
            f"{self._name}: its audio ({codec}) is copied as it is, and {self._name.suffix} files do not hold it: "
            "give an output with the suffix of the clip, or .mkv"
        )


@contextmanager
def writing(
    temporary: Path, name: Path, facts: ClipFacts, source: OpenClip, *, trial: bool = False
) -> Iterator[ClipWriter]:
    """A writer for the block, which is finished when the block ends without an error.

    Args:
        temporary: the file that is written.
        name: what the result will be called; its suffix says which container is written.
        facts: what the source clip says about itself.
        source: the source clip.
        trial: write the header only, to find out whether the container can hold the clip.

    Raises:
        InputError: the container cannot hold the picture or the audio of the source, or the disk does not take the file.
    """
    av = need_av()
    options: dict[str, str] = {}
    form = clip_suffix(name)
    if form in ("mp4", "mov"):
        options["movflags"] = "+faststart" + ("+use_metadata_tags" if wants_keys(source.metadata) else "")
    container = av.open(str(temporary), "w", format=form, container_options=options)
    try:
        writer = ClipWriter(container, facts, source, name)
        yield writer
        if not trial:
            writer.finish()
            writer.notes += add_xmp(source, form, temporary)
            with opened(temporary) as result:
                writer.notes += lost(source, writer.places(), result)
                writer.notes += writer.other_times(result)
    finally:
        with suppress(OSError, av.error.FFmpegError):  # an earlier error says more than that of closing
            container.close()
