"""The one error a caller is expected to show to a person, and the remedies that it may name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Remedy(StrEnum):
    """A way out of an error that front ends word differently: a flag on a command line, a control on a page.

    A subclass lists the remedies of one floor. The name of a member is what front ends know it by; its value is the wording
    for everybody else, such as a caller of the library: a clause in the imperative, without a full stop.
    """


class MatchRemedy(Remedy):
    """What helps against errors of a match."""

    FIT_CDL = "save it as .cube, or match with transform cdl, which fits ten numbers to it"
    TRIM_LESS = "save it as .cube, or set these trims back"


class InputError(ValueError):
    """The caller's input cannot be used.

    The message is one line: it quotes the input and says what to do. The command line prints it and exits with 2, the
    browser shows it; neither prints a traceback.

    Args:
        problem: what is wrong, with the caller's own input in it; with what to do, unless a remedy says that.
        remedy: what to do, by name, where each front end has its own word for it.
    """

    def __init__(self, problem: str, remedy: Remedy | None = None) -> None:
        super().__init__(*([problem] if remedy is None else [problem, remedy]))  # what pickling hands on
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return self.worded({})

    def worded(self, words: Mapping[Remedy, str]) -> str:
        """The message in a front end's own words.

        Args:
            words: the wording of each remedy that the front end has its own for; the others are said neutrally.
        """
        if self.remedy is None:
            return self.problem
        return f"{self.problem}: {words.get(self.remedy, self.remedy.value)}"
