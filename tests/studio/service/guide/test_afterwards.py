"""Plain pictures that are matched once they are done, without a model: the pictures are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from guidance.settings import GuidanceSettings
from reswd_torch.errors import InputError
from studio.jobs import GuideJob, GuidePlace
from studio.records.painted import is_matched, read_painted
from studio.references import PaletteReference
from studio.service.guide.afterwards import matched_afterwards, save_matched
from studio.service.guide.png import save_painted
from studio.service.guide.run import GuideResult, default_generation
from studio.service.guide.wanted import wanted_of
from tests.studio.jobs_for_tests import guide_job

RED, BLUE = np.array([200, 40, 40]), np.array([40, 40, 200])


def result_of(job: GuideJob, *, plain: bool = True) -> GuideResult:
    """A result whose plain picture is grey noise."""
    noise = np.random.default_rng(0).integers(90, 160, (48, 64, 1)).repeat(3, 2).astype(np.uint8)
    image = Image.fromarray(noise)
    wanted = wanted_of(job)
    before = wanted.distance(image)
    return GuideResult(wanted.kept_in(job), image, image if plain else None, before, before if plain else None, 0.1, ())


def job_of(palette: str, **given: Any) -> GuideJob:
    return guide_job(default_generation("pocket-64", "a cat"), palette=palette, plain=True, **given)


def test_it_comes_nearer_to_the_reference_and_is_the_same_each_time() -> None:
    result = result_of(job_of("#401010, #802020, #b03a3a, #e0a0a0"))
    first, second = matched_afterwards(result), matched_afterwards(result)
    assert first is not None and second is not None and result.plain_distance is not None
    assert first.distance < 0.7 * result.plain_distance
    assert first.distance == pytest.approx(wanted_of(result.job).distance(first.image))
    assert first.image.tobytes() == second.image.tobytes()
    assert matched_afterwards(result_of(job_of("#c82828"), plain=False)) is None


def test_colours_to_avoid_are_left_out_of_the_reference() -> None:
    both = result_of(job_of("#c82828, #2828c8"))
    red = result_of(job_of("#c82828, #2828c8", guidance=GuidanceSettings(avoid="#2a2ac0")))
    mixed, reddish = matched_afterwards(both), matched_afterwards(red)
    assert mixed is not None and reddish is not None
    assert np.abs(np.asarray(reddish.image).mean((0, 1)) - RED).max() < 12
    assert np.abs(np.asarray(mixed.image).mean((0, 1)) - RED).max() > 40


def test_each_place_is_matched_to_its_own_colours(tmp_path: Path) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :32] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    places = (GuidePlace(tmp_path / "mask.png", PaletteReference("#2828c8")),)
    matched = matched_afterwards(result_of(replace(job_of("#c82828"), places=places)))
    assert matched is not None
    pixels = np.asarray(matched.image).astype(int)
    assert np.abs(pixels[:, :24].mean((0, 1)) - BLUE).max() < 12
    assert np.abs(pixels[:, 40:].mean((0, 1)) - RED).max() < 12


def test_its_png_says_that_it_was_matched_and_holds_the_settings(tmp_path: Path) -> None:
    result = result_of(job_of("#c82828, #f0d8d8"))
    matched = matched_afterwards(result)
    assert matched is not None
    save_matched(matched, tmp_path / "matched.png")
    files = save_painted(result, tmp_path / "guided.png", plain=tmp_path / "plain.png")
    assert files.plain is not None
    assert [is_matched(path) for path in (tmp_path / "matched.png", files.picture, files.plain)] == [True, False, False]
    assert read_painted(tmp_path / "matched.png") == read_painted(files.picture) == result.job
    with Image.open(tmp_path / "matched.png") as written:
        assert written.tobytes() == matched.image.tobytes()
    with pytest.raises(InputError, match=r"matched\.png"):
        save_matched(matched, tmp_path / "matched.png")
