"""The B-spline volume, beside SciPy's splines."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import BSpline

from reswd_torch.grade.lut3d import identity_lattice
from reswd_torch.matching import spline


def test_basis_equals_scipys_splines() -> None:
    """Oracle: scipy.interpolate.BSpline on the same clamped knots."""
    x = torch.linspace(0, 1, 101, dtype=torch.float64)
    knots = spline.knots().numpy()
    expected = BSpline.design_matrix(x.numpy(), knots, 3).toarray()
    found = spline.basis_1d(x).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(found.sum(1), 1)


def test_control_points_of_the_identity_give_the_identity() -> None:
    colours = torch.rand(200, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(spline.basis(colours) @ spline.greville(), colours, atol=1e-9, rtol=0)


def test_the_lattice_of_a_net_holds_the_spline_s_values() -> None:
    net = torch.rand(spline.CONTROL_POINTS**3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = spline.basis(identity_lattice(33, torch.float64).reshape(-1, 3)) @ net
    torch.testing.assert_close(spline.lattice_of(net).reshape(-1, 3), expected, atol=1e-13, rtol=0)
