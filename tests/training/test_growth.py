"""Grown models: at the start they do what the smaller one does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from training import autoencoder, denoiser
from training.config import Config, read_config
from training.growth import grow_autoencoder, grow_denoiser


@pytest.fixture
def configs() -> tuple[Config, Config]:
    """A tiny recipe and the one that grows from it."""
    base = read_config("pocket-64")
    small = replace(
        base,
        data=replace(base.data, size=16),
        autoencoder=replace(base.autoencoder, channels=(8, 16), latent_channels=3),
        denoiser=replace(base.denoiser, channels=(32, 64), heads=(1, 2)),
    )
    large = replace(
        small,
        data=replace(base.data, size=32),
        autoencoder=replace(small.autoencoder, channels=(8, 8, 16), latent_channels=5),
    )
    return small, large


def test_a_grown_autoencoder_starts_with_the_latents_and_the_picture_of_the_smaller_one(
    configs: tuple[Config, Config],
) -> None:
    torch.manual_seed(0)
    smaller, larger = (autoencoder.build(config).eval() for config in configs)
    autoencoder.initialise(smaller)
    autoencoder.initialise(larger)
    plain = larger.encode(torch.zeros(1, 3, 32, 32)).latent_dist.mean.shape
    assert plain == (1, 5, 8, 8)
    grow_autoencoder(larger, smaller)
    smooth = F.interpolate(torch.rand(4, 3, 1, 1) * 2 - 1, (32, 32))
    with torch.no_grad():
        wanted = smaller.encode(F.avg_pool2d(smooth, 2)).latent_dist
        made = larger.encode(smooth).latent_dist
        inside = (slice(None), slice(0, 3), slice(2, -2), slice(2, -2))
        unlike = (made.mean[inside] - wanted.mean[..., 2:-2, 2:-2]).square().mean() / wanted.mean.square().mean()
        assert unlike < 0.05
        shown = larger.decode(made.mean).sample
        old = F.interpolate(smaller.decode(wanted.mean).sample, scale_factor=2)
        assert torch.corrcoef(torch.stack([shown.flatten(), old.flatten()]))[0, 1] > 0.7


def test_an_autoencoder_of_other_channels_does_not_grow(configs: tuple[Config, Config]) -> None:
    small, large = configs
    other = replace(large, autoencoder=replace(large.autoencoder, channels=(16, 8, 16)))
    with pytest.raises(ValueError, match=r"\(8, 16\) grows to \(8, 8, 16\), not \[?\(?16, 8, 16"):
        grow_autoencoder(autoencoder.build(other), autoencoder.build(small))


def test_a_grown_denoiser_predicts_the_same_for_the_old_channels_and_nothing_for_the_new(
    configs: tuple[Config, Config],
) -> None:
    torch.manual_seed(0)
    smaller, larger = (denoiser.build(config).eval() for config in configs)
    grow_denoiser(larger, smaller)
    noisy, words = torch.randn(2, 5, 8, 8), torch.randn(2, 4, 384)
    with torch.no_grad():
        old = smaller(noisy[:, :3], 500, words).sample
        new = larger(noisy, 500, words).sample
    assert torch.allclose(new[:, :3], old, atol=1e-5)
    assert new[:, 3:].abs().max() == 0
