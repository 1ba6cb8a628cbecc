"""Look-ups of 16 bits where OpenCV has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reswd_torch.grade.look_up import look_up


@pytest.mark.parametrize("in_place", [False, True])
def test_16_bits_are_looked_up_where_opencv_takes_bytes_alone(in_place: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    source = random.integers(0, 65536, (1, 500, 3), np.uint16)
    table = random.integers(0, 65536, (65536, 3), np.uint16)
    expected = np.stack([table[source[..., one], one] for one in range(3)], axis=-1)

    def bytes_alone(*given: object) -> None:
        raise cv2.error("not of 8 bits")

    monkeypatch.setattr(cv2, "LUT", bytes_alone)
    out = source if in_place else np.empty_like(source)
    look_up(source, table, out)
    assert np.array_equal(out, expected)
