"""Trims as ten numbers: what each does to colours, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch import Cdl, InputError
from reswd_torch.grade.constants import LUMA
from reswd_torch.grade.transforms import cdl_transform
from reswd_torch.grade.trims import NEUTRAL, PIVOT, RANGES, WHEELS, Trims, trims_from_record

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
numbers = {name: st.floats(least, most) for name, (least, most) in RANGES.items()}
some_trims = st.builds(
    Trims, **{name: st.tuples(one, one, one) if name in WHEELS else one for name, one in numbers.items()}
)
GREYS = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)[:, None].repeat(1, 3)


def graded(trims: Trims, *colour: float) -> list[float]:
    return [float(value) for value in trims.cdl().apply(torch.tensor([colour], dtype=torch.float64))[0]]


def test_neutral_trims_change_nothing() -> None:
    assert NEUTRAL.cdl() == Cdl() and NEUTRAL.is_neutral and NEUTRAL.changed == ()


def test_exposure_is_a_factor_of_light_on_a_display_of_gamma_2_2() -> None:
    for stops in (-2.0, 0.5):
        assert graded(Trims(exposure=stops), 0.2, 0.2, 0.2)[0] ** 2.2 == pytest.approx(0.2**2.2 * 2**stops)


def test_contrast_turns_about_middle_grey() -> None:
    assert graded(Trims(contrast=1.5), PIVOT, 0.5, 0.3) == pytest.approx(
        [PIVOT, PIVOT + 1.5 * (0.5 - PIVOT), PIVOT - 1.5 * (PIVOT - 0.3)]
    )


def test_black_and_white_are_where_the_ends_come_to() -> None:
    lifted = Trims(black=0.05, white=-0.1)
    assert graded(lifted, 0.0, 1.0, 0.5) == pytest.approx([0.05, 0.9, 0.475])


@pytest.mark.parametrize("trims", [Trims(temperature=80), Trims(temperature=-60, tint=30), Trims(tint=-100)])
def test_warmth_leaves_the_luma_of_greys(trims: Trims) -> None:
    red, green, blue = graded(trims, 0.4, 0.4, 0.4)
    assert sum(w * c for w, c in zip(LUMA, (red, green, blue), strict=True)) == pytest.approx(0.4)


def test_warm_is_amber_and_tint_is_magenta() -> None:
    red, green, blue = graded(Trims(temperature=50), 0.4, 0.4, 0.4)
    assert red > 0.4 > blue and red > green > blue
    red, green, blue = graded(Trims(tint=50), 0.4, 0.4, 0.4)
    assert green < 0.4 < red == pytest.approx(blue)


def test_lift_gamma_gain_is_the_usual_formula() -> None:
    trims = Trims(lift=(0.1, 0.0, -0.05), gamma=(1.2, 1.0, 0.8), gain=(0.9, 1.1, 1.0))
    expected = [
        max(0.0, gain * (0.3 + lift * 0.7)) ** (1 / gamma)
        for lift, gamma, gain in zip(trims.lift, trims.gamma, trims.gain, strict=True)
    ]
    assert graded(trims, 0.3, 0.3, 0.3) == pytest.approx(expected)


def test_gains_against_a_cast_count_by_their_share() -> None:
    assert Trims(neutralise=0.5).cdl((1.21, 1.0, 0.64)).slope == pytest.approx((1.1, 1.0, 0.8))
    assert NEUTRAL.cdl((1.21, 1.0, 0.64)) == Cdl()


@QUICK
@given(some_trims)
def test_the_node_is_what_opencolorio_does(trims: Trims) -> None:
    import PyOpenColorIO as ocio

    cdl = trims.cdl((1.1, 0.95, 0.9))
    processor = ocio.Config.CreateRaw().getProcessor(cdl_transform(cdl)).getDefaultCPUProcessor()
    colours = np.random.default_rng(0).random((256, 3), np.float32)
    theirs = colours.copy()
    processor.applyRGB(theirs)
    np.testing.assert_allclose(cdl.apply(torch.from_numpy(colours)).numpy(), theirs, atol=2e-4)


@QUICK
@given(some_trims)
def test_greys_never_turn_over(trims: Trims) -> None:
    ramp = replace(trims, saturation=1.0).cdl().apply(GREYS)
    assert float(ramp.diff(dim=0).min()) >= -1e-9


@QUICK
@given(some_trims, st.sampled_from(["all", "lightness", "colour"]))
def test_records_are_exact(trims: Trims, only: str) -> None:
    whole = Trims(**(trims.to_record() | {"only": only}))
    assert trims_from_record(json.loads(json.dumps(whole.to_record()))) == whole


def test_numbers_of_numpy_become_plain() -> None:
    trims = Trims(exposure=np.float32(0.5), lift=np.array([0.1, 0.2, 0.3]), gain=2, neutralise=True)
    assert type(trims.exposure) is float and all(type(each) is float for each in trims.lift)
    assert trims.gain == (2.0, 2.0, 2.0) and trims.neutralise == 1.0
    assert json.dumps(trims.to_record())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"exposure": 9}, "exposure 9 is out of range: give a number from -3 to 3"),
        ({"contrast": "much"}, "contrast 'much' is out of range"),
        ({"tint": float("nan")}, "tint nan is out of range"),
        ({"saturation": True}, "saturation True is out of range"),
        ({"lift": (0.1, 0.2)}, "lift [0.1, 0.2]: give one number, or three"),
        ({"gamma": "1,1,1"}, "gamma '1,1,1' is out of range"),
        ({"gain": (1, 2, 9)}, "gain 9 is out of range: give a number from 0.25 to 4"),
        ({"only": "hue"}, "only 'hue' is unknown: choose one of all, lightness, colour"),
        ({"only": ["all"]}, "only ['all'] is unknown"),
    ],
)
def test_what_is_out_of_range_is_refused_in_one_line(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as error:
        Trims(**wrong)  # type: ignore[arg-type]
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"exposer": 1.0}, "unknown trim 'exposer': choose from exposure, contrast"),
        ([1.0], "trims [1.0] are damaged"),
        ({"exposure": None}, "exposure None is out of range"),
        ({"neutralise": True}, "neutralise is True: give a number"),
        ({"lift": {"r": 1}}, "lift ['r']: give one number"),
    ],
)
def test_damaged_records_are_refused_in_one_line(record: object, said: str) -> None:
    with pytest.raises(InputError) as error:
        trims_from_record(record)
    assert said in str(error.value) and "\n" not in str(error.value)
