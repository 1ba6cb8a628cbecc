"""How long every stage of a match takes beside its floor, beside color-matcher and beside OpenColorIO, and how time grows.

    python -m benchmarks.speed [--growth] [--times 5]

The floor of a stage is the time in which this machine copies as many bytes as the stage has to read and write; the speed of
copies is measured in the same run. Fits run on one thread, everything else on all cores. Times are medians. Run this on an idle
machine, and look at the ratios: they change less from machine to machine than the times do.

What is judged by a ratio is measured once more by itself: a match with everything on beside OpenColorIO's pass over one frame,
the fit of a LUT beside that of ten numbers, and our CDL beside OpenColorIO's on all cores. The two take turns in one loop, so
that whatever else the machine does slows both down alike, and the median of the ratios of neighbouring runs counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from benchmarks.bars import command_line, photograph, timed
from benchmarks.match import ASSETS, by_peer, installed
from benchmarks.opencolorio import CORES, Processor, of_grade
from reswd_torch import Cdl, Grade, Lut3D, MatchSettings, match
from reswd_torch.grade.routes import by_kernel
from reswd_torch.matching import fit_samples, sample_pixels
from reswd_torch.threads import allowed, one_thread
from studio.jobs import MatchJob
from studio.media.images import read_picture, read_reduced, write_picture
from studio.references import PictureReference
from studio.service.match import run_match
from studio.service.render import render

HEIGHT, WIDTH = 2160, 3840
CDL = Cdl((1.1, 0.9, 0.8), (0.02, 0.0, -0.01), (1.1, 0.95, 1.05), 1.1)
STATISTICS = MatchSettings(aim="colours", scene="different")
MEGAPIXELS = (1, 4, 12, 25, 50, 100)
PAIRS_A_TIME = 3
"""Pairs of runs beside OpenColorIO for each of ``--times``: ratios scatter more than medians of times do."""


class Stage(NamedTuple):
    """One row of the table."""

    name: str
    job: Callable[[], object]
    moved: int | None = None
    """Bytes that the stage has to read and write; None where that says nothing about its time."""


@dataclass(frozen=True)
class Pictures:
    """A pair of 4K pictures: source and reference.

    Attributes:
        frames: each (H, W, 3) uint8.
        floats: the same as float32, 0..1.
        paths: the same as JPEG files.
    """

    frames: list[np.ndarray]
    floats: list[np.ndarray]
    paths: list[Path]

    @property
    def frame_bytes(self) -> int:
        """Size of one decoded picture."""
        return self.frames[0].nbytes

    @property
    def file_bytes(self) -> int:
        """Size of the source's file."""
        return self.paths[0].stat().st_size


def made_pictures(folder: Path) -> Pictures:
    """Make the pair, its files in a folder."""
    frames = [photograph(HEIGHT, WIDTH, seed) for seed in (0, 1)]
    floats = [frame.astype(np.float32) / 255 for frame in frames]
    paths = [folder / f"{seed}.jpg" for seed in (0, 1)]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path, quality=92)
    return Pictures(frames, floats, paths)


def copy_speed() -> float:
    """Bytes per second of a copy that does not fit into the caches: bytes read and bytes written both count."""
    source = np.random.default_rng(0).integers(0, 255, 200_000_000, dtype=np.uint8)
    target = np.empty_like(source)
    return 2 * source.nbytes / timed(lambda: np.copyto(target, source), 5)


def alone(job: Callable[[], object]) -> Callable[[], object]:
    """The job, with PyTorch on one thread."""

    def run() -> object:
        with one_thread():
            return job()

    return run


def fitting_stages(pictures: Pictures) -> Iterator[Stage]:
    """From two files to a grade."""
    frames, floats, paths = pictures.frames, pictures.floats, pictures.paths
    frame, file = pictures.frame_bytes, pictures.file_bytes
    samples = [sample_pixels(each, 2048, 0) for each in frames]
    yield Stage("read the source, JPEG", lambda: read_picture(paths[0]), file + frame)
    yield Stage("read the reference, reduced", lambda: read_reduced(paths[1]), file + frame // 4)
    yield Stage("sample 8 bits", lambda: sample_pixels(frames[0], 2048, 0))
    yield Stage("fit, statistics (one thread)", alone(lambda: fit_samples(samples[0], samples[1], STATISTICS)))
    yield Stage(
        "match() of two float frames, statistics (one thread)", alone(lambda: match(*floats, settings=STATISTICS))
    )
    yield Stage("match() of two float frames, auto (one thread)", alone(lambda: match(*floats)))


def grading_stages(pictures: Pictures, pool: ThreadPoolExecutor) -> Iterator[Stage]:
    """A CDL and a LUT, on 8 bits and on floats, by us and by OpenColorIO."""
    frame, floats = pictures.frames[0], pictures.floats[0]
    tensor = torch.from_numpy(floats)
    out = np.empty_like(frame)
    lattice = Lut3D.sample(CDL.apply)
    cdl, lut = Grade(CDL), Grade(lattice)
    by_cdl, by_lut = of_grade(cdl), of_grade(lut)
    eight, single = 2 * pictures.frame_bytes, 8 * pictures.frame_bytes
    yield Stage("apply a CDL, 8 bits", lambda: render(frame, cdl), eight)
    yield Stage("the same by OpenColorIO, one core", lambda: by_cdl.apply(frame, out), eight)
    yield Stage("the same by OpenColorIO, all cores", lambda: by_cdl.apply(frame, out, pool), eight)
    yield Stage("apply a CDL, floats (Grade.apply)", lambda: cdl.apply(floats), single)
    yield Stage("the same by the plain path", lambda: CDL._plain(tensor), single)
    yield Stage("apply a LUT, floats (Grade.apply)", lambda: lut.apply(floats), single)
    yield Stage("the same by the plain path", lambda: lattice._plain(tensor), single)
    yield Stage("apply a LUT, 8 bits", lambda: render(frame, lut), eight)
    yield Stage("the same by OpenColorIO, one core", lambda: by_lut.apply(frame, out), eight)


def whole_stages(pictures: Pictures, folder: Path) -> Iterator[Stage]:
    """From a graded frame, or from two files, to a file."""
    paths, frames = pictures.paths, pictures.frames
    picture = read_picture(paths[0])
    out = folder / "o.jpg"
    yield Stage(
        "write the result, JPEG",
        lambda: write_picture(out, picture, frames[0], overwrite=True),
        pictures.file_bytes + pictures.frame_bytes,
    )
    yield Stage("whole job, JPEG to JPEG, statistics", lambda: _job(paths, folder, STATISTICS))
    yield Stage("whole job, JPEG to JPEG, auto", lambda: _job(paths, folder, MatchSettings()))
    if installed("color_matcher"):
        name = "color-matcher mkl, decoded frame to graded frame"
        yield Stage(name, lambda: by_peer(frames[0], frames[1], "mkl"), 2 * pictures.frame_bytes)


def _job(paths: list[Path], folder: Path, settings: MatchSettings) -> Path:
    return run_match(MatchJob(paths[0], PictureReference(paths[1]), settings=settings)).save_picture(
        folder / "out.jpg", overwrite=True
    )


def stages(folder: Path, times: int, speed: float) -> None:
    """Print the table of one 4K pair, and how exact the two 8-bit CDLs are."""
    pictures = made_pictures(folder)
    print(f"\n## 4K, {os.cpu_count()} cores, torch {torch.__version__}, copies at {speed / 1e9:.1f} GB/s\n")
    print("| stage | ms | floor, ms | times the floor |\n|---|---|---|---|")
    with ThreadPoolExecutor(CORES) as pool:
        for measured in (fitting_stages(pictures), grading_stages(pictures, pool), whole_stages(pictures, folder)):
            for name, job, moved in measured:
                seconds = timed(job, times)
                least = "" if moved is None else f"{1000 * moved / speed:.1f}"
                ratio = "" if moved is None else f"{seconds * speed / moved:.1f}"
                print(f"| {name} | {1000 * seconds:.1f} | {least} | {ratio} |", flush=True)
    exactness(pictures)


def exactness(pictures: Pictures) -> None:
    """Print how far the CDL on 8 bits, ours and OpenColorIO's, is from the float path rounded once."""
    cdl, frame = Grade(CDL), pictures.frames[0]
    exact = np.rint(cdl.apply(pictures.floats[0]) * 255).astype(int)
    theirs = np.empty_like(frame)
    of_grade(cdl).apply(frame, theirs)
    for name, graded in (("ours", render(frame, cdl)), ("OpenColorIO", theirs)):
        off = np.abs(graded.astype(int) - exact)
        print(
            f"\nCDL, 8 bits, {name}: at most {off.max()} code value from the float path, {(off > 0).any(-1).mean():.4%} of pixels"
        )


class Paired(NamedTuple):
    """Two jobs that took turns: the median seconds of each, and the median of the ratios of neighbouring runs."""

    first: float
    second: float
    ratio: float


def paired(first: Callable[[], object], second: Callable[[], object], pairs: int) -> Paired:
    """Time two jobs in turns, after one run of each that is not counted; every other pair starts with the second job."""
    jobs = (first, second)
    seconds: tuple[list[float], list[float]] = ([], [])
    for job in jobs:
        job()
    for number in range(pairs):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            start = time.perf_counter()
            jobs[which]()
            seconds[which].append(time.perf_counter() - start)
    return Paired(median(seconds[0]), median(seconds[1]), median(a / b for a, b in zip(*seconds, strict=True)))


def enlarged(name: str, left: int, top: int) -> np.ndarray:
    """A 4K frame of a photograph of ``assets/``, (HEIGHT, WIDTH, 3) uint8, cut out of a somewhat larger enlargement."""
    with Image.open(ASSETS / name) as picture:
        larger = ImageOps.fit(picture.convert("RGB"), (WIDTH + 160, HEIGHT + 90), Image.Resampling.LANCZOS)
    return np.asarray(larger)[top : top + HEIGHT, left : left + WIDTH].copy()


def aims(pairs: int) -> None:
    """Print what a match with everything on costs, beside one pass of OpenColorIO, and what a LUT costs beside ten numbers."""
    frame = enlarged("mountain-path-noon.jpg", 0, 0)
    again = render(enlarged("mountain-path-noon.jpg", 160, 90), Grade(CDL))
    other = enlarged("bridge-night.jpg", 0, 0)
    floats = [each.astype(np.float32) / 255 for each in (frame, again, other)]
    samples = [sample_pixels(each, 2048, 0, with_thumbnail=True) for each in (frame, again, other)]
    by_theirs = partial(of_grade(Grade(CDL)).apply, frame, np.empty_like(frame))

    def fit(reference: int, **settings: Any) -> Callable[[], object]:
        return alone(lambda: fit_samples(samples[0], samples[reference], MatchSettings(**settings)))

    ten = {"transform": "cdl"}
    rows = [
        ("match() of one scene", "OpenColorIO", lambda: match(floats[0], floats[1]), by_theirs),
        ("match() of unrelated ones", "OpenColorIO", lambda: match(floats[0], floats[2]), by_theirs),
        ("the same, as ten numbers", "OpenColorIO", lambda: match(floats[0], floats[2], **ten), by_theirs),
        ("fit of a scene, LUT", "the same, ten numbers", fit(1), fit(1, **ten)),
        ("fit of a mood, LUT", "the same, ten numbers", fit(2, scene="different"), fit(2, scene="different", **ten)),
        (
            "fit of a mood, LUT",
            "fit of statistics, ten numbers",
            fit(2, scene="different"),
            fit(2, scene="different", aim="colours", **ten),
        ),
    ]
    print("\n## A match of two 4K frames with everything on\n")
    print("OpenColorIO: one pass of a CDL over one of the frames, 8 bits, one core.\n")
    print("| what | beside | ms | ms | ratio |\n|---|---|---|---|---|")
    for what, beside, first, second in rows:
        found = paired(first, second, pairs)
        print(
            f"| {what} | {beside} | {1000 * found.first:.0f} | {1000 * found.second:.0f} | {found.ratio:.2f} |",
            flush=True,
        )


def beside_opencolorio(pairs: int) -> None:
    """Print how long our CDL on a 4K frame takes over OpenColorIO's on all cores, with and without a saturation step."""
    eight = photograph(HEIGHT, WIDTH, 0)
    fine = np.random.default_rng(0).integers(0, 256, eight.shape, np.uint16)
    sixteen = (eight.astype(np.uint16) << 8) | fine  # all 65,536 values occur, as in a photograph of 16 bits
    print("\n## A CDL on a 4K frame, ours over OpenColorIO's\n")
    print(f"Ours on {min(8, allowed())} threads, OpenColorIO on {CORES}, {pairs} pairs of runs in turns.\n")
    print("| frame | saturation | ours, ms | OpenColorIO, ms | ours over OpenColorIO's |\n|---|---|---|---|---|")
    with ThreadPoolExecutor(CORES) as pool:
        for frame, bits, dtype in ((eight, 8, np.uint8), (sixteen, 16, np.uint16)):
            for saturation in (CDL.saturation, 1.0):
                cdl = replace(CDL, saturation=saturation)
                theirs = partial(Processor(cdl, dtype).apply, frame, np.empty_like(frame), pool)
                found = paired(partial(render, frame, Grade(cdl)), theirs, pairs)
                print(
                    f"| {bits} bits | {saturation:g} | {1000 * found.first:.1f} | {1000 * found.second:.1f} | "
                    f"{found.ratio:.2f} |",
                    flush=True,
                )


def card(times: int) -> None:
    """Print the float frame on a CUDA device: the kernels beside the plain path and beside a copy of the frame there."""
    frame = torch.rand(HEIGHT, WIDTH, 3, device="cuda")
    large = torch.empty(1 << 28, device="cuda")
    other = torch.empty_like(large)

    def each(job: Callable[[], object]) -> float:
        """Seconds of one of twenty runs that are queued together, so that waiting for the device is not counted."""

        def queued() -> None:
            for _ in range(20):
                job()
            torch.cuda.synchronize()

        return timed(queued, times) / 20

    speed = 2 * large.nbytes / each(lambda: other.copy_(large))
    floor = 2 * frame.nbytes / speed
    lattice = Lut3D.sample(CDL.apply)
    print(f"\n## 4K floats on {torch.cuda.get_device_name()}, copies at {speed / 1e9:.0f} GB/s\n")
    print("| stage | ms | floor, ms | times the floor |\n|---|---|---|---|")
    for name, grade in (("a CDL", CDL), ("a LUT", lattice)):
        gap = float((grade.apply(frame) - grade._plain(frame)).abs().max())
        fused = by_kernel(frame, lambda _, colours: colours) is not None
        for way, apply in (("kernel" if fused else "NO KERNEL HERE", grade.apply), ("plain path", grade._plain)):
            seconds = each(partial(apply, frame))
            print(f"| apply {name}, {way} | {1000 * seconds:.3f} | {1000 * floor:.3f} | {seconds / floor:.1f} |")
        print(f"| largest difference of the two | {gap:.1e} | | |", flush=True)


def growth(folder: Path) -> None:
    """Print time and peak memory of ``reswd match``, from one to a hundred megapixels."""
    print("\n## Growth: reswd match, JPEG to JPEG, in a process of its own\n")
    print(
        "| megapixels | s | s per megapixel above 1 MP | peak MiB | over the decoded picture |\n|---|---|---|---|---|"
    )
    first = None
    for size in MEGAPIXELS:
        height = round((size * 1e6 * 9 / 16) ** 0.5)
        width = round(height * 16 / 9)
        seconds, peak = command_line(folder, height, width, "jpg")
        decoded = 3 * height * width / 2**20
        first = first or seconds
        each = "" if size == 1 else f"{(seconds - first) / (size - 1):.4f}"
        print(f"| {size} | {seconds:.2f} | {each} | {peak:.0f} | {peak / decoded:.1f} x |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", action="store_true", help="also measure pictures from 1 to 100 megapixels")
    parser.add_argument("--times", type=int, default=5, help="runs of each stage, of which the median counts")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        stages(Path(name), chosen.times, copy_speed())
        aims(PAIRS_A_TIME * chosen.times)
        beside_opencolorio(PAIRS_A_TIME * chosen.times)
        if torch.cuda.is_available():
            card(chosen.times)
        if chosen.growth:
            growth(Path(name))


if __name__ == "__main__":
    main()
