"""Loading and applying the .cube files of other programs beside OpenColorIO, in turns in one run.

    python -m benchmarks.luts [--pairs 15]

The ratios count: they change less from machine to machine than the times do. Below 1 we are faster. OpenColorIO applies on one
core, we on all that PyTorch may use.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio

from benchmarks.speed import paired
from reswd_torch import load_grade
from studio.service.render import render


def made_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Lattices as programs write them, a 1-D LUT, and both in one file."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 4096)[:, None].repeat(3, 1) ** 0.5

    def rows(values: np.ndarray, form: str) -> str:
        return "".join(f"{r:{form}} {g:{form}} {b:{form}}\n" for r, g, b in values)

    files = {
        "65 points, six decimals": "LUT_3D_SIZE 65\n" + rows(rng.random((65**3, 3)), ".6f"),
        "65 points, with signs": "LUT_3D_SIZE 65\n" + rows(rng.random((65**3, 3)) - 0.1, ".6f"),
        "65 points, any digits": "LUT_3D_SIZE 65\n" + rows(rng.random((65**3, 3)), ".9g"),
        "1-D, 4096 entries": "LUT_1D_SIZE 4096\n" + rows(ramp, ".6f"),
        "1-D and 33 points": "LUT_1D_SIZE 4096\nLUT_3D_SIZE 33\n"
        + rows(ramp, ".6f")
        + rows(rng.random((33**3, 3)), ".6f"),
    }
    for number, (name, text) in enumerate(files.items()):
        path = folder / f"{number}.cube"
        path.write_text(text)
        yield name, path


def read_by_opencolorio(path: Path) -> ocio.CPUProcessor:
    """A processor of 8 bits, from a file that it has not seen."""
    ocio.ClearAllCaches()
    transform = ocio.FileTransform(src=str(path), interpolation=ocio.INTERP_BEST)
    processor = ocio.Config.CreateRaw().getProcessor(transform)
    return processor.getOptimizedCPUProcessor(ocio.BIT_DEPTH_UINT8, ocio.BIT_DEPTH_UINT8, ocio.OPTIMIZATION_LOSSLESS)


def main() -> None:
    """Print one line for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    pairs = parser.parse_args().pairs
    pixels = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8)
    out = np.empty_like(pixels)
    told = [
        ocio.PackedImageDesc(each, 1920, 1080, ocio.CHANNEL_ORDERING_RGB, ocio.BIT_DEPTH_UINT8, 1, 3, 3 * 1920)
        for each in (pixels, out)
    ]
    print(
        "| file | load, ms | OpenColorIO | ratio | apply to 1080p, ms | OpenColorIO | ratio |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, path in made_files(Path(folder)):
            grade, theirs = load_grade(path), read_by_opencolorio(path)
            load = paired(lambda path=path: load_grade(path), lambda path=path: read_by_opencolorio(path), pairs)
            apply = paired(lambda grade=grade: render(pixels, grade), lambda theirs=theirs: theirs.apply(*told), pairs)
            figures = " | ".join(
                f"{1000 * each.first:.1f} | {1000 * each.second:.1f} | {each.ratio:.2f}" for each in (load, apply)
            )
            print(f"| {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
