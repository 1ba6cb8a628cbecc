"""The tool describe_grade: what a grade file holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reswd_torch.grade.formats import suffixes_to_read
from studio.mcp.answers import GradeSummary, Notes, opened_by, summary_of
from studio.mcp.tool import Answer, Asked, Tool
from studio.media.allowed import Allowed
from studio.watch import Watch


class DescribeAsked(Asked):
    """Arguments of describe_grade."""

    grade: Annotated[
        str, Field(description=f"A grade file ({', '.join(suffixes_to_read())}), or the settings .json of a match.")
    ]


class DescribeAnswer(Answer):
    """What describe_grade answers."""

    file: str
    grade: GradeSummary
    for_space: Annotated[
        str | None, Field(description="The colour space that the file names for its input; null where it names none.")
    ]
    moves_mean: Annotated[
        float,
        Field(
            description="How far it moves channels of colours all over the cube on average, as a share of their range."
        ),
    ]
    moves_most: Annotated[float, Field(description="The same at most.")]
    spaces: Annotated[
        str | None, Field(description="The colour spaces that settings hold, in words; null for every other file.")
    ]
    programs: Annotated[
        str, Field(description="Programs that open such a file; empty for settings, which this program alone reads.")
    ]
    notes: Notes


def describe_grade(asked: DescribeAsked, places: Allowed, watch: Watch) -> DescribeAnswer:
    """Read a grade file, and tell what is in it."""
    from studio.service.apply import load_any_grade, saved_spaces
    from studio.service.grade_space import named_space

    path = places.to_read(asked.grade, "grade")
    grade = load_any_grade(path)
    spaces = saved_spaces(path)
    mean, most = grade.lattice(17).movement()
    return DescribeAnswer(
        file=str(path),
        grade=summary_of(grade),
        for_space=grade.encoding if path.suffix.lower() == ".json" else named_space(path),
        moves_mean=mean,
        moves_most=most,
        spaces=None if spaces is None else f"{spaces.in_words()} ({spaces.config})",
        programs=opened_by(path),
        notes=list(grade.notes),
    )


DESCRIBE_GRADE = Tool(
    "describe_grade",
    "Describe a grade",
    "Read a grade file and tell what it is: ten CDL numbers or a table, how far it moves colours, and which programs open it. "
    "Nothing is written.",
    DescribeAsked,
    DescribeAnswer,
    describe_grade,
    reads_only=True,
)
