"""A .cube from elsewhere, read into its tables as the file has them.

No other library reads the file: OpenColorIO decides by content what a file is, and would follow the paths in a CTF that is called
.cube. Each row has to be three decimal numbers, and there have to be as many rows as the header says.
"""

from __future__ import annotations

import codecs
import io
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.cube_header import LARGEST_FLOAT, CubeHeader
from reswd_torch.grade.foreign_text import LONGEST_NUMBER, TAIL, are_numbers

LARGEST_CUBE = 1 << 30
"""Largest file that is read, bytes. 256 points take 480 MB with six decimals, 670 MB with ten. It is read piece by piece."""
_CHUNK = 1 << 20
"""Characters that are parsed at a time."""
_HEADER = 1 << 17
"""Lines that may precede the numbers: licences and notes are written there as comments."""
_LONGEST_LINE = 1 << 20
"""Characters of a line."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FIXED = re.compile(rb"(?=[\d.]{1,16}$)(\d{1,15}|\d{0,15}\.\d{1,15}|\d{1,15}\.)")
"""A number of at most 15 digits without a sign and an exponent."""
_OF_NUMBERS = b"0123456789+-.eE \t\n"


def read_tables(path: Path) -> tuple[CubeHeader, np.ndarray]:
    """Read a .cube.

    Comments, titles and keywords that the specification does not have are passed over, in any encoding.

    Args:
        path: the file.

    Returns:
        What its header says, and its rows: (rows, 3) float32, each number rounded once; first those of the 1-D table, then those
        of the lattice, red fastest.

    Raises:
        InputError: the file is too large or not readable, or a line is neither a keyword with its values nor three numbers. The
            line is named.
    """
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > LARGEST_CUBE:
                raise InputError(
                    f"{path}: has more than {LARGEST_CUBE >> 20} MiB; export it with fewer points or decimals"
                )
            return _read(path, _as_text(stream))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _as_text(stream: io.BufferedReader) -> TextIO:
    """Text of any of the encodings that programs write, with any line ends. Only comments may be odd, so what is no UTF-8 there
    becomes a mark."""
    head = stream.read(3)
    plain = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be" if head[::2] == b"\0\0" else "utf-8"
    mark, encoding = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", plain))
    stream.seek(len(mark))
    return io.TextIOWrapper(stream, encoding, errors="replace", newline=None)


def _read(path: Path, text: TextIO) -> tuple[CubeHeader, np.ndarray]:
    header, number, line = _read_header(path, text)
    wanted, found = header.rows, 0
    rows = np.empty((wanted, 3), np.float32)
    for chunk in _chunks(line, text):
        parsed = _parsed(chunk)
        if parsed is None:
            parsed = _parsed_by_line(path, number, chunk)
        if found + len(parsed) > wanted:
            raise _wrong_count(header, f"more than {wanted}")
        rows[found : found + len(parsed)] = parsed
        found += len(parsed)
        number += chunk.count("\n")
    if not wanted or found < wanted:
        raise _wrong_count(header, str(found))
    return header, rows


def _read_header(path: Path, text: TextIO) -> tuple[CubeHeader, int, str]:
    """The header, and number and text of the first row."""
    header = CubeHeader(path)
    for number in itertools.count(1):
        line = text.readline(_LONGEST_LINE)
        words = _words(line.rstrip(TAIL))
        if not line or (len(words) == 3 and are_numbers(words, LARGEST_FLOAT)):
            return header, number, line
        if words and (number > _HEADER or len(line) == _LONGEST_LINE or not header.take(number, words)):
            raise _bad_row(path, number, line)
    raise AssertionError("a file ends")


def _chunks(line: str, text: TextIO) -> Iterator[str]:
    """The rows in pieces of whole lines, without what fills the end of the file."""
    tail = False
    while line:
        kept = line.rstrip(TAIL)
        if tail and kept:
            kept = "\0" + kept  # it was not the end
        tail = tail or len(line) > len(kept)
        if kept:
            yield kept
        line = text.read(_CHUNK)
        if line and not line.endswith("\n"):
            rest = text.readline(_LONGEST_LINE)
            line += rest + "\0" * (len(rest) == _LONGEST_LINE)  # no number: a line without an end is refused


def _parsed(chunk: str) -> np.ndarray | None:
    """The rows of a piece, (N, 3) float64; None where a line is not three plain numbers."""
    if "#" in chunk:
        chunk = re.sub("#.*", "", chunk)
    content = chunk.encode("ascii", "replace") + b"\n" * (not chunk.endswith("\n"))
    table = _parsed_by_columns(content)
    if table is not None:
        return table
    if content.translate(None, _OF_NUMBERS) or not _has_threes(content):
        return None
    words = content.split()
    try:
        numbers = np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:
        return None
    return numbers.reshape(-1, 3) if np.abs(numbers).max(initial=0.0) < LARGEST_FLOAT else None


def _parsed_by_columns(content: bytes) -> np.ndarray | None:
    """The rows of a piece whose lines all have their points and spaces where the first has them, as most programs write them;
    None for any other. It takes a tenth of the time.

    Digits are whole numbers, and a whole number below 10^15 divided by a power of ten below 10^23 is rounded once.
    """
    width = content.find(b"\n") + 1
    words = list(re.finditer(rb"\S+", content[:width]))
    if len(words) != 3 or len(content) % width or not all(_FIXED.fullmatch(word[0]) for word in words):
        return None
    lines = np.frombuffer(content, np.uint8).reshape(-1, width)
    digits = lines - 48
    holds_digit = digits[0] <= 9
    if (digits[:, holds_digit] > 9).any() or (digits[:, ~holds_digit] != digits[0, ~holds_digit]).any():
        return None
    numbers = np.empty((len(lines), 3))
    for number, word in enumerate(words):
        columns = [column for column in range(*word.span()) if holds_digit[column]]
        tens = np.array([10**place for place in reversed(range(len(columns)))], np.float64)
        whole = digits[:, columns].astype(np.float64) @ tens
        numbers[:, number] = whole / float(10 ** len(word[0].partition(b".")[2]))
    return numbers


def _has_threes(content: bytes) -> bool:
    """Whether each line has three words or none, and none has a word that is too long."""
    codes = np.frombuffer(content, np.uint8)
    gap = codes <= 32
    begins = ~gap
    begins[1:] &= gap[:-1]
    ends = np.flatnonzero(codes == 10)
    counts = np.diff(np.cumsum(begins, dtype=np.int32)[ends], prepend=0)
    return bool(((counts == 3) | (counts == 0)).all()) and int(np.diff(ends, prepend=-1).max()) <= LONGEST_NUMBER


def _parsed_by_line(path: Path, number: int, chunk: str) -> np.ndarray:
    """The same, line by line: it names the first line that is wrong."""
    rows = []
    for at, line in enumerate(chunk.split("\n"), number):
        words = _words(line)
        if not words:
            continue
        if len(words) != 3 or not are_numbers(words, LARGEST_FLOAT):
            raise _bad_row(path, at, line)
        rows.append([float(word) for word in words])
    return np.array(rows, np.float64).reshape(-1, 3)


def _words(line: str) -> list[str]:
    return line.partition("#")[0].split()


def _wrong_count(header: CubeHeader, found: str) -> InputError:
    told = f"Found {found}, expected {header.rows} rows of three numbers" if header.rows else "it states no LUT_3D_SIZE"
    return InputError(f"{header.path}: not a readable .cube ({told}); export it again as a 3-D .cube")


def _bad_row(path: Path, number: int, line: str) -> InputError:
    shown = "".join(c if c.isprintable() else " " for c in line.strip()[:40])
    hint = ", with points for decimals" if re.search(r"\d,\d", line) else ""
    return InputError(
        f"{path}: not a readable .cube: line {number} is not three numbers ({shown!r}); export it again as a 3-D .cube{hint}"
    )
