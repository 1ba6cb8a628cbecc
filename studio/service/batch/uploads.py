"""A batch of files that somebody sent: brought into a folder, matched there, and packed into a ZIP to take away."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.jobs import EACH, FRESH, BatchJob
from studio.kinds import AS_SOURCE
from studio.media.archive import Limits, gather, is_zip, pack, unpack
from studio.records.batch import RUN_FILE
from studio.records.match import read_settings
from studio.records.report import LEFT_OUT, REPORT_FILE, WAITING, Row, read_report, rows_text
from studio.references import choose_batch_reference
from studio.service.apply import not_between, saved_grade
from studio.service.batch.here import PreparedBatch
from studio.service.batch.part import WHOLE, Part
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
        grade_files: with ``"each"``: the suffix of a file with the grade beside every result; None for none.
        settings_files: a file with the settings beside every result.
        output_format, quality: of the results, as for :class:`studio.jobs.BatchJob`.
        existing: what to do with results that are there; only with ``results``.
        limits: how much is accepted.
        spaces: what the code values of the pictures stand for; None where their files say it.
    """

    files: tuple[Upload, ...] = ()
    folder: Path | None = None
    results: Path | None = None
    references: tuple[Upload, ...] = ()
    palette: str | None = None
    grade: Path | None = None
    mode: str = EACH
    settings: MatchSettings = field(default_factory=MatchSettings)
    grade_files: str | None = None
    settings_files: bool = False
    output_format: str = AS_SOURCE
    quality: int | None = None
    existing: str = FRESH
    limits: Limits = LIMITS
    spaces: SpaceChoice | None = None

    @property
    def name(self) -> str:
        """What the person calls the pictures."""
        return self.files[0][1] if len(self.files) == 1 else f"{len(self.files)} files"


@dataclass(frozen=True)
class Brought:
    """The pictures of an uploaded batch, once they lie in a folder.

    Attributes:
        folder: the pictures.
        notes: on what was found in the uploads.
    """

    folder: Path
    notes: tuple[str, ...] = ()


def bring_in(wanted: UploadedBatch, work: Path) -> Brought:
    """Bring the pictures of a batch into ``work``, a folder that has none yet. Raises InputError."""
    if wanted.folder is not None:
        return Brought(wanted.folder)
    folder = work / "pictures"
    return Brought(folder, _bring_in(wanted.files, folder, wanted.limits))


class UploadedRun:
    """An uploaded batch that was brought in and checked, and can be started.

    Args:
        wanted: what to do.
        work: a folder for uploads, results and the ZIP.
        brought: the pictures, where they were brought into ``work`` already: one run may follow another there.

    Attributes:
        run: the batch that it became.
        notes: on what was found in the uploads.

    Raises:
        InputError: anything that would keep the run from starting.
    """

    def __init__(self, wanted: UploadedBatch, work: Path, brought: Brought | None = None) -> None:
        self._wanted, self._work = wanted, work
        brought = brought or bring_in(wanted, work)
        shutil.rmtree(work / "references", ignore_errors=True)  # of the run before
        reference = choose_batch_reference(
            file=_references(wanted.references, work / "references", wanted.limits),
            palette=wanted.palette,
            grade=saved_grade(wanted.grade),
        )
        self.run = PreparedBatch(
            BatchJob(
                brought.folder,
                wanted.results or work / "results",
                reference,
                wanted.mode,
                wanted.settings,
                recursive=True,
                grade_files=wanted.grade_files,
                settings_files=wanted.settings_files,
                output_format=wanted.output_format,
                quality=wanted.quality,
                existing=wanted.existing,
                spaces=wanted.spaces,
            )
        )
        self.notes = (*brought.notes, *self.run.plan.notes, *_notes_on(wanted.grade))

    def match(self, watch: Watch = UNWATCHED, *, part: Part = WHOLE, existing: str | None = None) -> Summary:
        """Do the work, or a part. Once the watch says stop, pictures at work are finished and no more are begun.

        Args:
            watch: told of every picture.
            part: which of them.
            existing: what to do with results that are there, instead of what was asked for at first.
        """
        return self.run.run(watch, jobs=AT_ONCE, in_process=True, part=part, existing=existing)

    def pack(self, summary: Summary, left_out: frozenset[str] = frozenset()) -> Path | None:
        """The results, their report and their record as a ZIP.

        None where the results lie in a folder that the person named, or where there are none.

        Args:
            summary: of the last run.
            left_out: pictures whose results do not go in; the report says so.
        """
        if self._wanted.results is not None or not summary.report.exists():
            return None
        texts = {} if summary.record is None else {RUN_FILE: summary.record.names_only(self._wanted.name).text()}
        if left_out:
            texts[REPORT_FILE] = self._report_without(left_out, summary.report)
        beside = ("", *(summary.record.beside if summary.record else ()))
        dropped = (item.place + suffix for item in self.run.plan.items if item.name in left_out for suffix in beside)
        return pack(self.run.plan.output, self._work / "matched.zip", texts, without=frozenset(dropped))

    def _report_without(self, left_out: frozenset[str], place: Path) -> str:
        """The report as text, in which some pictures are left out."""
        rows = read_report(place)
        shown = (rows.get(item.name) or Row(item.name, WAITING) for item in self.run.plan.items)
        return rows_text((replace(row, status=LEFT_OUT) if row.file in left_out else row for row in shown), header=True)

    def release(self) -> None:
        """Remove uploads and results, once all that is wanted of them is in the ZIP."""
        for folder in ("pictures", "references", "results"):
            shutil.rmtree(self._work / folder, ignore_errors=True)


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


def _notes_on(grade: Path | None) -> tuple[str, ...]:
    """That a saved grade was fitted in a working space, which a batch does not go to: it is applied to codes as they are."""
    spaces = read_settings(grade).spaces if grade is not None and grade.suffix.lower() == ".json" else None
    return () if grade is None or spaces is None else (f"{grade.name}: {not_between(spaces)}",)


def _references(uploads: tuple[Upload, ...], folder: Path, limits: Limits) -> Path | None:
    """The one reference, or a folder of several."""
    if not uploads:
        return None
    gather(uploads, folder, limits)
    found = [path for path in folder.rglob("*") if path.is_file()]
    return found[0] if len(found) == 1 else folder
