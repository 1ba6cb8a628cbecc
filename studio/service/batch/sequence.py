"""Frames of a clip as numbered pictures: shot.%04d.png (as in C and ffmpeg) or shot.####.png (as in Nuke)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from reswd_torch.errors import InputError
from studio.kinds import FRAME_NUMBER
from studio.media.images import supported_output
from studio.media.places import file_ids
from studio.service.batch.plan import BatchPlan, Item


def frames_of(pattern: Path) -> dict[int, Path]:
    """The frames that are there, by number; gaps are allowed.

    Raises:
        InputError: none, or more than one place for the number.
    """
    before, digits, after = _parts(pattern)
    wanted = re.compile(re.escape(before) + r"(\d+)" + re.escape(after))
    if not pattern.parent.is_dir():
        raise InputError(f"{pattern}: the folder {pattern.parent} does not exist: check the name")
    found = {}
    for path in pattern.parent.iterdir():
        match = wanted.fullmatch(path.name)
        if (
            match
            and len(match[1]) >= digits
            and (len(match[1]) == digits or not match[1].startswith("0") or not digits)
        ):
            found[int(match[1])] = path
    if not found:
        raise InputError(f"{pattern}: no frames of this name: check the number of digits and the folder")
    return dict(sorted(found.items()))


def plan_sequence(
    source: Path, output: Path, records: Path, *, inputs: Iterable[Path] = (), mask: Path | None = None,
    overwrite: bool = False,
) -> BatchPlan:  # fmt: skip
    """The frames of one pattern, each to the frame of the same number of another.

    Args:
        source: the pattern of the frames.
        output: the pattern of the results; its folder must exist.
        records: a folder for the state of the run.
        inputs: other files of the run, which no frame may replace.
        mask: for all frames.
        overwrite: replace frames that exist.

    Raises:
        InputError: no frames, a pattern without a number, or a result that may not be written.
    """
    if FRAME_NUMBER.search(output.name) is None:
        raise InputError(f"{output}: {source.name} stands for many frames: give an output such as graded.%04d.png")
    frames, inputs = frames_of(source), list(inputs)
    read = file_ids(frames.values())
    items = []
    for number, path in frames.items():
        place = output.with_name(_named(output, number))
        if read & file_ids([place]):
            raise InputError(f"{output}: the results would replace the frames: give another name or folder")
        supported_output(place, inputs=inputs, overwrite=overwrite)
        items.append(Item(path.name, path, place.name, mask=mask))
    return BatchPlan(
        source.parent, output.parent, tuple(items), records=records, pattern=FRAME_NUMBER.sub("#", output.name)
    )


def _parts(pattern: Path) -> tuple[str, int, str]:
    """What stands before the number, its digits (0: as many as it has), and what stands after."""
    found = list(FRAME_NUMBER.finditer(pattern.name))
    if len(found) != 1:
        raise InputError(f"{pattern}: give one place for the frame's number, such as %04d or ####")
    place = found[0]
    digits = len(place[2]) if place[2] else int(place[1] or 0)
    return pattern.name[: place.start()], digits, pattern.name[place.end() :]


def _named(pattern: Path, number: int) -> str:
    before, digits, after = _parts(pattern)
    return f"{before}{number:0{digits or 1}d}{after}"
