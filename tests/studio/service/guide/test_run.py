"""Guided and plain pictures from a job: the same everywhere, stopped by a watch, and refused where they cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import guidance.loading
from guidance.attach import guide
from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation, generate
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.references import KeptColours
from studio.service import route
from studio.service.guide import pipelines
from studio.service.guide.run import (
    GuideEvent,
    GuideResult,
    PaintResult,
    check_job,
    default_generation,
    run_guide,
    run_paint,
)
from studio.service.guide.stream import paint_events
from studio.watch import Cancelled, Event, Watch
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import (
    BLUE_AND_RED,
    SAIL,
    copy_of_model,
    counted_steps,
    is_untouched,
    pixels,
)


def run_any(job: GuideJob | PaintJob, watch: Watch | None = None) -> GuideResult | PaintResult:
    watch = watch or Watch()
    return run_guide(job, "auto", watch) if isinstance(job, GuideJob) else run_paint(job, "auto", watch)


def both_jobs(generation: Generation = SAIL, model: str = EMBEDDED_ID) -> tuple[GuideJob, PaintJob]:
    """A guided and a plain job of the same generation."""
    return guide_job(generation, palette=BLUE_AND_RED, model=model), PaintJob(generation, model)


# The picture


def test_the_library_and_the_studio_paint_the_same_picture(kept: Any, reference: Path) -> None:
    settings = GuidanceSettings(strength=1.3, seed=4)
    for job, given in (
        (guide_job(SAIL, settings, reference=reference), Image.open(reference)),
        (guide_job(SAIL, settings, palette=BLUE_AND_RED), BLUE_AND_RED),
    ):
        with guide(kept, given, strength=1.3, seed=4):
            wanted = generate(kept, SAIL)
        assert np.array_equal(pixels(run_guide(job).image), pixels(wanted))


def test_the_plain_image_is_that_of_the_same_seed_and_further_from_the_reference(kept: Any) -> None:
    result = run_guide(guide_job(SAIL, palette=BLUE_AND_RED, plain=True))
    assert result.plain is not None and result.plain_distance is not None
    assert np.array_equal(pixels(result.plain), pixels(generate(kept, SAIL)))
    assert result.distance < result.plain_distance / 2


def test_a_plain_job_paints_what_the_library_paints_and_tells_every_step(kept: Any) -> None:
    events: list[Event] = []
    job = PaintJob(Generation("a red dog", "grey", 7, 4, 3.0, 72, 40))
    result = run_paint(job, "cpu", Watch(events.append))
    assert isinstance(result, PaintResult)
    assert result.job == job
    assert result.seconds > 0
    assert result.image.size == (72, 40)
    assert np.array_equal(pixels(result.image), pixels(generate(kept, job.generation)))
    told = [(event.share, event.text) for event in events][-5:]
    assert told == [(0.0, "starting"), *((step / 4, f"step {step} of 4") for step in range(1, 5))]
    assert all(isinstance(event, GuideEvent) and event.preview is None for event in events)


def test_strength_0_is_the_plain_image() -> None:
    result = run_guide(guide_job(SAIL, GuidanceSettings(strength=0), palette=BLUE_AND_RED, plain=True))
    assert result.plain is not None
    assert np.array_equal(pixels(result.image), pixels(result.plain))
    assert np.array_equal(pixels(result.image), pixels(run_paint(PaintJob(SAIL)).image))


def test_the_one_door_of_the_studio_paints_both_kinds() -> None:
    guided, plain = both_jobs(replace(SAIL, steps=1))
    painted = route.run(guided)
    assert isinstance(painted, GuideResult)
    assert np.array_equal(pixels(painted.image), pixels(run_guide(guided).image))
    alone = route.run(plain)
    assert isinstance(alone, PaintResult)
    assert np.array_equal(pixels(alone.image), pixels(run_paint(plain).image))


def test_a_result_keeps_the_colours_and_the_name_of_its_reference(reference: Path) -> None:
    for given, name in (({"reference": reference}, "warm.png"), ({"palette": BLUE_AND_RED}, BLUE_AND_RED)):
        result = run_guide(guide_job(replace(SAIL, steps=1), **given))  # type: ignore[arg-type]
        assert isinstance(result.job.reference, KeptColours)
        assert result.job.reference.name == name
        again = run_guide(result.job)
        assert again.job == result.job
        assert np.array_equal(pixels(again.image), pixels(result.image))


def test_a_model_gets_the_settings_of_its_makers_and_what_is_given_wins() -> None:
    for entry in MODELS.values():
        made = default_generation(entry.id, "a dog")
        assert (made.steps, made.guidance_scale) == (entry.steps, entry.scale)
    made = default_generation(f" {EMBEDDED_ID} ", "a dog", steps=None, guidance_scale=0, seed=3)
    assert made == Generation("a dog", seed=3, steps=25, guidance_scale=0)
    made = default_generation("owner/name", "a dog", seed=3)
    assert made == Generation("a dog", seed=3, steps=28, guidance_scale=4.0)


# Refused


def test_a_job_has_one_kind_of_reference(reference: Path) -> None:
    with pytest.raises(InputError, match="nothing to steer towards"):
        guide_job(SAIL)
    with pytest.raises(InputError, match="a picture and a palette were given together"):
        guide_job(SAIL, reference=reference, palette=BLUE_AND_RED)
    with pytest.raises(InputError, match="a palette and kept colours were given together"):
        guide_job(SAIL, palette=BLUE_AND_RED, colors="AAD//wAA")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"palette": "#12"}, "#12"),
        ({"reference": Path("nowhere.png")}, "nowhere.png"),
        ({"reference": Path(__file__)}, "test_run.py"),
        ({"palette": BLUE_AND_RED, "model": "pocket"}, "did you mean pocket-64"),
        ({"palette": BLUE_AND_RED, "model": "/nowhere/model"}, "is not there"),
        ({"palette": BLUE_AND_RED, "generation": replace(SAIL, width=100)}, "width 100 .*multiple of 8, such as 96"),
        (
            {
                "palette": BLUE_AND_RED,
                "model": "stabilityai/sdxl-turbo",
                "generation": replace(SAIL, height=501),
            },
            "height 501 .*such as 504",
        ),
    ],
)
def test_bad_jobs_are_refused_before_a_model_is_loaded(
    given: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guidance.loading, "load", lambda *_, **__: pytest.fail("a model was loaded"))
    monkeypatch.setattr(pipelines, "_kept", {})
    for run in (check_job, run_guide):
        with pytest.raises(InputError, match=said):
            run(guide_job(**{"generation": SAIL, **given}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "pocket"}, "did you mean pocket-64"),
        ({"model": "/nowhere/model"}, "is not there"),
        ({"generation": replace(SAIL, width=100)}, "width 100 .*multiple of 8, such as 96"),
        ({"model": "stabilityai/sdxl-turbo", "generation": replace(SAIL, height=501)}, "height 501 .*such as 504"),
    ],
)
def test_bad_plain_jobs_are_refused_before_a_model_is_loaded(
    changes: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guidance.loading, "load", lambda *_, **__: pytest.fail("a model was loaded"))
    monkeypatch.setattr(pipelines, "_kept", {})
    for run in (check_job, run_paint):
        with pytest.raises(InputError, match=said):
            run(replace(PaintJob(SAIL), **changes))


def test_a_size_that_a_folder_s_model_does_not_paint_is_refused_in_words(tmp_path: Path) -> None:
    model = str(copy_of_model(tmp_path / "mine"))
    for job in both_jobs(replace(SAIL, width=100, height=64), model):
        with pytest.raises(InputError, match="width 100 does not suit .*mine: give a multiple of 8, such as 96"):
            run_any(job)
    (tmp_path / "mine" / "unet" / "config.json").unlink()
    pipelines._kept.clear()
    for job in both_jobs(model=model):
        with pytest.raises(InputError, match="could not be read from"):
            run_any(job)
    assert run_guide(guide_job(SAIL, palette=BLUE_AND_RED)).image.size == (64, 64), "the next one is painted"


@pytest.mark.parametrize(
    ("raised", "error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), InputError, "memory ran out"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), InputError, "memory ran out"),
        (RuntimeError("MPS backend out of memory"), InputError, "memory ran out"),
        (MemoryError(), InputError, "memory ran out"),
        (RuntimeError("shapes differ"), RuntimeError, "^shapes differ$"),
    ],
)
def test_memory_that_runs_out_is_one_line_and_other_errors_stay_what_they_are(
    raised: Exception, error: type[Exception], said: str, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    with monkeypatch.context() as patched:
        patched.setattr(kept.unet, "forward", fail)
        for job in both_jobs():
            with pytest.raises(error, match=said):
                run_any(job)
            with pytest.raises(error, match=said):  # and through the thread
                list(paint_events(job))


def test_latents_that_are_no_numbers_end_the_job_and_the_next_picture_is_sound(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = guide_job(SAIL, palette=BLUE_AND_RED)
    before = run_guide(job)
    original = kept.unet.forward
    with monkeypatch.context() as patched:
        patched.setattr(kept.unet, "forward", lambda *a, **k: (original(*a, **k)[0] * float("nan"),))
        with pytest.raises(InputError, match="latents are not numbers"):
            list(paint_events(job))
    assert np.array_equal(pixels(run_guide(job).image), pixels(before.image))


# Stopped


@pytest.mark.parametrize("guided", [True, False])
def test_a_watch_stops_a_job_within_a_step_and_leaves_the_pipeline_as_it_was(
    guided: bool, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = both_jobs()[0 if guided else 1]
    before = run_any(job)
    calls = counted_steps(kept, monkeypatch)
    events: list[Event] = []
    long = replace(job, generation=replace(SAIL, steps=200))
    with pytest.raises(Cancelled):
        run_any(long, Watch(events.append, lambda: len(calls) >= 2))
    assert [event.text for event in events] == ["starting", "step 1 of 200"]
    assert len(calls) == 2
    assert is_untouched(kept)
    assert not pipelines._ONE_AT_A_TIME.locked()
    assert np.array_equal(pixels(run_any(job).image), pixels(before.image))


@pytest.mark.parametrize("guided", [True, False])
def test_whoever_is_told_may_end_the_job_with_an_exception_of_their_own(
    guided: bool, kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted_steps(kept, monkeypatch)

    def tell(event: Event) -> None:
        if event.text == "step 2 of 200":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_any(both_jobs(replace(SAIL, steps=200))[0 if guided else 1], Watch(tell))
    assert len(calls) == 2
    assert is_untouched(kept)


def test_a_watch_stops_the_plain_picture_beside_a_guided_one(kept: Any) -> None:
    events: list[Event] = []
    job = guide_job(SAIL, palette=BLUE_AND_RED, plain=True)
    with pytest.raises(Cancelled):
        run_guide(job, "auto", Watch(events.append, lambda: len(events) > 1 and events[-1].text.startswith("plain")))
    assert events[-1].text == "plain image, step 1 of 3"


def test_a_watch_that_says_stop_from_the_start_loads_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_kept", {})
    for job in both_jobs():
        with pytest.raises(Cancelled):
            run_any(job, Watch(None, lambda: True))
        assert not pipelines._kept
