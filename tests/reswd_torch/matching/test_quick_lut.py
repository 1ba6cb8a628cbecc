"""The quick fit of a smooth LUT: the same equations as the thorough one, and the same conditions on what comes out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from reswd_torch import Cdl, srgb_to_lab
from reswd_torch.matching.data_terms import PairedCoupling
from reswd_torch.matching.fitting import second_order
from reswd_torch.matching.quick_lut import DRAWN, FOLLOWED, Columns, fit_quick_lut
from reswd_torch.matching.smooth_lut import STAGES, SplineModel, fit_smooth_lut
from reswd_torch.matching.smoothness import smoothness
from tests.conftest import asset

Wish = Callable[[torch.Tensor], torch.Tensor]
MILD = Cdl(slope=(1.1, 0.95, 0.85), offset=(0.02, 0.0, 0.03), power=(1.1, 1.0, 0.95), saturation=0.9)


def _noise(rgb: torch.Tensor) -> torch.Tensor:
    return torch.rand(rgb.shape, generator=torch.Generator().manual_seed(5))


def _colours() -> torch.Tensor:
    return torch.from_numpy(asset("lagoon-jetty.jpg", 64)).reshape(-1, 3)[::3].contiguous()[:700]


@pytest.mark.parametrize("kind", ["anywhere", "one column", "corners and knots"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_columns_have_the_same_hessian_as_the_whole(kind: str, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    rgb = torch.rand(300, 3, generator=generator, dtype=dtype)
    if kind == "one column":
        rgb = rgb * 0.1 + 0.4
    if kind == "corners and knots":
        rgb = torch.cartesian_prod(*[torch.linspace(0, 1, 7, dtype=dtype)] * 3)
    curvature = torch.randn(len(rgb), 3, 3, generator=generator, dtype=dtype)
    curvature = curvature @ curvature.transpose(1, 2)
    plain, columns = SplineModel(rgb, STAGES[0]), Columns(rgb)
    expected = plain.hessian(plain.evaluate(plain.start()), curvature).double()
    found = columns.hessian(curvature).permute(1, 0, 3, 2).reshape(expected.shape)  # ours go channel by channel
    largest = float(expected.abs().max())
    assert float((found - expected).abs().max()) < 1e-5 * largest  # splines below a millionth are left out


VIOLENT: dict[str, Wish] = {
    "negative": lambda rgb: 1 - rgb,
    "channels changed over": lambda rgb: rgb[:, [2, 0, 1]],
    "noise": _noise,
    "step": lambda rgb: (rgb > 0.5).float(),
    "black": lambda rgb: 0 * rgb,
}


@pytest.mark.parametrize("wish", VIOLENT.values(), ids=VIOLENT)
def test_however_violent_the_wish_the_lut_is_smooth(wish: Wish) -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(wish(source)))
    for passes in (FOLLOWED, DRAWN):
        lut = fit_quick_lut(source, coupling, passes)
        assert smoothness(lut).good
        assert coupling(srgb_to_lab(lut.apply(source))).loss < 0.95 * coupling(srgb_to_lab(source)).loss


def test_progress_rises_and_may_stop_the_fit() -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(MILD.apply(source)))
    shares: list[float] = []
    fit_quick_lut(source, coupling, FOLLOWED, lambda share, text: shares.append(share))
    assert shares[0] == 0.0 and shares == sorted(shares) and 0.5 <= shares[-1] < 1.0

    def stop(share: float, text: str) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit_quick_lut(source, coupling, FOLLOWED, stop)


def test_nothing_to_do_is_the_identity() -> None:
    source = _colours()
    lut = fit_quick_lut(source, PairedCoupling(srgb_to_lab(source)), FOLLOWED)
    assert lut.movement()[1] < 1e-4


GENTLE: dict[str, Wish] = {
    "ten numbers": MILD.apply,
    "what ten numbers cannot": lambda rgb: 0.9 * rgb**1.2 + 0.05 * rgb[:, [1, 2, 0]],
    "lifted and turned": lambda rgb: 0.05 + 0.8 * rgb + 0.08 * rgb[:, [1, 2, 0]] ** 2,
}


@pytest.mark.parametrize("wish", GENTLE.values(), ids=GENTLE)
def test_a_mild_wish_is_met_about_as_well_as_by_the_thorough_fit(wish: Wish) -> None:
    source = _colours()
    coupling = PairedCoupling(srgb_to_lab(wish(source)))
    quick = fit_quick_lut(source, coupling, FOLLOWED)
    thorough = fit_smooth_lut(source, coupling, second_order(coupling, None))
    losses = [float(coupling(srgb_to_lab(lut.apply(source))).loss) for lut in (quick, thorough)]
    assert losses[0] < 1.15 * losses[1] + 0.02
    assert losses[0] < 0.05 * float(coupling(srgb_to_lab(source)).loss)
