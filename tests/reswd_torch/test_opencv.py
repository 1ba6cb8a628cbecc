"""OpenCV of several versions: what each lacks is done another way, to the same values."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reswd_torch.opencv import quiet_opencv


def test_a_broken_file_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        quiet_opencv().imdecode(np.frombuffer(b"\x89PNG\r\n\x1a\n" + b"x" * 40, np.uint8), cv2.IMREAD_UNCHANGED) is None
    )
    assert capfd.readouterr() == ("", "")


def test_its_log_is_switched_off_by_the_name_that_older_versions_have(monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[int] = []
    monkeypatch.setattr(cv2, "setLogLevel", levels.append, raising=False)
    quiet_opencv()
    assert levels == [0]
