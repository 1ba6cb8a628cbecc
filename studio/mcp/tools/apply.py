"""The tool apply_grade: a saved grade on pictures and clips."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import suffixes_to_read
from reswd_torch.grade.trims import trims_from_record
from studio.fault import Fault
from studio.mcp.answers import GradeSummary, Notes, Seconds, summary_of
from studio.mcp.settings import OutputSpace, Overwrite, SourceSpace, Strength, Trims, WorkingSpace, spaces_named
from studio.mcp.tool import Answer, Asked, Tool
from studio.mcp.words import in_words
from studio.media.allowed import Allowed
from studio.watch import Event, Watch

if TYPE_CHECKING:
    from reswd_torch.grade import Grade
    from reswd_torch.spaces import SpaceChoice


class ApplyAsked(Asked):
    """Arguments of apply_grade."""

    grade: Annotated[
        str, Field(description=f"A grade file ({', '.join(suffixes_to_read())}), or the settings .json of a match.")
    ]
    sources: Annotated[list[str], Field(min_length=1, description="The pictures and clips to grade.")]
    output_folder: Annotated[
        str, Field(description="Folder for the results, which keep their names; it is made if it is not there.")
    ]
    strength: Strength = None
    trims: Trims = None
    source_space: SourceSpace = None
    output_space: OutputSpace = None
    working_space: WorkingSpace = None
    overwrite: Overwrite = False


class AppliedTo(BaseModel):
    """What became of one picture or clip."""

    model_config = ConfigDict(frozen=True)

    source: str
    output: Annotated[str | None, Field(description="Its result; null where it failed.")]
    error: Annotated[str | None, Field(description="Why it failed; null where it did not.")]
    whole: Annotated[bool, Field(description="False where it failed, or for a clip that breaks off.")]
    notes: Notes


class ApplyAnswer(Answer):
    """What apply_grade answers."""

    results: Annotated[list[AppliedTo], Field(description="One for each source.")]
    done: Annotated[int, Field(description="How many have a result.")]
    grade: GradeSummary
    seconds: Seconds
    notes: Notes


def apply_grade(asked: ApplyAsked, places: Allowed, watch: Watch) -> ApplyAnswer:
    """Apply the grade to one after the other; one that cannot be read does not stop the others."""
    from studio.service.apply import planned_outputs

    began = time.perf_counter()
    grade, spaces = _loaded(asked, places)
    folder = places.to_write(asked.output_folder, "output_folder")
    sources = [places.to_read(one, "sources") for one in asked.sources]
    planned = planned_outputs(sources, folder, overwrite=asked.overwrite)
    results = []
    for number, (source, place) in enumerate(planned):
        part = watch.part(number / len(planned), (number + 1) / len(planned))
        part.event(Event(0.0, f"grading {source.name}"))
        results.append(_applied(grade, source, place, asked.overwrite, part, spaces))
    done = sum(one.error is None for one in results)
    if not done:
        raise InputError("; ".join(one.error for one in results if one.error))
    return ApplyAnswer(
        results=results,
        done=done,
        grade=summary_of(grade),
        seconds=time.perf_counter() - began,
        notes=list(grade.notes),
    )


def _loaded(asked: ApplyAsked, places: Allowed) -> tuple[Grade, SpaceChoice | None]:
    """The grade as it is to be applied, and between which colour spaces. Raises InputError."""
    from reswd_torch.settings import MatchSettings
    from studio.service.apply import between_spaces, load_any_grade

    path = places.to_read(asked.grade, "grade")
    grade = load_any_grade(path)
    if asked.strength is not None:
        grade = grade.at_strength(MatchSettings(strength=asked.strength).strength)
    if asked.trims:
        grade = grade.trimmed(trims_from_record({**grade.trims.to_record(), **asked.trims}))
    spaces = _spaces(asked, path)
    return (grade if spaces is None else between_spaces(grade, spaces)), spaces


def _spaces(asked: ApplyAsked, path: Path) -> SpaceChoice | None:
    """The spaces that were given, in front of those that the settings hold; as the command line has it."""
    from reswd_torch.spaces import choose_spaces

    kept = saved_spaces_of(path)
    source, output, working = asked.source_space, asked.output_space, asked.working_space
    if kept is None:
        return spaces_named(source, None, output, working)
    if source is None:
        working, output = working or kept.working, output or kept.output
    return choose_spaces(source or kept.source, target=kept.target, output=output, working=working, config=kept.config)


def saved_spaces_of(path: Path) -> SpaceChoice | None:
    """The colour spaces that a settings .json holds. Raises InputError where it names a config that nobody here has chosen."""
    import os

    from studio.service.apply import saved_spaces

    kept = saved_spaces(path)
    if kept is not None and not kept.is_built_in and kept.config != os.environ.get("OCIO"):
        raise InputError(
            f"{path}: its spaces are of the config {kept.config}, which may be anywhere: tools read built-in configs and $OCIO"
        )
    return kept


def _applied(
    grade: Grade, source: Path, place: Path, overwrite: bool, watch: Watch, spaces: SpaceChoice | None
) -> AppliedTo:
    from studio.service.apply import apply_to_file

    try:
        applied = apply_to_file(grade, source, place, overwrite=overwrite, watch=watch, spaces=spaces)
    except (InputError, Fault) as error:
        return AppliedTo(source=str(source), output=None, error=in_words(error), whole=False, notes=[])
    return AppliedTo(source=str(source), output=str(place), error=None, whole=applied.whole, notes=list(applied.notes))


APPLY_GRADE = Tool(
    "apply_grade",
    "Apply a grade",
    "Apply a saved grade (.cube, .cc, .cdl, .clf and others, or the settings .json of a match) to pictures and clips. Results "
    "go into a folder under the same names. Sources stay as they are.",
    ApplyAsked,
    ApplyAnswer,
    apply_grade,
)
