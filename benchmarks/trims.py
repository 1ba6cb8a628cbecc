"""How quickly a preview follows a trim: the transform is built, and a picture of 1600 x 1067 is graded with it.

``python -m benchmarks.trims`` prints, for every kind of fit, the first move of a slider and the later ones: time of one core,
which other programs do not lengthen.
"""

from __future__ import annotations

from statistics import median
from time import process_time

import numpy as np
from PIL import Image

from benchmarks.match import ASSETS
from reswd_torch import Cdl, Grade, Lut3D
from reswd_torch.grade.trims import Trims
from reswd_torch.threads import one_thread
from studio.service.render import render

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
SIZE = (1600, 1067)
MOVES = 15
FITS: dict[str, tuple[Grade, Trims]] = {
    "ten numbers that stay ten": (Grade(Cdl((0.85, 0.8, 0.9), (0.03, 0.02, 0.0))), Trims(gamma=1.1)),
    "ten numbers that become a LUT": (Grade(LOOK), Trims(gamma=1.1)),
    "a LUT of 33 points": (Grade(Lut3D.sample(LOOK.apply)), Trims(gamma=1.1)),
    "the lightness of a LUT of 33 points": (Grade(Lut3D.sample(LOOK.apply)), Trims(only="lightness")),
    "the lightness of ten numbers": (Grade(LOOK), Trims(only="lightness")),
}


def moves(grade: Grade, trims: Trims, preview: np.ndarray) -> list[float]:
    """Milliseconds of a core that every move takes: exposure a little further each time."""
    taken = []
    for number in range(MOVES):
        moved = grade.trimmed(Trims(**(trims.to_record() | {"exposure": 0.02 * (number - MOVES / 2)})))
        start = process_time()
        render(preview, moved)
        taken.append(1000 * (process_time() - start))
    return taken


def main() -> None:
    """Print the table."""
    with Image.open(ASSETS / "mountain-path-noon.jpg") as picture:
        preview = np.asarray(picture.convert("RGB").resize(SIZE))
    print("| the fit | first move, ms of a core | later moves, median |\n|---|---|---|")
    with one_thread():
        for name, (grade, trims) in FITS.items():
            first, *later = moves(grade, trims, preview)
            print(f"| {name} | {first:.0f} | {median(later):.0f} |")


if __name__ == "__main__":
    main()
