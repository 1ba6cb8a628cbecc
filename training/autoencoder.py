"""The autoencoder (``diffusers.AutoencoderKL``): pictures to latents a quarter or an eighth as wide and high, and back."""

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
from training.growth import grow_autoencoder
from training.loop import Plan, autocast, train
from training.photographs import crop, load_photographs
from training.places import Scenery, load_scenery

_WEIGHTS = (
    1.5,
    2.0,
    2.0,
)  # of luma, red minus green, yellow minus blue: people notice wrong hues sooner than wrong lightness
_OUTSIDE_BRANCHES = ("samplers", "conv_in", "conv_out", "quant_conv", "conv_shortcut")
_LOOKED_AT = 256  # at least so many pictures decide the latents' mean and deviation
_DETAIL = 0.7  # deviation of the latents that a grown autoencoder adds: fine things are decided after large ones


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
    initialise(model)
    smaller = _smaller(config, device)
    if smaller is not None:
        grow_autoencoder(model, smaller)
    photographs, standing = load_photographs(), scenery(config)

    def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        pictures = draw_batch(things, photographs, standing, config, parts.batch, random)
        wanted = pictures.to(device, memory_format=torch.channels_last)
        with autocast(device):
            posterior = model.encode(wanted).latent_dist
            noise = torch.randn(posterior.mean.shape, generator=generator, device=device)
            made = model.decode(posterior.mean + posterior.std * noise).sample
            like = None if smaller is None else _unlike(posterior.mean, smaller, wanted)
        rebuilt = rebuilding_loss(made.float(), wanted)
        kl = posterior.kl().float().mean() / posterior.mean[0].numel()
        signal = (made.detach().float().clamp(-1, 1) - wanted).square().mean(dim=(1, 2, 3))
        psnr = (10 * torch.log10(4 / signal)).mean()
        logged = {"kl": kl.item(), "psnr": psnr.item()}
        if like is None:
            return rebuilt + parts.kl * kl, logged
        return rebuilt + parts.kl * kl + parts.aligned * like, logged | {"unlike": like.item()}

    plan = Plan("autoencoder", parts.steps, parts.learning_rate, parts.average, parts.seed)
    trained = train(model, step_loss, plan, config.work, device).float().eval()
    assert isinstance(trained, AutoencoderKL)
    _normalise(trained, things, config, device, kept=0 if smaller is None else smaller.config["latent_channels"])
    trained.save_pretrained(folder(config))
    return trained


def _smaller(config: Config, device: torch.device) -> AutoencoderKL | None:
    """The autoencoder from which this one grows, frozen; None if it grows from none."""
    if not config.autoencoder.start:
        return None
    found = AutoencoderKL.from_pretrained(config.autoencoder.start, subfolder="vae", dtype=torch.float32)
    return found.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def _unlike(latents: Tensor, smaller: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Mean square between the first latents and those of the smaller autoencoder for the pictures at half their size."""
    with torch.no_grad():
        wanted = smaller.encode(F.avg_pool2d(pictures, 2)).latent_dist.mean
    return F.mse_loss(latents[:, : wanted.shape[1]].float(), wanted.float())


def scenery(config: Config) -> Scenery | None:
    """What stands about in places, if the recipe has places."""
    return load_scenery(config.downloads) if config.data.shares.place else None


def folder(config: Config) -> Path:
    """The folder of the trained autoencoder."""
    return config.work / "autoencoder"


def draw_batch(
    things: list[Thing],
    photographs: list[np.ndarray],
    scenery: Scenery | None,
    config: Config,
    count: int,
    random: np.random.Generator,
) -> Tensor:
    """Training pictures: (count, 3, size, size) in -1..1."""
    drawn = np.stack([_example(things, photographs, scenery, config, random) for _ in range(count)])
    return torch.from_numpy(drawn).permute(0, 3, 1, 2) * 2 - 1


def _example(
    things: list[Thing],
    photographs: list[np.ndarray],
    scenery: Scenery | None,
    config: Config,
    random: np.random.Generator,
) -> np.ndarray:
    """One training picture: a crop of a photograph or a composition, its channels sometimes permuted."""
    parts = config.autoencoder
    if random.random() < parts.photographs:
        picture = crop(photographs[random.integers(len(photographs))], config.data.size, random)
    else:
        picture = paint_freely(things[random.integers(len(things))], config.data, random, scenery)
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


def rebuilding_loss(made: Tensor, wanted: Tensor) -> Tensor:
    """How far pictures (n, 3, h, w) in -1..1 are from those wanted: in squares, and in lightness, hue, edges and areas."""
    difference = made - wanted
    error = _opponent(difference)
    gradient = sum(error.diff(dim=axis).abs().mean() for axis in (2, 3))
    sharp = 0.5 * error.abs().mean() + 0.25 * gradient + 0.5 * F.avg_pool2d(error, 4).abs().mean()
    return 5 * difference.square().mean() + sharp


@torch.no_grad()
def initialise(model: AutoencoderKL) -> None:
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
def _normalise(model: AutoencoderKL, things: list[Thing], config: Config, device: torch.device, kept: int) -> None:
    """Give each latent channel mean 0 and a deviation by changing the convolutions beside the latents.

    The deviation is 1. In a grown autoencoder the first ``kept`` channels stay as they are, since the smaller denoiser knows them
    so, and the others get :data:`_DETAIL`. Pictures stay as they are, and so does the scaling_factor of 1.
    """
    random = np.random.default_rng(config.autoencoder.seed)
    count, standing = max(_LOOKED_AT, len(things)), scenery(config)
    pictures = np.stack([paint_freely(things[k % len(things)], config.data, random, standing) for k in range(count)])
    batches = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).split(32)
    latents = torch.cat([model.encode(part * 2 - 1).latent_dist.mean for part in batches])
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    if kept:
        mean[:kept], deviation[:kept] = 0.0, 1.0
        deviation[kept:] /= _DETAIL
    inward, outward = model.quant_conv, model.post_quant_conv
    assert inward is not None and outward is not None and inward.bias is not None and outward.bias is not None
    channels = len(mean)
    outward.bias += (outward.weight * mean[None, :, None, None]).sum((1, 2, 3))
    outward.weight *= deviation[None, :, None, None]
    inward.weight[:channels] /= deviation[:, None, None, None]
    inward.bias[:channels] = (inward.bias[:channels] - mean) / deviation
    inward.bias[channels:] -= 2 * deviation.log()  # the other half is the logarithm of the variance
