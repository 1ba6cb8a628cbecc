"""Pictures in memory get the grade of their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
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


def _with_alpha(pictures: list[np.ndarray], hidden: set[int]) -> torch.Tensor:
    alpha = [np.full((120, 160, 1), 0 if place in hidden else 255, np.uint8) for place in range(len(pictures))]
    return held(*[np.concatenate(both, axis=2) for both in zip(pictures, alpha, strict=True)])


def test_frames_with_nothing_marked_do_not_count() -> None:
    black = np.zeros_like(SOURCE)
    settings = MatchSettings(transform="cdl")
    shown = frames_of(held(SOURCE, SOURCE), "images")
    wanted = match_held(shown, _reference(TARGET), settings).to_record()
    hidden = frames_of(_with_alpha([black, SOURCE, SOURCE, black], {0, 3}), "images")
    assert match_held(hidden, _reference(TARGET), settings).to_record() == wanted
    masked = frames_of(held(black, SOURCE, SOURCE), "images")
    mask = torch.ones(3, 120, 160)
    mask[0] = 0
    masks = masks_of(mask, masked, "mask")
    everywhere = masks_of(torch.ones(2, 120, 160), shown, "mask")
    wanted = match_held(shown, _reference(TARGET), settings, everywhere).to_record()
    assert match_held(masked, _reference(TARGET), settings, masks).to_record() == wanted
    first, second, _ = match_each(masked, _reference(TARGET), settings, masks)
    assert first.leaves_alone and not second.leaves_alone


def test_a_pair_whose_reference_shows_nothing_is_left_alone() -> None:
    frames = frames_of(held(SOURCE, SOURCE), "images")
    references = HeldReference(frames_of(_with_alpha([SOURCE[::-1] // 2, SOURCE], {1}), "reference"))
    first, second = match_each(frames, references, MatchSettings(transform="cdl"))
    assert second.leaves_alone and not first.leaves_alone


def test_where_all_frames_show_nothing_it_is_refused() -> None:
    nothing = frames_of(_with_alpha([SOURCE, SOURCE], {0, 1}), "images")
    for match in (match_held, match_each):
        with pytest.raises(InputError, match="images: nothing visible is marked in any frame"):
            match(nothing, _reference(TARGET), MatchSettings())
