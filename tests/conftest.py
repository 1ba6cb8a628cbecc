"""What every test shares: run-time checks of the types in ``reswd_torch``, the ``gpu`` marker, small pictures, the assets."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

# Before anything loads PyTorch: tests run side by side, one process a core, so each computes on one thread unless the
# caller says otherwise. Processes that a test starts inherit it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from jaxtyping import install_import_hook

# Before anything imports the package: annotated shapes and dtypes are checked at run time, in the tests only. Left out are
# the modules at the public edge, whose own checks of what a caller hands in are tested (reswd_torch/swd.py and what it
# stands on have a test of their own for their shapes).
_INNER = ["color", "grade.cdl", "grade.files", "grade.lut3d"]
_INNER += [
    f"matching.{name}"
    for name in ("closed_form", "data_terms", "fitting", "gauss_newton", "greys", "sampling", "smooth_lut")
]
_INNER += ["matching.distance", "matching.stochastic", "matching.report", "matching.same_scene", "matching.thumbnail"]
_INNER += ["matching.alignment", "matching.protections", "matching.mood", "matching.look", "matching.look_features"]
_INNER += ["matching.quick_lut", "matching.smoothness", "matching.spline"]
install_import_hook([f"reswd_torch.{name}" for name in _INNER], "beartype.beartype")

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked ``gpu`` skip, with the reason, where there is no CUDA device."""
    wanted = [item for item in items if item.get_closest_marker("gpu")]
    if not wanted:
        return
    import torch

    if not torch.cuda.is_available():
        for item in wanted:
            item.add_marker(
                pytest.mark.skip(reason="no CUDA device on this machine; run make test-gpu on one that has")
            )


def digest(file: Path | bytes) -> str:
    """SHA-256 of a file or of bytes. Compare these, not the bytes: pytest takes minutes to print how two JPEGs differ."""
    return hashlib.sha256(file if isinstance(file, bytes) else file.read_bytes()).hexdigest()


def benchmark_pairs() -> list[tuple[str, str]]:
    """Names of the photographs that the benchmarks match to each other."""
    record = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))
    return [(source, target) for source, target in record["benchmark"]]


def asset(name: str, edge: int = 256) -> np.ndarray:
    """(H, W, 3) float32 in 0..1: a photograph of the assets, its long edge at most ``edge``."""
    from PIL import Image

    with Image.open(ASSETS / name) as image:
        image.draft("RGB", (edge, edge))
        image.thumbnail((edge, edge))
        return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def photograph(
    seed: int = 0, height: int = 48, width: int = 64, tint: tuple[float, ...] = (1.0, 1.0, 1.0)
) -> np.ndarray:
    """(H, W, 3) float32 in 0..1: soft gradients, a few patches of colour and grain; ``tint`` multiplies the light."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    light = np.stack([0.3 + 0.4 * x, 0.25 + 0.3 * y, 0.5 - 0.3 * x * y], axis=-1)
    for _ in range(6):
        top, left = rng.integers(0, height), rng.integers(0, width)
        light[top : top + height // 3, left : left + width // 3] = rng.uniform(0.05, 0.9, 3)
    grain = rng.normal(0, 0.02, light.shape)
    return np.clip((light + grain) * np.asarray(tint), 0, 1).astype(np.float32)


@pytest.fixture
def source() -> np.ndarray:
    """A small picture."""
    return photograph(1)


@pytest.fixture
def target() -> np.ndarray:
    """Another one, of another size, under a warmer light."""
    return photograph(2, 40, 56, tint=(1.0, 0.75, 0.5))
