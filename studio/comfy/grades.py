"""What travels between nodes as GRADE: one grade for all frames of a batch, or one for each."""

from __future__ import annotations

from dataclasses import dataclass

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade


@dataclass(frozen=True, eq=False)
class Grades:
    """A grade for all frames, or one for each.

    Attributes:
        each: one at least.
        description: one line for grade files: what was matched to what.
    """

    each: tuple[Grade, ...]
    description: str = "ReSWD Studio"

    def at_strength(self, strength: float) -> Grades:
        """The same at another strength, where 1 is what they have."""
        if strength == 1.0:
            return self
        return Grades(tuple(one.at_strength(min(4.0, one.strength * strength)) for one in self.each), self.description)


def grades_in(value: object) -> Grades:
    """What a socket GRADE was given. Raises InputError for anything else."""
    if isinstance(value, Grade):
        return Grades((value,))
    if not isinstance(value, Grades):
        raise InputError(f"a {type(value).__name__} is no grade: connect an output GRADE of a ReSWD node")
    return value
