"""The same settings give the same bytes: from every front end, on any number of threads, on a busy machine.

Each way to the result runs in a process of its own, so that the number of threads is the one that the process began with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, asset


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two unrelated small pictures, two larger ones of one scene, and a clip of three frames without loss."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("small", "scene"):
        (folder / name).mkdir()
    small, scene = asset("warm-room.jpg", 24), asset("warm-room.jpg", 480)
    _save(folder / "small" / "source.png", small)
    _save(folder / "small.png", asset("bridge-night.jpg", 22))
    _save(folder / "scene" / "source.png", scene)
    _save(folder / "scene.png", scene[10:, 20:] ** 1.3 * (0.9, 0.8, 0.7))
    _clip(folder / "clip.mkv", np.asarray(Image.open(folder / "small" / "source.png")))
    return folder


def _save(path: Path, picture: np.ndarray) -> None:
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(path)


def _clip(path: Path, picture: np.ndarray) -> None:
    import av

    height, width = (side // 2 * 2 for side in picture.shape[:2])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode(None))


def _all_ways(files: Path, out: Path, threads: int) -> dict[str, dict[str, list[str]]]:
    """What every method and transform comes to by every way, in a process with so many threads."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        str(Path(__file__).with_name("ways_to_a_match.py")),
        str(files),
        str(out),
        "all" if threads == 1 else "some",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found: dict[str, dict[str, list[str]]] = json.loads(ran.stdout.splitlines()[-1])
    return found


@contextmanager
def _busy(processes: int) -> Iterator[None]:
    """Other processes that want every core."""
    spin = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spin:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.timeout(900)  # the last run shares the cores with processes that want all of them
def test_every_way_gives_the_same_bytes(files: Path, tmp_path: Path) -> None:
    first = _all_ways(files, tmp_path / "1", 1)
    assert len(first) == 20, "five methods in three transforms, three aims, one scene, and a clip"
    assert first["fast auto"] == first["fast mood"], "left to the method, it is the mood"
    for name, parts in first.items():
        differing = [kind for kind, digests in parts.items() if len(digests) != 1]
        assert not differing, f"{name}: its ways differ in {differing}"
    assert _all_ways(files, tmp_path / "2", 2) == first, "two threads"
    with _busy(2 * (os.cpu_count() or 1)):
        assert _all_ways(files, tmp_path / "4", 4) == first, "four threads on a busy machine"
