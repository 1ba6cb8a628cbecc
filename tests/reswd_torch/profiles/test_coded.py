"""Profiles for the numbers of ITU-T H.273, against colour-science."""

from __future__ import annotations

import numpy as np
import pytest

from reswd_torch.profiles import is_usable, profile_to_lab
from reswd_torch.profiles.coded import adobe_rgb, coded_profile, is_coded, measured_profile, says_nothing
from reswd_torch.profiles.curves import ParametricCurve
from reswd_torch.profiles.icc import D65, SRGB_PRIMARIES, read_matrix_profile

CODES = np.random.default_rng(0).random((500, 3))
SPACES = {
    (1, 1): "ITU-R BT.709",
    (12, 13): "Display P3",
    (9, 14): "ITU-R BT.2020",
    (11, 17): "DCI-P3",
    (6, 6): "SMPTE C",
    (22, 8): "ITU-T H.273 - 22 Unspecified",
    (8, 4): "ITU-T H.273 - Generic Film",
}


@pytest.mark.parametrize("numbers", SPACES)
def test_primaries_against_colour_science(numbers: tuple[int, int]) -> None:
    """The colours of each primary and of white, in Lab relative to white by Bradford's adaptation."""
    import colour

    icc = coded_profile(*numbers)
    assert icc is not None and is_usable(icc)
    space = colour.RGB_COLOURSPACES[SPACES[numbers]]
    matrix = colour.normalised_primary_matrix(space.primaries, space.whitepoint)
    xyz = np.eye(4, 3) + np.eye(4)[3][:, None]
    light = colour.adaptation.chromatic_adaptation_VonKries(
        xyz @ matrix.T, colour.xy_to_XYZ(space.whitepoint), colour.xy_to_XYZ(np.array(D65)), transform="Bradford"
    )
    wanted = colour.XYZ_to_Lab(light, np.array(D65))
    assert np.abs(profile_to_lab(xyz, icc) - wanted).max() < 0.15


@pytest.mark.parametrize(
    ("transfer", "function"),
    [
        (1, lambda f, x: f.oetf_inverse_BT709(x)),
        (7, lambda f, x: f.eotf_SMPTE240M(x)),
        (8, lambda f, x: x),
        (4, lambda f, x: x**2.2),
        (5, lambda f, x: x**2.8),
        (17, lambda f, x: x**2.6),
        (9, lambda f, x: np.where(x > 0, 10 ** (2 * (x - 1)), 0)),
    ],
)
def test_curves_against_colour_science(transfer: int, function: object) -> None:
    import colour.models.rgb.transfer_functions as functions

    icc = coded_profile(9, transfer)
    assert icc is not None
    profile = read_matrix_profile(icc)
    assert profile is not None
    codes = np.linspace(0.001, 1, 500)
    assert np.abs(profile.curves[0].decode(codes) - function(functions, codes)).max() < 2e-3


def test_numbers_with_and_without_meaning() -> None:
    """H.273, tables 2 and 3."""
    assert coded_profile(1, 13) is coded_profile(2, 2) is coded_profile(2, 13) is None
    assert says_nothing(2, 2) and not says_nothing(2, 13)
    assert all(is_coded(p, t) for p in (1, 2, 4, 12, 22) for t in (1, 2, 13, 16, 18))
    assert not any(is_coded(*pair) for pair in ((0, 13), (3, 13), (13, 13), (255, 1), (1, 0), (1, 3), (1, 19)))
    for primaries in (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22):
        for transfer in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 17):
            icc = coded_profile(primaries, transfer)
            assert icc is not None and is_usable(icc) and read_matrix_profile(icc) is not None


def test_measured_chromaticities() -> None:
    assert measured_profile(None, None, None) is None
    assert measured_profile(((0.6401, 0.33), (0.3, 0.6), (0.15, 0.0601)), (0.3127, 0.329), None) is None
    assert measured_profile(SRGB_PRIMARIES, D65, ParametricCurve(1.8), "gamma 1.8") is not None
    assert is_usable(adobe_rgb())
