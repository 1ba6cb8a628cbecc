"""camera-match's answers, for benchmarks/learn.py, in an interpreter that has it: python learn_peer.py ASKED ANSWERED."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator

import camera_match
import numpy as np


def decode(codes: np.ndarray) -> np.ndarray:
    """sRGB to linear light (IEC 61966-2-1)."""
    return np.where(codes <= 0.04045, codes / 12.92, ((np.maximum(codes, 0.0) + 0.055) / 1.055) ** 2.4)


def encode(linear: np.ndarray) -> np.ndarray:
    """The inverse."""
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def same(codes: np.ndarray) -> np.ndarray:
    """The codes themselves."""
    return codes


def nodes() -> Iterator[tuple[str, Callable[[], camera_match.Node]]]:
    """Every node that is fitted, and the usual pipelines."""
    yield "LinearMatrix", camera_match.LinearMatrix
    yield "RootPolynomialMatrix", camera_match.RootPolynomialMatrix
    yield "RootPolynomialMatrix 3", lambda: camera_match.RootPolynomialMatrix(degree=3)
    yield "TetrahedralMatrix", camera_match.TetrahedralMatrix
    yield "RBF", camera_match.RBF
    yield "LUT3D", lambda: camera_match.LUT3D(size=17)
    for first, second in (("LinearMatrix", "EMOR"), ("EMOR", "LinearMatrix"), ("EMOR", "RootPolynomialMatrix")):
        parts = [camera_match.CurvesEMOR if one == "EMOR" else getattr(camera_match, one) for one in (first, second)]
        yield f"{first} + {second}", lambda parts=parts: camera_match.Pipeline([part() for part in parts])
    yield (
        "CurvesInterpolation + LinearMatrix",
        lambda: camera_match.Pipeline([camera_match.CurvesInterpolation(), camera_match.LinearMatrix()]),
    )
    yield "LinearMatrix + RBF", lambda: camera_match.Pipeline([camera_match.LinearMatrix(), camera_match.RBF()])


def main() -> None:
    """Fit every node to every half, and write what it makes of all patches."""
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as asked:
        before, after, halves = asked["before"], asked["after"], asked["halves"]
    answers = {}
    for name, make in nodes():
        for domain, there, back in (("encoded", same, same), ("linear", decode, encode)):
            try:
                graded = []
                for half in halves:
                    node = make()
                    node.solve(there(before[half]), there(after[half]))
                    graded.append(back(node(there(before))))
                answers[f"{name}, {domain}"] = np.nan_to_num(np.array(graded), nan=0.0)
            except Exception as error:  # a node that cannot do it has no row
                print(f"{name}, {domain}: {error!r}", file=sys.stderr)
    np.savez(sys.argv[2], **answers)


if __name__ == "__main__":
    main()
