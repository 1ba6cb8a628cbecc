"""The wrapper alone: ``match_inpainting`` of the library is stood in for here."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import reswd_torch
from reswd_torch.errors import InputError
from studio.comfy.inpainting import matched

IMAGE = torch.full((1, 6, 8, 3), 0.25)
GENERATED = torch.full((2, 6, 8, 3), 0.75)
MASK = torch.zeros(1, 6, 8)
MASK[:, 2:4, 2:4] = 1


def _without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reswd_torch, "__getattr__", _no_name, raising=False)
    monkeypatch.delitem(reswd_torch.__dict__, "match_inpainting", raising=False)


def _no_name(name: str) -> object:
    raise AttributeError(name)


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


def test_a_library_without_it_is_said_to_be_old(monkeypatch: pytest.MonkeyPatch) -> None:
    _without_library(monkeypatch)
    with pytest.raises(InputError, match="no match_inpainting: update ReSWD Studio"):
        matched(IMAGE, GENERATED, MASK)


def test_one_image_serves_several_generated_ones(stood_in: list[tuple[float, int]]) -> None:
    found = matched(IMAGE, GENERATED, MASK, feather=3.0, seed=7)
    assert found.shape == (2, 6, 8, 3) and found.dtype == torch.float32
    assert torch.equal(found[0], torch.where(MASK[0, ..., None] > 0, GENERATED[0], IMAGE[0]))
    assert stood_in == [(3.0, 7), (3.0, 7)]


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
