"""What a match must not do to photographs that have nothing in common: blacks, greys, skin and highlights.

    harm = protections(aim="mood")          every benchmark pair of assets/ under these settings
    harm.mean_residual, harm.failures()

A photograph is looked at in every second row and column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import mean
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8

from benchmarks.accuracy import grey_chroma
from benchmarks.match import ASSETS, asset_pairs
from benchmarks.truth.renditions import LUMA
from reswd_torch import MatchSettings, srgb_to_lab
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, fit_samples, sample_pixels
from reswd_torch.matching.protections import MONK
from studio.media.images import read_picture

RESIDUAL, BLACK, GREY, TURN, CLIPPED = 0.60, 20.0, 6.0, 12.0, 0.005
"""The bars: mean share of the distance that remains, level of blacks (of 255), chroma of greys, turn of skin (degrees), share of
pixels newly clipped."""
_BARS = (
    f"black at most {BLACK:g}/255, or the reference's where that is higher",
    f"grey chroma at most {GREY:g}",
    f"skin turns at most {TURN:g} degrees",
    f"newly clipped at most {CLIPPED:.1%}",
)
"""The bars that every pair has to hold, in words."""
DARKEST = 0.005
"""Share of the source's pixels, the darkest, that stand for its black."""
REFERENCE_BLACK = 0.01
NEUTRAL = 3.0
"""CIE Lab chroma below which a colour has no hue to speak of."""


@dataclass(frozen=True)
class Harm:
    """What became of one pair.

    Attributes:
        source, reference: names of the photographs.
        residual: sliced Wasserstein distance after the match as a share of that before.
        black: mean luma, of 255, that the source's darkest 0.5% end at; None where the source has no black (0.5% of it below
            level ``BLACK``).
        reference_black: luma, of 255, below which 1% of the reference lies.
        grey: greatest CIE Lab chroma of a graded grey ramp.
        turn: greatest turn of hue, degrees, of the ten Monk skin tones; those of chroma below ``NEUTRAL`` before or after do
            not count.
        clipped: share of the pixels with a channel at 0 or 255 that was not there before.
    """

    source: str
    reference: str
    residual: float
    black: float | None
    reference_black: float
    grey: float
    turn: float
    clipped: float

    @property
    def breaks(self) -> tuple[bool, bool, bool, bool]:
        """Whether the pair breaks each of ``_BARS``."""
        return (
            self.black is not None and self.black > max(BLACK, self.reference_black),
            self.grey > GREY,
            self.turn > TURN,
            self.clipped > CLIPPED,
        )


@dataclass(frozen=True)
class Harms:
    """What became of all pairs."""

    pairs: tuple[Harm, ...]

    @property
    def mean_residual(self) -> float:
        """Mean share of the distance that remains."""
        return mean(each.residual for each in self.pairs)

    def failures(self) -> dict[str, list[str]]:
        """For each bar the pairs that break it, as SOURCE > REFERENCE: none of them, if it holds."""
        broken: dict[str, list[str]] = {
            f"residual at most {RESIDUAL:.0%} in the mean": ["the mean"] if self.mean_residual > RESIDUAL else []
        }
        for number, bar in enumerate(_BARS):
            broken[bar] = [f"{each.source} > {each.reference}" for each in self.pairs if each.breaks[number]]
        return broken

    def lines(self) -> Iterator[str]:
        """A markdown table of the pairs, bold where a bar is broken, and whether each bar holds."""
        yield "| source | reference | residual | black | reference's | grey chroma | skin turns | newly clipped |"
        yield "|---|---|---|---|---|---|---|---|"
        for each in self.pairs:
            told = (
                "" if each.black is None else f"{each.black:.1f}",
                f"{each.grey:.1f}",
                f"{each.turn:.1f}°",
                f"{each.clipped:.2%}",
            )
            black, *rest = (f"**{cell}**" if bad else cell for cell, bad in zip(told, each.breaks, strict=True))
            yield (
                f"| {each.source} | {each.reference} | {each.residual:.0%} | {black} | {each.reference_black:.0f} | "
                + " | ".join(rest)
                + " |"
            )
        yield (
            f"| mean; greatest | | {self.mean_residual:.1%}; {max(each.residual for each in self.pairs):.0%} | "
            f"{max(each.black or 0.0 for each in self.pairs):.1f} | | {max(each.grey for each in self.pairs):.1f} | "
            f"{max(each.turn for each in self.pairs):.1f}° | {max(each.clipped for each in self.pairs):.2%} |\n"
        )
        for bar, broken in self.failures().items():
            yield f"- {bar}: " + (f"BROKEN by {_listed(broken)}" if broken else "holds")


def _listed(pairs: list[str]) -> str:
    return ", ".join(pairs) if len(pairs) <= 3 else f"{len(pairs)} pairs"


def protections(settings: MatchSettings | None = None, **options: Any) -> Harms:
    """Match the twelve benchmark pairs of assets/ and see what is harmed.

    Args:
        settings: of the match.
        **options: settings by name, where there is no ``settings``.

    Raises:
        InputError: settings that are not allowed, or a match that is refused.
    """
    chosen = settings or MatchSettings(**options)
    return Harms(tuple(_harm(pair.source.name, pair.target.name, chosen) for pair in asset_pairs()))


def _harm(source: str, reference: str, settings: MatchSettings) -> Harm:
    looks = settings.looks_for_scene
    samples = [_sample(name, settings.samples, settings.seed, looks) for name in (source, reference)]
    grade = fit_samples(samples[0], samples[1], settings)
    assert grade.report is not None
    picture = _pixels(source)
    before = picture.astype(np.float32) / 255
    after = grade.apply(before).clip(0, 1) * 255
    dark = picture @ LUMA
    limit = np.quantile(dark, DARKEST)
    black = float((after[dark <= limit] @ LUMA).mean()) if limit < BLACK else None
    return Harm(
        source.removesuffix(".jpg"),
        reference.removesuffix(".jpg"),
        grade.report.distance_after / grade.report.distance_before,
        black,
        float(np.quantile(_pixels(reference) @ LUMA, REFERENCE_BLACK)),
        float(grey_chroma(grade).max()),
        skin_turn(grade),
        newly_clipped(picture, np.rint(after).astype(np.uint8)),
    )


def skin_turn(grade: Grade) -> float:
    """Greatest turn of hue, degrees of the CIE Lab hue angle, among the Monk skin tones; see :attr:`Harm.turn`."""
    tones = np.array([list(bytes.fromhex(each)) for each in MONK], np.float32) / 255
    before, after = (
        srgb_to_lab(torch.from_numpy(each)).numpy()[:, 1:] @ (1, 1j) for each in (tones, grade.apply(tones).clip(0, 1))
    )
    told = np.minimum(np.abs(before), np.abs(after)) >= NEUTRAL
    return float(np.abs(np.angle(after[told] / before[told], deg=True)).max(initial=0.0))


def newly_clipped(before: UInt8[np.ndarray, "n 3"], after: UInt8[np.ndarray, "n 3"]) -> float:
    """Share of the pixels of which a channel is at 0 or 255 after, and was not before."""
    ends = [(each == 0) | (each == 255) for each in (before, after)]
    return float((ends[1] & ~ends[0]).any(axis=1).mean())


@cache
def _pixels(name: str) -> UInt8[np.ndarray, "n 3"]:
    """Every fourth pixel of a photograph of assets/."""
    pixels = read_picture(ASSETS / name).pixels[::2, ::2]
    assert pixels.dtype == np.uint8
    return pixels.reshape(-1, 3)


@cache
def _sample(name: str, count: int, seed: int, looks: bool) -> PixelSample:
    return sample_pixels(read_picture(ASSETS / name).pixels, count, seed, with_thumbnail=looks)
