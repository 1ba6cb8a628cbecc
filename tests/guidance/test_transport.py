"""One round of transport, on photographs of the assets and on synthetic pictures that are hard cases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import guidance.transport as transport_module
from guidance.reference import Reference, read_reference
from guidance.transport import MOST_SIDE, SlicedTransport, edges
from tests.conftest import asset, benchmark_pairs, photograph
from tests.guidance import tiny

BOTH = pytest.mark.parametrize("blurred", [False, True], ids=["sharp", "blurred"])
PAIRS = benchmark_pairs()[:4]


def _picture(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array).permute(2, 0, 1)[None]


def _own(picture: torch.Tensor) -> Reference:
    return read_reference(picture[0].permute(1, 2, 0).clamp(0, 1))


def _grain(picture: torch.Tensor) -> float:
    """Root mean square of the difference between each pixel and the mean of those around it, 0..1."""
    around = F.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    return (picture - around).square().mean().sqrt().item()


@BOTH
@pytest.mark.parametrize("source, target", PAIRS)
def test_one_round_takes_a_photograph_most_of_the_way(source: str, target: str, blurred: bool) -> None:
    picture, reference = _picture(asset(source, 128)), read_reference(asset(target, 128))
    moved = SlicedTransport([reference])(picture, blurred=blurred)
    assert moved.shape == picture.shape
    assert tiny.nearness(moved, picture, reference) < 0.8
    again = SlicedTransport([reference])(moved, blurred=blurred)
    # A second round spoils little: a blurred one brings detail on top of areas that have all the contrast already.
    assert tiny.nearness(again, moved, reference) < (1.25 if blurred else 1.05)


@BOTH
@pytest.mark.parametrize("palette", [tiny.COOL, tiny.WARM])
def test_a_palette_is_taken_as_well(palette: str, blurred: bool) -> None:
    picture = _picture(photograph(3, 64, 64))
    moved = SlicedTransport([read_reference(palette)])(picture, blurred=blurred)
    assert tiny.nearness(moved, picture, palette) < 0.6


@pytest.mark.parametrize("name", [source for source, _ in PAIRS])
def test_a_picture_that_has_the_colours_stays(name: str) -> None:
    """It moves by less than 0.006 in the mean: a step and a half of 8 bits, where a move to other colours is tens of them."""
    picture = _picture(asset(name, 128))
    still = SlicedTransport([_own(picture)])(picture)
    assert (still - picture).abs().mean() < 0.006
    assert (still - picture).abs().max() < 0.08


@BOTH
def test_extreme_pixels_give_pixels(blurred: bool) -> None:
    noise = torch.randn(1, 3, 24, 40, generator=torch.Generator().manual_seed(0))
    pictures = [torch.zeros(1, 3, 24, 40), torch.ones(1, 3, 24, 40), 1e4 * noise, (noise > 0).float(), 1e-8 * noise]
    for picture in pictures:
        for reference in (tiny.WARM, "#000000", "#ffffff"):
            moved = SlicedTransport([read_reference(reference)])(picture, blurred=blurred)
            assert torch.isfinite(moved).all()
            assert moved.min() >= 0 and moved.max() <= 1


@pytest.mark.parametrize("grain", [0.0, 0.001, 0.01])
def test_a_flat_picture_gets_no_speckle(grain: float) -> None:
    """Its finest noise decides which pixel becomes light. Even so, grain must not grow to more than twice what it was."""
    noise = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    picture = 0.5 + grain * noise
    moved = SlicedTransport([read_reference(tiny.WARM)])(picture)
    assert _grain(moved) < 2 * _grain(picture) + 0.005
    assert tiny.nearness(moved, picture, tiny.WARM) < 0.9


def test_grain_is_smoothed_away_and_edges_are_not() -> None:
    """Noise of half a Lab unit is smoothed away if that is asked for, and stays if not. An edge stays between its two pixels."""
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    picture = torch.full((1, 3, 64, 64), 0.3)
    picture[..., 37:] = 0.7
    picture += 0.005 * noise
    transport = SlicedTransport([read_reference(tiny.WARM)])
    left, smoothed = transport(picture), transport(picture, grain=2.0)
    for flat in (slice(0, 32), slice(42, 64)):
        assert _grain(smoothed[..., flat]) < 0.5 * _grain(left[..., flat])
    jumps = (smoothed[..., 1:] - smoothed[..., :-1]).abs().sum(dim=1)[0]
    assert (jumps.argmax(dim=1) == 36).all()
    around = slice(34, 40)
    torch.testing.assert_close(smoothed[..., around], left[..., around], rtol=0, atol=0.06)


def test_edges_are_told_from_flat_areas() -> None:
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    picture = 0.4 + 0.005 * noise
    assert edges(picture.clamp(0, 1)).max() < 0.05
    picture[..., 37:] += 0.4
    found = edges(picture.clamp(0, 1))[0, 0]
    assert found.shape == (64, 64)
    assert found[:, 36:38].min() > 0.6
    assert found[:, :31].max() < 0.05 and found[:, 43:].max() < 0.05


def test_photographs_get_no_speckle() -> None:
    for source, target in PAIRS:
        picture, reference = _picture(asset(source, 128)), read_reference(asset(target, 128))
        moved = SlicedTransport([reference])(picture)
        contrast = (moved.std() / picture.std()).item()
        assert _grain(moved) < 2 * max(1.0, contrast) * _grain(picture)


def test_edges_survive() -> None:
    """The moved picture has its edge between the same two pixels as the picture, and none elsewhere."""
    picture = torch.full((1, 3, 64, 64), 0.2)
    picture[..., 37:] = 0.8
    moved = SlicedTransport([read_reference(tiny.WARM)])(picture)
    steps = (moved[..., 1:] - moved[..., :-1]).abs().sum(dim=1)[0]
    assert (steps.argmax(dim=1) == 36).all()
    assert steps[:, 36].min() > 0.3
    steps[:, 36] = 0
    assert steps.max() < 0.1


@BOTH
@pytest.mark.parametrize("height, width", [(1, 1), (1, 7), (5, 3), (9, 200), (333, 8)])
def test_any_size_goes(height: int, width: int, blurred: bool) -> None:
    picture = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    moved = SlicedTransport([read_reference(tiny.WARM)] * 2)(picture, blurred=blurred)
    assert moved.shape == picture.shape
    assert torch.isfinite(moved).all()
    mean, wanted = moved.mean((0, 2, 3)), read_reference(tiny.WARM).colors.mean(dim=0)
    assert (mean - wanted).abs().max() < (0.35 if height * width < 9 else 0.2)


@BOTH
def test_the_work_is_bounded_whatever_the_size(blurred: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_at_once: list[int] = []
    sort = transport_module.sort

    def spy(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sorted_at_once.append(values.shape[-1])
        return sort(values)

    transport = SlicedTransport([read_reference(tiny.WARM)])
    picture = _picture(photograph(3, 512, 300))
    monkeypatch.setattr(transport_module, "sort", spy)
    moved = transport(picture, blurred=blurred)
    assert sorted_at_once == [MOST_SIDE * round(300 * MOST_SIDE / 512)]
    assert moved.shape == picture.shape
    assert tiny.nearness(moved, picture, tiny.WARM) < 0.5


@BOTH
def test_a_batch_is_as_its_pictures_one_by_one(blurred: bool) -> None:
    pictures = torch.cat([_picture(photograph(seed, 40, 56)) for seed in (1, 2)])
    references = [read_reference(tiny.COOL), read_reference(photograph(4))]
    together = SlicedTransport(references)(pictures, blurred=blurred)
    for place, reference in enumerate(references):
        alone = SlicedTransport([reference])(pictures[place : place + 1], blurred=blurred)
        torch.testing.assert_close(together[place : place + 1], alone, rtol=0, atol=1e-5)


def test_references_of_other_counts_of_colours_share_a_batch() -> None:
    generator = torch.Generator().manual_seed(0)
    references = [Reference(torch.rand(count, 3, generator=generator)) for count in (1, 5000)]
    pictures = _picture(photograph(3)).repeat(2, 1, 1, 1)
    moved = SlicedTransport(references)(pictures)
    for place, reference in enumerate(references):
        alone = SlicedTransport([reference])(pictures[:1])
        torch.testing.assert_close(moved[place : place + 1], alone, rtol=0, atol=1e-5)
    assert (moved[0].mean((1, 2)) - references[0].colors[0]).abs().max() < 0.05
