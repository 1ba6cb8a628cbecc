"""Settings as JSON: the same bytes again, hashes, and what is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, MatchSettings
from reswd_torch.grade.grade import grade_from_record
from studio.jobs import MatchJob
from studio.records.match import FORMAT_VERSION, read_settings
from studio.service.apply import load_any_grade
from studio.service.match import run_match
from tests.conftest import photograph
from tests.studio.jobs_for_tests import match_job


@pytest.fixture
def job(tmp_path: Path) -> MatchJob:
    for name, seed in (("source", 1), ("target", 2)):
        Image.fromarray(np.rint(photograph(seed) * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return match_job(tmp_path / "source.png", tmp_path / "target.png", settings=MatchSettings(seed=5, strength=0.8))


def saved(job: MatchJob, path: Path, **options: bool) -> dict:
    path.write_text(run_match(job).settings_text(**options), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def test_versions_and_hashes_are_recorded(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    assert record["format_version"] == FORMAT_VERSION
    for name in ("reswd-studio", "python", "torch", "numpy", "pillow"):
        assert record["made_with"][name][0].isdigit()
    for role, path in (("source", job.source), ("target", job.target)):
        assert record["inputs"][role] == {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert record["distance"]["after"] < record["distance"]["before"]
    assert record["encoding"].startswith("sRGB")


def test_read_back(job: MatchJob, tmp_path: Path) -> None:
    saved(job, tmp_path / "run.json")
    found = read_settings(tmp_path / "run.json")
    assert found.settings == job.settings
    assert found.file("target") == job.target
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
    assert read_settings(tmp_path / "run.json").file("target") == job.target


def test_a_run_with_a_saved_grade(job: MatchJob, tmp_path: Path) -> None:
    record = saved(match_job(job.source, grade=Grade(Cdl((0.5, 1.0, 1.0)))), tmp_path / "run.json")
    assert "distance" not in record
    assert load_any_grade(tmp_path / "run.json").transform == Cdl((0.5, 1.0, 1.0))


def damaged(record: dict, **changes: object) -> str:
    return json.dumps({key: value for key, value in (record | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format_version": FORMAT_VERSION + 1}, f"format version {FORMAT_VERSION + 1}"),
        ({"format_version": None}, "format version None"),
        ({"format": "something else"}, "not settings of ReSWD Studio"),
        ({"settings": {"method": "best"}}, "unknown method 'best'"),
        ({"settings": {"strength": "strong"}}, "strength 'strong'"),
        ({"settings": {"colour": 1}}, "damaged"),
        ({"settings": None}, "damaged"),
        ({"inputs": "a.png"}, "damaged"),
        ({"inputs": {"target": "a.png"}}, "damaged"),
        ({"inputs": {"target": {"sha256": ""}}}, "damaged"),
        ({"grade": "abc"}, "damaged"),
        ({"grade": None}, "damaged"),
    ],
)
def test_refused_in_one_line(job: MatchJob, changes: dict, said: str, tmp_path: Path) -> None:
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
    assert read_settings(tmp_path / "run.json").file("target") == job.target


def test_a_palette_that_is_not_text_is_damage(job: MatchJob, tmp_path: Path) -> None:
    record = saved(job, tmp_path / "run.json")
    (tmp_path / "run.json").write_text(json.dumps(record | {"palette": 5}))
    with pytest.raises(InputError, match="damaged"):
        read_settings(tmp_path / "run.json")
