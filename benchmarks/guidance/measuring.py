"""Measuring: how good each scheme's pictures are, which learning rates its rivals get, and what time and memory it takes."""

from __future__ import annotations

import hashlib
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
from torch import Tensor

from benchmarks.guidance.nearness import w2
from benchmarks.guidance.painting import SCALE, STEPS, Studio, finished
from benchmarks.guidance.photographs import ROOT, Photograph, photograph
from benchmarks.guidance.rivals import PLAIN, Rates, Scheme, papers
from guidance.reference import Reference
from reswd_torch.matching import color_distance
from training import classifier
from training.art import load_things
from training.config import read_config
from training.contours import false_contours, structure_kept
from training.evaluate import Paper, Prompt, training_captions
from training.measures import speckle
from training.packages import fetch

TUNED_ON = ("mountain-path-noon", "dogs-at-window")
"""The photographs on which every learning rate and every constant of guidance was chosen. Neither is reported."""
PROMPT_SEED, TUNING_SEED = 4242, 777
"""Seeds of the reported prompts and of those that settings were chosen on."""
RATES = (0.003, 0.006, 0.01, 0.018, 0.03, 0.1, 0.2)
"""The learning rates from which the papers' scheme gets its two."""
MOST_SPECKLE, MOST_FALL = 1.3, 0.1
"""The limits: speckle as a multiple of the plain images', and how far the top-5 share may fall below the plain images'."""
T = TypeVar("T")
WORK = ROOT / "build" / "guidance"
"""The folder that keeps painted pictures and their figures. Delete it after a change of guidance itself."""


@dataclass
class Figures:
    """What was measured of one scheme.

    Attributes:
        w2: the exact Wasserstein distance in RGB of each picture.
        sw: the sliced Wasserstein distance in CIE Lab of each picture.
        top5: for each picture 1 if its object is among the classifier's first five, else 0; empty without a classifier.
        structure: for each picture the correlation of its lightness gradients with those of the plain picture of its seed.
        banding: for each picture the share of the plain picture's smooth area that lies at a false contour.
        pictures: for each reference the pictures, (prompts, 3, height, width), 0..1.
        speckle: mean energy of the highest frequencies in the flat background of all pictures.
        calls: calls of the denoiser for one reference's pictures.
        time: time of a picture over that of the plain picture painted just before it.
        milliseconds: time in guidance for each denoising step.
        memory: peak memory of a process that paints one picture, MiB.
    """

    w2: list[float] = field(default_factory=list)
    sw: list[float] = field(default_factory=list)
    top5: list[float] = field(default_factory=list)
    structure: list[float] = field(default_factory=list)
    banding: list[float] = field(default_factory=list)
    pictures: list[Tensor] = field(default_factory=list)
    speckle: float = 0.0
    calls: float = 0.0
    time: float = 1.0
    milliseconds: float = 0.0
    memory: float = 0.0


class Judge:
    """The classifier, and the prompts whose answers it knows. Making one fetches the art.

    Args:
        studio: whose model is judged.
        classifies: train or read the classifier; without it no top-5 share is measured.
    """

    def __init__(self, studio: Studio, *, classifies: bool = True) -> None:
        config = read_config(studio.model, None)
        config.work.mkdir(parents=True, exist_ok=True)
        fetch(config.downloads)
        things = load_things(config.downloads)
        self.model = classifier.run(config, things, torch.device("cpu")) if classifies else None
        # Captions ask for no judge of their pictures.
        judges = {"things": self.model or classifier.Classifier(len(things))}
        self.paper = Paper(config, things, studio.pipe, judges)

    def prompts(self, count: int, seed: int) -> list[Prompt]:
        """Captions as training draws them."""
        return training_captions(self.paper, count, seed)

    def top5(self, pictures: Tensor, prompts: Sequence[Prompt]) -> list[float]:
        """1 for each picture whose object is among the classifier's first five, 0 for each other; empty without a classifier."""
        if self.model is None:
            return []
        ranks = classifier.ranks(self.model, pictures, torch.tensor([each.thing for each in prompts]))
        return (ranks < 5).float().tolist()


def quality(
    studio: Studio, judge: Judge, scheme: Scheme, prompts: Sequence[Prompt], references: Sequence[Photograph]
) -> Figures:
    """Paint every prompt toward every reference, or read what an earlier run kept of the same, and judge the pictures."""
    made = painted(studio, scheme, prompts, references)
    plain = painted(studio, PLAIN, prompts, references)
    figures = Figures(pictures=made.pictures, calls=made.calls)
    for reference, pictures, plain_ones in zip(references, made.pictures, plain.pictures, strict=True):
        colors = reference.colors
        figures.w2 += [w2(picture, colors) for picture in pictures]
        figures.sw += [color_distance(each.permute(1, 2, 0).reshape(-1, 3), colors.colors) for each in pictures]
        figures.top5 += judge.top5(pictures, prompts)
        figures.structure += structure_kept(pictures, plain_ones)
        figures.banding += false_contours(pictures, plain_ones)
    figures.speckle = speckle(torch.cat(figures.pictures))
    return figures


@dataclass(frozen=True)
class Painted:
    """The pictures of one scheme.

    Attributes:
        pictures: for each reference the pictures, (prompts, 3, height, width), 0..1.
        calls: calls of the denoiser for one reference's pictures.
    """

    pictures: list[Tensor]
    calls: float


def painted(studio: Studio, scheme: Scheme, prompts: Sequence[Prompt], references: Sequence[Photograph]) -> Painted:
    """The pictures of a scheme, painted now or read from what an earlier run kept. A match afterwards is made anew each time."""
    made = [_painted_toward(studio, scheme, prompts, reference) for reference in references]
    pairs = zip(made, references, strict=True)
    return Painted(
        [finished(scheme, pictures, each) for (pictures, _), each in pairs], statistics.mean(n for _, n in made)
    )


def _painted_toward(
    studio: Studio, scheme: Scheme, prompts: Sequence[Prompt], reference: Photograph
) -> tuple[Tensor, int]:
    """The pictures toward one reference before any match, and the calls of the denoiser that they took."""
    words, seeds = [each.words for each in prompts], [each.seed for each in prompts]
    recipe: tuple[object, ...] = (studio.model, STEPS, SCALE, scheme.settings, scheme.loop.__name__, words, seeds)
    if scheme.settings is not None:  # a plain picture is the same whatever the reference
        recipe += (hash_of(reference.colors),)
    kept = WORK / f"{hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]}.pt"
    if not kept.is_file():
        before = studio.calls
        pictures, _ = studio.paint(replace(scheme, match=None), words, seeds, reference)
        WORK.mkdir(parents=True, exist_ok=True)
        torch.save({"pictures": pictures, "calls": studio.calls - before}, kept)
    found = torch.load(kept, weights_only=True)
    return found["pictures"], found["calls"]


def hash_of(reference: Reference) -> str:
    """16 hexadecimal digits that tell references apart."""
    return hashlib.sha256(reference.colors.numpy().tobytes()).hexdigest()[:16]


@dataclass(frozen=True)
class Summary:
    """What a setting is chosen by.

    Attributes:
        w2: mean W2.
        speckle: as a multiple of the plain images'.
        top5: share, or None without a classifier.
    """

    w2: float
    speckle: float
    top5: float | None

    def __str__(self) -> str:
        share = "" if self.top5 is None else f", top-5 {self.top5:.0%}"
        return f"W2 {self.w2:.4f}, speckle {self.speckle:.2f}{share} (not reported below)"


def summary(figures: Figures, plain: Figures) -> Summary:
    """What was measured of one setting, beside the plain pictures."""
    top5 = statistics.mean(figures.top5) if figures.top5 else None
    return Summary(statistics.mean(figures.w2), figures.speckle / plain.speckle, top5)


def best_within(found: Mapping[T, Summary], plain: Summary) -> T:
    """The setting with the smallest W2 among those that keep speckle and the prompt's object; the first one if none does."""
    within = [
        each
        for each, made in found.items()
        if made.speckle <= MOST_SPECKLE
        and (made.top5 is None or plain.top5 is None or made.top5 >= plain.top5 - MOST_FALL)
    ]
    return min(within or list(found)[:1], key=lambda each: found[each].w2)


def tuned_rates(studio: Studio, judge: Judge) -> Rates:
    """Choose the learning rates of the papers' scheme, on references and prompts that serve nothing else."""
    prompts, found = judge.prompts(4, TUNING_SEED), {}
    references = [photograph(name) for name in TUNED_ON]
    plain = quality(studio, judge, PLAIN, prompts, references)
    for rate in RATES:
        found[rate] = summary(quality(studio, judge, papers(rate), prompts, references), plain)
        print(f"learning rate {rate:g}: {found[rate]}", flush=True)
    return Rates(min(found, key=lambda rate: found[rate].w2), best_within(found, summary(plain, plain)))


def timed(
    studio: Studio, compared: Sequence[Scheme], prompts: Sequence[Prompt], references: Sequence[Photograph]
) -> dict[str, tuple[float, float]]:
    """Time each scheme on single pictures, each beside a plain picture that is painted just before it.

    Returns:
        For each scheme's name the median ratio of the two times, and the median milliseconds in guidance for each step.
    """
    ratios: dict[str, list[float]] = {scheme.name: [] for scheme in compared}
    spent: dict[str, list[float]] = {scheme.name: [] for scheme in compared}
    for number, prompt in enumerate(prompts):
        for scheme in compared:
            seconds = []
            for each in (compared[0], scheme):
                began = time.perf_counter()
                _, guiding = studio.paint(each, [prompt.words], [prompt.seed], references[number % len(references)])
                seconds.append(time.perf_counter() - began)
            if number:  # the first prompt only warms up
                ratios[scheme.name].append(seconds[1] / seconds[0])
                spent[scheme.name].append(1000 * guiding / STEPS)
    return {name: (statistics.median(ratios[name]), statistics.median(spent[name])) for name in ratios}


def peak(name: str, rates: Rates, model: str) -> float:
    """Peak memory of a new process that paints one picture under the named scheme, MiB."""
    command = [sys.executable, "-m", "benchmarks.guidance", "--peak", name, "--model", model]
    command += ["--rates", str(rates.nearest), str(rates.limited)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()[-1])
