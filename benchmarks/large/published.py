"""The true shapes of the catalogue's models: which classes they are made of, with the options of their published configuration.

Most options are the defaults of the installed diffusers, which were written for these very models. Where they are not, ``source``
says who published them. A paper that is named there was not read again: what was checked is that the number of parameters is the
published one. No weights are needed: a model is built on PyTorch's device ``meta``, where a tensor has a shape and no
memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

_DEFAULTS = "the defaults of the class in diffusers 0.42.1"
_SDXL_PAPER = "arXiv 2307.01952 (blocks, width, context); counts 2.567 billion"
_CLIP = "transformers: the configuration of openai/clip-vit-large-patch14, arXiv 2103.00020"
_FLUX2_SCRIPT = "scripts/convert_flux2_to_diffusers.py of diffusers, commit 207bae7a"
_SD35 = "recorded from the configurations of the three repositories by a public test of another project; 8.15 and 2.47 billion"


@dataclass(frozen=True)
class Part:
    """One component of a pipeline.

    Attributes:
        kind: name of its class in diffusers or transformers.
        options: arguments of that class, or of its configuration where it is one of transformers.
        source: where the options come from.
        config: name of the configuration's class in transformers; None for a class of diffusers.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = _DEFAULTS
    config: str | None = None


@dataclass(frozen=True)
class Shapes:
    """The parts of one model that hold weights, and what its denoiser is handed.

    Attributes:
        denoiser: the UNet or transformer.
        encoders: the text encoders.
        vae: the autoencoder.
        shrinks: pixels on each side of the square that one latent stands for.
        tokens: tokens of text that the denoiser is handed at most by the pipeline's own defaults.
    """

    denoiser: Part
    encoders: tuple[Part, ...]
    vae: Part
    shrinks: int = 8
    tokens: int = 77


def _text(kind: str, config: str, source: str, **options: Any) -> Part:
    return Part(kind, options, source, config)


def _kl(channels: int, **more: Any) -> Part:
    """The usual autoencoder (arXiv 2112.10752, with 128 channels times 1, 2, 4, 4 and two blocks a level)."""
    options = {
        "latent_channels": channels,
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        **more,
    }
    return Part("AutoencoderKL", options, "arXiv 2112.10752; counts 0.084 billion, the size of its files")


def _sd3(blocks: int, largest: int, dual: tuple[int, ...] = ()) -> Part:
    """The transformer of SD 3.5, whose width is 64 for each block."""
    options = {
        "num_layers": blocks, "num_attention_heads": blocks, "caption_projection_dim": 64 * blocks,
        "pos_embed_max_size": largest, "dual_attention_layers": dual, "qk_norm": "rms_norm",
    }  # fmt: skip
    return Part("SD3Transformer2DModel", options, _SD35)


_CLIP_L = _text(
    "CLIPTextModel", "CLIPTextConfig", _CLIP,
    hidden_size=768, intermediate_size=3072, num_attention_heads=12, projection_dim=768,
)  # fmt: skip
_CLIP_G = _text(
    "CLIPTextModelWithProjection", "CLIPTextConfig", "OpenCLIP ViT-bigG/14: width 1280, 32 layers, 20 heads",
    hidden_size=1280, intermediate_size=5120, num_attention_heads=20, num_hidden_layers=32, projection_dim=1280,
)  # fmt: skip
_CLIP_L_PROJECTED = Part("CLIPTextModelWithProjection", _CLIP_L.options, _CLIP, "CLIPTextConfig")
_T5_XXL = _text(
    "T5EncoderModel", "T5Config", "T5 v1.1 XXL: the table of checkpoints of google-research/t5x",
    d_model=4096, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu",
)  # fmt: skip
_QWEN3_4B: dict[str, Any] = {
    "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32,
    "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": True,
}  # fmt: skip
_QWEN3 = "Qwen3 4B: arXiv 2505.09388 (36 layers, 32 and 8 heads, tied); counts 4.022 billion"
_QWEN_VL: dict[str, Any] = {
    "text_config": {
        "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
        "num_key_value_heads": 4, "vocab_size": 152064,
    },
    "vision_config": {"hidden_size": 1280, "intermediate_size": 3420, "out_hidden_size": 3584},
}  # fmt: skip
_UNET_XL: dict[str, Any] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_SDXL = Shapes(Part("UNet2DConditionModel", _UNET_XL, _SDXL_PAPER), (_CLIP_L, _CLIP_G), _kl(4))
_SD3_ENCODERS = (_CLIP_L_PROJECTED, _CLIP_G, _T5_XXL)
_KL_16 = _kl(16, use_quant_conv=False, use_post_quant_conv=False)
_DC_BLOCKS = ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3
_DC = Part(
    "AutoencoderDC",
    {
        "encoder_block_types": _DC_BLOCKS, "decoder_block_types": _DC_BLOCKS, "upsample_block_type": "interpolate",
        "downsample_block_type": "conv", "scaling_factor": 0.41407,
    },
    "scripts/convert_dcae_to_diffusers.py of diffusers, dc-ae-f32c32-sana-1.0",
)  # fmt: skip

PUBLISHED: dict[str, Shapes] = {
    "stable-diffusion-v1-5/stable-diffusion-v1-5": Shapes(
        Part("UNet2DConditionModel", {"cross_attention_dim": 768}, _DEFAULTS + ", with CLIP's width of 768"),
        (_CLIP_L,),
        _kl(4),
    ),
    "stabilityai/stable-diffusion-xl-base-1.0": _SDXL,
    "stabilityai/sdxl-turbo": _SDXL,
    "stabilityai/stable-diffusion-3.5-large-turbo": Shapes(_sd3(38, 192), _SD3_ENCODERS, _KL_16, tokens=333),
    "stabilityai/stable-diffusion-3.5-large": Shapes(_sd3(38, 192), _SD3_ENCODERS, _KL_16, tokens=333),
    "stabilityai/stable-diffusion-3.5-medium": Shapes(
        _sd3(24, 384, tuple(range(13))), _SD3_ENCODERS, _KL_16, tokens=333
    ),
    "black-forest-labs/FLUX.1-schnell": Shapes(
        Part("FluxTransformer2DModel"), (_CLIP_L, _T5_XXL), _KL_16, tokens=512
    ),
    "black-forest-labs/FLUX.1-dev": Shapes(
        Part("FluxTransformer2DModel", {"guidance_embeds": True}), (_CLIP_L, _T5_XXL), _KL_16, tokens=512
    ),
    "black-forest-labs/FLUX.2-klein-4B": Shapes(
        Part(
            "Flux2Transformer2DModel",
            {
                "num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24, "joint_attention_dim": 7680,
                "guidance_embeds": False,
            },
            _FLUX2_SCRIPT,
        ),
        (_text("Qwen3ForCausalLM", "Qwen3Config", _QWEN3, **_QWEN3_4B),),
        Part("AutoencoderKLFlux2"),
        tokens=512,
    ),
    "black-forest-labs/FLUX.2-dev": Shapes(
        Part("Flux2Transformer2DModel", {}, _FLUX2_SCRIPT),
        (
            _text(
                "Mistral3ForConditionalGeneration", "Mistral3Config",
                "the defaults of the class in transformers, which are those of Mistral Small 3.2 24B",
                tie_word_embeddings=False,
            ),
        ),
        Part("AutoencoderKLFlux2"),
        tokens=512,
    ),
    "Qwen/Qwen-Image": Shapes(
        Part("QwenImageTransformer2DModel"),
        (
            _text(
                "Qwen2_5_VLForConditionalGeneration", "Qwen2_5_VLConfig",
                "Qwen2.5-VL 7B: arXiv 2502.13923; counts 8.292 billion", **_QWEN_VL,
            ),
        ),
        Part("AutoencoderKLQwenImage"),
        tokens=512,
    ),
    "Tongyi-MAI/Z-Image-Turbo": Shapes(
        Part("ZImageTransformer2DModel"),
        (_text("Qwen3Model", "Qwen3Config", _QWEN3, **_QWEN3_4B),),
        _KL_16,
        tokens=512,
    ),
    "Efficient-Large-Model/Sana_1600M_1024px_BF16_diffusers": Shapes(
        Part("SanaTransformer2DModel"),
        (_text("Gemma2Model", "Gemma2Config", "the defaults of the class in transformers: Gemma 2 2B"),),
        _DC,
        shrinks=32,
        tokens=300,
    ),
    "PixArt-alpha/PixArt-Sigma-XL-2-1024-MS": Shapes(
        Part(
            "PixArtTransformer2DModel",
            {"caption_channels": 4096, "use_additional_conditions": False},
            _DEFAULTS + ", with T5's width of 4096 (arXiv 2403.04692)",
        ),
        (_T5_XXL,),
        _kl(4),
        tokens=300,
    ),
}  # fmt: skip
"""The shapes of every model of the catalogue but the embedded ones, whose files are here."""


def build(part: Part, dtype: torch.dtype = torch.float32, device: str = "meta") -> nn.Module:
    """A component with the true shapes; on ``meta`` without memory.

    Args:
        part: what to build.
        dtype: number format of its weights.
        device: ``meta``, or another one, for a part that is small.
    """
    import diffusers
    import transformers

    with _quiet(), torch.device(device):
        if part.config is None:
            made = getattr(diffusers, part.kind)(**part.options)
        else:
            made = getattr(transformers, part.kind)(getattr(transformers, part.config)(**part.options))
        found: nn.Module = made.to(dtype).eval()
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence diffusers, which warns of a number format that is set after a model is made."""
    from diffusers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
