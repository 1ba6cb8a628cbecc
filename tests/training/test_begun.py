"""An unfinished training is kept and goes on elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from training import autoencoder, begun, decoder, denoiser
from training.config import Config, read_config
from training.loop import Plan, train


@pytest.fixture
def config(tmp_path: Path) -> Config:
    base = read_config("pocket-64", tmp_path / "one")
    base.work.mkdir()
    return replace(
        base,
        data=replace(base.data, size=16),
        autoencoder=replace(base.autoencoder, channels=(8, 16)),
        decoder=replace(base.decoder, steps=3),
        denoiser=replace(base.denoiser, channels=(32, 64), heads=(1, 2)),
    )


def test_parts_go_to_another_machine_and_on(config: Config, tmp_path: Path) -> None:
    torch.manual_seed(0)
    vae = autoencoder.build(config)
    vae.save_pretrained(autoencoder.folder(config))
    unet = denoiser.build(config)

    def step_loss(random: object, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, float]]:
        return unet.conv_in.weight.square().sum(), {}

    plan = Plan("denoiser", 3, 1e-2, 0.5, 1)
    trained = train(unet, step_loss, plan, config.work, torch.device("cpu"))
    place = tmp_path / "begun"
    assert begun.keep(config, place) == ["unet", "vae"]
    kept = UNet2DConditionModel.from_pretrained(place, subfolder="unet")
    averaged = trained.state_dict()["conv_in.weight"]
    assert torch.allclose(kept.state_dict()["conv_in.weight"], averaged, atol=1e-3), (
        "the averaged weights of the checkpoint"
    )

    other = replace(config, work=tmp_path / "two")
    assert begun.restore(other, place) == ["vae", "unet"]
    found = AutoencoderKL.from_pretrained(autoencoder.folder(other))
    for name, weight in vae.state_dict().items():
        assert torch.allclose(found.state_dict()[name], weight, atol=1e-2), name
    assert begun.restore(other, place) == [], "what is there stays"
    started = UNet2DConditionModel.from_pretrained(denoiser.begun_folder(other))
    assert torch.allclose(started.state_dict()["conv_in.weight"], averaged, atol=1e-3)
    AutoencoderKL.from_pretrained(autoencoder.folder(config)).save_pretrained(decoder.folder(config))
    assert begun.keep(config, place) == ["unet", "vae", "vae-sharp"]
    assert begun.restore(other, place) == ["vae-sharp"]


def test_what_is_not_kept_or_of_another_recipe_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no training is kept there"):
        begun.restore(config, tmp_path)
    autoencoder.build(config).save_pretrained(autoencoder.folder(config))
    begun.keep(config, tmp_path / "begun")
    other = replace(config, work=tmp_path / "two", autoencoder=replace(config.autoencoder, latent_channels=9))
    with pytest.raises(ValueError, match=r"\(8, 16, 6\), .* the recipe wants \(8, 16, 9\)"):
        begun.restore(other, tmp_path / "begun")
