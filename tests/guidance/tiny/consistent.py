"""Setting the weights of random networks so that they do roughly what trained ones do, as far as guidance needs it.

This takes no time, where training would take seconds. Autoencoders get an encoder that undoes their decoder, and networks
that predict noise find most of it.

In an autoencoder, three pairs of channels carry red, green and blue with both signs along the residual path, and
``silu(x) - silu(-x) = x`` reads them back. Each random branch adds a little that depends on the whole picture, so nothing is
linear.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

BRANCH = 0.03
"""How much of a colour's amplitude each random branch adds."""
_PAIRS = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [0, 0, 0], [0, 0, 0]])
_ONE = torch.eye(8)[6]
_LAST_OF_BRANCH = {
    "ResnetBlock2D": "conv2",
    "Attention": "to_out.0",
    "QwenImageResidualBlock": "conv2",
    "QwenImageAttentionBlock": "proj",
    "ResBlock": "norm",
    "GLUMBConv": "norm",
    "SanaMultiscaleLinearAttention": "norm_out",
}


def make_consistent(vae: Any, mean: Tensor, deviation: Tensor) -> None:
    """Set the weights of an AutoencoderKL, its Flux 2 kind, an AutoencoderKLQwenImage or an AutoencoderDC.

    Normal noise then decodes to colours around grey with a deviation of about 0.25. If there are more than three channels,
    those that do not show in the picture vary along with the colours, as they do in real autoencoders.

    Args:
        vae: the autoencoder, whose layers are 8 or 16 channels wide.
        mean, deviation: (c,): mean and deviation of the latents.
    """
    kind, channels = type(vae).__name__, len(mean)
    # A group norm takes away the mean, which is 0 for pairs, and divides numbers this small by sqrt(eps) = 1e-3. Other norms
    # divide by the length over all channels: there one of them is 1, and the colours are small beside it.
    level, one = (0.05, 1.0) if kind in ("AutoencoderKLQwenImage", "AutoencoderDC") else (1e-4, 0.0)
    axes = torch.linalg.qr(torch.randn(channels, channels)).Q
    to_pixels = axes[:, :3].T / 2 / deviation
    to_latents = deviation[:, None] * (2 * axes[:, :3] + axes[:, 3:4] @ torch.randn(1, 3) / 4)
    encoder, decoder = vae.encoder, vae.decoder
    with torch.no_grad():
        for module in vae.modules():
            _set_inner(module, BRANCH * level)
        _set(encoder.conv_in, level * _PAIRS, one * _ONE)
        _set(decoder.conv_in, level * _PAIRS @ to_pixels, one * _ONE - level * _PAIRS @ to_pixels @ mean)
        gains = [conv.weight.shape[1] ** 0.5 if one else 1e3 for conv in (encoder.conv_out, decoder.conv_out)]
        _set(encoder.conv_out, to_latents @ _PAIRS.T / (gains[0] * level), mean)
        _set(decoder.conv_out, _PAIRS.T / (gains[1] * level))
        if kind == "AutoencoderDC":  # no norm at the encoder's end, and shortcuts around the first and the last layer
            _set(encoder.conv_out, to_latents @ _PAIRS.T / (2 * level), mean - 0.5 * torch.eye(channels)[3])
            decoder.conv_in.weight[:, :, 1, 1] -= torch.eye(channels).repeat_interleave(8 // channels, dim=0)
        else:
            _set(vae.quant_conv, torch.eye(2 * channels))
            _set(vae.post_quant_conv, torch.eye(channels))


def find_noise(denoiser: Any) -> None:
    """Make a random denoiser of four latent channels take nearly everything for noise, as is right for pure noise.

    A random denoiser would leave the noise where it is, and the sampler would make latents of it that are ten times too
    large.

    Args:
        denoiser: a UNet2DConditionModel of width 8, whose last block sees what its first layer gave, or a
            PixArtTransformer2DModel of width 32.
    """
    with torch.no_grad():
        if type(denoiser).__name__ == "PixArtTransformer2DModel":
            # Beside numbers that are ten times as large and do not change, a layer norm leaves the others as they are.
            embed, out = denoiser.pos_embed.proj, denoiser.proj_out.weight.view(2, 2, -1, 32)
            embed.weight.zero_()[:16] = 100 * torch.eye(16).reshape(16, 4, 2, 2)
            embed.bias.zero_()[16:] = torch.tensor([1000.0, -1000.0] * 8)
            out[:, :, :4].zero_()[..., :16] = 10 / 2**0.5 * torch.eye(16).reshape(4, 2, 2, 16).permute(1, 2, 0, 3)
            denoiser.scale_shift_table.zero_()
            denoiser.adaln_single.emb.timestep_embedder.linear_2.weight.mul_(0.001)
            denoiser.adaln_single.emb.timestep_embedder.linear_2.bias.mul_(0.001)
            return
        pairs = torch.eye(4).repeat_interleave(2, dim=0) * torch.tensor([1.0, -1.0] * 4)[:, None]
        _set(denoiser.conv_in, pairs)
        shortcut = denoiser.up_blocks[-1].resnets[-1].conv_shortcut.weight
        shortcut[:, 8:, 0, 0] = torch.eye(8)
        denoiser.conv_out.weight.mul_(0.3)
        denoiser.conv_out.weight[:, :, 1, 1] += pairs.T


def _set_inner(module: Any, branch: float) -> None:
    """Make the random branches small, shrinking a plain mean, and enlarging a soft copy."""
    name = type(module).__name__
    if name in _LAST_OF_BRANCH:
        last = module.get_submodule(_LAST_OF_BRANCH[name])
        mixes = isinstance(last, torch.nn.Linear | torch.nn.Conv2d | torch.nn.Conv3d)
        for parameter in last.parameters():  # what a norm gives is about three times as large
            parameter.mul_(branch if mixes else branch / 3)
    if name == "QwenImageResidualBlock" and module.in_dim != module.out_dim:
        _set(module.conv_shortcut, torch.eye(module.out_dim, module.in_dim))
    enlarges = name in ("Upsample2D", "DCUpBlock2d") or getattr(module, "mode", "").startswith("upsample")
    shrinks = name in ("Downsample2D", "DCDownBlock2d") or getattr(module, "mode", "").startswith("downsample")
    if not (enlarges or shrinks):
        return
    conv = module.resample[1] if name == "QwenImageResample" else module.conv
    same = torch.eye(*conv.weight.shape[:2])
    _set(conv, same)
    if shrinks:
        conv.weight.zero_()
        conv.weight[:, :, :2, :2] = same[:, :, None, None] / 4
    else:
        soft = torch.tensor([1.0, 6.0, 1.0]) / 8
        conv.weight[:6] = same[:6, :, None, None] * soft[:, None] * soft  # not of the one, which borders would darken
    if name == "DCDownBlock2d":  # whose shortcut is that mean
        conv.weight.zero_()
    if name == "DCUpBlock2d":
        conv.weight[:, :, 1, 1] -= same


def _set(conv: Any, matrix: Tensor, bias: Tensor | None = None) -> None:
    """Make a convolution apply a matrix to each pixel, of the last frame in videos. Channels beyond the matrix become zero."""
    conv.weight.zero_()
    rows, columns = matrix.shape
    middle = [side // 2 for side in conv.kernel_size[-2:]]
    last = [-1] * (conv.weight.ndim - 4)
    conv.weight[(slice(rows), slice(columns), *last, *middle)] = matrix
    if conv.bias is not None:
        conv.bias.zero_()
        if bias is not None:
            conv.bias[: len(bias)] = bias
