"""Parts of answers that several tools share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from reswd_torch.grade.formats import format_for

if TYPE_CHECKING:
    from pathlib import Path

    from reswd_torch.grade import Grade

Notes = Annotated[list[str], Field(description="What was assumed or left out.")]
Seconds = Annotated[float, Field(description="Seconds that the tool took.")]
Before = Annotated[
    float | None,
    Field(
        description="Distance to the reference before; distance_means says what it is. Null where none was measured."
    ),
]
After = Annotated[float | None, Field(description="The same of the result.")]
Means = Annotated[str, Field(description="What the distances are.")]


class CdlNumbers(BaseModel):
    """The ten numbers of an ASC CDL, at the grade's strength."""

    model_config = ConfigDict(frozen=True)

    slope: list[float]
    offset: list[float]
    power: list[float]
    saturation: float


class GradeSummary(BaseModel):
    """A grade in numbers and words."""

    model_config = ConfigDict(frozen=True)

    kind: Annotated[str, Field(description="cdl: ten ASC CDL numbers; lut: a table.")]
    in_words: Annotated[str, Field(description="What it was made of and how far it moves colours.")]
    cdl: Annotated[CdlNumbers | None, Field(description="The ten numbers; null for a lut.")]
    size: Annotated[int | None, Field(description="Points along each axis of the lattice of a lut; null without one.")]
    strength: Annotated[float, Field(description="How strongly it is applied; 1 is the fit, or the file itself.")]
    colour_space: Annotated[str, Field(description="The colour encoding that it expects, as far as it is known.")]


def summary_of(grade: Grade, *, looked: bool = False) -> GradeSummary:
    """A grade as tools tell it.

    Args:
        grade: the grade.
        looked: whether somebody looked if source and reference show one scene.
    """
    from reswd_torch.grade.cdl import Cdl
    from studio.views.sentences import taken_line, trimmed_line

    effective = grade.effective
    lattice = getattr(effective, "lattice", effective)
    said = [taken_line(grade, looked=looked), trimmed_line(grade)]
    numbers = None
    if isinstance(effective, Cdl):
        numbers = CdlNumbers(
            slope=list(effective.slope),
            offset=list(effective.offset),
            power=list(effective.power),
            saturation=effective.saturation,
        )
    else:
        said.append(f"{effective.describe()}.")
    return GradeSummary(
        kind=grade.kind,
        in_words=" ".join(filter(None, said)) or "Ten CDL numbers.",
        cdl=numbers,
        size=None if numbers else getattr(lattice, "size", None),
        strength=grade.strength,
        colour_space=grade.encoding,
    )


def opened_by(path: Path) -> str:
    """Which programs open a grade file, by its name; empty for a settings .json."""
    found = format_for(path)
    return "" if found is None else found.programs
