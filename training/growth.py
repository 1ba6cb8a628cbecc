"""Larger models that grow from smaller ones: they start with the smaller one's weights where both have the same layers.

A grown autoencoder halves once more. Its first latent channels are those of the smaller one, of the picture at half its size, and
further channels hold the detail. A grown denoiser knows from the start what the smaller one knew.
"""

from __future__ import annotations

import re

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn

_LEVEL = re.compile(r"(encoder\.down_blocks)\.(\d+)\.")


@torch.no_grad()
def grow_autoencoder(model: AutoencoderKL, smaller: AutoencoderKL) -> None:
    """Start an autoencoder of one level more from a smaller one, in place.

    At the start it computes what the smaller one does with the picture at half its size: the new level averages before the old
    encoder and repeats pixels behind the old decoder.

    Args:
        model: its channels are the smaller one's with the first one doubled, such as (32, 32, 64, 96) for (32, 64, 96). It has
            been initialised as a linear codec (its residual branches are zero).
        smaller: the trained one.

    Raises:
        ValueError: the channels do not fit.
    """
    inner = tuple(smaller.config["block_out_channels"])
    if tuple(model.config["block_out_channels"]) != (inner[0], *inner):
        raise ValueError(
            f"an autoencoder of {inner} grows to {(inner[0], *inner)}, not {model.config['block_out_channels']}"
        )
    moved = {
        _LEVEL.sub(lambda found: f"{found[1]}.{int(found[2]) + 1}.", name): weight
        for name, weight in smaller.state_dict().items()
    }
    _copy(model, moved)
    first_down, last_up = model.encoder.down_blocks[0].downsamplers, model.decoder.up_blocks[-2].upsamplers
    assert first_down is not None and last_up is not None
    down, up = first_down[0].conv, last_up[0].conv
    for layer in (down, up):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    channels = range(inner[0])
    # The downsampler pads right and below: its taps 0 and 1 lie on the two pixels that become one.
    down.weight[channels, channels, :2, :2] = 0.25
    up.weight[channels, channels, 1, 1] = 1.0


@torch.no_grad()
def grow_denoiser(model: UNet2DConditionModel, smaller: UNet2DConditionModel) -> None:
    """Start a denoiser of more latent channels from a smaller one of the same inner layers, in place.

    At the start it reads nothing of the new channels and predicts zero for them.
    """
    nn.init.zeros_(model.conv_out.weight)
    nn.init.zeros_(model.conv_out.bias)
    _copy(model, smaller.state_dict())


@torch.no_grad()
def _copy(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy weights by name. One that has grown takes the old values where they were: its first outputs and inputs.

    What the old outputs would read of new inputs begins at zero. The outputs of the convolution before the latents are the means
    and then the logarithms of the variances: each half has grown by itself.
    """
    own = model.state_dict()
    for name, weight in weights.items():
        halves = 2 if name.startswith("quant_conv") else 1
        for to, of in zip(own[name].chunk(halves), weight.chunk(halves), strict=True):
            to[: len(of)] = 0
            to[tuple(slice(length) for length in of.shape)] = of.to(to.dtype)
