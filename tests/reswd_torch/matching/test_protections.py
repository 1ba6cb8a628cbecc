"""What people protect, as costs: nothing within what is free, and beyond it costs whose derivatives are what they say."""

from __future__ import annotations

import math

import colour
import numpy as np
import pytest
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.matching.data_terms import Coupling, SummedCoupling
from reswd_torch.matching.protections import (
    MONK,
    AnchorCoupling,
    BlackCoupling,
    GreyCoupling,
    SkinCoupling,
    hue_turn,
    perceptual_metric,
    skin_colors,
    skin_tones,
)

DOUBLE = torch.float64
SKIN = torch.tensor([[60.0, 14.0, 18.0], [35.0, 9.0, 12.0], [80.0, 2.0, 1.0]], dtype=DOUBLE)
ANCHOR = torch.tensor([[50.0, 10.0, -30.0], [20.0, 0.0, 0.0], [90.0, -25.0, 40.0]], dtype=DOUBLE)
BLACKS = torch.tensor([4.0, 6.0, 9.0], dtype=DOUBLE)
COLOURS = torch.tensor([[52.0, 3.0, 25.0], [11.0, -9.0, 4.0], [70.0, 8.0, -13.0]], dtype=DOUBLE)
"""Beyond what is free in every one of the couplings below."""


def anchor() -> Coupling:
    return AnchorCoupling(ANCHOR, 0.7)


def grey() -> Coupling:
    return GreyCoupling(3, 4.5, 3.0)


def skin() -> Coupling:
    return SkinCoupling(SKIN, 8.0, 3.0)


def black() -> Coupling:
    return BlackCoupling(BLACKS, 0.1)


def summed() -> Coupling:
    return SummedCoupling([anchor(), grey(), skin(), black()])


ALL = pytest.mark.parametrize("make", [anchor, grey, skin, black, summed])
STEP = 1e-4


def _slope(coupling: Coupling, lab: torch.Tensor) -> torch.Tensor:
    """(N, 3) derivative of the loss, by central differences."""
    slope = torch.empty_like(lab)
    for index in np.ndindex(*lab.shape):
        moved = torch.zeros_like(lab)
        moved[index] = STEP
        slope[index] = (coupling(lab + moved).loss - coupling(lab - moved).loss) / (2 * STEP)
    return slope


def _second(coupling: Coupling, lab: torch.Tensor) -> torch.Tensor:
    """(N, 3, 3) derivative of the force; a sample's force depends on its own colour alone."""
    columns = []
    for axis in range(3):
        moved = torch.zeros_like(lab)
        moved[:, axis] = STEP
        columns.append((coupling(lab + moved).force - coupling(lab - moved).force) / (2 * STEP))
    return torch.stack(columns, dim=2)


@ALL
def test_force_is_the_derivative_of_the_loss(make) -> None:
    coupling = make()
    term = coupling(COLOURS)
    assert (term.force.norm(dim=1) > 1e-6).all()
    torch.testing.assert_close(term.force, _slope(coupling, COLOURS), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("make", [anchor, skin, black])
def test_curvature_is_the_second_derivative_where_the_cost_is_quadratic(make) -> None:
    coupling = make()
    torch.testing.assert_close(coupling(COLOURS).curvature, _second(coupling, COLOURS), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("make", [grey, summed])
def test_curvature_is_that_of_the_way_out_where_the_limit_is_round(make) -> None:
    """Gauss-Newton: exact along the chroma, and never more than the second derivative, so that no step goes too short for it."""
    coupling = make()
    curvature, second = coupling(COLOURS).curvature, _second(coupling, COLOURS)
    out = torch.nn.functional.normalize(COLOURS * torch.tensor([0.0, 1.0, 1.0]), dim=1)
    torch.testing.assert_close(
        torch.einsum("ni,nij,nj->n", out, curvature, out),
        torch.einsum("ni,nij,nj->n", out, second, out),
        rtol=1e-6,
        atol=0,
    )
    assert torch.linalg.eigvalsh(second - curvature).min() > -1e-9
    assert torch.linalg.eigvalsh(curvature).min() > -1e-12


def test_summed_couplings_add_up() -> None:
    parts = [make()(COLOURS) for make in (anchor, grey, skin, black)]
    term = summed()(COLOURS)
    torch.testing.assert_close(term.loss, sum(part.loss for part in parts))
    torch.testing.assert_close(term.force, sum(part.force for part in parts))
    torch.testing.assert_close(term.curvature, sum(part.curvature for part in parts))


def _turned(lab: torch.Tensor, degrees: float, chroma: float = 1.0) -> torch.Tensor:
    angle = math.radians(degrees)
    a, b = lab[:, 1] * chroma, lab[:, 2] * chroma
    turned = a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)
    return torch.stack((lab[:, 0], *turned), dim=1)


NEUTRAL = torch.tensor([[50.0, 0.0, 0.0]], dtype=DOUBLE)


@pytest.mark.parametrize(
    ("make", "free"),
    [
        (anchor, [ANCHOR]),
        (grey, [NEUTRAL.expand(3, 3), torch.tensor([[0.0, 4.4, 0.0], [99.0, 0.0, -4.4], [9.0, 3.0, 3.0]], dtype=DOUBLE)]),
        (skin, [SKIN, _turned(SKIN, 7.9), _turned(SKIN, -7.9, 2.0), _turned(SKIN, 7.9, 0.3), SKIN + torch.tensor([30.0, 0, 0])]),
        (black, [BLACKS.unsqueeze(1) * torch.tensor([1.0, 9.0, -9.0]), 0 * COLOURS]),
    ],
)  # fmt: skip
def test_what_is_free_costs_nothing_and_pulls_nowhere(make, free: list[torch.Tensor]) -> None:
    for lab in free:
        term = make()(lab.double())
        assert float(term.loss) == pytest.approx(0.0, abs=1e-20)
        assert float(term.force.abs().max()) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "beyond"),
    [
        (anchor, [ANCHOR + torch.tensor([0.1, 0.0, 0.0]), ANCHOR + torch.tensor([0.0, 0.0, -0.1])]),
        (grey, [torch.tensor([[50.0, 4.6, 0.0]] * 3, dtype=DOUBLE), torch.tensor([[50.0, -3.3, -3.3]] * 3, dtype=DOUBLE)]),
        (skin, [_turned(SKIN, 8.1), _turned(SKIN, -8.1), _turned(SKIN, 90), _turned(SKIN, 180 + 20)]),
        (black, [BLACKS.unsqueeze(1) + torch.tensor([0.1, 0.0, 0.0])]),
    ],
)  # fmt: skip
def test_what_goes_beyond_costs_and_is_pulled_back(make, beyond: list[torch.Tensor]) -> None:
    for lab in beyond:
        coupling = make()
        term = coupling(lab)
        assert float(term.loss) > 0
        step = 0.01 / term.force.norm(dim=1).max()
        assert coupling(lab - step * term.force).loss < term.loss


def test_a_cost_grows_with_the_square_of_what_goes_beyond() -> None:
    limit = BLACKS.unsqueeze(1) * torch.tensor([1.0, 0.0, 0.0], dtype=DOUBLE)
    once, twice = (float(black()(limit + torch.tensor([over, 0.0, 0.0])).loss) for over in (3.0, 6.0))
    assert once == pytest.approx(0.5 * 0.1 * 3.0**2)
    assert twice == pytest.approx(4 * once)
    once, twice = (float(grey()(torch.tensor([[50.0, 0.0, 4.5 + over]] * 3)).loss) for over in (2.0, 4.0))
    assert once == pytest.approx(0.5 * 3.0 * 2.0**2)
    assert twice == pytest.approx(4 * once)


def test_a_skin_of_hardly_any_chroma_is_weighed_as_if_it_had_some() -> None:
    """Its hue is hardly seen: the same turn costs less."""
    pale, plain = (torch.tensor([[70.0, chroma, 0.0]], dtype=DOUBLE) for chroma in (0.5, 8.0))
    costs = [float(SkinCoupling(each, 8.0, 3.0)(_turned(each, 30)).loss) for each in (pale, plain)]
    assert costs[0] < 0.1 * costs[1]


def _to_ciede2000(lab: np.ndarray, along: np.ndarray) -> float:
    """The size of a small difference as the metric has it, as a share of CIEDE2000's (colour-science)."""
    small = 1e-3 * along
    metric = perceptual_metric(torch.from_numpy(lab).unsqueeze(0))[0].numpy()
    return float(np.sqrt(small @ metric @ small) / colour.delta_E(lab - small / 2, lab + small / 2, method="CIE 2000"))


@pytest.mark.parametrize("lightness", [5.0, 30.0, 50.0, 70.0, 95.0])
def test_a_difference_of_lightness_is_as_large_as_ciede2000_says(lightness: float) -> None:
    for chroma in (0.0, 5.0, 20.0):
        place = np.array([lightness, chroma, -chroma])
        assert _to_ciede2000(place, np.array([1.0, 0.0, 0.0])) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("chroma", [0.01, 3.0, 10.0, 25.0, 50.0])
def test_a_difference_of_chroma_is_as_large_as_ciede2000_says(chroma: float) -> None:
    """Along yellow and blue. Along red and green CIEDE2000 stretches greys by half again, which the metric leaves out."""
    for sign in (1.0, -1.0):
        place = np.array([50.0, 0.0, sign * chroma])
        assert _to_ciede2000(place, np.array([0.0, 0.0, 1.0])) == pytest.approx(1.0, abs=0.02)
    strong = np.array([50.0, max(chroma, 40.0), 0.0])
    assert _to_ciede2000(strong, np.array([0.0, 1.0, 0.0])) == pytest.approx(1.0, abs=0.03)


def test_at_grey_chroma_and_hue_count_alike() -> None:
    metric = perceptual_metric(torch.tensor([[50.0, 0.0, 0.0], [50.0, 1e-4, -1e-4]], dtype=DOUBLE))
    torch.testing.assert_close(metric, torch.eye(3, dtype=DOUBLE).expand(2, 3, 3), atol=1e-4, rtol=0)


def test_the_monk_colours_are_ten_and_have_rosier_kin_in_three_lights() -> None:
    assert len(set(MONK)) == 10
    tones = skin_tones()
    assert tones.shape == (30, 3)
    named = [tuple(round(255 * value) for value in tone) for tone in tones[:10].tolist()]
    assert [f"{red:02x}{green:02x}{blue:02x}" for red, green, blue in named] == list(MONK)
    assert named[0] == (246, 237, 228) and named[-1] == (41, 36, 32)  # "monk01" and "monk10" as published
    lab = srgb_to_lab(tones).reshape(3, 10, 3)
    assert (lab[:, 1:, 0] < lab[:, :-1, 0] + 1.5).all()  # from light to dark
    hue = torch.rad2deg(torch.atan2(lab[..., 2], lab[..., 1]))
    assert (hue[0] > hue[1]).all() and (hue[1] > hue[2]).all()
    assert ((hue > 0) & (hue < 100)).all()
    shades = skin_colors()
    assert shades.shape == (90, 3)
    assert torch.equal(shades[:30], tones)
    lightness = srgb_to_lab(shades)[:, 0].reshape(3, 30)
    assert (lightness[1] < lightness[0]).all() and (lightness[0] <= lightness[2]).all()


def test_the_turn_of_a_hue_is_measured_across_the_seam_and_not_on_greys() -> None:
    red = srgb_to_lab(torch.tensor([[0.8, 0.3, 0.3]]))
    blue = srgb_to_lab(torch.tensor([[0.3, 0.8, 0.3]]))
    assert float(hue_turn(red, red)) == 0.0
    assert float(hue_turn(red, blue)) == pytest.approx(float(hue_turn(blue, red)))
    # on either side of 180 degrees
    near = srgb_to_lab(torch.tensor([[0.35, 0.52, 0.48], [0.35, 0.52, 0.5]]))
    first, second = (torch.rad2deg(torch.atan2(lab[2], lab[1])) for lab in near)
    assert first > 90 and second < -90
    assert float(hue_turn(near[:1], near[1:])) == pytest.approx(float(second - first + 360), abs=0.01)
    grey = srgb_to_lab(torch.tensor([[0.5, 0.5, 0.505]]))
    assert float(hue_turn(red, grey)) == float(hue_turn(grey, red)) == 0.0
