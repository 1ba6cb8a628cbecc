"""Pictures and their captions: an object, sometimes in another colour, before a background that the caption may name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from training.art import Thing, phrase
from training.colours import BACKGROUNDS, HUES, background, recolour, rgb_of
from training.config import Data


@dataclass(frozen=True)
class Scene:
    """What a picture shows, in words."""

    thing: int
    """Index of the object."""
    word: str
    """What the caption calls it: its name or a keyword."""
    colour: str | None = None
    """The object's colour; None if the caption does not name it."""
    ground: tuple[str, ...] | None = None
    """The background: one colour, or the two of a gradient from top to bottom; None if the caption does not name it."""


def caption(scene: Scene, things: list[Thing]) -> str:
    """The caption of a scene, such as ``a blue dog on a white background``."""
    name = things[scene.thing].name
    words = phrase(f"{scene.colour} {scene.word}" if scene.colour else scene.word, name)
    if scene.ground is None:
        return words
    if len(scene.ground) == 1:
        return f"{words} on {phrase(scene.ground[0], '')} background"
    return f"{words} on {phrase(scene.ground[0], '')} to {scene.ground[1]} gradient background"


def held_out(kind: str, thing: Thing, colour: str, share: float) -> bool:
    """Whether a pair of object and colour is kept from training, for the evaluation.

    Args:
        kind: ``"colour"`` of the object or ``"background"``.
        thing: the object.
        colour: the colour's name.
        share: of all pairs, how many are kept. A checksum decides, so that the answer never changes.
    """
    return zlib.crc32(f"{kind}/{thing.name}/{colour}".encode()) / 2**32 < share


def draw_scene(index: int, things: list[Thing], data: Data, random: np.random.Generator) -> Scene:
    """Draw a training scene of one object. Pairs that are held out are never drawn."""
    thing, shares = things[index], data.shares
    word = thing.name
    if thing.keywords and random.random() < shares.keyword:
        word = str(random.choice(thing.keywords))
    colour = None
    if thing.hue is not None and random.random() < shares.recoloured:
        free = [name for name in HUES if not held_out("colour", thing, name, shares.held_out_colours)]
        colour = str(random.choice(free))
    at = random.random()
    names = [name for name in BACKGROUNDS if not held_out("background", thing, name, shares.held_out_backgrounds)]
    ground: tuple[str, ...] | None
    if at < shares.background_unnamed_white + shares.background_unnamed_any:
        ground = None
    elif at < shares.background_unnamed_white + shares.background_unnamed_any + shares.background_white:
        ground = ("white",)
    elif at < 1 - shares.background_solid:  # a named gradient
        ground = (str(random.choice(names)), str(random.choice(names)))
        if ground[0] == ground[1]:
            ground = ground[:1]
    else:
        ground = (str(random.choice(names)),)
    return Scene(index, word, colour, ground)


def paint(scene: Scene, things: list[Thing], data: Data, random: np.random.Generator) -> np.ndarray:
    """Paint a scene: (size, size, 3) float32, sRGB-encoded, 0..1."""
    thing, shares = things[scene.thing], data.shares
    ground = scene.ground
    if ground is None:
        white = shares.background_unnamed_white / (shares.background_unnamed_white + shares.background_unnamed_any)
        ground = (
            ("white",) if random.random() < white else tuple(random.choice(list(BACKGROUNDS), random.integers(1, 3)))
        )
    art = thing.art
    if scene.colour is not None and thing.hue is not None:
        art = recolour(art, thing.hue, scene.colour)
    return over(place(art, data, random), gradient([background(name, random) for name in ground], data.size))


def paint_freely(thing: Thing, data: Data, random: np.random.Generator) -> np.ndarray:
    """Paint an object in any hue before a background of any colours, as the autoencoder is trained on."""
    art = thing.art
    if thing.hue is not None and random.random() < 0.5:
        art = recolour(art, thing.hue, str(random.choice(list(HUES))))
    white = random.random() < 0.3
    colours = [rgb_of("#ffffff")] if white else list(random.random((random.integers(1, 3), 3), np.float32))
    return over(place(art, data, random), gradient(colours, data.size))


def place(art: np.ndarray, data: Data, random: np.random.Generator) -> np.ndarray:
    """Put an object at a random size near the middle of a canvas: (size, size, 4) premultiplied. It is never mirrored."""
    edge = int(random.integers(data.art_size[0], data.art_size[1] + 1))
    small = cv2.resize(art, (edge, edge), interpolation=cv2.INTER_AREA)
    room = data.size - edge
    top, left = (int(np.clip(room // 2 + random.integers(-data.shift, data.shift + 1), 0, room)) for _ in range(2))
    canvas = np.zeros((data.size, data.size, 4), np.float32)
    canvas[top : top + edge, left : left + edge] = small
    return canvas


def gradient(colours: list[np.ndarray], size: int) -> np.ndarray:
    """A background of one colour, or of two from top to bottom: (size, size, 3)."""
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    first, last = colours[0], colours[-1]
    return np.broadcast_to(first + (last - first) * down, (size, size, 3)).astype(np.float32)


def over(art: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Premultiplied art over an opaque ground."""
    return np.asarray(np.clip(art[..., :3] + ground * (1 - art[..., 3:]), 0, 1), np.float32)
