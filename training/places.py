"""Places in which a thing can stand: painted afresh each time, so that no two are alike.

Each is made of a few bands of colour, hills, waves, tracks or stars, all drawn from a random generator, and of scenery from the
art, such as trees and clouds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.art import art_files, read_art
from training.colours import rgb_of, to_lab, to_rgb

SCENERY = {
    "palm": "1f334", "fir": "1f332", "tree": "1f333", "cactus": "1f335", "cloud": "2601", "flower": "1f33c", "tulip": "1f337",
    "moon": "1f315",
}  # fmt: skip
"""Pictures of the art that stand about in places, by what they show: the code points of their emoji."""
_JITTER = np.array(
    [3.0, 4.0, 4.0], np.float32
)  # standard deviation in CIELAB with which every colour of a place varies

Scenery = dict[str, np.ndarray]
"""Art by the names of :data:`SCENERY`: (edge, edge, 4) float32, premultiplied."""


def load_scenery(downloads: Path) -> Scenery:
    """The scenery's pictures, from the downloads."""
    files = art_files(downloads)
    return {name: read_art(files[code]) for name, code in SCENERY.items()}


class _Canvas:
    """A picture on which a place is painted, from the sky down."""

    def __init__(self, size: int, scenery: Scenery, random: np.random.Generator) -> None:
        self.size, self.scenery, self.random = size, scenery, random
        self.picture = np.zeros((size, size, 3), np.float32)
        self.down = np.linspace(0, 1, size, dtype=np.float32)

    def colour(self, code: str) -> np.ndarray:
        """A random variation of a colour ``#rrggbb``: (3,)."""
        return to_rgb(to_lab(rgb_of(code)) + _JITTER * self.random.standard_normal(3).astype(np.float32))

    def level(self, low: float, high: float) -> float:
        """A random height, as a share of the picture's, from its top."""
        return float(self.random.uniform(low, high))

    def sky(self, top: str, bottom: str, horizon: float = 1.0) -> None:
        """Fill everything with a gradient whose lower colour is reached at the horizon."""
        first, last = self.colour(top), self.colour(bottom)
        share = np.clip(self.down / horizon, 0, 1)[:, None, None]
        self.picture[:] = first + (last - first) * share

    def land(self, edge: np.ndarray, upper: str, lower: str) -> None:
        """Fill what lies below an edge, (size,) heights from 0 to 1 across the picture, with a gradient."""
        first, last = self.colour(upper), self.colour(lower)
        depth = self.down[:, None] - edge[None]
        cover = np.clip(depth * self.size + 0.5, 0, 1)[..., None]
        share = np.clip(depth / max(1e-3, 1 - float(edge.min())), 0, 1)[..., None]
        self.picture[:] = self.picture * (1 - cover) + (first + (last - first) * share) * cover

    def line(self, height: float, swing: float = 0.0, waves: int = 2) -> np.ndarray:
        """An edge: level, or with hills that swing by so much of the picture's height."""
        across = np.linspace(0, 2 * np.pi, self.size, dtype=np.float32)
        edge = np.full(self.size, height, np.float32)
        for k in range(1, waves + 1):
            edge += swing / k * np.sin(k * across * self.random.uniform(0.5, 1.2) + self.random.uniform(0, 6.3))
        return edge.astype(np.float32)

    def grain(self, below: float, strength: float, stretch: int = 1) -> None:
        """Uneven ground: soft noise in lightness below a height. ``stretch`` draws it out sideways, as on water."""
        cells = max(4, self.size // 4)
        noise = self.random.standard_normal((cells, max(2, cells // stretch))).astype(np.float32)
        noise = np.asarray(cv2.resize(noise, (self.size, self.size), interpolation=cv2.INTER_CUBIC), np.float32)
        cover = (self.down > below).astype(np.float32)[:, None]
        self.picture[:] = np.clip(self.picture + (strength * noise * cover)[..., None], 0, 1)

    def put(self, name: str, x: float, y: float, height: float, fade: float = 1.0) -> None:
        """Put scenery with its foot at (x, y), as high as a share of the picture. What lies outside is cut off."""
        edge = max(3, round(height * self.size))
        art = cv2.resize(self.scenery[name], (edge, edge), interpolation=cv2.INTER_AREA) * fade
        left, top = round(x * self.size - edge / 2), round(y * self.size - edge)
        x0, x1, y0, y1 = max(0, left), min(self.size, left + edge), max(0, top), min(self.size, top + edge)
        if x0 < x1 and y0 < y1:
            part = art[y0 - top : y1 - top, x0 - left : x1 - left]
            under = self.picture[y0:y1, x0:x1]
            under[:] = part[..., :3] + under * (1 - part[..., 3:])

    def row(self, name: str, y: float, height: tuple[float, float], count: tuple[int, int]) -> None:
        """Put some of one scenery here and there along a height."""
        for _ in range(int(self.random.integers(count[0], count[1] + 1))):
            self.put(name, self.level(0, 1), y + self.level(-0.01, 0.02), self.level(*height))

    def disc(self, x: float, y: float, radius: float, code: str, halo: float = 0.0) -> None:
        """A sun: a disc, and around it a glow that reaches ``halo`` radii."""
        rows, columns = np.mgrid[: self.size, : self.size].astype(np.float32) / self.size
        off = np.hypot(columns - x, rows - y)
        colour = self.colour(code)
        if halo:
            glow = (0.6 * np.exp(-((off / (radius * halo)) ** 2)))[..., None]
            self.picture[:] = self.picture * (1 - glow) + colour * glow
        cover = np.clip((radius - off) * self.size + 0.5, 0, 1)[..., None]
        self.picture[:] = self.picture * (1 - cover) + colour * cover

    def clouds(self, most: int) -> None:
        """At most so many clouds in the upper third."""
        for _ in range(int(self.random.integers(0, most + 1))):
            self.put("cloud", self.level(0, 1), self.level(0.12, 0.38), self.level(0.12, 0.3))

    def stars(self, count: int) -> None:
        """So many small stars over all the picture."""
        for _ in range(count):
            x, y = self.random.integers(0, self.size, 2)
            self.picture[y, x] = np.maximum(self.picture[y, x], self.level(0.5, 1.0))


@dataclass(frozen=True)
class Place:
    """One kind of place.

    Attributes:
        words: what a caption says after the thing, such as ``on a beach``.
        onto: paints one on an empty canvas.
        floats: whether things hang in the air there; elsewhere they stand on the ground and throw a shadow.
    """

    words: str
    onto: Callable[[_Canvas], None]
    floats: bool = False

    def paint(self, size: int, scenery: Scenery, random: np.random.Generator) -> np.ndarray:
        """Paint one: (size, size, 3) float32, sRGB-encoded, 0..1."""
        canvas = _Canvas(size, scenery, random)
        self.onto(canvas)
        return canvas.picture


def _beach(canvas: _Canvas) -> None:
    horizon = canvas.level(0.36, 0.5)
    canvas.sky("#5fb4ee", "#cdeaf8", horizon)
    canvas.clouds(2)
    canvas.land(canvas.line(horizon), "#2388b8", "#4cc3cc")
    canvas.land(canvas.line(horizon + canvas.level(0.1, 0.18), 0.015), "#f3e2b6", "#e2c283")
    canvas.grain(horizon + 0.2, 0.015)
    if canvas.random.random() < 0.7:
        canvas.put(
            "palm",
            canvas.random.choice([0.1, 0.88]) + canvas.level(-0.06, 0.06),
            horizon + 0.28,
            canvas.level(0.45, 0.65),
        )


def _sea(canvas: _Canvas) -> None:
    horizon = canvas.level(0.36, 0.5)
    canvas.sky("#6db9ef", "#d8eef9", horizon)
    canvas.clouds(3)
    canvas.land(canvas.line(horizon), "#2b7fb5", "#0f4f86")
    canvas.grain(horizon, 0.035, 6)


def _lake(canvas: _Canvas) -> None:
    horizon = canvas.level(0.34, 0.44)
    canvas.sky("#8cc6ee", "#e3f1f6", horizon)
    canvas.land(canvas.line(horizon - 0.1, 0.06), "#6d93ad", "#5c8599")
    canvas.land(canvas.line(horizon - 0.02, 0.015), "#4f9348", "#3b7a3a")
    canvas.row("fir", horizon + 0.01, (0.1, 0.2), (2, 6))
    canvas.land(canvas.line(horizon + 0.03), "#6fb3c9", "#3d86a8")
    canvas.grain(horizon + 0.04, 0.025, 6)


def _meadow(canvas: _Canvas) -> None:
    horizon = canvas.level(0.4, 0.54)
    canvas.sky("#6bb8f0", "#d9eefa", horizon)
    canvas.clouds(3)
    canvas.land(canvas.line(horizon - 0.04, 0.03), "#7cb35a", "#5f9c46")
    canvas.land(canvas.line(horizon + 0.04, 0.02), "#84c950", "#4d9a34")
    canvas.grain(horizon + 0.05, 0.02)
    canvas.row(str(canvas.random.choice(["flower", "tulip"])), canvas.level(0.75, 0.97), (0.07, 0.12), (2, 6))


def _forest(canvas: _Canvas) -> None:
    horizon = canvas.level(0.5, 0.6)
    canvas.sky("#a9cfae", "#d6e6c4", horizon)
    kind = str(canvas.random.choice(["fir", "tree"]))
    canvas.row(kind, horizon + 0.02, (0.25, 0.4), (5, 8))
    canvas.land(canvas.line(horizon, 0.01), "#4f8b3f", "#2f5f2c")
    canvas.grain(horizon + 0.02, 0.025)
    for x in (canvas.level(0.02, 0.14), canvas.level(0.86, 0.98)):
        canvas.put(kind, x, horizon + canvas.level(0.1, 0.2), canvas.level(0.55, 0.75))


def _snow(canvas: _Canvas) -> None:
    horizon = canvas.level(0.4, 0.55)
    canvas.sky("#a9cbe6", "#e8f1f8", horizon)
    canvas.row("fir", horizon + 0.03, (0.14, 0.3), (1, 5))
    canvas.land(canvas.line(horizon, 0.03), "#f5f9fd", "#d3e1ee")
    canvas.land(canvas.line(horizon + 0.12, 0.03), "#fbfdff", "#dce7f2")
    canvas.picture[:] = np.clip(canvas.picture, 0, 1)
    canvas.stars(int(canvas.random.integers(10, 50)))


def _desert(canvas: _Canvas) -> None:
    horizon = canvas.level(0.42, 0.55)
    canvas.sky("#79bdea", "#f6e6c8", horizon)
    canvas.land(canvas.line(horizon - 0.03, 0.05), "#d99a5b", "#c98548")
    canvas.land(canvas.line(horizon + 0.06, 0.03), "#ecb871", "#d2914d")
    canvas.grain(horizon + 0.08, 0.012, 3)
    canvas.row("cactus", horizon + canvas.level(0.08, 0.16), (0.16, 0.32), (1, 3))


def _night_sky(canvas: _Canvas) -> None:
    canvas.sky("#0a1030", "#27356e")
    canvas.stars(int(canvas.random.integers(25, 60)))
    if canvas.random.random() < 0.6:
        canvas.put("moon", canvas.level(0.12, 0.88), canvas.level(0.2, 0.34), canvas.level(0.12, 0.2))


def _sky(canvas: _Canvas) -> None:
    canvas.sky("#3d97e6", "#bfe2f7")
    for _ in range(int(canvas.random.integers(2, 6))):
        canvas.put("cloud", canvas.level(0, 1), canvas.level(0.15, 1.0), canvas.level(0.15, 0.36))


def _sunset(canvas: _Canvas) -> None:
    horizon = canvas.level(0.55, 0.66)
    canvas.sky("#4b3a7c", "#ff9a4a", horizon)
    canvas.disc(canvas.level(0.2, 0.8), horizon - canvas.level(0.0, 0.06), canvas.level(0.07, 0.11), "#ffe08a", 3.0)
    canvas.land(canvas.line(horizon, 0.02), "#5a3550", "#2a1c33")


def _road(canvas: _Canvas) -> None:
    horizon = canvas.level(0.42, 0.52)
    canvas.sky("#7fbdec", "#dfeef8", horizon)
    canvas.clouds(2)
    canvas.land(canvas.line(horizon, 0.02), "#8abf62", "#5f9a43")
    canvas.row("tree", horizon + 0.04, (0.12, 0.22), (1, 4))
    centre = canvas.level(0.42, 0.58)
    wide, far = canvas.level(0.42, 0.6), canvas.level(0.03, 0.07)
    depth = np.clip((canvas.down - horizon) / (1 - horizon), 0, 1)[:, None]
    across = np.abs(np.linspace(0, 1, canvas.size, dtype=np.float32)[None] - centre - (0.5 - centre) * depth)
    seen = (canvas.down > horizon)[:, None]
    for share, code in ((1.0, "#6d6f75"), (0.05, "#f3f0e4")):
        cover = np.clip((share * (far + (wide - far) * depth) - across) * canvas.size + 0.5, 0, 1) * seen
        if share < 1:
            cover = cover * (np.sin(np.sqrt(depth) * 22) > 0)
        canvas.picture[:] = canvas.picture * (1 - cover[..., None]) + canvas.colour(code) * cover[..., None]


def _table(canvas: _Canvas) -> None:
    edge = canvas.level(0.5, 0.64)
    wall = str(canvas.random.choice(["#e9dcc4", "#c8d6d2", "#b9c4d6", "#e3c9bd", "#d9d9d6"]))
    canvas.sky(wall, wall)
    canvas.land(canvas.line(edge), "#b07a48", "#8c5a30")
    canvas.grain(edge + 0.01, 0.03, 8)


PLACES = {
    "beach": Place("on a beach", _beach),
    "sea": Place("on the sea", _sea),
    "lake": Place("on a lake", _lake),
    "meadow": Place("on a meadow", _meadow),
    "forest": Place("in a forest", _forest),
    "snow": Place("in the snow", _snow),
    "desert": Place("in a desert", _desert),
    "night sky": Place("in the night sky", _night_sky, floats=True),
    "sky": Place("in the sky", _sky, floats=True),
    "sunset": Place("in front of a sunset", _sunset),
    "road": Place("on a road", _road),
    "table": Place("on a table", _table),
}
"""The places by name."""
