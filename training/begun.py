"""Training that is not finished: its parts are kept in the repository, so that it goes on on another machine.

Checkpoints hold the optimiser's state as well and take ten times as much; what is kept here are the averaged weights in half
precision. A training that goes on from them takes a few hundred steps to find its pace again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from training import autoencoder, decoder, denoiser
from training.config import Config
from training.export import MAX_FILE

_VAE, _SHARP, _UNET = "vae", "vae-sharp", "unet"


def folder(preset: str) -> Path:
    """The folder of a preset's unfinished training."""
    return Path(__file__).with_name("begun") / preset


def keep(config: Config, place: Path) -> list[str]:
    """Write what is trained so far from ``<work>`` into a folder, in place of what was there. Returns the names of the parts.

    Of a denoiser that is still being trained these are the averaged weights of its last checkpoint.
    """
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    sharp = decoder.folder(config)
    for name, of in ((_VAE, autoencoder.folder(config)), (_SHARP, sharp)):
        if of.is_dir() and (name == _VAE or sharp != autoencoder.folder(config)):
            AutoencoderKL.from_pretrained(of, dtype=torch.float16).save_pretrained(part / name)
    trained = _denoiser(config)
    if trained is not None:
        trained.half().save_pretrained(part / _UNET, max_shard_size=MAX_FILE)
    shutil.rmtree(place, ignore_errors=True)
    part.rename(place)
    return sorted(each.name for each in place.iterdir())


def restore(config: Config, place: Path) -> list[str]:
    """Put kept parts where the steps look for them, unless they are there. Returns the names of those put.

    Raises:
        ValueError: nothing is kept there, or a part is of another recipe.
    """
    if not (place / _VAE).is_dir():
        raise ValueError(f"{place}: no training is kept there")
    put = []
    codec = (*config.autoencoder.channels, config.autoencoder.latent_channels)
    painter = (*config.denoiser.channels, config.autoencoder.latent_channels)
    for name, to, kind, wanted in (
        (_VAE, autoencoder.folder(config), AutoencoderKL, codec),
        (_SHARP, decoder.folder(config), AutoencoderKL, codec),
        (_UNET, denoiser.begun_folder(config), UNet2DConditionModel, painter),
    ):
        if not (place / name).is_dir() or to.is_dir():
            continue
        found = kind.from_pretrained(place / name, dtype=torch.float32)
        latents = found.config["latent_channels" if kind is AutoencoderKL else "in_channels"]
        own = (*found.config["block_out_channels"], latents)
        if own != wanted:
            raise ValueError(f"{place / name} has the channels {own}, those of latents last; the recipe wants {wanted}")
        found.save_pretrained(to)
        put.append(name)
    return put


def _denoiser(config: Config) -> UNet2DConditionModel | None:
    """The denoiser as it is: trained to its end, or the averaged weights of its checkpoint; None if it is not begun."""
    if denoiser.folder(config).is_dir():
        return UNet2DConditionModel.from_pretrained(denoiser.folder(config))
    file = config.work / "denoiser.checkpoint.pt"
    if not file.is_file():
        return None
    averaged = torch.load(file, map_location="cpu", weights_only=True)["averaged"]
    model = denoiser.build(config)
    model.load_state_dict(
        {name.removeprefix("module."): weight for name, weight in averaged.items() if name.startswith("module.")}
    )
    return model
