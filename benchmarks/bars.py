"""Speed and memory against the project's bars, all measured here and now.

    python -m benchmarks.bars

Times are medians and are compared with fixed numbers of seconds, so run this on an idle machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from reswd_torch import match
from reswd_torch.threads import one_thread
from studio.jobs import MatchJob
from studio.references import PictureReference
from studio.service.match import run_match

_PEAK = "; from benchmarks.memory import peak_mib; print(peak_mib())"


def photograph(height: int, width: int, seed: int) -> np.ndarray:
    """A stand-in for a photograph: smooth colours with grain, (height, width, 3) uint8."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 230, (9, 16, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 4, (256, 256, 3)).astype(np.float32)
    tiles = (-(-height // 256), -(-width // 256), 1)
    return np.clip(smooth + np.tile(grain, tiles)[:height, :width], 0, 255).astype(np.uint8)


def timed(job: Callable[[], object], times: int) -> float:
    """Median seconds of ``times`` runs of a job, after one run that is not counted."""
    job()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def arrays_4k(**options: str) -> float:
    """Seconds of a whole ``match(a, b)`` of two 4K float arrays, on one thread of PyTorch."""
    a, b = (photograph(2160, 3840, seed).astype(np.float32) / 255 for seed in (0, 1))
    with one_thread():
        return timed(lambda: match(a, b, **options), 5)


def jpeg_4k(folder: Path) -> float:
    """Seconds from a 4K JPEG to a matched 4K JPEG, in a running process."""
    from PIL import Image

    paths = [folder / f"{seed}.jpg" for seed in (0, 1)]
    for seed, path in enumerate(paths):
        Image.fromarray(photograph(2160, 3840, seed)).save(path, quality=92)
    out = folder / "out.jpg"
    return timed(lambda: run_match(MatchJob(paths[0], PictureReference(paths[1]))).save_picture(out, overwrite=True), 5)


def help_seconds() -> float:
    """Seconds of ``reswd --help``, the start of Python included."""
    return timed(lambda: subprocess.run([sys.executable, "-m", "studio", "--help"], capture_output=True, check=True), 5)


def command_line(folder: Path, height: int, width: int, kind: str) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of one ``reswd match`` of a large picture, in a process of its own.

    Args:
        folder: where its files are written.
        height, width: of the picture.
        kind: ``"jpg"`` for 8 bits, ``"png"`` for 16.
    """
    from PIL import Image

    source, target = folder / f"large.{kind}", folder / "target.jpg"
    if kind == "jpg":
        Image.fromarray(photograph(height, width, 2)).save(source, quality=90)
    else:
        import cv2

        cv2.imwrite(str(source), photograph(height, width, 2).astype(np.uint16) * 257)
    Image.fromarray(photograph(1080, 1920, 3)).save(target)
    command = ["match", str(source), str(target), "-o", str(folder / f"out.{kind}"), "--overwrite"]
    code = "import sys; from studio.cli import app; app(sys.argv[1:], standalone_mode=False)" + _PEAK
    start = time.perf_counter()
    run = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, float(run.stdout.split()[-1])


def main() -> None:
    """Print a line for each bar."""
    print(f"{os.cpu_count()} cores, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _line("match() by statistics, two 4K float arrays", arrays_4k(aim="colours", scene="different"), "s", 0.15)
        _line("match() with everything on, two 4K float arrays", arrays_4k(), "s", None)
        _line("4K JPEG to 4K JPEG in a running process", jpeg_4k(folder), "s", 0.5)
        _line("reswd --help", help_seconds(), "s", 0.5)
        seconds, peak = command_line(folder, 4000, 6000, "jpg")
        _line(f"24 MP JPEG on the command line ({seconds:.1f} s), peak memory", peak, "MiB", 1536)
        seconds, peak = command_line(folder, 4000, 6000, "png")
        _line(f"24 MP 16-bit PNG on the command line ({seconds:.1f} s), peak memory", peak, "MiB", 1536)
        seconds, peak = command_line(folder, 8660, 11547, "jpg")
        _line(f"100 MP JPEG on the command line ({seconds:.1f} s), peak memory", peak, "MiB", None)


def _line(what: str, value: float, unit: str, bar: float | None) -> None:
    verdict = "" if bar is None else f"  (bar {bar:g} {unit}: {'met' if value <= bar else 'MISSED'})"
    print(f"{what}: {value:.3g} {unit}{verdict}", flush=True)


if __name__ == "__main__":
    main()
