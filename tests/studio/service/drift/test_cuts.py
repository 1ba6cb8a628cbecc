"""Cuts of a clip."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from studio.service.drift.cuts import TINY, cuts_by_scenedetect, cuts_in
from tests.conftest import photograph


def shot(number: int, count: int, pan: float = 1.0) -> list[np.ndarray]:
    """Tiny grey copies of a pan over a picture."""
    grey = cv2.cvtColor(np.asarray(photograph(number, 120, 400), np.float32), cv2.COLOR_RGB2GRAY) * 255
    views = [grey[:, int(pan * place) : int(pan * place) + 200] for place in range(count)]
    return [cv2.resize(view, TINY[::-1], interpolation=cv2.INTER_AREA) for view in views]


def test_a_cut_is_found_in_a_moving_camera() -> None:
    assert cuts_in([*shot(1, 20, 4.0), *shot(2, 25, 2.0), *shot(3, 20, 6.0)]) == [20, 45]


def test_a_shot_of_a_single_frame_at_the_end_is_one() -> None:
    assert cuts_in([*shot(1, 20), *shot(4, 1)]) == [20]


def test_neither_drift_nor_exposure_steps_nor_flashes_are_cuts() -> None:
    random = np.random.default_rng(0)
    copies = shot(1, 60, 2.0)
    uneven = [copy * (1 - 0.008 * n) * (1 + 0.15 * random.normal()) for n, copy in enumerate(copies)]
    uneven[30] = uneven[30] * 0.5 + 120
    assert cuts_in(uneven) == []


def test_noise_in_the_dark_is_no_cut() -> None:
    random = np.random.default_rng(0)
    assert cuts_in([random.normal(3, 0.7, TINY) for _ in range(40)]) == []


def test_scenedetect_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def detect(path: str, detector: object) -> list[tuple[SimpleNamespace, SimpleNamespace]]:
        asked.append((path, detector))
        return [(SimpleNamespace(frame_num=first), SimpleNamespace(frame_num=first + 9)) for first in (0, 10, 35)]

    module = ModuleType("scenedetect")
    module.detect, module.ContentDetector = detect, lambda: "content"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "scenedetect", module)
    assert cuts_by_scenedetect(Path("a.mp4")) == [10, 35]
    assert asked == [("a.mp4", "content")]


def test_without_scenedetect_and_where_it_fails_we_are_on_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    assert cuts_by_scenedetect(Path("a.mp4")) is None

    def detect(path: str, detector: object) -> None:
        raise RuntimeError("no backend")

    module = ModuleType("scenedetect")
    module.detect, module.ContentDetector = detect, object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "scenedetect", module)
    assert cuts_by_scenedetect(Path("a.mp4")) is None
