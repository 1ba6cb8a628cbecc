"""Pairs of colours in a grade: they are reached, colours far away stay, and nothing is turned inside out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from benchmarks.match import delta_e
from reswd_torch import Cdl, Grade, Lut3D, match
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.grade.lut3d import identity_lattice, lattice_of
from reswd_torch.matching.bend import bent
from reswd_torch.matching.smoothness import folded
from reswd_torch.pairs import Pair
from tests.conftest import asset

METHODS = ("fast", "reinhard", "mkl", "histogram")
SOURCES = ("#577cb0", "#685634")
"""Blue of the sky and brown of the path, 62 Lab units apart."""


def hex_of(colour: torch.Tensor) -> str:
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in colour.clamp(0.0, 1.0))


def codes(pairs: tuple[Pair, ...], side: int) -> torch.Tensor:
    return torch.tensor([[int(pair[side][at : at + 2], 16) / 255 for at in (1, 3, 5)] for pair in pairs])


@lru_cache(maxsize=8)
def fits(method: str, way: float, transform: str = "auto") -> tuple[Grade, Grade, tuple[Pair, ...]]:
    """The fit without pairs and with them: each colour shall go so far from where the fit took it, in CIE Lab."""
    pictures = asset("mountain-path-noon.jpg", 8), asset("bridge-night.jpg", 8)
    plain = match(*pictures, method=method, transform=transform)
    source = codes(tuple((one, one) for one in SOURCES), 0)
    steps = torch.tensor([[0.6, 0.8, 0.0], [0.48, -0.6, 0.64]]) * way
    wanted = lab_to_srgb(srgb_to_lab(plain.apply(source)) + steps)
    pairs = tuple((one, hex_of(other)) for one, other in zip(SOURCES, wanted, strict=True))
    return plain, match(*pictures, method=method, transform=transform, pairs=pairs), pairs


def errors(grade: Grade, pairs: tuple[Pair, ...]) -> list[float]:
    graded, wanted = grade.apply(codes(pairs, 0)).numpy(), codes(pairs, 1).numpy()
    return [delta_e(one[None], other[None]) for one, other in zip(graded, wanted, strict=True)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", [6.0, 14.0])
def test_every_method_reaches_the_wanted_colours(method: str, way: float) -> None:
    plain, paired, pairs = fits(method, way)
    assert min(errors(plain, pairs)) > 2.5
    assert max(errors(paired, pairs)) < 2.0
    assert paired.notes == ()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_turned_inside_out(method: str) -> None:
    for way in (6.0, 14.0):
        plain, paired, _ = fits(method, way)
        assert isinstance(paired.transform, Lut3D)
        before = plain.lattice(paired.transform.size).values.double()
        clamped = ((before <= 0) | (before >= 1)).any(dim=-1)
        new = folded(paired.transform.values.double(), clamped) & ~folded(before, clamped)
        assert int(new.sum()) == 0


@pytest.mark.parametrize("method", ["fast", "reinhard", "mkl"])
def test_colours_far_away_stay_where_the_fit_put_them(method: str) -> None:
    plain, paired, pairs = fits(method, 6.0)
    colours = torch.rand(20_000, 3, generator=torch.Generator().manual_seed(0))
    away = torch.cdist(srgb_to_lab(colours), srgb_to_lab(codes(pairs, 0))).amin(dim=1) > 40
    assert float(away.float().mean()) > 0.3
    moved = [delta_e(plain.apply(each[None]).numpy(), paired.apply(each[None]).numpy()) for each in colours[away][:300]]
    assert max(moved) < 0.5


def test_ten_numbers_come_as_near_as_they_can_and_say_how_near() -> None:
    plain, paired, pairs = fits("fast", 14.0, "cdl")
    assert isinstance(paired.transform, Cdl)
    assert sum(errors(paired, pairs)) < 0.6 * sum(errors(plain, pairs))
    assert len(paired.notes) == 2
    assert f"{pairs[0][0]} should become {pairs[0][1]}: ten numbers come within" in paired.notes[0]


def test_a_fit_of_ten_numbers_becomes_a_lattice() -> None:
    source, wanted = torch.tensor([[0.5, 0.3, 0.2]]), torch.tensor([[0.55, 0.3, 0.15]])
    lut = bent(Cdl((1.1, 1.0, 0.9)), source, wanted)
    assert lut.size == 65
    torch.testing.assert_close(lut.apply(source), wanted, atol=2e-3, rtol=0)


def test_pairs_that_are_reached_already_change_nothing() -> None:
    source = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.7]])
    lut = Lut3D(identity_lattice(33))
    assert float((bent(lut, source, source).values - lut.values).abs().max()) < 1e-5


def test_what_no_lattice_can_do_is_done_in_part_and_said() -> None:
    pictures = asset("mountain-path-noon.jpg", 8), asset("bridge-night.jpg", 8)
    near = ("#577cb0=#ff2000", "#587db1=#00ff20", "#567baf=#2000ff")
    grade = match(*pictures, pairs=near)
    assert len(grade.notes) == 3 and "turns no colours inside out comes within" in grade.notes[0]
    plain = match(*pictures)
    before = plain.lattice(33).values.double()
    clamped = ((before <= 0) | (before >= 1)).any(dim=-1)
    assert int((folded(lattice_of(grade.transform, 33).values.double(), clamped)).sum()) == 0
    assert np.isfinite(grade.apply(pictures[0])).all()
