"""A saved grade on other pictures and clips, without a reference."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade, load_grade
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.matching import sample_pixels
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.fault import faults_of
from studio.jobs import ClipJob, check_trims_between, settings_for
from studio.kinds import is_clip
from studio.media.clips.names import clip_result_name, renamed
from studio.media.clips.read import read_facts
from studio.media.images import (
    Picture,
    check_same_kind,
    losses,
    read_picture,
    result_name,
    supported_output,
    write_picture,
)
from studio.media.places import check_place, make_folder
from studio.records.match import read_settings
from studio.references import SavedGrade
from studio.remedies import JobRemedy
from studio.service.clip import match_clip
from studio.service.hdr import own_spaces
from studio.service.spaces.render import render_picture
from studio.service.spaces.said import as_written, notes_on, notes_on_range
from studio.service.weights import how_much_counts, where_to_grade
from studio.watch import UNWATCHED, Watch


def load_any_grade(path: Path) -> Grade:
    """Load a grade file of any kind, or the grade in a settings .json.

    Raises:
        InputError: missing, unreadable, or of another kind.
    """
    if path.suffix.lower() == ".json":
        saved = read_settings(path)
        try:
            grade = grade_from_record(saved.grade)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        notes = ("the match had a mask; the grade is applied everywhere",) if "mask" in saved.inputs else ()
        return replace(grade, notes=(*notes, *(() if saved.spaces is None else (not_between(saved.spaces),))))
    return load_grade(path)


def not_between(spaces: SpaceChoice) -> str:
    """What to say where a grade of a working space is applied to the codes of pictures."""
    return f"the grade is for colours in {spaces.working}, and pictures are taken to be in it"


def saved_spaces(path: Path) -> SpaceChoice | None:
    """The colour spaces that a settings .json holds; None where it has none, and for every other file. Raises InputError."""
    return read_settings(path).space_choice() if path.suffix.lower() == ".json" else None


def between_spaces(grade: Grade, spaces: SpaceChoice) -> Grade:
    """A loaded grade that is to be applied in the working space of colour spaces.

    Raises:
        InputError: it has trims, which are for codes of a display.
    """
    check_trims_between(grade.trims, spaces)
    return replace(grade, notes=tuple(note for note in grade.notes if note != not_between(spaces)))


def saved_grade(path: Path | None) -> SavedGrade | None:
    """The grade in a file as a reference, or None for no file. Raises InputError as :func:`load_any_grade` does."""
    return None if path is None else SavedGrade(load_any_grade(path), path)


def planned_outputs(images: list[Path], folder: Path, *, overwrite: bool) -> list[tuple[Path, Path]]:
    """Where each result will go, checked before the first is written. The folder is made with the first result.

    A folder among the pictures stops none of the others: it comes last, and is refused in its turn.

    Raises:
        InputError: two results with one name, one that would replace its source, or a folder that cannot be used.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file", JobRemedy.GIVE_OUTPUT_FOLDER)
    planned: dict[Path, Path] = {}
    for image in images:
        if _is_folder(image):
            continue
        name = clip_result_name(image.name) if is_clip(image) else result_name(image.name)
        place = folder / name
        if place in planned:
            raise InputError(f"{image} and {planned[place]} would both become {place}; apply them to different folders")
        planned[place] = image
    if folder.exists():
        for place in planned:
            if is_clip(place):
                check_place(place, inputs=images, overwrite=overwrite)
            else:
                supported_output(place, inputs=images, overwrite=overwrite)
    folders = [(image, folder / image.name) for image in images if _is_folder(image)]
    return [*((image, place) for place, image in planned.items()), *folders]


def _is_folder(path: Path) -> bool:
    return not path.name or os.path.isdir(path)  # False, and no error, where looking is not permitted


@dataclass(frozen=True)
class Applied:
    """A grade on one file.

    Attributes:
        notes: what was assumed or left out.
        whole: False for a clip that breaks off: what could be read of it was graded.
    """

    notes: tuple[str, ...]
    whole: bool = True


def apply_to_file(
    grade: Grade,
    source: Path,
    place: Path,
    *,
    overwrite: bool = False,
    watch: Watch = UNWATCHED,
    spaces: SpaceChoice | None = None,
) -> Applied:
    """Grade one picture or clip into another file, whose folder is made if it is not there and the source can be read.

    Args:
        grade: what to apply; as :func:`between_spaces` gives it where there are colour spaces.
        source: the picture or clip.
        place: the other file.
        overwrite: whether a file that exists is replaced.
        watch: told what is being done; may stop it.
        spaces: what the code values stand for, and those of the result; None where the file says it.

    Raises:
        InputError: the source cannot be read or the place not written.
        Fault: anything else that goes wrong with this file.
        Cancelled: it was stopped.
    """
    with faults_of(source):
        if not is_clip(source) and not is_clip(place):
            check_same_kind(source, place)
        if not is_clip(source):
            return _apply_to_picture(grade, source, place, overwrite, spaces)
        return _apply_to_clip(grade, source, place, overwrite, watch, spaces)


def _apply_to_clip(
    grade: Grade, source: Path, place: Path, overwrite: bool, watch: Watch, spaces: SpaceChoice | None
) -> Applied:
    read_facts(source, hdr=True)  # before a folder is made for nothing
    make_folder(place.parent)
    saved = SavedGrade(grade)
    job = ClipJob(source, saved, settings_for(saved), spaces=spaces)
    fitted, clip = match_clip(job, place, overwrite=overwrite, watch=watch)
    notes = (*renamed(source, place), *fitted.notes, *clip.notes)
    kept = [note.removeprefix(f"{source.name}: ") for note in notes if note not in grade.notes]
    return Applied(tuple(kept), clip.broken_at is None)


def _apply_to_picture(grade: Grade, source: Path, place: Path, overwrite: bool, spaces: SpaceChoice | None) -> Applied:
    picture = read_picture(source, hdr=True)
    told: tuple[str, ...] = ()
    if spaces is None and picture.container.hdr is not None:
        spaces = own_spaces(source, picture.container.hdr)
        check_trims_between(grade.trims, spaces)
        if grade.encoding != spaces.working:
            told = (f"it is HDR, and the grade is for {grade.encoding}: it was applied to codes of {spaces.working}",)
    weights = where_to_grade(picture, None)
    grade = _for_picture(grade, picture, how_much_counts(picture, weights))
    written = as_written(picture, spaces)
    make_folder(place.parent)
    graded = render_picture(picture, grade, spaces, weights, in_place=True)
    write_picture(place, written, graded, overwrite=overwrite, last=True)
    notes = (*told, *notes_on(picture, spaces), *notes_on_range(picture, grade, spaces))
    return Applied((*notes, *losses(place, written)))


def _for_picture(grade: Grade, picture: Picture, counts: np.ndarray | None) -> Grade:
    """The grade with the picture's cast taken away where that is asked for and was not looked for yet."""
    if not grade.trims.neutralise or grade.gains is not None:
        return grade
    settings = MatchSettings()
    colors = sample_pixels(picture.in_range, settings.samples, settings.seed, counts).fit
    return grade.trimmed(grade.trims, colors)
