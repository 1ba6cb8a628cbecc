"""A repainted region matched to what lies around it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from reswd_torch import Cdl, InputError, fit_inpainting, match_inpainting
from tests.reswd_torch.inpainting.made import LOOK, SIZE, apart, blob, repainted, scene, under


def test_the_inside_alone_is_regraded() -> None:
    truth, mask = scene(1), blob()
    image, generated = repainted(truth, mask)
    fit = fit_inpainting(image, generated, mask)
    assert fit.found_by == "edge" and fit.trust == 1.0 and fit.grade.is_cdl and fit.outside_before == 0.0
    assert fit.edge_after < 0.5 * fit.edge_before and fit.seam_after < 0.5 * fit.seam_before
    done = match_inpainting(image, generated, mask)
    inside = mask > 0
    assert apart(generated, truth, inside) > 5.0
    assert apart(done, truth, inside) < 1.2
    ring = inside & (cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5) <= 2)
    assert apart(match_inpainting(image, generated, mask, feather=0), truth, ring) < 1.2


def test_a_known_cdl_is_undone() -> None:
    truth, mask = scene(2), blob()
    image, generated = repainted(truth, mask)
    fit = fit_inpainting(image, generated, mask)
    colours = scene(5)[::7, ::7].reshape(-1, 3)
    back = np.asarray(fit.grade.apply(under(LOOK, colours)))
    assert np.abs(back - colours).mean() < 0.02


def test_the_whole_picture_is_shifted() -> None:
    truth, mask = scene(3), blob()
    image, _ = repainted(truth, mask)
    noise = np.random.default_rng(0).normal(0, 0.01, truth.shape)
    generated = np.clip(under(LOOK, truth) + noise, 0, 1).astype(np.float32)
    fit = fit_inpainting(image, generated, mask)
    assert fit.found_by == "outside" and fit.outside_after < 0.3 * fit.outside_before
    done = match_inpainting(image, generated, mask)
    denoised = np.clip(truth + noise, 0, 1).astype(np.float32)
    assert apart(done, denoised, mask > 0) < 1.0


def test_an_edge_that_was_blended_already() -> None:
    size = (440, 600)  # so large that colours 10 pixels apart are alike
    truth, mask = scene(1, size), blob(size)
    image, generated = repainted(truth, mask)
    soft = np.minimum(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) / 8, 1)[..., None]
    generated = np.where(mask[..., None] > 0, truth + soft * (generated - truth), truth).astype(np.float32)
    fit = fit_inpainting(image, generated, mask)
    assert fit.found_by == "edge" and "passes into the image already" in fit.notes[0]
    deep = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) > 10
    assert apart(fit.apply(image, generated, mask), truth, deep) < 0.5 * apart(generated, truth, deep)


def test_both_shifts_are_found() -> None:
    truth, mask = scene(4), blob()
    everywhere = Cdl((1.05, 1.0, 0.95), (0.01, 0.0, -0.01))
    image, generated = repainted(truth, mask)
    generated = under(everywhere, generated)
    fit = fit_inpainting(image, generated, mask)
    assert fit.found_by == "outside and edge"
    assert apart(fit.apply(image, generated, mask), truth, mask > 0) < 1.5


@pytest.mark.parametrize("soft", [0.0, 3.0])
def test_outside_stays_exactly_and_nothing_of_the_image_inside_counts(soft: float) -> None:
    truth, mask = scene(1), blob(soft=soft)
    image, generated = repainted(truth, mask)
    done = match_inpainting(image, generated, mask)
    assert done.dtype == image.dtype and done.shape == image.shape
    assert np.array_equal(done[mask == 0], image[mask == 0])
    other = image.copy()
    other[mask >= 1] = 0.5
    first, second = (fit_inpainting(each, generated, mask).grade.transform for each in (image, other))
    assert first == second
    deep = cv2.distanceTransform((mask >= 1).astype(np.uint8), cv2.DIST_L2, 5) > 5
    assert np.array_equal(done[deep], match_inpainting(other, generated, mask)[deep])


def test_what_is_equal_stays_equal() -> None:
    image, mask = scene(1), blob(soft=3.0)
    assert np.array_equal(match_inpainting(image, image.copy(), mask), image)
    assert fit_inpainting(image, image, mask).found_by == "nothing"


def test_what_is_right_stays_nearly() -> None:
    truth, mask = scene(1), blob()
    noise = np.random.default_rng(1).integers(-1, 2, truth.shape) / 255
    generated = np.where(mask[..., None] > 0, np.clip(truth + noise, 0, 1), truth).astype(np.float32)
    fit = fit_inpainting(truth, generated, mask)
    assert fit.found_by == "nothing" and fit.grade.transform == Cdl()
    changed = np.abs(fit.apply(truth, generated, mask, feather=0) - generated)[mask > 0]
    assert changed.mean() < 0.003 and changed.max() < 0.02


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_what_does_not_belong_together_is_left(seed: int) -> None:
    image, mask = scene(1, grain=0.02), blob()
    thing = np.clip(0.3 * scene(seed, grain=0.1) + np.float32([0.05, 0.4, 0.1]), 0, 1)
    generated = np.where(mask[..., None] > 0, thing, image)
    fit = fit_inpainting(image, generated, mask)
    assert apart(fit.apply(image, generated, mask, feather=0), generated, mask > 0) < 3.0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_of_any_float(dtype: torch.dtype) -> None:
    truth, mask = scene(1), blob()
    image, generated = (torch.from_numpy(each).to(dtype) for each in repainted(truth, mask))
    done = match_inpainting(image, generated, torch.from_numpy(mask))
    assert done.dtype == dtype and done.device == image.device
    outside = torch.from_numpy(mask) == 0
    assert torch.equal(done[outside], image[outside])
    assert apart(done.float().numpy(), truth, mask > 0) < 2.0


def test_the_same_on_one_thread_and_on_two() -> None:
    image, generated = repainted(scene(1), blob())
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(match_inpainting(image, generated, blob()))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*found)


def test_a_mask_at_the_frame_and_one_without_an_edge_in_it() -> None:
    truth = scene(1)
    mask = np.zeros(SIZE, np.float32)
    mask[:, :140] = 1.0
    image, generated = repainted(truth, mask)
    done = match_inpainting(image, generated, mask)
    assert apart(done, truth, mask > 0) < 1.5
    thin = np.zeros(SIZE, np.float32)
    thin[60:63, 40:140] = 1.0  # as high as a picture with its channels first
    assert np.array_equal(match_inpainting(image, generated, thin)[thin == 0], image[thin == 0])
    nearly = np.ones(SIZE, np.float32)
    nearly[0, 0] = 0.0
    fit = fit_inpainting(image, generated, nearly)
    assert fit.found_by == "nothing" and "too little of an edge" in fit.notes[0]
    faint = 0.4 * blob()  # so much of the generated picture is wanted
    image, generated = repainted(truth, blob())
    assert fit_inpainting(image, generated, faint).found_by == "edge"


def test_ten_numbers_can_be_insisted_on() -> None:
    truth, mask = scene(3), blob()
    bent = truth + 0.08 * np.sin(2 * np.pi * truth[..., [1, 2, 0]])
    generated = np.clip(bent, 0, 1).astype(np.float32)
    assert not fit_inpainting(truth, generated, mask).grade.is_cdl
    assert fit_inpainting(truth, generated, mask, transform="cdl").grade.is_cdl


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"generated": scene(1, (40, 50))}, "generated has shape (40, 50, 3)"),
        ({"mask": np.ones((40, 50))}, "mask has shape (40, 50)"),
        ({"mask": np.zeros(SIZE)}, "mask is zero everywhere"),
        ({"mask": np.ones(SIZE)}, "mask is above 0 everywhere"),
        ({"mask": 2 * blob()}, "mask has values up to 2"),
        ({"image": np.zeros((*SIZE, 3), np.uint8)}, "image has dtype uint8"),
        ({"feather": -1.0}, "feather -1.0 is out of range"),
        ({"transform": "lut"}, "transform 'lut' is not known here"),
    ],
)
def test_what_cannot_be(change: dict[str, object], said: str) -> None:
    asked = {"image": scene(1), "generated": scene(1), "mask": blob()} | change
    with pytest.raises(InputError) as raised:
        match_inpainting(**asked)  # type: ignore[arg-type]
    assert said in str(raised.value)
