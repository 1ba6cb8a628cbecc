"""Classifiers of the objects and of the places. They are trained only to judge the model's samples and never see the denoiser."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.art import Thing
from training.colours import HUES, recolour
from training.compose import Scene, gradient, over, paint
from training.config import Config
from training.loop import Plan, autocast, train
from training.places import PLACES, Scenery

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
    """Pictures (n, 3, 64, 64) in 0..1 to logits (n, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (32, 64, 128, 256)
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 5, 2, 2, bias=False), nn.GroupNorm(8, widths[0]), nn.SiLU())
        self.blocks = nn.Sequential(*(_Block(a, b) for a, b in zip(widths, widths[1:], strict=False)))
        self.head = nn.Linear(widths[-1], classes)

    def trunk(self) -> nn.Sequential:
        """The layers down to an eighth of the pictures' size: pictures in -1..1 to (n, 128, height / 8, width / 8)."""
        first, second, *_ = self.blocks
        return nn.Sequential(self.stem, first, second)

    def features(self, pictures: Tensor) -> Tensor:
        """(n, 256): the features from which :meth:`forward` computes its logits."""
        return self.blocks(self.stem(pictures * 2 - 1)).mean((2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures))


def example(thing: Thing, random: np.random.Generator, turn: float = 0.0, scenery: Scenery | None = None) -> np.ndarray:
    """A picture of an object, (64, 64, 3), 0..1, that is harder to recognise than the model's own: turned, scaled, shifted,
    perhaps recoloured, blurred, and noisy.

    Args:
        thing: the object.
        random: decides everything.
        turn: degrees by which the model's own objects are turned; where it is not 0, they are smaller here and turned more.
        scenery: if given, a quarter of the pictures shows the object in a place.
    """
    art = thing.art
    if thing.hue is not None and random.random() < 0.5:
        art = recolour(art, thing.hue, str(random.choice(list(HUES))))
    edge = art.shape[0]
    angle, smallest = (turn / 2, 0.36) if turn else (6.0, 0.72)
    pose = cv2.getRotationMatrix2D(
        (edge / 2, edge / 2), float(random.normal(0, angle)), float(random.uniform(smallest, 0.98)) * _EDGE / edge
    )
    pose[:, 2] += _EDGE / 2 - edge / 2 + random.uniform(-4, 4, 2)
    soft = cv2.GaussianBlur(art, (0, 0), 0.45 * edge / _EDGE)  # against aliasing
    placed = cv2.warpAffine(soft, pose, (_EDGE, _EDGE), flags=cv2.INTER_LINEAR)
    if scenery is not None and random.random() < 0.25:
        ground = PLACES[str(random.choice(list(PLACES)))].paint(_EDGE, scenery, random)
    else:
        colours = (
            list(random.random((random.integers(1, 3), 3), np.float32))
            if random.random() < 0.7
            else [np.ones(3, np.float32)]
        )
        ground = gradient(colours, _EDGE)
    return _worsened(over(placed, ground), random)


def _worsened(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A picture made a little brighter or darker, noisy, and in half of all cases blurred."""
    if random.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.3, 1.0)))
    picture = picture * random.uniform(0.85, 1.1) + random.normal(0, random.uniform(0, 0.05), picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)


def batch(
    things: list[Thing],
    count: int,
    random: np.random.Generator,
    turn: float = 0.0,
    scenery: Scenery | None = None,
) -> tuple[Tensor, Tensor]:
    """Pictures (count, 3, 64, 64) and the index of the object in each; see :func:`example`."""
    chosen = random.integers(len(things), size=count)
    pictures = np.stack([example(things[index], random, turn, scenery) for index in chosen])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.from_numpy(chosen)


def places_batch(
    things: list[Thing], config: Config, count: int, random: np.random.Generator, scenery: Scenery
) -> tuple[Tensor, Tensor]:
    """Pictures (count, 3, 64, 64) of objects in places, and the index of the place in each."""
    names = list(PLACES)
    chosen = random.integers(len(names), size=count)
    drawn = []
    for index in chosen:
        thing = int(random.integers(len(things)))
        scene = Scene(thing, things[thing].name, place=names[index])
        large = paint(scene, things, config.data, random, scenery)
        drawn.append(_worsened(cv2.resize(large, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA), random))
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2), torch.from_numpy(chosen)


def run(config: Config, things: list[Thing], device: torch.device, scenery: Scenery | None = None) -> Classifier:
    """Train the classifier of the objects, or read it from ``<work>`` if it has been trained before."""
    parts = config.classifier

    def draw(random: np.random.Generator) -> tuple[Tensor, Tensor]:
        return batch(things, parts.batch, random, config.data.turn, scenery)

    return _trained("classifier", len(things), draw, parts.steps, config, device)


def run_places(config: Config, things: list[Thing], device: torch.device, scenery: Scenery) -> Classifier:
    """Train the classifier of the places, or read it from ``<work>`` if it has been trained before."""

    def draw(random: np.random.Generator) -> tuple[Tensor, Tensor]:
        return places_batch(things, config, config.classifier.batch, random, scenery)

    return _trained("places", len(PLACES), draw, config.classifier.steps // 5, config, device)


def _trained(
    name: str,
    classes: int,
    draw: Callable[[np.random.Generator], tuple[Tensor, Tensor]],
    steps: int,
    config: Config,
    device: torch.device,
) -> Classifier:
    """A classifier of so many classes, trained on what ``draw`` gives for each step, or read from its file."""
    parts, file = config.classifier, config.work / f"{name}.pt"
    torch.manual_seed(parts.seed)
    model = Classifier(classes).to(device)
    if not file.is_file():

        def step_loss(random: np.random.Generator, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
            pictures, wanted = draw(random)
            with autocast(device):
                logits = model(pictures.to(device))
            wanted = wanted.to(device)
            right = (logits.argmax(1) == wanted).float().mean().item()
            return F.cross_entropy(logits.float(), wanted, label_smoothing=0.05), {"right": right}

        plan = Plan(name, steps, parts.learning_rate, 0.998, parts.seed, weight_decay=0.05)
        torch.save(train(model, step_loss, plan, config.work, device).state_dict(), file)
    model.load_state_dict(torch.load(file, map_location=device, weights_only=True))
    return model.eval()


@torch.no_grad()
def ranks(model: Classifier, pictures: Tensor, wanted: Tensor) -> Tensor:
    """(n,): how many classes the classifier prefers to the wanted one in each picture; 0 where it is right."""
    device = next(model.parameters()).device
    logits = torch.cat([model(part.to(device)).float().cpu() for part in pictures.split(128)])
    return (logits > logits.gather(1, wanted[:, None])).sum(1)
