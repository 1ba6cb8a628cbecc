"""How true a match is on frames of one scene under two lights, and whether it does harm to unrelated photographs.

    python -m benchmarks.accuracy --frames DIR            NAME-Illum1.jpg, NAME-Illum2.jpg and their patches (.npy)

Four tables are printed:

1. dE2000 on the patches of each pair, by the statistics alone (scene different), by the points and the part that both frames show
   (same), by the default (auto), and by a CDL that was fitted to the patches themselves, which is the best that ten numbers can
   reach.
2. Whether the points agree with the patches: dE2000 at the points under the grade that is right for the patches, and on the
   patches under the grade that is right for the points. Where both are large, the patches stood in other light than the rest of
   the frames, and no method that looks at the frames can know that.
3. Every parameter that was chosen on these frames is chosen again with one scene left out, and judged on that scene.
4. Twenty unrelated pairs of assets/: how many points the search for a common scene finds in each, and what becomes of a grey
   ramp.

Without --frames only the fourth table is printed. All four take about three minutes on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from unittest import mock

import numpy as np
import torch

from benchmarks.match import ASSETS, Pair, delta_e, frame_pairs
from reswd_torch import MatchSettings, srgb_to_lab
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, fit_pairs, fit_samples, fitting, sample_pixels
from reswd_torch.matching import same_scene as scenes
from reswd_torch.matching import samples as matching
from studio.jobs import MatchJob
from studio.media.images import read_picture
from studio.references import PictureReference
from studio.service.match import run_match

ALWAYS, NEVER = (-2.0, -1.0), (8.0, 9.0)
"""Bounds of trust with which the points are always, or never, followed."""
TRUSTED = (ALWAYS, (0.45, 0.65), (0.55, 0.75), (0.65, 0.85), NEVER)
"""The bounds to choose from, the least trusting last: of equally good ones the first is taken."""
SAYS = (0.25, 0.5)
PULLS = ((2.0, 2.0), (2.0, 8.0), (2.0, 32.0))
TAIL_SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
UNRELATED = 20
"""Pairs of unrelated photographs."""
NEUTRAL = 6.0
"""CIE Lab chroma below which a mean colour counts as neutral."""

Choice = tuple[tuple[float, float], float, tuple[float, float], float]
"""One value of each parameter: bounds of trust, weight of the points, pull, share of the tails."""


@dataclass(frozen=True)
class Seen:
    """A pair whose pictures were sampled once, and the scene that they have in common; None where none was found."""

    pair: Pair
    source: PixelSample
    target: PixelSample
    scene: scenes.SameScene | None

    @property
    def name(self) -> str:
        """The name of the source's file."""
        return self.pair.source.stem

    @property
    def patches(self) -> tuple[np.ndarray, np.ndarray]:
        """The patches of source and target, each (n, 3) float32, 0..1."""
        assert self.pair.patches is not None
        source, target = self.pair.patches
        return source.astype(np.float32), target.astype(np.float32)

    def fitted(self, scene: str) -> Grade:
        """The grade that is fitted with a setting of ``scene``."""
        with mock.patch.object(matching, "find_same_scene", lambda *_, **__: self.scene):
            return fit_samples(self.source, self.target, MatchSettings(scene=scene))

    def error(self, grade: Grade) -> float:
        """Mean dE2000 on the patches."""
        return delta_e(grade.apply(self.patches[0]), self.patches[1])


def see(pair: Pair) -> Seen:
    """Read and sample a pair, and look for the scene that its pictures have in common."""
    source, target = (
        sample_pixels(read_picture(path).pixels, 2048, 0, with_thumbnail=True) for path in (pair.source, pair.target)
    )
    assert source.thumbnail is not None and target.thumbnail is not None
    return Seen(pair, source, target, scenes.find_same_scene(source.thumbnail, target.thumbnail, 2048, 0))


def grey_chroma(grade: Grade) -> torch.Tensor:
    """The CIE Lab chroma of a grey ramp after a grade, (19,)."""
    ramp = np.repeat(np.linspace(0.05, 0.95, 19, dtype=np.float32)[:, None], 3, axis=1)
    return srgb_to_lab(torch.from_numpy(grade.apply(ramp)))[:, 1:].norm(dim=1)


def cdl_of(source: np.ndarray, target: np.ndarray) -> Grade:
    """The CDL that is fitted to pairs of colours, (n, 3) each."""
    return Grade(fit_pairs(torch.from_numpy(source), torch.from_numpy(target), "cdl"))


def truth(pairs: list[Seen]) -> None:
    """Print table 1: how near each setting of ``scene`` comes to the patches."""
    print(
        "\n## dE2000 on the patches\n\n| pair | points | span | trust | statistics | same | auto | CDL of the patches |"
    )
    print("|---|---|---|---|---|---|---|---|")
    rows, greys = [], []
    for seen in pairs:
        best = cdl_of(*seen.patches)
        greys.append(f"{seen.name} {grey_chroma(best).mean():.0f}")
        errors = [seen.error(seen.fitted(scene)) for scene in ("different", "same", "auto")] + [seen.error(best)]
        rows.append(errors)
        assert seen.scene is not None
        facts = f"{seen.scene.points} | {seen.scene.span:.2f} | {seen.scene.trust:.2f}"
        print(f"| {seen.name} | {facts} | " + " | ".join(f"{error:.2f}" for error in errors) + " |", flush=True)
    print("| mean | | | | " + " | ".join(f"**{mean(column):.2f}**" for column in zip(*rows, strict=True)) + " |")
    print("\nChroma that the CDL of the patches gives a grey ramp, in the mean: " + ", ".join(greys))


def agreement(pairs: list[Seen]) -> None:
    """Print table 2: whether the points agree with the patches."""
    print("\n## Do the points agree with the patches? dE2000\n")
    print(
        "| pair | points under the patches' grade | under their own | patches under the points' grade | under their own |"
    )
    print("|---|---|---|---|---|")
    for seen in pairs:
        assert seen.scene is not None
        points, patches = (seen.scene.source_colors.numpy(), seen.scene.target_colors.numpy()), seen.patches
        of_patches, of_points = cdl_of(*patches), cdl_of(*points)
        judged = ((points, of_patches), (points, of_points), (patches, of_points), (patches, of_patches))
        figures = [delta_e(grade.apply(both[0]), both[1]) for both, grade in judged]
        print(f"| {seen.name} | " + " | ".join(f"{each:.2f}" for each in figures) + " |", flush=True)


def folds(pairs: list[Seen]) -> None:
    """Print table 3: the parameters chosen with one scene left out."""
    found: dict[Choice, list[float]] = {}
    for trusted, say, pull, tails in itertools.product(TRUSTED, SAYS, PULLS, TAIL_SHARES):
        numbers = (pull[0],) * 6 + (pull[1],) * 4
        with (
            mock.patch.object(scenes, "TRUSTED", trusted),
            mock.patch.multiple(fitting, POINTS_SAY=say, CDL_PULL=numbers, TAILS=tails),
        ):
            found[trusted, say, pull, tails] = [seen.error(seen.fitted("auto")) for seen in pairs]
    names = [seen.name.split("-")[0] for seen in pairs]
    print(
        "\n## One scene left out\n\n| left out | chosen on the others: trusted, points' say, pull, tails | there | on it |"
    )
    print("|---|---|---|---|")
    left: list[float] = []
    for scene in dict.fromkeys(names):
        inside = [number for number, name in enumerate(names) if name != scene]
        outside = [number for number, name in enumerate(names) if name == scene]
        best = min(found, key=lambda key: round(mean(found[key][number] for number in inside), 2))
        left += [found[best][number] for number in outside]
        there, here = (mean(found[best][number] for number in which) for which in (inside, outside))
        print(f"| {scene} | {best[0]}, {best[1]}, {best[2]}, {best[3]} | {there:.2f} | {here:.2f} |")
    print(f"| mean over the scenes left out | | | **{mean(left):.2f}** |")
    every = min(found, key=lambda key: round(mean(found[key]), 2))
    ours = (scenes.TRUSTED, fitting.POINTS_SAY, (fitting.CDL_PULL[0], fitting.CDL_PULL[9]), fitting.TAILS)
    for name, key in (("best on all", every), ("the package's", ours)):
        print(f"| {name} | {key[0]}, {key[1]}, {key[2]}, {key[3]} | {mean(found[key]):.2f} | |")


def harm() -> None:
    """Print table 4: what a match of unrelated photographs does to greys."""
    photographs = sorted(ASSETS.glob("*.jpg"))
    pairs = list(itertools.permutations(photographs, 2))[:: len(photographs) * (len(photographs) - 1) // UNRELATED]
    print(f"\n## {UNRELATED} unrelated pairs: chroma of a grey ramp after the match (mean; most), CIE Lab\n")
    print("| source | reference | points | mean chroma vector of both | CDL | LUT |\n|---|---|---|---|---|---|")
    neutral = []
    for source, target in pairs[:UNRELATED]:
        cells = []
        for transform in ("cdl", "lut"):
            result = run_match(MatchJob(source, PictureReference(target), settings=MatchSettings(transform=transform)))
            chroma = grey_chroma(result.grade)
            cells.append(f"{chroma.mean():.1f}; {chroma.max():.1f}")
            assert result.report is not None and result.target_sample is not None
            points = result.report.points
            casts = [
                srgb_to_lab(each.fit).mean(dim=0)[1:].norm().item()
                for each in (result.source_sample, result.target_sample)
            ]
            if casts[1] < NEUTRAL:
                neutral.append((transform, chroma.mean().item(), chroma.max().item()))
        told = " | ".join(cells)
        print(
            f"| {source.stem} | {target.stem} | {points} | {casts[0]:.0f}, {casts[1]:.0f} | {told} |",
            flush=True,
        )
    for transform in ("cdl", "lut"):
        means, most = zip(*(rest for kind, *rest in neutral if kind == transform), strict=True)
        print(
            f"\n{transform}: {len(means)} references neutral in the mean (below {NEUTRAL:g}): {mean(means):.1f} in the mean, "
            f"below {NEUTRAL:g} for {sum(each < NEUTRAL for each in means)}, {max(most):.1f} at most"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path, help="folder of frames and their patches")
    parser.add_argument("--json", type=Path, help="also write the errors on the frames into this file")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.frames is not None:
        pairs = [see(pair) for pair in frame_pairs(chosen.frames)]
        truth(pairs)
        agreement(pairs)
        folds(pairs)
        if chosen.json:
            record = {
                seen.name: {scene: seen.error(seen.fitted(scene)) for scene in ("different", "auto")} for seen in pairs
            }
            chosen.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    harm()


if __name__ == "__main__":
    main()
