"""How exactly saved grades say what the grade itself does, when OpenColorIO reads them from their files.

    python -m benchmarks.grades

The grades are those of the benchmark pairs. For the same pairs the conditions of a smooth LUT are checked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio

from benchmarks.match import asset_pairs
from reswd_torch import Grade, MatchSettings
from reswd_torch.grade import Lut3D
from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching import fit_samples, sample_pixels
from reswd_torch.matching.smoothness import smoothness
from studio.media.images import read_picture


def grades(**options: str) -> Iterator[Grade]:
    """The grade of every benchmark pair, fitted with the given match settings."""
    settings = MatchSettings(**options)  # type: ignore[arg-type]
    for pair in asset_pairs():
        samples = [sample_pixels(read_picture(path).pixels, 2048, 0) for path in (pair.source, pair.target)]
        yield fit_samples(samples[0], samples[1], settings)


def through_file(path: Path, colors: np.ndarray) -> np.ndarray:
    """Colours (n, 3) as OpenColorIO grades them by a file, with ASC style and lossless optimisation."""
    ocio.ClearAllCaches()  # OpenColorIO keeps what it has read under the file's name
    transform = ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_BEST)
    if path.suffix != ".cube":
        transform.setCDLStyle(ocio.CDL_ASC)
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    out = colors.astype(np.float32).copy()
    processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(out)
    return out


def main() -> None:
    """Print the worst value of every figure."""
    scattered = np.random.default_rng(0).random((200_000, 3), dtype=np.float32)
    lattice = identity_lattice(33).reshape(-1, 3).numpy()
    cdl = at_points = mean_between = max_between = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for grade in grades():
            truth = grade.apply(scattered)
            for suffix in (".cc", ".ccc", ".cdl"):
                cdl = max(cdl, np.abs(through_file(grade.save(folder / f"g{suffix}"), scattered) - truth).max())
            cube = grade.save(folder / "g.cube")
            at_points = max(at_points, np.abs(through_file(cube, lattice) - grade.apply(lattice)).max())
            difference = np.abs(through_file(cube, scattered) - truth)
            mean_between, max_between = max(mean_between, difference.mean()), max(max_between, difference.max())
    print(f".cc, .ccc, .cdl against the grade: at most {cdl:.1e} (bar 1e-5)")
    print(f".cube, 33 points, at its points: at most {at_points:.1e} (bar 1e-6)")
    print(
        f".cube between its points: mean {mean_between * 255:.3f}/255 (bar 0.1), max {max_between * 255:.2f}/255 (bar 4)"
    )
    worst, rises, folds = 0.0, True, 0
    for grade in grades(transform="lut"):
        assert isinstance(grade.transform, Lut3D)
        found = smoothness(grade.transform)
        worst, rises, folds = max(worst, found.second_difference), rises and found.grey_rises, folds + found.folds
    print(f"transform lut: greys rise: {rises}; folded cells: {folds}; second difference {worst * 128:.2f}/128 (bar 1)")


if __name__ == "__main__":
    main()
