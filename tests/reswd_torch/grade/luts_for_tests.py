"""Generated .cube files of every structure, and what OpenColorIO, or float64 where it stops, makes of colours by them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio

LEGAL = (876 / 1023, 64 / 1023)
"""Factor and summand that take full range to video range: 0..1 to 64..940 of 1023."""
LARGEST_OF_OPENCOLORIO = 129


@dataclass
class Made:
    """One generated LUT.

    Attributes:
        path: of the .cube that is to be read.
        expected: takes colours (N, 3) float32, gives what is right, (N, 3), not clipped.
        words: what it is.
    """

    path: Path
    expected: Callable[[np.ndarray], np.ndarray]
    words: str


def made(folder: Path, seed: int, size: int | None = None) -> Made:
    """The LUT of a seed: 1-D, 3-D or both; smooth or noise; with domains, ranges, video keywords, values outside 0..1.

    Args:
        folder: where to write it.
        seed: decides everything.
        size: of the lattice, for a LUT that has to have one of this size.
    """
    rng = np.random.default_rng(seed)
    kind = "3-D" if size else ["3-D", "3-D", "1-D", "both"][seed % 4]
    curve_size = int(rng.choice([2, 3, 17, 256, 1024, 4096, 65536])) if kind != "3-D" else 0
    lattice_size = 0 if kind == "1-D" else size or int(rng.choice([2, 3, 4, 9, 16, 17, 32, 33, 40]))
    spread = (1.0, 0.0, "") if rng.random() < 0.4 else _beyond(rng)
    head, notes = [], [spread[2]]
    if curve_size:
        head.append(f"LUT_1D_SIZE {curve_size}")
    if lattice_size:
        head.append(f"LUT_3D_SIZE {lattice_size}")
    head += _ranges(rng, kind)
    parts = []
    if curve_size:
        parts.append(_curve(rng, curve_size, (1.0, 0.0, "") if lattice_size else spread, noise=not lattice_size))
    if lattice_size:
        parts.append(_lattice(rng, lattice_size, spread))
    video = [word for word in ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE") if rng.random() < 0.2]
    body = _text(np.concatenate(parts), decimals=int(rng.choice([6, 7, 10])))
    path, plain = folder / f"{seed}.cube", folder / f"{seed}-plain.cube"
    path.write_text("\n".join(['TITLE "made"', *head, *video]) + "\n" + body)
    if lattice_size > LARGEST_OF_OPENCOLORIO:
        expected = _by_float64(head, parts[0], lattice_size, video)
    else:
        plain.write_text("\n".join(head) + "\n" + body)
        expected = by_opencolorio(plain, video)
    words = f"seed {seed}: {' '.join([*head, *video, *notes])}"
    return Made(path, expected, words)


def by_opencolorio(path: Path, video: Collection[str] = ()) -> Callable[[np.ndarray], np.ndarray]:
    """The file as OpenColorIO reads and applies it: in float32, with nothing approximated, tetrahedral or linear.

    OpenColorIO refuses the keywords of video ranges, so that the file has none, and their scales are matrices around it.
    """
    ocio.ClearAllCaches()
    group = ocio.GroupTransform([ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_BEST)])
    factor, summand = LEGAL
    to_video = ocio.MatrixTransform(matrix=np.diag([factor] * 3 + [1]).ravel().tolist(), offset=[summand] * 3 + [0])
    if "LUT_IN_VIDEO_RANGE" in video:
        group.prependTransform(to_video)
    if "LUT_OUT_VIDEO_RANGE" in video:
        back = ocio.MatrixTransform(matrix=to_video.getMatrix(), offset=to_video.getOffset())
        back.setDirection(ocio.TRANSFORM_DIR_INVERSE)
        group.appendTransform(back)
    processor = ocio.Config.CreateRaw().getProcessor(group)
    compiled = processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)

    def grade(colours: np.ndarray) -> np.ndarray:
        out = colours.astype(np.float32).copy()
        compiled.applyRGB(out)
        return out

    return grade


def tetrahedral(values: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Tetrahedral interpolation in float64, tetrahedron by tetrahedron, written for this test alone.

    Args:
        values: (N, N, N, 3), ``values[r, g, b]``.
        colours: (M, 3), clamped to 0..1.
    """
    size = len(values)
    place = colours.astype(np.float64).clip(0, 1) * (size - 1)
    low = np.minimum(place.astype(int), size - 2)
    r, g, b = (place - low).T
    corner = {}
    for name in ("000", "100", "010", "001", "110", "101", "011", "111"):
        at = low + [int(each) for each in name]
        corner[name] = values[at[:, 0], at[:, 1], at[:, 2]].astype(np.float64)
    out = np.empty_like(place)
    for first, second, path in (
        ((r >= g) & (g >= b), (r, g, b), ("100", "110")),
        ((r >= b) & (b > g), (r, b, g), ("100", "101")),
        ((b > r) & (r >= g), (b, r, g), ("001", "101")),
        ((g > r) & (r >= b), (g, r, b), ("010", "110")),
        ((g >= b) & (b > r), (g, b, r), ("010", "011")),
        ((b > g) & (g > r), (b, g, r), ("001", "011")),
    ):
        most, middle, least = (each[first, None] for each in second)
        here = [corner[name][first] for name in ("000", *path, "111")]
        out[first] = here[0] * (1 - most) + here[1] * (most - middle) + here[2] * (middle - least) + here[3] * least
    return out


def _by_float64(
    head: list[str], rows: np.ndarray, size: int, video: Collection[str]
) -> Callable[[np.ndarray], np.ndarray]:
    values = rows.reshape(size, size, size, 3).transpose(2, 1, 0, 3)
    low, high = np.zeros(3), np.ones(3)
    for line in head:
        keyword, *numbers = line.split()
        if keyword.startswith("DOMAIN"):
            (low if keyword == "DOMAIN_MIN" else high)[:] = np.array(numbers, np.float32)
        elif keyword == "LUT_3D_INPUT_RANGE":
            low[:], high[:] = np.array(numbers, np.float32)
    factor, summand = LEGAL

    def grade(colours: np.ndarray) -> np.ndarray:
        colours = colours.astype(np.float64)
        if "LUT_IN_VIDEO_RANGE" in video:
            colours = colours * factor + summand
        graded = tetrahedral(values, (colours - low) / (high - low))
        return (graded - summand) / factor if "LUT_OUT_VIDEO_RANGE" in video else graded

    return grade


def _beyond(rng: np.random.Generator) -> tuple[float, float, str]:
    """Factor and summand on the values of the last table."""
    choices = [(2.0, 0.0, "+1 stop"), (1 / LEGAL[0], -LEGAL[1] / LEGAL[0], "legal to full"), (1.4, -0.2, "wide")]
    return choices[rng.integers(len(choices))]


def _ranges(rng: np.random.Generator, kind: str) -> list[str]:
    if kind == "both":
        ranges = []
        if rng.random() < 0.6:
            ranges.append(f"LUT_1D_INPUT_RANGE {rng.uniform(-0.3, 0.1):.4f} {rng.uniform(0.8, 2):.4f}")
        if rng.random() < 0.6:
            ranges.append(f"LUT_3D_INPUT_RANGE {rng.uniform(-0.2, 0.1):.4f} {rng.uniform(0.8, 1.3):.4f}")
        return ranges
    drawn = rng.random()
    if drawn < 0.35:
        least, most = rng.uniform(-0.4, 0.2, 3), rng.uniform(0.7, 3, 3)
        return [f"DOMAIN_{name} {_digits(each)}" for name, each in (("MIN", least), ("MAX", most))]
    if drawn < 0.6:
        return [f"LUT_{kind[0]}D_INPUT_RANGE {rng.uniform(-0.3, 0.1):.4f} {rng.uniform(0.8, 2):.4f}"]
    return []


def _curve(rng: np.random.Generator, size: int, spread: tuple[float, float, str], *, noise: bool) -> np.ndarray:
    """Powers, or noise where the table is short: noise of a long one, or in front of a lattice, has no right value in float32."""
    ramp = np.linspace(0, 1, size)[:, None]
    noise = (noise or size <= 17) and size <= 256 and rng.random() < 0.4
    values = rng.random((size, 3)) if noise else ramp ** rng.uniform(0.4, 2.6, 3)
    return values * spread[0] + spread[1]


def _lattice(rng: np.random.Generator, size: int, spread: tuple[float, float, str]) -> np.ndarray:
    if size > LARGEST_OF_OPENCOLORIO:
        kinds = rng.random((500, 3)).round(6)  # noise, of 500 colours
        values = kinds[rng.integers(len(kinds), size=size**3)]
    elif size <= 33 and rng.random() < 0.5:
        values = rng.random((size**3, 3))
    else:
        b, g, r = np.meshgrid(*[np.linspace(0, 1, size)] * 3, indexing="ij")
        values = np.stack((r**0.7 * 0.9 + 0.1 * g, 0.2 * b + 0.8 * g**1.4, b * r), -1).reshape(-1, 3)
    return values * spread[0] + spread[1]


def _text(rows: np.ndarray, decimals: int) -> str:
    """Rows as text, quickly also where millions of them are few different ones."""
    if len(rows) < 1 << 20:
        return "".join(f"{r:.{decimals}f} {g:.{decimals}f} {b:.{decimals}f}\n" for r, g, b in rows)
    different, which = np.unique(np.ascontiguousarray(rows).view("V24").ravel(), return_inverse=True)
    lines = _text(different.view(np.float64).reshape(-1, 3), decimals).splitlines(keepends=True)
    return "".join(map(lines.__getitem__, which.tolist()))


def _digits(numbers: np.ndarray) -> str:
    return " ".join(f"{number:.4f}" for number in numbers)
