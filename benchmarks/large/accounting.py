"""Counting: bytes of weights in each number format, and the working memory of a step, of a plain picture and of a guided one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from benchmarks.large.live import peak_of
from benchmarks.large.published import PUBLISHED, Shapes, build
from guidance.catalogue import MODELS, ModelEntry
from guidance.codecs import codec_for
from guidance.core import Guidance
from guidance.quantize.kinds import NONE, SINQ, SINQ_PACKAGE, bytes_per_weight
from guidance.quantize.replace import kept_as_it_is, model_bytes
from guidance.quantize.tiles import tile_for
from guidance.reference import Reference
from guidance.settings import GuidanceSettings

_WITHOUT_BATCH = ("flux", "flux2", "qwen", "zimage")
"""Families whose pipelines call the denoiser with one picture at a time: they were distilled, or take the prompt and the negative
prompt one after the other."""


@dataclass(frozen=True)
class Weights:
    """Bytes of a model's components.

    Attributes:
        denoiser, encoders, vae: bytes of the UNet or transformer, of all text encoders, and of the autoencoder.
    """

    denoiser: float
    encoders: float
    vae: float

    @property
    def all(self) -> float:
        """Bytes of everything."""
        return self.denoiser + self.encoders + self.vae


@dataclass(frozen=True)
class Working:
    """The most bytes of tensors that are alive at the same time, beside the weights.

    Attributes:
        step: in a call of the denoiser.
        plain: while the last latents are decoded.
        guided: in guidance's last step.
    """

    step: int
    plain: int
    guided: int

    def peak(self, guided: bool) -> int:
        """That of a whole picture."""
        return max(self.step, self.plain, self.guided if guided else 0)


def stored_bytes(model: nn.Module, quantize: str = NONE) -> float:
    """Bytes of a component's parameters and buffers.

    Args:
        model: the component, on any device.
        quantize: how the weights of its linear layers are stored. With our own four bits the very layers count that
            :func:`guidance.quantize.replace.quantize_linears` would replace; with another package's, every linear layer, by
            the bytes that :data:`guidance.quantize.kinds.BACKENDS` says.
    """
    total = float(model_bytes(model))
    users = Counter(
        id(value) for module in model.modules() for value in module._parameters.values() if value is not None
    )
    for name, layer in model.named_modules():
        if not isinstance(layer, nn.Linear) or not name or quantize == NONE:
            continue
        weight = layer.weight
        if quantize not in (SINQ, SINQ_PACKAGE):
            if users[id(weight)] == 1:
                total += weight.numel() * (bytes_per_weight(quantize, weight.element_size()) - weight.element_size())
        elif kept_as_it_is(name, layer, None, (), users[id(weight)]) is None:
            tile = tile_for(layer.in_features, name) or layer.in_features
            scales = 2 * weight.numel() // tile + layer.in_features
            total += weight.numel() / 2 + scales * weight.element_size() - weight.numel() * weight.element_size()
    return total


def weights_of(model: str, dtype: str | None = None, quantize: str = NONE) -> Weights:
    """Bytes of the components of a model of the catalogue that is not embedded."""
    denoiser, encoders, vae = _components(model, dtype or MODELS[model].dtype)
    few = sum(stored_bytes(encoder, quantize) for encoder in encoders)
    return Weights(stored_bytes(denoiser, quantize), few, stored_bytes(vae))


@lru_cache(maxsize=1)  # they are built once for all quantizations
def _components(model: str, dtype: str) -> tuple[nn.Module, tuple[nn.Module, ...], nn.Module]:
    """The denoiser, the text encoders and the autoencoder of a model on ``meta``."""
    shapes, number = PUBLISHED[model], getattr(torch, dtype)
    encoders = tuple(build(part, number) for part in shapes.encoders)
    return build(shapes.denoiser, number), encoders, build(shapes.vae, number)


def working_of(model: str, width: int | None = None, height: int | None = None) -> Working:
    """Working memory of a model of the catalogue that is not embedded, at its own size or another, in its own number format."""
    entry, shapes = MODELS[model], PUBLISHED[model]
    wide, high = width or entry.width, height or entry.height
    number = getattr(torch, entry.dtype)
    denoiser, vae = build(shapes.denoiser, number), build(shapes.vae, number)
    step = peak_of(lambda: _call(entry, shapes, denoiser, high // shapes.shrinks, wide // shapes.shrinks))
    plain, guided = of_autoencoder(vae, entry.pipeline, shapes.shrinks, wide, high)
    return Working(step, plain, guided)


def of_autoencoder(
    vae: Any, pipeline: str, shrinks: int, width: int, height: int, measured: Callable[..., int] = peak_of
) -> tuple[int, int]:
    """Working memory while the last latents of one picture are decoded, and in guidance's last step.

    Args:
        vae: the autoencoder, on ``meta`` or on a real device.
        pipeline: name of the pipeline's class, by which the codec is chosen.
        shrinks: pixels on each side of the square that one latent of the autoencoder stands for.
        width, height: size of the picture, pixels.
        measured: measures a piece of work.
    """
    device = vae.device
    pipe: Any = type(pipeline, (SimpleNamespace,), {})(vae=vae, vae_scale_factor=shrinks, default_sample_size=128)
    codec = codec_for(pipe, height, width)
    config = vae.config
    channels = int(config.get("latent_channels") or config.get("z_dim")) * (codec.pixels_per_cell // shrinks) ** 2
    side = codec.pixels_per_cell
    grid = torch.zeros(1, channels, height // side, width // side, device=device)
    reference = Reference(torch.rand(2048, 3, generator=torch.Generator().manual_seed(0)))
    with _colours_without_values() if device.type == "meta" else nullcontext():
        guidance = Guidance([reference], GuidanceSettings(), codec, vae, device)
        guided = measured(lambda: guidance.shift(grid, 24, 25))
    # A plain picture of SDXL: the pipeline makes its autoencoder float32, and back. The codec copies the weights instead.
    overflows = codec.family == "SDXL" and vae.dtype == torch.float16 and vae.config.force_upcast
    spared = model_bytes(vae) if overflows else 0
    return measured(lambda: codec.decode(grid)) - spared, guided


def _colours_without_values() -> Any:
    """Have conversions of colours take tensors on ``meta``, which they refuse, since there is nothing to convert."""
    return mock.patch("reswd_torch.color.precisely", lambda function, colors: function(colors))


def _call(entry: ModelEntry, shapes: Shapes, denoiser: Any, rows: int, columns: int) -> object:
    """Call a denoiser as its pipeline does: the shapes are those of the pipelines of diffusers 0.42.1."""
    number, config, text = denoiser.dtype, denoiser.config, shapes.tokens
    batch = 2 if entry.scale > 1 and entry.family not in _WITHOUT_BATCH else 1
    tokens = rows * columns // 4

    def made(*shape: int) -> Tensor:
        return torch.empty(*shape, device="meta", dtype=number)

    time = torch.empty(batch, device="meta")
    if entry.family in ("sd", "sdxl"):
        more = {}
        if entry.family == "sdxl":
            more["added_cond_kwargs"] = {"text_embeds": made(batch, 1280), "time_ids": made(batch, 6)}
        prompt = made(batch, text, config.cross_attention_dim)
        return denoiser(made(batch, 4, rows, columns), time, encoder_hidden_states=prompt, **more)
    if entry.family == "zimage":
        return denoiser([made(16, 1, rows, columns)], time, [made(text, config.cap_feat_dim)])
    given: dict[str, Any] = {"timestep": time}
    if entry.family == "qwen":
        given["img_shapes"] = [[(1, rows // 2, columns // 2)]]
    if entry.family in ("flux", "flux2"):
        axes = len(config.axes_dims_rope)
        given |= {"img_ids": made(tokens, axes), "txt_ids": made(text, axes)}
        if config.guidance_embeds:
            given["guidance"] = time
    if entry.family in ("flux", "sd3"):
        given["pooled_projections"] = made(batch, config.pooled_projection_dim)
    if entry.family in ("sana", "pixart"):
        given["encoder_attention_mask"] = made(batch, text)
    if entry.family == "pixart":
        given["added_cond_kwargs"] = {"resolution": None, "aspect_ratio": None}
    packed = entry.family in ("flux", "flux2", "qwen")
    latents = made(1, tokens, config.in_channels) if packed else made(batch, config.in_channels, rows, columns)
    width = config.caption_channels if entry.family in ("sana", "pixart") else config.joint_attention_dim
    return denoiser(hidden_states=latents, encoder_hidden_states=made(batch, text, width), **given)
