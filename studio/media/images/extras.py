"""What a file holds beside its one picture and is not kept: gain maps, videos of motion photos, depth maps.

A note says so, and the XMP no longer claims it: a reader would look for a gain map or a video that is not there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from studio.media.images.jpeg_parts import Parts, identifier_of
from studio.media.images.metadata import CREDENTIALS
from studio.media.images.picture import Container
from studio.media.images.xmp import without_lost_parts
from studio.media.isobmff import boxes

GAIN_MAP = "gain map of the HDR version is left out: the picture is graded in standard range"
_VIDEO = "video of the motion photo is left out"
_DEPTH = "depth map is left out"
_MORE = "first of several pictures in the file (the others are not kept)"
_ISO_FORMATS = ("AVIF", "HEIF")
# Item types and auxiliary types of ISO/IEC 23008-12, ISO 21496-1 (tmap) and Apple, in the boxes that describe the pictures.
_ISO_GAIN_MAPS = (b"tmap", b"urn:com:apple:photo:2020:aux:hdrgainmap")
_ISO_CREDENTIALS = b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA Specification 2.1, A.5
_ISO_DEPTHS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth", b"urn:mpeg:hevc:2015:auxid:2")
_MOST_BOXES = 100
_WANTED = {b"meta": 1 << 22, b"uuid": 16}
"""Boxes that are looked into, and bytes of one."""


def settle(path: Path, container: Container, parts: Parts | None, video: bool) -> tuple[Container, list[str]]:
    """Find what a file holds beside its picture, and make its XMP agree with what is kept.

    Args:
        path: the file.
        container: what was read from it.
        parts: the segments of a JPEG; None for other formats.
        video: whether a video was found behind the picture.

    Returns:
        The container with XMP that claims nothing that is not kept, and notes on what is not.
    """
    gain_map, depth = parts is not None and parts.gain_map, False
    notes = list(parts.notes) if parts else []
    xmp, extended = container.xmp, parts.extended if parts else None
    if xmp is not None:
        xmp, told, told_video = without_lost_parts(xmp)
        gain_map, video = gain_map or told, video or told_video
    if extended is not None and parts is not None and xmp is not None:
        extended, told, told_video = without_lost_parts(extended)
        gain_map, video = gain_map or told, video or told_video
        xmp = xmp.replace(parts.identifier, identifier_of(extended))
    if container.format in _ISO_FORMATS:
        described = _described(path)
        gain_map = gain_map or any(name in described for name in _ISO_GAIN_MAPS)
        depth = any(name in described for name in _ISO_DEPTHS)
        video = video or b"mpvd" in described
        if _ISO_CREDENTIALS in described:
            notes.append(CREDENTIALS)
    found = ((gain_map, GAIN_MAP), (video, _VIDEO), (depth, _DEPTH))
    notes += [note for is_there, note in found if is_there]
    if parts is not None and parts.pictures and not gain_map:
        notes.append(_MORE)
    return replace(container, xmp=xmp, xmp_extended=extended), notes


def _described(path: Path) -> bytes:
    """The boxes of a HEIC or AVIF that describe its pictures, and the types of those behind at the top of the file."""
    found = b""
    with path.open("rb") as stream:
        for kind, start, stop in islice(boxes(stream, 0, path.stat().st_size), _MOST_BOXES):
            stream.seek(start)
            found += kind + stream.read(min(stop - start, _WANTED.get(kind, 0)))
    return found
