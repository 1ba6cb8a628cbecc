"""Clips out: the graded picture, and everything else as it came, packet by packet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError
from studio.media.clips.encoders import choose_encoding
from studio.media.clips.names import clip_suffix, need_av
from studio.media.clips.read import ClipFacts

_OF_THE_FILE = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "rotate",
    "DURATION",
    "BPS",
    "vendor_id",
}
"""Metadata that describe the source's file and not what is in it."""
_UNSAID = {
    "mpegts": {"libx264", "libx265", "mpeg2video", "mpeg4"},
    "mxf": {"libx264", "prores_ks", "dnxhd", "mpeg2video", "jpeg2000"},
    "vob": {"mpeg2video"},
}
"""Containers that FFmpeg does not list the codecs of."""


class ClipWriter:
    """One output file being written.

    Attributes:
        encoding: how the picture is encoded.
        notes: what is not in the result, and why.
        copied: streams of the source whose packets :meth:`copy` takes.
    """

    def __init__(self, container: Any, facts: ClipFacts, source: Any, name: Path) -> None:
        self.notes: list[str] = []
        self.copied: list[Any] = []
        self._container, self._name = container, name
        self._streams: dict[int, Any] = {}
        self.encoding = choose_encoding(facts, self._held)
        self.notes += self.encoding.notes
        self._picture: Any = None
        chapters = source.chapters()
        self._has_chapters = bool(chapters)
        for stream in source.streams:
            if stream.index == facts.index:
                self._picture = self._add_picture(facts, stream)
            else:
                self._add_copy(stream)
        container.metadata.update(_kept(source.metadata))
        if chapters:
            container.set_chapters(chapters)
        self._start()

    def show(self, frame: Any) -> None:
        """Encode a frame, with its own time. ProRes takes the tags from the frame and not from the encoder."""
        frame.colorspace, frame.color_range = self.encoding.tagged_matrix, self.encoding.range
        with self._written():
            self._container.mux(self._picture.encode(frame))

    def copy(self, packet: Any) -> None:
        """Write a packet of a copied stream as it is."""
        packet.stream = self._streams[packet.stream_index]
        with self._written():
            self._container.mux_one(packet)

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        with self._written():
            self._container.mux(self._picture.encode(None))
            self._container.close()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except (OSError, need_av().error.FFmpegError) as error:
            why = getattr(error, "strerror", None) or error
            raise InputError(
                f"{self._name}: writing failed ({why}): make room on the disk or give another output"
            ) from error

    def _held(self, encoder: str) -> bool:
        said = _UNSAID.get(self._container.format.name)
        return encoder in (self._container.supported_codecs if said is None else said)

    def _add_picture(self, facts: ClipFacts, template: Any) -> Any:
        stream = self._container.add_stream(self.encoding.encoder, rate=facts.rate)
        self.encoding.set_up(stream.codec_context, facts)
        stream.time_base = self.encoding.time_base
        if self.encoding.encoder == "libx265" and self._container.format.name in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # the only one that Apple's players take
        stream.metadata.update(_kept(template.metadata))
        stream.disposition = int(template.disposition)
        return stream

    def _add_copy(self, stream: Any) -> None:
        """A stream that is copied; one that the container does not hold is refused (audio) or left out (others)."""
        codec = stream.codec_context.name if stream.codec_context is not None else getattr(stream, "name", None)
        what = f"stream {stream.index} ({stream.type}, {codec or 'unknown'})"
        if stream.type == "data" or (stream.type == "attachment" and self._container.format.name != "matroska"):
            # Timecode and chapters are written anew, from the metadata; FFmpeg shows the tracks that hold them as data.
            anew = "timecode" in stream.metadata or (self._has_chapters and codec in ("bin_data", "text", None))
            if not anew:
                self.notes.append(f"{what} is left out")
            return
        if stream.type == "video" and not int(stream.disposition) & 1024:  # a cover picture stays
            self.notes.append(f"{what} is left out: one picture stream is graded")
            return
        try:
            added = self._container.add_stream_from_template(stream, opaque=True)
        except (ValueError, need_av().error.FFmpegError) as error:
            if stream.type == "audio":
                raise self._no_audio(codec) from error
            self.notes.append(f"{what} is left out: {self._name.suffix} files do not hold it")
            return
        added.metadata.update(_kept(stream.metadata))
        added.disposition = int(stream.disposition)
        self._streams[stream.index] = added
        self.copied.append(stream)

    def _start(self) -> None:
        """Write the header, which is where containers refuse streams that they said they hold."""
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
        return InputError(
            f"{self._name}: its audio ({codec}) is copied as it is, and {self._name.suffix} files do not hold it: "
            "give an output with the suffix of the clip, or .mkv"
        )


@contextmanager
def writing(temporary: Path, name: Path, facts: ClipFacts, source: Any, *, trial: bool = False) -> Iterator[ClipWriter]:
    """A writer into ``temporary``, for a result that will be called ``name``; finished when the block ends well.

    With ``trial`` only the header is written, which is where a container refuses what it cannot hold.

    Raises:
        InputError: the container holds no picture or not the audio of the source, or the disk does not take it.
    """
    av = need_av()
    options = {}
    form = clip_suffix(name)
    if form in ("mp4", "mov"):
        apple = any(key.startswith("com.apple.") for key in source.metadata)
        options["movflags"] = "+faststart" + ("+use_metadata_tags" if apple else "")
    container = av.open(str(temporary), "w", format=form, container_options=options)
    try:
        writer = ClipWriter(container, facts, source, name)
        yield writer
        if not trial:
            writer.finish()
    finally:
        with suppress(OSError, av.error.FFmpegError):  # what went wrong before is what is told
            container.close()


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in metadata.items()
        if key not in _OF_THE_FILE and not key.startswith(("_STATISTICS", "NUMBER_OF", "DURATION-", "BPS-"))
    }
