"""A set of pictures on the page: tried, run, picked over."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import MatchSettings
from reswd_torch.errors import InputError
from studio.jobs import SERIES
from studio.service.batch.part import Part
from studio.service.batch.uploads import UploadedBatch
from studio.ui import limits
from studio.ui.batch.desk import Desk
from studio.ui.batch.run import View, process
from studio.ui.batch.state import BatchState
from studio.ui.batch.words import verdict
from tests.studio.conftest import write

COUNT = 11


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    (tmp_path / "work").mkdir()
    return Desk(tmp_path / "work")


@pytest.fixture
def wanted(tmp_path: Path) -> UploadedBatch:
    """Pictures 1 to 11, and a palette."""
    files = tuple((write(tmp_path / "up" / f"{n}.png", n), f"{n}.png") for n in range(1, COUNT + 1))
    return UploadedBatch(files, palette="#c08040, #203040")


def done(desk: Desk) -> list[str]:
    assert desk.sheet is not None
    return desk.sheet.named("done")


def last(desk: Desk, wanted: UploadedBatch, choose: object = Desk.part) -> View:
    return list(process(desk, wanted, lambda: False, choose))[-1]  # type: ignore[arg-type]


def single(name: str, strength: float) -> object:
    def choose(desk: Desk) -> Part:
        desk.strengths[name] = strength
        return desk.part(frozenset([name]))

    return choose


@pytest.mark.parametrize("mode", ["each", SERIES])
def test_a_trial_takes_three_and_the_run_keeps_them(desk: Desk, wanted: UploadedBatch, mode: str) -> None:
    wanted = replace(wanted, mode=mode)
    view = last(desk, wanted, Desk.trial)
    assert view.summary is not None and (view.summary.done, view.summary.left) == (3, 0)
    assert done(desk) == ["1.png", "6.png", "11.png"], "the first, the middle and the last as people count"
    last(desk, wanted, Desk.trial)
    assert len(done(desk)) == 6, "another trial takes others"
    whole = last(desk, wanted)
    assert whole.summary is not None and (whole.summary.done, whole.summary.kept) == (COUNT, 6)


def test_other_settings_begin_anew(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted)
    other = replace(wanted, settings=MatchSettings(strength=0.5), output_format="jpeg")
    last(desk, other, Desk.trial)
    assert len(done(desk)) == 3
    with zipfile.ZipFile(desk.pack()) as opened:
        pictures = [name for name in opened.namelist() if name.endswith((".png", ".jpg"))]
    assert sorted(pictures) == ["1.jpg", "11.jpg", "6.jpg"], "nothing of the run before is among them"


def test_one_is_done_again_at_another_strength(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted)
    assert desk.sheet is not None
    results = desk.folder / "results"
    before = {path.name: path.read_bytes() for path in results.glob("*.png")}
    old = desk.sheet["4.png"].after
    last(desk, wanted, single("4.png", 0.0))
    assert np.array_equal(np.asarray(Image.open(results / "4.png")), np.asarray(Image.open(wanted.files[3][0])))
    assert {name for name in before if (results / name).read_bytes() != before[name]} == {"4.png"}
    tile = desk.sheet["4.png"]
    assert tile.strength == 0.0 and tile.after not in (None, old) and not (desk.sheet.folder / str(old)).exists()
    assert last(desk, wanted).summary.kept == COUNT  # type: ignore[union-attr]


def test_what_is_left_out_stays_out_of_the_zip_until_it_is_taken_back(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted)
    for out in (True, False):
        desk.leave_out("2.png", out)
        with zipfile.ZipFile(desk.pack()) as opened:
            rows = {row["file"]: row for row in csv.DictReader(io.StringIO(opened.read("report.csv").decode()))}
            assert ("2.png" in opened.namelist()) is not out
        assert rows["2.png"]["status"] == ("left out" if out else "done") and rows["3.png"]["status"] == "done"


def test_what_was_left_out_before_is_not_graded(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted, Desk.trial)
    desk.leave_out("2.png", True)
    last(desk, wanted)
    assert len(done(desk)) == COUNT - 1 and desk.rest() == (0, 0)
    desk.leave_out("2.png", False)
    assert desk.rest() == (1, 0)
    last(desk, wanted)
    assert len(done(desk)) == COUNT


def test_large_views_are_large_and_few(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "big.jpg", 3, height=1500, width=2400)
    files = tuple((path, f"{n}.jpg") for n in range(10))
    last(desk, UploadedBatch(files, palette="#c08040"))
    for n in range(10):
        before, after = desk.large(f"{n}.jpg")
        assert after is not None
        for shown in (before, after):
            with Image.open(shown) as image:
                assert max(image.size) >= 1600
    assert len(list((desk.folder / "large").iterdir())) == 16
    for index in (-1, 10, True, "1", None, 1.0):
        with pytest.raises(InputError, match="no longer on the sheet"):
            desk.name_at(index)


def test_results_that_are_gone_are_said_in_words(desk: Desk, wanted: UploadedBatch) -> None:
    with pytest.raises(InputError, match="process the pictures again"):
        desk.pack()
    last(desk, wanted)
    for path in (desk.folder / "results").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="process the pictures again"):
        desk.large("1.png")
    with pytest.raises(InputError, match="process the pictures again"):
        desk.pack()


def test_results_take_no_more_room_than_they_may(
    desk: Desk, wanted: UploadedBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_chosen", replace(limits.PUBLIC, results=30_000))
    view = last(desk, wanted)
    assert view.too_much and view.summary is not None and 1 <= view.summary.done < COUNT
    assert "results take more than" in verdict(view) and desk.packable


def test_other_pictures_take_another_desk(tmp_path: Path, wanted: UploadedBatch) -> None:
    state, folders = BatchState(), iter([tmp_path / "one", tmp_path / "two"])

    def new() -> Path:
        folder = next(folders)
        folder.mkdir()
        return folder

    first = state.desk_for(wanted, new)
    last(first, wanted, Desk.trial)
    assert state.desk_for(replace(wanted, palette="#fff"), new) is first
    assert state.desk_for(replace(wanted, files=wanted.files[:2]), new) is not first
    assert not (tmp_path / "one").exists()
    assert state.sheet_value() is None
