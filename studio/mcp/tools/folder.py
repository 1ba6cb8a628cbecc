"""The tool match_folder: all pictures of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import grade_suffixes, in_words
from studio.kinds import AS_SOURCE, RESULT_FORMATS
from studio.mcp.answers import Means, Notes, Seconds
from studio.mcp.settings import HowToMatch, Overwrite, Palette, named, palette_of, read_if
from studio.mcp.tool import Answer, Tool
from studio.mcp.tools.apply import saved_spaces_of
from studio.mcp.words import DISTANCE
from studio.media.allowed import Allowed
from studio.watch import Cancelled, Watch

if TYPE_CHECKING:
    from studio.jobs import BatchJob
    from studio.references import BatchReference
    from studio.service.batch.plan import BatchPlan
    from studio.service.batch.run import Summary

MOST_ROWS = 200
"""Pictures that an answer tells of one by one; the report has all."""


class FolderAsked(HowToMatch):
    """Arguments of match_folder."""

    folder: Annotated[str, Field(description="The folder with the pictures.")]
    output_folder: Annotated[
        str, Field(description="Folder for the results and report.csv, outside folder; it is made if it is not there.")
    ]
    reference: Annotated[
        str | None,
        Field(
            description="The picture with the colours; or a folder: one for each picture, found by name (of a series: all "
            "together)."
        ),
    ] = None
    palette: Palette = None
    grade: Annotated[str | None, Field(description="A saved grade instead of a reference.")] = None
    reference_mask: Annotated[str | None, Field(description="White where the reference counts.")] = None
    mask: Annotated[
        str | None,
        Field(description="White where pictures count and change: a file for all, or a folder of them, found by name."),
    ] = None
    series: Annotated[bool, Field(description="One grade for all pictures, without flicker.")] = False
    recursive: Annotated[bool, Field(description="Enter sub-folders; the tree is mirrored.")] = False
    output_format: Annotated[
        str, Field(description="Format of the results.", json_schema_extra={"enum": list(RESULT_FORMATS)})
    ] = AS_SOURCE
    quality: Annotated[
        int | None, Field(ge=1, le=100, description="Of lossy results. Left out: that of a JPEG source, else 95.")
    ] = None
    grade_files: Annotated[
        str | None,
        Field(
            description=f"Save each picture's grade beside it, by this suffix: {in_words(grade_suffixes())}.",
            json_schema_extra=named(*grade_suffixes()),
        ),
    ] = None
    settings_files: Annotated[bool, Field(description="Save the settings of each match beside its result.")] = False
    jobs: Annotated[
        int | None, Field(ge=1, le=256, description="Pictures at work at once. Left out: one a core, at most 8.")
    ] = None
    overwrite: Overwrite = False
    resume: Annotated[
        bool, Field(description="Go on with the run that is in output_folder; give the same arguments as for it.")
    ] = False


class PictureRow(BaseModel):
    """What became of one picture."""

    model_config = ConfigDict(frozen=True)

    file: str
    status: Annotated[str, Field(description="done, failed or not done.")]
    distance_before: float | None
    distance_after: float | None
    message: Annotated[str, Field(description="What was assumed, or why it failed.")]


class FolderAnswer(Answer):
    """What match_folder answers."""

    output_folder: str
    report: Annotated[str, Field(description="report.csv: what became of every picture.")]
    pictures: Annotated[int, Field(description="Pictures in the folder.")]
    done: Annotated[int, Field(description="Pictures with a result, those of an earlier run among them.")]
    failed: int
    left: Annotated[int, Field(description="Pictures that it did not come to; resume=true goes on.")]
    rows: Annotated[list[PictureRow], Field(description=f"The first {MOST_ROWS} pictures.")]
    distance_means: Means = DISTANCE
    took: Annotated[str | None, Field(description="What was taken of references that show something else.")]
    seconds: Seconds
    notes: Notes


def match_folder(asked: FolderAsked, places: Allowed, watch: Watch) -> FolderAnswer:
    """Match all pictures. A run that is stopped keeps what is done, and can be gone on with."""
    from studio.service.batch.here import PreparedBatch

    job = _job(asked, places)
    run = PreparedBatch(job)
    summary = run.run(watch, jobs=asked.jobs, in_process=True)
    if watch.stopped():
        raise Cancelled
    return _answer(run.plan, summary)


def _job(asked: FolderAsked, places: Allowed) -> BatchJob:
    """The job. Raises InputError."""
    from studio.jobs import EACH, FRESH, OVERWRITE, RESUME, SERIES, BatchJob, settings_for

    if asked.overwrite and asked.resume:
        raise InputError("overwrite starts anew and resume goes on: give one of them")
    output = places.to_write(asked.output_folder, "output_folder")
    if asked.recursive:
        places.check_links(places.links_below(output), "the folder")
    reference = _trimmed(asked, _reference(asked, places))
    return BatchJob(
        places.to_read(asked.folder, "folder"),
        output,
        reference,
        mode=SERIES if asked.series else EACH,
        settings=asked.settings(settings_for(reference)),
        recursive=asked.recursive,
        mask=read_if(places, asked.mask, "mask"),
        grade_files=asked.grade_files,
        settings_files=asked.settings_files,
        output_format=asked.output_format,
        quality=asked.quality,
        existing=OVERWRITE if asked.overwrite else RESUME if asked.resume else FRESH,
        spaces=asked.spaces(),
    )


def _reference(asked: FolderAsked, places: Allowed) -> BatchReference:
    from studio.references import choose_batch_reference
    from studio.service.apply import saved_grade

    grade = read_if(places, asked.grade, "grade")
    if grade is not None and (between := saved_spaces_of(grade)) is not None:
        raise InputError(
            f"{grade}: its match was between colour spaces ({between.in_words()}): apply it with apply_grade"
        )
    return choose_batch_reference(
        file=read_if(places, asked.reference, "reference"),
        mask=read_if(places, asked.reference_mask, "reference_mask"),
        palette=palette_of(asked.palette, places),
        grade=saved_grade(grade),
    )


def _trimmed(asked: FolderAsked, reference: BatchReference) -> BatchReference:
    """A saved grade with the trims that were given, even such as undo its own."""
    from dataclasses import replace

    from studio.jobs import settings_for
    from studio.references import SavedGrade

    if not asked.trims or not isinstance(reference, SavedGrade):
        return reference
    return replace(reference, grade=reference.grade.trimmed(asked.settings(settings_for(reference)).trims))


def _answer(plan: BatchPlan, summary: Summary) -> FolderAnswer:
    from studio.records.report import read_report
    from studio.views.sentences import taken_of_many

    rows = list(read_report(summary.report).values())[:MOST_ROWS]
    aside = [f"left aside, as no pictures: {plan.aside}"] if plan.aside else []
    deeper = [f"sub-folders not entered: {plan.not_entered}; recursive=true enters them"] if plan.not_entered else []
    full = ["the disk is full: make room, then resume=true goes on"] if summary.full else []
    return FolderAnswer(
        output_folder=str(plan.output),
        report=str(summary.report),
        pictures=len(plan.items),
        done=summary.done,
        failed=summary.failed,
        left=summary.left,
        rows=[
            PictureRow(
                file=row.file,
                status=row.status,
                distance_before=_number(row.distance_before),
                distance_after=_number(row.distance_after),
                message=row.message,
            )
            for row in rows
        ],
        took=taken_of_many(summary.took, summary.done),
        seconds=summary.seconds,
        notes=[*plan.notes, *deeper, *aside, *full],
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


MATCH_FOLDER = Tool(
    "match_folder",
    "Match a folder",
    "Give all pictures of a folder the colours of a reference, a palette or a saved grade: each on its own, or with one grade "
    "for a series. Results go into another folder under the same names, with a report. Sources stay as they are.",
    FolderAsked,
    FolderAnswer,
    match_folder,
)
