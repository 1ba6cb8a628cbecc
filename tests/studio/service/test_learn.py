"""Learning from files: pairs, encodings, and what cannot be learned from."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import InputError, load_grade
from reswd_torch.profiles import to_profile
from reswd_torch.profiles.coded import adobe_rgb, coded_profile
from studio.media.images import read_picture
from studio.service.learn import LearnJob, run_learn
from studio.watch import Cancelled, Watch
from tests.conftest import photograph
from tests.studio.pictures import write_deep


def camera(codes: np.ndarray) -> np.ndarray:
    """Another camera's codes: a matrix on sRGB codes and less contrast."""
    matrix = np.array([[0.85, 0.12, 0.03], [0.08, 0.84, 0.08], [0.02, 0.14, 0.84]])
    return 0.06 + 0.85 * (codes @ matrix.T) ** 1.1


def write_pair(folder: Path, number: int, icc: bytes | None = None) -> None:
    before = 0.02 + 0.95 * photograph(number, 96, 128)
    for name, codes in (("before", before), ("after", camera(before))):
        (folder / name).mkdir(exist_ok=True)
        write_deep(folder / name / f"shot{number}.png", np.rint(codes * 65535).astype(np.uint16), icc)


@pytest.fixture
def pairs(tmp_path: Path) -> LearnJob:
    """A job with three pairs."""
    for number in (1, 2, 3):
        write_pair(tmp_path, number)
    return LearnJob(tmp_path / "before", tmp_path / "after", tmp_path / "look.cube", "matrix")


def test_pairs_are_learned_and_held_out_as_wholes(pairs: LearnJob) -> None:
    result = run_learn(pairs)
    assert result.learned_from == "3 pairs" and result.learned.folds == 3
    assert result.learned.score.mean < 0.5 < 4 < result.learned.before
    saved = load_grade(pairs.output)
    picture = read_picture(pairs.before / "shot2.png").pixels / np.float32(65535)
    wanted = camera(picture)
    assert np.abs(saved.apply(picture) - wanted).mean() < 0.004
    assert "learned from 3 pairs: matrix and curves" in pairs.output.read_text()


def test_the_same_files_give_the_same_bytes(pairs: LearnJob) -> None:
    run_learn(pairs)
    again = replace(pairs, output=pairs.output.with_name("again.cube"))
    run_learn(again)
    assert again.output.read_bytes() == pairs.output.read_bytes()


def test_one_pair_is_held_out_in_parts(pairs: LearnJob) -> None:
    one = replace(pairs, before=pairs.before / "shot1.png", after=pairs.after / "shot1.png")
    result = run_learn(one)
    assert result.learned_from == "one pair" and result.learned.folds == 5
    assert result.learned.score.mean < 0.5


def test_a_shifted_pair_of_many_is_left_out(pairs: LearnJob) -> None:
    shifted = pairs.after / "shot2.png"
    pixels = np.roll(read_picture(shifted).pixels, 9, 1)
    shifted.unlink()
    write_deep(shifted, pixels)
    (pairs.before / "alone.png").write_bytes((pairs.before / "shot1.png").read_bytes())
    result = run_learn(pairs)
    assert result.learned_from == "2 pairs"
    assert any(
        re.search("shot2.png: not aligned.*shifted by (9|8.9).* pixels to the right", note) for note in result.notes
    )
    assert any("without a partner" in note and "alone.png" in note for note in result.notes)
    alone = replace(pairs, before=pairs.before / "shot2.png", after=shifted, overwrite=True)
    with pytest.raises(InputError, match="not aligned with .*shot2.png, shifted by (9|8.9).* pixels to the right"):
        run_learn(alone)


def test_the_only_pair_that_is_left_is_enough(pairs: LearnJob) -> None:
    for number in (1, 3):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(pairs.after / f"shot{number}.png")
    result = run_learn(pairs)
    assert result.learned_from == "one pair" and result.learned.folds == 5
    assert sum("different sizes, 128 x 96 and 20 x 20" in note for note in result.notes) == 2
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(pairs.after / "shot2.png")
    with pytest.raises(InputError, match="none of 3 pairs can be used; the first: .*different sizes"):
        run_learn(replace(pairs, overwrite=True))


def test_pictures_after_are_converted_into_the_encoding_before(tmp_path: Path) -> None:
    for number in (1, 2):
        write_pair(tmp_path, number, adobe_rgb())
        there = tmp_path / "after" / f"shot{number}.png"
        as_srgb = to_profile(read_picture(there).pixels, adobe_rgb(), None)
        there.unlink()
        write_deep(there, as_srgb)
    result = run_learn(LearnJob(tmp_path / "before", tmp_path / "after", tmp_path / "look.cube", "matrix"))
    assert result.learned.grade.encoding.startswith("Adobe RGB")
    assert result.learned.score.mean < 0.5


def test_pictures_before_have_one_encoding(pairs: LearnJob) -> None:
    pixels = read_picture(pairs.before / "shot2.png").pixels
    (pairs.before / "shot2.png").unlink()
    write_deep(pairs.before / "shot2.png", pixels, coded_profile(12, 13))
    with pytest.raises(InputError, match="shot2.png: its colours are Display P3, those of shot1.png are sRGB"):
        run_learn(pairs)


def test_what_cannot_be_learned_from(pairs: LearnJob, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for job, said in (
        (replace(pairs, before=empty), "no pairs found.*without a partner: .*shot1.png"),
        (replace(pairs, before=empty, after=empty), "no pairs found.*there are no pictures in them"),
        (replace(pairs, before=tmp_path / "none"), "none: no such file or folder"),
        (replace(pairs, after=pairs.after / "shot1.png"), "one is a folder and one is not"),
        (replace(pairs, after=None), "nothing to learn from: give pictures as they should become"),
        (replace(pairs, chart=True), "before: this is a folder; of a chart give one picture"),
        (replace(pairs, model="best"), "model 'best' is not known"),
        (replace(pairs, output=tmp_path / "look.doc"), "look.doc: a grade is saved as"),
        (replace(pairs, output=tmp_path / "look.cc"), "look.cc: model matrix is a LUT"),
        (replace(pairs, output=pairs.before / "shot1.png"), "a grade is saved as"),
        (replace(pairs, cube_size=20), "cube size 20"),
    ):
        with pytest.raises(InputError, match=said):
            run_learn(job)
    (pairs.before / "shot1.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="shot1.jpg and shot1.png have one name"):
        run_learn(pairs)


def test_it_can_be_stopped(pairs: LearnJob) -> None:
    with pytest.raises(Cancelled):
        run_learn(pairs, Watch(stopped=lambda: True))
    assert not pairs.output.exists()
