"""The tool match_colours: a picture, a clip or numbered frames to a reference."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from reswd_torch.grade.formats import grade_suffixes, in_words
from reswd_torch.settings import CUBE_SIZES, MatchSettings
from studio.kinds import is_sequence
from studio.mcp.answers import After, Before, GradeSummary, Means, Notes, Seconds, summary_of
from studio.mcp.settings import HowToMatch, Overwrite, Palette, palette_of, read_if
from studio.mcp.tool import Answer, Tool
from studio.mcp.words import DISTANCE
from studio.media.allowed import Allowed
from studio.watch import Watch


class MatchAsked(HowToMatch):
    """Arguments of match_colours."""

    source: Annotated[
        str, Field(description="The picture or clip to grade; of numbered frames their pattern, such as shot.%04d.png.")
    ]
    output: Annotated[
        str, Field(description="Where the result goes: the same kind of file as the source, in a folder that is there.")
    ]
    reference: Annotated[str | None, Field(description="The picture or clip whose colours are wanted.")] = None
    palette: Palette = None
    at: Annotated[float | None, Field(ge=0, description="Of a reference clip the one frame at this second.")] = None
    mask: Annotated[
        str | None, Field(description="A picture of the source's size, white where it counts and changes.")
    ] = None
    reference_mask: Annotated[str | None, Field(description="The same of the reference, white where it counts.")] = None
    grade_files: Annotated[
        list[str], Field(description=f"Also save the grade in these files: {in_words(grade_suffixes())}.")
    ] = []
    cube_size: Annotated[
        int, Field(description="Lattice points of saved tables.", json_schema_extra={"enum": list(CUBE_SIZES)})
    ] = 33
    settings_file: Annotated[
        str | None,
        Field(description="Also save settings and grade as this .json, which apply_grade takes."),
    ] = None
    overwrite: Overwrite = False


class MatchAnswer(Answer):
    """What match_colours answers."""

    output: Annotated[str, Field(description="The graded picture, clip or pattern of frames.")]
    files: Annotated[dict[str, str], Field(description="Every file that was written, by what it is.")]
    distance_before: Before
    distance_after: After
    distance_means: Means = DISTANCE
    grade: GradeSummary
    seconds: Seconds
    whole: Annotated[bool, Field(description="False for a clip that breaks off, or frames that failed.")]
    notes: Notes


def match_colours(asked: MatchAsked, places: Allowed, watch: Watch) -> MatchAnswer:
    """Match, and write all that is wanted."""
    from studio.jobs import Outputs
    from studio.service import deliver, job_for, reference_for
    from studio.service.frames import FramesResult

    began = time.perf_counter()
    source = _source(asked.source, places)
    reference = reference_for(
        source,
        file=read_if(places, asked.reference, "reference"),
        mask=read_if(places, asked.reference_mask, "reference_mask"),
        at=asked.at,
        palette=palette_of(asked.palette, places),
    )
    job = job_for(
        source,
        reference,
        asked.settings(MatchSettings()),
        read_if(places, asked.mask, "mask"),
        spaces=asked.spaces(),
    )
    outputs = Outputs(
        places.to_write(asked.output, "output"),
        settings=None if asked.settings_file is None else places.to_write(asked.settings_file, "settings_file"),
        cube_size=asked.cube_size,
        overwrite=asked.overwrite,
        grades=tuple(places.to_write(one, "grade_files") for one in asked.grade_files),
    )
    delivered = deliver(job, outputs, watch)
    result = delivered.result
    measured = result if isinstance(result, FramesResult) else result.report
    looked = not isinstance(result, FramesResult) and result.job.looks_for_scene
    return MatchAnswer(
        output=str(outputs.result),
        files={role: str(path) for role, path in delivered.written.items()},
        distance_before=None if measured is None else measured.distance_before,
        distance_after=None if measured is None else measured.distance_after,
        grade=summary_of(delivered.grade, looked=looked),
        seconds=time.perf_counter() - began,
        whole=delivered.whole,
        notes=list(delivered.notes),
    )


def _source(text: str, places: Allowed) -> Path:
    """The source. Frames that are links out of the allowed folders are refused."""
    source = places.to_read(text, "source")
    if is_sequence(source):
        from studio.service.batch.sequence import frames_of

        places.check_links(frames_of(source).values(), "the frame")
    return source


MATCH_COLOURS = Tool(
    "match_colours",
    "Match colours",
    "Give a picture, a clip or numbered frames the colours of a reference picture, clip or palette. Writes the graded result "
    "and, where asked for, the grade as a file for grading programs (.cube, .cc and others). The source stays as it is.",
    MatchAsked,
    MatchAnswer,
    match_colours,
)
