"""Painted pictures as files: what is in them, where they go, and what is left where they cannot be written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from guidance.catalogue import EMBEDDED_ID
from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.errors import InputError
from studio.jobs import PaintJob
from studio.records.painted import read_guided, read_painted
from studio.references import KeptColours
from studio.service.guide import pipelines
from studio.service.guide.png import PaintedFiles, check_output, file_name, save_painted
from studio.service.guide.run import GuideResult, PaintResult, run_guide, run_paint
from tests.studio.jobs_for_tests import guide_job
from tests.studio.service.guide.paintings_for_tests import (
    BLUE_AND_RED,
    SAIL,
    colors_of_record,
    copy_of_model,
    distance,
    pixels,
    pixels_of,
    record_of,
)

BLANK = Image.new("RGB", (4, 4))


def painted() -> PaintResult:
    """A picture that took no painting."""
    return PaintResult(PaintJob(SAIL), BLANK, 0.0)


def guided() -> GuideResult:
    """A guided picture and a plain one that took no painting."""
    job = guide_job(SAIL, colors="AAD//wAA", reference_name="dusk.jpg", plain=True)
    return GuideResult(job, BLANK, BLANK, 1.0, 2.0, 0.0, ())


# What is in them


def test_distances_are_those_of_the_saved_files_to_the_saved_colours(reference: Path, tmp_path: Path) -> None:
    result = run_guide(guide_job(SAIL, reference=reference, plain=True))
    out, beside = tmp_path / "out.png", tmp_path / "out-plain.png"
    assert save_painted(result, out, plain=beside) == PaintedFiles(out, beside)
    record = record_of(out)
    colors = colors_of_record(record)
    assert distance(pixels_of(out), colors) == pytest.approx(result.distance, abs=1e-5)
    assert distance(pixels_of(beside), colors) == pytest.approx(result.plain_distance, abs=1e-5)
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
    out = save_painted(result, tmp_path / "out.png").picture
    reference.unlink()
    job = read_guided(out)
    assert (job.generation, job.guidance, job.model) == (generation, settings, EMBEDDED_ID)
    assert job.reference.name == "warm.png"
    again = run_guide(job)
    assert np.array_equal(pixels(again.image), pixels_of(out))
    assert again.distance == result.distance
    assert record_of(save_painted(again, tmp_path / "again.png").picture) == record_of(out)


def test_a_saved_plain_picture_is_painted_again_bit_for_bit(tmp_path: Path) -> None:
    job = PaintJob(Generation("a red dog", "blue", 7, 2, 3.5, 72, 40))
    out = tmp_path / "out.png"
    assert save_painted(run_paint(job), out) == PaintedFiles(out)
    found = read_painted(out)
    assert found == job
    assert isinstance(found, PaintJob)
    again = run_paint(found)
    assert np.array_equal(pixels(again.image), pixels_of(out))
    assert record_of(save_painted(again, tmp_path / "again.png").picture) == record_of(out)


def test_the_plain_picture_beside_a_guided_one_has_the_record_of_a_plain_job(tmp_path: Path) -> None:
    result = run_guide(guide_job(replace(SAIL, steps=1), palette=BLUE_AND_RED, plain=True))
    beside = save_painted(result, tmp_path / "out.png", plain=tmp_path / "beside.png").plain
    alone = save_painted(run_paint(PaintJob(replace(SAIL, steps=1))), tmp_path / "alone.png").picture
    assert beside is not None
    assert record_of(beside) == record_of(alone)
    assert np.array_equal(pixels_of(beside), pixels_of(alone))


def test_where_a_model_or_a_reference_lies_is_nobodys_business(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_of_model(tmp_path / "secret" / EMBEDDED_ID)
    generation = replace(SAIL, guidance_scale=2.5)
    ours = run_guide(guide_job(generation, reference=reference))
    for model in (
        str(tmp_path / "secret" / EMBEDDED_ID),
        f"secret/{EMBEDDED_ID}",
        f"./secret/../secret/{EMBEDDED_ID}/",
    ):
        result = run_guide(guide_job(generation, reference=reference, model=model, plain=True))
        assert [key[:2] for key in pipelines._kept] == [(model, "auto")], "one model at a time"
        assert np.array_equal(pixels(result.image), pixels(ours.image))
        out = tmp_path / "out.png"
        files = save_painted(result, out, plain=tmp_path / "out-plain.png", overwrite=True)
        assert files.plain is not None
        alone = save_painted(run_paint(PaintJob(generation, model)), tmp_path / "alone.png", overwrite=True)
        for file in (files.picture, files.plain, alone.picture):
            assert "secret" not in json.dumps(record_of(file)) and str(tmp_path) not in json.dumps(record_of(file))
            assert record_of(file)["model"] == f"./{EMBEDDED_ID}", "it is not taken for the one in the repository"
    with pytest.raises(InputError, match=rf"folder './{EMBEDDED_ID}' is not there"):
        run_guide(read_guided(out))


# Where they go


def test_a_plain_picture_that_was_not_painted_or_not_wanted_is_not_written(tmp_path: Path) -> None:
    alone = replace(guided(), plain=None, plain_distance=None)
    for result, plain in ((alone, tmp_path / "plain.png"), (guided(), None), (painted(), tmp_path / "plain.png")):
        out = tmp_path / "out.png"
        assert save_painted(result, out, plain=plain, overwrite=True) == PaintedFiles(out)
        assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("there", ["out.png", "plain.png"])
def test_neither_picture_is_written_where_one_of_them_would_replace_a_file(there: str, tmp_path: Path) -> None:
    out, plain = tmp_path / "out.png", tmp_path / "plain.png"
    (tmp_path / there).write_bytes(b"mine")
    with pytest.raises(InputError, match=rf"{there}: the file exists"):
        save_painted(guided(), out, plain=plain)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]
    save_painted(guided(), out, plain=plain, overwrite=True)
    assert isinstance(read_guided(out).reference, KeptColours)
    assert read_painted(plain) == PaintJob(SAIL)


def test_both_pictures_cannot_have_one_name(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    with pytest.raises(InputError, match="replace an input or another output"):
        save_painted(guided(), out, plain=tmp_path / "." / "out.png", overwrite=True)
    assert out.read_bytes() == b"mine"


def test_places_are_refused_before_any_work(tmp_path: Path) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(b"mine")
    for path, given, said in (
        (tmp_path / "out.jpg", {}, "ends in .png"),
        (tmp_path / "nowhere" / "out.png", {}, "does not exist"),
        (mine, {}, "the file exists"),
        (mine, {"overwrite": True, "inputs": [mine]}, "replace an input"),
    ):
        with pytest.raises(InputError, match=said):
            check_output(path, **given)  # type: ignore[arg-type]
    check_output(mine, overwrite=True)
    check_output(tmp_path / "out.PNG")
    with pytest.raises(InputError, match="ends in .png"):
        save_painted(painted(), tmp_path / "out.jpg")


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    image = Image.new("RGB", (4, 4))
    monkeypatch.setattr(image, "save", full)
    for result in (replace(painted(), image=image), replace(guided(), image=image)):
        with pytest.raises(InputError, match=r"out\.png: .*No space left"):
            save_painted(result, tmp_path / "out.png")
        assert not list(tmp_path.iterdir())


def test_names_of_downloads_are_the_prompt_s_words() -> None:
    assert file_name("A dog, on a/red: background!") == "A dog on a red background.png"
    assert file_name("../..") == "picture.png"
    assert len(file_name("long " * 100)) <= 64
