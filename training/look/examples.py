"""Examples to learn from: what a pair of pictures looks like to the estimate, and colours before and after the right grade."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.grade.constants import LUMA
from reswd_torch.matching.look_features import pair_features
from training.look.photographs import Photographs
from training.look.renditions import Looks, Renditions

CONTENT, LOOK = 1, 0
"""Kinds of examples: another light and development, or a colourist's look on a plain one."""
COLOURS = 384
"""Colours of a picture, of which the features are made."""
KEPT = 96
"""Colours of a source that are kept, with their right answers."""
BATCH = 200


class Examples(NamedTuple):
    """A set of examples.

    Attributes:
        features: (N, F) float32.
        source, truth: (N, KEPT, 3) float16, sRGB-encoded, 0..1.
        kind: (N,) :data:`CONTENT` or :data:`LOOK`.
    """

    features: Tensor
    source: Tensor
    truth: Tensor
    kind: Tensor


class Banks(NamedTuple):
    """Matrices of lights and cameras, (count, 3, 3): of every kind, and of well balanced daylight."""

    wild: Tensor
    mild: Tensor


def make_examples(
    photographs: Photographs, banks: Banks, count: int, seed: int, *, same: float, jitter: float
) -> Examples:
    """Make random examples.

    Args:
        photographs: what the pictures show.
        banks: lights and cameras.
        count: how many, a multiple of :data:`BATCH`.
        seed: chooses everything.
        same: share of the pairs that show two halves of one photograph.
        jitter: how far each scene is varied before, 0 for not at all.
    """
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for index in range(count // BATCH):
        kind = CONTENT if index % 2 else LOOK
        source, reference, truth = _batch(photographs, banks, kind, generator, same, jitter)
        features = pair_features(source, reference)
        kinds = torch.full((BATCH,), kind)
        parts.append(Examples(features, source[:, :KEPT].half(), truth[:, :KEPT].half(), kinds))
    return Examples(*(torch.cat(each) for each in zip(*parts, strict=True)))


def _batch(
    photographs: Photographs, banks: Banks, kind: int, generator: torch.Generator, same: float, jitter: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Sources, references and truths, (BATCH, COLOURS, 3) each."""
    halves = torch.rand(BATCH, 1, 1, generator=generator) < same
    free = photographs.scenes(BATCH, COLOURS, generator, same=0.0)
    split = photographs.scenes(BATCH, COLOURS, generator, same=1.0)
    first, second = (torch.where(halves, part, whole) for part, whole in zip(split, free, strict=True))
    if jitter > 0.0:
        amounts = [torch.randn(BATCH, 1, 7, generator=generator) * jitter for _ in range(2)]
        first, second = _varied(first, amounts[0]), _varied(second, torch.where(halves, amounts[0], amounts[1]))
    mild = kind == LOOK
    bank = banks.mild if mild else banks.wild
    one, two = (Renditions.draw(bank, BATCH, generator, mild=mild) for _ in range(2))
    if mild:
        look = Looks.draw(BATCH, generator)
        source, reference = one(first), look(two(second))
        truth = look(source)
    else:
        source, reference, truth = one(first), two(second), two(first)
    return one.noisy(source, generator), two.noisy(reference, generator), truth


def _varied(scene: Float[Tensor, "batch n 3"], amounts: Float[Tensor, "batch 1 7"]) -> Float[Tensor, "batch n 3"]:
    """Scenes of other contrast, exposure, saturation, balance and hue: there are more kinds of scenes than photographs here."""
    gamma, exposure, saturation = (amounts[..., k : k + 1] * size for k, size in enumerate((0.18, 0.5, 0.18)))
    balance = amounts[..., 3:6] * torch.tensor([0.10, 0.04, 0.10])
    luma = torch.tensor(LUMA)
    balance = balance - (balance * luma).sum(dim=2, keepdim=True)
    lit = (scene * 2.0**exposure * balance.exp()).clamp(min=1e-4)
    grey = (lit * luma).sum(dim=2, keepdim=True)
    lit = lit * (grey / 0.18) ** (gamma.exp() - 1)
    grey = (lit * luma).sum(dim=2, keepdim=True)
    away = (lit - grey) * saturation.exp()
    turn = amounts[..., 6:7] * 0.25
    across = torch.linalg.cross(torch.full((3,), 3**-0.5).expand_as(away), away, dim=2)
    return (grey + away * turn.cos() + across * turn.sin()).clamp(1e-4, 1.0)
