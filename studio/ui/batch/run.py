"""What the tab *Batch* does, without the page: a run beside it, and where that stands a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from reswd_torch.errors import InputError
from studio.jobs import EACH, SERIES
from studio.records.report import DONE, REPORT_FILE, read_report
from studio.service.batch.part import Part
from studio.service.batch.run import GRADING, BatchEvent, Summary
from studio.service.batch.uploads import Upload, UploadedBatch
from studio.ui import words
from studio.ui.batch.desk import Desk
from studio.ui.batch.tiles import TileMaker
from studio.ui.limits import limits
from studio.watch import Event, Watch

MODES = (("Each picture on its own", EACH), ("One grade for the series", SERIES))
_EVERY = 0.3  # seconds between two pictures of the page
_LAST_TILES = 3.0  # seconds for which a stopped run still makes tiles of what it has done
SLASH = "\u2215"
"""Stands for ``/`` in the names of files out of a chosen folder: Gradio keeps of every path the last part only."""


@dataclass(frozen=True, eq=False)
class View:
    """A run as the page shows it.

    Attributes:
        step: the last step; None while uploads are made ready.
        left: seconds that the phase will most likely still take; None while nobody can say.
        failed: names and reasons so far.
        notes: on what was found in the folder.
        summary: once it is over.
        folder: of this machine, where the results lie in one that the person named.
        too_much: whether it ended because the results take all the room that they may.
    """

    step: BatchEvent | None = None
    left: float | None = None
    failed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    summary: Summary | None = None
    folder: Path | None = None
    too_much: bool = False


def check_chosen(wanted: UploadedBatch) -> None:
    """Raise InputError, with words for the page, where pictures or a reference were not chosen."""
    if wanted.folder is None and not wanted.files:
        raise InputError("Choose the pictures first: a ZIP, many files, or a folder.")
    if not wanted.references and wanted.palette is None and wanted.grade is None:
        raise InputError(words.NO_REFERENCE)


def process(
    desk: Desk, wanted: UploadedBatch, stop: Callable[[], bool], choose: Callable[[Desk], Part] = Desk.part
) -> Iterator[View]:
    """Run, and say a few times a second where it stands. Closing the iterator stops the run.

    Args:
        desk: for these pictures; its sheet shows them as they are finished.
        wanted: what to do.
        stop: asked before each picture.
        choose: which of the pictures, asked once it is known what there is.

    Raises:
        InputError: with words for the page, before anything is graded.
    """
    yield View()
    check_chosen(wanted)
    existing = desk.prepare(wanted)
    assert desk.run is not None and desk.sheet is not None
    maker = TileMaker(desk.sheet, wanted.spaces)
    gathered = _Gathered(desk, maker, limits().results if wanted.results is None else None)
    work = None
    try:
        work = _Work(desk, choose(desk), existing, lambda: stop() or gathered.too_much)
        while work.goes_on:
            if gathered.take(work.events):
                yield gathered.view()
        maker.close()
        until = time.monotonic() + _LAST_TILES
        while maker.at_work and not (stop() and time.monotonic() > until):  # the run is over, the last tiles are not
            maker.wait(_EVERY)
            yield gathered.view()
    finally:
        maker.close(at_once=True)
        if work is not None:
            work.end()
        maker.wait()
    desk.summary = ended = work.summary()
    too_much = gathered.too_much and ended.left > 0
    yield replace(gathered.view(), left=None, summary=ended, folder=wanted.results, too_much=too_much)


class _Work:
    """A run in a thread of its own, which begins at once.

    Args:
        desk: whose run it is.
        part: which of its pictures.
        existing: what to do with results that are there.
        stop: asked before each picture.

    Attributes:
        events: what it tells.
    """

    def __init__(self, desk: Desk, part: Part, existing: str, stop: Callable[[], bool]) -> None:
        assert desk.run is not None
        self.events: Queue[BatchEvent] = Queue()
        self._over: list[Summary | BaseException] = []
        self._closed = False
        match, watch = desk.run.match, Watch(self._tell, lambda: self._closed or stop())
        self._match: Callable[[], Summary] = lambda: match(watch, part=part, existing=existing)
        self._thread = Thread(target=self._run, name="batch-run", daemon=True)
        self._thread.start()

    def _tell(self, event: Event) -> None:
        assert isinstance(event, BatchEvent)
        self.events.put(event)

    def _run(self) -> None:
        try:
            self._over.append(self._match())
        except BaseException as error:  # for the thread that waits
            self._over.append(error)

    @property
    def goes_on(self) -> bool:
        """Whether there is something to wait for."""
        return self._thread.is_alive() or not self.events.empty()

    def end(self) -> None:
        """Begin no more pictures, and wait for those at work."""
        self._closed = True
        self._thread.join()

    def summary(self) -> Summary:
        """How it ended. Raises what ended it."""
        ended = self._over[0]
        if isinstance(ended, BaseException):
            raise ended
        return ended


class _Gathered:
    """The events of a run gathered into what the page shows.

    Args:
        desk: whose run it is.
        maker: of the tiles.
        most: bytes that the results may take; None for any number.

    Attributes:
        too_much: whether they take more.
    """

    def __init__(self, desk: Desk, maker: TileMaker, most: int | None) -> None:
        self._most, self._taken, self.too_much = most, 0, False
        assert desk.run is not None and desk.sheet is not None
        self._desk, self._maker, self._sheet = desk, maker, desk.sheet
        aside = desk.run.run.plan.aside
        self._notes = (*desk.run.notes, *([f"Left aside, as no pictures: {aside}"] if aside else []))
        self._step: BatchEvent | None = None
        self._begun = (0.0, 0)  # when the phase began, and how many were done by then

    def take(self, steps: Queue[BatchEvent]) -> bool:
        """Take all steps there are, and at least wait a moment for one. Whether there was one."""
        try:
            taken = [steps.get(timeout=_EVERY)]
        except Empty:
            return False
        until = time.monotonic() + _EVERY
        while (wait := until - time.monotonic()) > 0:
            try:
                taken.append(steps.get(timeout=wait))
            except Empty:
                break
        for step in taken:
            self._take_one(step)
        return True

    def _take_one(self, step: BatchEvent) -> None:
        desk = self._desk
        if self._step is None or step.phase != self._step.phase:
            self._begun = (time.monotonic(), step.done)
        self._step = step
        desk.begun()
        if step.row is not None:
            self._sheet.take(step.row)
            good = step.row.status == DONE
            if good:
                self._count(desk.result(step.row.file))
            self._maker.add(step.row.file, desk.source(step.row.file), step.place if good else None)
        elif step.phase == GRADING and step.done:
            self._take_earlier()

    def _count(self, result: Path) -> None:
        with suppress(OSError):  # it was removed as soon as it was there
            self._taken += result.stat().st_size
        self.too_much = self._most is not None and self._taken > self._most

    def _take_earlier(self) -> None:
        """Pictures that an earlier run has done, perhaps one of another page or of the command line."""
        desk = self._desk
        assert desk.run is not None
        for name, row in read_report(desk.run.run.plan.state / REPORT_FILE).items():
            if row.status == DONE and name in self._sheet:
                self._count(desk.result(name))
            if row.status == DONE and name in self._sheet and self._sheet[name].after is None:
                self._sheet.take(row)
                self._maker.add(name, desk.source(name), desk.result(name))

    def view(self) -> View:
        """What there is to show now."""
        return View(self._step, self._left(), self._sheet.failures(), self._notes)

    def _left(self) -> float | None:
        step, (begun, already) = self._step, self._begun
        if step is None or step.done - already < 3:
            return None
        return (time.monotonic() - begun) / (step.done - already) * (step.of - step.done)


def uploads_of(payload: Any) -> tuple[Upload, ...]:
    """What a gr.File handed over, as sent: where each file lies and what the person calls it."""
    if payload is None:
        return ()
    files = getattr(payload, "root", payload)
    files = files if isinstance(files, list) else [files]
    return tuple((Path(file.path), (file.orig_name or Path(file.path).name).replace(SLASH, "/")) for file in files)
