"""One set of pictures on the page: brought in once, then tried, run, stopped, gone on with and picked over."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.spaces import SpaceChoice
from studio.jobs import FRESH, OVERWRITE, RESUME
from studio.records.report import DONE, FAILED, WAITING
from studio.service.batch.natural import natural_key
from studio.service.batch.part import Part
from studio.service.batch.plan import Item
from studio.service.batch.run import Summary
from studio.service.batch.uploads import Brought, UploadedBatch, UploadedRun, bring_in
from studio.ui.batch.order import spread
from studio.ui.batch.sheet import Sheet
from studio.ui.batch.tiles import LARGE, save_small
from studio.views.seen import result_seen, source_seen

TRIED = 3
"""Pictures of a trial."""
_LARGE_KEPT = 8  # pictures whose large views stay on the disk
ASK_AGAIN = "These results are gone: process the pictures again."


class Desk:
    """A set of pictures, what was made of it last, and what the person decided about single ones.

    Not a dataclass: Gradio copies those into the page's configuration.

    Args:
        folder: an empty folder for uploads, results, tiles and the ZIP.

    Attributes:
        folder: the same.
        wanted: what was asked for last; None before a run of it was prepared.
        run: that run; None before it was prepared, and where it could not be.
        sheet: all pictures; None before the first run.
        summary: how the last run ended.
        strengths: of single pictures, by name, 0..4.
        spaces: what the pictures of the sheet stand for, which it shows them by; None where their files say it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wanted: UploadedBatch | None = None
        self.run: UploadedRun | None = None
        self.sheet: Sheet | None = None
        self.summary: Summary | None = None
        self.strengths: dict[str, float] = {}
        self.spaces: SpaceChoice | None = None
        self._brought: Brought | None = None
        self._items: dict[str, Item] = {}
        self._ran = False
        self._archive: Path | None = None
        self._large: list[Path] = []
        self._lock, self._large_lock = Lock(), Lock()

    def holds(self, wanted: UploadedBatch) -> bool:
        """Whether these are the pictures that a person asks for now; their results go to the same place."""
        mine = self.wanted
        return mine is not None and (mine.files, mine.folder, mine.results) == (
            wanted.files, wanted.folder, wanted.results,
        )  # fmt: skip

    def prepare(self, wanted: UploadedBatch) -> str:
        """Make a run of these pictures ready; what to do with the results that are there, for :meth:`start`.

        With the settings of the last run it goes on with that. With others it begins anew, and what that made goes.

        Raises:
            InputError: anything that would keep the run from starting.
        """
        if self.run is not None and wanted == self.wanted:
            return RESUME if self._ran else wanted.existing
        self.run, self.summary, self.wanted = None, None, wanted
        self._forget_archive()
        if self._brought is None:
            self._brought = self._bring_in(wanted)
        self.run = UploadedRun(wanted, self.folder, self._brought)
        self._lay_out()
        if wanted.results is None:
            shutil.rmtree(self.folder / "results", ignore_errors=True)
            return FRESH
        return OVERWRITE if self._ran and wanted.existing != RESUME else wanted.existing

    def _bring_in(self, wanted: UploadedBatch) -> Brought:
        try:
            return bring_in(wanted, self.folder)
        except BaseException:
            shutil.rmtree(self.folder / "pictures", ignore_errors=True)  # half of them, perhaps
            raise

    def _lay_out(self) -> None:
        """A sheet for the pictures of the run; one that is there is emptied."""
        assert self.run is not None and self.wanted is not None
        spaces = self.wanted.spaces
        self._items = {item.name: item for item in self.run.run.plan.items}
        names = tuple(sorted(self._items, key=natural_key))
        if self.sheet is not None and self.sheet.names == names:
            self.sheet.begin_anew(seen_otherwise=source_seen(self.spaces) != source_seen(spaces))
        else:
            self.sheet = Sheet(self.folder / "sheet", names)
        self.spaces = spaces

    def begun(self) -> None:
        """A run is at work: what lies in the folder for the results is of this page from now on."""
        self._ran = True
        self._forget_archive()

    def trial(self) -> Part:
        """Three pictures that are spread over those that are not done yet; else over all."""
        assert self.sheet is not None
        names = self.sheet.named(WAITING, FAILED) or list(self.sheet.names)
        able = [name for name in names if self._items[name].problem is None]
        return self.part(spread(able, TRIED))

    def part(self, only: frozenset[str] | None = None) -> Part:
        """Some pictures, or all, as the person decided about them."""
        assert self.sheet is not None
        return Part(only, self.sheet.left_out, dict(self.strengths))

    def rest(self) -> tuple[int, int]:
        """How many pictures a run that goes on would do: those that it did not come to, and those that failed."""
        if self.sheet is None or self.run is None:
            return 0, 0
        return len(self.sheet.named(WAITING)), len(self.sheet.named(FAILED))

    @property
    def of_floats(self) -> bool:
        """Whether pictures of floats are among them, by their names: an EXR holds nothing else that is graded."""
        return any(item.source.suffix.lower() == ".exr" for item in self._items.values())

    def source(self, name: str) -> Path:
        """A picture as it was brought in."""
        return self._items[name].source

    def result(self, name: str) -> Path:
        """Where its result is, or will be."""
        assert self.run is not None
        return self.run.run.plan.output / self._items[name].place

    def leave_out(self, name: str, out: bool) -> None:
        """Keep a picture out of the ZIP, or take it back."""
        assert self.sheet is not None
        self.sheet.leave_out(name, out)
        self._forget_archive()

    def pack(self) -> Path:
        """The ZIP of all results that are not left out; made anew only after something changed.

        Raises:
            InputError: there are none.
        """
        with self._lock:
            if self._archive is not None and self._archive.is_file():
                return self._archive
            if self.run is None or self.summary is None or self.sheet is None:
                raise InputError(ASK_AGAIN)
            self._archive = self.run.pack(self.summary, self.sheet.left_out)
            if self._archive is None:
                raise InputError(ASK_AGAIN)
            return self._archive

    @property
    def packable(self) -> bool:
        """Whether there are results to take away."""
        here = self.wanted is not None and self.wanted.results is not None
        return not here and self.run is not None and self.summary is not None and bool(self._done())

    def _done(self) -> list[str]:
        return [] if self.sheet is None else self.sheet.named(DONE)

    def name_at(self, index: Any) -> str:
        """The picture at a place of the sheet, as the page sent it. Raises InputError where there is none."""
        names = () if self.sheet is None else self.sheet.names
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(names):
            raise InputError("This picture is no longer on the sheet.")
        return names[index]

    def large(self, name: str) -> tuple[Path, Path | None]:
        """A picture and its result in large, as JPEGs in sRGB; no result where it is not done. The last few stay.

        Raises:
            InputError: the picture cannot be read, or is no longer there.
            OSError: a file cannot be written.
        """
        assert self.sheet is not None
        try:
            return self._large_views(name, self.sheet[name].status == DONE, self.sheet.index(name))
        except FileNotFoundError as error:  # a page left open long enough loses its files
            raise InputError(ASK_AGAIN) from error

    def _large_views(self, name: str, done: bool, index: int) -> tuple[Path, Path | None]:
        assert self.sheet is not None
        folder = self.folder / "large"
        before, after = folder / self.sheet.before_name(name), None
        if done and self.run is not None:
            after = folder / f"{index}-{self.result(name).stat().st_mtime_ns}.jpg"
        with self._large_lock:  # one at a time: a large picture takes much memory
            sides = (
                (self.source(name), before, source_seen(self.spaces)),
                (self.result(name), after, result_seen(self.spaces)),
            )
            for source, place, seen in sides:
                if place is not None and not place.is_file():
                    save_small(source, place, LARGE, seen)
            self._keep_large(place for place in (before, after) if place is not None)
        return before, after

    def _keep_large(self, places: Iterable[Path]) -> None:
        """Count these as the latest large views: the oldest go."""
        places = list(places)
        self._large = [place for place in self._large if place not in places] + places
        while len(self._large) > 2 * _LARGE_KEPT:
            self._large.pop(0).unlink(missing_ok=True)

    def _forget_archive(self) -> None:
        with self._lock:
            if self._archive is not None:
                self._archive.unlink(missing_ok=True)
            self._archive = None

    def close(self) -> None:
        """Remove everything that was made and brought in."""
        shutil.rmtree(self.folder, ignore_errors=True)
