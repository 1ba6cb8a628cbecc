"""Painting as a stream: events as they happen, the result at the end, stopped by a flag, a file, or by whoever leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guidance.catalogue import MODELS
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.service.guide import pipelines, stream
from studio.service.guide.pipelines import pipeline
from studio.service.guide.run import GuideEvent, GuideResult, PaintResult, default_generation, run_guide, run_paint
from studio.service.guide.stream import hold_models, paint, paint_events, streamed
from studio.watch import Cancelled, Event, Watch
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import BLUE_AND_RED, SAIL, counted_steps, is_untouched, pixels

LONG = replace(SAIL, steps=200)


def text_of(event: object) -> str:
    assert isinstance(event, Event)
    return event.text


def close(events: Iterator[Any]) -> None:
    """Stop listening."""
    assert isinstance(events, Generator)
    events.close()


def assert_free_within_a_step(pipe: Any, calls: list[int]) -> None:
    """Others get their turn, and the pipeline that was being used is untouched."""
    begun = len(calls)
    assert pipelines._ONE_AT_A_TIME.acquire(timeout=20)
    pipelines._ONE_AT_A_TIME.release()
    assert len(calls) <= begun + 1
    assert is_untouched(pipe)


# Events


def test_events_rise_to_the_end_and_the_result_is_last(kept: Any) -> None:
    job = guide_job(replace(SAIL, steps=4), palette=BLUE_AND_RED, plain=True)
    *events, result = paint_events(job)
    assert isinstance(result, GuideResult)
    told = [event for event in events if isinstance(event, GuideEvent)]
    assert told == events
    assert [event.share for event in told] == [0, *(step / 8 for step in range(1, 9))]
    assert [event.text for event in told[:2]] == ["starting", "step 1 of 4"]
    assert told[-1].text == "plain image, step 4 of 4"
    seen = [event.preview for event in told if event.preview is not None]
    assert len(seen) == 2 and all(view.dtype == np.uint8 and view.shape[-1] == 3 for view in seen)
    assert np.array_equal(pixels(result.image), pixels(run_guide(job).image))


def test_a_plain_picture_is_streamed_as_well(kept: Any) -> None:
    job = PaintJob(replace(SAIL, steps=2))
    *events, result = paint_events(job)
    assert [text_of(event) for event in events] == ["starting", "step 1 of 2", "step 2 of 2"]
    assert isinstance(result, PaintResult)
    assert np.array_equal(pixels(result.image), pixels(run_paint(job).image))


def test_any_job_can_be_streamed() -> None:
    def count(watch: Watch) -> str:
        watch(0.5, "half")
        return "done"

    *events, result = streamed(count)
    assert [(event.share, event.text) for event in events if isinstance(event, Event)] == [(0.5, "half")]
    assert result == "done"


def test_errors_cross_the_thread_with_their_words() -> None:
    for job in (
        guide_job(SAIL, palette=BLUE_AND_RED, model="/nowhere/at/all"),
        PaintJob(SAIL, "/nowhere/at/all"),
    ):
        with pytest.raises(InputError, match=r"^folder '/nowhere/at/all' is not there: give a folder"):
            list(paint_events(job))


# Stopped


def test_a_stopped_job_ends_within_a_step_and_leaves_the_pipeline_as_it_was(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = guide_job(SAIL, palette=BLUE_AND_RED)
    before = run_guide(job)
    calls = counted_steps(kept, monkeypatch)
    events: list[Any] = []
    with pytest.raises(Cancelled):
        for event in paint_events(replace(job, generation=LONG), stopped=lambda: len(calls) >= 2):
            events.append(event)
    assert [event.text for event in events] == ["starting", "step 1 of 200"]
    assert len(calls) == 2
    assert is_untouched(kept)
    assert not pipelines._ONE_AT_A_TIME.locked()
    assert np.array_equal(pixels(run_guide(job).image), pixels(before.image))


@pytest.mark.parametrize("job", [guide_job(LONG, palette=BLUE_AND_RED), PaintJob(LONG)], ids=["guided", "plain"])
def test_who_stops_listening_ends_the_job_within_a_step_and_others_get_their_turn(
    job: GuideJob | PaintJob, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted_steps(kept, monkeypatch)
    events = paint_events(job)
    while text_of(next(events)) != "step 2 of 200":
        pass
    assert pipelines._ONE_AT_A_TIME.locked()
    close(events)
    assert_free_within_a_step(kept, calls)


def test_whoever_waits_for_another_picture_is_told_and_may_leave(kept: Any) -> None:
    job = guide_job(replace(SAIL, steps=1), palette=BLUE_AND_RED)
    tired = threading.Event()
    with pipeline():
        patient, impatient = paint_events(job), paint_events(job, stopped=tired.is_set)
        assert text_of(next(patient)) == text_of(next(impatient)) == "waiting for another picture"
        tired.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            list(impatient)
        assert time.monotonic() - began < 5
    *_, result = patient
    assert isinstance(result, GuideResult)


# With a file that stops it


def test_painting_on_the_gpu_that_there_is_gives_the_same_events_and_picture(kept: Any, tmp_path: Path) -> None:
    for job in (guide_job(SAIL, palette=BLUE_AND_RED), PaintJob(SAIL)):
        *events, result = paint(job, "auto", tmp_path / "stop")
        *others, other = paint_events(job)
        assert [text_of(event) for event in events] == [text_of(event) for event in others]
        assert isinstance(result, GuideResult | PaintResult) and isinstance(other, GuideResult | PaintResult)
        assert np.array_equal(pixels(result.image), pixels(other.image))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("folder_goes", [False, True])
def test_a_file_or_the_end_of_its_folder_stops_painting(
    folder_goes: bool, kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted_steps(kept, monkeypatch)
    visit = tmp_path / "visit"
    visit.mkdir()
    with pytest.raises(Cancelled):
        for event in paint(PaintJob(LONG), "auto", visit / "stop"):
            if text_of(event) == "step 2 of 200":
                visit.rmdir() if folder_goes else (visit / "stop").touch()
                begun = len(calls)
    assert len(calls) <= begun + 1, "the thread may be at work on the next step already"


def test_who_stops_listening_leaves_the_file_for_the_process_that_paints(
    kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted_steps(kept, monkeypatch)
    events = paint(PaintJob(LONG), "auto", tmp_path / "stop")
    while text_of(next(events)) != "step 2 of 200":
        pass
    close(events)
    assert (tmp_path / "stop").exists()
    assert_free_within_a_step(kept, calls)


def test_errors_reach_whoever_listens(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="width 65 .*multiple of 8"):
        list(paint(guide_job(replace(SAIL, width=65), palette=BLUE_AND_RED), "auto", tmp_path / "stop"))


# Of a Space


def test_more_steps_pictures_and_pixels_ask_for_more_seconds(tmp_path: Path) -> None:
    def seconds(job: GuideJob | PaintJob) -> int:
        return stream._seconds(job, "auto", tmp_path)

    few, many = PaintJob(replace(SAIL, steps=2)), PaintJob(LONG)
    assert 3 < seconds(few) <= 5 < seconds(many)
    guided = guide_job(LONG, palette=BLUE_AND_RED)
    assert seconds(guided) == seconds(many)
    assert seconds(replace(guided, plain=True)) > 1.5 * seconds(guided)
    large = PaintJob(LONG, max(MODELS.values(), key=lambda entry: entry.denoiser).id)
    assert seconds(large) == seconds(replace(large, model=f" {large.model} ")) > seconds(many)
    assert seconds(replace(large, generation=replace(LONG, width=2048, height=2048))) > seconds(large)


def test_models_are_held_on_a_zero_gpu_space_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_kept", {})
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    hold_models(("pocket-64",), "auto")
    assert not pipelines._kept
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    hold_models(("pocket-64",), "auto")
    assert [key[:2] for key in pipelines._kept] == [("pocket-64", "auto")]


def test_seconds_asked_of_a_space_follow_steps_and_model(tmp_path: Path) -> None:
    def seconds(model: str, **given: Any) -> int:
        return stream._seconds(PaintJob(default_generation(model, "a", **given), model), "auto", tmp_path)

    assert seconds("pocket-64", steps=1) <= 5 < seconds("pocket-64", steps=200) <= 30
    assert seconds("black-forest-labs/FLUX.1-dev") > 2 * seconds("black-forest-labs/FLUX.1-schnell")
