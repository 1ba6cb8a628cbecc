"""Cases with truth to the pixel, made in memory from any photographs, or read from a folder.

A case asks what a person asks of a match: this picture, in the rendition of that one. The source is a scene in one rendition, the
reference is a scene in another, and the truth is the source's own view in the reference's rendition (:mod:`.renditions`).

===========  ==========================================================================================================
still        the same photograph from the same place
views        the same scene from another place: at least half in common, things come and go
moved        the same, a fifth to a half in common, more things
mixed        as views, and each scene has a second light that fades across it
content      two photographs; light, camera and development differ
look         two photographs developed alike; the reference has a colourist's look
graded       the same photograph, developed once; the reference has a look
halves       the left half of a photograph, and its right half in another rendition
===========  ==========================================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float

from benchmarks.truth.renditions import Look, Rendition
from reswd_torch import InputError
from reswd_torch.color import srgb_to_linear

FAMILIES = ("still", "views", "moved", "mixed", "content", "look", "graded", "halves")
EDGE = 960
"""Long edge of a case's pictures; scenes that are seen from two places are larger."""
SCENE = 5 / 3
"""How much larger."""
MOST_NOISE = 0.012
"""Largest standard deviation of the noise on source and reference."""
PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class Case:
    """A match whose right answer is known.

    Attributes:
        name: of the case, unique within a run.
        family: what kind of match it is.
        photos: names of the photographs that source and reference come from.
        source: the picture to grade, (H, W, 3) float32, 0..1, in steps of 8 bits, as all three sRGB-encoded.
        reference: the picture whose colours are wanted, as a JPEG gives it.
        truth: what the source should become, without noise; of the source's size.
    """

    name: str
    family: str
    photos: tuple[str, ...]
    source: Float[np.ndarray, "h w 3"]
    reference: Float[np.ndarray, "h2 w2 3"]
    truth: Float[np.ndarray, "h w 3"]


def photographs_in(folder: Path) -> list[Path]:
    """The photographs of a folder, by name.

    Raises:
        InputError: fewer than two.
    """
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTOGRAPHS)
    if len(found) < 2:
        raise InputError(f"{folder} holds {len(found)} photographs: at least two are needed")
    return found


def load_case(folder: Path) -> Case:
    """Read a case from a folder: source.png, reference.jpg, truth.png (16 bits) and case.json with family and photos."""
    record = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    pictures = (_read(folder / name) for name in ("source.png", "reference.jpg", "truth.png"))
    name = f"{folder.resolve().parent.name}/{folder.name}"  # cases of two seeds have the same numbers
    return Case(name, record["family"], tuple(record["photos"]), *pictures)


def make_case(photographs: Sequence[Path], family: str, number: int, seed: int, *, edge: int = EDGE) -> Case:
    """Make one case.

    Args:
        photographs: at least two, of which the case's are drawn.
        family: one of ``FAMILIES``.
        number: of the case within its family.
        seed: with family and number draws everything: the same three give the same pixels.
        edge: long edge of the pictures.
    """
    rng = np.random.default_rng((seed, FAMILIES.index(family), number))
    first, second = (photographs[index] for index in rng.choice(len(photographs), 2, replace=False))
    if family in ("content", "look"):
        scenes, fades = [scene_of(first, edge), scene_of(second, edge)], None
    elif family in ("views", "moved", "mixed"):
        second = first
        scenes, fades = _two_views(rng, scene_of(first, round(edge * SCENE)), photographs, family, edge)
    else:
        second = first
        scene = scene_of(first, 2 * edge if family == "halves" else edge)
        half = scene.shape[1] // 2
        scenes, fades = [scene[:, :half], scene[:, half:]] if family == "halves" else [scene, scene], None
        if family == "halves":
            scenes = [_fitted(each, edge) for each in scenes]
    if family in ("look", "graded"):
        develop, grade = Rendition.draw(rng, mild=True), Look.draw(rng)
        again = develop if family == "graded" else Rendition.draw(rng, mild=True)
        source = develop(scenes[0])
        truth, reference = grade(source), grade(again(scenes[1]))
    else:
        one, other = (Rendition.draw(rng, lights=1 if fades is None else 2) for _ in range(2))
        here, there = (None, None) if fades is None else fades
        source, truth, reference = one(scenes[0], here), other(scenes[0], here), other(scenes[1], there)
    return Case(
        f"{family}-{seed}-{number:03d}",
        family,
        (first.name, second.name),
        _unit(_unsigned(_noisy(rng, source))),
        _as_jpeg(_noisy(rng, reference), int(rng.integers(85, 97))),
        truth,
    )


def _two_views(
    rng: np.random.Generator, scene: np.ndarray, photographs: Sequence[Path], family: str, edge: int
) -> tuple[list[np.ndarray], list[np.ndarray] | None]:
    """Two views of a scene, and, where it has a second light, that light's share in each view."""
    if family == "moved":
        sizes, common, things, largest = (0.55, 0.8), (0.2, 0.5), (1, 3), 0.45
    else:
        sizes, common, things, largest = (0.7, 0.95), (0.5, 1.0), (0, 2), 0.3
    boxes = _two_boxes(rng, sizes, common)
    fade = _fade(rng, scene.shape[:2]) if family == "mixed" else None
    views, fades = [], []
    for box in boxes:
        changed = scene.copy()
        for _ in range(rng.integers(things[0], things[1] + 1)):
            other = photographs[int(rng.integers(len(photographs)))]
            _add_thing(rng, changed, scene_of(other, edge), largest)
        # The fade is a fourth channel, so that both are seen from exactly the same place.
        both = changed if fade is None else np.dstack((changed, fade))
        seen = _seen_from(rng, both, box, edge)
        views.append(seen[..., :3])
        fades.append(seen[..., 3:].squeeze(-1) if fade is not None else seen[..., 0])
    return views, fades if fade is not None else None


def _two_boxes(
    rng: np.random.Generator, sizes: tuple[float, float], common: tuple[float, float]
) -> Float[np.ndarray, "2 2 2"]:
    """Two boxes in the unit square, each as (low corner, high corner). A share within ``common`` of the smaller is in both."""
    while True:
        side = rng.uniform(*sizes, (2, 1))
        low = rng.uniform(0, 1, (2, 2)) * (1 - side)
        high = low + side
        shared = (high.min(axis=0) - low.max(axis=0)).clip(0).prod() / side.min() ** 2
        if common[0] <= shared <= common[1]:
            return np.stack((low, high), axis=1)


def _seen_from(rng: np.random.Generator, scene: np.ndarray, box: Float[np.ndarray, "2 2"], edge: int) -> np.ndarray:
    """The part of a scene within a box, in slight perspective, its long edge ``edge``."""
    height, width = scene.shape[:2]
    (left, top), (right, bottom) = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    corners += rng.uniform(-0.05, 0.05, (4, 2)) * (box[1] - box[0])
    corners = corners.clip(0, 1) * (width - 1, height - 1)
    scale = edge / max(width, height)
    across, down = round(width * scale), round(height * scale)
    frame = np.array([[0, 0], [across - 1, 0], [across - 1, down - 1], [0, down - 1]], np.float32)
    map_ = cv2.getPerspectiveTransform(corners.astype(np.float32), frame)
    return cv2.warpPerspective(scene, map_, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _add_thing(rng: np.random.Generator, scene: np.ndarray, other: np.ndarray, largest: float) -> None:
    """Lay a rounded piece of another photograph over a scene, in place, its sides at most a share ``largest`` of the scene's."""
    sides = [max(8, round(side * largest * rng.uniform(0.4, 1.0))) for side in scene.shape[:2]]
    sides = [min(both) for both in zip(sides, other.shape[:2], strict=True)]
    here, there = (
        tuple(
            slice(start, start + side)
            for side, start in (
                (s, int(rng.integers(whole - s + 1))) for s, whole in zip(sides, of.shape, strict=False)
            )
        )
        for of in (scene, other)
    )
    y, x = (np.linspace(-1, 1, side) for side in sides)
    inside = ((1 - np.abs(y[:, None]) ** 3 - np.abs(x) ** 3) * 12).clip(0, 1)[..., None].astype(np.float32)
    scene[here] += inside * (other[there] - scene[here])


def _fade(rng: np.random.Generator, shape: tuple[int, int]) -> Float[np.ndarray, "h w"]:
    """Share of a second light across a scene, 0..1: one side of a soft and wavy edge."""
    y, x = (np.linspace(-1, 1, side) for side in shape)
    angle, waves = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi, 2)
    along = np.cos(angle) * x + np.sin(angle) * y[:, None]
    wavy = 0.3 * np.sin(3 * x + waves[0]) * np.cos(2 * y[:, None] + waves[1])
    return np.asarray(1 / (1 + np.exp(-5 * (along + wavy - rng.uniform(-0.3, 0.5)))), np.float32)


def scene_of(path: Path, edge: int) -> Float[np.ndarray, "h w 3"]:
    """A photograph as a scene: linear sRGB, 0..1, float32, its long edge ``edge`` (larger photographs are reduced)."""
    return _fitted(srgb_to_linear(torch.from_numpy(_read(path))).numpy(), edge)


def _fitted(scene: np.ndarray, edge: int) -> np.ndarray:
    scale = edge / max(scene.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return scene if scale == 1 else cv2.resize(scene, None, fx=scale, fy=scale, interpolation=way)


def _read(path: Path) -> Float[np.ndarray, "h w 3"]:
    """A picture as float32, 0..1, in its own depth.

    Raises:
        InputError: it cannot be read.
    """
    read = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if read is None or read.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{path} cannot be read as a picture of 8 or 16 bits")
    return _unit(read)


def _unit(unsigned: np.ndarray) -> np.ndarray:
    """Unsigned integers as float32, 0..1."""
    return unsigned.astype(np.float32) / np.float32(255 if unsigned.dtype == np.uint8 else 65535)


def _noisy(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    return (picture + rng.uniform(0, MOST_NOISE) * rng.standard_normal(picture.shape, np.float32)).clip(0, 1)


def _unsigned(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture * 255).astype(np.uint8)


def _as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """What a JPEG of a picture gives back."""
    _, packed = cv2.imencode(".jpg", _unsigned(picture)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _unit(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB)))
