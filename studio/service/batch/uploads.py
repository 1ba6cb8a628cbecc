"""A batch of files that somebody sent: brought into a folder, matched there, and packed into a ZIP to take away."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from studio.jobs import EACH, FRESH, BatchJob
from studio.media.archive import Limits, gather, is_zip, pack, unpack
from studio.records.batch import RUN_FILE
from studio.references import choose_batch_reference
from studio.service.apply import saved_grade
from studio.service.batch.here import PreparedBatch
from studio.service.batch.run import Summary
from studio.watch import UNWATCHED, Watch

LIMITS = Limits()
AT_ONCE = 2
"""Pictures at work at once: the app serves others beside."""

Upload = tuple[Path, str]
"""Where an uploaded file lies, and what the person calls it: with ``/`` where it came out of a folder."""


@dataclass(frozen=True)
class UploadedBatch:
    """A batch as somebody asks for it who sends files, or names folders of the machine that does the work.

    Attributes:
        files: one ZIP, or pictures with their names in a tree.
        folder: a folder of this machine, in place of them.
        results: a folder of this machine for the results; None for a ZIP.
        references: one picture for all, or several, matched by name (in a series: all together).
        palette: in place of references.
        grade: a file with a saved grade in place of both.
        mode: ``"each"`` or ``"series"``.
        settings: how to match.
        existing: what to do with results that are there; only with ``results``.
        limits: how much is accepted.
    """

    files: tuple[Upload, ...] = ()
    folder: Path | None = None
    results: Path | None = None
    references: tuple[Upload, ...] = ()
    palette: str | None = None
    grade: Path | None = None
    mode: str = EACH
    settings: MatchSettings = field(default_factory=MatchSettings)
    existing: str = FRESH
    limits: Limits = LIMITS

    @property
    def name(self) -> str:
        """What the person calls the pictures."""
        return self.files[0][1] if len(self.files) == 1 else f"{len(self.files)} files"


class UploadedRun:
    """An uploaded batch that was brought in and checked, and can be started.

    Args:
        wanted: what to do.
        work: an empty folder for uploads, results and the ZIP.

    Attributes:
        run: the batch that it became.
        notes: on what was found in the uploads.

    Raises:
        InputError: anything that would keep the run from starting.
    """

    def __init__(self, wanted: UploadedBatch, work: Path) -> None:
        self._wanted, self._work = wanted, work
        notes: tuple[str, ...] = ()
        folder = wanted.folder
        if folder is None:
            folder = work / "pictures"
            notes = _bring_in(wanted.files, folder, wanted.limits)
        reference = choose_batch_reference(
            file=_references(wanted.references, work / "references", wanted.limits),
            palette=wanted.palette,
            grade=saved_grade(wanted.grade),
        )
        self.run = PreparedBatch(
            BatchJob(
                folder,
                wanted.results or work / "results",
                reference,
                wanted.mode,
                wanted.settings,
                recursive=True,
                existing=wanted.existing,
            )
        )
        self.notes = (*notes, *self.run.plan.notes)

    def match(self, watch: Watch = UNWATCHED) -> Summary:
        """Do the work. Once the watch says stop, pictures at work are finished and no more are begun."""
        return self.run.run(watch, jobs=AT_ONCE, in_process=True)

    def pack(self, summary: Summary) -> Path | None:
        """The results, their report and their record as a ZIP; uploads and results are gone then.

        None where the results lie in a folder that the person named, or where there are none.
        """
        if self._wanted.results is not None or not summary.report.exists():
            return None
        texts = {} if summary.record is None else {RUN_FILE: summary.record.names_only(self._wanted.name).text()}
        archive = pack(self.run.plan.output, self._work / "matched.zip", texts)
        for folder in ("pictures", "references", "results"):  # all that is wanted of them is in the ZIP
            shutil.rmtree(self._work / folder, ignore_errors=True)
        return archive


def _bring_in(files: tuple[Upload, ...], folder: Path, limits: Limits) -> tuple[str, ...]:
    """Uploads as a folder; notes on them."""
    if not files:
        raise InputError("no pictures: give a ZIP, several files, or a folder")
    missing = [name for path, name in files if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0]} is no longer on the server: choose the pictures again")
    zips = [(path, name) for path, name in files if Path(name).suffix.lower() == ".zip" or is_zip(path)]
    if not zips:
        return tuple(gather(files, folder, limits))
    if len(files) > 1:
        raise InputError("Give one ZIP alone, or pictures without a ZIP among them.")
    path, name = zips[0]
    unpack(path, folder, limits, name=name)
    return ()


def _references(uploads: tuple[Upload, ...], folder: Path, limits: Limits) -> Path | None:
    """The one reference, or a folder of several."""
    if not uploads:
        return None
    gather(uploads, folder, limits)
    found = [path for path in folder.rglob("*") if path.is_file()]
    return found[0] if len(found) == 1 else folder
