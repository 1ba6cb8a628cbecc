"""Two things at once: both happen, errors come through, and a process that may use one core uses one."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from reswd_torch import threads
from reswd_torch.matching import sample_pixels
from reswd_torch.matching.same_scene import find_same_scene
from tests.conftest import asset


def _fail(words: str) -> object:
    raise ValueError(words)


def test_both_happen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_allowed", 2)
    meeting = threading.Barrier(2, timeout=10)  # either alone would wait in vain
    assert sorted(threads.side_by_side(lambda: meeting.wait(), lambda: meeting.wait())) == [0, 1]


def test_on_one_core_it_is_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_allowed", 1)
    assert threads.side_by_side(threading.get_ident, threading.get_ident) == (threading.get_ident(),) * 2


@pytest.mark.parametrize("allowed", [1, 2])
def test_the_first_error_is_the_one_that_is_told(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_allowed", allowed)
    with pytest.raises(ValueError, match="first"):
        threads.side_by_side(lambda: _fail("first"), lambda: _fail("second"))
    with pytest.raises(ValueError, match="second"):
        threads.side_by_side(lambda: 1, lambda: _fail("second"))


def test_a_scene_is_the_same_by_one_thread_and_by_two(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = asset("warm-room.jpg", 480)
    found = []
    for allowed in (1, 2):
        monkeypatch.setattr(threads, "_allowed", allowed)
        samples = [sample_pixels(each, 512, 0, with_thumbnail=True) for each in (picture, picture[20:, 30:] ** 1.2)]
        thumbnails = [each.thumbnail for each in samples]
        assert thumbnails[0] is not None and thumbnails[1] is not None
        scene = find_same_scene(thumbnails[0], thumbnails[1], 512, 0)
        assert scene is not None and scene.aligned
        found.append((scene.source_places, scene.source_colors.numpy(), scene.target_colors.numpy()))
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))
