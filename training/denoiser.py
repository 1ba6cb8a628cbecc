"""The denoiser: a small conditional U-Net on the autoencoder's latents (``diffusers.UNet2DConditionModel``).

It predicts velocities (arXiv 2202.00512). Its noise schedule ends at an SNR of zero, and sampling takes trailing steps (arXiv
2305.08891).
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor

from training import autoencoder, text
from training.art import Thing
from training.compose import caption, draw_scene, paint
from training.config import Config, Denoiser
from training.growth import grow_denoiser
from training.loop import Plan, StepLoss, autocast, train
from training.photographs import load_captioned, view

_SNR_LIMIT = 5.0
_TEXT_WIDTH = 384


def build(config: Config) -> UNet2DConditionModel:
    """The untrained denoiser."""
    parts = config.denoiser
    lower = len(parts.channels) - 1
    return UNet2DConditionModel(
        sample_size=config.data.size // 2 ** (len(config.autoencoder.channels) - 1),
        in_channels=config.autoencoder.latent_channels,
        out_channels=config.autoencoder.latent_channels,
        block_out_channels=parts.channels,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * lower),
        up_block_types=(*("CrossAttnUpBlock2D",) * lower, "UpBlock2D"),
        layers_per_block=parts.layers,
        attention_head_dim=parts.heads,  # despite its name this argument is the number of heads
        cross_attention_dim=_TEXT_WIDTH,
    )


def scheduler() -> DDIMScheduler:
    """The noise schedule with which the model is trained and sampled."""
    return DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        steps_offset=1,  # trailing steps do not use it, but without it the pipeline warns
    )


@dataclass(frozen=True, eq=False)
class Examples:
    """All pictures and captions that the denoiser sees, encoded once."""

    latents: Tensor
    """(examples, channels, height, width) float16."""
    caption_of: Tensor
    """(examples,): the index of each one's caption in ``captions`` and ``states``."""
    captions: list[str]
    states: Tensor
    """(captions, tokens, width) float16: what the text encoder makes of each caption; the first one is empty."""


def run(config: Config, things: list[Thing], device: torch.device) -> UNet2DConditionModel:
    """Train the denoiser on the latents of the autoencoder in ``<work>``, and save it to ``<work>/denoiser``."""
    parts = config.denoiser
    examples = prepare(config, things, device)
    torch.manual_seed(parts.seed)
    model = build(config)
    begun = begun_folder(config)
    start = begun if begun.is_dir() else Path(parts.start, "unet") if parts.start else None
    if start is not None:
        grow_denoiser(model, UNet2DConditionModel.from_pretrained(start, dtype=torch.float32))
    model.to(device)
    # On CPUs its backward is faster than the fused one's, by a fifth of a step.
    model.set_attn_processor(AttnProcessor())
    plan = Plan("denoiser", parts.steps, parts.learning_rate, parts.average, parts.seed, parts.warm_up)
    trained = train(model, step_loss(model, examples, parts, device), plan, config.work, device).eval()
    assert isinstance(trained, UNet2DConditionModel)
    trained.save_pretrained(folder(config))
    return trained


def step_loss(model: UNet2DConditionModel, examples: Examples, parts: Denoiser, device: torch.device) -> StepLoss:
    """The loss of one step: how far the predicted velocities of a batch of noisy examples are from the true ones."""
    noise_schedule = scheduler()
    cumulative = noise_schedule.alphas_cumprod.to(device)

    def of_a_batch(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        chosen = torch.from_numpy(random.integers(len(examples.latents), size=parts.batch))
        captions = examples.caption_of[chosen].masked_fill(
            torch.from_numpy(random.random(parts.batch) < parts.caption_dropout), 0
        )
        clean = examples.latents[chosen].to(device).float()
        states = examples.states[captions].to(device).float()
        noise = torch.randn(clean.shape, generator=generator, device=device)
        steps = torch.randint(len(cumulative), (parts.batch,), generator=generator, device=device)
        noisy = noise_schedule.add_noise(clean, noise, steps)
        with autocast(device):
            predicted = model(noisy, steps, states).sample
        error = (predicted.float() - noise_schedule.get_velocity(clean, noise, steps)).square().mean((1, 2, 3))
        # The weight is min(SNR + 1, limit) / (SNR + 1). Plain min-SNR weighting is 0 where the SNR is 0, but it is there that the
        # model decides on the background.
        inverse = 1 - cumulative[steps]  # 1 / (SNR + 1)
        weight = (_SNR_LIMIT * inverse).clamp(max=1)
        return (weight * error).mean(), {"plain": error.mean().item()}

    return of_a_batch


def folder(config: Config) -> Path:
    """The folder of the trained denoiser."""
    return config.work / "denoiser"


def begun_folder(config: Config) -> Path:
    """The folder of a denoiser whose training began elsewhere; where it is there, the training starts from it."""
    return config.work / "denoiser-begun"


def prepare(config: Config, things: list[Thing], device: torch.device) -> Examples:
    """Draw and encode the examples, or read them if an earlier run with the same data has left them in ``<work>``."""
    key = hashlib.sha256(repr((asdict(config.data), asdict(config.autoencoder))).encode()).hexdigest()[:12]
    file = config.work / f"examples-{key}.pt"
    if file.is_file():
        return Examples(**torch.load(file, weights_only=True))
    began = time.monotonic()
    encoder = AutoencoderKL.from_pretrained(autoencoder.folder(config)).to(device).eval()
    random = np.random.default_rng(config.data.seed)
    scenery = autoencoder.scenery(config)
    photographs = list(load_captioned().items()) if config.data.shares.photograph else []
    every: list[str] = []
    latents = []
    for _ in range(config.data.draws):
        scenes = [draw_scene(index, things, config.data, random) for index in range(len(things))]
        pictures = [paint(scene, things, config.data, random, scenery) for scene in scenes]
        said = [caption(scene, things) for scene in scenes]
        for _ in range(round(config.data.shares.photograph * len(things))):
            words, photograph = photographs[random.integers(len(photographs))]
            pictures.append(view(photograph, config.data.size, random))
            said.append(words)
        latents.append(_latents(encoder, torch.from_numpy(np.stack(pictures)).to(device)))
        every += said
    captions, caption_of = numbered(every)
    tokenizer, text_encoder = text.load(config.downloads, things)
    states = text.encode(tokenizer, text_encoder.to(device), captions)
    made = Examples(torch.cat(latents), caption_of, captions, states)
    torch.save(vars(made), file)
    print(f"{len(caption_of)} examples, {len(captions)} captions in {time.monotonic() - began:.0f} s", flush=True)
    return made


def numbered(said: list[str]) -> tuple[list[str], Tensor]:
    """The captions of examples, each once and the empty one first, and the index of each example's: (examples,)."""
    captions = ["", *dict.fromkeys(said)]
    index_of = {words: index for index, words in enumerate(captions)}
    return captions, torch.tensor([index_of[words] for words in said])


@torch.no_grad()
def _latents(encoder: AutoencoderKL, pictures: Tensor) -> Tensor:
    made = [
        encoder.encode(part.permute(0, 3, 1, 2) * 2 - 1).latent_dist.mean.half().cpu() for part in pictures.split(32)
    ]
    return torch.cat(made)
