from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade, Lut3D, load_grade
from studio.comfy.grades import Grades
from studio.comfy.nodes import apply_grade, match_colours, open_grade, repair_drift, save_grade, scopes
from studio.views.scopes import draw_scope
from tests.studio.command_line import Reswd
from tests.studio.service.held.pictures import codes, held, saved, truncated

SOURCE, TARGET = codes("forest-stream.jpg"), codes("warm-room.jpg", 200, 140)
IMAGES, REFERENCE = held(SOURCE), held(TARGET)
WARM = Cdl((1.2, 1.0, 0.8), (0.02, 0.0, -0.01), (0.9, 1.0, 1.1), 0.8)


@pytest.mark.parametrize("transform", ["auto", "cdl"])
def test_picture_and_grade_are_the_bytes_of_the_command_line(tmp_path: Path, reswd: Reswd, transform: str) -> None:
    from PIL import Image

    a, b = saved(tmp_path / "a.png", SOURCE), saved(tmp_path / "b.png", TARGET)
    ran = reswd("match", a, b, "-o", tmp_path / "o.png", "--cube", tmp_path / "o.cube", "--transform", transform)
    assert ran.code == 0, ran.err
    images, grade = match_colours(IMAGES, reference=REFERENCE, transform=transform)
    assert np.array_equal(truncated(images[0]), np.asarray(Image.open(tmp_path / "o.png")))
    (cube,) = save_grade(grade, tmp_path, prefix="ours")
    numbers = [
        [line for line in path.read_text().splitlines() if line[:1].isdigit()] for path in (cube, tmp_path / "o.cube")
    ]
    assert numbers[0] == numbers[1]


def test_a_saved_grade_comes_back_and_does_the_same(tmp_path: Path) -> None:
    images, grade = match_colours(IMAGES, reference=REFERENCE, transform="cdl")
    for kind in ("cdl", "ccc", "clf", "cube"):
        (place,) = save_grade(grade, tmp_path, prefix=f"deep/{kind}", kind=kind, size=65)
        again = apply_grade(IMAGES, open_grade([tmp_path], place.relative_to(tmp_path).as_posix()))
        assert (again - images).abs().max() <= (3.01 if kind == "cube" else 1.01) / 255
    assert torch.equal(apply_grade(IMAGES, grade), images)


def test_many_grades_go_into_one_collection_or_a_file_each(tmp_path: Path) -> None:
    grades = Grades(tuple(Grade(WARM, strength=share) for share in (0.2, 0.6, 1.0)))
    assert len(save_grade(grades, tmp_path, kind="ccc")) == len(save_grade(grades, tmp_path, kind="CCC")) == 1
    assert [path.name for path in save_grade(grades, tmp_path, prefix="each", kind="cdl")] == [
        "each_00001_.cdl", "each_00002_.cdl", "each_00003_.cdl",
    ]  # fmt: skip
    assert load_grade(tmp_path / "each_00003_.cdl").transform.slope == pytest.approx(WARM.slope)
    with pytest.raises(InputError, match="101 grades as .cube"):
        save_grade(Grades((Grade(WARM),) * 101), tmp_path)


def test_a_lattice_as_ten_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ten CDL numbers cannot hold it"):
        save_grade(Grades((Grade(Lut3D.sample(WARM.apply)),)), tmp_path, kind="cdl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({}, "no reference: connect pictures to reference, or write a palette"),
        ({"reference": REFERENCE, "palette": "#123"}, "both a reference and a palette"),
        ({"palette": "#12345x"}, "12345x"),
        ({"palette": "#123", "reference_mask": torch.ones(1, 4, 4)}, "reference_mask belongs to a reference picture"),
        ({"reference": REFERENCE[:0]}, "reference: shape .* holds no picture"),
        ({"images": IMAGES[:0], "reference": REFERENCE}, "images: shape .* holds no picture"),
        ({"images": IMAGES * float("nan"), "reference": REFERENCE}, "images, frame 0: it holds NaN"),
        ({"reference": REFERENCE, "mask": torch.zeros(1, 64, 64)}, "mask: it is 0 everywhere"),
        ({"reference": REFERENCE, "strength": 9.0}, "strength"),
        ({"reference": REFERENCE, "scene": "same", "method": "mkl"}, "scene 'same' needs method"),
        ({"palette": "#123", "aim": "look"}, "aim 'look' needs a reference picture"),
    ],
)
def test_what_cannot_be_matched_is_refused_in_one_line(inputs: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        match_colours(**{"images": IMAGES, **inputs})
    assert "\n" not in str(error.value)


def test_one_pixel_half_precision_and_a_reference_of_another_dtype() -> None:
    for images in (IMAGES[:, :1, :1], IMAGES.half(), IMAGES.bfloat16(), IMAGES.double()):
        graded, _ = match_colours(images, reference=REFERENCE.half())
        assert graded.dtype == torch.float32 and graded.shape == images.shape
        assert bool(torch.isfinite(graded).all())


def test_batch_and_each_alone() -> None:
    batch = held(SOURCE, (SOURCE * 0.5).astype(np.uint8))
    one, grade = match_colours(batch, reference=REFERENCE)
    each, grades = match_colours(batch, reference=REFERENCE, one_each=True)
    assert (len(grade.each), len(grades.each)) == (1, 2)
    assert not torch.equal(one, each)
    assert torch.equal(apply_grade(batch, grades), each)


def test_strength_of_a_grade_is_scaled() -> None:
    _, grade = match_colours(IMAGES, reference=REFERENCE, strength=0.5)
    full, _ = match_colours(IMAGES, reference=REFERENCE)
    assert torch.equal(apply_grade(IMAGES, grade, strength=2.0), full)
    assert torch.equal(apply_grade(IMAGES, grade, strength=0.0), IMAGES)


def test_what_is_no_grade_is_refused() -> None:
    with pytest.raises(InputError, match="a str is no grade"):
        apply_grade(IMAGES, "grade")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ("0", "2 anchors and 1 frames"),
        ("0, x", "give whole numbers"),
        ("0, 5", "anchor for frame 5: there are frames 0 to 2"),
        ("1 -2", "two anchors are for one frame"),
    ],
)
def test_anchors_that_fit_no_frames_are_refused(frames: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        repair_drift(held(SOURCE, SOURCE, SOURCE), anchors=held(SOURCE, SOURCE), frames=frames)


def test_scopes_are_those_of_the_app() -> None:
    drawn = scopes(held(SOURCE, SOURCE[::-1].copy()), kind="vectorscope", width=300, height=200)
    assert drawn.shape == (2, 200, 300, 3)
    assert np.array_equal(truncated(drawn[0]), draw_scope("vectorscope", SOURCE, (300, 200)))
    with pytest.raises(InputError, match="unknown scope 'x'"):
        scopes(IMAGES, kind="x")


@pytest.mark.gpu
def test_a_reference_may_lie_on_another_device() -> None:
    graded, grade = match_colours(IMAGES.cuda(), reference=REFERENCE)
    here, same = match_colours(IMAGES, reference=REFERENCE.cuda())
    assert graded.is_cuda and not here.is_cuda
    assert grade.each[0].to_record() == same.each[0].to_record()
