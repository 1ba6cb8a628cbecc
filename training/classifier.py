"""A classifier of the objects. It is trained only to judge the model's samples and never sees the denoiser."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.art import Thing
from training.colours import HUES, recolour
from training.compose import gradient, over
from training.config import Config
from training.loop import Plan, autocast, train

_EDGE = 64


class _Block(nn.Module):
    """Two convolutions with a skip connection; halves height and width."""

    def __init__(self, inward: int, outward: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(inward, outward, 3, 2, 1, bias=False), nn.GroupNorm(8, outward), nn.SiLU())
        self.second = nn.Sequential(nn.Conv2d(outward, outward, 3, 1, 1, bias=False), nn.GroupNorm(8, outward))
        self.skip = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inward, outward, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(self.second(self.first(x)) + self.skip(x))


class Classifier(nn.Module):
    """Pictures (n, 3, 64, 64) in 0..1 to logits (n, objects)."""

    def __init__(self, objects: int) -> None:
        super().__init__()
        widths = (32, 64, 128, 256)
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 5, 2, 2, bias=False), nn.GroupNorm(8, widths[0]), nn.SiLU())
        self.blocks = nn.Sequential(*(_Block(a, b) for a, b in zip(widths, widths[1:], strict=False)))
        self.head = nn.Linear(widths[-1], objects)

    def features(self, pictures: Tensor) -> Tensor:
        """(n, 256): the features from which :meth:`forward` computes its logits."""
        return self.blocks(self.stem(pictures * 2 - 1)).mean((2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures))


def example(thing: Thing, random: np.random.Generator) -> np.ndarray:
    """A picture of an object, (64, 64, 3), 0..1, that is harder to recognise than the model's own: turned, scaled, shifted,
    perhaps recoloured, blurred, and noisy."""
    art = thing.art
    if thing.hue is not None and random.random() < 0.5:
        art = recolour(art, thing.hue, str(random.choice(list(HUES))))
    edge = art.shape[0]
    turn = cv2.getRotationMatrix2D(
        (edge / 2, edge / 2), float(random.normal(0, 6)), float(random.uniform(0.72, 0.98)) * _EDGE / edge
    )
    turn[:, 2] += _EDGE / 2 - edge / 2 + random.uniform(-4, 4, 2)
    soft = cv2.GaussianBlur(art, (0, 0), 0.45 * edge / _EDGE)  # against aliasing
    placed = cv2.warpAffine(soft, turn, (_EDGE, _EDGE), flags=cv2.INTER_LINEAR)
    colours = (
        list(random.random((random.integers(1, 3), 3), np.float32))
        if random.random() < 0.7
        else [np.ones(3, np.float32)]
    )
    picture = over(placed, gradient(colours, _EDGE))
    if random.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.3, 1.0)))
    picture = picture * random.uniform(0.85, 1.1) + random.normal(0, random.uniform(0, 0.05), picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)


def batch(things: list[Thing], count: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Pictures (count, 3, 64, 64) and the index of the object in each."""
    chosen = random.integers(len(things), size=count)
    pictures = np.stack([example(things[index], random) for index in chosen])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.from_numpy(chosen)


def run(config: Config, things: list[Thing], device: torch.device) -> Classifier:
    """Train the classifier, or read it from ``<work>`` if it has been trained before."""
    parts = config.classifier
    file = config.work / "classifier.pt"
    torch.manual_seed(parts.seed)
    model = Classifier(len(things)).to(device)
    if not file.is_file():

        def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
            pictures, wanted = batch(things, parts.batch, random)
            with autocast(device):
                logits = model(pictures.to(device))
            wanted = wanted.to(device)
            right = (logits.argmax(1) == wanted).float().mean().item()
            return F.cross_entropy(logits.float(), wanted, label_smoothing=0.05), {"right": right}

        plan = Plan("classifier", parts.steps, parts.learning_rate, 0.998, parts.seed, weight_decay=0.05)
        torch.save(train(model, step_loss, plan, config.work, device).state_dict(), file)
    model.load_state_dict(torch.load(file, map_location=device, weights_only=True))
    return model.eval()


@torch.no_grad()
def ranks(model: Classifier, pictures: Tensor, wanted: Tensor) -> Tensor:
    """(n,): how many objects the classifier prefers to the wanted one in each picture; 0 where it is right."""
    device = next(model.parameters()).device
    logits = torch.cat([model(part.to(device)).float().cpu() for part in pictures.split(128)])
    return (logits > logits.gather(1, wanted[:, None])).sum(1)
