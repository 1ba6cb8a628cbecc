"""An experiment: does a tokenizer that is aligned to a frozen encoder make the denoiser learn faster? (arXiv 2509.25162)

The paper's three steps, with the classifier of the objects as the encoder: first its frozen features pass through a new adapter
to a new decoder; then encoder, adapter and decoder are trained together, while a loss holds the features near the frozen ones;
then the decoder alone. The rival has the same layers and as many steps, but starts at random, and nothing holds its features.
On each of the two, denoisers of two seeds are trained from nothing with the same budget. Everything runs at 64 pixels, where a
stride of 8 leaves 8 x 8 latents, so that it all takes half an hour on one core.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor, nn

from training import autoencoder, classifier, denoiser, measures, text
from training.art import Thing, phrase
from training.compose import caption, draw_scene, paint, paint_freely
from training.config import Config
from training.loop import Plan, StepLoss, autocast, train
from training.places import Scenery

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast

KINDS = ("aligned", "free")
SEEDS = (1, 2)
SIZE = 64
CHANNELS = 12
TOKENIZER_STEPS = (500, 900, 400)
"""Steps with the encoder frozen, with everything trained, and with the decoder alone."""
DENOISER_STEPS = 2000
MEASURED_EVERY = 500
DRAWS = 32
_PRESERVED = 1.0  # weight of the loss that holds the features
_JUDGE_SEED = 77  # the judge is another classifier than the frozen one


class Tokenizer(nn.Module):
    """The classifier's first layers, an adapter to latents, and the decoder of ``diffusers.AutoencoderKL``.

    Pictures are (n, 3, size, size) in -1..1, latents (n, CHANNELS, size / 8, size / 8).
    """

    adapter: nn.Conv2d
    mean: Tensor
    deviation: Tensor

    def __init__(self, judge: classifier.Classifier, config: Config) -> None:
        super().__init__()
        self.trunk = judge.trunk()
        self.adapter = nn.Conv2d(128, 2 * CHANNELS, 1)
        assert self.adapter.bias is not None
        with torch.no_grad():
            self.adapter.weight[CHANNELS:] = 0.0
            self.adapter.bias[CHANNELS:] = -5.0
        whole = autoencoder.build(config)
        autoencoder.initialise(whole)
        self.decoder = whole.decoder
        self.register_buffer("mean", torch.zeros(CHANNELS, 1, 1))
        self.register_buffer("deviation", torch.ones(CHANNELS, 1, 1))

    def features(self, pictures: Tensor) -> Tensor:
        """(n, 128, size / 8, size / 8)."""
        return self.trunk(pictures)

    def latents(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Means and standard deviations of the latents."""
        mean, log_variance = self.adapter(features).chunk(2, dim=1)
        return mean, (0.5 * log_variance.clamp(-20, 10)).exp()

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents with mean 0 and deviation 1."""
        return (self.latents(self.features(pictures))[0] - self.mean) / self.deviation

    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of :meth:`encode`."""
        return self.decoder(latents * self.deviation + self.mean)


def _small(config: Config) -> Config:
    """The recipe at 64 pixels."""
    scale = SIZE / config.data.size
    art = (round(config.data.art_size[0] * scale), round(config.data.art_size[1] * scale))
    return replace(
        config,
        data=replace(config.data, size=SIZE, art_size=art, shift=round(config.data.shift * scale), draws=DRAWS),
        autoencoder=replace(config.autoencoder, channels=(32, 64, 96, 96), latent_channels=CHANNELS, start=""),
        denoiser=replace(config.denoiser, start="", steps=DENOISER_STEPS),
    )


@dataclass(frozen=True, eq=False)
class _Room:
    """What all arms share: the recipe, the objects, the scenery, the folder and the device."""

    config: Config
    things: list[Thing]
    scenery: Scenery | None
    work: Path
    device: torch.device

    def pictures(self, random: np.random.Generator, count: int) -> Tensor:
        """Compositions (count, 3, SIZE, SIZE) in -1..1."""
        chosen = [self.things[int(random.integers(len(self.things)))] for _ in range(count)]
        drawn = np.stack([paint_freely(each, self.config.data, random, self.scenery) for each in chosen])
        return torch.from_numpy(drawn).permute(0, 3, 1, 2).to(self.device) * 2 - 1


def run(config: Config, things: list[Thing], device: torch.device) -> dict[str, object]:
    """Run the experiment in ``<work>/alignment``, going on where it was cut off; write and return its table."""
    small = _small(config)
    scenery = autoencoder.scenery(small)
    work = config.work / "alignment"
    work.mkdir(parents=True, exist_ok=True)
    small = replace(small, work=work)
    room = _Room(small, things, scenery, work, device)
    frozen = classifier.run(small, things, device, scenery)
    (work / "judge").mkdir(exist_ok=True)
    judging = replace(small, work=work / "judge", classifier=replace(small.classifier, seed=_JUDGE_SEED))
    judge = classifier.run(judging, things, device, scenery)
    pipe = text.load(config.downloads, things)
    found: dict[str, object] = {}
    for kind in KINDS:
        tokenizer = _train_tokenizer(room, kind, frozen)
        found[kind] = {"psnr": _psnr(room, tokenizer)}
        examples = _encode(room, kind, tokenizer, pipe)
        for seed in SEEDS:
            found[f"{kind}, seed {seed}"] = _train_denoiser(room, kind, seed, tokenizer, examples, judge, pipe)
    (work / "alignment.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def _train_tokenizer(room: _Room, kind: str, frozen: classifier.Classifier) -> Tokenizer:
    """The tokenizer of one kind, trained in three steps or in one."""
    torch.manual_seed(room.config.autoencoder.seed)
    start = classifier.Classifier(len(room.things))
    if kind == "aligned":
        start.load_state_dict(frozen.state_dict())
    tokenizer = Tokenizer(start, room.config).to(room.device)
    teacher = frozen.trunk().eval().requires_grad_(False)
    steps: tuple[int, ...] = TOKENIZER_STEPS
    parts = {"frozen": ("adapter", "decoder"), "joint": ("trunk", "adapter", "decoder"), "decoder": ("decoder",)}
    if kind == "free":
        parts = {"joint": ("trunk", "adapter", "decoder"), "decoder": ("decoder",)}
        steps = (TOKENIZER_STEPS[0] + TOKENIZER_STEPS[1], TOKENIZER_STEPS[2])
    for (stage, trained), count in zip(parts.items(), steps, strict=True):
        for name, part in tokenizer.named_children():
            part.requires_grad_(name in trained)
        held = kind == "aligned" and stage == "joint"
        plan = Plan(f"{kind}-{stage}", count, 6e-4, 0.99, room.config.autoencoder.seed)
        done = train(
            tokenizer, _tokenizer_loss(room, tokenizer, teacher if held else None), plan, room.work, room.device
        )
        tokenizer.load_state_dict(done.state_dict())
    _normalise(room, tokenizer)
    return tokenizer.eval().requires_grad_(False)


def _tokenizer_loss(room: _Room, tokenizer: Tokenizer, teacher: nn.Module | None) -> StepLoss:
    """The loss of one step: how the pictures are rebuilt, and if there is a teacher, how far the features are from its."""

    def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        wanted = room.pictures(random, 8)
        with autocast(room.device):
            features = tokenizer.features(wanted)
            mean, deviation = tokenizer.latents(features)
            made = tokenizer.decoder(
                mean + deviation * torch.randn(mean.shape, generator=generator, device=room.device)
            )
            kept = torch.zeros(()) if teacher is None else F.mse_loss(features.float(), teacher(wanted).float())
        loss = autoencoder.rebuilding_loss(made.float(), wanted)
        kl = 0.5 * (mean.square() + deviation.square() - 1 - 2 * deviation.log()).float().mean()
        total = loss + room.config.autoencoder.kl * kl + _PRESERVED * kept
        return total, {"rebuilt": loss.item(), "kept": float(kept)}

    return step_loss


@torch.no_grad()
def _normalise(room: _Room, tokenizer: Tokenizer) -> None:
    """Note mean and deviation of the latents, so that those of both kinds are alike for the denoiser."""
    latents = tokenizer.encode(room.pictures(np.random.default_rng(3), 256))
    tokenizer.mean.copy_(latents.mean((0, 2, 3))[:, None, None])
    tokenizer.deviation.copy_(latents.std((0, 2, 3))[:, None, None])


@torch.no_grad()
def _psnr(room: _Room, tokenizer: Tokenizer) -> float:
    """Decibels of compositions that were not trained on."""
    wanted = room.pictures(np.random.default_rng(20_000), 128)
    return measures.psnr(tokenizer.decode(tokenizer.encode(wanted)) / 2 + 0.5, wanted / 2 + 0.5)


def _encode(
    room: _Room, kind: str, tokenizer: Tokenizer, pipe: tuple[PreTrainedTokenizerFast, BertModel]
) -> denoiser.Examples:
    """The pictures and captions that the denoisers see: the same for both kinds."""
    file = room.work / f"examples-{kind}.pt"
    if file.is_file():
        return denoiser.Examples(**torch.load(file, weights_only=True))
    random = np.random.default_rng(room.config.data.seed)
    latents, said = [], []
    for _ in range(DRAWS):
        scenes = [draw_scene(index, room.things, room.config.data, random) for index in range(len(room.things))]
        pictures = [paint(scene, room.things, room.config.data, random, room.scenery) for scene in scenes]
        batches = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).split(64)
        with torch.no_grad():
            latents += [tokenizer.encode(part.to(room.device) * 2 - 1).half().cpu() for part in batches]
        said += [caption(scene, room.things) for scene in scenes]
    captions, caption_of = denoiser.numbered(said)
    made = denoiser.Examples(torch.cat(latents), caption_of, captions, text.encode(*pipe, captions))
    torch.save(vars(made), file)
    return made


def _train_denoiser(
    room: _Room,
    kind: str,
    seed: int,
    tokenizer: Tokenizer,
    examples: denoiser.Examples,
    judge: classifier.Classifier,
    pipe: tuple[PreTrainedTokenizerFast, BertModel],
) -> list[dict[str, float]]:
    """Loss and retrieval of one denoiser after every so many steps. What an earlier run has measured is read."""
    name = f"{kind}-denoiser-{seed}"
    file = room.work / f"{name}.json"
    found: list[dict[str, float]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    for steps in range(MEASURED_EVERY * (len(found) + 1), DENOISER_STEPS + 1, MEASURED_EVERY):
        torch.manual_seed(seed)
        model = denoiser.build(room.config).to(room.device)
        parts = room.config.denoiser
        plan = Plan(name, steps, parts.learning_rate, parts.average, seed, parts.warm_up, constant=True)
        trained = train(model, denoiser.step_loss(model, examples, parts, room.device), plan, room.work, room.device)
        assert isinstance(trained, UNet2DConditionModel)
        top1, top5 = _retrieval(room, tokenizer, trained.eval(), judge, pipe)
        log = (room.work / f"{name}.log.jsonl").read_text(encoding="utf-8").splitlines()
        last = [json.loads(line)["plain"] for line in log if json.loads(line)["step"] > steps - 200]
        found.append({"steps": steps, "loss": round(sum(last) / len(last), 4), "top1": top1, "top5": top5})
        file.write_text(json.dumps(found), encoding="utf-8")
        print(kind, seed, found[-1], flush=True)
    return found


@torch.no_grad()
def _retrieval(
    room: _Room,
    tokenizer: Tokenizer,
    unet: UNet2DConditionModel,
    judge: classifier.Classifier,
    pipe: tuple[PreTrainedTokenizerFast, BertModel],
) -> tuple[float, float]:
    """How often the judge recognises the object of 128 captions: as the first guess, and among the first five."""
    sampler = StableDiffusionPipeline(
        vae=AutoencoderKL(latent_channels=CHANNELS), text_encoder=pipe[1], tokenizer=pipe[0], unet=unet,
        scheduler=denoiser.scheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    sampler.set_progress_bar_config(disable=True)
    chosen = np.random.default_rng(9).permutation(len(room.things))[:128]
    ranks = []
    for start in range(0, len(chosen), 32):
        part = [int(index) for index in chosen[start : start + 32]]
        words = [phrase(room.things[index].name, room.things[index].name) for index in part]
        made = sampler(
            words,
            height=SIZE // 8 * sampler.vae_scale_factor,
            width=SIZE // 8 * sampler.vae_scale_factor,
            num_inference_steps=15,
            guidance_scale=room.config.sampling.guidance_scale,
            output_type="latent",
            generator=[torch.Generator().manual_seed(index) for index in part],
        ).images
        pictures = (tokenizer.decode(made.to(room.device)) / 2 + 0.5).clamp(0, 1).float()
        ranks.append(classifier.ranks(judge, pictures, torch.tensor(part)))
    found = torch.cat(ranks)
    return float((found == 0).float().mean()), float((found < 5).float().mean())
