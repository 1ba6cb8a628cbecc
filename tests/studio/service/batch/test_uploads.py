"""A batch of files that somebody sent, without a page: brought in, matched, packed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from reswd_torch import Cdl, Grade, MatchSettings
from reswd_torch.errors import InputError
from studio.jobs import OVERWRITE, SERIES
from studio.references import FolderReference, PaletteReference, PictureReference, SavedGrade
from studio.service.batch.run import BatchEvent, Summary
from studio.service.batch.uploads import Upload, UploadedBatch, UploadedRun
from studio.watch import Watch
from tests.studio.batches_for_tests import batch_event
from tests.studio.conftest import write


def sent(folder: Path, count: int = 3) -> tuple[Upload, ...]:
    """Pictures as a browser hands them over: under one name on the disk, and under another for the person."""
    return tuple((write(folder / f"{n}" / "blob.png", n), f"day {n % 2}/{n}.png") for n in range(count))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The empty folder of a run."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def packed(run: UploadedRun, summary: Summary) -> dict[str, bytes]:
    archive = run.pack(summary)
    assert archive is not None
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_files_become_a_zip_with_a_report(tmp_path: Path, work: Path) -> None:
    warm = write(tmp_path / "look" / "blob.png", 9, tint=(1, 0.7, 0.4))
    wanted = UploadedBatch(
        files=sent(tmp_path / "up"),
        references=((warm, "warm.png"),),
        mode=SERIES,
        settings=MatchSettings(aim="colours"),
    )
    run = UploadedRun(wanted, work)
    assert isinstance(run.run.job.reference, PictureReference) and run.run.job.reference.name == "warm.png"
    assert [item.name for item in run.run.plan.items] == ["day 0/0.png", "day 0/2.png", "day 1/1.png"]
    told: list[BatchEvent] = []
    summary = run.match(Watch(lambda event: told.append(batch_event(event))))
    assert summary.done == 3 and told[-1].share == 1.0
    found = packed(run, summary)
    pictures = {"day 0/0.png", "day 0/2.png", "day 1/1.png"}
    assert set(found) == pictures | {"report.csv", "run.json", "series.cube", "series.cc"}
    record = json.loads(found["run.json"])
    assert (record["source"], record["reference"]["path"]) == ("3 files", "warm.png")
    assert str(tmp_path) not in found["run.json"].decode() + found["report.csv"].decode()
    run.release()
    assert [path.name for path in work.iterdir()] == ["matched.zip"], "nothing is kept twice"


def test_a_zip_is_unpacked_and_named(tmp_path: Path, work: Path) -> None:
    with zipfile.ZipFile(tmp_path / "blob", "w") as out:
        for path, name in sent(tmp_path / "up"):
            out.write(path, name)
        out.writestr("notes.txt", "x")
    run = UploadedRun(UploadedBatch(files=((tmp_path / "blob", "wedding.zip"),), palette="#c08040, #203040"), work)
    assert isinstance(run.run.job.reference, PaletteReference)
    assert run.run.plan.aside == "1 .txt"
    found = packed(run, run.match())
    assert json.loads(found["run.json"])["source"] == "wedding.zip"
    assert "day 1/1.png" in found


def test_names_that_are_formulas_and_pictures_that_fail_tell_nothing_of_the_server(tmp_path: Path, work: Path) -> None:
    """Of a visitor's ZIP no file names a folder of the server; the report says what failed, by the visitor's own names."""
    good = write(tmp_path / "up" / "blob.png", 1)
    bad, look = tmp_path / "up" / "bad", write(tmp_path / "looks" / "blob.png", 5)
    bad.write_bytes(good.read_bytes()[:200])
    wanted = UploadedBatch(
        files=((good, "=1+1.png"), (bad, "@bad.png"), (good, "CON.png")), references=((look, "look.png"),)
    )
    run = UploadedRun(wanted, work)
    assert any("CON_.png" in note for note in run.notes)
    found = packed(run, run.match())
    for name, content in found.items():
        assert str(tmp_path).encode() not in content and b"/tmp/" not in content, name
    lines = found["report.csv"].decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["'=1+1.png", "'@bad.png", "CON_.png"]
    assert ",failed," in lines[2]


def test_several_references_are_found_by_name(tmp_path: Path, work: Path) -> None:
    looks = tuple((write(tmp_path / "looks" / f"{n}.png", n + 5), f"{n}.png") for n in range(4))
    run = UploadedRun(UploadedBatch(files=sent(tmp_path / "up"), references=looks), work)
    assert run.run.job.reference == FolderReference(work / "references")
    assert [item.reference for item in run.run.plan.items] == [work / "references" / f"{n}.png" for n in (0, 2, 1)]
    assert run.notes == ("1 reference without a picture: 3.png",)
    assert run.match().done == 3


def test_a_saved_grade_is_applied(tmp_path: Path, work: Path) -> None:
    look = Grade(Cdl((0.5, 1.0, 1.0))).save(tmp_path / "look.cc")
    run = UploadedRun(UploadedBatch(files=sent(tmp_path / "up"), grade=look), work)
    assert isinstance(run.run.job.reference, SavedGrade)
    assert run.match().done == 3


def test_a_stopped_run_packs_what_is_done_and_one_without_results_nothing(tmp_path: Path, work: Path) -> None:
    wanted = UploadedBatch(files=sent(tmp_path / "up", 12), palette="#c08040")
    run = UploadedRun(wanted, work)
    told: list[BatchEvent] = []
    summary = run.match(Watch(lambda event: told.append(batch_event(event)), lambda: len(told) > 3))
    assert 3 <= summary.done < 12 and summary.left == 12 - summary.done
    assert sum(name.endswith(".png") for name in packed(run, summary)) == summary.done
    (tmp_path / "other").mkdir()
    series = UploadedRun(UploadedBatch(files=wanted.files, palette="#c08040", mode=SERIES), tmp_path / "other")
    assert series.pack(series.match(Watch(stopped=lambda: True))) is None


def test_named_folders_are_worked_in_and_nothing_is_packed(tmp_path: Path, work: Path) -> None:
    sent(tmp_path / "photos")
    wanted = UploadedBatch(folder=tmp_path / "photos", results=tmp_path / "graded", palette="#c08040, #203040")
    run = UploadedRun(wanted, work)
    summary = run.match()
    assert summary.done == 3 and run.pack(summary) is None
    assert (tmp_path / "graded" / "1" / "blob.png").exists() and list(work.iterdir()) == []
    with pytest.raises(InputError, match="holds a run already"):
        UploadedRun(wanted, work).match()
    again = UploadedBatch(folder=wanted.folder, results=wanted.results, palette="#c08040", existing=OVERWRITE)
    assert UploadedRun(again, work).match().done == 3


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no pictures"),
        (("a.zip", "0.png"), "one ZIP alone"),
        (("broken.zip",), r"broken\.zip: the ZIP is damaged"),
        (("gone.png",), r"gone\.png is no longer on the server"),
        (("notes.txt",), "no pictures in this folder"),
    ],
)
def test_files_that_are_refused(names: tuple[str, ...], said: str, tmp_path: Path, work: Path) -> None:
    write(tmp_path / "0.png", 0)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as out:
        out.write(tmp_path / "0.png", "0.png")
    files = tuple((tmp_path / name, name) for name in names)
    with pytest.raises(InputError, match=said):
        UploadedRun(UploadedBatch(files=files, palette="#c08040"), work)


def test_references_that_are_refused(tmp_path: Path, work: Path) -> None:
    files = sent(tmp_path / "up", 1)
    warm = (files[0][0], "warm.png")
    with pytest.raises(InputError, match="no reference"):
        UploadedRun(UploadedBatch(files=files), work)
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="more than one reference"):
        UploadedRun(UploadedBatch(files=files, references=(warm,), palette="#c08040"), tmp_path / "other")
