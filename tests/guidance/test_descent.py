"""Gradient steps toward a reference, on pictures that are their own latents."""

from __future__ import annotations

import torch

from guidance.descent import PIXELS, Descent
from guidance.reference import Reference, read_reference
from tests.guidance import tiny


def _pictures() -> torch.Tensor:
    return 0.3 + 0.4 * torch.rand(2, 3, 48, 40, generator=torch.Generator().manual_seed(0))


def _moved(seed: int = 0, steps: int = 20) -> torch.Tensor:
    pictures = _pictures()
    descent = Descent([read_reference(tiny.COOL), read_reference(tiny.WARM)], seed)
    return pictures + descent(lambda shift: pictures + shift, pictures, steps, 0.03)


def test_each_picture_comes_nearer_to_its_reference() -> None:
    moved, plain = _moved(), _pictures()
    for place, palette in enumerate((tiny.COOL, tiny.WARM)):
        own = slice(place, place + 1)
        assert tiny.nearness(moved[own].clamp(0, 1), plain[own], palette) < 0.8


def test_the_shift_is_detached_and_depends_on_the_seed() -> None:
    assert not _moved().requires_grad
    assert torch.equal(_moved(3, 2), _moved(3, 2))
    assert not torch.equal(_moved(3, 2), _moved(4, 2))


def test_only_the_drawn_pixels_are_moved() -> None:
    pictures = _pictures()
    moved = (_moved(steps=1) != pictures).any(dim=1).flatten(1).sum(dim=1)
    assert (moved <= PIXELS).all()
    assert (moved > PIXELS // 4).all()  # pixels are drawn with repetition


def test_references_of_any_number_of_colours_share_a_batch() -> None:
    references = [Reference(torch.rand(count, 3, generator=torch.Generator().manual_seed(0))) for count in (1, 5000)]
    assert Descent(references, 0).targets.shape == (2, PIXELS, 3)
