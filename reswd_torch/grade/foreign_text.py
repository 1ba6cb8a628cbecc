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
from xml.parsers import expat

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple

LARGEST_CUBE, LARGEST_CDL = 1 << 29, 1 << 24
"""Largest files that are read, bytes. A .cube of 256 points has about 450 MB, a CDL a few hundred bytes a correction."""
_SIZES = {"LUT_1D_SIZE": (2, 65536), "LUT_3D_SIZE": (2, 256)}
"""Keywords of sizes, with the least and the largest (Adobe, Cube LUT Specification 1.0)."""
_RANGES = {"DOMAIN_MIN": 3, "DOMAIN_MAX": 3, "LUT_1D_INPUT_RANGE": 2, "LUT_3D_INPUT_RANGE": 2}
_VIDEO = ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
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
    rows = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split() if not line.lstrip().startswith("TITLE") else []
        if not words:
            continue
        keyword, values = words[0], words[1:]
        if len(words) == 3 and all(map(_is_number, words)):
            rows += 1
            yield " ".join(words)
        elif rows or not _WORD.fullmatch(keyword) or keyword.lower() in _NOT_NUMBERS:
            raise _bad_row(path, number, line)
        elif keyword in _VIDEO:
            raise InputError(
                f"{path}: line {number}: {keyword} is not read; export the LUT for data range (full range)"
            )
        elif keyword in _SIZES:
            sizes[keyword] = _size(path, number, keyword, values)
            yield f"{keyword} {sizes[keyword]}"
        elif keyword in _RANGES:
            if len(values) != _RANGES[keyword] or not all(map(_is_number, values)):
                raise InputError(f"{path}: line {number}: {keyword} takes {_RANGES[keyword]} numbers; export it again")
            yield " ".join(words)
    wanted = sizes.get("LUT_1D_SIZE", 0) + sizes.get("LUT_3D_SIZE", 0) ** 3
    if not sizes:
        raise InputError(f"{path}: not a readable .cube (it states no LUT_3D_SIZE); export it again as a 3-D .cube")
    if rows != wanted:
        raise InputError(
            f"{path}: not a readable .cube (Found {rows}, expected {wanted} rows of three numbers); export it again as a 3-D "
            ".cube"
        )


def _size(path: Path, number: int, keyword: str, values: list[str]) -> int:
    low, high = _SIZES[keyword]
    if len(values) == 1 and re.fullmatch(r"\d{1,6}", values[0], re.ASCII) and low <= int(values[0]) <= high:
        return int(values[0])
    raise InputError(
        f"{path}: line {number}: {keyword} {' '.join(values)[:20]!r} is not a whole number from {low} to {high}"
    )


def _is_number(word: str) -> bool:
    return _NUMBER.fullmatch(word) is not None and math.isfinite(float(word))


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


def corrections_of(path: Path) -> list[Cdl]:
    """The corrections of a .cc, .ccc or .cdl in the order of the file, whatever prefix its elements have.

    Source: ASC CDL v1.2, sections 4 and 5. What a correction leaves out has its neutral value.

    Raises:
        InputError: the file is not readable, is no XML of these kinds, declares a document type, or holds numbers that a CDL
            cannot have.
    """
    content = content_of(path, LARGEST_CDL)
    try:
        _refuse_types(content)
        root = ElementTree.fromstring(content)
        if _local(root) not in _ROOTS:
            raise ValueError(f"its root is {_local(root)[:40]!r} and not one of {', '.join(_ROOTS)}")
        return [_correction(each) for each in root.iter() if _local(each) == "ColorCorrection"]
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError) as error:
        told = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not a readable CDL ({told}); export it again as .cc, .ccc or .cdl") from error


def _refuse_types(content: bytes) -> None:
    """Refuse a document type, whose entities can name files and grow without end."""

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


def _correction(element: ElementTree.Element) -> Cdl:
    neutral = Cdl()
    found: dict[str, ElementTree.Element] = {}
    for each in element.iter():
        found.setdefault(_local(each), each)

    def numbers(name: str, count: int, otherwise: tuple[float, ...]) -> tuple[float, ...]:
        if name not in found:
            return otherwise
        words = (found[name].text or "").split()
        if len(words) != count or not all(map(_is_number, words)):
            raise ValueError(f"{name} {' '.join(words)[:60]!r} is not {count} number{'s' if count > 1 else ''}")
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
