"""What a grade on a 4K EXR costs beside OpenImageIO's own reading and writing of the same file.

``python -m benchmarks.exr`` makes a picture of 4096 x 2160 in half with alpha and a float depth, compressed by ZIP, and prints
time and peak memory of each way, each in a process of its own: OpenImageIO copies all of it, and ``reswd apply`` grades it with
ten numbers and with a LUT.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.memory import peak_mib

WIDTH, HEIGHT = 4096, 2160
CHANNELS = {"R": "half", "G": "half", "B": "half", "A": "half", "Z": "float"}
WAYS = {"copy": "OpenImageIO reads and writes", "cdl": "apply, ten numbers", "lut": "apply, LUT of 33 points"}


def make(path: Path) -> None:
    """Write a picture of smooth light with grain, of which ZIP leaves about half."""
    import OpenImageIO as oiio

    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    planes = [np.exp(3 * np.sin(x / 700 + place) * np.cos(y / 500)) * 0.2 for place in range(3)]
    values = np.stack([*planes, np.ones_like(x), y], axis=-1)
    values[..., :3] *= 1 + 0.01 * rng.standard_normal((HEIGHT, WIDTH, 3), np.float32)
    spec = oiio.ImageSpec(WIDTH, HEIGHT, len(CHANNELS), oiio.HALF)
    spec.channelnames = tuple(CHANNELS)
    spec.channelformats = tuple(oiio.TypeDesc(kind) for kind in CHANNELS.values())
    spec.attribute("compression", "zip")
    writer = oiio.ImageOutput.create("openexr")
    assert writer.open(str(path), spec) and writer.write_image(values) and writer.close()


def copy(source: Path, place: Path) -> None:
    """All channels through OpenImageIO, as floats since they are of two kinds."""
    import OpenImageIO as oiio

    reader = oiio.ImageInput.open(str(source))
    spec = reader.spec()
    values = reader.read_image(0, 0, 0, spec.nchannels, "float")
    writer = oiio.ImageOutput.create("openexr")
    assert writer.open(str(place), spec) and writer.write_image(values) and writer.close()


def measure(way: str, source: Path, place: Path) -> tuple[float, float, float]:
    """Seconds, and MiB at the peak and before, of one way in this process; what it imports is not counted."""
    work: Callable[[], object] = partial(copy, source, place)
    import_module("OpenImageIO")
    if way != "copy":
        from reswd_torch import Cdl, Grade, Lut3D
        from studio.service.apply import apply_to_file

        import_module("PyOpenColorIO")
        look = Cdl((1.2, 0.9, 1.05), (-0.01, 0.02, 0.01), (0.9, 1.1, 1.05), 1.2)
        work = partial(apply_to_file, Grade(look if way == "cdl" else Lut3D.sample(look.apply)), source, place)
    before, start = peak_mib(), time.perf_counter()
    work()
    return time.perf_counter() - start, peak_mib(), before


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, source, place = given.one
        print(*measure(way, Path(source), Path(place)))
        return
    print("| way | seconds | MiB beside the program | bytes written |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.exr"
        make(source)
        for way, name in WAYS.items():
            place = Path(folder) / f"{way}.exr"
            command = [sys.executable, "-m", "benchmarks.exr", "--one", way, str(source), str(place)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            seconds, peak, before = (float(word) for word in output.split())
            print(f"| {name} | {seconds:.2f} | {peak - before:.0f} | {place.stat().st_size} |")


if __name__ == "__main__":
    main()
