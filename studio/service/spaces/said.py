"""What the file of a result between colour spaces says of its colours, and what to tell of the source's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.spaces import SpaceChoice
from reswd_torch.spaces.chain import clamps
from reswd_torch.spaces.config import load_config
from reswd_torch.spaces.names import is_hdr
from studio.media.images import Picture, profile_name
from studio.media.images.picture import FILM_FORMATS, RAW
from studio.media.images.png_chunks import COLOUR_CHUNKS
from studio.media.images.scene import developed_profile
from studio.service.floats import beyond_range
from studio.service.still_tags import tagged_as


def as_written(picture: Picture, choice: SpaceChoice | None) -> Picture:
    """The picture with what its result's file says of colours: in another space than its own, that space (:mod:`.still_tags`).

    Raises:
        InputError: its file is copied with all that it says, or it is camera raw.
    """
    if choice is None:
        return picture
    check_not_developed(picture.path, picture.container.format, choice.source)
    if choice.keeps_space:
        return picture
    if picture.container.format in FILM_FORMATS:
        raise InputError(
            f"output space {choice.output!r}: {picture.path.name} is written as a copy of itself ({picture.container.format}), "
            f"which stays in {choice.source}: leave the output space out"
        )
    held = picture.container
    chunks = tuple(chunk for chunk in held.png_chunks if chunk[0] not in COLOUR_CHUNKS)
    plain = replace(held, png_chunks=chunks, colour_tag=None, colour_numbers=None, hdr=None)
    return tagged_as(replace(picture, icc=None, container=plain), choice.config, choice.output)


def check_not_developed(path: Path, form: str, space: str) -> None:
    """Refuse to take camera raw for another space than it was developed into.

    Args:
        path: the picture.
        form: its format, as a container has it.
        space: the space that was named.

    Raises:
        InputError: it is camera raw.
    """
    if form == RAW:
        raise InputError(
            f"{path}: camera raw is developed into {profile_name(developed_profile())}, which is not {space!r}: leave the space "
            "out, or develop the file into it elsewhere"
        )


def notes_on(picture: Picture, choice: SpaceChoice | None) -> tuple[str, ...]:
    """The notes of a picture. Where its space was said, nothing had to be assumed, and its file may say something else."""
    if choice is None:
        return picture.notes
    notes = tuple(note for note in picture.notes if note not in picture.container.assumed)
    hdr, named_hdr = picture.container.hdr, is_hdr(load_config(choice.config), choice.source)
    if hdr is None and named_hdr:
        return (*notes, f"nothing in it says that it is HDR: its code values were taken for {choice.source}")
    if hdr is not None:
        passed = (
            () if named_hdr else (f"its file says HDR, which was passed over: its code values are {choice.source}",)
        )
        return (*notes, *passed)
    if picture.icc is None or picture.container.assumed:
        return notes
    name = profile_name(picture.icc)
    return (*notes, f"its profile ({name}) was passed over: its code values are {choice.source}")


def notes_on_range(picture: Picture, grade: Grade, choice: SpaceChoice | None) -> tuple[str, ...]:
    """What to say of floats outside 0..1: see :func:`studio.service.floats.beyond_range`."""
    said = beyond_range(picture, grade)
    if said and choice is not None and isinstance(grade.effective, Cdl) and clamps(choice):
        return (f"values outside 0..1 of {choice.working} are cut, as ASC CDL says",)
    return said
