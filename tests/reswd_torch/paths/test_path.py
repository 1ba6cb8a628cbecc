"""A path of grades between its key frames."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.paths import GradePath, KeyFrame
from reswd_torch.paths.path import cdl_of, numbers_of


def cdl(seed: int) -> Cdl:
    random = np.random.default_rng(seed)
    return cdl_of(np.concatenate((random.normal(0, 0.3, 9), random.uniform(0.5, 1.5, 1))))


FRAMES = (3, 4, 9, 21, 22, 40)
PATH = GradePath((tuple(KeyFrame(frame, cdl(frame)) for frame in FRAMES),))


def test_between_key_frames_it_is_the_monotone_cubic_of_scipy() -> None:
    oracle = PchipInterpolator(FRAMES, np.stack([numbers_of(cdl(frame)) for frame in FRAMES]))
    for frame in np.linspace(3, 40, 200):
        assert numbers_of(PATH.at(float(frame))) == pytest.approx(oracle(frame), abs=1e-12)


def test_two_key_frames_are_joined_by_a_straight_line_of_logarithms() -> None:
    path = GradePath(((KeyFrame(0, Cdl()), KeyFrame(10, Cdl(slope=(4.0, 1.0, 1.0), saturation=0.5))),))
    assert path.at(5).slope == pytest.approx((2.0, 1.0, 1.0))
    assert path.at(5).saturation == pytest.approx(0.75)


def test_at_key_frames_and_beyond_the_ends_it_is_the_key_frame_itself() -> None:
    assert all(PATH.at(frame) == cdl(frame) for frame in FRAMES)
    assert PATH.at(-5) == cdl(3)
    assert PATH.at(400) == cdl(40)


def test_it_breaks_at_cuts() -> None:
    dark, light = Cdl(slope=(0.5, 0.5, 0.5)), Cdl(slope=(2.0, 2.0, 2.0))
    path = GradePath(((KeyFrame(0, Cdl()), KeyFrame(8, dark)), (KeyFrame(10, light),)))
    assert [path.at(frame) for frame in (8, 9, 9.9, 10, 99)] == [dark, dark, dark, light, light]


@pytest.mark.parametrize(
    ("segments", "said"),
    [
        ((), "needs a key frame"),
        (((),), "needs a key frame"),
        (((KeyFrame(2, Cdl()), KeyFrame(2, Cdl())),), "key frame 2 comes behind 2"),
        (((KeyFrame(2, Cdl()),), (KeyFrame(1, Cdl()),)), "key frame 1 comes behind 2"),
        (((KeyFrame(2, Cdl(slope=(0.0, 1.0, 1.0))),),), "slopes above 0"),
    ],
)
def test_what_is_no_path_is_refused(segments: tuple[tuple[KeyFrame, ...], ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        GradePath(segments)
