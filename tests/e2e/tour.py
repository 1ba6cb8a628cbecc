"""A walk over the page as a person takes it, at every size of window and in both themes, in steps named by their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe import serious_violations
from studio_page import DESK, PHONE, WIDE, Studio

SIZES, SCHEMES = (DESK, WIDE, PHONE), ("light", "dark")
_MARKS = (
    pytest.mark.walk,
    pytest.mark.browser,
    pytest.mark.timeout(900),
)  # a minute, on a machine with nothing else to do
COMBINATIONS = [
    pytest.param((size, scheme), id=f"{size[0]}-{scheme}", marks=_MARKS) for size in SIZES for scheme in SCHEMES
]


class Tour:
    """One person's walk.

    Attributes:
        studio: the page.
        size: of the window.
        scheme: ``light`` or ``dark``, as the system says; the page follows it.
        folder: where what is taken away goes.
    """

    def __init__(self, studio: Studio, size: tuple[int, int], scheme: str, folder: Path) -> None:
        self.studio, self.page = studio, studio.page
        self.size, self.scheme, self.folder = size, scheme, folder
        self._violations: list[str] = []
        self._looked = 0  # how often axe-core did

    @property
    def is_phone(self) -> bool:
        """Whether everything stands in one column."""
        return self.size == PHONE

    @property
    def place(self) -> str:
        """The size and the theme in words."""
        return f"{self.size[0]} px, {self.scheme}"

    def walk(self, *steps: Callable[[Tour], None]) -> None:
        """Take the steps in turn; the first line of each one's docstring says which number it proves, and what of it.

        After each one the page must not scroll sideways, and axe-core looks at it unless the step had it look itself; what
        that finds is told at the end.
        """
        for step in steps:
            looked, what = self._looked, (step.__doc__ or "").splitlines()[0]
            try:
                step(self)
                assert not self.studio.too_wide(), "the page scrolls sideways"
            except BaseException as error:
                self.shoot(f"{step.__name__}-failed")
                error.add_note(f"Number {what} At {self.place}.")
                raise
            self.shoot(step.__name__)
            if self._looked == looked:
                self.axe(step.__name__)
        assert self._violations == [], "\n".join(self._violations)

    def axe(self, state: str) -> None:
        """Have axe-core look at the page as it stands; what it finds is told at the end of the walk."""
        # A viewer that is pinned beside its trims may cover a part of a control, which axe-core then calls too small a target;
        # a person scrolls it free (WCAG 2.5.8 says so).
        self.page.evaluate(
            "document.querySelectorAll('.is-trimming').forEach((room) => room.classList.remove('is-trimming'))"
        )
        self._looked += 1
        self._violations += [f"{state}, {self.place}: {line}" for line in serious_violations(self.page)]

    def shoot(self, name: str, *, full: bool = False) -> None:
        """A screenshot, named by the step, the size and the theme."""
        self.studio.shoot(f"size-{name.removeprefix('number_')}-{self.size[0]}-{self.scheme}", full=full)
