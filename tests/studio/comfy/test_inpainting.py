"""Batches and masks, with ``match_inpainting`` of the library stood in for; and once with itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import reswd_torch
from reswd_torch.errors import InputError
from studio.comfy.inpainting import matched
from studio.jobs.inpaint import InpaintJob
from studio.service.inpaint import run_inpaint

IMAGE = torch.full((1, 6, 8, 3), 0.25)
GENERATED = torch.full((2, 6, 8, 3), 0.75)
MASK = torch.zeros(1, 6, 8)
MASK[:, 2:4, 2:4] = 1


@pytest.fixture
def stood_in(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """The library's function, which here puts the generated part in as it is; what it was told."""
    told: list[tuple[float, int]] = []

    def match_inpainting(image: Tensor, generated: Tensor, mask: Tensor, *, feather: float, seed: int) -> Tensor:
        assert image.shape == generated.shape == (*mask.shape, 3)
        told.append((feather, seed))
        return torch.where(mask[..., None] > 0, generated, image)

    monkeypatch.setitem(reswd_torch.__dict__, "match_inpainting", match_inpainting)
    return told


def test_two_8_bit_pictures_give_the_bytes_of_the_command_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    small = rng.integers(40, 200, (8, 10, 3))
    before = np.kron(small, np.ones((16, 16, 1))).astype(np.uint8) + rng.integers(0, 20, (128, 160, 3)).astype(np.uint8)
    after = np.clip(before * 0.85 + 12, 0, 255).astype(np.uint8)
    mask = np.zeros((128, 160), np.uint8)
    mask[40:90, 50:110] = 255
    for name, pixels in (("image", before), ("generated", after), ("mask", mask)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    out = tmp_path / "out.png"
    run_inpaint(InpaintJob(tmp_path / "image.png", tmp_path / "generated.png", tmp_path / "mask.png", out))
    as_frames = [torch.from_numpy(each.astype(np.float32) / 255)[None] for each in (before, after, mask)]
    found = (matched(*as_frames)[0] * 255).numpy()
    assert np.array_equal(found.astype(np.uint8), np.asarray(Image.open(out))), "as ComfyUI saves it, which cuts off"
    assert not np.array_equal(found, after)


def test_one_image_serves_several_generated_ones(stood_in: list[tuple[float, int]]) -> None:
    found = matched(IMAGE, GENERATED, MASK, feather=3.0, seed=7)
    assert found.shape == (2, 6, 8, 3) and found.dtype == torch.float32
    assert torch.equal(found[0], torch.where(MASK[0, ..., None] > 0, GENERATED[0], IMAGE[0]))
    assert stood_in == [(3.0, 7), (3.0, 7)]


def test_an_empty_mask_of_several_leaves_the_picture_and_its_alpha_is_kept(stood_in: list[tuple[float, int]]) -> None:
    alpha = torch.linspace(0, 1, 8).expand(1, 6, 8)[..., None]
    masks = torch.cat([MASK, torch.zeros_like(MASK)])
    found = matched(torch.cat([IMAGE, alpha], dim=3), GENERATED, masks)
    assert torch.equal(found[..., 3], alpha[..., 0].expand(2, 6, 8)) and len(stood_in) == 1
    assert torch.equal(found[1, ..., :3], IMAGE[0]) and found[0, 2, 2, 0] == 0.75


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"generated": torch.zeros(1, 6, 9, 3)}, "generated is 9 x 6 and image 8 x 6"),
        ({"image": torch.zeros(3, 6, 8, 3)}, "3 images for 2 generated ones"),
        ({"mask": torch.zeros(1, 6, 8)}, "mask: it is 0 everywhere"),
        ({"mask": None}, "connect the mask"),
        ({"generated": GENERATED * float("nan")}, "generated, frame 0: it holds NaN"),
    ],
)
def test_what_does_not_fit_is_refused(stood_in: list[tuple[float, int]], inputs: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        matched(**{"image": IMAGE, "generated": GENERATED, "mask": MASK, **inputs})
