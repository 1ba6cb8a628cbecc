"""A mood comes visibly nearer to its reference, and what people protect stays what it is."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from reswd_torch import Cdl, Grade, Lut3D, match, srgb_to_lab
from reswd_torch.matching.mood import (
    BLACK_LIMIT,
    CLIP_LIMIT,
    GREY_LIMIT,
    SKIN_LIMIT,
    darkest,
    drawn_back,
    exceeded,
    grey_ramp,
)
from reswd_torch.matching.protections import MONK, hue_turn
from reswd_torch.matching.sampling import sample_pixels
from reswd_torch.settings import PROTECTIONS
from tests.conftest import asset, benchmark_pairs, photograph

PAIRS = benchmark_pairs()[::3]
LUMA = np.array([0.2126, 0.7152, 0.0722])
pairs = pytest.mark.parametrize("pair", PAIRS, ids="-".join)
kinds = pytest.mark.parametrize("transform", ["lut", "cdl"])


@cache
def mood(pair: tuple[str, str], transform: str = "lut", protect: str = "all") -> Grade:
    settings = {"transform": transform, "protect": protect, "samples": 1024}
    return match(asset(pair[0]), asset(pair[1]), aim="mood", scene="different", **settings)


def _colours(name: str) -> torch.Tensor:
    """The colours that the match looked at."""
    return sample_pixels(torch.from_numpy(asset(name)), 1024, 0).fit


@kinds
@pairs
def test_every_protection_holds(pair: tuple[str, str], transform: str) -> None:
    grade = mood(pair, transform)
    assert isinstance(grade.transform, Cdl if transform == "cdl" else Lut3D)
    assert exceeded(grade.transform, _colours(pair[0]), _colours(pair[1]), PROTECTIONS) == ()


@kinds
@pairs
def test_what_is_protected_is_seen_to_be_on_the_picture(pair: tuple[str, str], transform: str) -> None:
    """Measured from outside, through ``grade.apply``; a picture has more colours than the fit looked at."""
    grade, source, target = mood(pair, transform), asset(pair[0]), asset(pair[1])
    graded = grade.apply(source)
    greys = np.repeat(np.linspace(0.02, 0.98, 200, dtype=np.float32)[:, None], 3, axis=1)
    assert srgb_to_lab(torch.from_numpy(grade.apply(greys)))[:, 1:].norm(dim=1).max() < 1.1 * GREY_LIMIT
    skin = np.array([[int(tone[at : at + 2], 16) / 255 for at in (0, 2, 4)] for tone in MONK], np.float32)
    assert (
        hue_turn(*(srgb_to_lab(torch.from_numpy(each)) for each in (skin, grade.apply(skin)))).max()
        <= SKIN_LIMIT + 0.01
    )
    clipped = [((each <= 0.5 / 255) | (each >= 254.5 / 255)) for each in (source, graded)]
    assert (clipped[1] & ~clipped[0]).any(axis=2).mean() < 3 * CLIP_LIMIT
    black, was, theirs = (float(np.quantile(each @ LUMA, share)) for each, share in
                          ((graded, 0.005), (source, 0.005), (target, 0.01)))  # fmt: skip
    assert was >= BLACK_LIMIT or black < max(BLACK_LIMIT, theirs) + 2 / 255


def test_a_mood_is_visible() -> None:
    reports = [mood(pair).report for pair in PAIRS]
    assert np.mean([each.distance_after / each.distance_before for each in reports]) <= 0.7
    assert all(each.distance_after < 0.9 * each.distance_before for each in reports)


def test_ten_numbers_come_nearer_too() -> None:
    shares = [mood(pair, "cdl").report.distance_after / mood(pair, "cdl").report.distance_before for pair in PAIRS]
    assert np.mean(shares) < 0.9
    assert max(shares) < 1.001


def test_without_protection_a_mood_goes_further() -> None:
    held, free = ([mood(pair, "lut", protect) for pair in PAIRS[:3]] for protect in ("all", "none"))
    for one, other, pair in zip(held, free, PAIRS[:3], strict=True):
        assert other.report.distance_after < one.report.distance_after + 0.02
        assert other.report.kept == ()
        assert exceeded(other.transform, _colours(pair[0]), _colours(pair[1]), PROTECTIONS) != ()
    gaps = [one.report.distance_after - other.report.distance_after for one, other in zip(held, free, strict=True)]
    assert np.mean(gaps) > 0.5


def test_what_alone_is_protected_holds_alone() -> None:
    pair = benchmark_pairs()[2]
    source, target = _colours(pair[0]), _colours(pair[1])
    free = exceeded(mood(pair, "lut", "none").transform, source, target, PROTECTIONS)
    assert {"greys", "skin"} <= set(free)
    greys = exceeded(mood(pair, "lut", "greys").transform, source, target, PROTECTIONS)
    assert "greys" not in greys and "skin" in greys


@pairs
def test_what_held_a_mood_back_is_said(pair: tuple[str, str]) -> None:
    """Of what is protected, what comes near its limit. Without protection nothing is said to have been kept."""
    grade = mood(pair)
    assert set(grade.report.kept) <= set(PROTECTIONS)
    near = exceeded(grade.transform, _colours(pair[0]), _colours(pair[1]), PROTECTIONS, 0.7)
    assert set(near) <= set(grade.report.kept)
    assert grade.report.took == "mood"


def test_a_grade_that_a_protection_stopped_names_it() -> None:
    """Where the mood ends at a fraction of what it would be without protection, something has to have held it back."""
    for pair in PAIRS:
        held, free = mood(pair, "cdl").report, mood(pair, "cdl", "none").report
        gone, wanted = (each.distance_before - each.distance_after for each in (held, free))
        if gone < 0.3 * wanted:
            assert held.kept, pair


def test_strength_0_is_the_identity() -> None:
    source, target = asset("forest-stream.jpg", 96), asset("warm-room.jpg", 96)
    grade = match(source, target, aim="mood", scene="different", strength=0, samples=256)
    assert grade.apply(source).tobytes() == source.tobytes()
    assert grade.report.distance_after == grade.report.distance_before


@kinds
@pytest.mark.parametrize("samples", [512, 2048])
def test_equal_pictures_have_the_identity_for_a_mood(samples: int, transform: str) -> None:
    """Also where nobody looks whether they show one scene, and however many colours are looked at."""
    picture = asset("forest-stream.jpg", 128)
    grade = match(picture, picture, aim="mood", scene="different", transform=transform, samples=samples)
    assert np.abs(grade.apply(picture) - picture).max() < 1e-3


FLAT = np.full((12, 16, 3), 0.5, np.float32)
ODD = {
    "grey": FLAT,
    "black": 0 * FLAT,
    "white": 0 * FLAT + 1,
    "1x1": FLAT[:1, :1] * np.array([1.2, 0.9, 0.4], np.float32),
    "red": FLAT * np.array([1.8, 0.2, 0.1], np.float32),
    "photograph": photograph(3),
}


@pytest.mark.parametrize("other", ODD)
@pytest.mark.parametrize("one", ODD)
def test_odd_pictures_do_no_harm(one: str, other: str) -> None:
    """The LUT of pairs with a photograph, ten numbers of every pair."""
    for transform in ("cdl", "lut") if "photograph" in (one, other) else ("cdl",):
        grade = match(ODD[one], ODD[other], aim="mood", transform=transform, samples=64)
        graded = grade.apply(ODD[one])
        assert np.isfinite(graded).all()
        assert 0 <= graded.min() <= graded.max() <= 1
        assert np.isfinite([grade.report.distance_before, grade.report.distance_after]).all()
        if one != other:
            assert grade.report.distance_after < grade.report.distance_before
        source, target = (sample_pixels(torch.from_numpy(ODD[each]), 64, 0).fit for each in (one, other))
        assert exceeded(grade.transform, source, target, PROTECTIONS) == ()


@pytest.mark.parametrize(
    ("transform", "names"),
    [
        (Cdl(), ()),
        (Cdl(slope=(1.0, 1.0, 0.8)), ("greys", "skin")),
        (Cdl(saturation=0.0), ()),
        (Cdl(offset=(0.12, 0.12, 0.12)), ("blacks", "highlights")),
        (Cdl(slope=(1.5, 1.5, 1.5)), ("highlights",)),
    ],
    ids=["identity", "yellow", "no colour", "lifted", "brighter"],
)
def test_what_a_grade_exceeds_is_found(transform: Cdl, names: tuple[str, ...]) -> None:
    source = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)) ** 2 * 0.98 + 0.01
    source[:60] *= 0.02
    found = exceeded(transform, source, source, PROTECTIONS)
    assert set(names) <= set(found)
    assert set(found) - set(names) <= ({"skin"} if "lifted" else set())
    back = drawn_back(transform, source, source, PROTECTIONS)
    assert exceeded(back, source, source, PROTECTIONS) == ()
    if not found:
        assert back is transform


def test_a_reference_with_lifted_blacks_may_lift_them() -> None:
    source = torch.rand(4000, 3, generator=torch.Generator().manual_seed(0))
    source[:100] *= 0.02
    lifted = Cdl(slope=(0.8, 0.8, 0.8), offset=(0.15, 0.15, 0.15))
    assert exceeded(lifted, source, source, ("blacks",)) == ("blacks",)
    assert exceeded(lifted, source, lifted.apply(source), ("blacks",)) == ()


def test_the_darkest_colours() -> None:
    colours = torch.linspace(1, 0, 1000).unsqueeze(1).expand(-1, 3).contiguous()
    assert torch.equal(darkest(colours, 0.02), colours[-20:].flip(0))
    assert len(darkest(colours, 0.0001)) == 8
    assert len(darkest(colours[:3], 0.5)) == 3
    assert grey_ramp().shape == (25, 3)
