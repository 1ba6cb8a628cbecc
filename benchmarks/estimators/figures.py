"""Figures as SVG files that are the same to the byte for the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def figure(place: Path, *shape: int, **options: Any) -> Iterator[Any]:
    """The panels of matplotlib's ``subplots(*shape, **options)``, to draw on; written to ``place`` at the end."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "estimators"
    from matplotlib import pyplot as plt

    drawn, panels = plt.subplots(*shape, layout="constrained", **options)
    yield panels
    drawn.savefig(place, metadata={"Date": None})
    plt.close(drawn)
