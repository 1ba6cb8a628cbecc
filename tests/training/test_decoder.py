"""The decoder's last training: the latents stay, the pictures change, and the export takes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL

from tests.training.things_for_tests import THINGS
from training import autoencoder, decoder
from training.config import Config, read_config

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    base = read_config("pocket-64", tmp_path_factory.mktemp("training") / "tiny")
    base.work.mkdir()
    small = replace(
        base,
        data=replace(base.data, size=16, art_size=(12, 14), shift=1),
        autoencoder=replace(base.autoencoder, channels=(8, 16), steps=2, batch=2),
        decoder=replace(base.decoder, steps=3, batch=2),
    )
    autoencoder.run(small, THINGS, CPU)
    return small


def test_the_latents_stay_and_the_pictures_change(config: Config) -> None:
    made = decoder.run(config, THINGS, CPU)
    before = AutoencoderKL.from_pretrained(autoencoder.folder(config))
    after = AutoencoderKL.from_pretrained(decoder.folder(config))
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        latents = before.encode(picture).latent_dist.mean
        assert torch.equal(after.encode(picture).latent_dist.mean, latents)
        assert not torch.equal(after.decode(latents).sample, before.decode(latents).sample)
        assert torch.equal(made.decode(latents).sample, after.decode(latents).sample)


def test_a_recipe_without_it_leaves_the_autoencoder_as_it_is(config: Config) -> None:
    none = replace(config, decoder=replace(config.decoder, steps=0))
    assert decoder.folder(none) == autoencoder.folder(none) != decoder.folder(config)
    made, trained = decoder.run(none, THINGS, CPU), AutoencoderKL.from_pretrained(autoencoder.folder(none))
    for name, weight in trained.state_dict().items():
        assert torch.equal(made.state_dict()[name], weight), name


def test_the_critic_judges_patches() -> None:
    torch.manual_seed(0)
    assert decoder.Critic()(torch.zeros(2, 3, 32, 16)).shape == (2, 1, 4, 2)


def test_a_critic_learns_to_tell_flat_from_rough(tmp_path: Path) -> None:
    torch.manual_seed(0)
    critic = decoder.Critic()
    optimiser = torch.optim.Adam(critic.parameters(), 1e-2)
    for _ in range(40):
        flat, rough = torch.rand(4, 3, 1, 1).expand(4, 3, 16, 16) * 2 - 1, torch.rand(4, 3, 16, 16) * 2 - 1
        loss = torch.relu(1 - critic(flat)).mean() + torch.relu(1 + critic(rough)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        flat, rough = torch.rand(4, 3, 1, 1).expand(4, 3, 16, 16) * 2 - 1, torch.rand(4, 3, 16, 16) * 2 - 1
        assert critic(flat).mean() > critic(rough).mean() + 0.5
