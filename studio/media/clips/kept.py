"""What stands beside the picture of a clip: which of it the result has, and what is said about the rest.

A result is opened again when it is written, and its metadata are compared with those of the source: containers leave out what
they have no place for, and cut what is too long, without an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.media.clips.open import OpenClip, is_cover

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoFrame

_OF_THE_FILE = {
    "application_platform", "bps", "company_name", "compatible_brands", "duration", "encoder", "file_package_name",
    "file_package_umid", "generation_uid", "major_brand", "material_package_umid", "minor_version", "modification_date",
    "operational_pattern_ul", "product_name", "product_uid", "product_version", "rotate", "software", "toolkit_version", "uid",
    "vendor_id",
}  # fmt: skip
"""Keys of metadata that describe the source's file and not its content, in small letters."""
_TECHNICAL = {"alpha_mode", "creation_time", "filename", "handler_name", "language", "mimetype"}
"""Keys of streams whose loss is no news: players name handlers, the file has a time of its own, and AVI knows no language."""
_XMP = "xmp"
"""The key under which FFmpeg's reader of MP4 hands out XMP; no writer takes it back."""
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The box of XMP in MP4 and its kin (XMP specification part 3, section 1.2.7)."""
MP4_KIN = ("mp4", "mov", "3gp", "3g2", "f4v")
"""MP4 and the containers that are built like it, by the names of FFmpeg's muxers."""
_OWN_PLACE = {
    "album", "album_artist", "artist", "comment", "composer", "copyright", "creation_time", "date", "description", "episode_id",
    "genre", "grouping", "keywords", "location", "lyrics", "network", "show", "synopsis", "timecode", "title", "track",
}  # fmt: skip
"""Metadata that MP4 has a place for without a list of keys."""
_LONGEST_TEXT = 60_000
"""Bytes of a text of QuickTime without a list of keys: its length has 16 bits."""
LIGHT = "its HDR light levels"
"""The phrase for the mastering display and the light of the content, which some encoders write."""
_UNGRADED = "which describe the ungraded picture"
_SIDE_DATA = {
    "STEREO3D": "that it is stereoscopic (3-D)",
    "SPHERICAL": "its spherical (360°) projection",
    "ICC_PROFILE": "the ICC profile of its frames, which was not followed either",
    "MASTERING_DISPLAY_METADATA": LIGHT,
    "CONTENT_LIGHT_LEVEL": LIGHT,
    "AMBIENT_VIEWING_ENVIRONMENT": "its viewing conditions",
    "DYNAMIC_HDR_PLUS": f"its HDR10+ data, {_UNGRADED}",
    "DYNAMIC_HDR_VIVID": f"its HDR Vivid data, {_UNGRADED}",
    "DOVI_RPU_BUFFER": f"its Dolby Vision data, {_UNGRADED}",
    "DOVI_METADATA": f"its Dolby Vision data, {_UNGRADED}",
    "A53_CC": "the closed captions inside its picture",
    "AFD": "its active format description",
    "S12M_TIMECODE": "the timecode inside its picture",
    "REGIONS_OF_INTEREST": "its regions of interest",
}
"""What may come with a frame and is not written again, by the name that PyAV has for it."""
_MARKER = 1 << 12
"""The bit between minutes and seconds of MPEG-2's time code, which is always set."""
_UNKNOWN = "other data of its frames, such as EXIF"


def kept(metadata: dict[str, str]) -> dict[str, str]:
    """The metadata that describe the content, and so hold for the result too; under the keys that writers know."""
    found = {
        _key(key): value
        for key, value in metadata.items()
        if key.lower() not in _OF_THE_FILE | {_XMP} and not re.match(r"_STATISTICS|NUMBER_OF|DURATION-|BPS-", key)
    }
    if "name" in found:  # what MP4 calls the title of a track
        found.setdefault("title", found.pop("name"))
    return found


def _key(key: str) -> str:
    """Apple's keys in their own letters: Matroska writes all keys in capitals."""
    if not key.lower().startswith("com.apple."):
        return key
    return key if key.lower() == key else key.lower().replace("iso6709", "ISO6709")


def wants_keys(metadata: dict[str, str]) -> bool:
    """Whether an MP4 or QuickTime file needs a list of keys to hold these metadata."""
    return any(
        _plain_key(key) not in _OWN_PLACE or len(value.encode()) > _LONGEST_TEXT
        for key, value in kept(metadata).items()
    )


def lost(source: OpenClip, streams: Iterable[tuple[int, int]], result: OpenClip) -> list[str]:
    """Sentences on metadata of a clip that its result does not have.

    Args:
        source: the clip.
        streams: the streams that are in the result, each by its index there and here.
        result: the result, read again.
    """
    of_file = kept(result.metadata)
    gone = _missing(source.metadata, of_file)
    there = {stream.index: stream for stream in result.streams}
    for index, place in streams:
        own = {key: value for key, value in source.streams[index].metadata.items() if key.lower() not in _TECHNICAL}
        if place in there:
            gone += _missing(own, of_file | kept(there[place].metadata))
    covers = [sum(map(is_cover, clip.streams.video)) for clip in (source, result)]
    notes = ["its cover picture is left out: such files do not hold it"] if covers[1] < covers[0] else []
    names = sorted(set(gone))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    if names:
        notes.append(f"metadata that such files do not hold are left out: {', '.join(names[:8])}{more}")
    return notes


def _missing(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    """Keys whose value is not there, the long ones with their size; what is there is given as :func:`kept` has it."""
    values = {_plain_key(key): value for key, value in found.items()}
    missing = []
    for key, value in kept(wanted).items():
        if values.get(_plain_key(key)) != value:
            size = len(value.encode())
            missing.append(key if size < 1000 else f"{key} ({size} bytes)")
    return missing


def _plain_key(key: str) -> str:
    """A key without its language and in small letters."""
    return re.sub(r"-[a-z]{3}$", "", key.lower())


def add_xmp(source: OpenClip, form: str, result: Path) -> list[str]:
    """Put the XMP of a clip at the end of its result, where the container has a place for it; else a sentence about it.

    Args:
        source: the clip.
        form: FFmpeg's name of the result's container.
        result: the finished file.
    """
    text = source.metadata.get(_XMP, "")
    if not text:
        return []
    block = text.encode("utf-8", "surrogateescape")
    if form not in MP4_KIN:
        return [f"its XMP ({len(block)} bytes) is left out: such files do not hold it"]
    with result.open("ab") as file:
        file.write((24 + len(block)).to_bytes(4, "big") + b"uuid" + _XMP_BOX + block)
    return []


def beside(frame: VideoFrame, *, first: bool) -> set[str]:
    """What a decoded frame brings along that is not written again: phrases for :func:`said_of`.

    Args:
        frame: the frame.
        first: whether it is the first one. MPEG-2 always counts a time, and writes it again from zero.
    """
    try:
        side_data: Any = frame.side_data  # PyAV's annotation knows motion vectors only
        kinds = [data.type.name for data in side_data]
    except ValueError:  # a kind that PyAV does not know yet
        return {_UNKNOWN}
    found = {_SIDE_DATA[kind] for kind in kinds if kind in _SIDE_DATA}
    return found | ({_SIDE_DATA["S12M_TIMECODE"]} if first and _starts_late(side_data) else set())


def _starts_late(side_data: Any) -> bool:
    """Whether the timecode of an MPEG-2 picture is another one than zero (ISO/IEC 13818-2, 6.2.2.6)."""
    codes = [int.from_bytes(bytes(data)[:4], sys.byteorder) for data in side_data if data.type.name == "GOP_TIMECODE"]
    return any(code & ~_MARKER for code in codes)


def said_of(phrases: set[str]) -> list[str]:
    """The sentences on what :func:`beside` found."""
    return [f"not kept: {phrase}" for phrase in sorted(phrases)]
