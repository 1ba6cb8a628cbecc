"""``reswd guide``: from a prompt and colours to a PNG that can be painted again; every flag and every refusal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch
from PIL import Image

from guidance.attach import guide
from guidance.catalogue import CATALOGUE
from guidance.reference import Reference
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation, generate
from studio.cli import options
from studio.records.painted import read_guided
from studio.references import KeptColours
from studio.service.guide import pipelines
from studio.service.guide import run as guided
from studio.service.guide.pipelines import pipeline
from tests.conftest import digest
from tests.studio.command_line import Reswd, assert_refused, snapshot
from tests.studio.media.clips.made import make_clip
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.records.test_painted import GUIDED_1, written
from tests.studio.service.guide.paintings_for_tests import (
    BLUE_AND_RED,
    colors_in,
    colors_of_record,
    distance,
    is_untouched,
    pixels,
    pixels_of,
    record_of,
    warm_picture,
)

SAIL = ("guide", "a sailboat", "--palette", BLUE_AND_RED)


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A picture in warm light."""
    return warm_picture(tmp_path)


def test_a_prompt_and_a_palette_become_a_png_with_its_settings(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "sail.png"
    ran = reswd(*SAIL, "-o", out, "--steps", 3, "--seed", 7)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    record = record_of(out)
    shown = distance(pixels_of(out), colors_of_record(record))
    assert ran.out.splitlines() == [f"wrote {out}", f"distance to the reference: {shown:.1f}"]
    assert record["reference"]["name"] == BLUE_AND_RED
    assert (record["model"], record["prompt"], record["seed"], record["steps"]) == ("pocket-64", "a sailboat", 7, 3)
    assert record["guidance_scale"] == 2.5
    assert [file.name for file in tmp_path.iterdir()] == ["sail.png"]


def test_every_flag_reaches_the_picture_and_the_library_paints_the_same(
    reswd: Reswd,
    reference: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.png"
    ran = reswd(
        *("guide", "a red dog", "--reference", reference, "-o", out, "--strength", 0.8, "--start", 0.2, "--stop", 0.9),
        *("--method", "gradient", "--decode-scale", 0.5, "--grain", 1, "--model", "pocket-64", "--negative", "grey"),
        *("--seed", 11, "--steps", 4, "--scale", 3, "--size", "72x40", "--device", "cpu"),
    )
    assert ran.code == 0, ran.err
    settings = GuidanceSettings(strength=0.8, start=0.2, stop=0.9, method="gradient", decode_scale=0.5, grain=1.0)
    wanted = Generation("a red dog", "grey", 11, 4, 3.0, 72, 40)
    job = read_guided(out)
    assert (job.generation, job.guidance, job.reference.name) == (wanted, settings, "warm.png")
    with pipeline() as loaded, guide(loaded.pipe, Image.open(reference), settings=settings):
        assert np.array_equal(pixels_of(out), pixels(generate(loaded.pipe, wanted)))


def test_the_plain_image_lies_beside_it_as_generate_paints_it(reswd: Reswd, tmp_path: Path) -> None:
    out, beside, alone = (tmp_path / name for name in ("out.png", "out-plain.png", "alone.png"))
    ran = reswd(*SAIL, "-o", out, "--plain", "--steps", 3, "--seed", 2)
    assert ran.code == 0, ran.err
    colors = colors_of_record(record_of(out))
    after, before = (distance(pixels_of(path), colors) for path in (out, beside))
    assert after < before / 2
    assert ran.out.splitlines() == [
        f"wrote {out}",
        f"wrote {beside}",
        f"distance to the reference: {after:.1f} (plain image: {before:.1f})",
    ]
    assert reswd("generate", "a sailboat", "-o", alone, "--steps", 3, "--seed", 2).code == 0
    assert np.array_equal(pixels_of(beside), pixels_of(alone))
    assert record_of(beside) == record_of(alone)


def test_the_settings_in_a_picture_paint_it_again_and_flags_win(
    reswd: Reswd,
    reference: Path,
    tmp_path: Path,
) -> None:
    first, again, other = (tmp_path / name for name in ("first.png", "again.png", "other.png"))
    made = reswd(
        *("guide", "a sailboat", "--reference", reference, "-o", first, "--strength", 0.9, "--steps", 3, "--seed", 4)
    )
    reference.unlink()
    ran = reswd("guide", "--from", first, "-o", again)
    assert ran.code == 0, ran.err
    assert ran.out == made.out.replace("first", "again")
    assert digest(first) == digest(again)
    ran = reswd("guide", "a dog", "--from", first, "-o", other, "--strength", 0.5, "--palette", "#00ff00")
    assert ran.code == 0, ran.err
    job, saved = read_guided(other), read_guided(first)
    assert (job.generation.prompt, job.generation.seed, job.guidance.strength) == ("a dog", 4, 0.5)
    assert isinstance(job.reference, KeptColours) and isinstance(saved.reference, KeptColours)
    assert job.reference.colors != saved.reference.colors
    assert job.reference.name == "#00ff00"


def test_a_picture_of_version_1_is_painted_again(reswd: Reswd, tmp_path: Path) -> None:
    old, new = written(tmp_path / "old.png", GUIDED_1), tmp_path / "new.png"
    ran = reswd("guide", "--from", old, "-o", new)
    assert ran.code == 0, ran.err
    job = read_guided(old)
    assert read_guided(new) == replace(job, plain=False)
    assert isinstance(job.reference, KeptColours)
    with pipeline() as loaded, guide(loaded.pipe, Reference(colors_in(job.reference.colors)), settings=job.guidance):
        assert np.array_equal(pixels_of(new), pixels(generate(loaded.pipe, job.generation)))


def test_a_clip_gives_the_colours_as_a_picture_does(reswd: Reswd, tmp_path: Path) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", audio=False), tmp_path / "out.png"
    ran = reswd("guide", "a sailboat", "--reference", clip, "-o", out, "--steps", 2)
    assert ran.code == 0, ran.err
    assert read_guided(out).reference.name == "clip.mp4"
    assert_refused(reswd("guide", "a dog", "--reference", tmp_path / "no.mp4", "-o", tmp_path / "b.png"), "no.mp4")


def test_the_list_shows_every_model_and_loads_none(reswd: Reswd) -> None:
    ran = reswd("guide", "--list")
    assert ran.code == 0
    head, *lines = ran.out.splitlines()
    assert head.split() == ["id", "size", "steps", "memory", "licence", "gated", "checked"]
    for entry, line in zip(CATALOGUE, lines, strict=False):
        assert line.startswith(f"{entry.id} ")
        assert line.split()[1:3] == [f"{entry.width}x{entry.height}", str(entry.steps)]
        assert (entry.license or "unknown") in line
        assert line.split()[-2:] == [{True: "yes", False: "no", None: "unknown"}[entry.gated], entry.checked]
    assert "estimate" in ran.out


def test_a_prompt_outside_the_small_model_s_world_gets_a_hint_and_a_picture(reswd: Reswd, tmp_path: Path) -> None:
    ran = reswd("guide", "an elefant", "--palette", "#123456", "-o", tmp_path / "out.png", "--steps", 1)
    assert ran.code == 0
    assert "elephant" in ran.err
    assert (tmp_path / "out.png").is_file()


def test_what_was_understood_is_printed_and_nothing_painted(reswd: Reswd, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    ran = reswd("guide", "a blue dog on a red background", "--explain", "--palette", "#d4281f,#ffffff")
    assert ran.code == 0, ran.err
    head, *lines = ran.out.splitlines()
    assert head == "understood:"
    assert [line.rsplit(maxsplit=1)[0].split("  ")[1].strip() for line in lines[:3]] == [
        "object",
        "object's colour",
        "background",
    ]
    assert [line.split()[-2] for line in lines[:3]] == ["dog", "blue", "red"]
    assert lines[3:] == ["warning: The prompt asks for blue; the palette has none."]
    assert snapshot(tmp_path) == before


def test_what_was_not_understood_is_printed(reswd: Reswd) -> None:
    ran = reswd("guide", "a stapler", "--explain")
    assert ran.code == 0 and ran.out == "not understood: stapler\n"
    assert "names none of them" in ran.err
    assert reswd("guide", "собака", "--explain").out == "not understood: собака\n"
    assert reswd("guide", " ", "--explain").out == "not understood: the prompt is empty\n"


def test_with_a_place_for_it_the_picture_is_painted_as_well_and_is_the_same(reswd: Reswd, tmp_path: Path) -> None:
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    ran = reswd(*SAIL, "--explain", "-o", one, "--steps", 1)
    assert ran.code == 0 and "sailboat" in ran.out and f"wrote {one}" in ran.out
    assert reswd(*SAIL, "-o", other, "--steps", 1).code == 0
    assert digest(one) == digest(other)
    again = reswd("guide", "--from", one, "--explain")
    assert again.code == 0 and "sailboat" in again.out


def test_of_other_models_nobody_knows_what_they_understand(reswd: Reswd) -> None:
    ran = reswd("guide", "a dog", "--explain", "--model", "nobody/nothing")
    assert_refused(ran, "what 'nobody/nothing' understands is not known")
    assert_refused(reswd("guide", "--explain"), "nothing to explain: give a PROMPT")


def test_the_bar_rises_with_every_step(reswd: Reswd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []

    @contextmanager
    def bar() -> Iterator[Any]:
        yield lambda share, text: told.append((share, text))

    monkeypatch.setattr(options, "progress_bar", bar)
    pipelines._kept.clear()
    assert reswd(*SAIL, "-o", tmp_path / "out.png", "--steps", 2).code == 0
    assert told[0] == (0.0, "loading pocket-64")
    assert told[-2:] == [(0.5, "step 1 of 2"), (1.0, "step 2 of 2")]
    assert [share for share, _ in told] == sorted(share for share, _ in told)


OUT = ("-o", "out.png")
COLOURS = ("--palette", "#123456")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*COLOURS, *OUT), "nothing to paint"),
        (("", *COLOURS, *OUT), "the prompt is empty"),
        (("a dog", *OUT), "--reference IMG or --palette"),
        (("a dog", *COLOURS), "-o OUT"),
        (("a dog", *COLOURS, "--reference", "warm.png", *OUT), "given together"),
        (("a dog", "--palette", "#12345", *OUT), "#12345"),
        (("a dog", "--palette", "", *OUT), "palette '' names no colour: give hex colours"),
        (("a dog", "--palette", "#123456:-1", *OUT), "-1"),
        (("a dog", "--reference", "nowhere.png", *OUT), "nowhere.png"),
        (("a dog", "--reference", "text.png", *OUT), "text.png"),
        (("a dog", "--reference", ".", *OUT), "."),
        (("a dog", *COLOURS, *OUT, "--strength", "2.5"), "strength 2.5"),
        (("a dog", *COLOURS, *OUT, "--strength", "nan"), "strength nan"),
        (("a dog", *COLOURS, *OUT, "--strength", "much"), "'much'"),
        (("a dog", *COLOURS, *OUT, "--start", "-0.1"), "start -0.1"),
        (("a dog", *COLOURS, *OUT, "--stop", "1.1"), "stop 1.1"),
        (("a dog", *COLOURS, *OUT, "--start", "0.8", "--stop", "0.3"), "start 0.8 is not before stop 0.3"),
        (("a dog", *COLOURS, *OUT, "--decode-scale", "0"), "decode_scale 0"),
        (("a dog", *COLOURS, *OUT, "--grain", "-1"), "grain -1"),
        (("a dog", *COLOURS, *OUT, "--method", "magic"), "'magic'"),
        (("a dog", *COLOURS, *OUT, "--steps", "0"), "0 steps"),
        (("a dog", *COLOURS, *OUT, "--steps", "2.5"), "'2.5'"),
        (("a dog", *COLOURS, *OUT, "--seed", "-3"), "seed -3"),
        (("a dog", *COLOURS, *OUT, "--scale", "99"), "99"),
        (("a dog", *COLOURS, *OUT, "--size", "100"), "'100' is not a size: give width x height"),
        (("a dog", *COLOURS, *OUT, "--size", "64x"), "'64x' is not a size"),
        (("a dog", *COLOURS, *OUT, "--size", "-64x64"), "'-64x64' is not a size"),
        (("a dog", *COLOURS, *OUT, "--size", "100x64"), "multiple of 8, such as 96"),
        (("a dog", *COLOURS, *OUT, "--size", "64x8"), "height 8 is out of range"),
        (("a dog", *COLOURS, *OUT, "--size", "64x99999"), "height 99999 is out of range"),
        (("a dog", *COLOURS, *OUT, "--model", "sdxl-turbo"), "did you mean stabilityai/sdxl-turbo"),
        (("a dog", *COLOURS, *OUT, "--model", "./nowhere"), "'./nowhere' is not there"),
        (("a dog", *COLOURS, *OUT, "--model", ""), "model ''"),
        (("a dog", *COLOURS, "-o", "out.jpg"), ".png"),
        (("a dog", *COLOURS, "-o", "there.png"), "--overwrite"),
        (("a dog", *COLOURS, "-o", "a.png", "--plain"), "a-plain.png: the file exists"),
        (("a dog", *COLOURS, "-o", "nowhere/out.png"), "does not exist"),
        (("a dog", "--reference", "warm.png", "-o", "warm.png", "--overwrite"), "replace an input"),
        (("a dog", "--reference", "a-plain.png", "-o", "a.png", "--plain", "--overwrite"), "replace an input"),
        (("--from", "warm.png", *OUT), "holds no settings"),
        (("--from", "nowhere.png", *OUT), "no such file"),
        (("a dog", *COLOURS, *OUT, "--colour", "red"), "--colour"),
    ],
)
def test_bad_input_is_one_line_and_code_2_before_a_model_is_loaded(
    reswd: Reswd,
    reference: Path,
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guided, "pipeline", lambda *_: pytest.fail("a model was asked for"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("text")
    (tmp_path / "there.png").write_text("mine")
    Image.new("RGB", (4, 4)).save(tmp_path / "a-plain.png")
    before = snapshot(tmp_path)
    assert_refused(reswd("guide", *arguments), said)
    assert snapshot(tmp_path) == before


def test_a_device_that_is_not_there_is_one_line(reswd: Reswd, tmp_path: Path) -> None:
    assert_refused(reswd(*SAIL, "-o", tmp_path / "out.png", "--device", "tpu"), "'tpu'")
    assert not list(tmp_path.iterdir())


def test_a_picture_is_not_painted_over_the_one_whose_settings_it_has(reswd: Reswd, tmp_path: Path) -> None:
    first = tmp_path / "first.png"
    assert reswd(*SAIL, "-o", first, "--steps", 1).code == 0
    before = first.read_bytes()
    assert_refused(reswd("guide", "--from", first, "-o", first, "--overwrite"), "replace an input")
    assert_refused(reswd("guide", "--from", first, "-o", tmp_path / "b.png", "--size", "4x4"), "width 4")
    assert first.read_bytes() == before
    plain = tmp_path / "plain.png"
    assert reswd("generate", "a dog", "-o", plain, "--steps", 1).code == 0
    assert_refused(reswd("guide", "--from", plain, "-o", tmp_path / "b.png"), "painted without a reference")


def test_existing_pictures_are_replaced_only_when_asked(reswd: Reswd, tmp_path: Path) -> None:
    out, beside = tmp_path / "out.png", tmp_path / "out-plain.png"
    out.write_bytes(b"mine")
    beside.write_bytes(b"mine")
    arguments = (*SAIL, "-o", out, "--plain", "--steps", 1)
    assert_refused(reswd(*arguments), "--overwrite")
    assert out.read_bytes() == beside.read_bytes() == b"mine"
    assert reswd(*arguments, "--overwrite").code == 0
    assert pixels_of(out).shape == pixels_of(beside).shape == (64, 64, 3)


def test_a_model_of_the_hub_without_a_network_is_one_line(
    reswd: Reswd,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "out.png"
    ran = reswd(*SAIL, "-o", out, "--model", "stabilityai/sdxl-turbo")
    assert_refused(ran, "the hub is out of reach", "choose pocket-64")
    assert not out.exists()


@pytest.mark.parametrize(
    ("raised", "said"),
    [(None, "latents are not numbers"), (torch.OutOfMemoryError("CUDA out of memory"), "memory ran out")],
)
def test_what_goes_wrong_on_the_way_is_one_line_and_nothing_is_written(
    raised: Exception | None,
    said: str,
    reswd: Reswd,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pipeline() as loaded:
        denoiser = loaded.pipe.unet
    original = denoiser.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        if raised is not None:
            raise raised
        return (original(*args, **kwargs)[0] * float("nan"),)

    monkeypatch.setattr(denoiser, "forward", forward)
    assert_refused(reswd(*SAIL, "-o", tmp_path / "out.png", "--plain", "--steps", 2), said)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_ends_with_130_and_leaves_nothing(reswd: Reswd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    @contextmanager
    def bar() -> Iterator[Any]:
        def tell(_: float, text: str) -> None:
            seen.append(text)
            if text == "step 2 of 50":
                signal.raise_signal(signal.SIGINT)  # to this very thread: os.kill may wake another one first

        yield tell

    monkeypatch.setattr(options, "progress_bar", bar)
    # A shell that starts the suite in the background has SIGINT ignored, and Python then sets no handler of its own.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = reswd(*SAIL, "-o", tmp_path / "out.png", "--plain", "--steps", 50)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ran.code == 130
    assert ran.err.splitlines() == ["reswd: stopped; nothing half-written was left behind"]
    assert seen[-1] == "step 2 of 50"
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    with pipeline() as loaded:
        assert is_untouched(loaded.pipe)


def test_the_colours_of_a_reference_are_noted_where_they_were_converted(reswd: Reswd, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (200, 30, 30)).save(tmp_path / "p3.png", icc_profile=display_p3())
    out = tmp_path / "out.png"
    ran = reswd("guide", "a sailboat", "--reference", tmp_path / "p3.png", "-o", out, "--steps", 1)
    assert ran.code == 0
    assert "Display P3" in ran.err


def test_quantized_weights_are_asked_for_kept_and_taken_from_a_picture(reswd: Reswd, tmp_path: Path) -> None:
    first, again, whole = (tmp_path / f"{name}.png" for name in ("first", "again", "whole"))
    few = ("--steps", 3, "--seed", 7)
    assert reswd(*SAIL, "-o", first, *few, "--quantize", "sinq").code == 0
    assert record_of(first)["quantize"] == "sinq"
    assert reswd("guide", "--from", first, "-o", again).code == 0
    assert np.array_equal(pixels_of(again), pixels_of(first))
    assert reswd("guide", "--from", first, "-o", whole, "--quantize", "none").code == 0
    assert "quantize" not in record_of(whole)
    assert not np.array_equal(pixels_of(whole), pixels_of(first))


def test_a_quantization_that_cannot_be_is_refused(reswd: Reswd, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    for command in (SAIL, ("generate", "a sailboat")):
        ran = reswd(*command, "-o", out, "--quantize", "int3")
        assert ran.code == 2
        assert "unknown quantization 'int3': choose one of none, sinq, auto" in ran.err
        ran = reswd(*command, "-o", out, "--quantize", "torchao-int4", "--device", "cpu")
        assert ran.code == 2
        assert "'torchao-int4' runs on CUDA only, and the device is cpu: choose 'sinq'" in ran.err
    assert not out.exists()
