"""The rivals of guidance: matches afterwards, and the latent colour subspace."""

from __future__ import annotations

from unittest import mock

import pytest
import torch
from torch import Tensor

from benchmarks.guidance.afterwards import MATCHES, matched
from benchmarks.guidance.photographs import photograph
from benchmarks.guidance.rivals import Rates, WholeWayGuidance, schemes
from benchmarks.guidance.subspace import (
    PUBLISHED,
    SubspaceGuidance,
    color_subspace,
    flat_latents,
    gaussian,
    monge_kantorovich,
)
from benchmarks.match import PEERS, installed
from guidance import attach
from guidance.attach import guide
from guidance.core import Guidance
from guidance.reference import Reference
from guidance.settings import GuidanceSettings
from reswd_torch import color_distance
from tests.guidance import tiny

NEEDED = [each for each in MATCHES if each not in PEERS or installed("color_matcher")]


class _Mixing:
    """A VAE of 6 channels that mixes a cell's mean colour and the differences within it. Nothing is lost of a flat picture."""

    pixels_per_cell = 2

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self.mix = torch.linalg.qr(torch.randn(6, 6, generator=generator))[0]

    def encode(self, pixels: Tensor) -> Tensor:
        mean = torch.nn.functional.avg_pool2d(pixels, 2)
        apart = pixels[..., ::2, ::2] - mean
        return torch.einsum("bchw,cd->bdhw", torch.cat([mean, apart], 1), self.mix)

    def decode(self, grid: Tensor) -> Tensor:
        return torch.einsum("bdhw,cd->bchw", grid, self.mix)[:, :3]


CODEC = _Mixing()


def _reference(low: float, high: float) -> Reference:
    generator = torch.Generator().manual_seed(1)
    return Reference(low + (high - low) * torch.rand(256, 3, generator=generator))


@pytest.mark.parametrize("how", NEEDED)
def test_every_match_brings_a_picture_nearer(how: str) -> None:
    generator = torch.Generator().manual_seed(0)
    field = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6, generator=generator), (32, 32), mode="bicubic")
    picture = (0.15 + 0.3 * field[0]).clamp(0, 1)
    reference = photograph("fig-red-bowl")
    made = matched(picture, reference, how)
    assert made.shape == picture.shape and made.dtype == torch.float32 and made.min() >= 0 and made.max() <= 1
    before, after = (
        color_distance(each.permute(1, 2, 0).reshape(-1, 3), reference.colors.colors) for each in (picture, made)
    )
    assert after < before


def test_an_unknown_match_is_refused() -> None:
    with pytest.raises(ValueError, match="no match is called 'magic'"):
        matched(torch.zeros(3, 8, 8), photograph("fig-red-bowl"), "magic")


def test_schemes_have_names_of_their_own() -> None:
    names = [each.name for each in schemes(Rates(0.1, 0.01))]
    assert len(set(names)) == len(names) and names[0] == "plain"


def test_the_subspace_is_that_of_flat_colours() -> None:
    found = color_subspace(CODEC, CODEC)
    assert found.explained == pytest.approx(1)
    assert torch.allclose(found.basis @ found.basis.T, torch.eye(3), atol=1e-5)
    assert torch.allclose(found.basis.T @ found.basis, CODEC.mix[:3].T @ CODEC.mix[:3], atol=1e-4)


def test_the_map_carries_one_covariance_to_the_other() -> None:
    generator = torch.Generator().manual_seed(0)
    source, target = (
        gaussian(torch.randn(2, 500, 3, generator=generator) @ torch.randn(3, 3, generator=generator))[1] for _ in "ab"
    )
    mapping = monge_kantorovich(source, target)
    assert torch.allclose(mapping, mapping.mT, atol=1e-6)
    assert torch.allclose(mapping @ source @ mapping, target, rtol=1e-3, atol=1e-4)


def test_colours_take_the_references_distribution_and_the_rest_stays() -> None:
    reference = _reference(0.5, 0.9)
    guidance = SubspaceGuidance([reference, reference], PUBLISHED, CODEC, CODEC)
    grid = torch.randn(2, 6, 12, 12, generator=torch.Generator().manual_seed(2))
    moved = grid + guidance.shift(grid, 4, 25)
    colors = CODEC.decode(moved).permute(0, 2, 3, 1).reshape(2, -1, 3)
    mean, covariance = gaussian(colors)
    wanted, spread = gaussian(reference.colors[None])
    assert torch.allclose(mean, wanted.expand_as(mean), atol=1e-3)
    assert torch.allclose(covariance, spread.expand_as(covariance), atol=1e-3)
    rest = CODEC.mix[3:]
    assert torch.allclose(torch.einsum("bdhw,cd->bchw", moved - grid, rest), torch.zeros(2, 3, 12, 12), atol=1e-4)


def test_each_picture_has_its_own_reference_and_strength_is_a_share() -> None:
    dark, light = _reference(0.1, 0.3), _reference(0.7, 0.9)
    grid = torch.randn(2, 6, 8, 8, generator=torch.Generator().manual_seed(3))
    whole = SubspaceGuidance([dark, light], PUBLISHED, CODEC, CODEC).shift(grid, 4, 25)
    means = CODEC.decode(grid + whole).mean((1, 2, 3))
    assert means.tolist() == pytest.approx([0.2, 0.8], abs=0.02)
    settings = GuidanceSettings(strength=0.25)
    assert torch.allclose(
        SubspaceGuidance([dark, light], settings, CODEC, CODEC).shift(grid, 4, 25), whole / 4, atol=1e-5
    )


def test_a_picture_of_one_colour_stays_a_number() -> None:
    flat = torch.zeros(1, 6, 8, 8)
    assert torch.isfinite(SubspaceGuidance([_reference(0.2, 0.8)], PUBLISHED, CODEC, CODEC).shift(flat, 4, 25)).all()


@pytest.mark.parametrize("loop", [SubspaceGuidance, WholeWayGuidance])
def test_every_rival_in_the_loop_steers_a_pipeline(loop: type[Guidance]) -> None:
    pipe = tiny.tiny_pipeline("sd15")
    plain = tiny.run(pipe)
    with mock.patch.object(attach, "Guidance", loop), guide(pipe, tiny.COOL):
        steered = tiny.run(pipe)
    assert tiny.nearness(steered, plain, tiny.COOL) < 0.9


def test_latents_of_flat_colours_know_nothing_of_the_border() -> None:
    colors = torch.rand(5, 3, generator=torch.Generator().manual_seed(4))
    latents = flat_latents(CODEC, colors)
    assert torch.allclose(latents @ CODEC.mix[:3].T, colors, atol=1e-5)
