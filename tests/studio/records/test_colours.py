"""Colours as text: 16 bits each, low byte first."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from reswd_torch.errors import InputError
from studio.records.colours import packed, unpacked


def test_colours_are_packed_as_it_is_written() -> None:
    assert packed(np.array([[0, 1, 0.5]], np.float32)) == base64.b64encode(bytes([0, 0, 255, 255, 0, 128])).decode()
    assert np.array_equal(unpacked("AAD//wAA"), np.array([[0, 1, 0]], np.float32))


def test_every_level_comes_back_to_the_last_bit() -> None:
    every = (np.arange(65536, dtype=np.float32) / 65535)[:, None].repeat(3, 1)
    found = unpacked(packed(every))
    assert found.dtype == np.float32
    assert found.tobytes() == every.tobytes()
    between = np.random.default_rng(0).random((1000, 3), np.float32)
    assert np.abs(unpacked(packed(between)) - between).max() <= 0.5 / 65535 + 1e-7


@pytest.mark.parametrize("text", ["", "?", "AAAA", "AAD//wA", "AAD//wAA" + "AAD/", "Å" * 8, None, [1, 2, 3]])
def test_damaged_text_is_refused(text: object) -> None:
    with pytest.raises(InputError, match="colours are incomplete"):
        unpacked(text)  # type: ignore[arg-type]
