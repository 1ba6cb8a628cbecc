"""The ComfyUI node Match Colours beside color-matcher as KJNodes calls it, on batches of frames.

    OMP_NUM_THREADS=2 python -m benchmarks.comfy [--runs 3]

81 frames of 832 x 480 and 16 of 1024 x 1024 go to a reference: moving cut-outs of photographs in ``assets``, with a patch in a
corner that stands still. Once they are decoded 8-bit frames, each value n/255, as a clip is loaded; once floats, as a VAE gives
them. The node takes one grade for all frames, by its own method and by mkl. color-matcher takes each frame alone, method mkl, in
NumPy: one after the other, and on a thread for each core. Both get tensors and give a tensor of all frames. Best of the runs, in
one process. CPU seconds are those of all threads together: on a machine with other work they say more than the time by the
clock.

Flicker is the mean change of the still patch from one frame to the next, in 1/255, while the rest of the picture moves.

Bars: at least 10 times as fast as color-matcher one frame after the other, and no flicker.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from studio.comfy.nodes import match_colours

ASSETS = Path(__file__).resolve().parent.parent / "assets"
JOBS = ((81, 832, 480), (16, 1024, 1024))
SOURCE, OVER, REFERENCE = "forest-stream.jpg", "mountain-sunset.jpg", "warm-room.jpg"
PATCH = 64
METHODS = ("fast", "mkl")
"""The node's own, which looks for a common scene and holds greys and skin, and the closed form of color-matcher's mkl."""


def moving(count: int, width: int, height: int, *, of_codes: bool) -> torch.Tensor:
    """(count, height, width, 3) float32: a pan over one photograph, which another one crosses; the patch stands still."""
    wide = np.asarray(
        Image.open(ASSETS / SOURCE).convert("RGB").resize((width + 2 * count, height), Image.Resampling.LANCZOS)
    )
    over = np.asarray(
        Image.open(ASSETS / OVER).convert("RGB").resize((width // 3, height // 2), Image.Resampling.LANCZOS)
    )
    frames = np.empty((count, height, width, 3), np.uint8)
    for place, frame in enumerate(frames):
        frame[...] = wide[:, 2 * place : 2 * place + width]
        left = round(place / max(1, count - 1) * (width - over.shape[1]))
        frame[height // 4 : height // 4 + over.shape[0], left : left + over.shape[1]] = over
        frame[-PATCH:, -PATCH:] = wide[:PATCH, :PATCH]
    found = torch.from_numpy(frames.astype(np.float32) / 255)
    return found if of_codes else found * 0.98 + 0.01


def by_node(frames: torch.Tensor, reference: torch.Tensor, method: str = "fast") -> torch.Tensor:
    """Match Colours with one grade for all, the rest as it comes."""
    return match_colours(frames, reference=reference, method=method)[0]


def by_color_matcher(frames: torch.Tensor, reference: torch.Tensor, threads: int = 1) -> torch.Tensor:
    """Each frame alone, mkl."""
    from color_matcher import ColorMatcher

    wanted = reference[0].numpy()

    def one(place: int) -> torch.Tensor:
        return torch.from_numpy(ColorMatcher().transfer(src=frames[place].numpy(), ref=wanted, method="mkl"))

    if threads == 1:
        results = [one(place) for place in range(len(frames))]
    else:
        with ThreadPoolExecutor(threads) as pool:
            results = list(pool.map(one, range(len(frames))))
    return torch.stack(results).float().clamp(0, 1)


def flicker(frames: torch.Tensor) -> float:
    """Mean change of the still patch, in 1/255."""
    return float((frames[1:, -PATCH:, -PATCH:] - frames[:-1, -PATCH:, -PATCH:]).abs().mean()) * 255


def best(work: Callable[[], torch.Tensor], runs: int) -> tuple[float, float, torch.Tensor]:
    """Least seconds by the clock and of CPU, and the result."""
    took, worked = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), time.process_time()
        result = work()
        took.append(time.perf_counter() - start)
        worked.append(time.process_time() - before)
    return min(took), min(worked), result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    cores = len(os.sched_getaffinity(0))
    picture = np.asarray(Image.open(ASSETS / REFERENCE).convert("RGB").resize((832, 480), Image.Resampling.LANCZOS))
    reference = torch.from_numpy(picture.astype(np.float32) / 255)[None]
    by_node(moving(2, 128, 128, of_codes=True), reference)  # what is imported and made once
    print(f"{torch.get_num_threads()} threads of PyTorch, {cores} cores; best of {runs}")
    clocks = f"{'seconds':32s}{'node':>7s}{'mkl':>7s}{f'mkl x{cores}':>8s}{'faster':>8s}"
    print(f"{clocks}{'CPU':>7s}{'mkl':>7s}{'less':>7s}{'flicker':>9s}{'mkl':>6s}")
    met = dict.fromkeys(METHODS, True)
    for count, width, height in JOBS:
        for of_codes in (True, False):
            frames = moving(count, width, height, of_codes=of_codes)
            theirs, their_work, other = best(
                lambda frames=frames: by_color_matcher(frames, reference), max(1, runs - 1)
            )
            side, _, _ = best(lambda frames=frames: by_color_matcher(frames, reference, cores), max(1, runs - 1))
            for method in METHODS:
                ours, work, result = best(lambda frames=frames, way=method: by_node(frames, reference, way), runs)
                name = f"{count} x {width} x {height} {'8-bit' if of_codes else 'floats'} {method}"
                still = flicker(result)
                clocks = f"{name:32s}{ours:7.2f}{theirs:7.2f}{side:8.2f}{theirs / ours:7.1f}x"
                print(
                    f"{clocks}{work:7.2f}{their_work:7.2f}{their_work / work:6.1f}x{still:9.3g}{flicker(other):6.2f}",
                    flush=True,
                )
                met[method] &= theirs >= 10 * ours and still == 0
    for method, kept in met.items():
        print(f"{method}: bars {'met' if kept else 'NOT met'}")


if __name__ == "__main__":
    main()
