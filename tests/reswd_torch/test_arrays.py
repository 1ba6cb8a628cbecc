"""The public edge: what is taken, what is refused and with which words."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from reswd_torch.arrays import colors_in, like_input, weights_in
from reswd_torch.errors import InputError

GOOD = np.full((4, 5, 3), 0.5, np.float32)


def spoiled(value: float) -> np.ndarray:
    picture = GOOD.copy()
    picture[1, 2, 0] = value
    return picture


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([[0.1, 0.2, 0.3]], "picture is a list"),
        (None, "picture is a NoneType"),
        (GOOD[..., 0], r"picture has shape \(4, 5\)"),
        (GOOD.transpose(2, 0, 1), r"shape \(3, 4, 5\).*colours last"),
        (np.ones((4, 5, 4), "f4"), r"shape \(4, 5, 4\)"),
        (np.zeros((0, 5, 3), "f4"), "holds no colours"),
        (np.zeros(3, "f4"), r"shape \(3,\)"),
        (np.full((4, 5, 3), 128, np.uint8), "dtype uint8.*divide uint8 by 255"),
        (torch.full((4, 5, 3), 128, dtype=torch.uint8), "dtype torch.uint8"),
        (GOOD.astype(complex), "dtype complex128"),
        (spoiled(np.nan), "NaN or Inf"),
        (spoiled(np.inf), "NaN or Inf"),
        (spoiled(-np.inf), "NaN or Inf"),
        (spoiled(1.5), "from 0.5 to 1.5"),
        (spoiled(-0.25), "from -0.25 to 0.5"),
        (torch.from_numpy(spoiled(np.nan)), "NaN or Inf"),
    ],
)
def test_refused_with_the_input_in_one_line(value: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        colors_in(value, "picture")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("picture")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", np.longdouble])
def test_numpy_in_numpy_out(dtype: str) -> None:
    picture = GOOD.astype(dtype)
    tensor = colors_in(picture, "picture")
    assert np.allclose(tensor.double().numpy(), 0.5)
    back = like_input(tensor, picture)
    assert isinstance(back, np.ndarray)
    assert back.dtype == picture.dtype


def test_tensor_in_tensor_out_without_a_copy() -> None:
    tensor = torch.from_numpy(GOOD)
    assert colors_in(tensor, "picture") is tensor
    assert like_input(tensor, tensor) is tensor


@pytest.mark.parametrize(
    "view",
    [GOOD[::-1], GOOD[:, ::-1], GOOD[..., ::-1], GOOD[::2, ::2], GOOD.transpose(1, 0, 2)],
    ids=["upside down", "mirrored", "BGR", "every second", "turned"],
)
def test_views_of_any_stride(view: np.ndarray) -> None:
    assert np.array_equal(colors_in(view, "picture").numpy(), view)


def test_read_only_arrays_are_taken_quietly_and_not_written_to() -> None:
    picture = GOOD.copy()
    picture.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensor = colors_in(picture, "picture")
    tensor.zero_()
    assert float(picture.min()) == 0.5


@pytest.mark.parametrize("weights", [np.eye(4) > 0, np.eye(4)[::-1], torch.eye(4).half(), [[1, 0], [0, 1]]])
def test_weights(weights: object) -> None:
    shape = (2, 2) if isinstance(weights, list) else (4, 4)
    taken = weights_in(weights, "mask", shape)
    assert taken.dtype == torch.float32
    assert np.array_equal(taken.numpy(), np.asarray(weights, np.float32))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (np.ones((3, 4)), r"shape \(3, 4\), its picture \(4, 4\)"),
        (np.zeros((4, 4)), "zero everywhere"),
        (-np.ones((4, 4)), "negative"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4), np.inf), "Inf"),
        ("white", "is a str"),
        ([[1.0], [1.0, 2.0]], "is a list"),
    ],
)
def test_weights_refused(weights: object, said: str) -> None:
    with pytest.raises(InputError, match=f"mask.*{said}") as caught:
        weights_in(weights, "mask", (4, 4))
    assert "\n" not in str(caught.value)
