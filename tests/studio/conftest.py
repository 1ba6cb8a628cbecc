"""Folders of small pictures, two threads to work on them, and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.service.batch.workers import threads
from tests.conftest import photograph
from tests.studio.command_line import reswd  # noqa: F401 - a fixture


def write(path: Path, seed: int, *, height: int = 60, width: int = 80, tint: tuple[float, ...] = (1, 1, 1)) -> Path:
    """A small photograph as a file; ``tint`` multiplies its light."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.rint(photograph(seed, height, width, tint) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=90) if path.suffix == ".jpg" else Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """A folder with six pictures, two of them below it."""
    folder = tmp_path / "shots"
    for number, name in enumerate(["a.jpg", "b.png", "c.jpg", "d.jpg", "day 2/e.jpg", "day 2/f.png"]):
        write(folder / name, number)
    return folder


@pytest.fixture
def warm(tmp_path: Path) -> Path:
    """A reference in warm light."""
    return write(tmp_path / "warm.png", 99, tint=(1.0, 0.7, 0.4))


@pytest.fixture(scope="session")
def two() -> Iterator[Executor]:
    """Two threads at work."""
    with threads(2) as workers:
        yield workers


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    """All files of a folder by name, except the report."""

    def read(folder: Path) -> dict[str, bytes]:
        found = [path for path in folder.rglob("*") if path.is_file() and path.name != "report.csv"]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}

    return read
