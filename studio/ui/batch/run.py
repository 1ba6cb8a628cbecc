"""What the tab *Batch* and the endpoint /batch do: uploads into a folder, the run beside the page, results as a ZIP."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.settings import SAME_SCENE
from studio.jobs import EACH, SERIES
from studio.media.images import read_reduced
from studio.records.report import DONE
from studio.service.batch.run import BatchEvent, Summary
from studio.service.batch.uploads import Upload, UploadedBatch, UploadedRun
from studio.ui import words
from studio.views.preview import display_pixels, resize, save_preview, shrink
from studio.watch import Event, Watch

MODES = (("Each picture on its own", EACH), ("One grade for the series", SERIES))
TILES = 24
_TILE = (320, 240)
_SEAM = 4
_EVERY = 0.3  # seconds between two pictures of the page
SLASH = "\u2215"
"""Stands for ``/`` in the names of files out of a chosen folder: Gradio keeps of every path the last part only."""


@dataclass(frozen=True, eq=False)
class View:
    """A run as the page shows it.

    Attributes:
        step: the last step; None while uploads are made ready, or results packed.
        left: seconds that the phase will most likely still take; None while nobody can say.
        failed: names and reasons so far.
        tiles: the last pictures, before and after, as files with a caption.
        notes: on what was found in the folder.
        summary: once it is over.
        archive: the ZIP with the results, once it is there.
    """

    step: BatchEvent | None = None
    left: float | None = None
    failed: tuple[tuple[str, str], ...] = ()
    tiles: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    summary: Summary | None = None
    archive: Path | None = None


def check_chosen(wanted: UploadedBatch) -> None:
    """Raise InputError, with words for the page, where pictures or a reference were not chosen."""
    if wanted.folder is None and not wanted.files:
        raise InputError("Choose the pictures first: a ZIP, many files, or a folder.")
    if not wanted.references and wanted.palette is None and wanted.grade is None:
        raise InputError(words.NO_REFERENCE)


def process(wanted: UploadedBatch, work: Path, stop: Callable[[], bool], *, tiles: bool = True) -> Iterator[View]:
    """Run, and say a few times a second where it stands. Closing the iterator stops the run.

    Args:
        wanted: what to do.
        work: an empty folder for uploads, results and the ZIP.
        stop: asked before each picture.
        tiles: whether to make small pictures to look at.

    Raises:
        InputError: with words for the page, before anything is graded.
    """
    yield View()
    check_chosen(wanted)
    uploaded = UploadedRun(wanted, work)
    plan = uploaded.run.plan
    notes = uploaded.notes
    if plan.aside:
        notes = (*notes, f"Left aside, as no pictures: {plan.aside}")
    events: Queue[BatchEvent] = Queue()
    over: list[Summary | BaseException] = []
    closed = False

    def tell(event: Event) -> None:
        assert isinstance(event, BatchEvent)
        events.put(event)

    def run() -> None:
        try:
            over.append(uploaded.match(Watch(tell, lambda: closed or stop())))
        except BaseException as error:  # for the thread that waits
            over.append(error)

    thread = Thread(target=run, name="batch-run", daemon=True)
    thread.start()
    gathered = _Gathered(plan.folder, work / "tiles", notes, tiles)
    try:
        while thread.is_alive() or not events.empty():
            if gathered.take(events):
                yield gathered.view()
    finally:
        closed = True
        thread.join()
    ended = over[0]
    if isinstance(ended, BaseException):
        raise ended
    view = replace(gathered.view(), left=None, summary=ended)
    if wanted.results is None and ended.report.exists():
        yield replace(view, step=None)
        view = replace(view, archive=uploaded.pack(ended))
    yield view


class _Gathered:
    """The events of a run gathered into what the page shows."""

    def __init__(self, folder: Path, tiles: Path, notes: tuple[str, ...], with_tiles: bool) -> None:
        self._folder, self._tiles_folder, self._notes, self._with_tiles = folder, tiles, notes, with_tiles
        self._step: BatchEvent | None = None
        self._begun = (0.0, 0)  # when the phase began, and how many were done by then
        self._failed: list[tuple[str, str]] = []
        self._tiles: deque[tuple[str, str]] = deque(maxlen=TILES)
        self._number = 0

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
            if self._step is None or step.phase != self._step.phase:
                self._begun = (time.monotonic(), step.done)
            self._step = step
            if step.row is not None and step.row.status != DONE:
                self._failed.append((step.row.file, step.row.message))
        good = [step for step in taken if step.row is not None and step.row.status == DONE]
        if good and self._with_tiles:  # one of them: a page that shows every picture would hold the run up
            self._add_tile(good[-1])
        return True

    def view(self) -> View:
        """What there is to show now."""
        return View(self._step, self._left(), tuple(self._failed), tuple(self._tiles), self._notes)

    def _left(self) -> float | None:
        step, (begun, already) = self._step, self._begun
        if step is None or step.done - already < 3:
            return None
        return (time.monotonic() - begun) / (step.done - already) * (step.of - step.done)

    def _add_tile(self, step: BatchEvent) -> None:
        row, place = step.row, step.place
        assert row is not None and place is not None
        try:
            pixels = np.full((_TILE[1], 2 * _TILE[0] + _SEAM, 3), 128, np.uint8)
            pixels[:, : _TILE[0]] = _small(self._folder / row.file)
            pixels[:, _TILE[0] + _SEAM :] = _small(place)
        except (InputError, OSError):  # a picture to look at is not worth more words
            return
        self._number += 1
        self._tiles_folder.mkdir(exist_ok=True)
        tile = save_preview(self._tiles_folder / f"{self._number}.jpg", pixels)
        distances = (
            f" · {float(row.distance_before):.1f} → {float(row.distance_after):.1f}" if row.distance_after else ""
        )
        scene = " · same scene" if row.scene == SAME_SCENE else ""
        self._tiles.append((str(tile), f"{row.file}{distances}{scene}"))


def _small(path: Path) -> np.ndarray:
    """A picture cut to the shape of a tile, as a screen shows it."""
    picture = shrink(read_reduced(path, at_least=max(_TILE) * 2), max(_TILE) * 2)
    pixels = display_pixels(picture, picture.pixels)
    height, width = pixels.shape[:2]
    scale = max(_TILE[0] / width, _TILE[1] / height)
    wide, high = min(width, round(_TILE[0] / scale)), min(height, round(_TILE[1] / scale))
    left, top = (width - wide) // 2, (height - high) // 2
    return resize(np.ascontiguousarray(pixels[top : top + high, left : left + wide]), _TILE)


def uploads_of(payload: Any) -> tuple[Upload, ...]:
    """What a gr.File handed over, as sent: where each file lies and what the person calls it."""
    if payload is None:
        return ()
    files = getattr(payload, "root", payload)
    files = files if isinstance(files, list) else [files]
    return tuple((Path(file.path), (file.orig_name or Path(file.path).name).replace(SLASH, "/")) for file in files)
