"""Colours of references, and how they are laid out over a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from guidance.reference import SAMPLES, Reference, read_reference, read_references, spread
from reswd_torch import InputError, color_distance
from reswd_torch.palette import parse_palette
from tests.conftest import photograph


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.round(picture * 255).astype(np.uint8)


def test_a_palette_counts_its_colours_by_weight() -> None:
    for value in ("#ff0000:3, #0000ff", parse_palette("#ff0000:3, #0000ff")):
        colors = read_reference(value).colors
        assert colors.shape == (SAMPLES, 3)
        red = (colors == torch.tensor([1.0, 0.0, 0.0])).all(dim=1)
        blue = (colors == torch.tensor([0.0, 0.0, 1.0])).all(dim=1)
        assert (red | blue).all()
        assert red.float().mean().item() == pytest.approx(0.75, abs=1e-3)


def test_every_form_of_a_picture_gives_the_same_colours() -> None:
    picture = _bytes(photograph(1))
    wanted = read_reference(picture).colors
    assert wanted.shape[1] == 3 and wanted.dtype == torch.float32
    assert wanted.min() >= 0 and wanted.max() <= 1
    assert color_distance(wanted, torch.from_numpy(picture).reshape(-1, 3) / 255) < 0.5
    floats = picture.astype(np.float32) / 255
    alpha = Image.fromarray(picture).convert("RGBA")
    for value in (floats, torch.from_numpy(floats), floats.astype(np.float64), Image.fromarray(picture), alpha):
        assert torch.equal(read_reference(value).colors, wanted)


def test_a_grey_picture_is_read_as_colours() -> None:
    colors = read_reference(Image.fromarray(_bytes(photograph(1))).convert("L")).colors
    assert torch.equal(colors[:, 0], colors[:, 1]) and torch.equal(colors[:, 1], colors[:, 2])


def test_the_seed_chooses_the_pixels_of_a_picture() -> None:
    picture = photograph(1, 200, 200)
    assert torch.equal(read_reference(picture, 3).colors, read_reference(picture, 3).colors)
    assert not torch.equal(read_reference(picture, 3).colors, read_reference(picture, 4).colors)


def test_a_reference_is_taken_as_it_is_and_gradients_are_left_behind() -> None:
    reference = Reference(torch.rand(5, 3))
    assert read_reference(reference) is reference
    picture = torch.rand(8, 8, 3, requires_grad=True)
    assert not read_reference(picture).colors.requires_grad


@pytest.mark.parametrize(
    "value, message",
    [
        (torch.zeros(4, 3), r"reference has shape \(4, 3\): give one picture, \(H, W, 3\), or a list of them"),
        (torch.zeros(2, 4, 4, 3), r"reference has shape \(2, 4, 4, 3\)"),
        (torch.zeros(4, 4, 4), "reference"),
        (torch.full((4, 4, 3), float("inf")), "reference"),
        (torch.full((4, 4, 3), 2.0), "reference"),
        (np.zeros((4, 4, 3), dtype=np.int32), "reference"),
        ("nice colours", "'nice' is not a hex colour"),
        ("", "palette"),
        (3, "reference"),
        (None, "reference"),
    ],
    ids=str,
)
def test_what_is_no_reference_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_reference(value)


def test_a_list_holds_one_for_each_prompt() -> None:
    one = read_references("#ff0000")
    assert len(one) == 1
    two = read_references(["#ff0000", photograph(1)])
    assert len(two) == len(read_references(("#ff0000", photograph(1)))) == 2
    assert torch.equal(two[0].colors, one[0].colors)
    with pytest.raises(InputError, match="^the list of references is empty: give one for all prompts, or one each$"):
        read_references([])


def test_references_are_spread_as_diffusers_lays_out_images() -> None:
    first, second = read_references(["#ff0000", "#00ff00"])
    assert spread([first], 3) == (first, first, first)
    assert spread([first, second], 2) == (first, second)
    assert spread([first, second], 4) == (first, first, second, second)
    for batch in (1, 3):
        with pytest.raises(
            InputError, match=f"^2 references do not fit {batch} images: give one for all, or one for each"
        ):
            spread([first, second], batch)
