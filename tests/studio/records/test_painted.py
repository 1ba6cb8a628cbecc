"""The record inside a painted PNG: read back, of version 1 as well, and refused in words where it is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from guidance.attach import guide
from guidance.catalogue import EMBEDDED_ID
from guidance.reference import Reference
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation, generate
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, PaintJob
from studio.records.format import to_text
from studio.records.painted import SETTINGS_KEY, guided_text, painted_text, read_guided, read_painted
from studio.references import KeptColours
from studio.service.guide.pipelines import pipeline
from studio.service.guide.png import save_painted
from studio.service.guide.run import run_guide, run_paint
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import SAIL, colors_in, pixels, pixels_of, record_of

COLORS = "AAD//wAAAID/fwCA" * 4 + "AAD//wAA" * 3  # greens, and greys that 8 bits cannot hold
DUSK = KeptColours(COLORS, "dusk.jpg")

# As version 1 wrote them: one line, and no escapes.
PLAIN_1 = (
    '{"model": "pocket-64", "prompt": "a café, 夕暮れ", "negative_prompt": "red", "seed": 7, "steps": 3, '
    '"guidance_scale": 2.5}'
)
PLAIN_1_SIZED = (
    '{"model": "./mine", "prompt": "a dog", "negative_prompt": "", "seed": 4294967295, "steps": 1, '
    '"guidance_scale": 3.5, "width": 72, "height": 40}'
)
GUIDED_1 = (
    '{"format": "reswd-studio guided picture", "model": "pocket-64", "prompt": "a café, 夕暮れ", '
    '"negative_prompt": "red", "seed": 11, "steps": 3, "guidance_scale": 2.5, "width": 72, "height": 40, '
    '"guidance": {"strength": 0.8, "start": 0.2, "stop": 0.9, "seed": 4, "method": "transport", "linear_until": 0.55, '
    '"decode_scale": 0.5, "grain": 1.0, "inner_steps": 6, "learning_rate": 0.05, "reevaluate": false}, '
    f'"reference": {{"name": "dusk.jpg", "colors": "{COLORS}"}}, "distance": 3.1416, "plain_distance": 20.5}}'
)
GUIDED_1_ALONE = (
    '{"format": "reswd-studio guided picture", "model": "owner/name", "prompt": "a dog", "negative_prompt": "", '
    '"seed": 0, "steps": 28, "guidance_scale": 4.0, "guidance": {"strength": 1.0, "start": 0.0, "stop": 1.0, "seed": 0, '
    '"method": "gradient", "linear_until": 0.5, "decode_scale": 1.0, "grain": 2.0, "inner_steps": 1, '
    f'"learning_rate": 0.05, "reevaluate": true}}, "reference": {{"name": null, "colors": "{COLORS}"}}, "distance": 3.0}}'
)


def written(path: Path, text: str) -> Path:
    """A PNG with a text of settings, written as every version did."""
    info = PngInfo()
    info.add_itxt("reswd", text)
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


# Written


def test_a_record_says_what_it_is_and_what_it_was_made_with() -> None:
    plain = json.loads(painted_text(PaintJob(SAIL)))
    guided = json.loads(guided_text(GuideJob(SAIL, DUSK), 1.23456, None))
    for record, kind in ((plain, "painted picture"), (guided, "guided picture")):
        assert list(record)[:4] == ["format", "format_version", "kind", "made_with"]
        assert (record["format"], record["format_version"], record["kind"]) == ("reswd-studio", 2, kind)
        for name in ("reswd-studio", "python", "torch", "numpy", "pillow"):
            assert record["made_with"][name][0].isdigit()
    assert {name: plain[name] for name in list(plain)[4:]} == {"model": "pocket-64", **SAIL.to_record()}
    assert {name: guided[name] for name in list(guided)[4:]} == {
        "model": "pocket-64",
        **SAIL.to_record(),
        "guidance": {name: value for name, value in asdict(GuidanceSettings()).items() if name != "avoid"},
        "reference": {"name": "dusk.jpg", "colors": COLORS},
        "distance": 1.2346,
    }
    assert json.loads(guided_text(GuideJob(SAIL, DUSK, plain=True), 1.0, 20.00001))["plain_distance"] == 20.0


def test_a_record_read_back_is_the_job(tmp_path: Path) -> None:
    generation = Generation("a café, 夕暮れ", "grey", 2**32 - 1, 200, 0.0, 72, 40)
    settings = GuidanceSettings(0.7, 0.1, 0.9, 3, "gradient", 0.25, 0.5, 0.0, 2, 0.1, True)
    for job in (
        PaintJob(generation, "owner/name"),
        GuideJob(generation, DUSK, settings, "./mine", plain=True),
        GuideJob(SAIL, KeptColours(COLORS), plain=False),
    ):
        text = painted_text(job) if isinstance(job, PaintJob) else guided_text(job, 1.0, 2.0 if job.plain else None)
        assert read_painted(written(tmp_path / "out.png", text)) == job


# Read, as version 1 wrote it


def test_version_1_is_read(tmp_path: Path) -> None:
    def found(text: str) -> GuideJob | PaintJob:
        return read_painted(written(tmp_path / "old.png", text))

    assert found(PLAIN_1) == PaintJob(Generation("a café, 夕暮れ", "red", 7, 3, 2.5), EMBEDDED_ID)
    assert found(PLAIN_1_SIZED) == PaintJob(Generation("a dog", "", 2**32 - 1, 1, 3.5, 72, 40), "./mine")
    settings = GuidanceSettings(strength=0.8, start=0.2, stop=0.9, seed=4, decode_scale=0.5, grain=1.0)
    generation = Generation("a café, 夕暮れ", "red", 11, 3, 2.5, 72, 40)
    assert found(GUIDED_1) == GuideJob(generation, DUSK, settings, EMBEDDED_ID, plain=True)
    settings = GuidanceSettings(method="gradient", linear_until=0.5, inner_steps=1, reevaluate=True)
    generation = Generation("a dog", steps=28, guidance_scale=4.0)
    assert found(GUIDED_1_ALONE) == GuideJob(generation, KeptColours(COLORS), settings, "owner/name", plain=False)
    assert read_guided(tmp_path / "old.png") == found(GUIDED_1_ALONE)
    with pytest.raises(InputError, match=r"plain\.png: this picture was painted without a reference"):
        read_guided(written(tmp_path / "plain.png", PLAIN_1))


def test_a_guided_picture_of_version_1_is_painted_again_to_the_same_pixels(tmp_path: Path) -> None:
    old = written(tmp_path / "old.png", GUIDED_1)
    record = json.loads(GUIDED_1)
    generation = Generation(**{name: record[name] for name in Generation.__dataclass_fields__})
    settings = GuidanceSettings(**record["guidance"])
    with pipeline() as loaded, guide(loaded.pipe, Reference(colors_in(COLORS)), settings=settings):
        wanted = pixels(generate(loaded.pipe, generation))
    result = run_guide(read_guided(old))
    assert np.array_equal(pixels(result.image), wanted)
    assert result.plain is not None, "it had a plain picture beside it"
    new = save_painted(result, tmp_path / "new.png").picture
    assert read_painted(new) == read_painted(old), "version 2 of the same job"
    kept_fields = {"distance", "plain_distance", "format"}
    assert {name: value for name, value in record.items() if name not in kept_fields}.items() <= record_of(new).items()
    assert np.array_equal(pixels_of(new), wanted)


def test_a_plain_picture_of_version_1_is_painted_again_to_the_same_pixels(tmp_path: Path) -> None:
    old = written(tmp_path / "old.png", PLAIN_1)
    with pipeline() as loaded:
        wanted = pixels(generate(loaded.pipe, Generation("a café, 夕暮れ", "red", 7, 3, 2.5)))
    job = read_painted(old)
    assert isinstance(job, PaintJob)
    result = run_paint(job)
    assert np.array_equal(pixels(result.image), wanted)
    new = save_painted(result, tmp_path / "new.png").picture
    assert read_painted(new) == job
    assert json.loads(PLAIN_1).items() <= record_of(new).items()


# Refused

BROKEN: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda r: r.pop("prompt"), "settings are broken.*prompt"),
    (lambda r: r.update(prompt=5), "settings are broken"),
    (lambda r: r.update(prompt=" "), "settings are broken.*prompt is empty"),
    (lambda r: r.update(negative_prompt=5), "settings are broken.*5 is no text"),
    (lambda r: r.update(steps=2.5), "settings are broken.*2.5"),
    (lambda r: r.update(seed="7"), "settings are broken.*'7'"),
    (lambda r: r.update(width="64"), "settings are broken.*'64'"),
    (lambda r: r.update(model=None), "settings are broken"),
    (lambda r: r.pop("model"), "settings are broken.*model"),
]
"""What breaks a record of either kind."""
BROKEN_GUIDED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    *BROKEN,
    (lambda r: r.update(format="another"), "settings are broken.*no record of this program"),
    (lambda r: r.pop("format"), "settings are broken"),
    (lambda r: r.pop("guidance"), "settings are broken.*guidance"),
    (lambda r: r["guidance"].update(strength=9), "settings are broken.*strength 9"),
    (lambda r: r["guidance"].update(novel=1), "settings are broken.*novel"),
    (lambda r: r.update(guidance=[]), "settings are broken"),
    (lambda r: r.update(reference=None), "settings are broken"),
    (lambda r: r.pop("reference"), "settings are broken.*reference"),
    (lambda r: r["reference"].update(colors="AAAA"), "settings are broken.*colours are incomplete"),
    (lambda r: r["reference"].update(colors="?"), "settings are broken.*colours are incomplete"),
    (lambda r: r["reference"].update(colors=""), "settings are broken.*colours are incomplete"),
    (lambda r: r["reference"].update(colors=[1, 2, 3]), "settings are broken.*colours are incomplete"),
    (lambda r: r["reference"].pop("colors"), "settings are broken.*colors"),
    (lambda r: r["reference"].update(name=7), "settings are broken.*7 is no text"),
    (lambda r: r["reference"].pop("name"), "settings are broken.*name"),
]
HEAD_2: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda r: r.update(format_version=3), r"settings are broken.*format version 3; this program reads 1 and 2"),
    (lambda r: r.pop("format_version"), "settings are broken.*format version None"),
    (lambda r: r.update(kind=None), "settings are broken"),
    (lambda r: r.update(kind="match settings"), "holds no settings of a painted picture"),
    (lambda r: r.update(kind="novel"), "holds no settings of a painted picture"),
]
"""What breaks the head of version 2."""


def assert_refused(read: Callable[[Path], object], record: dict[str, Any], said: str, path: Path) -> None:
    written(path, json.dumps(record))
    with pytest.raises(InputError, match=f"{path.name}.*{said}") as refused:
        read(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("change", "said"), BROKEN_GUIDED)
def test_broken_settings_of_a_guided_picture_are_refused_in_words(
    change: Callable[[dict[str, Any]], object], said: str, version: int, tmp_path: Path
) -> None:
    record = json.loads(GUIDED_1 if version == 1 else guided_text(GuideJob(SAIL, DUSK), 1.0, None))
    assert read_guided(written(tmp_path / "sound.png", json.dumps(record))).reference == DUSK
    change(record)
    for read in (read_painted, read_guided):
        assert_refused(read, record, said, tmp_path / "broken.png")


@pytest.mark.parametrize(("change", "said"), [*BROKEN, *HEAD_2])
def test_broken_settings_of_a_plain_picture_are_refused_in_words(
    change: Callable[[dict[str, Any]], object], said: str, tmp_path: Path
) -> None:
    record = json.loads(painted_text(PaintJob(SAIL)))
    change(record)
    assert_refused(read_painted, record, said, tmp_path / "broken.png")


@pytest.mark.parametrize(("change", "said"), HEAD_2)
def test_a_broken_head_is_refused_in_words(
    change: Callable[[dict[str, Any]], object], said: str, tmp_path: Path
) -> None:
    record = json.loads(guided_text(GuideJob(SAIL, DUSK), 1.0, None))
    change(record)
    assert_refused(read_guided, record, said, tmp_path / "broken.png")


def test_a_picture_that_nothing_guided_is_no_guided_one(tmp_path: Path) -> None:
    guided = json.loads(GUIDED_1)
    del guided["guidance"], guided["format"]  # what version 1 took for a plain picture
    for record in (json.loads(PLAIN_1), json.loads(painted_text(PaintJob(SAIL))), guided):
        assert_refused(read_guided, record, "painted without a reference", tmp_path / "plain.png")
        assert isinstance(read_painted(tmp_path / "plain.png"), PaintJob)


def test_files_without_settings_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.jpg")
    (tmp_path / "text.png").write_text("text")
    (tmp_path / "empty.png").touch()
    written(tmp_path / "words.png", "words")
    written(tmp_path / "deep.png", "[" * 100_000)
    written(tmp_path / "list.png", "[1]")
    written(tmp_path / "other.png", '{"of": "another program"}')
    written(tmp_path / "match.png", to_text("match settings", {}))
    for read in (read_painted, read_guided):
        for name in ("plain.png", "plain.jpg", "text.png", "empty.png", "words.png", "deep.png", "match.png"):
            with pytest.raises(InputError, match=f"{name}: this file holds no settings"):
                read(tmp_path / name)
        for name in ("list.png", "other.png"):
            with pytest.raises(InputError, match=f"{name}: its settings are broken"):
                read(tmp_path / name)
        for name in ("nowhere.png", "."):
            with pytest.raises(InputError, match="no such file"):
                read(tmp_path / name)


def test_only_kept_colours_go_into_a_record() -> None:
    with pytest.raises(AssertionError, match="keeps the colours"):
        guided_text(guide_job(SAIL, palette="#123"), 1.0, None)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (" pocket-64 ", "pocket-64"),
        ("owner/name", "owner/name"),
        ("./pocket-64", "./pocket-64"),
        ("/somewhere/secret/mine", "./mine"),
        ("secret/mine", "./mine"),
        ("~/mine", "./mine"),
        ("secret/../mine/", "./mine"),
    ],
)
def test_a_folder_is_called_by_its_own_name(
    model: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret" / "mine").mkdir(parents=True)
    assert json.loads(painted_text(PaintJob(SAIL, model)))["model"] == name
    assert json.loads(guided_text(replace(GuideJob(SAIL, DUSK), model=model), 1.0, None))["model"] == name
    assert SETTINGS_KEY == "reswd"


# Quantized weights


def test_a_record_names_the_quantization_only_where_there_is_one(tmp_path: Path) -> None:
    for plain, quantized in (
        (PaintJob(SAIL), PaintJob(SAIL, quantize="sinq")),
        (GuideJob(SAIL, KeptColours(COLORS)), GuideJob(SAIL, KeptColours(COLORS), quantize="sinq")),
    ):
        texts = [
            painted_text(job) if isinstance(job, PaintJob) else guided_text(job, 1.0, None)
            for job in (plain, quantized)
        ]
        assert "quantize" not in json.loads(texts[0])
        assert json.loads(texts[1])["quantize"] == "sinq"
        assert read_painted(written(tmp_path / "few.png", texts[1])) == quantized
        broken = texts[1].replace('"sinq"', '"int3"')
        with pytest.raises(InputError, match=r"its settings are broken \(unknown quantization 'int3'"):
            read_painted(written(tmp_path / "broken.png", broken))


def test_a_quantized_picture_is_painted_again_to_the_same_pixels(tmp_path: Path) -> None:
    job = GuideJob(Generation("a red apple", seed=3, steps=4), KeptColours(COLORS), quantize="sinq", plain=True)
    first = save_painted(run_guide(job), tmp_path / "first.png", plain=tmp_path / "plain.png")
    again = run_guide(read_guided(first.picture))
    assert np.array_equal(pixels(again.image), pixels_of(first.picture))
    whole = run_guide(replace(job, quantize="none"))
    assert not np.array_equal(pixels(whole.image), pixels_of(first.picture))
    assert first.plain is not None
    beside = read_painted(first.plain)
    assert beside == PaintJob(job.generation, quantize="sinq")
    assert np.array_equal(pixels(run_paint(beside).image), pixels_of(first.plain))


def test_auto_is_recorded_as_what_it_came_to(tmp_path: Path) -> None:
    generation = Generation("a red apple", seed=3, steps=2)
    auto, plain = run_paint(PaintJob(generation, quantize="auto")), run_paint(PaintJob(generation))
    assert auto.job == plain.job
    assert np.array_equal(pixels(auto.image), pixels(plain.image))
    assert "quantize" not in record_of(save_painted(auto, tmp_path / "auto.png").picture)
