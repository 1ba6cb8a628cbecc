"""Where colours lie: what shapes tell, what has to be said, and the way there and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.layouts import LAYOUTS, channels_first, check_layout, colours_back, colours_last

SHAPES = {"HWC": (4, 5, 3), "CHW": (3, 4, 5), "BHWC": (2, 4, 5, 3), "BCHW": (2, 3, 4, 5)}
both = pytest.mark.parametrize("made", [np.zeros, torch.zeros], ids=["array", "tensor"])


@both
@pytest.mark.parametrize("layout", LAYOUTS)
def test_shapes_that_tell(layout: str, made) -> None:
    value = made(SHAPES[layout])
    first = channels_first(value, "picture", None)
    assert first == layout.endswith("CHW") == channels_first(value, "picture", layout)
    assert tuple(colours_last(value, first).shape) in (SHAPES["HWC"], SHAPES["BHWC"])
    assert tuple(colours_back(colours_last(value, first), first).shape) == SHAPES[layout]


@both
@pytest.mark.parametrize("shape", [(5, 3), (3, 3), (2, 2, 4, 5, 3), (4, 5), (7,), (4, 5, 4)])
def test_shapes_without_channels_first(shape: tuple[int, ...], made) -> None:
    assert not channels_first(made(shape), "picture", None)


@pytest.mark.parametrize("shape", [(3, 4, 3), (3, 3, 3), (2, 3, 4, 3), (3, 3, 3, 3)])
def test_shapes_that_could_be_both(shape: tuple[int, ...]) -> None:
    for value in (torch.zeros(shape), np.zeros(shape, np.uint8), torch.zeros(shape, dtype=torch.uint8)):
        with pytest.raises(InputError, match=r"picture has shape .* say which with layout="):
            channels_first(value, "picture", None)
    assert not channels_first(np.zeros(shape), "picture", None)
    first, last = ("CHW", "HWC") if len(shape) == 3 else ("BCHW", "BHWC")
    assert channels_first(torch.zeros(shape), "picture", first)
    assert not channels_first(torch.zeros(shape), "picture", last)


def test_the_way_back_leaves_no_gaps() -> None:
    value = torch.arange(120.0).reshape(2, 3, 4, 5)
    back = colours_back(colours_last(value, True), True)
    assert torch.equal(back, value) and back.is_contiguous()
    assert np.array_equal(colours_back(colours_last(value.numpy(), True), True), value.numpy())
    assert colours_last(value, False) is value and colours_back(value, False) is value


def test_layouts_that_are_none() -> None:
    for layout in (None, *LAYOUTS):
        check_layout(layout)
    with pytest.raises(InputError, match="unknown layout 'NHWC': choose one of HWC, CHW, BHWC, BCHW"):
        check_layout("NHWC")
    with pytest.raises(InputError, match=r"picture has shape \(2, 4, 5, 3\), which is no BCHW"):
        channels_first(np.zeros((2, 4, 5, 3)), "picture", "BCHW")
