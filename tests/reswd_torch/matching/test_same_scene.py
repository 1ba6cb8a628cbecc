"""Pictures of one scene are told from others, and a match of theirs sees the light and not the content."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
import torch

from reswd_torch import InputError, MatchSettings, match, srgb_to_lab
from reswd_torch.grade import Cdl
from reswd_torch.matching import same_scene
from reswd_torch.matching.same_scene import LEAST_POINTS, SameScene, _span, find_same_scene
from reswd_torch.matching.thumbnail import EDGE, thumbnail
from tests.conftest import asset as file

LIGHT = Cdl(slope=(1.1, 0.85, 0.6), offset=(0.0, 0.02, 0.05))
TURNED = np.array([[0.95, -0.06, 40.0], [0.05, 0.97, 12.0], [4e-5, -3e-5, 1.0]])
SCENES = ["forest-stream", "fig-red-bowl", "warm-room"]


def asset(name: str, edge: int) -> np.ndarray:
    """A photograph of assets/ by its bare name."""
    return file(f"{name}.jpg", edge)


def _view(picture: np.ndarray, matrix: np.ndarray = TURNED) -> np.ndarray:
    """From another place; what the first did not show is grey."""
    height, width = picture.shape[:2]
    return np.asarray(cv2.warpPerspective(picture, matrix, (width, height), borderValue=(0.4, 0.4, 0.4)))


def _lit(picture: np.ndarray) -> np.ndarray:
    return LIGHT.apply(torch.from_numpy(picture)).numpy()


def _found(source: np.ndarray, target: np.ndarray) -> SameScene | None:
    return find_same_scene(thumbnail(source), thumbnail(target), 512, 0)


def _error(picture: np.ndarray, graded: np.ndarray) -> float:
    """Mean difference from what the other light makes of the picture, Lab units."""
    first, second = (srgb_to_lab(torch.from_numpy(each)).reshape(-1, 3) for each in (graded, _lit(picture)))
    return (first - second).norm(dim=1).mean().item()


@pytest.mark.parametrize("name", SCENES)
def test_points_lie_where_the_view_takes_them(name: str) -> None:
    picture = asset(name, 640)
    height, width = picture.shape[:2]
    found = _found(picture, _lit(_view(picture)))
    assert found is not None and found.points >= LEAST_POINTS
    expected = cv2.perspectiveTransform((found.source_places * (width, height))[None].astype(np.float64), TURNED)[0]
    off = np.linalg.norm(expected - found.target_places * (width, height), axis=1)
    assert np.median(off) < 1
    assert (off < 4).mean() > 0.9
    lit = LIGHT.apply(found.source_colors)
    assert (srgb_to_lab(lit) - srgb_to_lab(found.target_colors)).norm(dim=1).median() < 2


@pytest.mark.parametrize("name", SCENES)
def test_the_same_scene_beside_other_things_is_matched_by_its_light(name: str) -> None:
    """A third of the reference shows something else: statistics take it for light, points do not."""
    picture = asset(name, 640)
    other = np.asarray(cv2.resize(asset("mountain-sunset", 640), picture.shape[1::-1]))
    target = _lit(_view(picture))
    target[:, : target.shape[1] // 3] = other[:, : target.shape[1] // 3]
    auto, statistics = (match(picture, target, aim="colours", scene=scene) for scene in ("auto", "different"))
    assert auto.report is not None and auto.report.points >= LEAST_POINTS and auto.report.trust > 0.5
    assert statistics.report is not None and (statistics.report.points, statistics.report.trust) == (0, 0.0)
    assert _error(picture, auto.apply(picture)) < 0.7 * _error(picture, statistics.apply(picture))


@pytest.mark.parametrize("kind", ["lut", "cdl"])
def test_both_kinds_of_grade_follow_the_points(kind: str) -> None:
    picture = asset("forest-stream", 640)
    grade = match(picture, _lit(_view(picture)), scene="same", transform=kind)
    assert grade.report is not None and grade.report.trust == 1.0
    assert _error(picture, grade.apply(picture)) < 0.4 * _error(picture, picture)


def test_unrelated_photographs_are_no_scene() -> None:
    names = [*SCENES, "bridge-night", "mountain-sunset", "dogs-at-window", "astronaut-portrait"]
    small = [thumbnail(asset(name, EDGE)) for name in names]
    for first, second in itertools.combinations(small, 2):
        assert find_same_scene(first, second, 512, 0) is None


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_and_itself(name: str) -> None:
    """A camera that stood still; equal pictures have the identity for a grade."""
    picture = asset(name, 640)
    found = _found(picture, picture)
    assert found is not None and found.points > 100
    assert np.array_equal(found.source_places, found.target_places)
    grade = match(picture, picture, scene="same")
    np.testing.assert_allclose(grade.apply(picture), picture, atol=1e-5)


def test_the_same_call_finds_the_same_points() -> None:
    picture = asset("forest-stream", 640)
    target = _lit(_view(picture))
    first, again = _found(picture, target), _found(picture, target)
    assert first is not None and again is not None
    assert np.array_equal(first.source_places, again.source_places)
    assert torch.equal(first.source_overlap, again.source_overlap)


def test_points_keep_to_what_counts() -> None:
    picture = asset("forest-stream", 640)
    weights = np.zeros(picture.shape[:2], np.float32)
    weights[:, : picture.shape[1] // 2] = 1
    found = find_same_scene(thumbnail(picture, weights), thumbnail(picture), 512, 0)
    assert found is not None
    assert found.source_places[:, 0].max() <= 0.51


def test_clipped_pixels_are_left_out() -> None:
    picture = asset("forest-stream", 640)
    bright = np.clip(picture * 2.5, 0, 1)
    found = _found(picture, bright)
    assert found is not None
    assert found.target_colors.max() < 0.996


def test_points_of_a_few_tones_are_not_trusted() -> None:
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(2000, 1, generator=generator).expand(-1, 3)
    none = np.zeros((0, 2))
    for points, low, high in ((picture, 1, 1), (0.4 + 0.2 * picture, 0, 0), (0.15 + 0.65 * picture, 0.01, 0.99)):
        span = _span(points, picture)
        assert low <= SameScene(none, none, points, points, picture, picture, span).trust <= high


@pytest.mark.parametrize("height, width", [(1, 1), (20, 20), (64, 5)])
def test_small_and_flat_pictures_are_no_scene(height: int, width: int) -> None:
    random = np.random.default_rng(0)
    noise = random.random((height, width, 3), dtype=np.float32)
    assert _found(noise, noise) is None
    assert _found(np.full((300, 300, 3), 0.5, np.float32), np.full((300, 300, 3), 0.5, np.float32)) is None
    np.testing.assert_allclose(match(noise, noise).apply(noise), noise, atol=1e-5)


@pytest.mark.parametrize(
    "target, options, message",
    [
        ("bridge-night", {}, r"scene 'same': fewer than 25 points of the source were found again .* choose scene auto"),
        (None, {"palette": "#aa3300"}, "scene 'same' needs two pictures or clips, no palette"),
        ("bridge-night", {"method": "mkl"}, "scene 'same' needs method fast, not mkl"),
        ("bridge-night", {"scene": "similar"}, "unknown scene 'similar': choose one of auto, same, different"),
    ],
)
def test_what_cannot_be_followed_is_said(target: str | None, options: dict[str, str], message: str) -> None:
    picture = asset("forest-stream", 320)
    with pytest.raises(InputError, match=message):
        match(picture, asset(target, 320) if target else None, **{"scene": "same", **options})


def test_other_methods_do_not_look() -> None:
    assert MatchSettings().looks_for_scene
    assert not MatchSettings(method="reinhard").looks_for_scene
    assert not MatchSettings(scene="different").looks_for_scene
    picture = asset("forest-stream", 320)
    report = match(picture, picture, method="reinhard").report
    assert report is not None and report.points == 0


def test_one_scene_whose_points_are_not_trusted_is_matched_by_its_middle_tones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference holds a lamp that the source does not show."""
    monkeypatch.setattr(same_scene, "TRUSTED", (8.0, 9.0))
    monkeypatch.setattr(same_scene, "PLANE", 9.0)  # nothing counts as aligned
    picture = asset("forest-stream", 640) * 0.5
    target = _lit(picture)
    target[:60] = (1.0, 0.95, 0.9)
    with_lamp = match(picture, target, aim="colours", scene="different")
    found = match(picture, target)
    assert found.report is not None and found.report.points >= LEAST_POINTS
    assert found.report.trust == 0.0
    assert _error(picture, found.apply(picture)) < 0.9 * _error(picture, with_lamp.apply(picture))
