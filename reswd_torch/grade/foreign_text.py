"""CDL files from elsewhere, read here and not by OpenColorIO: nothing follows a path, fetches a schema or grows without end."""

from __future__ import annotations

import codecs
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple

LARGEST_CDL = 1 << 22
"""Largest file that is read, bytes. A CDL has a few hundred bytes a correction."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LONGEST_NUMBER = 1000
"""Characters of a number."""
TAIL = "\0\x1a"
"""What some programs fill the end of a file with."""
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,99}?encoding\s*=\s*[\"']([A-Za-z][\w.-]{0,39})", re.ASCII)
_OF_MANY_BYTES = {"shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949"}
"""Encodings with letters of several bytes, which Python's parser of XML does not decode. Other codecs are no encodings of
texts, or take for ever."""
_ROOTS = ("ColorCorrection", "ColorCorrectionCollection", "ColorDecisionList")


def content_of(path: Path, largest: int) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        InputError: it is, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if len(content) > largest:
        raise InputError(f"{path}: has more than {largest >> 20} MiB, and no {path.suffix} needs that; export it again")
    return content


def are_numbers(words: list[str], largest: float = sys.float_info.max) -> bool:
    """Whether all words are numbers in decimal notation, and none is beyond the largest."""
    return all(
        len(word) <= LONGEST_NUMBER and _NUMBER.fullmatch(word) and abs(float(word)) <= largest for word in words
    )


def first_correction(path: Path) -> tuple[Cdl, int] | None:
    """The first correction of a .cc, .ccc or .cdl, whatever prefix its elements have, and how many the file holds.

    Source: ASC CDL v1.2, sections 4 and 5. What a correction leaves out has its neutral value. None: the file holds none.

    Raises:
        InputError: the file is not readable, is no XML of these kinds, declares a document type, or holds numbers that a CDL
            cannot have.
    """
    content = decoded_xml(content_of(path, LARGEST_CDL))
    try:
        root = ElementTree.fromstring(content, ElementTree.XMLParser(target=WithoutTypes()))
        if local_name(root) not in _ROOTS:
            raise ValueError(f"its root is {local_name(root)[:40]!r} and not one of {', '.join(_ROOTS)}")
        found = [each for each in root.iter() if local_name(each) == "ColorCorrection"]
        return (_correction(found[0]), len(found)) if found else None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        told = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable CDL ({told}); export it again as .cc, .ccc or .cdl") from error


def decoded_xml(content: bytes) -> str | bytes:
    """The XML as text, or its bytes where its declaration says how to read them and the parser can.

    The bytes themselves say whether it is UTF-16 or UTF-8, and a declaration that disagrees is passed over: programs write texts
    in UTF-8 that call themselves UTF-16. What is no UTF-8 can only be a description, and becomes a mark.
    """
    declared = found[1].decode() if (found := _DECLARED.match(content)) else "utf-8"
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        return content
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif b"\0" in content[:2]:
        name = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    elif content.startswith(codecs.BOM_UTF8) or name.startswith("utf-"):
        name = "utf-8-sig"
    elif name not in _OF_MANY_BYTES:
        return content.rstrip(TAIL.encode())
    return content.decode(name, "replace").strip(TAIL + " \t\r\n")


class WithoutTypes(ElementTree.TreeBuilder):
    """Builds no tree where a document type is declared: its entities can name files and grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")


def _correction(element: ElementTree.Element) -> Cdl:
    neutral = Cdl()
    found: dict[str, ElementTree.Element] = {}
    for node in element:
        if local_name(node) in ("SOPNode", "SatNode", "SATNode"):
            for each in node:
                found[local_name(each)] = each  # of two, OpenColorIO has the last

    def numbers(name: str, count: int, otherwise: tuple[float, ...]) -> tuple[float, ...]:
        if name not in found:
            return otherwise
        words = (found[name].text or "").split()
        if len(words) != count or not are_numbers(words):
            shown = " ".join(words)[:60]
            raise ValueError(f"{name} {shown!r} is not {count} number{'s' if count > 1 else ''}")
        return tuple(float(word) for word in words)

    return Cdl(
        triple(numbers("Slope", 3, neutral.slope)),
        triple(numbers("Offset", 3, neutral.offset)),
        triple(numbers("Power", 3, neutral.power)),
        numbers("Saturation", 1, (neutral.saturation,))[0],
    )


def local_name(element: ElementTree.Element) -> str:
    """An element's name without its namespace. Comments and processing instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
