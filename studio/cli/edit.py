"""reswd batch --edl: a whole edit, as an EDL and a .ccc."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from reswd_torch.settings import MatchSettings
    from reswd_torch.spaces import SpaceChoice
    from studio.references import BatchReference
    from studio.service.edit import EditResult


def grade_edit(
    shots: Path,
    output: Path,
    reference: BatchReference,
    settings: MatchSettings,
    *,
    edl: Path | None,
    overwrite: bool,
    spaces: SpaceChoice | None,
    others: Mapping[str, object],
) -> None:
    """Fit the shots, write the two files, and say what became of each.

    Args:
        shots: the folder with the shots.
        output: the folder for the files.
        reference: what they should look like.
        settings: how to match.
        edl: the edit; None for all shots of the folder.
        overwrite: whether files that exist are replaced.
        spaces: what the code values of the shots stand for; None where their files say it.
        others: flags of a batch of pictures, by name, that an edit has no use for; those that were given are refused.

    Raises:
        InputError: what cannot be used.
        SystemExit: 1 where a shot has no grade.
    """
    from studio.cli.bars import watching
    from studio.jobs import EditJob
    from studio.service.edit import run_edit

    for flag, value in others.items():
        if value:
            raise InputError(
                f"{flag} is for a folder of pictures: an edit is handed over as an EDL and a .ccc; leave it out"
            )
    job = EditJob(shots, output, reference, edl, settings, overwrite, spaces)
    with watching() as watch:
        result = run_edit(job, watch)
    places = result.save()
    _tell(result, places)
    if result.failed:
        raise SystemExit(1)


def _tell(result: EditResult, places: tuple[Path, ...]) -> None:
    for shot in result.shots:
        for note in shot.notes:
            print(f"note: {shot.name}: {note}", file=sys.stderr)
        if shot.cdl is None:
            print(f"reswd: {shot.problem}", file=sys.stderr)
    graded, events = len(result.shots) - len(result.failed), len(result.edl.events)
    of = sum(len(shot.events) for shot in result.shots if shot.cdl is not None)
    print(f"{graded} of {len(result.shots)} shots graded, {of} of {events} events")
    spaces = result.job.spaces
    if spaces is not None:
        print(f"colour spaces {spaces.in_words()} ({spaces.config})")
        print(f"the ten numbers of each shot are for colours in {spaces.working}")
    for place in places:
        print(f"wrote {place}")
