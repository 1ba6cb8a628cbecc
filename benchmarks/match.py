"""Every matching method beside color-matcher: the distance that remains, dE2000 where the truth is known, time and memory.

    python -m benchmarks.match                            photographs of assets/
    python -m benchmarks.match --frames DIR               also frames with colour-checker patches (NAME-Illum1.jpg, ...)

color-matcher runs if it is installed (pip install color-matcher); it is no dependency. Fits run on one thread, so that their
times can be compared. The whole time is that of a match in this process and includes reading and writing the files.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median

import numpy as np
import torch

from reswd_torch import MatchSettings, color_distance
from reswd_torch.matching import fit_samples, sample_pixels
from studio.jobs import MatchJob
from studio.media.images import read_picture, read_reduced
from studio.references import PictureReference
from studio.service.match import run_match

ASSETS = Path(__file__).resolve().parent.parent / "assets"
OURS: dict[str, dict[str, str]] = {
    "fast (default)": {},
    "fast, look": {"aim": "look"},
    "fast, colours": {"aim": "colours"},
    "fast, colours, scene different": {"aim": "colours", "scene": "different"},
    "fast, colours, lut": {"aim": "colours", "transform": "lut"},
    "reswd": {"method": "reswd"},
    "reinhard": {"method": "reinhard"},
    "mkl": {"method": "mkl"},
    "histogram": {"method": "histogram"},
}
PEERS = ("reinhard", "mkl", "hm", "hm-mkl-hm")
PEER_ROWS = 540
"""Height of the frames that color-matcher gets. It works on whole frames; its figures in the literature are at this size."""


@dataclass(frozen=True)
class Row:
    """What was measured of one method on one pair.

    Attributes:
        residual: sliced Wasserstein distance after the match, CIE Lab units.
        delta_e: mean dE2000 of the patches; None where there are none.
        fit: seconds of the fit alone.
        whole: seconds from file to file; None for a peer, which only works on arrays.
    """

    residual: float
    delta_e: float | None
    fit: float
    whole: float | None


@dataclass(frozen=True)
class Pair:
    """Two pictures, and, where they are known, the colours of the patches in each: (n, 3), sRGB-encoded, 0..1."""

    source: Path
    target: Path
    patches: tuple[np.ndarray, np.ndarray] | None = None


def asset_pairs() -> list[Pair]:
    """The benchmark pairs among the photographs of assets/."""
    pairs = json.loads((ASSETS / "examples.json").read_text())["benchmark"]
    return [Pair(ASSETS / source, ASSETS / target) for source, target in pairs]


def frame_pairs(folder: Path) -> list[Pair]:
    """Both directions of every scene in a folder of NAME-Illum1.jpg, NAME-Illum2.jpg and their patches (.npy)."""
    pairs = []
    for first in sorted(folder.glob("*-Illum1.jpg")):
        scene = first.name.removesuffix("-Illum1.jpg")
        frames = [folder / f"{scene}-Illum{light}.jpg" for light in (1, 2)]
        patches = [np.load(next(folder.glob(f"{frame.stem}_*.npy"))).reshape(-1, 3) for frame in frames]
        for a, b in ((0, 1), (1, 0)):
            pairs.append(Pair(frames[a], frames[b], (patches[a], patches[b])))
    return pairs


def ours(pair: Pair, options: dict[str, str], device: str) -> Row:
    """Measure one of our methods: up to three fits of the samples, and one match from file to file.

    Args:
        pair: the pictures.
        options: match settings by name.
        device: where the fit runs.
    """
    settings = MatchSettings(**options, device=device)  # type: ignore[arg-type]
    source = read_picture(pair.source)
    target = read_reduced(pair.target, whole_if=source.full_size)  # as files are read for a match
    looks = settings.looks_for_scene
    samples = [
        sample_pixels(picture.pixels, settings.samples, settings.seed, with_thumbnail=looks)
        for picture in (source, target)
    ]
    times = []
    for _ in range(3):
        fresh = [  # without the features that the last fit has left there
            each if each.thumbnail is None else replace(each, thumbnail=replace(each.thumbnail)) for each in samples
        ]
        start = time.perf_counter()
        grade = fit_samples(fresh[0], fresh[1], settings)
        times.append(time.perf_counter() - start)
        if times[0] > 0.5:  # slow enough for one fit to be timed well
            break
    assert grade.report is not None
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run_match(MatchJob(pair.source, PictureReference(pair.target), settings=settings)).save_picture(
            Path(folder) / "out.jpg"
        )
        whole = time.perf_counter() - start
    error = None if pair.patches is None else delta_e(grade.apply(pair.patches[0].astype(np.float32)), pair.patches[1])
    return Row(grade.report.distance_after, error, median(times), whole)


def by_peer(source: np.ndarray, target: np.ndarray, method: str) -> np.ndarray:
    """color-matcher's match of two frames (H, W, 3), float, 0..255, as is its result. What it prints is dropped."""
    from color_matcher import ColorMatcher

    with contextlib.redirect_stdout(io.StringIO()):
        return np.clip(ColorMatcher().transfer(src=source, ref=target, method=method), 0, 255)


def peer(pair: Pair, method: str) -> Row:
    """Measure one of color-matcher's methods on frames of 540 rows.

    The patches are appended to the source as one more row of pixels, too few to change the match.
    """
    source, target = (reduced(path) for path in (pair.source, pair.target))
    if pair.patches is not None:
        row = np.resize(pair.patches[0] * 255, (1, source.shape[1], 3))
        source = np.concatenate((source, row))
    start = time.perf_counter()
    result = by_peer(source, target, method) / 255
    seconds = time.perf_counter() - start
    error = None
    if pair.patches is not None:
        error = delta_e(result[-1, : len(pair.patches[0])], pair.patches[1])
        result = result[:-1]
    held_out = [sample_pixels(part.astype(np.float32), 2048, 0).held_out for part in (result, target / 255)]
    return Row(color_distance(*held_out), error, seconds, None)


def delta_e(colors: np.ndarray, truth: np.ndarray) -> float:
    """Mean CIEDE2000 between two lists of sRGB-encoded colours (n, 3), 0..1, as colour-science computes it."""
    import colour

    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    first, second = (colour.XYZ_to_Lab(colour.sRGB_to_XYZ(np.clip(c, 0, 1)), white) for c in (colors, truth))
    return float(np.mean(colour.delta_E(first, second, method="CIE 2000")))


def peak_memory(pair: Pair, options: dict[str, str]) -> float:
    """Peak resident memory of one ``reswd match`` in a process of its own, MiB."""
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    with tempfile.TemporaryDirectory() as folder:
        command = ["match", str(pair.source), str(pair.target), "-o", f"{folder}/out.jpg", *flags]
        code = (
            "import sys; from studio.cli import app; app(sys.argv[1:], standalone_mode=False); "
            "from benchmarks.memory import peak_mib; print(peak_mib())"
        )
        run = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def table(title: str, pairs: list[Pair], device: str) -> None:
    """Print one table: a row for each method, with means over the pairs."""
    print(f"\n## {title}: {len(pairs)} pairs, {device}\n")
    with_truth = pairs[0].patches is not None
    print("| method | residual SWD |" + (" dE2000 |" if with_truth else "") + " fit, s | whole, s | peak MiB |")
    print("|---|---|" + ("---|" if with_truth else "") + "---|---|---|")
    before = mean(_distance(pair) for pair in pairs)
    unmatched = f" {mean(delta_e(*p.patches) for p in pairs if p.patches is not None):.2f} |" if with_truth else ""
    print(f"| nothing done | {before:.2f} |{unmatched} | | |")
    for name, options in OURS.items():
        rows = [ours(pair, options, device) for pair in pairs]
        memory = f"{peak_memory(pairs[0], options | {'device': device}):.0f}"
        _line(name, rows, with_truth, memory)
    if installed("color_matcher"):
        for name in PEERS:
            _line(f"color-matcher {name}", [peer(pair, name) for pair in pairs], with_truth, "")
    else:
        print("\ncolor-matcher is not installed here: pip install color-matcher to see it in this table")


def _line(name: str, rows: list[Row], with_truth: bool, memory: str) -> None:
    errors = f" {mean(row.delta_e for row in rows if row.delta_e is not None):.2f} |" if with_truth else ""
    wholes = [row.whole for row in rows if row.whole is not None]
    whole = f"{median(wholes):.2f}" if wholes else ""
    fits = median(row.fit for row in rows)
    print(
        f"| {name} | {mean(row.residual for row in rows):.2f} |{errors} {fits:.3f} | {whole} | {memory} |", flush=True
    )


def _distance(pair: Pair) -> float:
    samples = [sample_pixels(read_reduced(path).pixels, 2048, 0).held_out for path in (pair.source, pair.target)]
    return color_distance(*samples)


def reduced(path: Path) -> np.ndarray:
    """A picture as color-matcher gets it: (rows, columns, 3), float, 0..255, of at most ``PEER_ROWS`` rows."""
    from PIL import Image

    with Image.open(path) as opened:
        picture = opened.convert("RGB")
        rows = min(PEER_ROWS, picture.height)
        return np.asarray(
            picture.resize((round(picture.width * rows / picture.height), rows), Image.Resampling.BOX)
        ).astype(float)


def installed(module: str) -> bool:
    """Whether a module can be imported."""
    from importlib.util import find_spec

    return find_spec(module) is not None


def _machine() -> str:
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {card}, torch {torch.__version__}"


def main(argv: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path, help="folder of frames and their patches")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    print(_machine())
    devices: list[str] = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    runs: list[tuple[str, Callable[[], list[Pair]]]] = [("Photographs of assets/", asset_pairs)]
    if arguments.frames is not None:
        runs.append(("Frames with patches", lambda: frame_pairs(arguments.frames)))
    for device in devices:
        for title, pairs in runs:
            table(title, pairs(), device)


if __name__ == "__main__":
    main()
