"""Pictures in memory get the grade of their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.grade.record import transform_to_record
from reswd_torch.palette import parse_palette
from reswd_torch.settings import MatchSettings
from studio.jobs import MatchJob
from studio.references import PaletteReference, PictureReference
from studio.service.held.apply import grade_held
from studio.service.held.frames import frames_of, masks_of
from studio.service.held.match import HeldReference, match_each, match_held
from studio.service.match import run_match
from tests.studio.service.held.pictures import codes, held, saved, truncated

SOURCE, TARGET = codes("forest-stream.jpg"), codes("warm-room.jpg", 200, 140)
LARGE = codes("mountain-sunset.jpg", 1700, 1100)  # each of its samples is the mean of four pixels


def _reference(pixels: np.ndarray) -> HeldReference:
    return HeldReference(frames_of(held(pixels), "reference"))


@pytest.mark.parametrize(
    ("source", "target", "settings"),
    [
        (SOURCE, TARGET, MatchSettings()),
        (SOURCE, TARGET, MatchSettings(transform="cdl", seed=3, strength=0.7)),
        (SOURCE, TARGET, MatchSettings(method="mkl")),
        (LARGE, TARGET, MatchSettings(transform="lut")),
        (SOURCE, LARGE, MatchSettings(scene="different")),
        (SOURCE[:1, :1], TARGET, MatchSettings()),
        (np.roll(SOURCE, 3, axis=1), SOURCE, MatchSettings(aim="colours")),
    ],
)
def test_the_grade_and_the_picture_are_those_of_the_files(
    tmp_path: Path, source: np.ndarray, target: np.ndarray, settings: MatchSettings
) -> None:
    job = MatchJob(saved(tmp_path / "a.png", source), PictureReference(saved(tmp_path / "b.png", target)), settings)
    wanted = run_match(job)
    frames = frames_of(held(source), "images")
    grade = match_held(frames, _reference(target), settings)
    assert grade.to_record() == wanted.grade.to_record()
    assert np.array_equal(truncated(grade_held(frames, [grade])[0]), wanted.graded_pixels())


def test_a_palette_and_a_mask_as_well(tmp_path: Path) -> None:
    mask = np.zeros((120, 160), np.uint8)
    mask[20:90, 30:100] = 255
    mask[90:100] = 77
    job = MatchJob(
        saved(tmp_path / "a.png", SOURCE), PaletteReference("#1d3557:3, #e63946"), mask=saved(tmp_path / "m.png", mask)
    )
    wanted = run_match(job)
    frames = frames_of(held(SOURCE), "images")
    masks = masks_of(torch.from_numpy(mask.astype(np.float32) / 255), frames, "mask")
    grade = match_held(frames, parse_palette("#1d3557:3, #e63946"), MatchSettings(), masks)
    assert transform_to_record(grade.transform) == transform_to_record(wanted.grade.transform)
    assert np.array_equal(truncated(grade_held(frames, [grade], masks)[0]), wanted.graded_pixels())


def test_an_alpha_counts_as_in_a_file(tmp_path: Path) -> None:
    alpha = np.full((120, 160, 1), 255, np.uint8)
    alpha[:50], alpha[50:60] = 0, 90
    source = np.concatenate([SOURCE, alpha], axis=2)
    wanted = run_match(MatchJob(saved(tmp_path / "a.png", source), PictureReference(saved(tmp_path / "b.png", TARGET))))
    frames = frames_of(held(source), "images")
    grade = match_held(frames, _reference(TARGET), MatchSettings())
    graded = grade_held(frames, [grade])
    assert grade.to_record() == wanted.grade.to_record()
    assert np.array_equal(truncated(graded[0])[..., :3], wanted.graded_pixels())
    assert torch.equal(graded[..., 3], frames.tensor[..., 3])


def test_many_frames_have_one_grade_of_all_of_them() -> None:
    dark = (SOURCE * 0.4).astype(np.uint8)
    frames = frames_of(held(*[SOURCE] * 20, *[dark] * 20), "images")
    grade = match_held(frames, _reference(TARGET), MatchSettings(transform="cdl", aim="colours"))
    alone = match_held(
        frames_of(held(SOURCE), "images"), _reference(TARGET), MatchSettings(transform="cdl", aim="colours")
    )
    assert transform_to_record(grade.transform) != transform_to_record(alone.transform)
    again = match_held(frames, _reference(TARGET), MatchSettings(transform="cdl", aim="colours"))
    assert grade.to_record() == again.to_record()


def test_each_alone_goes_in_pairs_with_as_many_references() -> None:
    frames = frames_of(held(SOURCE, np.ascontiguousarray(SOURCE[::-1])), "images")
    other = codes("dandelion-golden-light.jpg", 200, 140)
    both = HeldReference(frames_of(held(TARGET, other), "reference"))
    first, second = match_each(frames, both, MatchSettings(transform="cdl"))
    for place, (grade, target) in enumerate([(first, TARGET), (second, other)]):
        one = frames_of(frames.tensor[place], "images")
        wanted = match_held(one, _reference(target), MatchSettings(transform="cdl"))
        assert grade.to_record() == wanted.to_record()
