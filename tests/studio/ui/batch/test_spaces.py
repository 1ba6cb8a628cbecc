"""Colour spaces by name in the tab *Batch*."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade
from reswd_torch.errors import InputError
from reswd_torch.spaces import choose_spaces
from studio.jobs import EACH, FRESH, RESUME, SERIES, BatchJob
from studio.media.images import limits as picture_limits
from studio.media.images import read_picture
from studio.references import PictureReference
from studio.service.batch.part import Part
from studio.service.batch.uploads import UploadedBatch
from studio.service.batch.workers import threads
from studio.ui import endpoints
from studio.ui.batch.choice import BatchChoice
from studio.ui.batch.desk import Desk
from studio.ui.batch.events import BatchEvents
from studio.ui.batch.run import View, process
from studio.ui.batch.tab import lay_out_batch_tab
from studio.ui.controls import PALETTE, PICTURE, SAVED
from studio.ui.session import Session
from studio.ui.spaces import shown_through
from studio.views.preview import display_pixels
from studio.views.seen import Seen
from tests.studio.batches_for_tests import run
from tests.studio.media.images.film_for_tests import dpx, plain_exr
from tests.studio.media.images.raw_for_tests import dng
from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import BALANCE, EXPOSURE, LOGC3, PLACE, SLOG3, encoded, scene

LOG = choose_spaces(LOGC3, target=SLOG3)
COUNT = 4


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty one."""
    (tmp_path / "work").mkdir()
    return Desk(tmp_path / "work")


@pytest.fixture
def wanted(tmp_path: Path) -> UploadedBatch:
    """Frames 1 to 4 in LogC3, and a still of their scene in another light in S-Log3."""
    (tmp_path / "up").mkdir()
    files = tuple(
        (write_deep(tmp_path / "up" / f"{n}.tif", encoded(np.roll(scene(), 16 * n, axis=1), LOGC3)), f"{n}.tif")
        for n in range(1, COUNT + 1)
    )
    still = write_deep(tmp_path / "still.tif", encoded(scene() * EXPOSURE * np.array(BALANCE), SLOG3))
    return UploadedBatch(files, references=((still, "still.tif"),), spaces=LOG)


def last(desk: Desk, wanted: UploadedBatch, choose: Callable[[Desk], Part] = Desk.part) -> View:
    return list(process(desk, wanted, lambda: False, choose))[-1]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def as_seen(path: Path, space: str) -> np.ndarray:
    picture = read_picture(path)
    return display_pixels(picture, picture.pixels, Seen(PLACE, space)).astype(int)


def tile(desk: Desk, name: str, half: str) -> Path:
    assert desk.sheet is not None
    return desk.sheet.folder / str(getattr(desk.sheet[name], half))


@pytest.mark.parametrize("mode", [EACH, SERIES])
def test_results_are_those_of_the_command_line(
    desk: Desk, wanted: UploadedBatch, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    wanted = replace(wanted, mode=mode)
    trial = last(desk, wanted, Desk.trial)
    assert trial.summary is not None and (trial.summary.done, trial.summary.failed) == (3, 0)
    whole = last(desk, wanted)
    assert whole.summary is not None and (whole.summary.done, whole.summary.kept) == (COUNT, 3)
    job = BatchJob(tmp_path / "up", tmp_path / "here", PictureReference(wanted.references[0][0]), mode, spaces=LOG)
    with threads(1) as workers:
        run(job, workers)
    for n in range(1, COUNT + 1):
        assert desk.result(f"{n}.tif").read_bytes() == (tmp_path / "here" / f"{n}.tif").read_bytes()
    with zipfile.ZipFile(desk.pack()) as opened:
        kept = json.loads(opened.read("run.json"))["spaces"]
        assert ("series.clf" in opened.namelist()) == (tmp_path / "here" / "series.clf").exists()
    assert (kept["source"], kept["target"], kept["working"]) == (LOGC3, SLOG3, "ACEScct")


def test_tiles_and_large_views_are_seen_through_the_view(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted)
    name = "2.tif"
    sides = ((wanted.files[1][0], "before"), (desk.result(name), "after"))
    large = dict(zip(("before", "after"), desk.large(name), strict=True))
    for path, half in sides:
        seen, raw = as_seen(path, LOGC3), read_picture(path).pixels / 257.0
        for shown in (tile(desk, name, half), large[half]):
            assert shown is not None and np.abs(pixels(shown) - seen).mean() < 2.5  # what JPEG loses
        assert np.abs(seen - raw).mean() > 20
    assert "not as raw codes" in shown_through(desk.spaces, of_floats=desk.of_floats)


def test_another_space_shows_the_pictures_anew(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, wanted)
    first, large = tile(desk, "1.tif", "before"), desk.large("1.tif")[0]
    last(desk, replace(wanted, spaces=replace(LOG, output="sRGB - Display")))
    assert tile(desk, "1.tif", "before") == first, "the source is in the same space"
    last(desk, replace(wanted, spaces=None), Desk.trial)
    raw = tile(desk, "1.tif", "before")
    assert raw != first and not first.exists() and desk.large("1.tif")[0] != large
    wanted_raw = read_picture(wanted.files[0][0]).pixels / 257.0
    for path in (raw, desk.large("1.tif")[0]):
        assert np.abs(pixels(path) - wanted_raw).mean() < 2.5


@pytest.mark.parametrize("mode", [EACH, SERIES])
def test_one_is_done_again_at_another_strength(desk: Desk, wanted: UploadedBatch, mode: str) -> None:
    wanted = replace(wanted, mode=mode)
    last(desk, wanted)

    def single(desk: Desk) -> Part:
        desk.strengths["2.tif"] = 0.0
        return desk.part(frozenset(["2.tif"]))

    last(desk, wanted, single)
    source = read_picture(wanted.files[1][0]).pixels
    assert np.array_equal(read_picture(desk.result("2.tif")).pixels, source)
    assert np.abs(pixels(tile(desk, "2.tif", "after")) - as_seen(wanted.files[1][0], LOGC3)).mean() < 2.5
    assert not np.array_equal(read_picture(desk.result("3.tif")).pixels, read_picture(wanted.files[2][0]).pixels)


def test_grades_and_settings_beside_results_keep_the_spaces(desk: Desk, wanted: UploadedBatch) -> None:
    last(desk, replace(wanted, grade_files=".clf", settings_files=True), Desk.trial)
    with zipfile.ZipFile(desk.pack()) as opened:
        assert f"<InputDescriptor>{LOGC3}</InputDescriptor>" in opened.read("1.tif.clf").decode()
        settings = json.loads(opened.read("1.tif.settings.json"))
    assert (settings["spaces"]["source"], settings["spaces"]["target"]) == (LOGC3, SLOG3)


def test_a_stopped_run_goes_on_with_the_same_spaces_only(wanted: UploadedBatch, tmp_path: Path) -> None:
    """As another page would: it knows nothing but run.json."""
    log = replace(LOG, target=None)
    here = replace(
        wanted, files=(), folder=tmp_path / "up", results=tmp_path / "out", references=(), palette="#c08040", spaces=log
    )
    desks = []
    for number in range(4):
        (tmp_path / f"page {number}").mkdir()
        desks.append(Desk(tmp_path / f"page {number}"))
    assert here.existing == FRESH
    last(desks[0], here, Desk.trial)
    for desk, spaces, now in (
        (desks[1], None, "now it is not given"),
        (desks[2], replace(log, source=SLOG3), f"source {SLOG3}"),
    ):
        with pytest.raises(InputError, match="the run there is another one: spaces was .*source ARRI LogC3") as error:
            last(desk, replace(here, existing=RESUME, spaces=spaces))
        assert now in str(error.value)
    whole = last(desks[3], replace(here, existing=RESUME))
    assert whole.summary is not None and (whole.summary.done, whole.summary.kept) == (COUNT, 3)
    assert np.abs(pixels(tile(desks[3], "1.tif", "after")) - as_seen(tmp_path / "out" / "1.tif", LOGC3)).mean() < 2.5


def test_floats_and_ten_bits(desk: Desk, wanted: UploadedBatch, tmp_path: Path) -> None:
    files = (
        (plain_exr(tmp_path / "light.exr", colorInteropID="lin_ap1_scene"), "light.exr"),
        (dpx(tmp_path / "film.dpx"), "film.dpx"),
    )
    mixed = replace(wanted, files=files, spaces=None)
    plain = last(desk, mixed)
    assert plain.summary is not None and plain.summary.done == 2
    assert "choose their colour space" in shown_through(None, of_floats=desk.of_floats)
    assert read_picture(desk.result("light.exr")).pixels.dtype == np.float16
    last(desk, replace(mixed, spaces=choose_spaces("ACEScg", target=SLOG3)))
    for path, half in ((files[0][0], "before"), (desk.result("light.exr"), "after")):
        assert np.abs(pixels(tile(desk, "light.exr", half)) - as_seen(path, "ACEScg")).mean() < 6  # it is noise


def test_floats_are_refused_in_an_app_that_others_share(
    desk: Desk, wanted: UploadedBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_limits, "_public", True)
    light = plain_exr(tmp_path / "light.exr", colorInteropID="lin_ap1_scene")
    view = last(desk, replace(wanted, files=(*wanted.files[:1], (light, "light.exr"))))
    assert view.summary is not None and view.summary.done == 1
    assert view.failed == (("light.exr", view.failed[0][1]),) and "an app that others share" in view.failed[0][1]
    assert desk.sheet is not None and desk.sheet["light.exr"].before is None


def test_camera_raw_has_a_space_of_its_own(desk: Desk, wanted: UploadedBatch, tmp_path: Path) -> None:
    view = last(desk, replace(wanted, files=((dng(tmp_path / "photo.dng"), "photo.dng"),)))
    assert "camera raw is developed into" in view.failed[0][1] and "leave the space out" in view.failed[0][1]
    shown = pixels(tile(desk, "photo.dng", "before"))
    last(desk, replace(wanted, files=desk.wanted.files, spaces=None))  # type: ignore[union-attr]
    assert np.array_equal(shown, pixels(tile(desk, "photo.dng", "before")))


def test_a_grade_of_a_working_space_is_said_to_be_one(desk: Desk, wanted: UploadedBatch, tmp_path: Path) -> None:
    last(desk, replace(wanted, files=wanted.files[:1], settings_files=True))
    settings = tmp_path / "look.settings.json"
    settings.write_bytes((desk.folder / "results" / "1.tif.settings.json").read_bytes())
    saved = replace(wanted, files=wanted.files[:1], references=(), grade=settings, spaces=None)
    assert last(desk, saved).notes == (
        "look.settings.json: the grade is for colours in ACEScct, and pictures are taken to be in it",
    )


def test_only_what_is_chosen_counts(tmp_path: Path) -> None:
    chosen = BatchChoice(source_space=LOGC3, target_space=SLOG3)
    assert chosen.wanted(()).spaces == LOG
    assert BatchChoice().wanted(()).spaces is None
    assert BatchChoice(target_space=SLOG3).wanted(()).spaces is None
    palette = replace(chosen, colours=PALETTE, palette="#fff").wanted(()).spaces
    assert palette is not None and palette.target is None
    look = Grade(Cdl((1.2, 1.0, 0.8))).save(tmp_path / "look.cc")
    assert replace(chosen, colours=SAVED, grade=str(look)).wanted(()).spaces is None
    with pytest.raises(InputError, match="unknown source space 'ARRI LogC9': did you mean"):
        BatchChoice(source_space="ARRI LogC9").wanted(())


def test_what_a_choice_means_is_said(wanted: UploadedBatch, empty_session: Session) -> None:
    with gr.Blocks():
        events = BatchEvents(lay_out_batch_tab(), gr.State(Session()))
    parts = events.tab.spaces

    def follow(colours: str, *names: str) -> tuple[str, list[bool]]:
        updates = events.follow_spaces(colours, *names)
        return str(updates[parts.said]), [updates[box]["interactive"] for box in parts.dropdowns.values()]  # type: ignore[index,call-overload]

    said, usable = follow(PICTURE, LOGC3, SLOG3, "", "")
    assert f"Matched in {LOGC3}, graded in ACEScct; the reference is in {SLOG3}." in said and usable == [True] * 4
    assert follow(PICTURE, "", "", "", "")[1] == [True, False, False, False]
    assert "Choose the space of the source" in follow(PICTURE, "", SLOG3, "", "")[0]
    said, usable = follow(PALETTE, LOGC3, SLOG3, "", "")
    assert "the reference is in" not in said and usable == [True, False, True, True]
    said, usable = follow(SAVED, LOGC3, SLOG3, "", "")
    assert "colour spaces are for a match" in said and usable == [False] * 4
    assert "did you mean" in follow(PICTURE, "ARRI LogC9", "", "", "")[0]


def test_references_are_seen_in_their_space(wanted: UploadedBatch, empty_session: Session) -> None:
    with gr.Blocks():
        events = BatchEvents(lay_out_batch_tab(), gr.State(Session()))
    path, name = wanted.references[0]
    sent = [gr.FileData(path=str(path), orig_name=name)]
    for names, space in (((LOGC3, SLOG3), SLOG3), (("", SLOG3), None), (("nothing", SLOG3), None)):
        assert "<img" in events.show_looks(empty_session, sent, *names)
        looks = empty_session.batch.looks
        assert looks is not None
        shown = as_seen(path, space) if space else read_picture(path).pixels / 257.0
        assert np.abs(pixels(looks / "0.jpg") - shown).mean() < 2.5


def test_the_endpoint_takes_spaces(wanted: UploadedBatch) -> None:
    files, references = (
        [gr.FileData(path=str(path), orig_name=name) for path, name in uploads]
        for uploads in (wanted.files[:2], wanted.references)
    )
    archive, report = endpoints.batch(files, references, source_space=LOGC3, target_space=SLOG3)
    with zipfile.ZipFile(io.BytesIO(Path(archive).read_bytes())) as opened:
        assert json.loads(opened.read("run.json"))["spaces"]["source"] == LOGC3
    assert Path(report).read_text().count(",done,") == 2
    for spaces, said in (
        ({"target_space": SLOG3}, "without a source space"),
        ({"source_space": "ARRI LogC9"}, "did you mean"),
    ):
        with pytest.raises(gr.Error, match=said):
            endpoints.batch(files, references, **spaces)
