"""Pictures of one scene are laid over each other pixel by pixel, and what falls on what tells the grade."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from reswd_torch import srgb_to_lab
from reswd_torch.grade import Cdl
from reswd_torch.matching.alignment import LEAST_PAIRS, PAIRS, Alignment, align
from reswd_torch.matching.same_scene import PLANE, SameScene, find_same_scene
from reswd_torch.matching.thumbnail import Thumbnail, thumbnail
from tests.conftest import ROOT, asset

LIGHT = Cdl(slope=(1.1, 0.85, 0.6), offset=(0.0, 0.02, 0.05))
TURNED = np.array([[0.95, -0.06, 40.0], [0.05, 0.97, 12.0], [4e-5, -3e-5, 1.0]])
NAMES = ["forest-stream.jpg", "warm-room.jpg", "bridge-night.jpg"]
SHIFT = np.array([[1.0, 0.0, -60.0], [0.0, 1.0, -30.0], [0.0, 0.0, 1.0]])


def _lit(picture: np.ndarray) -> np.ndarray:
    return LIGHT.apply(torch.from_numpy(picture)).numpy()


def _views(name: str) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """A picture, the same in another light and from another place, and the homography between them."""
    picture = asset(name, 640)
    height, width = picture.shape[:2]
    turned = cv2.warpPerspective(picture, TURNED, (width, height), borderValue=(0.4, 0.4, 0.4))
    crop = picture[30 : height - 50, 60 : width - 15]
    return {
        "re-graded": (picture, _lit(picture), np.eye(3)),
        "cropped": (picture, _lit(crop), SHIFT),
        "turned": (picture, _lit(np.asarray(turned)), TURNED),
    }


def _error(pairs: Alignment | SameScene) -> torch.Tensor:
    """How far each pair is from what the light does, Lab units."""
    lit = LIGHT.apply(pairs.source_colors)
    return (srgb_to_lab(lit) - srgb_to_lab(pairs.target_colors)).norm(dim=1)


@pytest.mark.parametrize("view", ["re-graded", "cropped", "turned"])
@pytest.mark.parametrize("name", NAMES)
def test_pairs_tell_the_light(name: str, view: str) -> None:
    picture, target, homography = _views(name)[view]
    found = align(thumbnail(picture), thumbnail(target), homography)
    assert found is not None
    assert len(found.source_colors) == len(found.target_colors) == PAIRS
    assert found.planar > 0.9
    assert found.depth < 0.05
    errors = _error(found)
    assert errors.median() < 1.0
    assert errors.quantile(0.9) < 2.5


@pytest.mark.parametrize("view", ["re-graded", "cropped", "turned"])
@pytest.mark.parametrize("name", NAMES)
def test_a_view_that_nobody_told_of_is_found_and_aligned(name: str, view: str) -> None:
    picture, target, _ = _views(name)[view]
    scene = find_same_scene(thumbnail(picture), thumbnail(target), 512, 0)
    assert scene is not None and scene.aligned
    assert scene.trust == 1.0
    assert _error(scene).median() < 1.5


def test_a_homography_that_is_off_by_a_few_pixels_is_put_right() -> None:
    picture, target, homography = _views(NAMES[0])["cropped"]
    off = np.array([[1.0, 0.0, 6.0], [0.0, 1.0, -5.0], [0.0, 0.0, 1.0]]) @ homography
    found = align(thumbnail(picture), thumbnail(target), off)
    assert found is not None and found.planar > 0.9
    assert _error(found).median() < 1.0


def test_pairs_are_spread_over_the_picture() -> None:
    """Of every part a share: here the parts are told by how much red was taken out of them."""
    picture = asset(NAMES[0], 640)
    shares = np.repeat([0.9, 0.6, 0.75], np.diff([0, 200, 420, picture.shape[1]])).astype(np.float32)
    target = picture * np.stack((shares, np.ones_like(shares), np.ones_like(shares)), axis=1)
    found = align(thumbnail(picture), thumbnail(target), np.eye(3))
    assert found is not None
    ratio = found.target_colors[:, 0] / found.source_colors[:, 0].clamp(min=1e-3)
    for share, part in ((0.9, 200), (0.6, 220), (0.75, picture.shape[1] - 420)):
        there = float((ratio - share).abs().lt(0.03).float().mean())
        assert there == pytest.approx(part / picture.shape[1], abs=0.15)


@pytest.mark.parametrize(
    ("one", "other"),
    [(NAMES[0], NAMES[1]), (NAMES[2], NAMES[0]), ("fig-red-bowl.jpg", "dogs-at-window.jpg"), ("mountain-sunset.jpg", NAMES[1])],
)  # fmt: skip
def test_unrelated_photographs_do_not_align(one: str, other: str) -> None:
    first, second = thumbnail(asset(one, 640)), thumbnail(asset(other, 640))
    found = align(first, second, np.eye(3))
    assert found is None or found.planar - found.depth < PLANE - 0.3
    assert find_same_scene(first, second, 512, 0, thorough=True) is None


def _halves(where: str) -> tuple[Thumbnail, Thumbnail]:
    """A picture, and the same with a left half of another colour, which the mask of either leaves out."""
    picture = asset(NAMES[0], 640)
    middle = picture.shape[1] // 2
    target, counts = picture.copy(), np.ones(picture.shape[:2], np.float32)
    target[:, :middle] *= np.array([1.0, 0.3, 0.3], np.float32)
    counts[:, :middle] = 0
    return thumbnail(picture, counts if where == "source" else None), thumbnail(
        target, counts if where == "target" else None
    )


@pytest.mark.parametrize("where", ["source", "target"])
def test_what_a_mask_leaves_out_gives_no_pairs(where: str) -> None:
    def strange(where: str) -> float:
        found = align(*_halves(where), np.eye(3))
        assert found is not None and len(found.source_colors) == PAIRS
        apart = (srgb_to_lab(found.source_colors) - srgb_to_lab(found.target_colors)).norm(dim=1)
        return float((apart > 3).float().mean())

    assert strange("neither") > 0.4
    assert strange(where) < 0.03  # a colour is that of a small neighbourhood, which may reach across the edge


def test_clipped_spots_give_no_pairs() -> None:
    picture = asset(NAMES[0], 640)
    bright = np.clip(picture * 2.0, 0, 1)
    assert (bright >= 1).any(axis=2).mean() > 0.05
    found = align(thumbnail(picture), thumbnail(bright), np.eye(3))
    assert found is not None
    assert float(found.target_colors.max()) < 0.996


def test_a_flat_picture_has_nothing_to_be_recognised_by() -> None:
    flat, picture = thumbnail(np.full((300, 300, 3), 0.5, np.float32)), thumbnail(asset(NAMES[0], 300))
    for first, second in ((flat, flat), (flat, picture), (picture, flat)):
        assert align(first, second, np.eye(3)) is None


def test_a_mask_that_leaves_hardly_anything_gives_none() -> None:
    picture = asset(NAMES[0], 640)
    counts = np.zeros(picture.shape[:2], np.float32)
    counts[100:110, 100:110] = 1
    assert LEAST_PAIRS > 100
    assert align(thumbnail(picture, counts), thumbnail(picture), np.eye(3)) is None


def test_the_same_call_gives_the_same_pairs() -> None:
    picture, target, homography = _views(NAMES[1])["turned"]
    first, again = (align(thumbnail(picture), thumbnail(target), homography) for _ in range(2))
    assert first is not None and again is not None
    assert torch.equal(first.source_colors, again.source_colors)
    assert torch.equal(first.target_colors, again.target_colors)
    assert (first.planar, first.depth) == (again.planar, again.depth)


def test_a_strip_of_a_picture_does_not_bring_the_program_down() -> None:
    """A panorama's thumbnail is a few dozen pixels high. In a process of its own: OpenCV's flow has ended it."""
    code = (
        "import numpy as np; from PIL import Image; from reswd_torch import match;"
        "whole = np.asarray(Image.open('assets/forest-stream.jpg').resize((960, 640)), np.float32) / 255;"
        "strips = [whole[200:200 + height] for height in (16, 24, 40, 48)];"
        "graded = [match(strip, strip * np.float32(0.8)).apply(strip) for strip in strips];"
        "assert all(np.isfinite(each).all() for each in graded)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, (ended.returncode, ended.stderr[-300:])
