"""The texts of grade files from elsewhere, checked before OpenColorIO sees any of them.

OpenColorIO decides by content what a file is: a .cube that holds CTF reads other files by the paths in it. So a .cube must read
as one, line by line, and the ten numbers of a CDL are taken from its XML here. Nothing follows a path or fetches a schema.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple

LARGEST_CUBE, LARGEST_CDL = 3 << 25, 1 << 22
"""Largest files that are read, bytes. A .cube of 129 points has about 60 MB, a CDL a few hundred bytes a correction."""
_SIZES = {"LUT_1D_SIZE": (2, 65536), "LUT_3D_SIZE": (2, 129)}
"""Keywords of sizes, with the least and the largest (Adobe, Cube LUT Specification 1.0; OpenColorIO stops at 129)."""
_HEADER = 1000
"""Lines that may precede the numbers."""
_RANGES = {"DOMAIN_MIN": 3, "DOMAIN_MAX": 3, "LUT_1D_INPUT_RANGE": 2, "LUT_3D_INPUT_RANGE": 2}
_VIDEO = ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LONGEST = 64
"""Characters of a number."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NOT_NUMBERS = ("nan", "inf", "infinity")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
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


def cube_text(path: Path) -> str:
    """The lines of a .cube that say something, in plain ASCII.

    Comments, titles, keywords that the specification does not have and byte order marks are left out: OpenColorIO refuses some
    of what other programs write there.

    Raises:
        InputError: the file is not readable, or a line is neither a keyword with its values nor three numbers. The line is named.
    """
    return "\n".join(_cube_lines(path, _decoded(content_of(path, LARGEST_CUBE)))) + "\n"


def _cube_lines(path: Path, text: str) -> Iterator[str]:
    sizes: dict[str, int] = {}
    rows = wanted = 0
    for number, line in enumerate(_LINE_END.split(text.rstrip("\0\x1a")), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) == 3 and _are_numbers(words):
            rows += 1
            wanted = wanted or _rows_of(sizes)
            if rows > wanted:
                raise _wrong_count(path, sizes, f"more than {wanted}", wanted)
            yield " ".join(words)
            continue
        keyword, values = words[0].upper(), words[1:]  # in whatever case: OpenColorIO reads them so
        if rows or number > _HEADER or not _WORD.fullmatch(keyword) or keyword.lower() in _NOT_NUMBERS:
            raise _bad_row(path, number, line)
        if keyword in _VIDEO:
            raise InputError(
                f"{path}: line {number}: {keyword} is not read; export the LUT for data range (full range)"
            )
        if keyword in _SIZES:
            sizes[keyword] = _size(path, number, keyword, values)
            yield f"{keyword} {sizes[keyword]}"
        elif keyword in _RANGES:
            if len(values) != _RANGES[keyword] or not _are_numbers(values):
                raise InputError(f"{path}: line {number}: {keyword} takes {_RANGES[keyword]} numbers; export it again")
            yield " ".join((keyword, *values))
    if not sizes or rows != wanted:
        raise _wrong_count(path, sizes, str(rows), _rows_of(sizes))


def _rows_of(sizes: dict[str, int]) -> int:
    """The number of rows that the tables of these sizes have."""
    return sizes.get("LUT_1D_SIZE", 0) + sizes.get("LUT_3D_SIZE", 0) ** 3


def _wrong_count(path: Path, sizes: dict[str, int], found: str, wanted: int) -> InputError:
    told = f"Found {found}, expected {wanted} rows of three numbers" if sizes else "it states no LUT_3D_SIZE"
    return InputError(f"{path}: not a readable .cube ({told}); export it again as a 3-D .cube")


def _size(path: Path, number: int, keyword: str, values: list[str]) -> int:
    low, high = _SIZES[keyword]
    if len(values) == 1 and re.fullmatch(r"\d{1,6}", values[0], re.ASCII) and low <= int(values[0]) <= high:
        return int(values[0])
    raise InputError(
        f"{path}: line {number}: {keyword} {' '.join(values)[:20]!r} is not a whole number from {low} to {high}"
    )


def _are_numbers(words: list[str]) -> bool:
    """Whether all words are finite numbers in decimal notation."""
    return all(len(word) <= _LONGEST and _NUMBER.fullmatch(word) and math.isfinite(float(word)) for word in words)


def _bad_row(path: Path, number: int, line: str) -> InputError:
    shown = "".join(c if c.isprintable() else " " for c in line.strip()[:40])
    hint = ", with points for decimals" if re.search(r"\d,\d", line) else ""
    return InputError(
        f"{path}: not a readable .cube: line {number} is not three numbers ({shown!r}); export it again as a 3-D .cube{hint}"
    )


def _decoded(content: bytes) -> str:
    """Text of any of the encodings that programs write. What is no UTF-8 becomes a mark, since only comments may be odd."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    return content.decode("utf-8", "replace")


def first_correction(path: Path) -> tuple[Cdl, int] | None:
    """The first correction of a .cc, .ccc or .cdl, whatever prefix its elements have, and how many the file holds.

    Source: ASC CDL v1.2, sections 4 and 5. What a correction leaves out has its neutral value. None: the file holds none.

    Raises:
        InputError: the file is not readable, is no XML of these kinds, declares a document type, or holds numbers that a CDL
            cannot have.
    """
    content = content_of(path, LARGEST_CDL)
    try:
        root = ElementTree.fromstring(content, ElementTree.XMLParser(target=_WithoutTypes()))
        if _local(root) not in _ROOTS:
            raise ValueError(f"its root is {_local(root)[:40]!r} and not one of {', '.join(_ROOTS)}")
        found = [each for each in root.iter() if _local(each) == "ColorCorrection"]
        return (_correction(found[0]), len(found)) if found else None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        told = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable CDL ({told}); export it again as .cc, .ccc or .cdl") from error


class _WithoutTypes(ElementTree.TreeBuilder):
    """Builds no tree where a document type is declared: its entities can name files and grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")


def _correction(element: ElementTree.Element) -> Cdl:
    neutral = Cdl()
    found: dict[str, ElementTree.Element] = {}
    for node in element:
        if _local(node) in ("SOPNode", "SatNode", "SATNode"):
            for each in node:
                found.setdefault(_local(each), each)

    def numbers(name: str, count: int, otherwise: tuple[float, ...]) -> tuple[float, ...]:
        if name not in found:
            return otherwise
        words = (found[name].text or "").split()
        if len(words) != count or not _are_numbers(words):
            shown = " ".join(words)[:60]
            raise ValueError(f"{name} {shown!r} is not {count} number{'s' if count > 1 else ''}")
        return tuple(float(word) for word in words)

    return Cdl(
        triple(numbers("Slope", 3, neutral.slope)),
        triple(numbers("Offset", 3, neutral.offset)),
        triple(numbers("Power", 3, neutral.power)),
        numbers("Saturation", 1, (neutral.saturation,))[0],
    )


def _local(element: ElementTree.Element) -> str:
    """An element's name without its namespace. Comments and processing instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
