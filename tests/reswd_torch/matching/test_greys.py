"""Greys are held back from colour, as far as they are told."""

from __future__ import annotations

import pytest
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade import Cdl
from reswd_torch.matching.data_terms import PairedCoupling
from reswd_torch.matching.fitting import NO_PULL
from reswd_torch.matching.gauss_newton import CdlModel, minimise, natural_numbers
from reswd_torch.matching.greys import GreyHold
from tests.conftest import photograph

DOUBLE = torch.float64


@pytest.mark.parametrize("allowed", [0.0, 5.0])
def test_greys_are_held_back_from_more_colour_than_is_allowed(allowed: float) -> None:
    picture = torch.from_numpy(photograph(3, 32, 32)).reshape(-1, 3).double() * 0.8 + 0.1
    tinted = Cdl(slope=(1.2, 1.0, 0.75)).apply(picture)
    coupling = PairedCoupling(srgb_to_lab(tinted))
    ramp = torch.linspace(0.1, 0.9, 9, dtype=DOUBLE).unsqueeze(1).expand(-1, 3)

    def colour_of_greys(hold: GreyHold | None) -> float:
        numbers = natural_numbers(minimise(CdlModel(picture, torch.tensor(NO_PULL), hold), coupling, rounds=40))
        return float(srgb_to_lab(Cdl.from_vector(numbers).apply(ramp))[:, 1:].norm(dim=1).mean())

    assert colour_of_greys(None) > 12
    assert colour_of_greys(GreyHold(allowed, 100.0)) == pytest.approx(allowed, abs=1.0)
    assert colour_of_greys(GreyHold(100.0, 100.0)) == pytest.approx(colour_of_greys(None), abs=1e-6)
