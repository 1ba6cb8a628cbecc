from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from studio.service.held.frames import (
    codes_of,
    floats_of,
    frames_of,
    how_much_counts,
    marked_in,
    masks_of,
    where_to_grade,
)
from tests.studio.service.held.pictures import codes, held, truncated


def test_every_code_comes_back_and_outlives_truncation() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    found = codes_of(held(every)[0])
    assert found is not None and np.array_equal(found, every)
    assert np.array_equal(floats_of(every), held(every)[0].numpy())
    assert np.array_equal(truncated(torch.from_numpy(floats_of(every))), every)


@pytest.mark.parametrize(
    "value", [0.5, float(np.nextafter(np.float32(100 / 255), np.float32(1))), 1.2, -0.1, float("nan")]
)
def test_one_other_value_anywhere_makes_a_frame_of_floats(value: float) -> None:
    frame = held(codes("forest-stream.jpg"))[0]
    frame[-1, -1, 2] = value
    assert codes_of(frame) is None


def test_a_strided_frame_has_its_codes() -> None:
    picture = codes("forest-stream.jpg")
    turned = held(picture)[0].transpose(0, 1)
    assert np.array_equal(codes_of(turned), picture.transpose(1, 0, 2))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (torch.zeros(0, 4, 4, 3), "holds no picture"),
        (torch.zeros(1, 4, 4, 2), "is no batch of pictures"),
        (torch.zeros(4, 4), "is no batch of pictures"),
        (torch.zeros(1, 4, 4, 3, dtype=torch.uint8), "dtype torch.uint8"),
        (np.zeros((1, 4, 4, 3)), "a ndarray is no batch"),
        ([], "the list is empty"),
        ([torch.zeros(1, 4, 4, 3), torch.zeros(1, 5, 6, 3)], "pictures of 4 x 4, 6 x 5 are no one batch"),
    ],
)
def test_what_is_no_batch_is_refused_in_one_line(value: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        frames_of(value, "images")
    assert str(error.value).startswith("images: ") and "\n" not in str(error.value)


def test_a_list_of_one_size_is_a_batch() -> None:
    assert len(frames_of([torch.zeros(1, 4, 4, 3), torch.zeros(2, 4, 4, 3)], "images")) == 3


def test_floats_outside_the_range_are_at_its_edge_and_nan_is_refused() -> None:
    picture = torch.tensor([[[[-0.5, 0.3, 1.5]]]])
    assert frames_of(picture, "images").colours(0).tolist() == [[[0.0, pytest.approx(0.3), 1.0]]]
    picture[0, 0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="images, frame 0: it holds NaN"):
        frames_of(picture, "images").colours(0)


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (torch.ones(3, 4, 4), "3 masks for 2 frames"),
        (torch.zeros(1, 4, 4), "0 everywhere"),
        (torch.zeros(2, 4, 4), "0 everywhere"),
        (torch.full((1, 4, 4), float("nan")), "NaN"),
        (torch.ones(4), "is no mask"),
        ("mask", "str is no mask"),
    ],
)
def test_masks_that_cannot_be_used_are_refused(mask: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        masks_of(mask, frames_of(torch.zeros(2, 4, 4, 3), "images"), "mask")


def test_one_mask_serves_all_frames_and_another_size_is_scaled_as_comfyui_does() -> None:
    frames = frames_of(torch.zeros(2, 4, 6, 3), "images")
    small = torch.tensor([[0.0, 1.0]])
    masks = masks_of(small, frames, "mask")
    assert masks is not None and masks.resized
    wanted = torch.nn.functional.interpolate(small[None, None], (4, 6), mode="bilinear")[0, 0].numpy()
    assert np.array_equal(masks.at(0), wanted) and np.array_equal(masks.at(1), wanted)


def test_what_is_transparent_neither_counts_nor_changes() -> None:
    picture = torch.full((1, 2, 2, 4), 0.5)
    picture[0, :, :, 3] = torch.tensor([[0.0, 0.25], [1.0, 1.0]])
    frames = frames_of(picture, "images")
    assert where_to_grade(frames, None, 0).tolist() == [[0.0, 1.0], [1.0, 1.0]]
    assert how_much_counts(frames, None, 0).tolist() == [[0.0, 0.25], [1.0, 1.0]]
    picture[..., 3] = 0
    assert not where_to_grade(frames, None, 0).any()
    for refused in (lambda: how_much_counts(frames, None, 0), lambda: marked_in(frames, None)):
        with pytest.raises(InputError, match="images: nothing visible is marked in any frame"):
            refused()


def test_frames_with_an_empty_mask_or_nothing_visible_are_known() -> None:
    picture = torch.full((4, 2, 2, 4), 0.5)
    picture[..., 3] = 1
    picture[0, ..., 3] = 0
    frames = frames_of(picture, "images")
    mask = torch.ones(4, 2, 2)
    mask[2] = 0
    assert marked_in(frames, None) == [1, 2, 3]
    assert marked_in(frames, masks_of(mask, frames, "mask")) == [1, 3]
    assert marked_in(frames_of(picture[..., :3], "images"), None) == [0, 1, 2, 3]
