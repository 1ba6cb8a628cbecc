"""Training one network of the look estimate, and judging several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.constants import LUMA
from reswd_torch.matching.look import LookNetwork, agreed
from training.look.examples import CONTENT, LOOK, Examples

SHOWN = 32
"""Colours of each example that one step looks at."""
USUAL = {CONTENT: 13.0, LOOK: 7.0}
"""What doing nothing leaves, by kind: errors are divided by it, so that both kinds count alike."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        steps, batch: how long, and on how many examples at a time.
        hidden: width of the hidden layers.
        drop, noise, decay: share of the values dropped, noise on the features in standard deviations, and decay of the weights.
        harm: weight of what ends worse than doing nothing, beside the error itself.
        rate: the highest learning rate.
    """

    steps: int = 4000
    batch: int = 256
    hidden: int = 64
    drop: float = 0.15
    noise: float = 0.05
    decay: float = 0.05
    harm: float = 1.5
    rate: float = 2e-3


def train(examples: Examples, recipe: Recipe, seed: int) -> LookNetwork:
    """Train one network."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = LookNetwork(examples.features.shape[1], recipe.hidden)
    network.mean.copy_(examples.features.mean(dim=0))
    network.spread.copy_(examples.features.std(dim=0).clamp(min=0.05))
    network.drop, network.noise = recipe.drop, recipe.noise
    torch.nn.init.zeros_(network.answer.weight)
    torch.nn.init.zeros_(network.answer.bias)
    torch.nn.init.zeros_(network.gate.weight)
    torch.nn.init.constant_(network.gate.bias, -3.0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    usual = torch.where(examples.kind == CONTENT, USUAL[CONTENT], USUAL[LOOK])
    network.train()
    for step in range(recipe.steps):
        rate = recipe.rate * min(1.0, step / 100) * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = torch.randint(len(examples.kind), (recipe.batch,), generator=generator)
        shown = torch.randperm(examples.source.shape[1], generator=generator)[:SHOWN]
        answers = network(examples.features[chosen])
        after, before = errors(answers, examples.source[chosen][:, shown], examples.truth[chosen][:, shown])
        loss = ((after + recipe.harm * (after - before + 0.3).clamp(min=0.0)) / usual[chosen]).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
    return network.eval()


def errors(
    answers: Float[Tensor, "batch 10"], source: Float[Tensor, "batch n 3"], truth: Float[Tensor, "batch n 3"]
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """Mean colour difference to the truth, after the grade and before it, where neither picture is clipped."""
    source, truth = source.float(), truth.float()
    fair = ((source.amax(dim=2) < 0.99) & (truth.amax(dim=2) < 0.99) & (truth.amax(dim=2) > 0.02)).float()
    wanted = srgb_to_lab(truth)

    def mean(graded: Tensor) -> Tensor:
        return (_difference(srgb_to_lab(graded), wanted) * fair).sum(dim=1) / fair.sum(dim=1).clamp(min=1.0)

    return mean(_graded(source, answers)), mean(source)


def judged(networks: Sequence[LookNetwork], examples: Examples) -> dict[str, dict[str, float]]:
    """By kind: mean error before and after, and the share that ends worse than before by more than 0.3."""
    with torch.no_grad():
        answers, _ = agreed(networks, examples.features)
        after, before = errors(answers, examples.source, examples.truth)
    table = {}
    for name, kind in (("content", CONTENT), ("look", LOOK)):
        of_kind = examples.kind == kind
        worse = (after > before + 0.3)[of_kind].float().mean()
        figures = before[of_kind].mean(), after[of_kind].mean(), worse
        table[name] = dict(zip(("nothing", "look", "worse"), (round(float(each), 3) for each in figures), strict=True))
    return table


def _graded(rgb: Tensor, answers: Tensor) -> Tensor:
    """A CDL of its own for each example, with a gradient where it clamps to black."""
    log_slope, offset, log_power, saturation = answers.unsqueeze(1).split((3, 3, 3, 1), dim=2)
    shifted = (rgb * log_slope.exp() + offset).clamp(1e-4, 1.0) ** log_power.exp()
    luma = (shifted * torch.tensor(LUMA)).sum(dim=2, keepdim=True)
    return (luma + (1 + saturation).clamp(min=0.0) * (shifted - luma)).clamp(0.0, 1.0)


def _difference(first: Tensor, second: Tensor) -> Tensor:
    """CIE94 (CIE 116:1995, graphic arts) with CIEDE2000's weight of lightness: smooth, and close to what is judged by."""
    lightness = second[..., 0]
    apart = (lightness - 50).square()
    s_l = 1 + 0.015 * apart / (20 + apart).sqrt()
    chroma = [(each[..., 1:].square().sum(dim=-1) + 1e-6).sqrt() for each in (first, second)]
    by_chroma = chroma[0] - chroma[1]
    by_hue = ((first[..., 1:] - second[..., 1:]).square().sum(dim=-1) - by_chroma.square()).clamp(min=0.0)
    mean = (chroma[0] * chroma[1]).sqrt()
    squares = ((first[..., 0] - lightness) / s_l).square() + (by_chroma / (1 + 0.045 * mean)).square()
    return (squares + by_hue / (1 + 0.015 * mean).square() + 1e-4).sqrt()
