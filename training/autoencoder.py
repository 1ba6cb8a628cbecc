"""The autoencoder (``diffusers.AutoencoderKL``): it turns pictures into latents a quarter as wide and high, and back."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn

from training.art import Thing
from training.compose import paint_freely
from training.config import Config
from training.loop import Plan, autocast, train

_WEIGHTS = (
    1.5,
    2.0,
    2.0,
)  # of luma, red minus green, yellow minus blue: people notice wrong hues sooner than wrong lightness
_OUTSIDE_BRANCHES = ("samplers", "conv_in", "conv_out", "quant_conv", "conv_shortcut")
_LOOKED_AT = 256  # at least so many pictures decide the latents' mean and deviation
_PHOTOGRAPHS = ("astronaut", "rocket", "coffee", "chelsea")


def build(config: Config) -> AutoencoderKL:
    """The untrained autoencoder."""
    parts = config.autoencoder
    levels = len(parts.channels)
    return AutoencoderKL(
        block_out_channels=parts.channels,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=parts.layers,
        latent_channels=parts.latent_channels,
        norm_num_groups=parts.groups,
        sample_size=config.data.size,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )


def run(config: Config, things: list[Thing], device: torch.device) -> AutoencoderKL:
    """Train the autoencoder, scale its latents to mean 0 and deviation 1, and save it to ``<work>/autoencoder``."""
    parts = config.autoencoder
    torch.manual_seed(parts.seed)
    model = build(config).to(device, memory_format=torch.channels_last)
    _initialise(model)
    photographs = load_photographs()

    def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        pictures = torch.stack(
            [torch.from_numpy(_example(things, photographs, config, random)) for _ in range(parts.batch)]
        )
        wanted = (pictures.to(device).permute(0, 3, 1, 2) * 2 - 1).contiguous(memory_format=torch.channels_last)
        with autocast(device):
            posterior = model.encode(wanted).latent_dist
            noise = torch.randn(posterior.mean.shape, generator=generator, device=device)
            made = model.decode(posterior.mean + posterior.std * noise).sample
        difference = made.float() - wanted
        error = _opponent(difference)
        gradient = sum(error.diff(dim=axis).abs().mean() for axis in (2, 3))
        sharp = 0.5 * error.abs().mean() + 0.25 * gradient + 0.5 * F.avg_pool2d(error, 4).abs().mean()
        rebuilt = 5 * difference.square().mean() + sharp
        kl = posterior.kl().float().mean() / posterior.mean[0].numel()
        signal = (made.detach().float().clamp(-1, 1) - wanted).square().mean(dim=(1, 2, 3))
        psnr = (10 * torch.log10(4 / signal)).mean()
        return rebuilt + parts.kl * kl, {"kl": kl.item(), "psnr": psnr.item()}

    plan = Plan("autoencoder", parts.steps, parts.learning_rate, parts.average, parts.seed)
    trained = train(model, step_loss, plan, config.work, device).float().eval()
    assert isinstance(trained, AutoencoderKL)
    _normalise(trained, things, config, device)
    trained.save_pretrained(folder(config))
    return trained


def folder(config: Config) -> Path:
    """The folder of the trained autoencoder."""
    return config.work / "autoencoder"


def load_photographs() -> list[np.ndarray]:
    """Four free photographs, (height, width, 3) float32 in 0..1."""
    import skimage.data

    return [np.asarray(getattr(skimage.data, name)()[..., :3], np.float32) / 255 for name in _PHOTOGRAPHS]


def crop(photograph: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """A random square of a photograph, scaled to half: (size, size, 3)."""
    import cv2

    height, width = (random.integers(0, edge - 2 * size + 1) for edge in photograph.shape[:2])
    return cv2.resize(
        photograph[height : height + 2 * size, width : width + 2 * size], (size, size), interpolation=cv2.INTER_AREA
    )


def _example(
    things: list[Thing], photographs: list[np.ndarray], config: Config, random: np.random.Generator
) -> np.ndarray:
    """One training picture: a crop of a photograph or a composition, its channels sometimes permuted."""
    parts = config.autoencoder
    if random.random() < parts.photographs:
        picture = crop(photographs[random.integers(len(photographs))], config.data.size, random)
    else:
        picture = paint_freely(things[random.integers(len(things))], config.data, random)
    if random.random() < parts.permuted:
        orders = list(itertools.permutations(range(3)))
        picture = picture[..., orders[random.integers(len(orders))]]
    return np.ascontiguousarray(picture)


def _opponent(rgb: Tensor) -> Tensor:
    """Differences of RGB (n, 3, h, w) as luma (Rec. 709), red minus green and yellow minus blue, each times its weight."""
    red, green, blue = rgb.unbind(1)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    parts = (luma, red - green, 0.5 * (red + green) - blue)
    return torch.stack([weight * part for weight, part in zip(_WEIGHTS, parts, strict=True)], dim=1)


@torch.no_grad()
def _initialise(model: AutoencoderKL) -> None:
    """Make the untrained model a linear codec that keeps the variance: residual branches are 0, the latents have little noise.

    From PyTorch's default start the model learns contrasts first and levels late: it is at 12 dB after 300 steps, from this start
    at 20.
    """
    for name, part in model.named_modules():
        if isinstance(part, ResnetBlock2D):
            nn.init.zeros_(part.conv2.weight)
            nn.init.zeros_(part.conv2.bias)
        elif isinstance(part, nn.Conv2d) and any(each in name for each in _OUTSIDE_BRANCHES):
            nn.init.kaiming_normal_(part.weight, nonlinearity="linear")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    assert model.quant_conv is not None
    latent_channels = model.config["latent_channels"]
    nn.init.zeros_(model.quant_conv.weight[latent_channels:])
    nn.init.constant_(model.quant_conv.bias[latent_channels:], -5.0)


@torch.no_grad()
def _normalise(model: AutoencoderKL, things: list[Thing], config: Config, device: torch.device) -> None:
    """Give each latent channel mean 0 and deviation 1 by changing the convolutions beside the latents.

    Pictures stay as they are, and so does the scaling_factor of 1.
    """
    random = np.random.default_rng(config.autoencoder.seed)
    count = max(_LOOKED_AT, len(things))
    pictures = np.stack([paint_freely(things[k % len(things)], config.data, random) for k in range(count)])
    latents = model.encode(torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2) * 2 - 1).latent_dist.mean
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    inward, outward = model.quant_conv, model.post_quant_conv
    assert inward is not None and outward is not None and inward.bias is not None and outward.bias is not None
    channels = len(mean)
    outward.bias += (outward.weight * mean[None, :, None, None]).sum((1, 2, 3))
    outward.weight *= deviation[None, :, None, None]
    inward.weight[:channels] /= deviation[:, None, None, None]
    inward.bias[:channels] = (inward.bias[:channels] - mean) / deviation
    inward.bias[channels:] -= 2 * deviation.log()  # the other half is the logarithm of the variance
