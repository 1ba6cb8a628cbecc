"""A series: one grade for all its pictures."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from reswd_torch import Grade, MatchSettings, load_grade
from reswd_torch.grade.trims import Trims
from reswd_torch.matching import PixelSample, fit_samples
from studio.jobs import EACH, OVERWRITE, SERIES
from studio.media.images import read_picture
from studio.references import PictureReference
from studio.service.apply import apply_to_file
from studio.service.batch import series
from studio.service.batch.series import fit_series, share_of
from studio.service.batch.workers import threads
from studio.service.match import kind_of
from studio.service.reference import ReferenceSamples
from tests.studio.batches_for_tests import BytesOf, reports_equal, rows, run
from tests.studio.conftest import write
from tests.studio.jobs_for_tests import batch_job


def test_a_series_has_one_grade_that_can_be_applied_alone(
    shots: Path, warm: Path, tmp_path: Path, two: Executor
) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES, settings=MatchSettings(aim="colours")), two)
    assert len({row["grade"] for row in rows(output)}) == 1
    grade = load_grade(output / "series.cc")
    for name in ("b.png", "c.jpg"):
        apply_to_file(grade, shots / name, tmp_path / name)
        found, expected = (read_picture(folder / name).pixels for folder in (output, tmp_path))
        assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    np.testing.assert_allclose(
        load_grade(output / "series.cube").apply(np.full((1, 1, 3), 0.5)),
        grade.apply(np.full((1, 1, 3), 0.5)),
        atol=5e-3,
    )


def test_equal_frames_stay_equal_in_a_series_and_the_look_is_reached(warm: Path, tmp_path: Path, two: Executor) -> None:
    """The flicker test: frames of one scene in which something passes by keep the colours of what stands still."""
    frames = tmp_path / "frames"
    for number in range(5):
        pixels = np.asarray(Image.open(write(tmp_path / "scene.png", 5, height=90, width=120))).copy()
        pixels[30:60, 20 * number : 20 * number + 30] = (250, 40, 30)
        frames.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(frames / f"{number}.png")
    still = (slice(0, 25), slice(0, 120))
    spread = {}
    for mode in (EACH, SERIES):
        run(batch_job(frames, tmp_path / mode, warm, mode=mode, settings=MatchSettings(aim="colours")), two)
        graded = np.stack([read_picture(tmp_path / mode / f"{n}.png").pixels[still].astype(int) for n in range(5)])
        spread[mode] = int(np.ptp(graded, axis=0).max())
    assert spread[SERIES] == 0 < spread[EACH]
    after = [float(row["distance_after"]) for row in rows(tmp_path / SERIES)]
    before = [float(row["distance_before"]) for row in rows(tmp_path / SERIES)]
    assert max(after) < 0.6 * min(before)


def test_the_grade_of_a_series_does_not_depend_on_jobs_or_order(
    shots: Path, warm: Path, tmp_path: Path, two: Executor, bytes_of: BytesOf
) -> None:
    request = batch_job(shots, tmp_path / "two", warm, mode=SERIES, recursive=True)
    run(request, two)
    with threads(1) as one:
        run(replace(request, output=tmp_path / "one"), one)
    with threads(5) as five:
        run(replace(request, output=tmp_path / "five"), five)
    assert bytes_of(tmp_path / "two") == bytes_of(tmp_path / "one") == bytes_of(tmp_path / "five")
    assert reports_equal(tmp_path / "two", tmp_path / "one")


def test_a_series_of_two_encodings_looks_like_one(warm: Path, tmp_path: Path, two: Executor) -> None:
    """The same scene once in sRGB and once tagged with another profile: graded, they still show the same colours."""
    shots = tmp_path / "mixed"
    scene = np.asarray(Image.open(write(tmp_path / "scene.png", 5)))
    shots.mkdir()
    Image.fromarray(scene).save(shots / "a.png")
    lab = ImageCms.createProfile("sRGB")
    profile = bytearray(ImageCms.ImageCmsProfile(lab).tobytes())
    wide = swapped(bytes(profile))
    converted = scene[..., [2, 1, 0]]  # in a profile whose red and blue are exchanged
    Image.fromarray(converted).save(shots / "b.png", icc_profile=wide)
    run(batch_job(shots, tmp_path / "out", warm, mode=SERIES, settings=MatchSettings(aim="colours")), two)
    one, other = (read_picture(tmp_path / "out" / name) for name in ("a.png", "b.png"))
    assert other.icc == wide
    difference = np.abs(one.pixels.astype(int) - other.pixels[..., [2, 1, 0]].astype(int))
    assert difference.mean() < 1.5 and np.percentile(difference, 99) <= 5
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert len(record["series"]) == 2 and (tmp_path / "out" / "series.cc").exists()


def test_pairs_and_trims_of_a_series_hold_in_every_encoding(warm: Path, tmp_path: Path, two: Executor) -> None:
    """A colour of the encoding that most pictures have becomes the one that is wanted, in a picture of another one too."""
    shots = tmp_path / "mixed"
    shots.mkdir()
    scene = np.asarray(Image.open(write(tmp_path / "scene.png", 5))).copy()
    scene[:12, :12] = (110, 90, 80)
    for name in ("a.png", "c.png"):
        Image.fromarray(scene).save(shots / name)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(scene[..., [2, 1, 0]]).save(shots / "b.png", icc_profile=swapped(profile))
    wanted = (140, 100, 60)
    settings = MatchSettings(pairs=(("#6e5a50", "#8c643c"),))
    run(batch_job(shots, tmp_path / "out", warm, mode=SERIES, settings=settings), two)
    for name, order in (("a.png", [0, 1, 2]), ("b.png", [2, 1, 0])):
        made = read_picture(tmp_path / "out" / name).pixels[6, 6, order].astype(int)
        assert np.abs(made - wanted).max() <= 3, name
    darker = replace(settings, trims=Trims(gain=0.5))
    run(batch_job(shots, tmp_path / "dark", warm, mode=SERIES, settings=darker), two)
    for name, order in (("a.png", [0, 1, 2]), ("b.png", [2, 1, 0])):
        made = read_picture(tmp_path / "dark" / name).pixels[6, 6, order].astype(int)
        assert np.abs(2 * made - wanted).max() <= 6, name


def swapped(icc: bytes) -> bytes:
    """An sRGB profile with the primaries of red and blue exchanged: valid, and plainly another encoding."""
    tags = {icc[132 + 12 * n : 136 + 12 * n]: 132 + 12 * n for n in range(int.from_bytes(icc[128:132], "big"))}
    out = bytearray(icc)
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    out[red + 4 : red + 12], out[blue + 4 : blue + 12] = icc[blue + 4 : blue + 12], icc[red + 4 : red + 12]
    at = int.from_bytes(icc[tags[b"desc"] + 4 : tags[b"desc"] + 8], "big")
    size = int.from_bytes(icc[tags[b"desc"] + 8 : tags[b"desc"] + 12], "big")
    text = bytes(out[at : at + size])
    out[at : at + size] = text.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")).replace(b"sRGB", b"swap")
    return bytes(out)


def test_several_references_make_the_look_of_a_series(tmp_path: Path, shots: Path, two: Executor) -> None:
    looks = tmp_path / "looks"
    write(looks / "1.png", 1, tint=(1.0, 0.6, 0.3))
    write(looks / "2.png", 2, tint=(1.0, 0.6, 0.3))
    run(batch_job(shots, tmp_path / "out", looks, mode=SERIES, settings=MatchSettings(aim="colours")), two)
    for row in rows(tmp_path / "out"):
        assert float(row["distance_after"]) < 0.6 * float(row["distance_before"])


def test_a_grade_does_not_outlive_its_series(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    output = tmp_path / "out"
    run(batch_job(shots, output, warm, mode=SERIES, settings=MatchSettings(aim="colours")), two)
    assert (output / "series.cc").exists()
    run(batch_job(shots, output, warm, existing=OVERWRITE), two)
    assert not (output / "series.cc").exists() and not (output / "series.cube").exists()


def test_of_a_palette_a_series_takes_the_colours(shots: Path, warm: Path, tmp_path: Path, two: Executor) -> None:
    given: dict[str, dict[str, Any]] = {"colours": {"palette": "#c08040, #203040"}, "mood": {"target": warm}}
    for took, reference in given.items():
        summary = run(batch_job(shots, tmp_path / took, mode=SERIES, **reference), two)
        assert summary.took == {took: 4} and summary.record is not None
        report = summary.record.series[0].grade.report
        assert report is not None and report.took == took, "which the fit has to know as well"
        made_of = "lut" if took == "mood" else "cdl"
        assert {(row["took"], row["transform"]) for row in rows(tmp_path / took)} == {(took, made_of)}


@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_the_grades_of_other_encodings_are_of_the_same_kind(
    transform: str, warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the evidence chooses what the first one is made of."""

    def as_evidence_has_it(
        source: PixelSample, target: PixelSample, settings: MatchSettings, icc: bytes | None
    ) -> Grade:
        return fit_samples(source, target, replace(settings, transform=transform), icc=icc)

    monkeypatch.setattr(series, "fit_encoded", as_evidence_has_it)
    one = share_of(write(tmp_path / "1.png", 1), None, 200, 0)
    profile = swapped(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    references = [ReferenceSamples(PictureReference(warm), MatchSettings())]
    grades = fit_series([one, replace(one, key="swap", icc=profile)], references, MatchSettings())
    assert [kind_of(each.grade) for each in grades] == [transform, transform]
