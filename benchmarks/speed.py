"""Every stage of a match beside its floor, beside color-matcher and beside OpenColorIO, in one run; and how it grows.

    python -m benchmarks.speed [--growth] [--times 5]

The floor of a stage is what it has to read and write, over the speed at which this machine copies memory, measured in the same
run. Fits run on one thread, the rest on all cores. Medians; run it on an idle machine and look at the ratios.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.bars import command_line, one_thread, photograph, timed
from benchmarks.match import by_peer, installed
from reswd_torch import Cdl, Grade, Lut3D, MatchSettings, match
from reswd_torch.grade.routes import by_kernel
from reswd_torch.matching import fit_samples, sample_pixels
from studio.media.images import read_picture, read_reduced, write_picture
from studio.service.match import MatchJob, run_match
from studio.service.render import render

HEIGHT, WIDTH = 2160, 3840
CDL = Cdl((1.1, 0.9, 0.8), (0.02, 0.0, -0.01), (1.1, 0.95, 1.05), 1.1)
MEGAPIXELS = (1, 4, 12, 25, 50, 100)


def copy_speed() -> float:
    """Bytes per second of a copy that does not fit into the caches: read and written bytes both count."""
    source = np.random.default_rng(0).integers(0, 255, 200_000_000, dtype=np.uint8)
    target = np.empty_like(source)
    return 2 * source.nbytes / timed(lambda: np.copyto(target, source), 5)


def alone(job: Callable[[], object]) -> Callable[[], object]:
    """The job, on one thread."""

    def run() -> object:
        with one_thread():
            return job()

    return run


def ocio_processor(transform: Any) -> Any:
    """OpenColorIO's 8-bit CPU processor, with its default optimisation."""
    import PyOpenColorIO as ocio

    eight = ocio.BIT_DEPTH_UINT8
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    return processor.getOptimizedCPUProcessor(eight, eight, ocio.OPTIMIZATION_DEFAULT)


def ocio_cdl() -> Any:
    """The same ten numbers in its words."""
    import PyOpenColorIO as ocio

    transform = ocio.CDLTransform(
        slope=list(CDL.slope), offset=list(CDL.offset), power=list(CDL.power), sat=CDL.saturation
    )
    transform.setStyle(ocio.CDL_ASC)
    return transform


def ocio_apply(processor: Any, pixels: np.ndarray, out: np.ndarray, pool: ThreadPoolExecutor | None = None) -> None:
    """Grade a frame; with a pool, a part of the rows on each core, which OpenColorIO leaves to its caller."""
    import PyOpenColorIO as ocio

    def part(rows: slice) -> None:
        height, width = pixels[rows].shape[:2]
        processor.apply(*(
            ocio.PackedImageDesc(plane[rows], width, height, ocio.CHANNEL_ORDERING_RGB, ocio.BIT_DEPTH_UINT8, 1, 3, 3 * width)
            for plane in (pixels, out)
        ))  # fmt: skip

    if pool is None:
        part(slice(None))
        return
    cores = os.cpu_count() or 1
    edges = [pixels.shape[0] * core // cores for core in range(cores + 1)]
    list(pool.map(part, [slice(top, bottom) for top, bottom in zip(edges, edges[1:], strict=False)]))


def stages(folder: Path, times: int, speed: float) -> None:
    """The table of one 4K pair."""
    frames = [photograph(HEIGHT, WIDTH, seed) for seed in (0, 1)]
    floats = [frame.astype(np.float32) / 255 for frame in frames]
    paths = [folder / f"{seed}.jpg" for seed in (0, 1)]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path, quality=92)
    samples = [sample_pixels(frame, 2048, 0) for frame in frames]
    statistics = MatchSettings(scene="different")
    cdl = Grade(CDL)
    lattice = Lut3D.sample(CDL.apply)
    lut = Grade(lattice)
    tensor = torch.from_numpy(floats[0])
    out = np.empty_like(frames[0])
    picture = read_picture(paths[0])
    frame = frames[0].nbytes
    file = paths[0].stat().st_size
    pool = ThreadPoolExecutor(os.cpu_count())
    by_cdl, by_lut = ocio_processor(ocio_cdl()), ocio_processor(_ocio_lut(lut))

    jobs: list[tuple[str, Callable[[], object], int | None]] = [
        ("read the source, JPEG", lambda: read_picture(paths[0]), file + frame),
        ("read the reference, reduced", lambda: read_reduced(paths[1]), file + frame // 4),
        ("sample 8 bits", lambda: sample_pixels(frames[0], 2048, 0), None),
        ("fit, statistics (one thread)", alone(lambda: fit_samples(samples[0], samples[1], statistics)), None),
        ("match() of two float frames, statistics (one thread)", alone(lambda: match(*floats, settings=statistics)), None),
        ("match() of two float frames, auto (one thread)", alone(lambda: match(*floats)), None),
        ("apply a CDL, 8 bits", lambda: render(frames[0], cdl), 2 * frame),
        ("the same by OpenColorIO, one core", lambda: ocio_apply(by_cdl, frames[0], out), 2 * frame),
        ("the same by OpenColorIO, all cores", lambda: ocio_apply(by_cdl, frames[0], out, pool), 2 * frame),
        ("apply a CDL, floats (Grade.apply)", lambda: cdl.apply(floats[0]), 8 * frame),
        ("the same by the plain path", lambda: CDL._plain(tensor), 8 * frame),
        ("apply a LUT, floats (Grade.apply)", lambda: lut.apply(floats[0]), 8 * frame),
        ("the same by the plain path", lambda: lattice._plain(tensor), 8 * frame),
        ("apply a LUT, 8 bits", lambda: render(frames[0], lut), 2 * frame),
        ("the same by OpenColorIO, one core", lambda: ocio_apply(by_lut, frames[0], out), 2 * frame),
        ("write the result, JPEG", lambda: write_picture(folder / "o.jpg", picture, frames[0], overwrite=True), file + frame),
        ("whole job, JPEG to JPEG, statistics", lambda: _job(paths, folder, statistics), None),
        ("whole job, JPEG to JPEG, auto", lambda: _job(paths, folder, MatchSettings()), None),
    ]  # fmt: skip
    if installed("color_matcher"):
        jobs.append(("color-matcher mkl, decoded frame to graded frame", lambda: by_peer(*frames, "mkl"), 2 * frame))
    print(f"\n## 4K, {os.cpu_count()} cores, torch {torch.__version__}, copies at {speed / 1e9:.1f} GB/s\n")
    print("| stage | ms | floor, ms | times the floor |\n|---|---|---|---|")
    for name, job, moved in jobs:
        seconds = timed(job, times)
        least = "" if moved is None else f"{1000 * moved / speed:.1f}"
        ratio = "" if moved is None else f"{seconds * speed / moved:.1f}"
        print(f"| {name} | {1000 * seconds:.1f} | {least} | {ratio} |", flush=True)
    exact = np.rint(cdl.apply(floats[0]) * 255).astype(int)
    for name, graded in (("ours", render(frames[0], cdl)), ("OpenColorIO", out)):
        if name != "ours":
            ocio_apply(by_cdl, frames[0], out)
        off = np.abs(graded.astype(int) - exact)
        print(
            f"\nCDL, 8 bits, {name}: at most {off.max()} code value from the float path, {(off > 0).any(-1).mean():.4%} of pixels"
        )


def _ocio_lut(grade: Grade) -> Any:
    from reswd_torch.grade.transforms import lut_transform

    effective = grade.effective
    assert isinstance(effective, Lut3D)
    return lut_transform(effective.values.numpy())


def _job(paths: list[Path], folder: Path, settings: MatchSettings) -> Path:
    return run_match(MatchJob(paths[0], paths[1], settings=settings)).save_picture(folder / "out.jpg", overwrite=True)


def card(times: int) -> None:
    """The float frame on a CUDA device: the kernels beside the plain path and beside a copy of it there."""
    frame = torch.rand(HEIGHT, WIDTH, 3, device="cuda")
    large = torch.empty(1 << 28, device="cuda")
    other = torch.empty_like(large)

    def each(job: Callable[[], object]) -> float:
        """Seconds of one of twenty that are queued together, so that the waiting does not count."""

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
            seconds = each(lambda apply=apply: apply(frame))  # type: ignore[misc]
            print(f"| apply {name}, {way} | {1000 * seconds:.3f} | {1000 * floor:.3f} | {seconds / floor:.1f} |")
        print(f"| largest difference of the two | {gap:.1e} | | |", flush=True)


def growth(folder: Path) -> None:
    """Time and peak memory of one command, from one to a hundred megapixels."""
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
    parser.add_argument("--growth", action="store_true", help="also from 1 to 100 megapixels")
    parser.add_argument("--times", type=int, default=5, help="runs of each stage; the median counts")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        stages(Path(name), chosen.times, copy_speed())
        if torch.cuda.is_available():
            card(chosen.times)
        if chosen.growth:
            growth(Path(name))


if __name__ == "__main__":
    main()
