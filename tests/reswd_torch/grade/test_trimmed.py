"""A fit with trims behind it: ten numbers where they come to the same, else a lattice; the same however it is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch import Cdl, Grade, InputError, Lut3D, load_grade
from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.folding import AGREES, folded
from reswd_torch.grade.grade import grade_from_record
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.grade.neutral import cast_gains
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.service.render import render
from tests.conftest import photograph

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
SOFT = Cdl((0.85, 0.8, 0.9), (0.03, 0.02, 0.0))
LATTICE = Lut3D.sample(LOOK.apply)
QUICK = settings(max_examples=40, deadline=None, derandomize=True)
near_one = st.floats(0.5, 1.6)
threes = st.tuples(near_one, near_one, near_one)
cdls = st.builds(
    Cdl,
    st.one_of(threes, near_one.map(lambda one: (one,) * 3)),
    st.sampled_from([(0.0, 0.0, 0.0), (0.03, 0.03, 0.03), (0.02, -0.01, 0.05)]),
    st.one_of(threes, st.just((1.0, 1.0, 1.0))),
    st.sampled_from([1.0, 0.7, 1.3]),
)


def scattered(count: int = 20_000) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(7))


@QUICK
@given(cdls, cdls)
def test_a_folded_cdl_is_the_two_one_behind_the_other(first: Cdl, second: Cdl) -> None:
    one = folded(first, second)
    if one is not None:
        apart = (one.apply(scattered()) - second.apply(first.apply(scattered()))).abs().max()
        assert float(apart) <= 2 * AGREES


@pytest.mark.parametrize(
    ("fit", "trims"),
    [
        (SOFT, Trims(exposure=0.2, lift=(0.02, 0.0, 0.01), gamma=1.2, saturation=0.8, temperature=20)),
        (Cdl(power=(0.8, 1.1, 1.2)), Trims(exposure=-0.5, gamma=(1.1, 1.0, 0.9), saturation=0.9)),
        (Cdl((0.6, 0.6, 0.6), saturation=0.8), Trims(exposure=-0.3, saturation=0.9)),
        (Cdl(), Trims(contrast=1.4, black=-0.02, tint=30, gamma=1.3, saturation=1.5)),
    ],
)
def test_ten_numbers_stay_ten_where_they_can(fit: Cdl, trims: Trims) -> None:
    grade = Grade(fit).trimmed(trims)
    assert grade.is_cdl and grade.kind == "cdl" and grade.lut_makers == ()
    exact = trims.cdl().apply(fit.apply(scattered().double()))
    assert float((grade.effective.apply(scattered().double()) - exact).abs().max()) <= AGREES


@pytest.mark.parametrize("trims", [Trims(exposure=-0.5), Trims(lift=0.05), Trims(gamma=1.3)])
def test_where_ten_numbers_cannot_the_lattice_is_the_exact_composition(trims: Trims) -> None:
    grade = Grade(LOOK).trimmed(trims)
    lut = grade.effective
    assert isinstance(lut, Lut3D) and lut.size == 65 and grade.kind == "lut"
    axis = torch.linspace(0, 1, 65)
    points = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1)
    exact = trims.cdl().apply(LOOK.apply(points))
    assert float((lut.values - exact).abs().max()) < 1e-6
    assert grade.lut_makers == trims.changed


def test_only_the_trims_at_fault_are_named() -> None:
    assert Grade(SOFT).trimmed(Trims(exposure=0.1, only="lightness")).lut_makers == ("only",)
    assert Grade(LATTICE).trimmed(Trims(exposure=0.1)).lut_makers == ()


@pytest.mark.parametrize("size", [17, 33, 65])
def test_a_fitted_lattice_keeps_its_points(size: int) -> None:
    lut = Lut3D.sample(LOOK.apply, size)
    effective = Grade(lut).trimmed(Trims(exposure=0.3)).effective
    assert isinstance(effective, Lut3D) and effective.size == (size if size >= 33 else 65)


def test_a_lut_of_another_program_is_trimmed_behind_its_clip() -> None:
    foreign = Lut3D(LATTICE.values * 1.4 - 0.1, foreign=True)
    for transform in (foreign, LutChain((foreign,), share=0.5)):
        effective = Grade(transform).trimmed(Trims(gain=0.5)).effective
        assert isinstance(effective, Lut3D) and not effective.leaves_range
        assert float(effective.values.max()) <= 0.5 + 1e-6


def test_strength_weakens_the_fit_alone() -> None:
    trims = Trims(gain=0.7)
    grade = Grade(LOOK, strength=0.5).trimmed(trims)
    exact = trims.cdl().apply(LOOK.at_strength(0.5).apply(scattered()))
    np.testing.assert_allclose(grade.apply(scattered()), exact, atol=6e-3)
    nothing = grade.at_strength(0.0)
    assert nothing.effective == trims.cdl() and not nothing.leaves_alone
    assert nothing.trimmed(NEUTRAL).leaves_alone


def test_neutral_trims_are_the_grade_itself() -> None:
    grade = Grade(LATTICE)
    assert grade.trimmed(NEUTRAL).effective is LATTICE
    assert "trims" not in grade.to_record()


@pytest.mark.parametrize("fit", [LOOK, LATTICE], ids=["cdl", "lut"])
def test_lightness_or_colour_alone(fit: Cdl | Lut3D) -> None:
    colours = 0.3 + 0.3 * scattered()  # what is mixed of such colours can be shown
    source, match = srgb_to_lab(colours), srgb_to_lab(fit.apply(colours))
    light = srgb_to_lab(Grade(fit).trimmed(Trims(only="lightness")).apply(colours))
    colour = srgb_to_lab(Grade(fit).trimmed(Trims(only="colour")).apply(colours))
    inside = ((light[:, 1:] - source[:, 1:]).norm(dim=1) < 1.0).float().mean()
    assert float((light[:, 0] - match[:, 0]).abs().median()) < 0.3 and float(inside) > 0.95
    assert float((colour[:, 0] - source[:, 0]).abs().median()) < 0.3
    assert float((colour[:, 1:] - match[:, 1:]).norm(dim=1).median()) < 0.7


def test_a_cast_goes_and_a_neutral_picture_stays() -> None:
    greys = torch.rand(2000, 1, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    neutral = torch.cat((greys + 0.02 * scattered(2000) - 0.01, scattered(500)))
    assert cast_gains(neutral) == (1.0, 1.0, 1.0)
    cast = neutral * torch.tensor([1.0, 0.88, 0.72])
    grade = Grade(Cdl()).trimmed(Trims(neutralise=1.0), cast)
    assert float(srgb_to_lab(grade.apply(cast[:2000])).median(dim=0).values[1:].norm()) < 1.5
    half = srgb_to_lab(grade.trimmed(Trims(neutralise=0.5)).apply(cast[:2000])).median(dim=0).values[1:].norm()
    assert 4.0 < float(half) < float(srgb_to_lab(cast[:2000]).median(dim=0).values[1:].norm()) - 4.0


def test_the_cast_is_that_of_the_graded_picture_and_is_kept() -> None:
    colours = torch.from_numpy(photograph()).reshape(-1, 3)
    grade = Grade(LOOK).trimmed(Trims(neutralise=1.0), colours)
    assert grade.gains is not None and grade.gains != (1.0, 1.0, 1.0)
    assert grade.gains == cast_gains(LOOK.apply(colours))
    assert grade.at_strength(0.3, colours).gains == cast_gains(LOOK.at_strength(0.3).apply(colours))
    assert grade_from_record(json.loads(json.dumps(grade.to_record()))).gains == grade.gains
    assert Grade(LOOK).trimmed(Trims(neutralise=1.0)).effective == LOOK  # no picture was looked at
    assert cast_gains(colours[:5]) == cast_gains(torch.zeros(100, 3)) == (1.0, 1.0, 1.0)


ALL_TRIMS = Trims(exposure=0.2, temperature=-15, contrast=1.1, lift=(0.01, 0.0, 0.02), gamma=1.1, neutralise=0.6)
GRADES = [
    Grade(SOFT).trimmed(Trims(exposure=0.2, saturation=0.9, neutralise=0.5), scattered() * 0.8),
    Grade(LATTICE, strength=0.7).trimmed(ALL_TRIMS, scattered()),
    Grade(LOOK).trimmed(replace(ALL_TRIMS, only="colour"), scattered()),
]
every = pytest.mark.parametrize("grade", GRADES, ids=["cdl", "lut", "colour alone"])


@every
def test_a_record_gives_the_same_bytes(grade: Grade) -> None:
    pixels = np.rint(photograph() * 65535).astype(np.uint16)
    again = grade_from_record(json.loads(json.dumps(grade.to_record())))
    assert np.array_equal(render(pixels, again), render(pixels, grade))


@every
def test_the_saved_file_is_what_is_rendered(grade: Grade, tmp_path: Path) -> None:
    pixels = np.rint(photograph() * 255).astype(np.uint8)
    shown = render(pixels, grade).astype(int)
    suffixes = (".cc", ".cdl", ".cube") if grade.is_cdl else (".cube",)
    for suffix in suffixes:
        loaded = load_grade(grade.save(tmp_path / f"look{suffix}", cube_size=65))
        assert np.abs(render(pixels, loaded).astype(int) - shown).max() <= (1 if suffix == ".cube" else 0)


def test_a_cdl_file_of_what_became_a_lut_is_refused_by_the_trims_at_fault(tmp_path: Path) -> None:
    grade = Grade(SOFT).trimmed(Trims(exposure=0.1, only="lightness"))
    with pytest.raises(InputError, match="trimmed in only this grade is a LUT, which ten CDL numbers cannot hold"):
        grade.save(tmp_path / "look.cc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [{"trims": {"warmth": 1.0}}, {"trims": 5}, {"gains": [0.0, 1.0, 1.0]}, {"gains": "abc"}, {"gains": [1.0, 1.0]}],
)
def test_damaged_records_give_one_line(damage: dict[str, object]) -> None:
    with pytest.raises(InputError) as error:
        grade_from_record(GRADES[0].to_record() | damage)
    assert "\n" not in str(error.value)
