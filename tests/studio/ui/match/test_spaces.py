"""The section *Colour spaces* of the tab *Match colours*."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from reswd_torch.errors import InputError
from reswd_torch.grade.trims import NEUTRAL, Trims
from reswd_torch.spaces import choose_spaces
from studio.media.images import read_picture
from studio.service import job_for
from studio.service.match import run_match
from studio.ui import endpoints
from studio.ui import spaces as of_any_tab
from studio.ui.controls import PALETTE, SAVED
from studio.ui.desk.routes import desk_routes
from studio.ui.match import choose, downloads, run, spaces
from studio.ui.match.bring_back import entry_back, page_back
from studio.ui.match.choice import MatchChoice
from studio.ui.match.events import MatchEvents
from studio.ui.match.history import picture_of
from studio.ui.match.history_events import HistoryEvents
from studio.ui.match.history_words import settings_line
from studio.ui.match.looks import chosen_as_json
from studio.ui.match.show import cube_line
from studio.ui.match.stale import line
from studio.ui.match.tab import lay_out_match_tab
from studio.ui.pictures import open_side
from studio.ui.session import Session
from studio.ui.spaces import shown_through, with_names
from studio.views.seen import Seen
from tests.studio.media.images.film_for_tests import plain_exr
from tests.studio.media.images.raw_for_tests import dng
from tests.studio.spaces_for_tests import LOGC3, SLOG3, two_cameras
from tests.studio.ui.conftest import silent

LOG = MatchChoice(source_space=LOGC3, target_space=SLOG3)
VIEW = "ACES 2.0 - SDR 100 nits (Rec.709)"


@pytest.fixture
def log(empty_session: Session, tmp_path: Path) -> Session:
    """A page with two logarithms."""
    for role, path in zip(("source", "reference"), two_cameras(tmp_path), strict=True):
        empty_session.match.places[role].side = open_side(path)  # type: ignore[index]
    empty_session.match.told = LOG
    return empty_session


@pytest.fixture
def events() -> MatchEvents:
    with gr.Blocks():
        return MatchEvents(lay_out_match_tab(), gr.State(Session()))


def matched(session: Session, choice: MatchChoice = LOG) -> run.MatchResult:
    return run.match_now(session, choice, silent)  # type: ignore[arg-type]


def test_without_a_choice_the_job_is_as_ever(session: Session) -> None:
    """And what the other dropdowns say means nothing."""
    assert session.match.source is not None
    plain = run.matching_job(session, MatchChoice())
    assert plain.spaces is None
    assert run.matching_job(session, MatchChoice(target_space=SLOG3, working_space="ACEScct")) == plain
    assert run.matching_job(session, MatchChoice(source_space=None)) == plain


def test_the_result_is_that_of_the_command_line(log: Session, tmp_path: Path) -> None:
    job = run.matching_job(log, LOG)
    assert job.spaces == choose_spaces(LOGC3, target=SLOG3)
    matched(log)
    assert "For colours in ACEScct. " in cube_line(log, 33)
    wanted = run_match(job_for(job.source, job.reference, job.settings, spaces=job.spaces))
    made = Path(downloads.make_download(log, downloads.PICTURE_KIND, 33))
    assert np.array_equal(read_picture(made).pixels, wanted.graded_pixels())
    clf = Path(downloads.make_download(log, ".clf", 33)).read_text()
    assert f"<InputDescriptor>{LOGC3}</InputDescriptor>" in clf
    assert "apply it to colours in ACEScct" in Path(downloads.make_download(log, ".cc", 33)).read_text()
    kept = json.loads(Path(downloads.make_download(log, downloads.SETTINGS_KIND, 33)).read_text())
    assert kept["spaces"]["target"] == SLOG3


def test_trims_and_pairs_are_left_out_while_a_space_is_chosen(log: Session, events: MatchEvents) -> None:
    log.match.trims, log.match.strength = Trims(exposure=1.0), 0.5
    choice = replace(LOG, pairs="#102030=#405060")
    result = matched(log, choice)
    assert (result.job.settings.trims, result.job.settings.pairs) == (NEUTRAL, ())
    assert result.job.settings.strength == 0.5, "the slider of the strength holds"
    moved = run.set_live(log, 0.8, Trims(exposure=0.7))
    assert moved is not None and moved.trims == NEUTRAL and moved.grade.strength == 0.8
    updates = events.settle(log, *values(choice))
    tab = events.tab
    assert updates[tab.result.trims.room]["visible"] == "hidden"  # type: ignore[index]
    assert "off while a colour space is chosen" in str(updates[tab.result.trims_off])
    updates = events.settle(log, *values(MatchChoice()))
    assert updates[tab.result.trims.room]["visible"] is True  # type: ignore[index]
    assert updates[tab.result.trims_off] == ""


def test_what_will_happen_is_said_in_one_sentence(log: Session, tmp_path: Path) -> None:
    sides = [log.match.source, log.match.reference]
    assert f"Matched in {LOGC3}, graded in ACEScct; the reference is in {SLOG3}." in spaces.said(LOG, sides)
    written = replace(LOG, output_space="srgb_display", target_space="")
    assert f"Matched from {LOGC3} to sRGB - Display, graded in ACEScct." in spaces.said(written, sides)
    assert "by its own profile" in spaces.said(MatchChoice(), sides)
    assert "did you mean" in spaces.said(MatchChoice(source_space="ARRI LogC9"), sides)
    light = open_side(plain_exr(tmp_path / "light.exr", colorInteropID="lin_ap1_scene"))
    assert "light.exr: its file says ACEScg." in spaces.said(MatchChoice(), [light, None])
    assumed = open_side(plain_exr(tmp_path / "plain.exr"))
    assert "plain.exr: taken as Linear Rec.709 (sRGB), which its file does not say." in spaces.said(
        MatchChoice(), [assumed, None]
    )


def test_a_reference_that_is_no_picture_has_no_space(log: Session) -> None:
    palette = replace(LOG, kind=PALETTE, palette="#102030, #c0a080")
    job = run.matching_job(log, palette)
    assert job.spaces is not None and job.spaces.target is None


def test_the_viewer_shows_pictures_through_the_view(log: Session) -> None:
    """Before the match as after it, and in the history."""
    chosen = json.loads(chosen_as_json(log))
    place = choose_spaces(LOGC3).config
    seen = {name: log.desk.look(chosen[name]["look"]) for name in ("before", "reference")}
    assert {name: look and look.seen for name, look in seen.items()} == {
        "before": Seen(place, LOGC3),
        "reference": Seen(place, SLOG3),
    }
    result = matched(log)
    shown = run.show(log, result)
    told = json.loads(shown.desk)
    before, after = (log.desk.look(told[name]["look"]) for name in ("before", "after"))
    assert before is not None and before.seen == Seen(place, LOGC3)
    assert after is not None and after.spaces == result.job.spaces
    assert f"Shown through {VIEW}, not as raw codes." in shown.seen
    raw = replace(result, job=replace(result.job, spaces=None))
    assert picture_of(result, 64) != picture_of(raw, 64)
    assert run.show(log, matched(log, MatchChoice())).seen == ""


def test_what_is_dragged_and_picked_is_what_the_view_shows(log: Session) -> None:
    """Trims that a page still sends, though they are out of sight, change nothing."""
    told = json.loads(run.show(log, matched(log)).desk)
    with TestClient(Starlette(routes=desk_routes())) as browser:
        live = f"/desk/{log.key}/{told['after']['look']}/live.jpg"
        query: dict[str, str | int] = {"left": 0, "top": 0, "width": 240, "height": 192, "w": 240, "h": 192}
        plain = browser.get(live, params=query).content
        assert browser.get(live, params={**query, "trims": json.dumps({"exposure": 2.0})}).content == plain
        assert browser.get(live, params={**query, "strength": 0.2}).content != plain
        picked = browser.get(f"/desk/{log.key}/pick/source", params={"x": 8, "y": 8}).json()
        seen = browser.get(f"/desk/{log.key}/{told['before']['look']}/0/0_0.png").content
        shown = np.asarray(Image.open(io.BytesIO(seen)).convert("RGB"))[8, 8]
        assert [int(picked["shown"][at : at + 2], 16) for at in (1, 3, 5)] == pytest.approx(shown.tolist(), abs=1)
        assert picked["own"] != picked["shown"]
        there = {"colors": picked["shown"], "tolerance": 1, "softness": 0}
        mask = browser.get(f"/desk/{log.key}/range/source.png", params=there).content
        painted = np.asarray(Image.open(io.BytesIO(mask)).convert("L")) > 128
        assert painted[4:12, 4:12].all() and painted.mean() < 0.2, "the patch, and what looks like it"


def test_spaces_change_places_with_their_pictures(log: Session, events: MatchEvents) -> None:
    updates = HistoryEvents(events.tab, events.session, events.controls, events.settled).swap(
        log,
        str(log.match.source.path),
        str(log.match.reference.path),
        None,
        None,
        LOGC3,
        SLOG3,  # type: ignore[union-attr]
    )
    boxes = events.tab.spaces
    assert (updates[boxes.source_space], updates[boxes.target_space]) == (SLOG3, LOGC3)
    assert "Choose the space of the source" in spaces.said(MatchChoice(target_space=LOGC3), [None, None])


def test_camera_raw_has_a_space_of_its_own(session: Session, tmp_path: Path) -> None:
    assert choose.choose(session, str(dng(tmp_path / "photo.dng")), "source").accepted
    matched(session, MatchChoice())
    made = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33))
    assert made.suffix == ".tif" and read_picture(made).pixels.dtype == np.uint16
    with pytest.raises(InputError, match="camera raw is developed into .* leave the space out"):
        matched(session, LOG)


def test_what_is_said_of_the_view() -> None:
    assert shown_through(None) == ""
    assert "choose their colour space" in shown_through(None, of_floats=True)
    written = choose_spaces(LOGC3, output="sRGB - Display")
    assert f"Source shown through {VIEW}; the result as sRGB - Display" in shown_through(written)
    assert "as sRGB - Display" in shown_through(choose_spaces("sRGB - Display"))


def test_a_match_that_is_brought_back_has_its_spaces(log: Session, events: MatchEvents) -> None:
    matched(log)
    entry = log.match.history.current
    assert entry is not None and f"in {LOGC3}, graded in ACEScct" in settings_line(entry)
    assert line(log, LOG) == ""
    assert f"colour spaces in {LOGC3}, graded in ACEScct, reference in {SLOG3}, chosen now: as the files say" in line(
        log, MatchChoice()
    )
    dropdowns, room = events.tab.spaces, events.tab.spaces.room
    for updates in (
        entry_back(events.tab, events.controls, log, entry),
        page_back(events.tab, events.controls, log),
    ):
        source = updates[dropdowns.source_space]
        assert source["value"] == LOGC3 and (f"{LOGC3} · log", LOGC3) in source["choices"]  # type: ignore[index,call-overload]
        assert updates[room]["open"] is True  # type: ignore[index]
    plain = replace(entry, choice=MatchChoice())
    assert entry_back(events.tab, events.controls, log, plain)[dropdowns.source_space] == ""


def test_settings_that_are_dropped_bring_their_spaces(log: Session, events: MatchEvents, tmp_path: Path) -> None:
    matched(log, replace(LOG, output_space="ACEScct"))
    settings = Path(downloads.make_download(log, downloads.SETTINGS_KIND, 33))
    updates = events.choose_grade(log, str(settings), 1.0)
    boxes = events.tab.spaces.dropdowns
    found = {name: updates[box]["value"] for name, box in boxes.items()}  # type: ignore[index,call-overload]
    assert found == {
        "source_space": LOGC3, "target_space": SLOG3, "output_space": "ACEScct", "working_space": "ACEScct"
    }  # fmt: skip
    applied = matched(log, MatchChoice(kind=SAVED, **found))
    again = run_match(replace(applied.job, settings=replace(applied.job.settings)))
    assert np.array_equal(applied.graded_pixels(), again.graded_pixels())
    assert not any("pictures are taken to be in it" in note for note in applied.notes), "they are not"
    kept = json.loads(settings.read_text())
    kept["spaces"]["source"] = "Nobody's Log"
    settings.write_text(json.dumps(kept))
    updates = events.choose_grade(log, str(settings), 1.0)
    assert "unknown source space" in str(updates[events.tab.inputs.grade_about])
    assert boxes["source_space"] not in updates


def test_all_methods_are_compared_between_spaces(log: Session) -> None:
    from studio.ui.match.compare import compare

    *_, last = compare(log, LOG, silent)  # type: ignore[arg-type]
    assert len(last.results) >= 5
    assert all(result.job.spaces is not None for result in last.results.values())


def test_a_space_that_is_none_is_said(log: Session) -> None:
    with pytest.raises(InputError, match="unknown source space 'ARRI LogC9': did you mean"):
        run.matching_job(log, MatchChoice(source_space="ARRI LogC9"))
    with pytest.raises(InputError, match="is no colour space: give its name"):
        run.matching_job(log, MatchChoice(source_space=7))


def test_names_are_read_when_the_section_is_opened(events: MatchEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = events.tab.spaces
    updates = with_names(parts)
    assert all(len(updates[box]["choices"]) > 50 for box in parts.dropdowns.values())  # type: ignore[index,call-overload]
    monkeypatch.setenv("OCIO", "/nowhere/of/mine.ocio")
    updates = with_names(parts)
    assert "no OpenColorIO config" in str(updates[parts.said]) and "/nowhere" not in str(updates[parts.said])
    monkeypatch.setattr(of_any_tab, "find_spec", lambda _: None)
    assert "pip install opencolorio" in str(with_names(parts)[parts.said])


def test_the_page_opens_without_opencolorio() -> None:
    code = "import sys, studio.ui.match.tab, studio.ui.match.events; print('PyOpenColorIO' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_the_endpoint_takes_spaces(log: Session) -> None:
    source, reference = (log.match.places[role].side for role in ("source", "reference"))  # type: ignore[index]
    assert source is not None and reference is not None
    picture, _, settings, before, after = endpoints.match(
        str(source.path), str(reference.path), source_space=LOGC3, target_space=SLOG3
    )
    assert after < 0.2 * before
    assert settings is not None and json.loads(Path(settings).read_text())["spaces"]["source"] == LOGC3
    wanted = run_match(run.matching_job(log, LOG))
    assert np.array_equal(read_picture(picture).pixels, wanted.graded_pixels())
    with pytest.raises(gr.Error, match="without a source space"):
        endpoints.match(str(source.path), str(reference.path), target_space=SLOG3)


def test_an_exr_is_matched_and_comes_back_as_one(empty_session: Session, session: Session, tmp_path: Path) -> None:
    light = plain_exr(tmp_path / "light.exr", colorInteropID="lin_ap1_scene")
    assert choose.choose(session, str(light), "source").accepted
    for choice in (MatchChoice(), MatchChoice(source_space="ACEScg")):
        result = matched(session, choice)
        made = Path(downloads.make_download(session, downloads.PICTURE_KIND, 33))
        assert made.suffix == ".exr"
        graded = read_picture(made)
        assert graded.pixels.dtype == np.float16 and float(graded.pixels.max()) > 1.5
        wanted = run_match(result.job).graded_pixels()
        assert np.array_equal(graded.pixels, wanted)


def values(choice: MatchChoice) -> list[object]:
    return [getattr(choice, field.name) for field in fields(choice)]
