"""Tiny autoencoders of every kind. Each shrinks pictures by 8."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderDC, AutoencoderKL, AutoencoderKLFlux2, AutoencoderKLQwenImage

from tests.guidance.tiny.sizes import SIZE


def kl(latent_channels: int, scaling: float, shift: float | None = None, **more: Any) -> AutoencoderKL:
    """The usual autoencoder, whose latents are scaled and perhaps shifted by one number each."""
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=latent_channels,
        norm_num_groups=2,
        sample_size=SIZE,
        scaling_factor=scaling,
        shift_factor=shift,
        **more,
    ).eval()


def kl_flux2() -> AutoencoderKLFlux2:
    """The autoencoder of Flux 2, whose latents are normalised by a batch norm."""
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=2, sample_size=SIZE
    ).eval()
    vae.bn.running_mean.copy_(torch.randn(4).mul(0.2).repeat_interleave(4))
    vae.bn.running_var.copy_((1 + 3 * torch.rand(4)).repeat_interleave(4))
    return vae


def deep_compression() -> AutoencoderDC:
    """The deep compression autoencoder of Sana."""
    blocks, width, layers = ("ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"), (8, 8, 8, 8), (1, 1, 1, 1)
    scales = ((), (), (), (5,))
    return AutoencoderDC(
        latent_channels=4,
        attention_head_dim=2,
        encoder_block_types=blocks,
        decoder_block_types=blocks,
        encoder_block_out_channels=width,
        decoder_block_out_channels=width,
        encoder_layers_per_block=layers,
        decoder_layers_per_block=layers,
        encoder_qkv_multiscales=scales,
        decoder_qkv_multiscales=scales,
        upsample_block_type="interpolate",
        downsample_block_type="conv",
        scaling_factor=0.41407,
    ).eval()


def kl_qwen_image() -> AutoencoderKLQwenImage:
    """The video autoencoder of Qwen-Image."""
    return AutoencoderKLQwenImage(base_dim=8, dim_mult=[1, 2, 2, 2], num_res_blocks=1).eval()
