"""How well a camera is learned from a chart, beside camera-match, on patches that were held out.

    python -m benchmarks.learn [--peer-python PYTHON] [--splits 10] [--seed 0]

Two cameras see the 24 patches of a ColorChecker: their measured sensitivities, the patches' measured reflectances and an
illuminant, all from colour-science; a tone curve where a camera renders; and noise. Half the patches are learned from, the other
half is judged by the mean CIEDE2000, in both directions of every split. Ours chooses its model from the half that it sees. Of the
peer every node is shown, in the encoded values and in linear light, and its best one in hindsight counts.

The peer needs OpenCV 4, so it is run by an interpreter of its own: ``--peer-python``. Its RBF needs xalglib
as well; without it these rows are missing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from reswd_torch.color import linear_to_srgb, srgb_to_lab
from reswd_torch.learning import AUTO, MODELS, PairColours, ciede2000, learn

PEER = Path(__file__).with_name("learn_peer.py")
_PARTS = 6


@dataclass(frozen=True, eq=False)
class Case:
    """Two cameras before one chart.

    Attributes:
        name: what differs.
        before: (24, 3), sRGB-encoded, 0..1.
        after: (24, 3), the same.
    """

    name: str
    before: np.ndarray
    after: np.ndarray


def cases(seed: int = 0) -> Iterator[Case]:
    """Every pair of cameras, with noise by a seed."""
    noise = np.random.default_rng(seed)
    nikon, sigma = "Nikon 5100 (NPL)", "Sigma SDMerill (NPL)"

    def seen(camera: str, illuminant: str = "D65", exposure: float = 0.9, bend: float = 0.0) -> np.ndarray:
        linear = _raw(camera, illuminant) * exposure
        linear = np.clip(linear + noise.normal(0.0, 0.002, linear.shape), 1e-4, 0.999)
        codes = linear_to_srgb(torch.from_numpy(linear)).numpy()
        codes = codes + bend * np.sin(2 * np.pi * codes) * -0.5  # an S about the middle, as cameras render
        return np.clip(codes, 0.002, 0.998)

    yield Case("two cameras, raw", seen(nikon), seen(sigma))
    yield Case("daylight to tungsten, raw", seen(nikon), seen(sigma, "A"))
    yield Case("a rendering behind", seen(nikon), seen(sigma, bend=0.12))
    yield Case("renderings before and behind", seen(nikon, bend=0.08), seen(sigma, exposure=0.6, bend=0.14))
    yield Case("to the published values", seen(nikon), _published())


def _raw(camera: str, illuminant: str) -> np.ndarray:
    """(24, 3) linear light, white-balanced so that a perfect white is 1."""
    import colour

    shape = colour.SpectralShape(400, 700, 10)
    patches = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    reflectance = np.array([one.copy().align(shape).values for one in patches.values()])
    light = colour.SDS_ILLUMINANTS[illuminant].copy().align(shape).values
    sensitivity = colour.MSDS_CAMERA_SENSITIVITIES[camera].copy().align(shape).values
    raw = reflectance @ (light[:, None] * sensitivity)
    return raw / (light @ sensitivity)


def _published() -> np.ndarray:
    from reswd_torch.learning import published_chart

    return np.clip(published_chart().colours, 0.002, 0.998)


def splits(count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """(24,) true for the half that is learned from: random halves, and each the other way round."""
    draw = np.random.default_rng(seed + 1)
    for _ in range(count):
        half = np.zeros(24, bool)
        half[draw.permutation(24)[:12]] = True
        yield half
        yield ~half


def difference(graded: np.ndarray, wanted: np.ndarray) -> float:
    """Mean CIEDE2000 of sRGB-encoded colours."""
    lab = [srgb_to_lab(torch.from_numpy(np.clip(one, 0.0, 1.0).astype(np.float64))).numpy() for one in (graded, wanted)]
    return float(ciede2000(*lab).mean())


def ours(case: Case, halves: list[np.ndarray], model: str) -> float:
    """Mean CIEDE2000 on what was held out."""
    found = []
    for half in halves:
        parts = np.arange(int(half.sum())) % _PARTS
        learned = learn([PairColours(case.before[half], case.after[half], parts)], model)
        graded = learned.grade.apply(case.before[~half].astype(np.float32))
        found.append(difference(np.asarray(graded), case.after[~half]))
    return float(np.mean(found))


def peers(case: Case, halves: list[np.ndarray], python: str) -> dict[str, float]:
    """Mean CIEDE2000 on what was held out, by node of the peer; none where it cannot be run."""
    with tempfile.TemporaryDirectory() as name:
        asked, answered = Path(name) / "asked.npz", Path(name) / "answered.npz"
        np.savez(asked, before=case.before, after=case.after, halves=np.array(halves))
        ran = subprocess.run([python, PEER, asked, answered], capture_output=True, text=True)
        if ran.returncode:
            print(f"camera-match is left out: {ran.stderr.strip().splitlines()[-1]}")
            return {}
        with np.load(answered) as nodes:
            return {
                node: float(
                    np.mean([difference(g[~half], case.after[~half]) for g, half in zip(graded, halves, strict=True)])
                )
                for node, graded in nodes.items()
            }


def main() -> None:
    """Print a table for every pair of cameras."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter with camera-match 0.2.0")
    parser.add_argument("--splits", type=int, default=10, help="random halves, each taken both ways round")
    parser.add_argument("--seed", type=int, default=0, help="of the noise and of the halves")
    parser.add_argument("--models", nargs="*", default=[AUTO, *MODELS], help="of ours")
    options = parser.parse_args()
    halves = list(splits(options.splits, options.seed))
    for case in cases(options.seed):
        print(f"\n## {case.name}: dE2000 {difference(case.before, case.after):.2f} before\n")
        print("| who | model | dE2000 held out |\n| --- | --- | ---: |")
        for model in options.models:
            print(f"| ours | {model} | {ours(case, halves, model):.3f} |", flush=True)
        found = peers(case, halves, options.peer_python)
        for node, figure in sorted(found.items(), key=lambda one: one[1]):
            print(f"| camera-match | {node} | {figure:.3f} |")


if __name__ == "__main__":
    main()
