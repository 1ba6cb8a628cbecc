"""The tab *Guide a generation* without a page: jobs from controls, and what a picture says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from guidance.settings import GRADIENT, GuidanceSettings
from reswd_torch import InputError
from studio.jobs import GuideJob, PaintJob
from studio.records.painted import SETTINGS_KEY, read_painted
from studio.references import KeptColours, PictureReference
from studio.service.guide.run import GuideResult, default_generation
from studio.ui import limits
from studio.ui.controls import PALETTE
from studio.ui.guide.choice import GuideChoice
from studio.ui.guide.run import KEPT, NOTHING, model_from, painting_job, painting_jobs, save
from studio.ui.session import Session
from tests.conftest import ASSETS
from tests.studio.jobs_for_tests import guide_job
from tests.studio.ui.guide.conftest import COLORS, kept_job

RED_BLUE = "#c02020, #2020c0"


def test_controls_left_alone_are_the_defaults_of_the_library() -> None:
    job = painting_job(GuideChoice(prompt="a cat", kind=PALETTE, palette=RED_BLUE, width=64, height=64), None)
    assert job == guide_job(default_generation("pocket-64", "a cat"), palette=RED_BLUE)


def test_every_control_reaches_the_job() -> None:
    reference = ASSETS / "fig-red-bowl.jpg"
    choice = GuideChoice(
        prompt="a cat", negative="dogs", model="stabilityai/sdxl-turbo", strength=0.5, plain=True, seed=2**32 - 1, steps=3,
        scale=1.5, width=256, height=512, start=0.1, stop=0.9, decode_scale=0.5, grain=1.5, method=GRADIENT,
        quantize="sinq",
    )  # fmt: skip
    job = painting_job(choice, reference)
    assert isinstance(job, GuideJob)
    assert job.generation.to_record() == {
        "prompt": "a cat", "negative_prompt": "dogs", "seed": 2**32 - 1, "steps": 3, "guidance_scale": 1.5, "width": 256,
        "height": 512,
    }  # fmt: skip
    assert job.guidance == GuidanceSettings(
        strength=0.5, start=0.1, stop=0.9, decode_scale=0.5, grain=1.5, method=GRADIENT
    )
    assert (job.reference, job.model, job.plain) == (PictureReference(reference), "stabilityai/sdxl-turbo", True)
    plain = painting_job(replace(choice, kind=NOTHING), None)
    assert plain == PaintJob(job.generation, job.model, "sinq")
    assert job.quantize == "sinq"
    with pytest.raises(InputError, match="unknown quantization 'int3': choose one of none, sinq"):
        painting_job(replace(choice, quantize="int3"), reference)


def test_kept_colours_bring_the_settings_without_controls() -> None:
    guidance = GuidanceSettings(linear_until=0.2, seed=5, strength=2)
    choice = GuideChoice(prompt="a cat", kind=KEPT, strength=1.5)
    job = painting_job(choice, None, kept_job(guidance=guidance))
    assert isinstance(job, GuideJob)
    assert job.reference == KeptColours(COLORS, "dusk.jpg")
    assert job.guidance == replace(guidance, strength=1.5)
    other = painting_job(replace(choice, kind=PALETTE, palette=RED_BLUE), None, kept_job(guidance=guidance))
    assert isinstance(other, GuideJob) and other.guidance == GuidanceSettings(strength=1.5)


def test_an_empty_seed_is_a_new_one_each_time() -> None:
    seeds = {painting_job(GuideChoice(prompt="a cat", kind=NOTHING, seed=None), None).generation.seed for _ in range(4)}
    assert len(seeds) == 4


def test_colours_to_avoid_reach_the_job_also_over_kept_ones() -> None:
    choice = GuideChoice(prompt="a cat", kind=PALETTE, palette=RED_BLUE, avoid="#00ff00")
    job = painting_job(choice, None)
    assert isinstance(job, GuideJob) and job.guidance == GuidanceSettings(avoid="#00ff00")
    kept = kept_job(guidance=GuidanceSettings(avoid="#ffff00"))
    for written, wanted in (("#00ff00", "#00ff00"), (" ", ""), (None, "")):
        again = painting_job(replace(choice, kind=KEPT, avoid=written), None, kept)
        assert isinstance(again, GuideJob) and again.guidance.avoid == wanted
    assert isinstance(painting_job(replace(choice, kind=NOTHING, avoid="#zz"), None), PaintJob), (
        "nothing is asked there"
    )


def test_seeds_of_several_pictures_count_up_or_are_drawn() -> None:
    choice = GuideChoice(prompt="a cat", kind=PALETTE, palette=RED_BLUE, seed=2**32 - 2, count=4)
    jobs = painting_jobs(choice, None)
    assert [job.generation.seed for job in jobs] == [2**32 - 2, 2**32 - 1, 0, 1]
    assert len({replace(job, generation=jobs[0].generation) for job in jobs}) == 1, "all else is the same"
    assert painting_jobs(replace(choice, count=1), None) == [painting_job(choice, None)]
    for empty in (None, ""):
        drawn = [job.generation.seed for job in painting_jobs(replace(choice, seed=empty), None)]
        assert len(set(drawn)) == 4 and [seed - drawn[0] for seed in drawn] != [0, 1, 2, 3]
    for count, words in (
        (0, "0 pictures a press"),
        (5, "give 1 to 4"),
        (1.5, "not a whole number"),
        (None, "is empty"),
    ):
        with pytest.raises(InputError, match=words):
            painting_jobs(replace(choice, count=count), None)


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
        ({"kind": PALETTE, "palette": RED_BLUE, "avoid": "#zz"}, "colours to avoid: .*'#zz' is not a hex colour"),
        (
            {"kind": PALETTE, "palette": RED_BLUE, "avoid": "#00ff00", "method": GRADIENT},
            "under More, How colours are moved",
        ),
        ({"method": "magic"}, "unknown guidance method 'magic'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        painting_job(GuideChoice(**{"prompt": "a cat", **given}), None)


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


def test_a_png_gives_its_job_back_guided_or_not(session: Session, tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8))
    guided = GuideResult(kept_job(plain=True), image, image, 1.0, 2.0, 0.1, ())
    painted = save(guided, session.new_place)
    assert (painted.picture.name, painted.plain and painted.plain.name) == ("a cat.png", "a cat plain.png")
    assert read_painted(painted.picture) == guided.job
    assert painted.plain is not None
    assert read_painted(painted.plain) == PaintJob(guided.job.generation)
    for text in ("[]", "{}", '{"prompt": 3, "model": "x"}', '{"prompt": "a", "model": "x", "guidance": 1}', "nonsense"):
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt(SETTINGS_KEY, text)
        image.save(tmp_path / "broken.png", pnginfo=info)
        with pytest.raises(InputError, match="broken.png"):
            read_painted(tmp_path / "broken.png")


def test_records_of_the_page_hold_no_folder(session: Session) -> None:
    image = Image.new("RGB", (8, 8))
    painted = save(GuideResult(kept_job(), image, None, 1.0, None, 0.1, ()), session.new_place)
    with Image.open(painted.picture) as written:
        assert str(session.folder) not in json.dumps(written.info)


def test_on_a_space_only_the_list_is_on_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/space")
    assert model_from("stabilityai/sdxl-turbo") == "stabilityai/sdxl-turbo"
    with pytest.raises(InputError, match="models of its list"):
        model_from("owner/name")


def test_strangers_do_not_fill_the_disk_with_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_chosen", limits.PUBLIC)
    assert model_from("stabilityai/sdxl-turbo") == "stabilityai/sdxl-turbo"
    with pytest.raises(InputError, match="This server paints with the models of its list"):
        model_from("owner/name")
