"""Masks as records keep them."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import numpy as np
import pytest

from reswd_torch.errors import InputError
from studio.records.masks import packed_mask, unpacked_mask

LEVELS = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
KEPT = packed_mask(LEVELS, "sky.png")


def test_a_mask_comes_back_as_it_was() -> None:
    assert (KEPT.width, KEPT.height, KEPT.name) == (7, 5, "sky.png")
    assert np.array_equal(unpacked_mask(KEPT), LEVELS)
    hard = np.zeros((1024, 1024), np.uint8)
    hard[:, 300:] = 255
    assert len(packed_mask(hard, None).levels) < 10_000


@pytest.mark.parametrize(
    "changed",
    [
        {"levels": "?"}, {"levels": ""}, {"levels": KEPT.levels[:-8]}, {"width": 6}, {"height": 6}, {"width": 0}, {"width": 1025},
        {"width": True}, {"width": 7.0}, {"height": None}, {"levels": base64.b64encode(zlib.compress(bytes(10**8))).decode()},
    ],
)  # fmt: skip
def test_a_damaged_mask_is_refused_in_words(changed: dict[str, object]) -> None:
    with pytest.raises(InputError, match="the mask of a place is incomplete: give its mask and reference anew"):
        unpacked_mask(replace(KEPT, **changed))  # type: ignore[arg-type]
