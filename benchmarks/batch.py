"""How fast ``reswd batch`` grades a folder of many pictures, whether it stays as fast to the end, and how much memory it takes.

    python -m benchmarks.batch [--files 2000] [--repeats 3] [--jobs 2] [--figure docs/batch.png]

JPEGs of 2 megapixels are made from the photographs of assets/ in a temporary folder (half a gigabyte for a thousand). Then
``reswd batch --series`` grades 1/8, 1/4, 1/2 and all of them. Memory is that of all its processes together (Linux only).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "assets" / "bridge-night.jpg"
SIZE = (1632, 1224)
EVERY = 0.25
"""Seconds between two readings of the processes' memory."""


@dataclass(frozen=True)
class Run:
    """One run of ``reswd batch``.

    Attributes:
        seconds: the time of the whole run.
        finished: for each picture the seconds from the start to its being written, in ascending order.
        peak_mib: peak memory of all processes together, MiB.
    """

    seconds: float
    finished: list[float]
    peak_mib: float

    def quarter(self, number: int) -> float:
        """Pictures a second in one quarter of the pictures, numbered 1 to 4."""
        size = len(self.finished) // 4
        times = self.finished[(number - 1) * size : number * size]
        return (len(times) - 1) / (times[-1] - times[0])


def make(folder: Path, first: int, count: int) -> None:
    """Write pictures ``first`` to ``first + count - 1``: crops of photographs in changing light, with grain."""
    import numpy as np
    from PIL import Image

    photographs = sorted((ROOT / "assets").glob("*.jpg"))
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        with Image.open(photographs[number % len(photographs)]) as opened:
            image = opened.convert("RGB")
        share = rng.uniform(0.7, 1.0)
        size = (int(image.width * share), int(image.height * share))
        left, top = rng.integers(0, image.width - size[0] + 1), rng.integers(0, image.height - size[1] + 1)
        box = (int(left), int(top), int(left) + size[0], int(top) + size[1])
        image = image.crop(box).resize(SIZE, Image.Resampling.BILINEAR)
        grain = rng.normal(0, 3, (SIZE[1] // 4, SIZE[0] // 4, 1))
        light = np.asarray(image, np.float32) * rng.uniform(0.8, 1.15, 3) + np.tile(grain, (4, 4, 1))
        Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(folder / f"{number:06d}.jpg", quality=90)


def run(source: Path, output: Path, jobs: int) -> Run:
    """Run one ``reswd batch`` and watch its memory from outside."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "studio", "batch", str(source), "--series", "--target", str(REFERENCE)]
    started_at = time.time()
    start = time.perf_counter()
    process = subprocess.Popen([*command, "-o", str(output), "--jobs", str(jobs)], stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory_mib(process.pid))
        time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    seconds = time.perf_counter() - start
    finished = sorted(place.stat().st_mtime - started_at for place in output.glob("*.jpg"))
    return Run(seconds, finished, peak)


def memory_mib(pid: int) -> float:
    """Resident memory of a process and all its descendants, with shared pages counted once (PSS), MiB."""
    total, todo = 0.0, [pid]
    while todo:
        one = todo.pop()
        try:
            todo += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except (OSError, ValueError):  # the process has just ended
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return total


def draw(runs: dict[int, Run], place: Path) -> None:
    """Draw the pictures done over time for the largest folder, and time and memory over the size of the folder."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    largest = runs[max(runs)]
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    left.plot(largest.finished, range(1, len(largest.finished) + 1), color="#333333")
    left.set(
        xlabel="seconds", ylabel="pictures done", title=f"{len(largest.finished)} pictures of 2 MP", xlim=0, ylim=0
    )
    middle.plot(list(runs), [one.seconds for one in runs.values()], "o-", color="#333333")
    middle.set(xlabel="pictures in the folder", ylabel="seconds", title="time", xlim=0, ylim=0)
    right.plot(list(runs), [one.peak_mib for one in runs.values()], "o-", color="#333333")
    right.set(xlabel="pictures in the folder", ylabel="MiB, all processes", title="peak memory", xlim=0)
    right.set_ylim(0, 1.15 * max(one.peak_mib for one in runs.values()))
    for axes in (left, middle, right):
        axes.grid(color="#dddddd")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(place, dpi=110)


def main() -> None:
    """Make the pictures, run the command on them and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=2000, help="pictures in the largest folder")
    parser.add_argument("--repeats", type=int, default=3, help="runs on the largest folder, of which the median counts")
    parser.add_argument("--jobs", type=int, default=2, help="processes of reswd batch")
    parser.add_argument("--figure", type=Path, help="draw the figure into this file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reswd-batch-") as name:
        folders = {asked.files // parts: Path(name) / str(parts) for parts in (8, 4, 2, 1)}
        for folder in folders.values():
            folder.mkdir()
        with ProcessPoolExecutor() as pool:
            list(pool.map(make, *zip(*[(folders[asked.files], n, 1) for n in range(asked.files)], strict=True)))
        for count, folder in folders.items():
            for number in range(count) if count != asked.files else ():
                (folder / f"{number:06d}.jpg").hardlink_to(folders[asked.files] / f"{number:06d}.jpg")
        output = Path(name) / "out"
        runs = {count: run(folder, output, asked.jobs) for count, folder in folders.items() if count != asked.files}
        repeats = [run(folders[asked.files], output, asked.jobs) for _ in range(asked.repeats)]
    runs[asked.files] = sorted(repeats, key=lambda one: one.seconds)[len(repeats) // 2]
    for count, one in runs.items():
        print(
            f"{count:6d} pictures: {one.seconds:7.1f} s, {count / one.seconds:5.1f} a second, peak {one.peak_mib:6.0f} MiB"
        )
    drift = [one.quarter(4) / one.quarter(2) for one in repeats]
    print(f"last quarter against the second, {len(repeats)} runs: {', '.join(f'{d:.3f}' for d in drift)}")
    speed, peak = median(asked.files / one.seconds for one in repeats), median(one.peak_mib for one in repeats)
    print(f"medians: {speed:.1f} pictures a second, drift {median(drift):.3f}, peak {peak:.0f} MiB")
    if asked.figure:
        draw(runs, asked.figure)


if __name__ == "__main__":
    main()
