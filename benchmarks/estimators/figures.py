"""Figures as SVG files that are the same byte for byte when their numbers are the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@contextmanager
def figure(place: Path, size: tuple[float, float], panels: int = 1) -> Iterator[list[Axes]]:
    """Matplotlib panels side by side, to draw on while the block lasts; at its end they are written to a file.

    Args:
        place: the file.
        size: width and height of the whole figure, inches.
        panels: how many there are; they share their vertical axis.
    """
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "estimators"
    from matplotlib import pyplot as plt

    drawn, axes = plt.subplots(1, panels, figsize=size, sharey=True, squeeze=False, layout="constrained")
    yield list(axes[0])
    drawn.savefig(place, metadata={"Date": None})
    plt.close(drawn)
