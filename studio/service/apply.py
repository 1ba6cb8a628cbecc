"""A saved grade on other pictures, without a reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade, load_grade
from reswd_torch.grade.grade import grade_from_record
from studio.media.clips import is_clip
from studio.media.images import losses, read_picture, result_name, supported_output, write_picture
from studio.records import read_settings
from studio.service.clip import check_clip_output
from studio.service.render import render
from studio.service.weights import where_to_grade


def load_any_grade(path: Path) -> Grade:
    """Load a .cube, .cc, .ccc, .cdl, or the grade in a settings .json.

    Raises:
        InputError: missing, unreadable, or of another kind.
    """
    if path.suffix.lower() == ".json":
        saved = read_settings(path)
        grade = grade_from_record(saved.grade)
        if "mask" in saved.inputs:
            return replace(grade, notes=("the match had a mask; the grade is applied everywhere",))
        return grade
    return load_grade(path)


def planned_outputs(images: list[Path], folder: Path, *, overwrite: bool) -> list[tuple[Path, Path]]:
    """Where each result will go, checked before the first is written. The folder is made with the first result.

    Raises:
        InputError: two results with one name, one that would replace its source, or a folder that cannot be used.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; -o wants a folder")
    planned: dict[Path, Path] = {}
    for image in images:
        if not image.name or image.is_dir():
            raise InputError(f"{image}: this is a folder: give picture files")
        name = image.name if is_clip(image) else result_name(image.name)
        place = folder / name
        if place in planned:
            raise InputError(f"{image} and {planned[place]} would both become {place}; apply them to different folders")
        planned[place] = image
    if folder.exists():
        for place in planned:
            if is_clip(place):
                check_clip_output(place, inputs=images, overwrite=overwrite)
            else:
                supported_output(place, inputs=images, overwrite=overwrite)
    return [(image, place) for place, image in planned.items()]


def apply_to_file(grade: Grade, image: Path, place: Path, *, overwrite: bool = False) -> tuple[str, ...]:
    """Grade one file into another.

    Returns:
        Notes on what was assumed.

    Raises:
        InputError: the picture cannot be read or the place not written.
    """
    picture = read_picture(image)
    weights = where_to_grade(picture, None)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place.parent}: cannot be made ({error.strerror}); choose another folder") from error
    write_picture(place, picture, render(picture.pixels, grade, weights, in_place=True), overwrite=overwrite, last=True)
    return (*picture.notes, *losses(place, picture))
