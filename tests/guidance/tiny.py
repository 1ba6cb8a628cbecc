"""Text-to-image pipelines of every family: real classes of diffusers and transformers, tiny, random, made in memory.

They paint 64x64 noise in well under a second and differ in everything that steering has to cope with: the scheduler that the
family's checkpoints ship, the layout and scale of the latents, and the autoencoder. Each shrinks pictures by 8.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers import (
    AutoencoderDC,
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    PixArtAlphaPipeline,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    PNDMScheduler,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    SanaPipeline,
    SanaTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Gemma2Config,
    Gemma2Model,
    GemmaTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from guidance.codecs import codec_for
from guidance.reference import read_reference
from reswd_torch import color_distance
from tests.guidance.consistent import find_noise, make_consistent

SIZE = 64
"""Height and width that :func:`run` asks for, pixels."""
WIDTH = 32
"""Width of the text encoders that give a sequence."""
POOLED = 16
"""Width of CLIP."""
COOL, WARM = "#0b3954:3, #bfd7ea:1, #087e8b:1", "#c81d25:3, #ffb627:2, #ff9f9f:1"
"""Palettes to steer towards."""
LETTERS = sorted(ByteLevel.alphabet())

# Each template is all that its pipeline needs: the text of every message, one after the other.
_TEXTS = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
_PARTS = "{% for message in messages %}{% for part in message['content'] %}{{ part['text'] }} {% endfor %}{% endfor %}"


def tiny_pipeline(family: str, scheduler: Any = None, seed: int = 0) -> Any:
    """A pipeline of one of :data:`FAMILIES`, float32 on the CPU.

    Args:
        family: a name in :data:`FAMILIES`.
        scheduler: instead of the one that the family's checkpoints ship.
        seed: of the weights; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipe = FAMILIES[family]()
        _fit(pipe)
    if scheduler is not None:
        pipe.register_modules(scheduler=scheduler)
    pipe.set_progress_bar_config(disable=True)
    return pipe


shared_pipeline = functools.cache(tiny_pipeline)
"""One that no test changes."""


def call_arguments(pipe: Any, prompts: Sequence[str] = ("a red cat", "two blue dogs")) -> dict[str, Any]:
    """What every call of the pipeline needs to be small and quick."""
    shared = {"prompt": list(prompts), "height": SIZE, "width": SIZE, "num_inference_steps": 4}
    if isinstance(pipe, QwenImagePipeline):  # there guidance needs one each
        shared["negative_prompt"] = [" "] * len(prompts)
    return shared | _EXTRA.get(type(pipe).__name__, {})


def run(
    pipe: Any, prompts: Sequence[str] = ("a red cat", "two blue dogs"), steps: int = 4, seed: int = 0, **more: Any
) -> torch.Tensor:
    """What the pipeline paints: pixels 0..1 (b, 3, 64, 64), or its latents with ``output_type="latent"``."""
    generator = torch.Generator().manual_seed(seed)
    arguments = call_arguments(pipe, prompts) | {"num_inference_steps": steps, "output_type": "pt"} | more
    return pipe(generator=generator, **arguments).images


def distances(images: torch.Tensor, reference: Any) -> list[float]:
    """How far the colours of each image are from a reference's, in Lab units."""
    colors = read_reference(reference).colors
    return [color_distance(image.permute(1, 2, 0).reshape(-1, 3), colors) for image in images]


def nearness(guided: torch.Tensor, plain: torch.Tensor, reference: Any) -> float:
    """What is left of the distance to a reference, as a share of that of plain images; all images together."""
    return sum(distances(guided, reference)) / sum(distances(plain, reference))


_EXTRA: dict[str, dict[str, Any]] = {
    "StableDiffusion3Pipeline": {"max_sequence_length": 16},
    "FluxPipeline": {"max_sequence_length": 16},
    "Flux2Pipeline": {"max_sequence_length": 16, "text_encoder_out_layers": (1, 2)},
    "Flux2KleinPipeline": {"max_sequence_length": 16, "text_encoder_out_layers": (1, 2)},
    "ZImagePipeline": {"max_sequence_length": 16},
    # Binning would paint at least 512 pixels, and cleaning wants packages that are not there.
    "SanaPipeline": {"use_resolution_binning": False, "complex_human_instruction": None, "max_sequence_length": 16},
    "PixArtAlphaPipeline": {"use_resolution_binning": False, "clean_caption": False, "max_sequence_length": 16},
    "PixArtSigmaPipeline": {"use_resolution_binning": False, "clean_caption": False, "max_sequence_length": 16},
}


def _fit(pipe: Any) -> None:
    """Make the autoencoder consistent, with latents of the mean and deviation that the pipeline expects."""
    vae = pipe.vae
    channels = vae.config.get("latent_channels") or vae.config.z_dim
    if isinstance(vae, AutoencoderKLFlux2):  # one of each for every latent of a token
        mean, deviation = (
            value.reshape(channels, 4)[:, 0] for value in (vae.bn.running_mean, vae.bn.running_var.sqrt())
        )
    else:
        statistics = codec_for(pipe)._statistics(torch.device("cpu"))
        mean, deviation = (torch.as_tensor(value).flatten().expand(channels).float() for value in statistics)
    make_consistent(vae, mean, deviation)
    if channels == 4 and pipe.scheduler.config.get("prediction_type") == "epsilon":
        find_noise(getattr(pipe, "unet", None) or pipe.transformer)


# Autoencoders


def _kl(latent_channels: int, scaling: float, shift: float | None = None, **more: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=latent_channels, norm_num_groups=2, sample_size=SIZE, scaling_factor=scaling, shift_factor=shift, **more,
    ).eval()  # fmt: skip


def _kl_flux2() -> AutoencoderKLFlux2:
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=2, sample_size=SIZE
    ).eval()
    vae.bn.running_mean.copy_(torch.randn(4).mul(0.2).repeat_interleave(4))
    vae.bn.running_var.copy_((1 + 3 * torch.rand(4)).repeat_interleave(4))
    return vae


def _dc() -> AutoencoderDC:
    blocks, width, layers = ("ResBlock", "ResBlock", "ResBlock", "EfficientViTBlock"), (8, 8, 8, 8), (1, 1, 1, 1)
    scales = ((), (), (), (5,))
    return AutoencoderDC(
        latent_channels=4, attention_head_dim=2, encoder_block_types=blocks, decoder_block_types=blocks,
        encoder_block_out_channels=width, decoder_block_out_channels=width, encoder_layers_per_block=layers,
        decoder_layers_per_block=layers, encoder_qkv_multiscales=scales, decoder_qkv_multiscales=scales,
        upsample_block_type="interpolate", downsample_block_type="conv", scaling_factor=0.41407,
    ).eval()  # fmt: skip


# Text encoders


def _clip(projection: bool = False) -> Any:
    config = CLIPTextConfig(
        vocab_size=2 * len(LETTERS) + 2, hidden_size=POOLED, intermediate_size=POOLED, projection_dim=POOLED,
        num_hidden_layers=2, num_attention_heads=2, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def _clip_tokenizer() -> CLIPTokenizer:
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(letter + "</w>" for letter in LETTERS)]
    return CLIPTokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], model_max_length=77)


def _t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(vocab_size=4 + len(LETTERS), d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2)
    ).eval()


def _t5_tokenizer() -> T5Tokenizer:
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    return T5Tokenizer(vocab=words, extra_ids=0, model_max_length=77)


def _gemma() -> Gemma2Model:
    return Gemma2Model(
        Gemma2Config(
            vocab_size=5 + len(LETTERS), hidden_size=WIDTH, intermediate_size=WIDTH, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=1, head_dim=8,
        )
    ).eval()  # fmt: skip


def _gemma_tokenizer() -> GemmaTokenizer:
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *LETTERS]
    return GemmaTokenizer(vocab={word: place for place, word in enumerate(words)}, model_max_length=77)


_DECODER = {
    "vocab_size": 1 + len(LETTERS), "hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 1024,
}  # fmt: skip


def _qwen_tokenizer(template: str = _TEXTS) -> Qwen2Tokenizer:
    words = ["<|endoftext|>", *LETTERS]
    return Qwen2Tokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], chat_template=template)


def _qwen_vl() -> Qwen2_5_VLForConditionalGeneration:
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": WIDTH}
    text: dict[str, Any] = {name: value for name, value in _DECODER.items() if name != "head_dim"}
    text["rope_parameters"] = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e6}
    text |= {"bos_token_id": 0, "eos_token_id": 0}
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision)).eval()


def _mistral() -> Mistral3ForConditionalGeneration:
    vision = {
        "model_type": "pixtral", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 32, "patch_size": 16, "head_dim": 8,
    }  # fmt: skip
    return Mistral3ForConditionalGeneration(
        Mistral3Config(text_config=_DECODER | {"model_type": "mistral"}, vision_config=vision)
    ).eval()


# Pipelines


def _sd15() -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae=_kl(4, 0.18215), text_encoder=_clip(), tokenizer=_clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=SIZE // 8, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, attention_head_dim=2,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            cross_attention_dim=POOLED,
        ),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip


def _sdxl(turbo: bool = False, **vae: Any) -> StableDiffusionXLPipeline:
    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return StableDiffusionXLPipeline(
        vae=_kl(4, 0.13025, **vae), text_encoder=_clip(), text_encoder_2=_clip(projection=True),
        tokenizer=_clip_tokenizer(), tokenizer_2=_clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=SIZE // 8, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
            attention_head_dim=(1, 2), down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=2 * POOLED, use_linear_projection=True,
            addition_embed_type="text_time", addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + POOLED,
        ),
        scheduler=EulerAncestralDiscreteScheduler(**noise, timestep_spacing="trailing")
        if turbo
        else EulerDiscreteScheduler(**noise, timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )  # fmt: skip


def _sd3() -> StableDiffusion3Pipeline:
    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIZE // 8, patch_size=2, in_channels=16, out_channels=16, num_layers=1, attention_head_dim=8,
            num_attention_heads=2, joint_attention_dim=WIDTH, caption_projection_dim=16, pooled_projection_dim=2 * POOLED,
            pos_embed_max_size=16,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=_kl(16, 1.5305, 0.0609),
        text_encoder=_clip(projection=True), tokenizer=_clip_tokenizer(), text_encoder_2=_clip(projection=True),
        tokenizer_2=_clip_tokenizer(), text_encoder_3=_t5(), tokenizer_3=_t5_tokenizer(),
    )  # fmt: skip


def _dynamic(**more: Any) -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True, **more)


def _flux() -> FluxPipeline:
    return FluxPipeline(
        scheduler=_dynamic(), vae=_kl(16, 0.3611, 0.1159), text_encoder=_clip(), tokenizer=_clip_tokenizer(),
        text_encoder_2=_t5(), tokenizer_2=_t5_tokenizer(),
        transformer=FluxTransformer2DModel(
            patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=WIDTH, pooled_projection_dim=POOLED, guidance_embeds=True, axes_dims_rope=(4, 4, 8),
        ),
    )  # fmt: skip


def _flux2_transformer(guidance: bool) -> Flux2Transformer2DModel:
    return Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=2 * WIDTH, timestep_guidance_channels=16, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=guidance,
    )  # fmt: skip


def _flux2() -> Flux2Pipeline:
    pipe = Flux2Pipeline(
        scheduler=_dynamic(), vae=_kl_flux2(), text_encoder=_mistral(), tokenizer=_qwen_tokenizer(_PARTS),
        transformer=_flux2_transformer(guidance=True),
    )  # fmt: skip
    pipe.system_message = ""  # its hundreds of letters would leave no room for a prompt
    return pipe


def _flux2_klein() -> Flux2KleinPipeline:
    return Flux2KleinPipeline(
        scheduler=_dynamic(), vae=_kl_flux2(), text_encoder=Qwen3ForCausalLM(Qwen3Config(**_DECODER)).eval(),
        tokenizer=_qwen_tokenizer(), transformer=_flux2_transformer(guidance=False),
    )  # fmt: skip


def _qwen_image() -> QwenImagePipeline:
    return QwenImagePipeline(
        scheduler=_dynamic(base_shift=0.5, max_shift=0.9, shift_terminal=0.02),
        vae=AutoencoderKLQwenImage(base_dim=8, dim_mult=[1, 2, 2, 2], num_res_blocks=1).eval(),
        text_encoder=_qwen_vl(), tokenizer=_qwen_tokenizer(),
        transformer=QwenImageTransformer2DModel(
            patch_size=2, in_channels=64, out_channels=16, num_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=WIDTH, axes_dims_rope=(8, 4, 4),
        ),
    )  # fmt: skip


def _z_image() -> ZImagePipeline:
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=_kl(16, 0.3611, 0.1159),
        text_encoder=Qwen3Model(Qwen3Config(**_DECODER)).eval(), tokenizer=_qwen_tokenizer(),
        transformer=ZImageTransformer2DModel(
            in_channels=16, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=WIDTH,
            axes_dims=[8, 4, 4], axes_lens=[256, 64, 64],
        ),
    )  # fmt: skip


def _sana() -> SanaPipeline:
    return SanaPipeline(
        tokenizer=_gemma_tokenizer(), text_encoder=_gemma(), vae=_dc(),
        transformer=SanaTransformer2DModel(
            sample_size=32, patch_size=1, in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2,
            attention_head_dim=8, num_cross_attention_heads=2, cross_attention_head_dim=8, cross_attention_dim=16,
            caption_channels=WIDTH,
        ),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, solver_order=2
        ),
    )  # fmt: skip


def _pixart(pipeline: Callable[..., Any]) -> Any:
    return pipeline(
        tokenizer=_t5_tokenizer(), text_encoder=_t5(), vae=_kl(4, 0.13025),
        transformer=PixArtTransformer2DModel(
            sample_size=SIZE // 8, num_layers=1, num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=8,
            cross_attention_dim=32, caption_channels=WIDTH, use_additional_conditions=False,
        ),
        scheduler=DPMSolverMultistepScheduler(
            beta_start=0.0001, beta_end=0.02, beta_schedule="linear", algorithm_type="dpmsolver++", solver_order=2
        ),
    )  # fmt: skip


FAMILIES: dict[str, Callable[[], Any]] = {
    "sd15": _sd15,
    "sdxl": _sdxl,
    "sdxl-mean": lambda: _sdxl(latents_mean=[-1.6, 0.2, 2.6, -0.4], latents_std=[8.4, 6.0, 9.5, 5.2]),
    "sdxl-turbo": lambda: _sdxl(turbo=True),
    "sd3": _sd3,
    "flux": _flux,
    "flux2": _flux2,
    "flux2-klein": _flux2_klein,
    "qwen-image": _qwen_image,
    "z-image": _z_image,
    "sana": _sana,
    "pixart-alpha": lambda: _pixart(PixArtAlphaPipeline),
    "pixart-sigma": lambda: _pixart(PixArtSigmaPipeline),
}
"""Every family by a short name."""
