"""What stands before the numbers of a .cube: sizes, ranges of inputs, and words for people.

Sources: Adobe, Cube LUT Specification 1.0 (sizes, ``DOMAIN_MIN``, ``DOMAIN_MAX``). What Blackmagic Design's DaVinci Resolve
writes beyond it: ``LUT_1D_INPUT_RANGE``, ``LUT_3D_INPUT_RANGE``, a 1-D table in front of a lattice, ``LUT_IN_VIDEO_RANGE`` and
``LUT_OUT_VIDEO_RANGE``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import triple
from reswd_torch.grade.constants import Triple
from reswd_torch.grade.foreign_text import are_numbers

LARGEST_FLOAT = float(np.finfo(np.float32).max)
"""Numbers beyond it are none that a table can hold."""
SIZES = {"LUT_1D_SIZE": (2, 65536), "LUT_3D_SIZE": (2, 256)}
"""Keywords of sizes, with the least and the largest."""
_RANGES = {"DOMAIN_MIN": 3, "DOMAIN_MAX": 3, "LUT_1D_INPUT_RANGE": 2, "LUT_3D_INPUT_RANGE": 2}
"""Keywords of ranges, with how many numbers each takes."""
_VIDEO = ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE")
_NOT_NUMBERS = re.compile(r"[+-]?(nan|inf|infinity|ind|qnan|snan)\b.*", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2,}")
WHOLE: tuple[Triple, Triple] = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""The range of inputs of a table that states none."""


@dataclass
class CubeHeader:
    """The header of one file, filled line by line.

    Attributes:
        path: of the file, for messages.
        sizes: by keyword.
        ranges: by keyword, the numbers as float32 holds them, which is how OpenColorIO reads them.
        video: the keywords of video ranges that it has.
    """

    path: Path
    sizes: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[float, ...]] = field(default_factory=dict)
    video: set[str] = field(default_factory=set)

    @property
    def curve_size(self) -> int:
        """Number of entries of the 1-D table; 0 for none."""
        return self.sizes.get("LUT_1D_SIZE", 0)

    @property
    def lattice_size(self) -> int:
        """Number of lattice points along one axis; 0 for no lattice."""
        return self.sizes.get("LUT_3D_SIZE", 0)

    @property
    def rows(self) -> int:
        """The number of rows that the tables have."""
        return self.curve_size + self.lattice_size**3

    def take(self, number: int, words: list[str]) -> bool:
        """Take one line. What the specification does not know is passed over, as long as it is no row of numbers gone wrong.

        Args:
            number: of the line.
            words: of the line, without its comment.

        Returns:
            Whether it can stand in a header.

        Raises:
            InputError: a keyword has values that it cannot have.
        """
        keyword, values = words[0].upper(), words[1:]  # in whatever case: OpenColorIO reads them so
        if keyword in SIZES:
            self._once(number, keyword, self.sizes, self._size(number, keyword, values))
        elif keyword in _RANGES:
            self._once(number, keyword, self.ranges, self._range(number, keyword, values))
        elif keyword in _VIDEO:
            self.video.add(keyword)
        elif any(known in keyword for known in (*SIZES, *_RANGES, *_VIDEO)):
            return False  # what it says must not be lost for a stray character before it, or an equals sign behind it
        else:
            return is_prose(words)
        return True

    def _once(self, number: int, keyword: str, known: dict, value: object) -> None:
        if known.setdefault(keyword, value) != value:
            raise InputError(f"{self.path}: line {number}: a second {keyword} says something else; export it again")

    def _size(self, number: int, keyword: str, values: list[str]) -> int:
        low, high = SIZES[keyword]
        whole = re.fullmatch(r"\+?(\d{1,6})(\.0*)?", values[0], re.ASCII) if len(values) == 1 else None  # 33.0 is 33
        if whole and low <= int(whole[1]) <= high:
            return int(whole[1])
        shown = " ".join(values)[:20]
        raise InputError(f"{self.path}: line {number}: {keyword} {shown!r} is not a whole number from {low} to {high}")

    def _range(self, number: int, keyword: str, values: list[str]) -> tuple[float, ...]:
        wanted = _RANGES[keyword]
        if len(values) == wanted and are_numbers(values, LARGEST_FLOAT):
            return tuple(float(np.float32(float(value))) for value in values)
        raise InputError(f"{self.path}: line {number}: {keyword} takes {wanted} numbers; export it again")

    def input_range(self) -> tuple[Triple, Triple]:
        """The least and the largest input of each channel, of the first table.

        ``DOMAIN_MIN`` and ``DOMAIN_MAX`` say it, or the input range of that table. Of two that differ, one has to be 0..1, which
        programs write without meaning anything by it.

        Raises:
            InputError: they contradict each other, or a least input is not below the largest.
        """
        domain = None
        if "DOMAIN_MIN" in self.ranges or "DOMAIN_MAX" in self.ranges:
            least, most = self.ranges.get("DOMAIN_MIN", WHOLE[0]), self.ranges.get("DOMAIN_MAX", WHOLE[1])
            domain = self._ordered("DOMAIN_MIN and DOMAIN_MAX", triple(least), triple(most))
        keyword = "LUT_1D_INPUT_RANGE" if self.curve_size else "LUT_3D_INPUT_RANGE"
        own = self._own_range(keyword)
        if domain is None or own is None or domain == own:
            return domain or own or WHOLE
        if WHOLE in (domain, own):
            return own if domain == WHOLE else domain
        raise InputError(f"{self.path}: {keyword} and DOMAIN_MIN, DOMAIN_MAX contradict each other; export it again")

    def lattice_range(self) -> tuple[Triple, Triple] | None:
        """The range of inputs of a lattice that has curves in front of it; None for 0..1. Raises InputError for an empty one."""
        found = self._own_range("LUT_3D_INPUT_RANGE") if self.curve_size and self.lattice_size else None
        return None if found == WHOLE else found

    def _own_range(self, keyword: str) -> tuple[Triple, Triple] | None:
        if keyword not in self.ranges:
            return None
        low, high = self.ranges[keyword]
        return self._ordered(keyword, (low, low, low), (high, high, high))

    def _ordered(self, named: str, low: Triple, high: Triple) -> tuple[Triple, Triple]:
        if all(1e-30 < most - least < 1e38 for least, most in zip(low, high, strict=True)):
            return low, high
        shown = f"from {' '.join(f'{v:g}' for v in low)} to {' '.join(f'{v:g}' for v in high)}"
        raise InputError(f"{self.path}: {named} lead {shown}: the first has to be below the second; export it again")


def is_prose(words: list[str]) -> bool:
    """Whether the words of a line are clearly no numbers: a keyword or a sentence, and no row that went wrong.

    A mistake here is no wrong picture, since the number of rows has to be exact.
    """
    if _NOT_NUMBERS.fullmatch(words[0]):
        return False
    if not any(character.isdigit() for word in words for character in word):
        return True
    clear = [word for word in words if _LETTERS.search(word) and not _NOT_NUMBERS.fullmatch(word)]
    if words[0] in clear or len(clear) > 1:
        return True
    return words[0][0] not in "+-.,0123456789" and 2 * sum(are_numbers([word]) for word in words) < len(words)
