"""A match from files to files: what is read, weighed, noted and reported."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, MatchSettings
from reswd_torch.settings import AIMS
from studio.media.images import read_picture
from studio.service.match import TakenFacts, run_match, taken_facts
from studio.watch import Watch
from tests.conftest import ASSETS, photograph
from tests.studio.jobs_for_tests import match_job
from tests.studio.scenes_for_tests import room_twice


def save(path: Path, picture: np.ndarray, mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(np.rint(picture * 255).astype(np.uint8))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    return save(tmp_path / "source.png", photograph(1)), save(tmp_path / "target.png", photograph(2, 40, 56))


def test_a_match(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    told: list[float] = []
    job = match_job(*pictures, settings=MatchSettings(transform="cdl"))
    result = run_match(job, Watch(lambda event: told.append(event.share)))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1
    assert result.report.distance_after < result.report.distance_before
    assert result.distance_before == pytest.approx(result.report.distance_before)
    assert result.distance_at(1.0) == pytest.approx(result.report.distance_after)
    assert result.hashes == {
        role: hashlib.sha256(path.read_bytes()).hexdigest()
        for role, path in zip(("source", "target"), pictures, strict=True)
    }
    written = result.save_picture(tmp_path / "out.png")
    assert np.array_equal(read_picture(written).pixels, result.graded_pixels())
    assert "source.png matched to target.png" in result.description()
    assert result.save_grade(tmp_path / "look.cc").is_file()


def test_another_strength_fits_nothing_again(pictures: tuple[Path, Path]) -> None:
    full = run_match(match_job(*pictures))
    half = full.at_strength(0.5)
    again = run_match(match_job(*pictures, settings=MatchSettings(strength=0.5)))
    assert half.grade.transform == full.grade.transform
    assert half.report.distance_after == pytest.approx(again.report.distance_after)
    assert half.job.settings.strength == half.report.settings.strength == 0.5
    assert np.array_equal(half.graded_pixels(), again.graded_pixels())
    assert np.array_equal(full.at_strength(0).graded_pixels(), full.picture.pixels)


def test_another_method_reads_nothing_again(pictures: tuple[Path, Path]) -> None:
    result = run_match(match_job(*pictures))
    pictures[0].unlink()
    mkl = result.refitted("mkl")
    assert mkl.job.settings.method == mkl.report.settings.method == "mkl"
    assert mkl.report.distance_before == result.report.distance_before
    with pytest.raises(InputError, match="unknown method 'best'"):
        result.refitted("best")


def test_a_saved_grade_in_place_of_a_reference(pictures: tuple[Path, Path]) -> None:
    grade = Grade(Cdl((0.5, 1.0, 1.0)))
    result = run_match(match_job(pictures[0], grade=grade, settings=MatchSettings(strength=0.5)))
    assert result.report is None
    assert result.distance_before is None
    assert result.distance_at(1.0) is None
    source = result.picture.pixels.astype(float)
    np.testing.assert_allclose(result.graded_pixels()[..., 0], source[..., 0] * 0.5**0.5, atol=0.51)
    with pytest.raises(InputError, match="saved grade"):
        result.refitted("mkl")


def test_the_same_file_under_two_names(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(pictures[0].read_bytes())
    for method in ("fast", "reswd", "mkl"):
        result = run_match(match_job(pictures[0], copy, settings=MatchSettings(method=method)))
        assert result.report.distance_before == 0
        assert result.report.distance_after < 1e-3
        assert np.array_equal(result.graded_pixels(), result.picture.pixels)


def test_masked_and_transparent_pixels_neither_count_nor_change(tmp_path: Path) -> None:
    """Whatever stands there, the grade is the same, and it stays as it was."""
    grades, target = [], save(tmp_path / "target.png", photograph(2))
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 16:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for name, hidden in (("a", (1.0, 0.0, 1.0)), ("b", (0.0, 1.0, 0.2))):
        picture = photograph(1)
        picture[:, :16] = hidden
        picture[:8] = hidden
        alpha = np.full((48, 64), 255, np.uint8)
        alpha[:8] = 0
        pixels = np.dstack([np.rint(picture * 255).astype(np.uint8), alpha])
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        job = match_job(
            tmp_path / f"{name}.png", target, mask=tmp_path / "mask.png", settings=MatchSettings(transform="cdl")
        )
        result = run_match(job)
        grades.append(result.grade.transform)
        graded = result.graded_pixels()
        assert np.array_equal(graded[:, :16], pixels[:, :16, :3])
        assert np.array_equal(graded[:8], pixels[:8, :, :3])
        assert not np.array_equal(graded[8:, 16:], pixels[8:, 16:, :3])
        written = result.save_picture(tmp_path / f"{name}-out.png")
        assert np.array_equal(read_picture(written).alpha, alpha)
    assert grades[0] == grades[1]


def test_a_target_mask_leaves_pixels_out(tmp_path: Path) -> None:
    source = save(tmp_path / "source.png", photograph(1))
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 32:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    grades = []
    for name, hidden in (("a", 0.0), ("b", 1.0)):
        picture = photograph(2)
        picture[:, :32] = hidden
        job = match_job(
            source,
            save(tmp_path / f"{name}.png", picture),
            target_mask=tmp_path / "mask.png",
            settings=MatchSettings(transform="cdl"),
        )
        grades.append(run_match(job).grade.transform)
    assert grades[0] == grades[1]


def test_palette(pictures: tuple[Path, Path]) -> None:
    result = run_match(match_job(pictures[0], palette="#204060:3,#d0a070"))
    assert result.report.distance_after < result.report.distance_before
    assert "#204060:3,#d0a070" in result.description()


def test_notes_name_the_file(tmp_path: Path) -> None:
    grey = save(tmp_path / "grey.png", photograph(1), "L")
    palette = save(tmp_path / "palette.gif", photograph(2), "P")
    notes = run_match(match_job(grey, palette)).notes
    assert any(note.startswith("grey.png: grey") for note in notes)
    assert any(note.startswith("palette.gif: palette") for note in notes)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "no reference"),
        ({"target": Path("t.png"), "palette": "#fff"}, "more than one reference"),
        ({"palette": "#fff", "target_mask": Path("m.png")}, "m.png: a target mask needs a target"),
    ],
)
def test_jobs_that_make_no_sense(arguments: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        match_job(Path("s.png"), **arguments)


def test_a_fully_transparent_picture_is_refused(tmp_path: Path, pictures: tuple[Path, Path]) -> None:
    clear = tmp_path / "clear.png"
    Image.fromarray(np.zeros((8, 8, 4), np.uint8)).save(clear)
    for job in (match_job(clear, pictures[1]), match_job(pictures[0], clear)):
        with pytest.raises(InputError, match=r"clear\.png.*fully transparent"):
            run_match(job)


def test_opacity_weighs_the_statistics(tmp_path: Path) -> None:
    """A red half that is nearly clear must hardly count: the match sees a blue picture."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (200, 30, 30, 3)
    pixels[:, 32:] = (30, 30, 200, 255)
    path = tmp_path / "half.png"
    Image.fromarray(pixels).save(path)
    result = run_match(match_job(path, palette="#1e1ec8"))
    assert result.distance_before is not None
    assert result.distance_before < 3  # counted in full, the red half alone is some 60 away
    assert result.weights is None  # and every pixel is visible, so every pixel is graded


def test_equal_pictures_in_other_files_are_the_identity(tmp_path: Path) -> None:
    """Other metadata, another container, another compression: no hash tells, and a JPEG this large is read reduced."""
    from PIL import PngImagePlugin

    large = np.tile(np.rint(photograph(3) * 255).astype(np.uint8), (40, 40, 1))[:1500, :2400]
    jpeg, commented, png, tagged = (tmp_path / name for name in ("a.jpg", "b.jpg", "c.png", "d.png"))
    Image.fromarray(large).save(jpeg, quality=90)
    commented.write_bytes(jpeg.read_bytes() + b"\0")
    decoded = Image.open(jpeg).convert("RGB")
    decoded.save(png)
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "the same")
    decoded.save(tagged, compress_level=1, pnginfo=text)
    for source, target in ((jpeg, commented), (png, jpeg), (png, tagged)):
        result = run_match(match_job(source, target))
        assert result.report.distance_before == 0
        assert np.array_equal(result.graded_pixels(), result.picture.pixels)


def test_refitted_equals_a_match_by_that_method() -> None:
    job = match_job(ASSETS / "lagoon-jetty.jpg", ASSETS / "mountain-sunset.jpg")
    again = run_match(job).refitted("reinhard")
    fresh = run_match(replace(job, settings=replace(job.settings, method="reinhard")))
    assert np.array_equal(again.graded_pixels(), fresh.graded_pixels())
    assert again.grade.encoding == fresh.grade.encoding


def test_the_other_methods_can_be_compared_with_a_match_of_one_scene(tmp_path: Path) -> None:
    settings = MatchSettings(scene="same", transform="cdl")
    result = run_match(match_job(*room_twice(tmp_path), settings=settings))
    assert result.refitted("mkl").job.settings == MatchSettings(method="mkl", transform="cdl")
    assert result.refitted("fast").grade.transform == result.grade.transform


@pytest.mark.parametrize("aim", [None, *AIMS])
def test_what_was_taken_is_told(pictures: tuple[Path, Path], aim: str | None) -> None:
    result = run_match(match_job(*pictures, settings=MatchSettings(aim=aim)))
    facts = taken_facts(result.job, result.grade)
    made_of = "lut" if aim in (None, "mood") else "cdl"
    assert (facts.aim, facts.took, facts.transform) == (aim or "mood", aim or "mood", made_of)
    half = result.at_strength(0.5)
    assert facts == taken_facts(half.job, half.grade)


def test_what_was_taken_of_a_palette_and_by_a_saved_grade(pictures: tuple[Path, Path]) -> None:
    palette = match_job(pictures[0], palette="#c08040, #203040", settings=MatchSettings(transform="lut"))
    facts = taken_facts(palette, run_match(palette).grade)
    assert (facts.aim, facts.took, facts.kept, facts.transform) == ("colours", "colours", (), "lut")
    saved = match_job(pictures[0], grade=Grade(Cdl((0.5, 1.0, 1.0))))
    assert taken_facts(saved, run_match(saved).grade) == TakenFacts(None, None, (), "cdl")


@pytest.mark.parametrize("aim", AIMS)
def test_the_other_methods_can_be_compared_with_a_match_of_any_aim(pictures: tuple[Path, Path], aim: str) -> None:
    result = run_match(match_job(*pictures, settings=MatchSettings(aim=aim, transform="cdl")))
    assert result.refitted("mkl").job.settings == MatchSettings(method="mkl", transform="cdl")
    assert result.refitted("fast").grade.transform == result.grade.transform


def test_a_palette_has_no_look(pictures: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="aim 'look' needs a reference picture, not a palette: choose aim mood or col"):
        match_job(pictures[0], palette="#c08040", settings=MatchSettings(aim="look"))
