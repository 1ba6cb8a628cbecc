"""What the tab *Batch* and the endpoint /batch do: uploads into a folder, the run beside the page, results as a ZIP."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.settings import SAME_SCENE, MatchSettings
from studio.media.archive import Limits, gather, is_zip, pack, unpack
from studio.media.images import read_reduced
from studio.service.batch.record import DONE, RUN_FILE
from studio.service.batch.request import EACH, SERIES, BatchRequest
from studio.service.batch.run import FRESH, Step, Summary, run_batch
from studio.service.batch.workers import threads
from studio.ui import words
from studio.views.preview import display_pixels, resize, save_preview, shrink

LIMITS = Limits()
MODES = (("Each picture on its own", EACH), ("One grade for the series", SERIES))
AT_ONCE = 2  # pictures of one run; one run at a time on a server
TILES = 24
_TILE = (320, 240)
_SEAM = 4
_EVERY = 0.3  # seconds between two pictures of the page
SLASH = "\u2215"
"""Stands for ``/`` in the names of files out of a chosen folder: Gradio keeps of every path the last part only."""

Upload = tuple[Path, str]
"""Where an uploaded file lies, and what the person calls it."""


@dataclass(frozen=True)
class Wanted:
    """What the person chose.

    Attributes:
        files: uploads: one ZIP, or pictures with their names in a tree.
        folder: a folder of this machine, in place of them.
        results: a folder of this machine for the results; None for a ZIP.
        references: one picture for all, or several, matched by name (in a series: all together).
        palette: in place of references.
        grade: a saved grade in place of both.
        mode: ``"each"`` or ``"series"``.
        settings: how to match.
        existing: what to do with results that are there; only with ``results``.
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

    step: Step | None = None
    left: float | None = None
    failed: tuple[tuple[str, str], ...] = ()
    tiles: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    summary: Summary | None = None
    archive: Path | None = None


def process(wanted: Wanted, work: Path, stop: Callable[[], bool], *, tiles: bool = True) -> Iterator[View]:
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
    request, notes = _request(wanted, work)
    plan, record = request.prepare()
    notes = (*notes, *plan.notes)
    if plan.aside:
        notes = (*notes, f"Left aside, as no pictures: {plan.aside}")
    steps: Queue[Step] = Queue()
    over: list[Summary | BaseException] = []
    closed = False

    def run() -> None:
        try:
            with threads(min(AT_ONCE, len(plan.items))) as workers:
                over.append(
                    run_batch(
                        plan,
                        record,
                        workers,
                        window=AT_ONCE + 1,
                        existing=wanted.existing,
                        stop=lambda: closed or stop(),
                        on_step=steps.put,
                    )  # fmt: skip
                )
        except BaseException as error:  # for the thread that waits
            over.append(error)

    thread = Thread(target=run, name="batch-run", daemon=True)
    thread.start()
    watch = _Watch(plan.folder, work / "tiles", notes, tiles)
    try:
        while thread.is_alive() or not steps.empty():
            if watch.take(steps):
                yield watch.view()
    finally:
        closed = True
        thread.join()
    ended = over[0]
    if isinstance(ended, BaseException):
        raise ended
    view = replace(watch.view(), left=None, summary=ended)
    if wanted.results is None and ended.report.exists():
        yield replace(view, step=None)
        texts = {} if ended.record is None else {RUN_FILE: ended.record.names_only(_name_of(wanted)).text()}
        view = replace(view, archive=pack(plan.output, work / "matched.zip", texts))
        for folder in ("pictures", "references", "results"):  # all that is wanted of them is in the ZIP
            shutil.rmtree(work / folder, ignore_errors=True)
    yield view


def _name_of(wanted: Wanted) -> str:
    """What the person calls the pictures."""
    return wanted.files[0][1] if len(wanted.files) == 1 else f"{len(wanted.files)} files"


class _Watch:
    """Steps of a run gathered into what the page shows."""

    def __init__(self, folder: Path, tiles: Path, notes: tuple[str, ...], with_tiles: bool) -> None:
        self._folder, self._tiles_folder, self._notes, self._with_tiles = folder, tiles, notes, with_tiles
        self._step: Step | None = None
        self._begun = (0.0, 0)  # when the phase began, and how many were done by then
        self._failed: list[tuple[str, str]] = []
        self._tiles: deque[tuple[str, str]] = deque(maxlen=TILES)
        self._number = 0

    def take(self, steps: Queue[Step]) -> bool:
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

    def _add_tile(self, step: Step) -> None:
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


def _request(wanted: Wanted, work: Path) -> tuple[BatchRequest, tuple[str, ...]]:
    """The run over what was uploaded. Raises InputError with words for the page."""
    notes: tuple[str, ...] = ()
    folder = wanted.folder
    if folder is None:
        folder = work / "pictures"
        notes = _bring_in(wanted.files, folder)
    target = _target(wanted, work)
    if target is None and wanted.palette is None and wanted.grade is None:
        raise InputError(words.NO_REFERENCE)
    request = BatchRequest(
        folder,
        wanted.results or work / "results",
        target,
        wanted.palette,
        wanted.grade,
        wanted.mode,
        wanted.settings,
        recursive=True,
    )
    return request, notes


def _bring_in(files: tuple[Upload, ...], folder: Path) -> tuple[str, ...]:
    """Uploads as a folder; notes on them."""
    if not files:
        raise InputError("Choose the pictures first: a ZIP, many files, or a folder.")
    missing = [name for path, name in files if not path.is_file()]
    if missing:
        raise InputError(f"{missing[0]} is no longer on the server: choose the pictures again")
    zips = [(path, name) for path, name in files if Path(name).suffix.lower() == ".zip" or is_zip(path)]
    if not zips:
        return tuple(gather([(path, name.replace(SLASH, "/")) for path, name in files], folder, LIMITS))
    if len(files) > 1:
        raise InputError("Give one ZIP alone, or pictures without a ZIP among them.")
    path, name = zips[0]
    unpack(path, folder, LIMITS, name=name)
    return ()


def _target(wanted: Wanted, work: Path) -> Path | None:
    """The one reference, or a folder of several."""
    if not wanted.references:
        return None
    folder = work / "references"
    gather(wanted.references, folder, LIMITS)
    found = [path for path in folder.rglob("*") if path.is_file()]
    return found[0] if len(found) == 1 else folder


def uploads_of(payload: Any) -> tuple[Upload, ...]:
    """What a gr.File handed over, as sent: where each file lies and what the person calls it."""
    if payload is None:
        return ()
    files = getattr(payload, "root", payload)
    files = files if isinstance(files, list) else [files]
    return tuple((Path(file.path), file.orig_name or Path(file.path).name) for file in files)
