"""The decoder, trained once more by itself: the latents stay as they are, so that the denoiser can be trained beside it.

This is the last of the three steps of arXiv 2509.25162. Beside how well pictures are rebuilt, a critic counts here: a small
network that learns to tell patches of rebuilt pictures from patches of true ones (arXiv 1611.07004, section 3.2.2; the hinge loss
of arXiv 1705.02894), while the decoder learns to be taken for true. The mean of what could be there is soft; a critic asks for
edges.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import spectral_norm

from training import autoencoder
from training.art import Thing
from training.config import Config
from training.loop import Plan, autocast, train
from training.photographs import load_photographs

_NOISE = 0.1  # largest deviation of the noise on the latents: those of the denoiser are not perfect either


class Critic(nn.Module):
    """Pictures (n, 3, h, w) in -1..1 to a verdict on each patch, (n, 1, h / 8, w / 8): above 0 it looks true."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 128)
        layers: list[nn.Module] = []
        for inward, outward in zip(widths, widths[1:], strict=False):
            layers += [spectral_norm(nn.Conv2d(inward, outward, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(widths[-1], 1, 3, 1, 1)))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.layers(pictures)


class _Pair(nn.Module):
    """The decoder and its critic, which are trained in one loop."""

    def __init__(self, whole: AutoencoderKL) -> None:
        super().__init__()
        assert whole.post_quant_conv is not None
        self.inward, self.decoder, self.critic = whole.post_quant_conv, whole.decoder, Critic()

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(self.inward(latents))


def run(config: Config, things: list[Thing], device: torch.device) -> AutoencoderKL:
    """Train the decoder of the autoencoder in ``<work>`` further, and save the whole to ``<work>/autoencoder-sharp``."""
    parts = config.decoder
    if not parts.steps:
        return AutoencoderKL.from_pretrained(autoencoder.folder(config))
    whole = AutoencoderKL.from_pretrained(autoencoder.folder(config)).to(device, memory_format=torch.channels_last)
    whole.requires_grad_(False)
    torch.manual_seed(parts.seed)
    pair = _Pair(whole).to(device)
    pair.requires_grad_(True)
    photographs, standing = load_photographs(), autoencoder.scenery(config)

    def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        pictures = autoencoder.draw_batch(things, photographs, standing, config, parts.batch, random)
        wanted = pictures.to(device, memory_format=torch.channels_last)
        with autocast(device):
            with torch.no_grad():
                latents = whole.encode(wanted).latent_dist.mean
            scale = _NOISE * torch.rand(len(latents), 1, 1, 1, generator=generator, device=device)
            noisy = latents + scale * torch.randn(latents.shape, generator=generator, device=device)
            made = pair.decode(noisy)
            true, false = pair.critic(wanted), pair.critic(made.detach())
            # The decoder must not be helped by a worse critic: on its way back through the critic it leaves that as it is.
            fixed = {name: weight.detach() for name, weight in pair.critic.named_parameters()}
            taken = functional_call(pair.critic, fixed, (made,))
        rebuilt = autoencoder.rebuilding_loss(made.float(), wanted)
        told = 0.5 * (F.relu(1 - true.float()).mean() + F.relu(1 + false.float()).mean())
        loss = rebuilt + told - parts.critic * taken.float().mean()
        return loss, {"rebuilt": rebuilt.item(), "told": told.item()}

    plan = Plan("decoder", parts.steps, parts.learning_rate, parts.average, parts.seed)
    trained = train(pair, step_loss, plan, config.work, device).eval()
    assert isinstance(trained, _Pair)
    whole.post_quant_conv, whole.decoder = trained.inward, trained.decoder
    whole.to(memory_format=torch.contiguous_format).float().save_pretrained(folder(config))
    return whole


def folder(config: Config) -> Path:
    """The folder of the autoencoder with the sharper decoder; where the recipe has none, that of the autoencoder."""
    return config.work / "autoencoder-sharp" if config.decoder.steps else autoencoder.folder(config)
