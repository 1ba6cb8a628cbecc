"""References for places: masks as they are read, weights of regions, and what pipelines paint inside and outside."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from guidance import PaletteCallback, Place
from guidance.attach import guide
from guidance.places import PlacedTransport, check_sizes, read_places, region_weights
from guidance.reference import read_reference
from guidance.settings import GuidanceSettings
from guidance.transport import SlicedTransport
from reswd_torch import InputError
from tests.guidance import tiny
from tests.guidance.steering import changed_denoiser, guided_run

SIDE = 64
LEFT_HALF = np.zeros((SIDE, SIDE), np.uint8)
LEFT_HALF[:, : SIDE // 2] = 255
DEFAULTS = GuidanceSettings()


def _read(mask: Any) -> torch.Tensor:
    (place,) = read_places(Place(mask, tiny.WARM), DEFAULTS)
    return place.mask


def _halves(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What lies well inside the left and the right half."""
    return images[..., : SIDE // 2 - 4], images[..., SIDE // 2 + 4 :]


# Masks


def test_a_mask_may_come_in_many_kinds() -> None:
    wanted = torch.from_numpy(LEFT_HALF.astype(np.float32) / 255)
    colours = np.repeat(LEFT_HALF[..., None], 3, axis=2)
    see_through = Image.fromarray(np.dstack([np.full((SIDE, SIDE, 3), 255, np.uint8), LEFT_HALF]))
    for mask in (
        LEFT_HALF, LEFT_HALF > 0, wanted, wanted.numpy(), wanted.half(), colours, Image.fromarray(LEFT_HALF), see_through,
        Image.fromarray(LEFT_HALF).convert("1"), Image.fromarray(LEFT_HALF.astype(np.uint16) * 257),
    ):  # fmt: skip
        assert torch.equal(_read(mask), wanted)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (Place(None, tiny.WARM), "mask 1 is missing: give a picture that is white where"),
        ([Place(LEFT_HALF, tiny.WARM), Place(LEFT_HALF * 0, tiny.WARM)], "mask 2 is empty, black everywhere"),
        (Place(LEFT_HALF, None), "place 1 has a mask and no reference"),
        (Place(LEFT_HALF, "#12345g"), "'#12345g'"),
        (Place(np.full((4, 4), np.nan), tiny.WARM), "mask 1 has values outside 0..1"),
        (Place(LEFT_HALF * 1.0, tiny.WARM), "divide by 255"),
        (Place(np.zeros((4, 4, 2)), tiny.WARM), "mask 1 has shape (4, 4, 2)"),
        (Place("mask.png", tiny.WARM), "mask 1 is a str"),
        (Place(LEFT_HALF.astype(np.int64), tiny.WARM), "mask 1 has dtype int64"),
        ("sky", "places 'sky' are none"),
        ([Place(LEFT_HALF, tiny.WARM)] * 9, "9 places: give at most 8"),
    ],
)
def test_what_is_no_place_is_refused(places: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        read_places(places, DEFAULTS)


def test_places_have_no_gradient() -> None:
    with pytest.raises(InputError, match="1 places need method='transport'"):
        guided_run(tiny.shared_pipeline("sd3"), places=[Place(LEFT_HALF, tiny.WARM)], method="gradient")


def test_masks_of_other_sizes_fit_if_the_proportions_do() -> None:
    for mask in ((64, 96), (640, 960), (32, 48), (33, 49), (427, 640)):
        check_sizes({"m": mask}, (64, 96))
    for mask in ((64, 64), (96, 64), (64, 98), (640, 940)):
        rows, columns = mask
        with pytest.raises(InputError, match=f"m is {columns} x {rows} and the picture 96 x 64"):
            check_sizes({"m": mask}, (64, 96))


def test_a_mask_of_other_proportions_is_refused_when_the_picture_is_known() -> None:
    with pytest.raises(InputError, match="mask 1 is 64 x 32 and the picture 64 x 64"):
        guided_run(tiny.shared_pipeline("sd3"), places=[Place(LEFT_HALF[:32], tiny.WARM)])


# Regions


def test_weights_add_up_are_soft_at_edges_and_the_later_place_counts() -> None:
    square = torch.zeros(20, 30)
    square[5:15, 5:15] = 1
    masks = [torch.ones(40, 60), square]
    weights = region_weights(masks, (80, 120))
    assert [tuple(each.shape) for each in weights] == [(1, 1, 80, 120)] * 3
    assert torch.allclose(sum(weights, torch.zeros(1)), torch.ones(1, 1, 80, 120))
    assert not weights[0].any(), "the first mask is full"
    inside = weights[2][0, 0]
    assert (inside[30:50, 30:50] == 1).all() and not inside[:, 80:].any()
    assert ((inside > 0.1) & (inside < 0.9)).sum() > 100
    assert float((inside[40, 1:] - inside[40, :-1]).abs().max()) < 0.4


@pytest.mark.parametrize("blurred", [False, True])
def test_each_region_takes_on_the_whole_of_its_reference(blurred: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    pixels = torch.nn.functional.interpolate(torch.rand(2, 3, 8, 8, generator=generator), SIDE, mode="bilinear")
    cool, warm = read_reference(tiny.COOL), read_reference(tiny.WARM)
    placed = PlacedTransport([cool] * 2, read_places(Place(LEFT_HALF, tiny.WARM), DEFAULTS))
    placed.place_on((SIDE, SIDE))
    moved = placed(pixels, blurred=blurred)
    for part, plain, reference in zip(_halves(moved), _halves(pixels), (warm, cool), strict=True):
        assert tiny.nearness(part, plain, reference) < 0.7
        alone = SlicedTransport([reference] * 2)(plain, blurred=blurred)
        assert tiny.nearness(part, alone, reference) < 1.4


@pytest.mark.parametrize("blurred", [False, True])
def test_a_full_mask_is_the_reference_of_the_whole(blurred: bool) -> None:
    pixels = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    placed = PlacedTransport([read_reference(tiny.COOL)], read_places(Place(np.ones((8, 8)), tiny.WARM), DEFAULTS))
    placed.place_on((SIDE, SIDE))
    whole = SlicedTransport([read_reference(tiny.WARM)])(pixels, blurred=blurred)
    assert torch.allclose(placed(pixels, blurred=blurred), whole, atol=2e-3)


# Pipelines


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_family_paints_each_region_toward_its_own_reference(family: str) -> None:
    pipe = tiny.shared_pipeline(family)
    places = [Place(LEFT_HALF, tiny.WARM)]
    with changed_denoiser(pipe, lambda call, output: None) as calls:
        plain = guided_run(pipe)
        counted = len(calls)
        guided = guided_run(pipe, places=places)
        assert len(calls) == 2 * counted
    (left, right), (plain_left, plain_right) = _halves(guided), _halves(plain)
    assert tiny.nearness(left, plain_left, tiny.WARM) < 0.75
    assert tiny.nearness(right, plain_right, tiny.COOL) < 1.25
    assert torch.equal(guided_run(pipe, places=places), guided)


def test_no_places_change_nothing() -> None:
    pipe = tiny.shared_pipeline("sd3")
    wanted = guided_run(pipe)
    nothing: tuple[Any, ...] = (None, [], ())
    for places in nothing:
        assert torch.equal(guided_run(pipe, places=places), wanted)


def test_each_prompt_has_its_own_references_inside_and_outside_and_several_pictures() -> None:
    pipe = tiny.shared_pipeline("sd15")
    place = Place(LEFT_HALF, [tiny.WARM, tiny.COOL])
    with guide(pipe, [tiny.COOL, tiny.WARM], places=place):
        images = tiny.run(pipe, num_images_per_prompt=2)
    assert len(images) == 4
    plain = tiny.run(pipe, num_images_per_prompt=2)
    for number, (inside, outside) in enumerate([(tiny.WARM, tiny.COOL)] * 2 + [(tiny.COOL, tiny.WARM)] * 2):
        (left, right), (plain_left, plain_right) = (
            _halves(images[number : number + 1]),
            _halves(plain[number : number + 1]),
        )
        assert tiny.nearness(left, plain_left, inside) < 0.8
        assert tiny.nearness(right, plain_right, outside) < 0.8


def test_places_go_together_with_colours_to_avoid_and_work_in_a_callback() -> None:
    pipe = tiny.shared_pipeline("sd15")
    place = Place(LEFT_HALF, tiny.WARM)
    with pytest.raises(InputError, match="#ffb627 is in the palette and #ffb627 is to be avoided"):
        guided_run(pipe, places=place, avoid="#ffb627")
    plain = tiny.run(pipe)
    painted = tiny.run(pipe, callback_on_step_end=PaletteCallback(tiny.COOL, places=place, avoid="#ffffff"))
    left, right = _halves(painted)
    assert tiny.nearness(left, _halves(plain)[0], tiny.WARM) < 0.8
    assert tiny.nearness(right, _halves(plain)[1], tiny.COOL) < 0.8
