"""How long the instruments of the desk take on one core: scopes, clipping, a palette out of a picture, masks.

    python -m benchmarks.desk [--times 15]

The bars: 50 ms for a scope of 1600 x 1067, which is what a preview has; 150 ms for a palette of it; 1.2 s for a mask by colours
of 24 megapixels. Times are medians of the processor time of the one thread, so that other programs count little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from unittest.mock import patch

import numpy as np

from benchmarks.bars import photograph
from reswd_torch import Cdl, Grade
from reswd_torch.threads import one_thread
from studio.service import color_range as masks
from studio.service.render import render
from studio.service.soft_masks import feathered, full_size_weights
from studio.views.clipping import draw_clipping, pushed_out
from studio.views.picture_palette import palette_of
from studio.views.scopes import SCOPES, draw_scope

HEIGHT, WIDTH = 1067, 1600
SIZES = ((360, 220), (720, 440))
LARGE = (4000, 6000)
BRIGHTER = Grade(Cdl((1.3, 1.2, 1.1), (-0.05, -0.05, -0.05), (1.0, 1.0, 1.0), 1.2))
COLORS = ((0.5, 0.4, 0.1), (0.5, 0.4, 0.3), (0.2, 0.4, 0.6))

Row = tuple[str, Callable[[], object], float | None]
"""What is measured, the work, and the bar in seconds."""


def of_a_preview() -> Iterator[Row]:
    """The work on 1600 x 1067."""
    picture = photograph(HEIGHT, WIDTH, 0)
    graded = render(picture, BRIGHTER)
    for scope in SCOPES:
        for size in SIZES:
            yield f"{scope.label}, {size[0]} x {size[1]}", partial(draw_scope, scope.name, picture, size), 0.05
    yield "Clipping overlay", lambda: draw_clipping(graded, pushed_out(picture, graded)), None
    yield "Palette of six colours", partial(palette_of, picture), 0.15


def of_24_megapixels() -> Iterator[Row]:
    """The work on whole pictures."""
    picture = photograph(*LARGE, 0)
    weights = masks.color_range(picture, None, COLORS, 12, 12)
    painted = np.zeros((600, 900), np.uint8)
    painted[200:400, 300:600] = 255
    for count in (1, 3):
        work = partial(masks.color_range, picture, None, COLORS[:count], 12, 12)
        yield f"Mask by {count} colour{'s' if count > 1 else ''}, 8 bits", work, 1.2
    yield "Its feather of 40 pixels", partial(feathered, weights, 40), None
    yield (
        "Painted mask of 900 x 600 at full size, feather of 40 pixels",
        partial(full_size_weights, painted, LARGE, 40),
        None,
    )


def processor_time(job: Callable[[], object], times: int) -> float:
    """Median seconds of this thread for ``times`` runs of a job, after one run that is not counted."""
    job()
    seconds = []
    for _ in range(times):
        start = time.thread_time()
        job()
        seconds.append(time.thread_time() - start)
    return median(seconds)


def main() -> None:
    """Print a row for each instrument."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=15)
    times: int = parser.parse_args().times
    import cv2

    cv2.setNumThreads(1)
    print("| instrument | time | bar |\n|---|---|---|")
    with one_thread(), patch.object(masks, "allowed", lambda: 1):
        for rows, repeated in ((of_a_preview(), times), (of_24_megapixels(), max(1, times // 5))):
            for name, work, bar in rows:
                seconds = processor_time(work, repeated)
                verdict = "" if bar is None else f"{bar * 1e3:.0f} ms: {'met' if seconds <= bar else 'MISSED'}"
                print(f"| {name} | {seconds * 1e3:.1f} ms | {verdict} |", flush=True)


if __name__ == "__main__":
    main()
