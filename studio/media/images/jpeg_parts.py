"""The segments of a JPEG beside its picture: which of them are left out, and the XMP that is too long for one of them.

Segments are those of ITU-T T.81, B.1.1.4. Profiles are split as ICC.1:2022, B.4 says, XMP as Adobe's XMP Specification Part 3
(2020), 1.1.3.1 says.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from studio.media.images.metadata import CREDENTIALS

LARGEST_SEGMENT = 65533
"""Bytes that one segment can hold."""
XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_PREFIX = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEAD = len(_EXTENDED_PREFIX) + 40  # with the identifier, the whole length and the place of the part
_ICC_PREFIX = b"ICC_PROFILE\0"
_MOST_SEGMENTS = 2000
_LARGEST_XMP = 1 << 26  # bytes of extended XMP: a depth map fits
_GAIN_MAP_NAMES = (b"urn:iso:std:iso:ts:21496:-1", b"urn:iso:std:iso:21496:-1")  # of ISO 21496-1
_MULTI = b"MPF\0"


@dataclass(frozen=True)
class Parts:
    """What the segments in front of a JPEG's picture hold.

    Attributes:
        data: the file without the segments that are left out, and with its height where that is said behind the first scan.
        whole: whether it is the file as it is.
        extended: the extended XMP that belongs to the packet; None if there is none or some of it is missing.
        identifier: the identifier of the extended XMP, 32 hexadecimal digits.
        notes: what was left out.
        pictures: whether the file holds more pictures behind the first, as its MPF segment (CIPA DC-007) says.
        gain_map: whether it has a segment of ISO 21496-1.
    """

    data: bytes
    whole: bool
    extended: bytes | None
    identifier: bytes
    notes: list[str]
    pictures: bool
    gain_map: bool


def read_parts(path: Path) -> Parts:
    """Read the segments of a file that begins like a JPEG, up to the first scan."""
    stored = path.read_bytes()
    data = _with_height(stored)
    segments = list(_segments(data))
    bad = _bad(segments)
    notes = []
    if bad:
        notes.append("metadata that are broken or too many were left out")
    if any(body.startswith(_ICC_PREFIX) for place, _, body, _ in segments if place in bad):
        notes.append("embedded profile is not complete: taken as sRGB")
    if any(kind == 0xEB and body[12:16] == b"jumb" for _, kind, body, _ in segments):
        notes.append(CREDENTIALS)
    if sum(kind == 0xFE for _, kind, _, _ in segments) > 1:
        notes.append("all comments but the last one are left out")
    packet = next((body for _, kind, body, _ in segments if kind == 0xE1 and body.startswith(XMP_PREFIX)), b"")
    names = {body[35:67] for _, kind, body, _ in segments if kind == 0xE1 and body.startswith(_EXTENDED_PREFIX)}
    identifier = next((name for name in sorted(names) if name in packet), b"")
    extended = _joined(segments, identifier) if identifier else None
    if names and extended is None:
        notes.append("extended XMP that is not complete was left out")
    kept, at = [], 0
    for place, _, _, end in segments:
        if place in bad:
            kept.append(data[at:place])
            at = end
    bodies = [body for _, kind, body, _ in segments if kind == 0xE2]
    return Parts(
        b"".join([*kept, data[at:]]) if bad else data,
        not bad and data is stored,
        extended,
        identifier,
        notes,
        any(body.startswith(_MULTI) for body in bodies),
        any(body.startswith(_GAIN_MAP_NAMES) for body in bodies),
    )


def _with_height(data: bytes) -> bytes:
    """A JPEG whose frame says how high it is: the number of lines may follow the first scan (T.81, B.2.5), where libjpeg does
    not look."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        kind = data[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            lines = re.search(rb"\xff\xdc\0\x04(..)", data, re.DOTALL)
            said = data[at + 5 : at + 7] != b"\0\0" or lines is None
            return data if said or lines is None else data[: at + 5] + lines[1] + data[at + 7 :]
        at += 1 if kind == 0xFF else 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return data


def _segments(data: bytes) -> list[tuple[int, int, bytes, int]]:
    """Place, marker, contents and end of each application segment and comment in front of the first scan."""
    found, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
            continue
        if kind in (0xD9, 0xDA):
            break
        if kind == 0x01 or 0xD0 <= kind <= 0xD7:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if 0xE0 <= kind <= 0xEF or kind == 0xFE:
            found.append((at, kind, data[at + 4 : at + 2 + length], at + 2 + length))
        at += 2 + max(2, length)
    return found


def _bad(segments: list[tuple[int, int, bytes, int]]) -> set[int]:
    """Places of segments that Pillow stumbles over, of profiles that lack parts, and of those beyond any count."""
    bad = {place for place, _, _, _ in segments[_MOST_SEGMENTS:]}
    profile = []
    for place, kind, body, _ in segments[:_MOST_SEGMENTS]:
        short = (kind == 0xE0 and body.startswith(b"JFIF") and len(body) < 12) or (
            kind == 0xEE and body.startswith(b"Adobe") and len(body) < 12
        )
        if short:
            bad.add(place)
        elif kind == 0xE2 and body.startswith(_ICC_PREFIX):
            profile.append((place, body[12:14]))
    wanted = {bytes((i + 1, len(profile))) for i in range(min(255, len(profile)))}
    if profile and (len(profile) > 255 or {number for _, number in profile} != wanted):
        bad |= {place for place, _ in profile}
    return bad


def _joined(segments: list[tuple[int, int, bytes, int]], identifier: bytes) -> bytes | None:
    """Extended XMP from its parts; None if one is missing, they overlap, or their MD5 is not the identifier."""
    parts = {}
    for _, kind, body, _ in segments:
        if kind == 0xE1 and body.startswith(_EXTENDED_PREFIX + identifier) and len(body) >= _EXTENDED_HEAD:
            whole, at = struct.unpack_from(">II", body, 67)
            parts[at] = (whole, body[_EXTENDED_HEAD:])
    joined = b"".join(part for _, (_, part) in sorted(parts.items()))
    ends = {at + len(part) for at, (_, part) in parts.items()}
    holds = set(parts) - {0} <= ends and {whole for whole, _ in parts.values()} == {len(joined)}
    return joined if holds and len(joined) <= _LARGEST_XMP else None


def xmp_segments(extended: bytes, identifier: bytes) -> bytes:
    """The segments (APP1) that hold extended XMP."""
    room = LARGEST_SEGMENT - _EXTENDED_HEAD
    made = []
    for at in range(0, len(extended), room):
        body = _EXTENDED_PREFIX + identifier + struct.pack(">II", len(extended), at) + extended[at : at + room]
        made.append(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body)
    return b"".join(made)


def identifier_of(extended: bytes) -> bytes:
    """The identifier of extended XMP: its MD5, which the packet names as xmpNote:HasExtendedXMP."""
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper().encode("ascii")
