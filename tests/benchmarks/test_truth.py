"""The judge of colour matches: its cases, its scores, and what it says of a match that does nothing or knows the answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.truth.__main__ import frame_table, main, tables
from benchmarks.truth.make import FAMILIES, Case, load_case, make_case, photographs_in
from benchmarks.truth.protections import newly_clipped, protections, skin_turn
from benchmarks.truth.renditions import LUMA, Rendition
from benchmarks.truth.score import (
    LEAST,
    NOTHING,
    Judged,
    Method,
    Row,
    by_settings,
    floor,
    methods_named,
    score_case,
    settings_named,
)
from reswd_torch import Cdl, InputError
from reswd_torch.grade import Grade
from tests.conftest import ASSETS, asset

EDGE = 240
METHODS: dict[str, Method] = {"cdl floor": floor("cdl"), "truth": lambda judged: judged.truth}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Some photographs of assets/, reduced, so that they are read quickly."""
    folder = tmp_path_factory.mktemp("photographs")
    for path in sorted(ASSETS.glob("*.jpg"))[:8]:
        small = np.rint(asset(path.name, 400) * 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{path.stem}.png"), small[..., ::-1])
    return photographs_in(folder)


@pytest.fixture(scope="module")
def cases(photographs: list[Path]) -> dict[str, list[Case]]:
    """Two small cases of every family."""
    return {family: [make_case(photographs, family, n, 0, edge=EDGE) for n in range(2)] for family in FAMILIES}


@pytest.fixture(scope="module")
def scores(cases: dict[str, list[Case]]) -> dict[str, list[dict[str, float]]]:
    """Their scores under ``METHODS``."""
    return {family: [score_case(case, METHODS) for case in each] for family, each in cases.items()}


def test_a_case_is_three_pictures_of_its_size(cases: dict[str, list[Case]]) -> None:
    for case in (each for family in cases.values() for each in family):
        assert case.source.shape == case.truth.shape
        assert max(case.source.shape) == max(case.reference.shape) == EDGE
        for picture in (case.source, case.reference, case.truth):
            assert picture.dtype == np.float32
            assert picture.min() >= 0 and picture.max() <= 1
        assert (case.photos[0] == case.photos[1]) == (case.family not in ("content", "look"))


@pytest.mark.parametrize("family", ["mixed", "look"])
def test_the_same_seed_makes_the_same_pixels(
    photographs: list[Path], cases: dict[str, list[Case]], family: str
) -> None:
    again, other = (make_case(photographs, family, 1, seed, edge=EDGE) for seed in (0, 1))
    for name in ("source", "reference", "truth"):
        assert np.array_equal(getattr(again, name), getattr(cases[family][1], name))
    assert other.source.shape != again.source.shape or not np.array_equal(other.source, again.source)


def test_white_keeps_its_luminance_under_every_light() -> None:
    for seed in range(20):
        matrices = Rendition.draw(np.random.default_rng(seed), lights=2).matrices
        assert np.allclose(matrices.sum(axis=2) @ LUMA, 1, atol=1e-5)


def test_in_daylight_a_balanced_camera_shows_the_scene_nearly_as_it_is() -> None:
    drawn = [Rendition.draw(np.random.default_rng(seed), mild=True).matrices[0] for seed in range(20)]
    assert np.abs(np.stack(drawn) - np.eye(3)).max() < 0.25


def test_the_truth_is_no_distance_from_itself(scores: dict[str, list[dict[str, float]]]) -> None:
    assert all(score["truth"] == 0 for family in scores.values() for score in family)


def test_a_cdl_that_knows_the_truth_is_nearer_than_nothing(scores: dict[str, list[dict[str, float]]]) -> None:
    for family, each in scores.items():
        assert all(score["cdl floor"] < score[NOTHING] for score in each), family


def test_a_lut_that_knows_the_truth_is_nearer_than_nothing(cases: dict[str, list[Case]]) -> None:
    score = score_case(cases["graded"][0], {"lut": floor("lut")})
    assert score["lut"] < 0.5 * score[NOTHING]


@pytest.mark.parametrize("family", ["still", "graded"])
def test_the_default_finds_another_rendition_of_the_same_picture(cases: dict[str, list[Case]], family: str) -> None:
    for case in cases[family]:
        score = score_case(case, {"default": by_settings()})
        assert score["default"] < 0.6 * score[NOTHING]


def test_clipped_pixels_are_not_judged() -> None:
    source = np.full((60, 60, 3), 0.5, np.float32)
    truth = source.copy()
    source[:20], truth[20:30], truth[30:31] = 1.0, 0.0, (1.0, 0.4, 0.4)
    judged = Judged.of(Case("clipped", "still", ("a", "a"), source, source, truth))
    assert sorted(judged.places) == list(range(31 * 60, 60 * 60))


def test_a_case_that_is_all_clipped_is_refused() -> None:
    white = np.ones((60, 60, 3), np.float32)
    white[:10] = 0.5
    assert LEAST > 10 * 60
    with pytest.raises(InputError, match="600 pixels"):
        Judged.of(Case("white", "still", ("a", "a"), white, white, white))


def test_cases_made_elsewhere_are_read_and_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cases: dict[str, list[Case]]
) -> None:
    case = cases["still"][0]
    folder = tmp_path / "ten" / "still-007"
    folder.mkdir(parents=True)
    for name, depth in (("source", 255), ("reference", 255), ("truth", 65535)):
        values = np.rint(getattr(case, name) * depth).astype(np.uint8 if depth == 255 else np.uint16)
        cv2.imwrite(str(folder / f"{name}.{'jpg' if name == 'reference' else 'png'}"), values[..., ::-1])
    (folder / "case.json").write_text(json.dumps({"family": "still", "photos": list(case.photos), "more": 1}))
    read = load_case(folder)
    assert np.array_equal(read.source, case.source)
    assert np.abs(read.truth - case.truth).max() < 1e-5
    found = tmp_path / "found.json"
    shutil.copytree(tmp_path / "ten", tmp_path / "eleven")
    folders = [str(tmp_path / name) for name in ("ten", "eleven")]
    options = ["--methods", "half=strength=0.5", "floor-cdl", "--json", str(found)]
    main(["--cases-from", folders[0], "--cases-from", folders[1], *options])
    record = json.loads(found.read_text())["cases"]
    assert list(record["half"]["still"]) == ["ten/still-007", "eleven/still-007"]
    assert record["floor-cdl"]["still"]["ten/still-007"] < record["half"]["still"]["ten/still-007"]
    assert "### still: 2 cases" in capsys.readouterr().out


def test_a_folder_without_frames_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--frames", str(tmp_path)])
    assert f"no frames NAME-Illum1.jpg, NAME-Illum2.jpg in {tmp_path}" in capsys.readouterr().err


def test_a_refused_match_counts_as_nothing_done(cases: dict[str, list[Case]]) -> None:
    score = score_case(cases["content"][0], {"same": by_settings(scene="same")})
    assert score["same"] == score[NOTHING]


def test_methods_are_named() -> None:
    assert settings_named("default") == ("default", {})
    assert settings_named("aim=look") == ("aim=look", {"aim": "look"})
    assert settings_named("half=strength=0.5,seed=3") == ("half", {"strength": 0.5, "seed": 3})
    assert settings_named("cm:mkl") is None
    assert list(methods_named(["default", "floor-lut"])[0]) == ["default", "floor-lut"]


@pytest.mark.parametrize("text", ["defualt", "a=size=3", "a=seed=x", "a=aim=nobody"])
def test_methods_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        methods_named([text])


def test_a_row_says_how_bad_it_gets() -> None:
    row = Row.of([1.0, 2.0, 6.0, 4.2], [2.0, 4.0, 4.0, 4.0])
    assert (row.mean, row.worst, row.worse) == (3.3, 1.5, 0.25)
    assert row.late == pytest.approx(5.46)  # numpy's linear quantile


def test_tables_have_a_line_for_each_method() -> None:
    scores = {name: {"still": {"a": 2.0, "b": 4.0}, "look": {"c": 5.0}} for name in (NOTHING, "ours")}
    lines = "\n".join(tables(scores)).splitlines()
    assert "| ours | 3.00 | 5.00 | **4.00** |" in lines
    assert "| ours | 5.00 | 5.00 | 1.00 | 0% |" in lines


def test_auto_has_to_be_near_the_better_on_every_pair() -> None:
    good: dict[str, float | None] = {"nothing": 9.0, "different": 4.0, "same": 2.0, "auto": 2.1}
    bad: dict[str, float | None] = {"nothing": 9.0, "different": 4.0, "same": None, "auto": 4.5}
    assert list(frame_table({"one": good}))[-1].endswith("on every pair")
    assert list(frame_table({"one": good, "two": bad}))[-1].endswith("NOT on two")


def test_nothing_done_harms_nothing_and_leaves_all_of_the_distance() -> None:
    harms = protections(strength=0.0, scene="different")
    residual, *others = harms.failures().values()
    assert len(harms.pairs) == 12 and harms.mean_residual == 1
    assert residual == ["the mean"] and not any(others)
    assert all(each.grey < 0.01 and each.turn < 0.01 and each.clipped == 0 for each in harms.pairs)


def test_harm_is_seen() -> None:
    assert skin_turn(Grade(Cdl(slope=(0.8, 1.0, 1.2)))) > 12
    before = np.array([[0, 10, 20], [5, 5, 5], [9, 9, 255], [7, 7, 7]], np.uint8)
    after = np.array([[0, 10, 30], [0, 5, 5], [0, 9, 255], [7, 7, 7]], np.uint8)
    assert newly_clipped(before, after) == 0.5
