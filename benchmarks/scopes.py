"""How long each scope of a preview takes on one core.

    python -m benchmarks.scopes [--times 15]

The bar is 50 ms for 1600 x 1067, which is what a preview has. Times are medians.
"""

from __future__ import annotations

import argparse
from functools import partial

from benchmarks.bars import photograph, timed
from reswd_torch.threads import one_thread
from studio.views.scopes import SCOPES, draw_scope

HEIGHT, WIDTH = 1067, 1600
SIZES = ((360, 220), (720, 440))


def main() -> None:
    """Print a row for each scope."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=15)
    times: int = parser.parse_args().times
    import cv2

    cv2.setNumThreads(1)
    picture = photograph(HEIGHT, WIDTH, 0)
    print("| scope | " + " | ".join(f"{width} x {height}" for width, height in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    with one_thread():
        for scope in SCOPES:
            taken = [timed(partial(draw_scope, scope.name, picture, size), times) for size in SIZES]
            print(f"| {scope.label} | " + " | ".join(f"{seconds * 1e3:.1f} ms" for seconds in taken) + " |")


if __name__ == "__main__":
    main()
