"""XMP packets: what they claim of parts that are not kept is taken out, and long ones are joined and split.

Packets are changed as text, so that everything else in them stays the same byte for byte. Namespaces are found by their
addresses, since a prefix may be any.
"""

from __future__ import annotations

import re

from studio.media.images.jpeg_parts import LARGEST_SEGMENT, XMP_PREFIX, identifier_of
from studio.media.images.picture import Container

_GAIN_MAPS = (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"http://ns.apple.com/HDRGainMap/1.0/")
_CONTAINERS = (b"http://ns.google.com/photos/1.0/container/", b"http://ns.google.com/photos/1.0/container/item/")
_AUXILIARY = (b"http://ns.apple.com/pixeldatainfo/1.0/",)
_CAMERA = (b"http://ns.google.com/photos/1.0/camera/",)
_ANY, _MOTION = rb"[\w.-]+", rb"(?:MicroVideo|MotionPhoto)\w*"
_NOTE = b"http://ns.adobe.com/xmp/note/"
_RDF = re.compile(rb"<([\w.-]+):RDF\b[^>]*>(.*)</\1:RDF\s*>", re.DOTALL)
_STUB = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def without_lost_parts(xmp: bytes) -> tuple[bytes, bool, bool]:
    """Take out of a packet what it says of pictures and videos behind the picture, which are not kept.

    These are gain maps (Adobe's and Apple's namespaces), the directory of a file with several parts, and motion photos
    (Google's).

    Returns:
        The packet, and whether it told of a gain map and of a video.
    """
    gain_map = (
        any(name in xmp for name in _GAIN_MAPS) or re.search(rb"Semantic\s*[=>]\s*[\"']?GainMap", xmp) is not None
    )
    before = xmp
    for names, properties in ((_GAIN_MAPS + _CONTAINERS + _AUXILIARY, _ANY), (_CAMERA, _MOTION)):
        for prefix in _prefixes(xmp, names):
            if properties == _MOTION:
                before = xmp
            xmp = _without(xmp, prefix, properties)
    video = bool(_prefixes(before, _CAMERA)) and re.search(rb":" + _MOTION, before) is not None
    return xmp, gain_map, video


def _prefixes(xmp: bytes, names: tuple[bytes, ...]) -> list[bytes]:
    """The prefixes of namespaces with these addresses."""
    found = re.findall(rb"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']*)[\"']", xmp)
    return sorted({prefix for prefix, name in found if name in names})


def _without(xmp: bytes, prefix: bytes, properties: bytes) -> bytes:
    """A packet without the attributes and elements of a prefix whose names match ``properties``."""
    name = re.escape(prefix) + rb":" + properties
    xmp = re.sub(rb"<(" + name + rb")(?:\s[^>]*)?(?<!/)>.*?</\1\s*>", b"", xmp, flags=re.DOTALL)
    xmp = re.sub(rb"<" + name + rb"(?:\s[^>]*)?/>", b"", xmp)
    xmp = re.sub(rb"\s" + name + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", xmp)
    if not re.search(rb"[<\s/]" + re.escape(prefix) + rb":", xmp):
        xmp = re.sub(rb"\sxmlns:" + re.escape(prefix) + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", xmp)
    return xmp


def whole_xmp(container: Container) -> bytes | None:
    """The packet of a container with its extension in it: the descriptions of the extension are added to those of the packet.

    Where one of them has no RDF, the packet is returned alone.
    """
    xmp, extended = container.xmp, container.xmp_extended
    main, more = _RDF.search(xmp or b""), _RDF.search(extended or b"")
    if xmp is None or main is None or more is None or main[1] != more[1]:
        return xmp
    for prefix in _prefixes(xmp, (_NOTE,)):
        xmp = _without(xmp, prefix, b"HasExtendedXMP")
    end = xmp.rindex(b"</" + main[1] + b":RDF")
    return xmp[:end] + more[2].strip() + xmp[end:]


def split_xmp(container: Container) -> tuple[bytes | None, bytes | None]:
    """The packet for one segment of a JPEG, and the extended XMP.

    A packet that is too long goes into the extended XMP as a whole, and one takes its place that only says so.
    """
    xmp = whole_xmp(container) if container.format != "JPEG" else container.xmp
    if xmp is not None and len(xmp) > LARGEST_SEGMENT - len(XMP_PREFIX):
        extended = re.sub(rb"<\?xpacket.*?\?>", b"", xmp, flags=re.DOTALL).strip()  # part 3 leaves the wrapper out
        return _STUB % identifier_of(extended), extended
    return xmp, container.xmp_extended
