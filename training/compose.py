"""Pictures and their captions: an object, sometimes in another colour, before a background that the caption may name.

A larger model's pictures also show two objects, objects in a place, and photographs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from training.art import Thing, phrase
from training.colours import BACKGROUNDS, HUES, background, recolour, rgb_of
from training.config import Data
from training.places import PLACES, Scenery

_POSES = (*((0.0, 1.0, 0.0),) * 3, (1.0, 0.93, 0.1), (-1.0, 0.93, -0.1))
"""The poses of objects that stand on a grid: the turn as a share of the largest, the width drawn out, the slant. The first, which
a smaller model knows, is the commonest."""


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
    second: Scene | None = None
    """A second object, to the right of the first; its own ground is None."""
    place: str | None = None
    """The place that is there instead of a background, a name of :data:`training.places.PLACES`."""


def caption(scene: Scene, things: list[Thing]) -> str:
    """The caption of a scene, such as ``a blue dog on a white background``."""
    words = _named(scene, things)
    if scene.second is not None:
        words = f"{words} and {_named(scene.second, things)}"
    if scene.place is not None:
        return f"{words} {PLACES[scene.place].words}"
    if scene.ground is None:
        return words
    if len(scene.ground) == 1:
        return f"{words} on {phrase(scene.ground[0], '')} background"
    return f"{words} on {phrase(scene.ground[0], '')} to {scene.ground[1]} gradient background"


def _named(scene: Scene, things: list[Thing]) -> str:
    """The object of a scene with its colour and its article."""
    return phrase(f"{scene.colour} {scene.word}" if scene.colour else scene.word, things[scene.thing].name)


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
    """Draw a training scene of one object, or of it and another one. Pairs that are held out are never drawn."""
    shares = data.shares
    word, colour = _draw_object(index, things, data, random)
    if shares.place and random.random() < shares.place:
        return Scene(index, word, colour, place=str(random.choice(list(PLACES))))
    second = None
    if shares.second and random.random() < shares.second:
        other = int(random.integers(len(things)))
        second = Scene(other, *_draw_object(other, things, data, random))
    shown = [things[index]] if second is None else [things[index], things[second.thing]]
    at = random.random()
    names = [
        name
        for name in BACKGROUNDS
        if not any(held_out("background", each, name, shares.held_out_backgrounds) for each in shown)
    ]
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
    return Scene(index, word, colour, ground, second)


def _draw_object(index: int, things: list[Thing], data: Data, random: np.random.Generator) -> tuple[str, str | None]:
    """What a caption calls an object, and the colour that it gives it."""
    thing, shares = things[index], data.shares
    word = thing.name
    if thing.keywords and random.random() < shares.keyword:
        word = str(random.choice(thing.keywords))
    colour = None
    if thing.hue is not None and random.random() < shares.recoloured:
        free = [name for name in HUES if not held_out("colour", thing, name, shares.held_out_colours)]
        colour = str(random.choice(free))
    return word, colour


def paint(
    scene: Scene, things: list[Thing], data: Data, random: np.random.Generator, scenery: Scenery | None = None
) -> np.ndarray:
    """Paint a scene: (size, size, 3) float32, sRGB-encoded, 0..1.

    Args:
        scene: what to paint.
        things: all objects.
        data: sizes and poses.
        random: decides everything that the scene leaves open.
        scenery: what stands about in places; only scenes in a place need it.
    """
    if scene.place is not None:
        assert scenery is not None, "a place needs its scenery"
        return _paint_place(scene, things, data, random, scenery)
    shares = data.shares
    ground = scene.ground
    if ground is None:
        white = shares.background_unnamed_white / (shares.background_unnamed_white + shares.background_unnamed_any)
        ground = (
            ("white",) if random.random() < white else tuple(random.choice(list(BACKGROUNDS), random.integers(1, 3)))
        )
    if scene.second is None:
        shown = place(_art(scene, things), data, random)
    else:
        shown = _side_by_side(_art(scene, things), _art(scene.second, things), data, random)
    return over(shown, gradient([background(name, random) for name in ground], data.size))


def paint_freely(thing: Thing, data: Data, random: np.random.Generator, scenery: Scenery | None = None) -> np.ndarray:
    """Paint an object in any hue before a background of any colours, as the autoencoder is trained on.

    With ``scenery``, a share of the pictures shows it in a place.
    """
    art = thing.art
    if thing.hue is not None and random.random() < 0.5:
        art = recolour(art, thing.hue, str(random.choice(list(HUES))))
    if scenery is not None and random.random() < data.shares.place:
        kind = PLACES[str(random.choice(list(PLACES)))]
        return over(place(art, data, random), kind.paint(data.size, scenery, random))
    white = random.random() < 0.3
    colours = [rgb_of("#ffffff")] if white else list(random.random((random.integers(1, 3), 3), np.float32))
    return over(place(art, data, random), gradient(colours, data.size))


def _art(scene: Scene, things: list[Thing]) -> np.ndarray:
    """The picture of a scene's object in its colour: (edge, edge, 4) premultiplied."""
    thing = things[scene.thing]
    if scene.colour is not None and thing.hue is not None:
        return recolour(thing.art, thing.hue, scene.colour)
    return thing.art


def place(art: np.ndarray, data: Data, random: np.random.Generator) -> np.ndarray:
    """Put an object at a random size and in a random pose near the middle of a canvas: (size, size, 4) premultiplied.

    It is never mirrored: left and right views would blend into one.
    """
    edge = _edge(*data.art_size, data, random)
    small = cv2.resize(_posed(art, data, random), (edge, edge), interpolation=cv2.INTER_AREA)
    room = data.size - edge
    reach = min(data.shift, room // 2)
    top, left = (room // 2 + _step(-reach, reach, data, random) for _ in range(2))
    canvas = np.zeros((data.size, data.size, 4), np.float32)
    canvas[top : top + edge, left : left + edge] = small
    return canvas


def _edge(least: float, most: float, data: Data, random: np.random.Generator) -> int:
    """An object's size in pixels between two bounds: any, or one of the two where sizes lie on a grid."""
    if data.grid == 1:
        return int(random.integers(round(least), round(most) + 1))
    return round((least, most)[random.integers(2)] / data.grid) * data.grid


def _step(least: float, most: float, data: Data, random: np.random.Generator) -> int:
    """A whole number between two bounds, a multiple of the grid's."""
    return int(random.integers(int(np.ceil(least / data.grid)), int(most // data.grid) + 1)) * data.grid


def _at(wanted: float, edge: int, data: Data) -> int:
    """Where an object begins that should begin at ``wanted``: on the grid, and inside of the picture."""
    room = (data.size - edge) // data.grid
    return int(np.clip(round(wanted / data.grid), 0, room)) * data.grid


def _posed(art: np.ndarray, data: Data, random: np.random.Generator) -> np.ndarray:
    """An object turned and drawn out by random amounts; what the pose pushes over the edge makes all of it smaller."""
    if not data.turn:
        return art
    edge = art.shape[0]
    if data.grid == 1:
        angle = np.deg2rad(np.clip(random.normal(0, data.turn / 2), -data.turn, data.turn))
        wide, slant = np.exp(random.uniform(-0.14, 0.14)), random.uniform(-0.12, 0.12)
    else:
        turned, wide, slant = _POSES[random.integers(len(_POSES))]
        angle = np.deg2rad(turned * data.turn)
    cos, sin = np.cos(angle), np.sin(angle)
    pose = np.array([[cos, -sin], [sin, cos]]) @ np.array([[wide, slant], [0, 1 / wide]])
    rows, columns = np.nonzero(art[..., 3] > 0.02)
    corners = pose @ (np.stack([columns, rows]) - edge / 2)
    low, high = corners.min(1), corners.max(1)
    scale = edge / max(high - low)
    shift = edge / 2 - scale * (low + high) / 2 - scale * pose @ np.full(2, edge / 2)
    return cv2.warpAffine(art, np.column_stack([scale * pose, shift]), (edge, edge), flags=cv2.INTER_LINEAR)


def _side_by_side(first: np.ndarray, second: np.ndarray, data: Data, random: np.random.Generator) -> np.ndarray:
    """Two objects, the first to the left, each at a random size and height: (size, size, 4) premultiplied."""
    canvas = np.zeros((data.size, data.size, 4), np.float32)
    for art, centre in ((first, 0.26), (second, 0.74)):
        edge = _edge(0.5 * data.size, 0.5 * data.size, data, random)
        small = cv2.resize(_posed(art, data, random), (edge, edge), interpolation=cv2.INTER_AREA)
        left = _at(data.size * (centre + random.uniform(-0.03, 0.03)) - edge / 2, edge, data)
        top = _at(data.size * random.uniform(0.4, 0.62) - edge / 2, edge, data)
        canvas[top : top + edge, left : left + edge] = small
    return canvas


def _paint_place(
    scene: Scene, things: list[Thing], data: Data, random: np.random.Generator, scenery: Scenery
) -> np.ndarray:
    """An object in a place: on the ground with a soft shadow, or in the air."""
    assert scene.place is not None
    kind = PLACES[scene.place]
    picture = kind.paint(data.size, scenery, random)
    edge = _edge(0.75 * data.size, 0.75 * data.size, data, random)
    small = cv2.resize(_posed(_art(scene, things), data, random), (edge, edge), interpolation=cv2.INTER_AREA)
    x = random.uniform(0.38, 0.62)
    foot = random.uniform(0.62, 0.86) if kind.floats else random.uniform(0.8, 0.95)
    left = _at(data.size * x - edge / 2, edge, data)
    top = _at(data.size * foot - edge, edge, data)
    if not kind.floats:
        lowest = top + int(np.nonzero(small[..., 3].max(1) > 0.3)[0].max())
        shadow = np.zeros((data.size, data.size), np.float32)
        centre, axes = (left + edge // 2, lowest), (round(0.36 * edge), max(1, round(0.06 * edge)))
        cv2.ellipse(shadow, centre, axes, 0, 0, 360, 1.0, -1)
        shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), 0.02 * data.size), np.float32)
        picture = picture * (1 - 0.35 * shadow[..., None])
    canvas = np.zeros((data.size, data.size, 4), np.float32)
    canvas[top : top + edge, left : left + edge] = small
    return over(canvas, picture)


def gradient(colours: list[np.ndarray], size: int) -> np.ndarray:
    """A background of one colour, or of two from top to bottom: (size, size, 3)."""
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    first, last = colours[0], colours[-1]
    return np.broadcast_to(first + (last - first) * down, (size, size, 3)).astype(np.float32)


def over(art: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Premultiplied art over an opaque ground."""
    return np.asarray(np.clip(art[..., :3] + ground * (1 - art[..., 3:]), 0, 1), np.float32)
