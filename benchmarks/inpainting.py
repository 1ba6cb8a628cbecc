"""How well a repainted region is matched to the picture around it, beside leaving it, pasting it softly, Reinhard and Poisson.

    python -m benchmarks.inpainting [--photos DIR] [--cases abcd] [--edge 1024] [--seed 0] [--part dev|held|both]

Twenty photographs. In each a region of 5 to 30 % (blobs, an ellipse, or soft strokes) is repainted:

    a   the whole picture regraded by a known CDL, with noise and JPEG: what a round trip through an autoencoder does
    b   the region alone regraded by a known CDL; outside the generated picture equals the image
    c   nothing regraded: the region is as it should be, but for a noise of one code that keeps it from being equal
    d   a patch of another photograph, not regraded: there is nothing to match, and it should stay as it is

The image given to ours shows, from a few pixels inside the mask on, something else than the truth: what was to be painted
over. So nothing of the truth inside can be used. The rivals are given the truth there.

Figures, in dE2000: ``inside``, the mean over the mask from the truth; ``seam``, the same within 2 pixels of its edge; ``step``,
the mean step across the edge beyond the truth's own (below 0: smoother than the truth). With its feather ours mixes the image's
own pixels in at the edge, which are the truth there: without, it stands on the colours alone. In d the truth is the patch, and
what counts is how far it was changed. Numbers were chosen on every second photograph ("dev"); the other ten are held out.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from reswd_torch import Cdl
from reswd_torch.color import srgb_to_lab
from reswd_torch.inpainting import fit_inpainting, match_inpainting
from reswd_torch.inpainting.names import FEATHER
from reswd_torch.learning.difference import ciede2000

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "eval" / "photos"
COUNT = 20
SEAM_BAR, INSIDE_BAR = 1.5, 2.5
MARGIN = 8
"""Pixels that the mask is larger than what is painted over."""


@dataclass(frozen=True, eq=False)
class Case:
    """One repainted picture.

    Attributes:
        name: the photograph's.
        image: (H, W, 3) float32, what is repainted.
        generated: the same, what the model gave.
        mask: (H, W) float32.
        truth: what the result should be.
        background: the photograph, for rivals.
        grade: what was done to the colours inside.
    """

    name: str
    image: np.ndarray
    generated: np.ndarray
    mask: np.ndarray
    truth: np.ndarray
    background: np.ndarray
    grade: Cdl


def chosen_photos(folder: Path) -> list[Path]:
    """Twenty photographs: every second one by name, so that both halves have all sources."""
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    every = max(1, len(found) // COUNT)
    return found[::every][:COUNT]


def photo(path: Path, edge: int) -> np.ndarray:
    """(H, W, 3) float32, 0..1."""
    with Image.open(path) as opened:
        opened.draft("RGB", (edge, edge))
        reduced = opened.convert("RGB")
        reduced.thumbnail((edge, edge))
        return np.asarray(reduced, np.float32) / np.float32(255)


def random_cdl(draw: np.random.Generator) -> Cdl:
    """Within the ranges of the bars."""
    slope, power = np.exp(draw.uniform(np.log(0.8), np.log(1.25), (2, 3)))
    offset = draw.uniform(-0.05, 0.05, 3)
    return Cdl(tuple(slope), tuple(offset), tuple(power), float(draw.uniform(0.7, 1.3)))


def random_mask(draw: np.random.Generator, height: int, width: int, kind: int) -> np.ndarray:
    """(H, W) float32: blobs, an ellipse or soft strokes over 5 to 30 % of the picture."""
    import cv2

    wanted = draw.uniform(0.05, 0.30)
    if kind == 0:
        field = cv2.GaussianBlur(draw.normal(size=(height, width)), (0, 0), min(height, width) / 10)
        return (field > np.quantile(field, 1 - wanted)).astype(np.float32)
    if kind == 1:
        mask = np.zeros((height, width), np.uint8)
        squeezed = draw.uniform(0.6, 1.6)
        radius = np.sqrt(wanted * height * width / np.pi)
        axes = int(radius * squeezed), int(radius / squeezed)
        centre = int(width * draw.uniform(0.35, 0.65)), int(height * draw.uniform(0.35, 0.65))
        return cv2.ellipse(mask, centre, axes, draw.uniform(0, 180), 0, 360, 1, -1).astype(np.float32)
    mask = np.zeros((height, width), np.uint8)
    at = draw.uniform(0.2, 0.8, 2) * (width, height)
    while mask.mean() < wanted:
        onward = np.clip(at + draw.normal(0, 0.15, 2) * (width, height), 0, (width - 1, height - 1))
        cv2.line(mask, tuple(at.astype(int).tolist()), tuple(onward.astype(int).tolist()), 1, min(height, width) // 8)
        at = onward
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 4.0)
    return np.clip((soft - 0.01) / 0.98, 0, 1)


def cases(paths: list[Path], which: str, edge: int, seed: int) -> Iterator[Case]:
    """One case of each photograph."""
    import cv2

    for number, path in enumerate(paths):
        draw = np.random.default_rng([seed, number])
        truth = photo(path, edge)
        height, width = truth.shape[:2]
        mask, grade = random_mask(draw, height, width, number % 3), random_cdl(draw)
        other = cv2.resize(photo(paths[(number + 7) % len(paths)], edge), (width, height))
        image = truth.copy()
        core = cv2.erode((mask >= 0.98).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=MARGIN) > 0
        image[core] = other[::-1][core]
        inside, background = mask[..., None] > 0, truth
        if which == "a":
            whole = graded(grade, truth) + draw.normal(0, 0.008, truth.shape).astype(np.float32)
            generated = jpeg(whole)
        elif which == "d":
            generated, grade, truth = np.where(inside, other, image), Cdl(), np.where(inside, other, truth)
        else:
            grade = grade if which == "b" else Cdl()
            noise = draw.integers(-1, 2, truth.shape).astype(np.float32) / 255 if which == "c" else np.float32(0)
            generated = np.where(inside, in_codes(graded(grade, truth) + noise), truth)
        yield Case(path.stem, image, generated, mask, truth, background, grade)


def graded(grade: Cdl, picture: np.ndarray) -> np.ndarray:
    """A picture under a grade."""
    return grade.apply(torch.from_numpy(picture.copy())).numpy()


def in_codes(picture: np.ndarray) -> np.ndarray:
    """Rounded to 8 bits."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.float32) / np.float32(255)


def jpeg(picture: np.ndarray) -> np.ndarray:
    """Through a JPEG of quality 90."""
    held = io.BytesIO()
    Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)).save(held, "JPEG", quality=90)
    return np.asarray(Image.open(held), np.float32) / np.float32(255)


def lab(colours: np.ndarray) -> np.ndarray:
    """CIE Lab of sRGB codes."""
    return srgb_to_lab(torch.from_numpy(np.ascontiguousarray(colours)).double()).numpy()


@dataclass(frozen=True)
class Figures:
    """See the module: dE2000."""

    inside: float
    seam: float
    step: float


def judge(result: np.ndarray, case: Case) -> Figures:
    """The figures of a result."""
    import cv2

    region = (case.mask > 0).astype(np.uint8)
    depth = cv2.distanceTransform(region, cv2.DIST_L2, 5)
    if (
        case.truth is not case.background
    ):  # of a foreign patch: what is mixed into it by its mask is no change of colours
        region = ((depth > FEATHER) & (case.mask >= 1)).astype(np.uint8)
        depth = cv2.distanceTransform(region, cv2.DIST_L2, 5)
    apart = np.zeros(region.shape)
    apart[region > 0] = ciede2000(lab(result[region > 0]), lab(case.truth[region > 0]))
    steps = []
    for axis in (0, 1):  # neighbours of which one is inside and one is not
        near, far = (slice(None, -1), slice(1, None))
        first, second = ((near,), (far,)) if axis == 0 else ((slice(None), near), (slice(None), far))
        crosses = region[first] != region[second]
        of_result = ciede2000(lab(result[first][crosses]), lab(result[second][crosses]))
        steps.append(of_result - ciede2000(lab(case.truth[first][crosses]), lab(case.truth[second][crosses])))
    seam = apart[(region > 0) & (depth <= 2)]
    return Figures(float(apart[region > 0].mean()), float(seam.mean()), float(np.concatenate(steps).mean()))


def left(case: Case) -> np.ndarray:
    """Pasted hard."""
    return np.where(case.mask[..., None] > 0, case.generated, case.background)


def feathered(case: Case) -> np.ndarray:
    """Pasted with an edge that is soft over 8 pixels inside."""
    import cv2

    depth = cv2.distanceTransform((case.mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
    share = np.minimum(depth / 8, 1)[..., None].astype(np.float32)
    return case.background * (1 - share) + case.generated * share


def reinhard(case: Case) -> np.ndarray:
    """Mean and deviation in Lab of a ring of 16 pixels inside made those of a ring outside."""
    import cv2

    from reswd_torch.color import lab_to_srgb

    region = (case.mask > 0).astype(np.uint8)
    inner = (cv2.distanceTransform(region, cv2.DIST_L2, 5) <= 16) & (region > 0)
    outer = (cv2.distanceTransform(1 - region, cv2.DIST_L2, 5) <= 16) & (region == 0)
    ins, outs = lab(case.generated[inner]), lab(case.background[outer])
    moved = (lab(case.generated) - ins.mean(0)) / ins.std(0) * outs.std(0) + outs.mean(0)
    back = lab_to_srgb(torch.from_numpy(moved)).clamp(0, 1).numpy().astype(np.float32)
    return np.where(region[..., None] > 0, back, case.background)


def poisson(case: Case) -> np.ndarray:
    """OpenCV's seamlessClone, which wants 8 bits and a mask that does not touch the frame."""
    import cv2

    pad = 2
    region = np.pad((case.mask > 0).astype(np.uint8) * 255, pad)
    ours, others = (
        np.pad(np.rint(each * 255).astype(np.uint8), ((pad, pad), (pad, pad), (0, 0)), mode="edge")
        for each in (case.background, case.generated)
    )
    top, left_, high, wide = *(each.min() for each in np.nonzero(region)), 0, 0
    high, wide = (each.max() - low + 1 for each, low in zip(np.nonzero(region), (top, left_), strict=True))
    centre = int(left_ + wide // 2), int(top + high // 2)
    done = cv2.seamlessClone(others, ours, region, centre, cv2.NORMAL_CLONE)[pad:-pad, pad:-pad]
    return np.where(case.mask[..., None] > 0, done.astype(np.float32) / np.float32(255), case.background)


def ours(case: Case) -> np.ndarray:
    """With its own feather."""
    return match_inpainting(case.image, case.generated, case.mask)


def ours_hard(case: Case) -> np.ndarray:
    """Without a feather: nothing of the image inside is mixed in."""
    return match_inpainting(case.image, case.generated, case.mask, feather=0)


WAYS: dict[str, Callable[[Case], np.ndarray]] = {
    "as it is": left,
    "feathered": feathered,
    "Reinhard": reinhard,
    "Poisson": poisson,
    "ours": ours,
    "ours, no feather": ours_hard,
}


def table(which: str, options: argparse.Namespace) -> None:
    """Print one case of all photographs."""
    paths = chosen_photos(options.photos)
    found: dict[str, list[Figures]] = {way: [] for way in options.ways}
    print(
        f"\n## case {which}\n\n| photograph | found by | seconds | "
        + " | ".join(f"{w}: inside seam step" for w in found)
        + " |"
    )
    print("|---" * (3 + len(found)) + "|")
    halves = {"dev": range(0, COUNT, 2), "held": range(1, COUNT, 2), "both": range(COUNT)}
    numbers = []
    for number, case in enumerate(cases(paths, which, options.edge, options.seed)):
        if number not in halves[options.part]:
            continue
        numbers.append(number)
        begun = time.process_time()
        how = fit_inpainting(case.image, case.generated, case.mask)
        taken = time.process_time() - begun
        row = []
        for way in found:
            figures = judge(WAYS[way](case), case)
            found[way].append(figures)
            row.append(f"{figures.inside:.2f} {figures.seam:.2f} {figures.step:+.2f}")
        print(
            f"| {case.name[:24]} | {how.found_by} {how.trust:.2f} | {taken:.2f} | " + " | ".join(row) + " |", flush=True
        )
    for name, half in halves.items():
        rows = [at for at, number in enumerate(numbers) if number in half]
        if not rows or (name == "both" and options.part != "both"):
            continue
        print(
            f"\n{name}, {len(rows)} photographs:\n\n| way | inside | seam | step | within both bars |\n|---|---|---|---|---|"
        )
        for way, all_of in found.items():
            some = [all_of[at] for at in rows]
            means = (np.mean([getattr(each, what) for each in some]) for what in ("inside", "seam", "step"))
            within = sum(each.seam <= SEAM_BAR and each.inside <= INSIDE_BAR for each in some)
            print(f"| {way} | " + " | ".join(f"{mean:.2f}" for mean in means) + f" | {within} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--cases", default="abcd")
    parser.add_argument("--edge", type=int, default=1024, help="pixels of the longer side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="both", choices=("dev", "held", "both"))
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    options = parser.parse_args()
    for which in options.cases:
        table(which, options)


if __name__ == "__main__":
    main()
