"""The look estimate: how a reference was developed and graded, read from its colours, as ten numbers.

Content makes the statistics of a picture vary as much as a look does, so the best guess of a look is a shrunken one, and how far
to shrink can be learned. A few small networks, trained on random renditions and looks of free photographs (``training/look``),
see what :mod:`~reswd_torch.matching.look_features` says of both pictures, and each answers with the ten numbers of a CDL. Their
mean counts; where they disagree, the evidence is thin, and the answer is shrunk further towards the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.grade.cdl import Cdl
from reswd_torch.matching.look_features import COLOURS, pair_features

WEIGHTS = Path(__file__).resolve().parent / "look.npz"
"""The weights; ``look.md`` beside them says where they come from."""
SCALE = (0.5,) * 3 + (0.2,) * 3 + (0.5,) * 3 + (0.5,)
"""Size of one unit of a network's answer: logarithm of slope, offset, logarithm of power, and saturation less one."""
FARTHEST = 3.5
"""Standard deviations at which a feature is cut off."""
DISAGREEMENT = 5.0
"""How much the scatter of the networks' answers weighs beside their size. They saw different photographs, so where they differ,
the answer hangs on what the pictures show. Chosen on cases of photographs that none of them saw."""
UNUSUAL, MANY_UNUSUAL = 3.0, 0.05
"""Standard deviations from which on a feature is unlike what the networks were trained on, and the share of such features from
which on the answer counts less. Pictures of one strongly coloured thing have many; chosen on the same cases."""
STATISTICS = 6
"""Number of features at the end that are themselves an answer: what equal means and spreads of every channel would ask for."""


@dataclass(frozen=True)
class LookEstimate:
    """What the networks say.

    Attributes:
        cdl: the ten numbers.
        certainty: 0..1: 1 where all networks agree, and both pictures are such as they were trained on.
    """

    cdl: Cdl
    certainty: float


def estimate_look(source: Float[Tensor, "n 3"], reference: Float[Tensor, "m 3"]) -> LookEstimate:
    """Estimate the grade that gives a picture the rendition of a reference, whatever either shows.

    Args:
        source, reference: sampled colours, sRGB-encoded, 0..1.
    """
    features = pair_features(_thinned(source).unsqueeze(0), _thinned(reference).unsqueeze(0))
    answer, certainty = agreed(_networks(), features)
    log_slope, offset, log_power, saturation = answer[0].double().split((3, 3, 3, 1))
    natural = torch.cat((log_slope.exp(), offset, log_power.exp(), (1 + saturation).clamp(min=0.0)))
    return LookEstimate(Cdl.from_vector(natural), float(certainty[0]))


def agreed(
    networks: Sequence[LookNetwork], features: Float[Tensor, "batch features"]
) -> tuple[Float[Tensor, "batch 10"], Float[Tensor, " batch"]]:
    """The mean of the networks' answers, and how certain each is, 0..1. The answer is shrunk by the square of how far the
    networks agree, and where too much about the pictures is unusual."""
    answers = torch.stack([network(features) for network in networks])
    mean = answers.mean(dim=0)
    scale = torch.tensor(SCALE).to(mean)
    scatter = ((answers - mean) / scale).square().mean(dim=(0, 2))
    size = (mean / scale).square().mean(dim=1)
    agreement = size / (size + DISAGREEMENT * scatter).clamp(min=1e-12)
    unusual = torch.stack([network.unusual(features) for network in networks]).mean(dim=0)
    usual = (MANY_UNUSUAL / unusual.clamp(min=MANY_UNUSUAL)).to(mean)
    return mean * (agreement.square() * usual).unsqueeze(1), agreement * usual


class LookNetwork(torch.nn.Module):
    """Two hidden layers, and a gate for each number that lets the statistics' own answer through.

    Args:
        features: number of features.
        hidden: width of the hidden layers.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.first = torch.nn.Linear(features, hidden)
        self.second = torch.nn.Linear(hidden, hidden)
        self.answer = torch.nn.Linear(hidden, 10)
        self.gate = torch.nn.Linear(hidden, 10)
        self.noise = self.drop = 0.0

    def forward(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch 10"]:
        """The ten numbers of each pair, each as its distance from the identity: logarithms for slope and power."""
        statistics = torch.nn.functional.pad(features[:, -STATISTICS:], (0, 10 - STATISTICS))
        seen = ((features - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)
        seen = self._dropped(seen)
        if self.training and self.noise > 0.0:
            seen = seen + self.noise * torch.randn_like(seen)
        hidden = torch.nn.functional.silu(self.first(seen))
        hidden = self._dropped(torch.nn.functional.silu(self.second(self._dropped(hidden))))
        scale = torch.tensor(SCALE, dtype=hidden.dtype)
        return self.answer(hidden) * scale + torch.sigmoid(self.gate(hidden)) * statistics

    def unusual(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, " batch"]:
        """The share of the features that lie beyond :data:`UNUSUAL` of what the network was trained on."""
        return (((features - self.mean) / self.spread).abs() > UNUSUAL).float().mean(dim=1)

    def _dropped(self, values: Tensor) -> Tensor:
        return torch.nn.functional.dropout(values, self.drop, self.training and self.drop > 0.0)


@lru_cache(maxsize=1)
def _networks() -> tuple[LookNetwork, ...]:
    with np.load(WEIGHTS) as stored:
        arrays = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    networks = []
    for index in range(len(arrays["mean"])):
        network = LookNetwork(arrays["first.weight"].shape[2], arrays["first.weight"].shape[1])
        network.load_state_dict({name: values[index] for name, values in arrays.items()})
        networks.append(network.eval().requires_grad_(False))
    return tuple(networks)


def _thinned(colors: Float[Tensor, "n 3"]) -> Float[Tensor, "k 3"]:
    """Colours at even steps, as many as the networks were trained on."""
    colors = colors.cpu().float()
    if len(colors) <= COLOURS:
        return colors
    return colors[(torch.arange(COLOURS) + 0.5).mul(len(colors) / COLOURS).long()]
