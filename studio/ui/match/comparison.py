"""*Compare methods*: what is compared, and what has been made of it so far.

The last comparison stays until the first result of a new one is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from reswd_torch.grade import Cdl
from reswd_torch.settings import LUT, METHODS
from studio.service.match import MatchResult
from studio.ui import words
from studio.ui.match.choice import MatchChoice
from studio.ui.pictures import Painted

WAITING, WORKING, DONE = "waiting", "working", "done"
"""The states of a way to match in a comparison."""
_FAST = METHODS[0]


@dataclass(frozen=True)
class Way:
    """A way to match that is compared.

    Attributes:
        method: the method.
        transform: its kind of grade; None for the one that is chosen on the page.
    """

    method: str
    transform: str | None = None

    @property
    def name(self) -> str:
        """What the page calls it."""
        kind = "" if self.transform is None else f", {self.transform.upper()}"
        return f"{words.METHOD_NAMES[self.method]}{kind}"

    def chosen(self, choice: MatchChoice, result: MatchResult) -> MatchChoice:
        """The controls as they would have been set for this result."""
        settings = result.job.settings
        return replace(choice, method=self.method, transform=settings.transform, scene=settings.scene)


class Comparison:
    """The comparison of one page.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        number: of the comparison; each has another one.
        choice: the controls that it was started with.
        painted: the painted masks then, by the role of their picture.
        ways: what is compared, in the order of the page.
        results: what was made of each so far.
        working: the one that is being made; None where none is.
        kept: the numbers that pressed results have in the history.
    """

    _numbers = count(1)

    def __init__(self, choice: MatchChoice | None = None, painted: Mapping[str, Painted] | None = None) -> None:
        self.number = next(self._numbers)
        self.choice, self.painted = choice or MatchChoice(), painted or {}
        self.ways: list[Way] = [Way(method) for method in METHODS]
        self.results: dict[Way, MatchResult] = {}
        self.working: Way | None = None
        self.kept: dict[Way, int] = {}

    def steps(self) -> Iterator[Way]:
        """Every way in turn. A LUT of the first method comes second, where its result turned out to be ten numbers."""
        for way in tuple(self.ways):
            yield way
            made = self.results.get(way)
            if way == Way(_FAST) and made is not None and isinstance(made.grade.transform, Cdl):
                as_lut = Way(_FAST, LUT)
                self.ways.insert(1, as_lut)
                yield as_lut

    def state_of(self, way: Way) -> str:
        """How far a way is: waiting, working or done."""
        return DONE if way in self.results else WORKING if way == self.working else WAITING
