"""Guided pictures from a job: the same everywhere, painted again from their PNG, stopped, refused."""

from __future__ import annotations

import base64
import functools
import io
import json
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

import guidance.loading
from guidance.attach import guide
from guidance.catalogue import EMBEDDED_ID, MODELS
from guidance.known import EMBEDDED
from guidance.loading import LoadedModel
from guidance.memory import MemoryEstimate, Placement
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation, generate
from reswd_torch.errors import InputError
from reswd_torch.matching import color_distance
from studio.records.painted import read_guided
from studio.service.guide import pipelines
from studio.service.guide import run as guided
from studio.service.guide.pipelines import pipeline
from studio.service.guide.run import (
    GuideEvent,
    GuideResult,
    check_job,
    default_generation,
    run_guide,
    save_painted,
)
from studio.service.guide.stream import paint_events
from studio.watch import Cancelled
from tests.conftest import photograph
from tests.guidance.tiny import FAMILIES, call_arguments, tiny_pipeline
from tests.studio.jobs_for_tests import guide_job
from tests.studio.media.images.profiles_for_tests import display_p3

SAIL = Generation("a sailboat", seed=5, steps=3)
BLUE_AND_RED = "#1d3557:3,#e63946"
TINY_ONLY = {"max_sequence_length", "text_encoder_out_layers", "use_resolution_binning", "complex_human_instruction"}
NOTHING_LEARNT = {"step", "set_timesteps", "prepare_latents"}


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "warm.png"
    Image.fromarray(np.rint(photograph(2, 40, 56, (1.0, 0.75, 0.5)) * 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def kept() -> Iterator[Any]:
    """The embedded pipeline as the process keeps it, untouched again afterwards."""
    with pipeline() as loaded:
        pass
    yield loaded.pipe
    assert is_untouched(loaded.pipe)
    assert pipelines._ONE_AT_A_TIME.acquire(timeout=5)
    pipelines._ONE_AT_A_TIME.release()


def is_untouched(pipe: Any) -> bool:
    return not NOTHING_LEARNT & (vars(pipe).keys() | vars(pipe.scheduler).keys())


def pixels(image: Any) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def record_of(path: Path) -> dict[str, Any]:
    with Image.open(path) as image:
        return json.loads(image.text["reswd"])  # type: ignore[attr-defined, no-any-return]


def colors_in(record: dict[str, Any]) -> torch.Tensor:
    """(N, 3): the reference as a PNG keeps it, unpacked by what is written about it: 16 bits each, low byte first."""
    words = np.frombuffer(base64.b64decode(record["reference"]["colors"]), "<u2").reshape(-1, 3)
    return torch.from_numpy(words.astype(np.float64) / 65535).float()


def distance(image: Any, colors: torch.Tensor) -> float:
    return color_distance(torch.from_numpy(pixels(image).reshape(-1, 3) / 255).float(), colors)


def colors_of(path: Path) -> np.ndarray:
    return guided._colors_of(guide_job(SAIL, reference=path))[0]


def a_model(folder: Path) -> Path:
    shutil.copytree(EMBEDDED, folder)
    return folder


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


def test_strength_0_is_the_plain_image() -> None:
    result = run_guide(guide_job(SAIL, GuidanceSettings(strength=0), palette=BLUE_AND_RED, plain=True))
    assert result.plain is not None
    assert np.array_equal(pixels(result.image), pixels(result.plain))


def test_distances_are_those_of_the_saved_files_to_the_saved_colours(reference: Path, tmp_path: Path) -> None:
    result = run_guide(guide_job(SAIL, reference=reference, plain=True))
    out, beside = save_painted(result, tmp_path / "out.png")(result, tmp_path / "out-plain.png")
    record = record_of(out)
    colors = colors_in(record)
    assert distance(Image.open(out), colors) == pytest.approx(result.distance, abs=1e-5)
    assert distance(Image.open(beside), colors) == pytest.approx(result.plain_distance, abs=1e-5)
    assert record["distance"] == round(result.distance, 4)
    assert record["plain_distance"] == round(result.plain_distance or 0, 4)


@pytest.mark.parametrize(
    ("generation", "settings"),
    [
        (Generation("a red dog", "blue", 2**32 - 1, 2, 3.5), GuidanceSettings(strength=0.7, start=0.1, stop=0.9)),
        (Generation("a dog", seed=1, steps=2, width=72, height=40), GuidanceSettings(decode_scale=0.5, seed=9)),
        (Generation("a dog", steps=2), GuidanceSettings(method="gradient", inner_steps=1, linear_until=0.5)),
    ],
)
def test_a_saved_picture_is_painted_again_bit_for_bit(
    generation: Generation, settings: GuidanceSettings, reference: Path, tmp_path: Path
) -> None:
    result = run_guide(guide_job(generation, settings, reference=reference))
    assert result.image.size == (generation.width or 64, generation.height or 64)
    out = save_painted(result, tmp_path / "out.png")
    reference.unlink()
    job = read_guided(out)
    assert (job.generation, job.guidance, job.model) == (generation, settings, EMBEDDED_ID)
    assert job.reference_name == "warm.png"
    again = run_guide(job)
    assert np.array_equal(pixels(again.image), pixels(Image.open(out)))
    assert again.distance == result.distance
    assert record_of(save_painted(again, tmp_path / "again.png")) == record_of(out)


def test_a_model_gets_the_settings_of_its_makers_and_what_is_given_wins() -> None:
    for entry in MODELS.values():
        made = default_generation(entry.id, "a dog")
        assert (made.steps, made.guidance_scale) == (entry.steps, entry.scale)
    made = default_generation(f" {EMBEDDED_ID} ", "a dog", steps=None, guidance_scale=0, seed=3)
    assert made == Generation("a dog", seed=3, steps=25, guidance_scale=0)


# The reference


def test_a_wide_gamut_reference_is_converted_to_srgb_and_that_is_said(tmp_path: Path) -> None:
    wide = (np.linspace(0.2, 0.8, 48 * 48 * 3).reshape(48, 48, 3) * 255).astype(np.uint8)
    wide[..., 0] = 128
    Image.fromarray(wide).save(tmp_path / "p3.png", icc_profile=display_p3())
    profiles = ImageCms.ImageCmsProfile(io.BytesIO(display_p3())), ImageCms.createProfile("sRGB")
    oracle = ImageCms.profileToProfile(Image.fromarray(wide), *profiles)  # LittleCMS, 8 bits
    assert oracle is not None
    assert np.abs(np.asarray(oracle, int) - wide).max() > 10
    result = run_guide(guide_job(replace(SAIL, steps=1), reference=tmp_path / "p3.png"))
    colors = colors_in({"reference": {"colors": result.job.colors}})
    assert len(colors) == 2048
    nearest = torch.cdist(colors, torch.from_numpy(np.asarray(oracle).reshape(-1, 3) / 255).float()).min(1).values
    assert float(nearest.max()) * 255 < 1.5
    assert any("Display P3" in note for note in result.notes)


def test_transparent_pixels_do_not_count(tmp_path: Path) -> None:
    half = np.zeros((32, 32, 4), np.uint8)
    half[:, :16] = (255, 0, 0, 0)
    half[:, 16:] = (0, 0, 255, 255)
    Image.fromarray(half).save(tmp_path / "half.png")
    assert np.array_equal(np.unique(colors_of(tmp_path / "half.png"), axis=0), [[0, 0, 1]])
    half[..., 3] = 0
    Image.fromarray(half).save(tmp_path / "none.png")
    with pytest.raises(InputError, match="none.png.*fully transparent"):
        check_job(guide_job(SAIL, reference=tmp_path / "none.png"))


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 2**16, (40, 40, 3), np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    colors = colors_of(tmp_path / "deep.tif")
    assert {tuple(c) for c in np.rint(colors * 65535).astype(int).tolist()} == {
        tuple(c) for c in deep.reshape(-1, 3).tolist()
    }


# Files


def test_where_a_model_or_a_reference_lies_is_nobodys_business(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    a_model(tmp_path / "secret" / EMBEDDED_ID)
    generation = replace(SAIL, guidance_scale=2.5)
    ours = run_guide(guide_job(generation, reference=reference))
    for model in (
        str(tmp_path / "secret" / EMBEDDED_ID),
        f"secret/{EMBEDDED_ID}",
        f"./secret/../secret/{EMBEDDED_ID}/",
    ):
        result = run_guide(guide_job(generation, reference=reference, model=model, plain=True))
        assert list(pipelines._kept) == [(model, "auto")], "one model at a time"
        assert np.array_equal(pixels(result.image), pixels(ours.image))
        out = save_painted(result, tmp_path / "out.png", overwrite=True)
        beside = save_plain(result, tmp_path / "out-plain.png", overwrite=True)
        for file in (out, beside):
            assert "secret" not in json.dumps(record_of(file)) and str(tmp_path) not in json.dumps(record_of(file))
            assert record_of(file)["model"] == f"./{EMBEDDED_ID}", "it is not taken for the one in the repository"
    with pytest.raises(InputError, match=rf"folder './{EMBEDDED_ID}' is not there"):
        run_guide(read_guided(out))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.pop("guidance"), "without a reference"),
        (lambda r: r.update(format="another"), "settings are broken.*another"),
        (lambda r: r.pop("format"), "settings are broken"),
        (lambda r: r.pop("prompt"), "settings are broken.*prompt"),
        (lambda r: r.update(prompt=5), "settings are broken"),
        (lambda r: r.update(steps=2.5), "settings are broken.*2.5"),
        (lambda r: r.update(seed="7"), "settings are broken.*'7'"),
        (lambda r: r.update(width="64"), "settings are broken.*'64'"),
        (lambda r: r.update(model=None), "settings are broken"),
        (lambda r: r["guidance"].update(strength=9), "settings are broken.*strength 9"),
        (lambda r: r["guidance"].update(novel=1), "settings are broken.*novel"),
        (lambda r: r.update(guidance=[]), "settings are broken"),
        (lambda r: r.update(reference=None), "settings are broken"),
        (lambda r: r["reference"].update(colors="AAAA"), "settings are broken.*colours are incomplete"),
        (lambda r: r["reference"].update(colors="?"), "settings are broken.*colours are incomplete"),
        (lambda r: r["reference"].update(colors=""), "settings are broken"),
        (lambda r: r["reference"].update(colors=[1, 2, 3]), "settings are broken.*colours are incomplete"),
        (lambda r: r["reference"].update(name=7), "settings are broken"),
    ],
)
def test_broken_settings_are_refused_in_words(change: Any, said: str, tmp_path: Path) -> None:
    colors = base64.b64encode(np.zeros(6, "<u2").tobytes()).decode()
    record = {
        "format": guided.FORMAT, "model": EMBEDDED_ID, **SAIL.to_record(), "guidance": asdict(GuidanceSettings()),
        "reference": {"name": None, "colors": colors},
    }  # fmt: skip
    image = Image.new("RGB", (4, 4))
    guided.write_png(image, record, tmp_path / "sound.png")
    assert read_guided(tmp_path / "sound.png").generation == SAIL
    change(record)
    guided.write_png(image, record, tmp_path / "broken.png")
    with pytest.raises(InputError, match=f"broken.png.*{said}") as refused:
        read_guided(tmp_path / "broken.png")
    assert "\n" not in str(refused.value)


def test_files_without_settings_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.jpg")
    (tmp_path / "text.png").write_text("text")
    (tmp_path / "empty.png").touch()
    guided.write_png(Image.new("RGB", (4, 4)), [1], tmp_path / "list.png")  # type: ignore[arg-type]
    for name in ("plain.png", "plain.jpg", "text.png", "empty.png"):
        with pytest.raises(InputError, match=f"{name}: this file holds no settings"):
            read_guided(tmp_path / name)
    with pytest.raises(InputError, match="settings are broken"):
        read_guided(tmp_path / "list.png")
    with pytest.raises(InputError, match="no such file"):
        read_guided(tmp_path / "nowhere.png")


# Refused


def test_a_job_has_one_kind_of_reference(reference: Path) -> None:
    with pytest.raises(InputError, match="nothing to steer towards"):
        guide_job(SAIL)
    with pytest.raises(InputError, match="reference and palette were given together"):
        guide_job(SAIL, reference=reference, palette=BLUE_AND_RED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"palette": "#12"}, "#12"),
        ({"palette": None, "reference": Path("nowhere.png")}, "nowhere.png"),
        ({"palette": None, "reference": Path(__file__)}, "test_run.py"),
        ({"model": "pocket"}, "did you mean pocket-64"),
        ({"model": "/nowhere/model"}, "is not there"),
        ({"generation": replace(SAIL, width=100)}, "width 100 .*multiple of 8, such as 96"),
        ({"model": "stabilityai/sdxl-turbo", "generation": replace(SAIL, height=501)}, "height 501 .*such as 504"),
    ],
)
def test_bad_jobs_are_refused_before_a_model_is_loaded(
    changes: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guidance.loading, "load", lambda *_: pytest.fail("a model was loaded"))
    monkeypatch.setattr(pipelines, "_kept", {})
    job = replace(guide_job(SAIL, palette=BLUE_AND_RED), **changes)
    for run in (check_job, run_guide):
        with pytest.raises(InputError, match=said):
            run(job)


def test_a_size_that_a_folder_s_model_does_not_paint_is_refused_in_words(tmp_path: Path) -> None:
    model = str(a_model(tmp_path / "mine"))
    with pytest.raises(InputError, match="width 100 does not suit .*mine: give a multiple of 8, such as 96"):
        run_guide(guide_job(replace(SAIL, width=100, height=64), palette=BLUE_AND_RED, model=model))
    (tmp_path / "mine" / "unet" / "config.json").unlink()
    pipelines._kept.clear()
    with pytest.raises(InputError, match="could not be read from"):
        run_guide(guide_job(SAIL, palette=BLUE_AND_RED, model=model))
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
        with pytest.raises(error, match=said):
            run_guide(guide_job(SAIL, palette=BLUE_AND_RED))
        with pytest.raises(error, match=said):  # and through the thread
            list(paint_events(guide_job(SAIL, palette=BLUE_AND_RED)))


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


# Events


def test_events_rise_to_the_end_and_the_result_is_last(kept: Any) -> None:
    job = guide_job(replace(SAIL, steps=4), palette=BLUE_AND_RED, plain=True)
    *events, result = paint_events(job)
    assert isinstance(result, GuideResult)
    assert all(isinstance(event, GuideEvent) for event in events)
    assert [event.share for event in events] == [0, *(step / 8 for step in range(1, 9))]
    assert [event.text for event in events[:2]] == ["starting", "step 1 of 4"]
    assert events[-1].text == "plain image, step 4 of 4"
    seen = [event.preview for event in events if event.preview is not None]
    assert len(seen) == 2 and all(view.dtype == np.uint8 and view.shape[-1] == 3 for view in seen)
    assert np.array_equal(pixels(result.image), pixels(run_guide(job).image))


def counted_steps(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each call of the denoiser."""
    calls: list[int] = []
    original = pipe.unet.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(pipe.unet, "forward", forward)
    return calls


def test_a_stopped_job_ends_within_a_step_and_leaves_the_pipeline_as_it_was(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = guide_job(SAIL, palette=BLUE_AND_RED)
    before = run_guide(job)
    calls = counted_steps(kept, monkeypatch)
    events: list[Any] = []
    long = replace(job, generation=replace(SAIL, steps=200))
    with pytest.raises(Cancelled):
        for event in paint_events(long, stopped=lambda: len(calls) >= 2):
            events.append(event)
    assert [event.text for event in events] == ["starting", "step 1 of 200"]
    assert len(calls) == 2
    assert is_untouched(kept)
    assert not pipelines._ONE_AT_A_TIME.locked()
    assert np.array_equal(pixels(run_guide(job).image), pixels(before.image))


def test_who_stops_listening_ends_the_job_within_a_step_and_others_get_their_turn(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted_steps(kept, monkeypatch)
    events = paint_events(guide_job(replace(SAIL, steps=200), palette=BLUE_AND_RED))
    while next(events).text != "step 2 of 200":
        pass
    assert pipelines._ONE_AT_A_TIME.locked()
    events.close()  # type: ignore[attr-defined]
    begun = len(calls)
    assert pipelines._ONE_AT_A_TIME.acquire(timeout=20)
    pipelines._ONE_AT_A_TIME.release()
    assert len(calls) <= begun + 1
    assert is_untouched(kept)


def test_whoever_waits_for_another_picture_is_told_and_may_leave(kept: Any) -> None:
    job = guide_job(replace(SAIL, steps=1), palette=BLUE_AND_RED)
    tired = threading.Event()
    with pipeline():
        patient, impatient = paint_events(job), paint_events(job, stopped=tired.is_set)
        assert next(patient).text == next(impatient).text == "waiting for another picture"
        tired.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            list(impatient)
        assert time.monotonic() - began < 5
    *_, result = patient
    assert isinstance(result, GuideResult)


def test_errors_cross_the_thread_with_their_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^folder '/nowhere/at/all' is not there: give a folder"):
        list(paint_events(guide_job(SAIL, palette=BLUE_AND_RED, model="/nowhere/at/all")))


# One model at a time


class FakePipe:
    """Nothing but what the keeper of pipelines touches."""

    freed = 0
    placement = Placement("float32", "none", MemoryEstimate(0, 0, 0))
    itself: Any = None

    def maybe_free_model_hooks(self) -> None:
        self.freed += 1


def test_the_last_model_is_gone_before_the_next_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_kept", {})
    here: list[weakref.ref[Any]] = []

    def load(model: str, *_: Any) -> Any:
        assert all(one() is None for one in here)
        pipe = FakePipe()
        pipe.itself = pipe  # as pipelines do: only the collector frees it
        here.append(weakref.ref(pipe))
        return pipe

    monkeypatch.setattr(guidance.loading, "load", load)
    for model in ("a", "b", "b", " b ", "a"):
        with pipeline(model):
            pass
    assert len(here) == 3


@pytest.mark.parametrize(("offload", "freed"), [("none", 0), ("model", 1), ("sequential", 0)])
def test_what_a_stopped_call_left_on_the_device_goes_back(
    offload: str, freed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = FakePipe()
    loaded = LoadedModel(pipe, None, Placement("float16", offload, MemoryEstimate(0, 0, 0)))  # type: ignore[arg-type]
    monkeypatch.setattr(pipelines, "_kept", {})
    monkeypatch.setattr(guidance.loading, "load", lambda *_: loaded)
    with pipeline("a"):
        pass
    assert pipe.freed == 0
    with pytest.raises(Cancelled), pipeline("a"):
        raise Cancelled
    assert pipe.freed == freed


def test_names_of_downloads_are_the_prompt_s_words() -> None:
    assert guided.file_name("A dog, on a/red: background!") == "A dog on a red background.png"
    assert guided.file_name("../..") == "picture.png"
    assert len(guided.file_name("long " * 100)) <= 64


@pytest.mark.parametrize("negative", ["", "grey"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_painted_by_a_job_with_all_its_steps_told(
    family: str, negative: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a model that the catalogue does not know. PNDM takes a step more than it is asked for; PixArt knows another
    callback than all others and no prompt that is None; the first argument of FLUX.2 is no prompt."""
    pipe = tiny_pipeline(family)
    call = type(pipe).__call__
    tiny_only = {name: value for name, value in call_arguments(pipe, ["a dog"]).items() if name in TINY_ONLY}

    @functools.wraps(call)
    def small(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs, **tiny_only)

    monkeypatch.setattr(type(pipe), "__call__", small)
    loaded = LoadedModel(pipe, None, Placement("float32", "none", MemoryEstimate(0, 0, 0)))
    monkeypatch.setattr(pipelines, "_kept", {("owner/name", "auto"): loaded})
    wanted = Generation("a dog", negative, 3, 3, 3.0, 64, 64)
    *events, result = paint_events(guide_job(wanted, palette=BLUE_AND_RED, model="owner/name", plain=True))
    steps = 4 if family == "sd15" else 3
    shares = [0, *(step / steps / 2 for step in range(1, 2 * steps + 1))]
    assert [event.share for event in events] == pytest.approx(shares)
    assert result.image.size == result.plain.size == (64, 64)
    assert result.distance < result.plain_distance
