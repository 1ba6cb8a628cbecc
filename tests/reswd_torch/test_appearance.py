"""How codes look: against colour-science, against numerical derivatives, and what fits make of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch import MatchSettings
from reswd_torch.appearance import (
    REFERENCE_WHITE,
    SRGB,
    Appearance,
    light_to_pq,
    pq_appearance,
    pq_to_light,
)
from reswd_torch.color import srgb_to_lab
from reswd_torch.matching import PixelSample, color_distance, fit_samples
from reswd_torch.profiles import profile_to_lab, to_profile
from reswd_torch.profiles.appearance import profile_appearance
from reswd_torch.profiles.coded import adobe_rgb, coded_profile
from reswd_torch.profiles.curves import ParametricCurve, TableCurve
from reswd_torch.profiles.icc import write_profile

PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
PROFILES = {
    "P3": coded_profile(12, 13),
    "Rec.2020": coded_profile(9, 1),
    "Adobe": adobe_rgb(),
    "gamma 1.8": write_profile("ProPhoto", PROPHOTO, (0.3457, 0.3585), ParametricCurve(1.8)),
    "table": write_profile("own", PROPHOTO, (0.3457, 0.3585), TableCurve(np.linspace(0, 1, 1024) ** 2.2)),
}
APPEARANCES = {"sRGB": SRGB, "PQ": pq_appearance()} | {name: profile_appearance(icc) for name, icc in PROFILES.items()}


def colours(count: int = 400) -> torch.Tensor:
    """Codes away from the ends, float64."""
    return 0.03 + 0.94 * torch.rand(count, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("appearance", APPEARANCES.values(), ids=APPEARANCES.keys())
def test_the_derivative_is_that_of_the_values(appearance: Appearance) -> None:
    codes, step = colours(), 2e-4
    lab, jacobian = appearance.lab_with_jacobian(codes)
    torch.testing.assert_close(lab, appearance.lab(codes))
    aside = [
        (appearance.lab(codes + step * unit) - appearance.lab(codes - step * unit)) / (2 * step)
        for unit in torch.eye(3, dtype=torch.float64)
    ]
    off = ((torch.stack(aside, dim=2) - jacobian).abs() / (1 + jacobian.abs())).flatten()
    assert off.quantile(0.98) < 0.02  # but for the corners of looked-up curves


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_looks_as_its_own_lab_says(name: str) -> None:
    codes = colours().float()
    appearance = profile_appearance(PROFILES[name])
    assert appearance is not SRGB
    wanted = torch.from_numpy(profile_to_lab(codes.numpy(), PROFILES[name]))
    torch.testing.assert_close(appearance.lab(codes), wanted, atol=2e-2, rtol=0)
    shown = torch.from_numpy(to_profile(codes.numpy(), None, PROFILES[name]))
    torch.testing.assert_close(appearance.of_srgb(codes), shown)
    assert (appearance.lab(shown) - srgb_to_lab(codes)).norm(dim=1).max() < 0.5


@pytest.mark.parametrize("icc", [None, b"nonsense", coded_profile(1, 13)])
def test_what_is_srgb_or_unreadable_looks_like_srgb(icc: bytes | None) -> None:
    assert profile_appearance(icc) is SRGB


def test_hdr_looks_as_colour_science_says() -> None:
    colour = pytest.importorskip("colour")
    codes = colours()
    light, _ = pq_to_light(codes)
    np.testing.assert_allclose(light.numpy(), colour.models.eotf_ST2084(codes.numpy()), rtol=1e-9)
    ictcp = colour.RGB_to_ICtCp(light.numpy(), method="ITU-R BT.2100-2 PQ")
    np.testing.assert_allclose(pq_appearance().lab(codes).numpy() / 450, ictcp * (1, 0.5, 1), atol=1e-9)


def test_hdr_and_standard_range() -> None:
    appearance = pq_appearance()
    codes = colours()
    torch.testing.assert_close(light_to_pq(pq_to_light(codes)[0]), codes)
    torch.testing.assert_close(appearance.from_display(appearance.as_display(codes)), codes)
    shown = appearance.as_display(torch.linspace(0, 1, 1001, dtype=torch.float64))
    assert float(shown[0]) == pytest.approx(0, abs=1e-6) and float(shown[-1]) == pytest.approx(1, abs=1e-6)
    assert (shown.diff() > 0).all()
    white = appearance.of_srgb(torch.ones(1, 3, dtype=torch.float64))
    assert float(pq_to_light(white)[0].mean()) == pytest.approx(REFERENCE_WHITE, rel=1e-4)
    # small differences of standard range are about as large as in CIE Lab
    srgb = colours(4000)
    near = (srgb + 0.003 * torch.randn(4000, 3, generator=torch.Generator().manual_seed(2))).clamp(0, 1)
    apart = (srgb_to_lab(srgb) - srgb_to_lab(near)).norm(dim=1).mean()
    in_hdr = (appearance.lab(appearance.of_srgb(srgb)) - appearance.lab(appearance.of_srgb(near))).norm(dim=1).mean()
    assert float(in_hdr / apart) == pytest.approx(1.0, abs=0.1)


def _sample(codes: torch.Tensor) -> PixelSample:
    return PixelSample(codes[::2].float(), codes[1::2].float())


@pytest.mark.parametrize("aim", ["mood", "colours", "look"])
@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_a_fit_in_hdr_comes_nearer_and_clips_no_highlights(aim: str, transform: str) -> None:
    appearance = pq_appearance()
    generator = torch.Generator().manual_seed(3)
    light = 10 ** (2.2 * torch.rand(2000, 1, generator=generator, dtype=torch.float64)) * (
        0.6 + 0.8 * torch.rand(2000, 3, generator=generator, dtype=torch.float64)
    )
    light[::50] *= 8  # highlights of 1,000 cd/m2 and more
    warmer = light * torch.tensor([1.5, 1.2, 0.8], dtype=torch.float64)
    source, target = (light_to_pq(each) for each in (light, warmer))
    settings = MatchSettings(aim=aim, transform=transform)
    grade = fit_samples(_sample(source), _sample(target), settings, appearance=appearance)
    assert grade.report is not None
    assert grade.report.distance_after < (0.97 if aim == "look" else 0.8) * grade.report.distance_before
    graded = grade.apply(source.float())
    assert (graded.amax(dim=1) < 0.99).all()
    brightest = pq_to_light(graded.double())[0].amax()
    assert brightest > 0.6 * light.amax()
    assert grade.report.distance_before == pytest.approx(
        color_distance(source[1::2].float(), target[1::2].float(), appearance=appearance)
    )


def test_pictures_in_hdr_that_are_equal_stay() -> None:
    codes = light_to_pq(10 ** (3 * colours(1000)))
    same = _sample(codes)
    grade = fit_samples(same, same, MatchSettings(), appearance=pq_appearance())
    assert (grade.apply(codes.float()) - codes).abs().max() < 2 / 1023


def test_a_wide_encoding_is_matched_as_it_looks() -> None:
    """What is fitted in P3 and in sRGB to the same pictures looks alike; with codes of P3 taken for sRGB's it differs."""
    icc = coded_profile(9, 13)
    generator = torch.Generator().manual_seed(5)
    source = 0.1 + 0.7 * torch.rand(3000, 3, generator=generator)
    target = (source.flip(0) * torch.tensor([1.1, 0.9, 0.8]) + torch.tensor([0.02, 0.0, 0.05])).clamp(0, 1)
    settings = MatchSettings(aim="colours", transform="lut")
    wanted = fit_samples(_sample(source), _sample(target), settings).apply(source)
    wide = [torch.from_numpy(to_profile(each.numpy(), None, icc)) for each in (source, target)]
    off = []
    for known in (icc, None):
        graded = fit_samples(_sample(wide[0]), _sample(wide[1]), settings, icc=known).apply(wide[0])
        back = to_profile(graded.numpy(), icc, None)
        off.append(float((srgb_to_lab(torch.from_numpy(back)) - srgb_to_lab(wanted)).norm(dim=1).mean()))
    assert off[0] < 0.8 * off[1]


@pytest.mark.parametrize("curve", [ParametricCurve(1.8), ParametricCurve(2.4)])
def test_a_profile_whose_equal_codes_have_a_tint_is_matched_all_the_same(curve: ParametricCurve) -> None:
    """Scanners have such profiles. What looks grey is held, and not equal codes."""
    corners, white = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), (0.38, 0.38)
    icc = write_profile("scanner", corners, white, curve)
    generator = torch.Generator().manual_seed(2)
    source = torch.rand(3000, 3, generator=generator) * 0.7
    target = source.flip(0) * torch.tensor([1.3, 1.05, 0.8])
    codes = [torch.from_numpy(to_profile(each.numpy(), None, icc)) for each in (source, target)]
    for settings in (MatchSettings(), MatchSettings(aim="colours", transform="cdl")):
        report = fit_samples(_sample(codes[0]), _sample(codes[1]), settings, icc=icc).report
        plain = fit_samples(_sample(source), _sample(target), settings).report
        assert report is not None and plain is not None
        assert report.distance_after < plain.distance_after + 0.15 * plain.distance_before
