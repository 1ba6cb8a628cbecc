"""A part of a batch: which of its pictures are graded now, and which of them have a strength of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from studio.service.batch.plan import BatchPlan


@dataclass(frozen=True)
class Part:
    """What of a plan a run does.

    Attributes:
        only: names of the pictures to grade; None for all. The grade of a series is fitted to all the same.
        left_out: names of pictures that are not graded, and do not count in the grade of a series that is still to be fitted.
            Results that they have stay, so that they can be taken back.
        strengths: 0..4, by name, of pictures that are graded at another strength than the others.
    """

    only: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()
    strengths: Mapping[str, float] = field(default_factory=dict)

    def grades(self, name: str) -> bool:
        """Whether a picture is to be graded."""
        return name not in self.left_out and (self.only is None or name in self.only)

    def of(self, plan: BatchPlan) -> BatchPlan:
        """The plan, each picture with its strength."""
        if not self.strengths:
            return plan
        return replace(plan, items=tuple(replace(item, strength=self.strengths.get(item.name)) for item in plan.items))


WHOLE = Part()
"""All of a batch, as its job says."""
