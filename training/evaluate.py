"""The evaluation of the exported model on fixed prompts: numbers, some of which have to meet :data:`BARS`, and sheets.

Every sample comes from the exported folder, loaded as a user loads it. Training shares with the evaluation only how captions are
made; the classifier and the measures never see the denoiser.
"""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from diffusers import AutoencoderKL, DiffusionPipeline
from torch import Tensor

from training import autoencoder, classifier, denoiser, measures
from training.art import Thing, phrase
from training.colours import BACKGROUNDS, HUES
from training.compose import Scene, caption, draw_scene, held_out, paint
from training.config import Config
from training.photographs import crop, load_photographs
from training.places import PLACES
from training.sheets import draw_curves, sheet

_SEED = 20_000  # seeds of prompts and noise count from here; training uses small ones
_BATCH = 16
_AUGMENTED = 2000  # pictures on which the classifier itself is tested
_T = TypeVar("_T")

Numbers = dict[str, float | list[str] | dict[str, str]]
"""What was measured, by name: numbers, the captions whose object was missed, and the verdicts on :data:`BARS`."""

BARS: dict[str, tuple[str, float]] = {
    "autoencoder_delta_e": ("<=", 3.0),
    "autoencoder_psnr": (">=", 27.0),
    "retrieval_top1": (">=", 0.75),
    "retrieval_top5": (">=", 0.90),
    "colours_right": (">=", 0.90),
    "speckle_over_autoencoder": ("<=", 1.5),
    "synonyms_right": (">=", 0.5),
    "seconds_per_image": ("<=", 2.0),
}
"""What is asked of a model. That a reader names 48 of 64 pictures rightly is asked too; see ``reader.csv``."""
GROWN_BARS: dict[str, tuple[str, float]] = {
    **BARS,
    "colours_right": (">=", 0.95),
    "seconds_per_image": ("<=", 1.5),
    "diversity_over_the_smaller_model": (">=", 1.5),
}
"""What is asked of a model that has grown from a smaller one; of a reader 52 of 64."""


@dataclass(frozen=True)
class Prompt:
    """A caption, the index of its object, the seed of its noise and the scene that it describes."""

    words: str
    thing: int
    seed: int
    scene: Scene


def run(config: Config, things: list[Thing], place: Path, device: torch.device) -> Numbers:
    """Evaluate the model in the folder ``place``, write numbers and sheets there, and return the numbers."""
    scenery = autoencoder.scenery(config)
    judges = {"things": classifier.run(config, things, device, scenery)}
    parts = [_autoencoder, _judge, _retrieval, _colours, _synonyms, _combinations, _diversity, _speed]
    if scenery is not None:
        judges["places"] = classifier.run_places(config, things, device, scenery)
        parts.append(_places)
    if config.data.shares.second:
        parts.append(_two_objects)
    if config.denoiser.start:
        parts.append(_beside_the_smaller)
    paper = Paper(config, things, _read(place, device), judges)
    numbers: Numbers = {}
    for part in parts:
        began = time.monotonic()
        numbers |= part(paper)
        print(f"{part.__name__.strip('_')}: {time.monotonic() - began:.0f} s", flush=True)
    bars = GROWN_BARS if config.denoiser.start else BARS
    numbers["bars"] = {name: _verdict(numbers[name], *bar) for name, bar in bars.items()}
    (place / "evaluation.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    _draw(paper, place)
    return numbers


def _read(place: Path | str, device: torch.device) -> DiffusionPipeline:
    """The pipeline of a folder, in single precision."""
    pipe = DiffusionPipeline.from_pretrained(place, local_files_only=True, dtype=torch.float32).to(device)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _verdict(value: object, relation: str, bar: float) -> str:
    """Whether a number meets its bar, in words."""
    assert isinstance(value, (int, float))
    met = value <= bar if relation == "<=" else value >= bar
    return f"{'met' if met else 'missed'}: {value:.3g} {relation} {bar:g}"


class Paper:
    """What the parts of the evaluation share: the recipe, its objects, the model, the judges, and every sample made so far."""

    def __init__(
        self,
        config: Config,
        things: list[Thing],
        pipe: DiffusionPipeline,
        judges: dict[str, classifier.Classifier],
    ) -> None:
        self.config, self.things, self.pipe, self.judges = config, things, pipe, judges
        self.judge, self.scenery = judges["things"], autoencoder.scenery(config)
        self._made: dict[tuple[str, int], Tensor] = {}

    def sample(self, prompts: list[Prompt]) -> Tensor:
        """The pictures of prompts, (n, 3, height, width), 0..1. The noise of each depends on its seed alone."""
        new = [each for each in prompts if (each.words, each.seed) not in self._made]
        settings = self.config.sampling
        for start in range(0, len(new), _BATCH):
            part = new[start : start + _BATCH]
            made = self.pipe(
                [each.words for each in part],
                num_inference_steps=settings.steps,
                guidance_scale=settings.guidance_scale,
                output_type="pt",
                generator=[torch.Generator().manual_seed(each.seed) for each in part],
            )
            pictures = made.images.float().cpu()
            self._made.update(((each.words, each.seed), picture) for each, picture in zip(part, pictures, strict=True))
        return torch.stack([self._made[each.words, each.seed] for each in prompts])

    def ranks(self, prompts: list[Prompt]) -> Tensor:
        """For the sample of each prompt, how many objects the classifier prefers to the one that was asked for."""
        wanted = torch.tensor([each.thing for each in prompts])
        return classifier.ranks(self.judge, _resized(self.sample(prompts)), wanted)

    def prompt(self, scene: Scene, seed: int) -> Prompt:
        """The prompt of a scene."""
        return Prompt(caption(scene, self.things), scene.thing, seed, scene)


def training_captions(paper: Paper, count: int, seed: int) -> list[Prompt]:
    """Prompts whose captions are drawn as in training, with every object equally often."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(paper.things))
    chosen = [int(order[k % len(order)]) for k in range(count)]
    return [
        paper.prompt(draw_scene(index, paper.things, paper.config.data, random), seed + k)
        for k, index in enumerate(chosen)
    ]


def _paintings(paper: Paper, prompts: list[Prompt], seed: int) -> Tensor:
    """What training would paint for the prompts, (n, 3, height, width)."""
    random = np.random.default_rng(seed)
    drawn = [paint(each.scene, paper.things, paper.config.data, random, paper.scenery) for each in prompts]
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2)


@torch.no_grad()
def _round_trip(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Pictures (n, 3, height, width), 0..1, encoded and decoded again."""
    made = []
    for part in pictures.split(32):
        latents = vae.encode(part.to(vae.device) * 2 - 1).latent_dist.mean
        made.append((vae.decode(latents).sample / 2 + 0.5).clamp(0, 1).float().cpu())
    return torch.cat(made)


def _autoencoder(paper: Paper) -> Numbers:
    """How well the autoencoder rebuilds compositions that no training run drew, and crops of photographs."""
    pictures = _paintings(paper, training_captions(paper, 256, _SEED + 1), _SEED + 1)
    made = _round_trip(paper.pipe.vae, pictures)
    random = np.random.default_rng(_SEED)
    photographs = load_photographs()
    crops = [crop(photographs[k % len(photographs)], paper.config.data.size, random) for k in range(64)]
    crop_pictures = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    crops_made = _round_trip(paper.pipe.vae, crop_pictures)
    return {
        "autoencoder_delta_e": measures.delta_e(made, pictures),
        "autoencoder_psnr": measures.psnr(made, pictures),
        "autoencoder_delta_e_photographs": measures.delta_e(crops_made, crop_pictures),
        "autoencoder_psnr_photographs": measures.psnr(crops_made, crop_pictures),
    }


def _judge(paper: Paper) -> Numbers:
    """How far the classifier and the measure of colours can be trusted, on pictures that are known to show their captions."""
    random = np.random.default_rng(_SEED + 2)
    pictures, wanted = classifier.batch(paper.things, _AUGMENTED, random, paper.config.data.turn, paper.scenery)
    hard = classifier.ranks(paper.judge, pictures, wanted)
    prompts = _of_one_object(training_captions(paper, 1000, _SEED + 3))
    paintings = _paintings(paper, prompts, _SEED + 3)
    easy = classifier.ranks(paper.judge, _resized(paintings), torch.tensor([each.thing for each in prompts]))
    plain = [k for k, each in enumerate(prompts) if each.scene.place is None]
    right, count = _obedience([prompts[k] for k in plain], paintings[plain])
    return {
        "classifier_top1_augmented": _share(hard == 0),
        "classifier_top1_compositions": _share(easy == 0),
        "colour_measure_right_on_compositions": right / count,
    }


def _retrieval(paper: Paper) -> Numbers:
    """How often the classifier recognises the object that was asked for, and how clean the backgrounds are."""
    prompts = _of_one_object(training_captions(paper, 500, _SEED + 4))
    ranks = paper.ranks(prompts)
    plain = [each for each in prompts if each.scene.place is None]
    speckle = measures.speckle(paper.sample(plain))
    rebuilt = measures.speckle(_round_trip(paper.pipe.vae, _paintings(paper, plain, _SEED + 4)))
    return {
        "retrieval_top1": _share(ranks == 0),
        "retrieval_top5": _share(ranks < 5),
        "speckle_over_autoencoder": speckle / rebuilt,
        "retrieval_missed": sorted({each.words for each, rank in zip(prompts, ranks, strict=True) if rank >= 5}),
    }


def _of_one_object(prompts: list[Prompt]) -> list[Prompt]:
    """The prompts that ask for a single object."""
    return [each for each in prompts if each.scene.second is None]


def _places(paper: Paper) -> Numbers:
    """How often samples show the place that their captions name, and the object in it; and how far the judge can be trusted."""
    assert paper.scenery is not None
    judge, names = paper.judges["places"], list(PLACES)
    random = np.random.default_rng(_SEED + 10)
    known = classifier.ranks(judge, *classifier.places_batch(paper.things, paper.config, 200, random, paper.scenery))
    prompts = []
    for k in range(8 * len(names)):
        index = int(random.integers(len(paper.things)))
        scene = Scene(index, paper.things[index].name, place=names[k % len(names)])
        prompts.append(paper.prompt(scene, _SEED + 10_000 + k))
    wanted = torch.arange(len(prompts)) % len(names)
    found = classifier.ranks(judge, _resized(paper.sample(prompts)), wanted)
    return {
        "places_right": _share(found == 0),
        "places_object_top1": _share(paper.ranks(prompts) == 0),
        "places_judge_right": _share(known == 0),
    }


def _two_objects(paper: Paper) -> Numbers:
    """How often both objects of a caption are recognised, each in its half of the picture; and in training's own pictures."""
    random = np.random.default_rng(_SEED + 11)
    prompts = []
    for k in range(80):
        first, second = (int(index) for index in random.integers(len(paper.things), size=2))
        names = [paper.things[index].name for index in (first, second)]
        scene = Scene(first, names[0], ground=("white",), second=Scene(second, names[1]))
        prompts.append(paper.prompt(scene, _SEED + 11_000 + k))
    wanted = torch.tensor([[each.thing, each.scene.second.thing] for each in prompts if each.scene.second])

    def right(pictures: Tensor) -> Tensor:
        halves = [
            classifier.ranks(paper.judge, _resized(half), wanted[:, side]) == 0 for side, half in _halves(pictures)
        ]
        return torch.stack(halves).float().mean(0)

    made = right(paper.sample(prompts))
    return {
        "two_objects_right": float(made.mean()),
        "two_objects_both_right": _share(made == 1),
        "two_objects_judge_right": float(right(_paintings(paper, prompts, _SEED + 11)).mean()),
    }


def _halves(pictures: Tensor) -> list[tuple[int, Tensor]]:
    """The left (0) and the right half (1) of square pictures, made square again by more of the rows' ends."""
    width = pictures.shape[-1] // 2
    more = (width // 2, width - width // 2, 0, 0)
    return [
        (side, torch.nn.functional.pad(pictures[..., side * width : (side + 1) * width], more, mode="replicate"))
        for side in (0, 1)
    ]


def _beside_the_smaller(paper: Paper) -> Numbers:
    """The same judge's spread between seeds for the model from which this one grew, and how many times larger this one's is."""
    smaller = Paper(paper.config, paper.things, _read(paper.config.denoiser.start, paper.pipe.device), paper.judges)
    theirs = statistics.mean(_spread(smaller, smaller.sample(prompts)) for prompts in _same_captions(paper))
    own = statistics.mean(_spread(paper, paper.sample(prompts)) for prompts in _same_captions(paper))
    return {"diversity_of_the_smaller_model": theirs, "diversity_over_the_smaller_model": own / theirs}


def _pairs(paper: Paper, kind: str, unseen: bool, count: int) -> list[Prompt]:
    """Prompts that name one colour, the object's or the background's.

    Args:
        paper: the evaluation.
        kind: ``"colour"`` of the object, or ``"background"``.
        unseen: whether the pairs of object and colour were kept from training.
        count: at most so many.
    """
    shares = paper.config.data.shares
    share = shares.held_out_colours if kind == "colour" else shares.held_out_backgrounds
    all_pairs = [
        (index, colour)
        for index, thing in enumerate(paper.things)
        for colour in (HUES if kind == "colour" else BACKGROUNDS)
        if (kind == "background" or thing.hue is not None) and held_out(kind, thing, colour, share) == unseen
    ]
    random = np.random.default_rng(_SEED + 5)
    chosen = [all_pairs[k] for k in random.permutation(len(all_pairs))[:count]]
    prompts = []
    for k, (index, colour) in enumerate(chosen):
        name = paper.things[index].name
        scene = Scene(index, name, colour) if kind == "colour" else Scene(index, name, None, (colour,))
        prompts.append(paper.prompt(scene, _SEED + 5000 + k))
    return prompts


def _obedience(prompts: list[Prompt], pictures: Tensor) -> tuple[int, int]:
    """How many of the colours that the prompts name are in the pictures, and how many they name."""
    right = count = 0
    for each, lab in zip(prompts, measures.labs(pictures), strict=True):
        if each.scene.colour is not None:
            count += 1
            right += measures.object_colour(lab) == each.scene.colour
        if each.scene.ground is not None:
            count += 1
            right += measures.background_names(lab) == (each.scene.ground[0], each.scene.ground[-1])
    return right, count


def _colours(paper: Paper) -> Numbers:
    """How often samples have the colours that their captions name, also in pairs that training never showed."""
    numbers: Numbers = {}
    rights = counts = 0
    for kind in ("colour", "background"):
        for unseen in (False, True):
            prompts = _pairs(paper, kind, unseen, 80)
            right, count = _obedience(prompts, paper.sample(prompts))
            numbers[f"{kind}_right_{'unseen' if unseen else 'seen'}_pairs"] = right / count
            rights, counts = rights + right, counts + count
    return {"colours_right": rights / counts, **numbers}


def synonyms(things: list[Thing], trained: bool) -> list[tuple[str, int]]:
    """Keywords and the indices of their objects: 60 of those that captions use in training, or all that no caption uses."""
    pairs = [
        (word, index)
        for index, thing in enumerate(things)
        for word in (thing.keywords if trained else thing.keywords_held_out)
    ]
    order = np.random.default_rng(60).permutation(len(pairs))
    return [pairs[k] for k in order[: 60 if trained else None]]


def _synonyms(paper: Paper) -> Numbers:
    """How often a keyword alone gives its object."""
    numbers: Numbers = {}
    for trained, name in ((True, "synonyms_right"), (False, "synonyms_right_never_trained")):
        prompts = [
            Prompt(phrase(word, paper.things[index].name), index, _SEED + 7000 + k, Scene(index, word))
            for k, (word, index) in enumerate(synonyms(paper.things, trained))
        ]
        ranks = paper.ranks(prompts)
        numbers[name] = _share(ranks == 0)
        numbers[f"{name}_count"] = len(prompts)
    return numbers


def _combinations(paper: Paper) -> Numbers:
    """How often the object is still recognised in a colour or before a background in which training never showed it."""
    prompts = _pairs(paper, "colour", True, 80) + _pairs(paper, "background", True, 80)
    ranks = paper.ranks(prompts)
    return {"retrieval_top1_unseen_pairs": _share(ranks == 0), "retrieval_top5_unseen_pairs": _share(ranks < 5)}


def _same_captions(paper: Paper) -> list[list[Prompt]]:
    """Captions of 16 objects, each with eight seeds."""
    chosen = np.random.default_rng(_SEED + 8).permutation(len(paper.things))[:16]
    scenes = [Scene(int(index), paper.things[index].name) for index in chosen]
    return [[paper.prompt(scene, _SEED + 8000 + k) for k in range(8)] for scene in scenes]


def _diversity(paper: Paper) -> Numbers:
    """How far apart the classifier's features of samples of one caption are, and those of its training pictures."""
    captions = _same_captions(paper)
    sampled = [_spread(paper, paper.sample(prompts)) for prompts in captions]
    painted = [_spread(paper, _paintings(paper, prompts, _SEED + 8)) for prompts in captions]
    return {"diversity": statistics.mean(sampled), "diversity_of_training_pictures": statistics.mean(painted)}


@torch.no_grad()
def _spread(paper: Paper, pictures: Tensor) -> float:
    """Mean distance between the classifier's features of pictures."""
    features = paper.judge.features(_resized(pictures).to(next(paper.judge.parameters()).device))
    return float(torch.pdist(features).mean())


def _speed(paper: Paper) -> Numbers:
    """Seconds of one image sampled alone; the first one is not counted."""
    settings, seconds = paper.config.sampling, []
    for _ in range(6):
        began = time.perf_counter()
        paper.pipe("a dog", num_inference_steps=settings.steps, guidance_scale=settings.guidance_scale)
        seconds.append(time.perf_counter() - began)
    return {"seconds_per_image": statistics.median(seconds[1:]), "threads": torch.get_num_threads()}


def _resized(pictures: Tensor) -> Tensor:
    """Pictures at the size that the classifier takes, (n, 3, 64, 64)."""
    return torch.nn.functional.interpolate(pictures, (64, 64), mode="area")


def _share(right: Tensor) -> float:
    return float(right.float().mean())


def _rows(things: list[_T], width: int) -> list[list[_T]]:
    """A list in parts of ``width``."""
    return [things[k : k + width] for k in range(0, len(things), width)]


def sheet_prompts(paper: Paper) -> list[Prompt]:
    """The 64 prompts of the sheets. A reader is asked to name what their pictures show."""
    return training_captions(paper, 64, _SEED + 9)


def _draw(paper: Paper, place: Path) -> None:
    """Draw the reader's sheet (numbers instead of captions), the contact sheet, samples beside their nearest training pictures,
    and the curves of the losses."""
    prompts = sheet_prompts(paper)
    pictures = list(paper.sample(prompts))
    sheet(_rows(pictures, 8), _rows([str(k + 1) for k in range(len(pictures))], 8), 128).save(
        place / "reader.webp", quality=90
    )
    sheet(_rows(pictures, 8), _rows([each.words for each in prompts], 8), 128).save(place / "contact.webp", quality=90)
    nearest = _nearest(paper, torch.stack(pictures[:24]))
    rows = [row for pair in zip(_rows(pictures[:24], 12), _rows(list(nearest), 12), strict=True) for row in pair]
    words = [
        row for part in _rows([each.words for each in prompts[:24]], 12) for row in (part, ["nearest"] * len(part))
    ]
    sheet(rows, words, 96).save(place / "nearest.webp", quality=90)
    draw_curves(paper.config, place / "curves.png")


@torch.no_grad()
def _nearest(paper: Paper, pictures: Tensor) -> Tensor:
    """For each picture the latents that are nearest to its own among all that the denoiser was trained on, decoded."""
    vae = paper.pipe.vae
    examples = denoiser.prepare(paper.config, paper.things, vae.device)
    latents = vae.encode(pictures.to(vae.device) * 2 - 1).latent_dist.mean.cpu().flatten(1)
    known = examples.latents.flatten(1).float()
    found = examples.latents[torch.cdist(latents, known).argmin(1)].float()
    return (vae.decode(found.to(vae.device)).sample / 2 + 0.5).clamp(0, 1).cpu()
