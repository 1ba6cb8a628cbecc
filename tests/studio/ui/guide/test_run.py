"""The tab *Guide a generation* without a browser: jobs from controls, what is kept, what is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from guidance.catalogue import CATALOGUE
from guidance.known import read_known
from guidance.settings import GRADIENT, GuidanceSettings
from reswd_torch import InputError
from studio.jobs import GuideJob
from studio.records.painted import SETTINGS_KEY
from studio.service.guide.run import GuideEvent, GuideResult, default_generation
from studio.ui.guide import events as guide_events
from studio.ui.guide import run as guide_run
from studio.ui.guide import words as guide_words
from studio.ui.guide.examples import EXAMPLES, tile
from studio.ui.guide.run import (
    KEEP,
    KEPT,
    NOTHING,
    Choice,
    Painted,
    PlainJob,
    PlainResult,
    keep,
    make_job,
    model_from,
    read_job,
    save,
)  # fmt: skip
from studio.ui.match.run import PALETTE
from studio.ui.session import Session, forget
from studio.watch import Cancelled
from tests.conftest import ASSETS
from tests.studio.jobs_for_tests import guide_job

RED_BLUE = "#c02020, #2020c0"
COLORS = "AAD//wAA" * 8  # eight times one colour, 16 bits a channel


def _kept(**given: Any) -> GuideJob:
    return guide_job(default_generation("pocket-64", "a cat"), colors=COLORS, reference_name="dusk.jpg", **given)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Session()


def test_controls_left_alone_are_the_defaults_of_the_library() -> None:
    job = make_job(Choice(prompt="a cat", kind=PALETTE, palette=RED_BLUE, width=64, height=64), None)
    assert job == guide_job(default_generation("pocket-64", "a cat"), palette=RED_BLUE)


def test_every_control_reaches_the_job() -> None:
    reference = ASSETS / "fig-red-bowl.jpg"
    choice = Choice(
        prompt="a cat", negative="dogs", model="stabilityai/sdxl-turbo", strength=0.5, plain=True, seed=2**32 - 1, steps=3,
        scale=1.5, width=256, height=512, start=0.1, stop=0.9, decode_scale=0.5, grain=1.5, method=GRADIENT,
    )  # fmt: skip
    job = make_job(choice, reference)
    assert isinstance(job, GuideJob)
    assert job.generation.to_record() == {
        "prompt": "a cat", "negative_prompt": "dogs", "seed": 2**32 - 1, "steps": 3, "guidance_scale": 1.5, "width": 256,
        "height": 512,
    }  # fmt: skip
    assert job.guidance == GuidanceSettings(
        strength=0.5, start=0.1, stop=0.9, decode_scale=0.5, grain=1.5, method=GRADIENT
    )
    assert (job.reference, job.model, job.plain) == (reference, "stabilityai/sdxl-turbo", True)
    plain = make_job(replace(choice, kind=NOTHING), None)
    assert plain == PlainJob(job.generation, job.model)


def test_kept_colours_bring_the_settings_without_controls() -> None:
    guidance = GuidanceSettings(linear_until=0.2, seed=5, strength=2)
    choice = Choice(prompt="a cat", kind=KEPT, strength=1.5)
    job = make_job(choice, None, _kept(guidance=guidance))
    assert isinstance(job, GuideJob)
    assert (job.colors, job.reference_name) == (COLORS, "dusk.jpg")
    assert job.guidance == replace(guidance, strength=1.5)
    other = make_job(replace(choice, kind=PALETTE, palette=RED_BLUE), None, _kept(guidance=guidance))
    assert isinstance(other, GuideJob) and other.guidance == GuidanceSettings(strength=1.5)


def test_an_empty_seed_is_a_new_one_each_time() -> None:
    seeds = {make_job(Choice(prompt="a cat", kind=NOTHING, seed=None), None).generation.seed for _ in range(4)}
    assert len(seeds) == 4


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " "}, "prompt is empty"),
        ({"prompt": None}, "prompt is empty"),
        ({}, "Choose a reference"),
        ({"kind": PALETTE, "palette": " "}, "palette's colours first"),
        ({"kind": KEPT}, "No colours are kept"),
        ({"seed": 0.5}, "seed is 0.5, not a whole number"),
        ({"steps": "many"}, "number of steps is 'many'"),
        ({"strength": None}, "strength is empty"),
        ({"strength": float("nan")}, "strength is nan"),
        ({"strength": 2.5}, "strength 2.5 is out of range"),
        ({"start": 0.8, "stop": 0.4}, "start 0.8 is not before stop 0.4"),
        ({"scale": 1e9}, "guidance scale 1"),
        ({"width": 65.5}, "width is 65.5"),
        ({"width": 8, "height": 64}, "width 8 is out of range"),
        ({"method": "magic"}, "unknown guidance method 'magic'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_job(Choice(**{"prompt": "a cat", **given}), None)


@pytest.mark.parametrize(
    "name",
    [
        None, "", "pocket", "/etc", "~/models", "./a/b", "../main", "a/../b", "a/b/c", "a\\b", "assets/models", "owner/",
        "owner/na me", "ünter/model",
    ],
)  # fmt: skip
def test_a_model_is_of_the_list_or_of_the_hub_and_never_a_folder(name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ASSETS.parent)
    with pytest.raises(InputError, match="neither in the list nor the name"):
        model_from(name)
    assert model_from(" owner/name-1.0 ") == "owner/name-1.0"


def test_only_the_last_pictures_of_a_visit_are_kept_and_none_of_a_closed_page(session: Session) -> None:
    image = Image.new("RGB", (8, 8))
    for seed in range(KEEP + 3):
        job = PlainJob(default_generation("pocket-64", "a cat", seed=seed))
        keep(session, save(PlainResult(job, image, 0.1), session.new_place))
    assert [each.job.generation.seed for each in session.painted] == list(range(KEEP + 3))[:2:-1]
    assert len(list(session.folder.rglob("*.png"))) == KEEP
    assert session.shown_painted is session.painted[0]
    forget(session)
    assert not session.painted[0].picture.exists()


def test_a_stop_file_is_of_one_run(session: Session) -> None:
    first = session.new_stop_file()
    guide_events._stop(session)
    assert first.exists()
    assert not session.new_stop_file().exists()


def test_a_new_run_of_a_page_ends_the_last_one(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def paint(job: Any, device: str, stop: Path) -> Any:
        for done in range(3):
            if stop.exists():
                raise Cancelled
            yield GuideEvent(done / 3, f"step {done}")
        yield PlainResult(job, Image.new("RGB", (8, 8)), 0.1)

    monkeypatch.setattr(guide_run, "paint", paint)
    choice = Choice(prompt="a cat", kind=NOTHING)
    first = guide_events._run(session, None, choice)
    next(first), next(first)
    second = guide_events._run(session, None, replace(choice, prompt="a dog"))
    next(second)
    assert not list(first), "the page belongs to the second"
    *_, last = second
    assert [each.job.generation.prompt for each in session.painted] == ["a dog"]
    assert last["visit"][0][1] == "a dog" and last["status"] == ""


def test_a_failure_nobody_foresaw_leaves_a_usable_page(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def paint(*_: Any) -> Any:
        raise ZeroDivisionError("secret")
        yield

    monkeypatch.setattr(guide_run, "paint", paint)
    *_, last = guide_events._run(session, None, Choice(prompt="a cat", kind=NOTHING))
    assert "not foreseen" in last["status"] and "secret" not in last["status"]
    assert last["start"]["interactive"] and not last["stop"]["interactive"]


def test_a_png_gives_its_job_back_guided_or_not(session: Session, tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8))
    guided = GuideResult(_kept(plain=True), image, image, 1.0, 2.0, 0.1, ())
    painted = save(guided, session.new_place)
    assert (painted.picture.name, painted.plain and painted.plain.name) == ("a cat.png", "a cat plain.png")
    assert read_job(painted.picture) == guided.job
    assert painted.plain is not None
    assert read_job(painted.plain) == PlainJob(guided.job.generation)
    for text in ("[]", "{}", '{"prompt": 3, "model": "x"}', '{"prompt": "a", "model": "x", "guidance": 1}', "nonsense"):
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt(SETTINGS_KEY, text)
        image.save(tmp_path / "broken.png", pnginfo=info)
        with pytest.raises(InputError, match="broken.png"):
            read_job(tmp_path / "broken.png")


def test_words_are_safe_and_say_what_they_know() -> None:
    evil = "<script>alert(1)</script>"
    job = replace(_kept(), reference_name=evil, generation=default_generation("pocket-64", evil), model=evil)
    painted = Painted(job, Path("a.png"), Path("b.png"), 3.04, 30.4, 1.25, (evil,))
    figures = guide_words.figures(painted)
    said = figures + guide_words.kept(job, evil) + guide_words.notes(painted) + guide_words.model_line(evil)
    assert "<script>" not in said and "&lt;script&gt;" in said
    assert "30.4" in figures and "3.0" in figures and "90 % closer than the plain picture" in figures
    assert "→" not in guide_words.figures(replace(painted, plain_distance=None))
    assert "Distance" not in guide_words.figures(Painted(PlainJob(job.generation), Path("a.png")))
    assert guide_words.kept(_kept(), "a.png").count("<span") == 1, "one colour, one swatch"


def test_every_model_has_a_line_with_licence_and_memory() -> None:
    for entry in CATALOGUE:
        line = guide_words.model_line(entry.id)
        assert str(entry.width) in line and (entry.license or "unknown") in line
        assert ("GiB" in line) == (entry.id != "pocket-64")


def test_a_preview_is_small_and_whole() -> None:
    html = guide_words.preview(np.zeros((1024, 2048, 3), np.uint8))
    assert len(html) < 10_000 and 'src="data:image/png;base64,' in html


def test_examples_name_what_the_model_knows_and_have_tiles() -> None:
    known = read_known()
    assert len(EXAMPLES) == 6
    for example in EXAMPLES:
        assert known.named(example.prompt) and bool(example.palette) != bool(example.picture)
        assert tile(example).size == (240, 180)


def test_seconds_asked_of_a_space_follow_steps_and_model(tmp_path: Path) -> None:
    def seconds(model: str, **given: Any) -> int:
        return guide_run._seconds(PlainJob(default_generation(model, "a", **given), model), "auto", tmp_path)

    assert seconds("pocket-64", steps=1) <= 5 < seconds("pocket-64", steps=200) <= 30
    assert seconds("black-forest-labs/FLUX.1-dev") > 2 * seconds("black-forest-labs/FLUX.1-schnell")


def test_records_of_the_page_hold_no_folder(session: Session) -> None:
    image = Image.new("RGB", (8, 8))
    painted = save(GuideResult(_kept(), image, None, 1.0, None, 0.1, ()), session.new_place)
    with Image.open(painted.picture) as written:
        assert str(session.folder) not in json.dumps(written.info)


def test_on_a_space_only_the_list_is_on_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/space")
    assert model_from("stabilityai/sdxl-turbo") == "stabilityai/sdxl-turbo"
    with pytest.raises(InputError, match="models of its list"):
        model_from("owner/name")
