"""HDR pictures and clips: the space that their files mean, and what a display of standard range shows of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from reswd_torch.errors import InputError
from reswd_torch.profiles.icc import HDR_NUMBERS
from reswd_torch.spaces import STUDIO, SpaceChoice, View, choose_spaces, config_place, load_config
from reswd_torch.spaces.sight import in_standard_range
from studio.jobs import MatchJob
from studio.media.clips.read import ClipFacts
from studio.media.clips.tags import BT2020, HLG, PQ, UNTAGGED
from studio.media.images import Picture
from studio.service.clip_spaces import OF_DISPLAYS

Numbers = tuple[int, int]
"""Primaries and transfer by ITU-T H.273, tables 2 and 3."""
Job = TypeVar("Job", bound=MatchJob)

_SPACES: dict[Numbers, str] = {
    (known, transfer): alias
    for alias, (primaries, transfer, _) in OF_DISPLAYS.items()
    if transfer in (PQ, HLG)
    for known in ((primaries, UNTAGGED) if primaries == BT2020 else (primaries,))
}
"""Spaces under their aliases in the studio config; those without primaries have BT.2020's. Masters whose colours keep within P3
are tagged BT.2020 as a rule."""


def numbers_of(facts: ClipFacts) -> Numbers | None:
    """What the tags of an HDR clip say; None for a clip of standard range."""
    return (facts.tags.primaries, facts.tags.transfer) if facts.tags.is_hdr else None


def hdr_in_words(picture: Picture) -> str:
    """What an HDR picture says of itself; empty for standard range."""
    return "" if picture.container.hdr is None else HDR_NUMBERS[picture.container.hdr[1]]


def space_in(place: str, path: Path, numbers: Numbers) -> str:
    """The name that a config has for the space of an HDR file.

    Args:
        place: the config.
        path: the file, for messages.
        numbers: what it says.

    Raises:
        InputError: primaries that no HDR display has, or a config without that space.
    """
    if (known := _SPACES.get(numbers)) is None:
        kind = "PQ" if numbers[1] == PQ else "HLG"
        raise InputError(
            f"{path}: it is {kind} with primaries {numbers[0]} of ITU-T H.273, and no space is known for that: give one of the "
            "config by name"
        )
    found = load_config(place).getColorSpace(known)
    if found is None:
        raise InputError(f"{path}: it is HDR, and the config {place} has no {known!r}: give its space by name")
    return str(found.getName())


def in_own_space(job: Job, numbers: Numbers | None, says: str) -> tuple[Job, tuple[str, ...]]:
    """The job of an HDR source whose space nobody said in that of its file, where it is graded too; and a note on that.

    Args:
        job: what was asked.
        numbers: what its source says; None for standard range.
        says: the same in words.

    Raises:
        InputError: the job asks for what only codes of standard range can have, such as trims.
    """
    if job.spaces is not None or numbers is None:
        return job, ()
    spaces = own_spaces(job.source, numbers)
    return replace(job, spaces=spaces), (f"{job.source.name}: its file says {says}: it was graded in {spaces.working}",)


def own_spaces(path: Path, numbers: Numbers) -> SpaceChoice:
    """The spaces of an HDR file that is graded and written in its own. Raises InputError as :func:`space_in` does."""
    place = config_place(STUDIO)
    return choose_spaces(space_in(place, path, numbers), config=place)


def shown_in_standard_range(path: Path, numbers: Numbers) -> View:
    """What a display of standard range shows of an HDR file, in sRGB. Raises InputError as :func:`space_in` does."""
    place = config_place(STUDIO)
    return in_standard_range(place, space_in(place, path, numbers))
