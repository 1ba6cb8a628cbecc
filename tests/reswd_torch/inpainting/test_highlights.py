"""What was clipped becomes what it does outside."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reswd_torch import fit_inpainting
from reswd_torch.inpainting.highlights import Ends, nearness
from tests.reswd_torch.inpainting.made import SIZE, apart, blob, scene


def with_a_sky() -> np.ndarray:
    """(H, W, 3): below a scene, above a sky that grows brighter to white."""
    truth = scene(1, grain=0.004)
    height, width = SIZE
    down, right = np.mgrid[:height, :width].astype(np.float32)
    light = 0.84 + 0.15 * np.sin(right / 45.0) * np.cos(down / 60.0)
    sky = light[..., None] * np.float32([0.96, 0.98, 1.0])
    share = np.clip((0.6 * height - down) / 6, 0, 1)[..., None]
    return np.asarray(truth * (1 - share) + sky * share, np.float32).clip(0, 1)


def in_codes(picture: np.ndarray) -> np.ndarray:
    """Rounded to 8 bits."""
    return (np.rint(picture.clip(0, 1) * 255) / 255).astype(np.float32)


@pytest.mark.parametrize("gains", [(1.2, 1.2, 1.2), (0.9, 0.97, 1.2)])
def test_blown_highlights_become_what_they_do_outside(gains: tuple[float, float, float]) -> None:
    truth, mask = in_codes(with_a_sky()), blob()
    generated = in_codes(truth * np.float32(gains))
    fit = fit_inpainting(truth, generated, mask)
    done = fit.apply(truth, generated, mask, feather=0)
    clipped = (mask > 0) & (generated >= 1).any(axis=2)
    assert clipped.sum() > 2000
    plain = np.asarray(fit.grade.apply(generated))
    assert apart(done, truth, clipped) < 0.6 * apart(plain, truth, clipped)
    assert apart(done, truth, mask > 0) < 1.3
    assert any("clipped" in note for note in fit.notes) and fit.to_record()["clipped"]


def test_clipped_pixels_count_in_what_is_said() -> None:
    truth, mask = in_codes(with_a_sky()), blob()
    generated = in_codes(truth * np.float32(1.2))
    fit = fit_inpainting(truth, generated, mask)
    assert fit.outside_before == pytest.approx(apart(generated, truth, mask == 0), rel=0.15)
    alone = apart(np.asarray(fit.grade.apply(generated)), truth, mask == 0)
    assert fit.outside_after is not None and 0.25 * alone < fit.outside_after < 0.8 * alone


def test_no_step_between_clipped_and_nearly_clipped() -> None:
    truth, mask = in_codes(with_a_sky()), blob()
    generated = in_codes(truth * np.float32(1.2))
    fit = fit_inpainting(truth, generated, mask)
    done = fit.apply(truth, generated, mask, feather=0)
    inside = cv2.erode((mask > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    clipped = (generated >= 1).all(axis=2)
    rim = inside & clipped & ~(cv2.erode(clipped.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    rim[: SIZE[0] // 2] &= True
    rim[SIZE[0] // 2 :] = False
    across = np.abs(np.diff(done, axis=1)).max(axis=2)
    assert rim.sum() > 50 and across[:, :-1][rim[:, 1:-1]].mean() < 0.03


def test_without_clipped_codes_nothing_is_looked_at() -> None:
    picture = scene(1).clip(0.05, 0.95)
    assert Ends.of(picture) is None
    picture[100, 100, 1] = 1.0
    ends = Ends.of(picture)
    assert ends is not None and ends.at(np.array([100]), np.array([100])).max() > 0.0
    assert nearness(np.float32([[0.5, 1.0, 0.5], [0.5, 0.5, 0.5], [0.0, 0.5, 0.5]]))[:, 0].tolist() == [1.0, 0.0, 1.0]
