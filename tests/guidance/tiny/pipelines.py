"""A tiny pipeline of every family, with random weights and the scheduler that the family's checkpoints ship."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffusers import (
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

from tests.guidance.tiny.autoencoders import deep_compression, kl, kl_flux2, kl_qwen_image
from tests.guidance.tiny.sizes import POOLED, SIZE, WIDTH
from tests.guidance.tiny.text_encoders import (
    PARTS,
    clip,
    clip_tokenizer,
    gemma,
    gemma_tokenizer,
    mistral,
    qwen3,
    qwen3_causal,
    qwen_tokenizer,
    qwen_vl,
    t5,
    t5_tokenizer,
)


def _sd15() -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae=kl(4, 0.18215),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=SIZE // 8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            attention_head_dim=2,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            cross_attention_dim=POOLED,
        ),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl(turbo: bool = False, **vae: Any) -> StableDiffusionXLPipeline:
    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return StableDiffusionXLPipeline(
        vae=kl(4, 0.13025, **vae),
        text_encoder=clip(),
        text_encoder_2=clip(projection=True),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=UNet2DConditionModel(
            sample_size=SIZE // 8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            attention_head_dim=(1, 2),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=2 * POOLED,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + POOLED,
        ),
        scheduler=EulerAncestralDiscreteScheduler(**noise, timestep_spacing="trailing")
        if turbo
        else EulerDiscreteScheduler(**noise, timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )


def _sd3() -> StableDiffusion3Pipeline:
    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=SIZE // 8,
            patch_size=2,
            in_channels=16,
            out_channels=16,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            caption_projection_dim=16,
            pooled_projection_dim=2 * POOLED,
            pos_embed_max_size=16,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=kl(16, 1.5305, 0.0609),
        text_encoder=clip(projection=True),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(projection=True),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5(),
        tokenizer_3=t5_tokenizer(),
    )


def _dynamic(**more: Any) -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True, **more)


def _flux() -> FluxPipeline:
    return FluxPipeline(
        scheduler=_dynamic(),
        vae=kl(16, 0.3611, 0.1159),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=t5_tokenizer(),
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=64,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=POOLED,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
    )


def _flux2_transformer(guidance: bool) -> Flux2Transformer2DModel:
    return Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=2 * WIDTH,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=guidance,
    )


def _flux2() -> Flux2Pipeline:
    pipe = Flux2Pipeline(
        scheduler=_dynamic(),
        vae=kl_flux2(),
        text_encoder=mistral(),
        tokenizer=qwen_tokenizer(PARTS),
        transformer=_flux2_transformer(guidance=True),
    )
    pipe.system_message = ""  # its hundreds of letters would leave no room for a prompt
    return pipe


def _flux2_klein() -> Flux2KleinPipeline:
    return Flux2KleinPipeline(
        scheduler=_dynamic(),
        vae=kl_flux2(),
        text_encoder=qwen3_causal(),
        tokenizer=qwen_tokenizer(),
        transformer=_flux2_transformer(guidance=False),
    )


def _qwen_image() -> QwenImagePipeline:
    return QwenImagePipeline(
        scheduler=_dynamic(base_shift=0.5, max_shift=0.9, shift_terminal=0.02),
        vae=kl_qwen_image(),
        text_encoder=qwen_vl(),
        tokenizer=qwen_tokenizer(),
        transformer=QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=64,
            out_channels=16,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            axes_dims_rope=(8, 4, 4),
        ),
    )


def _z_image() -> ZImagePipeline:
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=kl(16, 0.3611, 0.1159),
        text_encoder=qwen3(),
        tokenizer=qwen_tokenizer(),
        transformer=ZImageTransformer2DModel(
            in_channels=16,
            dim=32,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=WIDTH,
            axes_dims=[8, 4, 4],
            axes_lens=[256, 64, 64],
        ),
    )


def _sana() -> SanaPipeline:
    return SanaPipeline(
        tokenizer=gemma_tokenizer(),
        text_encoder=gemma(),
        vae=deep_compression(),
        transformer=SanaTransformer2DModel(
            sample_size=32,
            patch_size=1,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            num_attention_heads=2,
            attention_head_dim=8,
            num_cross_attention_heads=2,
            cross_attention_head_dim=8,
            cross_attention_dim=16,
            caption_channels=WIDTH,
        ),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, solver_order=2
        ),
    )


def _pixart(pipeline: Callable[..., Any]) -> Any:
    return pipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5(),
        vae=kl(4, 0.13025),
        transformer=PixArtTransformer2DModel(
            sample_size=SIZE // 8,
            num_layers=1,
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=4,
            out_channels=8,
            cross_attention_dim=32,
            caption_channels=WIDTH,
            use_additional_conditions=False,
        ),
        scheduler=DPMSolverMultistepScheduler(
            beta_start=0.0001, beta_end=0.02, beta_schedule="linear", algorithm_type="dpmsolver++", solver_order=2
        ),
    )


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
"""A function that makes the pipeline of each family, by a short name."""
