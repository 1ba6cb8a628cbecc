"""The settings of a match: the same bytes again, of every version; hashes, and what is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, MatchSettings, load_grade
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.grade.trims import NEUTRAL
from reswd_torch.settings import PROTECTIONS
from studio.jobs import MatchJob
from studio.records.format import BATCH, VERSION, Record, to_text
from studio.records.match import read_settings
from studio.references import ClipReference, PaletteReference, PictureReference, SavedGrade, reference_files
from studio.remedies import JobRemedy
from studio.service.apply import load_any_grade
from studio.service.match import run_match
from tests.conftest import digest, photograph
from tests.studio.jobs_for_tests import match_job
from tests.studio.media.clips.made import make_clip
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.records import version_1


@pytest.fixture
def job(tmp_path: Path) -> MatchJob:
    for name, seed in (("source", 1), ("target", 2)):
        Image.fromarray(np.rint(photograph(seed) * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return match_job(
        tmp_path / "source.png", tmp_path / "target.png", settings=MatchSettings(seed=5, strength=0.8, aim="colours")
    )


def saved(job: MatchJob, path: Path, *, names_only: bool = False) -> Record:
    """Match, save the settings, and read them as plain JSON."""
    path.write_text(run_match(job).settings_text(names_only=names_only), encoding="utf-8")
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def target_of(job: MatchJob) -> Path:
    return reference_files(job.reference)["target"]


def test_versions_and_hashes_are_recorded(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    assert record["format_version"] == VERSION
    for name in ("reswd-studio", "python", "torch", "numpy", "pillow"):
        assert record["made_with"][name][0].isdigit()
    for role, path in (("source", job.source), ("target", target_of(job))):
        assert record["inputs"][role] == {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert record["distance"]["after"] < record["distance"]["before"]
    assert record["encoding"].startswith("sRGB")


def test_read_back(job: MatchJob, tmp_path: Path) -> None:
    saved(job, tmp_path / "run.json")
    found = read_settings(tmp_path / "run.json")
    assert found.settings == job.settings
    assert found.file("target") == target_of(job)
    assert found.file("mask") is None
    assert found.palette is None
    result = run_match(job)
    assert grade_from_record(found.grade).transform == result.grade.transform
    again = run_match(match_job(job.source, found.file("target"), settings=found.settings))
    assert again.graded_pixels().tobytes() == result.graded_pixels().tobytes()
    applied = load_any_grade(tmp_path / "run.json")
    assert (applied.transform, applied.strength) == (result.grade.transform, 0.8)


def test_names_only_tell_nothing_about_folders_and_are_found_beside_the_settings(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json", names_only=True)
    assert str(tmp_path) not in json.dumps(record)
    assert record["inputs"]["target"]["path"] == "target.png"
    assert read_settings(tmp_path / "run.json").file("target") == target_of(job)


def test_a_run_with_a_saved_grade(job: MatchJob, tmp_path: Path) -> None:
    record = saved(match_job(job.source, grade=Grade(Cdl((0.5, 1.0, 1.0)))), tmp_path / "run.json")
    assert "distance" not in record
    assert load_any_grade(tmp_path / "run.json").transform == Cdl((0.5, 1.0, 1.0))


def damaged(record: Record, **changes: object) -> str:
    return json.dumps({key: value for key, value in (record | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format_version": VERSION + 1}, f"format version {VERSION + 1}"),
        ({"format_version": None}, "format version None"),
        ({"format": "something else"}, "no record of this program"),
        ({"kind": BATCH}, "a record of a batch run, not settings of a match"),
        ({"settings": {"method": "best"}}, "unknown method 'best'"),
        ({"settings": {"strength": "strong"}}, "strength 'strong'"),
        ({"settings": {"colour": 1}}, "damaged"),
        ({"settings": None}, "damaged"),
        ({"inputs": "a.png"}, "damaged"),
        ({"inputs": {"target": "a.png"}}, "damaged"),
        ({"inputs": {"target": {"sha256": ""}}}, "damaged"),
        ({"grade": "abc"}, "damaged"),
        ({"grade": None}, "damaged"),
        ({"at": "noon"}, "damaged"),
        ({"at": [1]}, "damaged"),
    ],
)
def test_refused_in_one_line(job: MatchJob, changes: dict[str, object], said: str, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    path = tmp_path / "changed.json"
    path.write_text(damaged(record, **changes))
    with pytest.raises(InputError, match=said) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'"text"', b"[" * 100000])
def test_not_settings_at_all(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.json"):
        read_settings(path)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json: no such file"):
        read_settings(tmp_path / "run.json")
    with pytest.raises(InputError):
        read_settings(tmp_path)


def test_a_small_mask_travels_inside_the_settings(job: MatchJob, tmp_path: Path) -> None:
    """A mask painted in the browser is nowhere else: the settings alone must give the same bytes."""
    area = np.zeros((job_size := Image.open(job.source).size)[::-1], np.uint8)
    area[: job_size[1] // 2] = 255
    mask = tmp_path / "painted.png"
    Image.fromarray(area).save(mask)
    result = run_match(replace(job, mask=mask))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "run.json").write_text(result.settings_text(names_only=True))
    mask.unlink()
    found = read_settings(elsewhere / "run.json").file("mask")
    assert found is not None
    again = run_match(replace(job, mask=found))
    assert again.hashes["mask"] == result.hashes["mask"]
    assert again.graded_pixels().tobytes() == result.graded_pixels().tobytes()


def test_the_recorded_bytes_win_over_a_file_of_the_same_name(job: MatchJob, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.fromarray(np.full(Image.open(job.source).size[::-1], 255, np.uint8)).save(mask)
    (tmp_path / "run.json").write_text(run_match(replace(job, mask=mask)).settings_text(names_only=True))
    wanted = mask.read_bytes()
    mask.write_bytes(job.source.read_bytes())  # another picture takes the name
    found = read_settings(tmp_path / "run.json").file("mask")
    assert found is not None
    assert found.read_bytes() == wanted


def test_paths_of_windows_are_found_beside_the_settings(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    record["inputs"]["target"]["path"] = "C:\\pictures\\target.png"
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert read_settings(tmp_path / "run.json").file("target") == target_of(job)


def test_a_palette_that_is_not_text_is_damage(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    (tmp_path / "run.json").write_text(json.dumps(record | {"palette": 5}))
    with pytest.raises(InputError, match="damaged"):
        read_settings(tmp_path / "run.json")


def test_settings_of_version_1_give_the_same_bytes(tmp_path: Path) -> None:
    found = read_settings(version_1.write_settings(tmp_path))
    assert found.settings == MatchSettings(aim="colours", transform="cdl", strength=0.8, seed=5), "what it meant then"
    mask = found.file("mask")
    assert mask is not None and not (tmp_path / "mask.png").exists()  # it travels inside the settings
    reference = found.reference()
    assert reference == PictureReference(tmp_path / "warm.png")
    job = MatchJob(tmp_path / "source.png", reference, found.settings, mask)
    result = run_match(job)
    half = Image.fromarray(np.repeat(np.array([[255], [0]], np.uint8), 12, 0).repeat(32, 1))
    half.save(tmp_path / "half.png")
    anew = run_match(replace(job, mask=tmp_path / "half.png"))
    assert result.graded_pixels().tobytes() == anew.graded_pixels().tobytes()
    recorded = grade_from_record(found.grade)
    assert recorded.strength == result.grade.strength
    pixels = np.linspace(0, 1, 30, dtype=np.float32).reshape(1, 10, 3)
    np.testing.assert_allclose(recorded.apply(pixels), result.grade.apply(pixels), atol=1e-3)


def test_settings_of_version_1_are_saved_again_as_version_2(tmp_path: Path) -> None:
    found = read_settings(version_1.write_settings(tmp_path))
    record = saved(
        MatchJob(tmp_path / "source.png", found.reference(), found.settings, found.file("mask")), tmp_path / "v2.json"
    )
    old = json.loads((tmp_path / "v1.json").read_text())
    assert record.keys() - old.keys() == {"kind", "at"}
    assert {name: record[name] for name in ("palette", "encoding")} == {
        name: old[name] for name in ("palette", "encoding")
    }
    plain = json.loads(json.dumps(NEUTRAL.to_record()))
    since_then = {"aim": "colours", "protect": list(PROTECTIONS), "transform": "cdl", "trims": plain, "pairs": []}
    assert record["settings"] == old["settings"] | since_then
    assert record["inputs"]["target"] == old["inputs"]["target"]


def test_the_reference_of_each_kind_comes_back(job: MatchJob, tmp_path: Path) -> None:
    palette = PaletteReference("#c08040:2, #203040")
    saved(replace(job, reference=palette), tmp_path / "palette.json")
    assert read_settings(tmp_path / "palette.json").reference() == palette
    saved(match_job(job.source, grade=Grade(Cdl((0.5, 1.0, 1.0)))), tmp_path / "grade.json")
    again = read_settings(tmp_path / "grade.json").reference()
    assert isinstance(again, SavedGrade) and again.grade.transform == Cdl((0.5, 1.0, 1.0))
    saved(job, tmp_path / "picture.json")
    assert read_settings(tmp_path / "picture.json").reference() == job.reference
    other = read_settings(tmp_path / "picture.json").reference(mask=tmp_path / "other.png")
    assert other == PictureReference(target_of(job), tmp_path / "other.png")


@pytest.mark.parametrize("at", [None, 0.4])
def test_a_clip_and_the_time_of_its_frame_come_back(job: MatchJob, tmp_path: Path, at: float | None) -> None:
    clip = ClipReference(make_clip(tmp_path / "clip.mp4", audio=False), at=at)
    record = saved(replace(job, reference=clip), tmp_path / "run.json")
    assert record["at"] == at and record["inputs"]["target"]["sha256"] == digest(clip.path)
    found = read_settings(tmp_path / "run.json")
    assert found.reference() == clip
    assert found.reference(at=0.8) == replace(clip, at=0.8)


def test_a_time_or_a_mask_without_its_reference_is_refused(job: MatchJob, tmp_path: Path) -> None:
    saved(job, tmp_path / "run.json")
    with pytest.raises(InputError, match="a time is for clips"):
        read_settings(tmp_path / "run.json").reference(at=1.0)
    saved(match_job(job.source, grade=Grade(Cdl((0.5, 1.0, 1.0)))), tmp_path / "grade.json")
    for given, said in (({"at": 1.0}, "needs a clip"), ({"mask": tmp_path / "mask.png"}, "needs a target picture")):
        with pytest.raises(InputError, match=said):
            read_settings(tmp_path / "grade.json").reference(**given)


def test_what_helps_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(to_text(BATCH, {}))
    for name in ("other.json", "missing.json"):
        with pytest.raises(InputError) as caught:
            read_settings(tmp_path / name)
        assert caught.value.remedy is JobRemedy.SAVED_SETTINGS


def test_the_encoding_is_that_of_the_source_whatever_grade_is_applied(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(source, icc_profile=display_p3())
    look = load_grade(Grade(Cdl((1.1, 1.0, 0.9))).save(tmp_path / "look.cc"))
    record = json.loads(run_match(match_job(source, grade=look)).settings_text())
    assert record["encoding"] == "Display P3"
