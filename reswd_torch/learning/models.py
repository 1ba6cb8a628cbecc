"""The candidates: from colours and what each became to a grade."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import linear_to_srgb, srgb_to_linear
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.learning.difference import step_weights
from reswd_torch.learning.least_squares import held_as_firmly_as_pays
from reswd_torch.learning.light import Light
from reswd_torch.matching.fitting import fit_pairs
from reswd_torch.settings import CDL, LUT

LinearMap = Callable[[Tensor], Tensor]
"""Maps (N, 3) linear light to (N, 3) linear light, float64, without clipping."""

_MATRIX_PULL = 0.02
"""Firmness of a matrix entry at its least-squares value. Entries are of size 1, so it only keeps equations solvable."""
_CURVE_PULL = (30.0, 10.0, 10.0)
"""Firmness of the three numbers of a curve at 0, beside residuals of a dE2000 each: an offset, a bend and an S."""
_OWN = 100.0
"""How much more firmly the difference of a channel's curve from that of all three is held: a rendering bends all alike."""
_SCALES = (300.0, 1.0)
"""What the firmness of all numbers is multiplied by: cameras that differ by a matrix alone, and those that render."""
_ROOT_PULL = 0.5
"""Firmness of the weights of the square roots at 0. A matrix explains most cameras; roots have to earn their weight."""
_LEAST_SLOPE = 0.1
"""Least slope of a curve, in codes. One that is flatter is taken back until it is not."""


def fit_model(
    name: str,
    source: Float[Tensor, "n 3"],
    wanted: Float[Tensor, "n 3"],
    light: Light,
    size: int = 33,
) -> Cdl | Lut3D:
    """Fit one model.

    Args:
        name: of ``reswd_torch.learning.MODELS``.
        source: (N, 3), codes in 0..1.
        wanted: (N, 3), what each became, in the same encoding.
        light: of that encoding.
        size: lattice points along one axis of what is sampled from a formula.
    """
    if name == "cdl":
        return fit_pairs(source, wanted, CDL)
    if name == "lut":
        return fit_pairs(source, wanted, LUT)
    fit = {"matrix": fit_matrix_and_curves, "root": fit_root_polynomial}[name]
    first, second = (torch.from_numpy(light.decode(codes.numpy())) for codes in (source, wanted))
    linear = fit(first, second, light)

    def on_codes(codes: Tensor) -> Tensor:
        graded = linear(torch.from_numpy(light.decode(codes.numpy())))
        return torch.from_numpy(light.encode(graded.numpy()))

    return Lut3D.sample(on_codes, size)


def fit_matrix_and_curves(source: Float[Tensor, "n 3"], wanted: Float[Tensor, "n 3"], light: Light) -> LinearMap:
    """A curve per channel, a 3 x 3 matrix in linear light, and a curve per channel again.

    The curves act on sRGB-encoded values, where steps are about even to the eye. Those in front undo what the first camera's
    rendering bent, those behind bend as the second one does. Each has three numbers, held near none.

    Args:
        source: (N, 3), linear light, float64.
        wanted: (N, 3), the same.
        light: of both.
    """
    start = torch.cat([_least_squares(source, wanted).reshape(-1), torch.zeros(24, dtype=torch.float64)])
    pulls = (*_CURVE_PULL, *(_OWN * pull for pull in _CURVE_PULL * 3))
    firmness = torch.tensor([*[_MATRIX_PULL] * 9, *pulls, *pulls], dtype=torch.float64)

    def render(numbers: Tensor, linear: Tensor) -> Tensor:
        before, after = (_rising(part[:3] + part[3:].reshape(3, 3)) for part in (numbers[9:21], numbers[21:]))
        return _bent(_bent(linear, before) @ numbers[:9].reshape(3, 3).T, after)

    fitted = held_as_firmly_as_pays(_residuals(render, source, wanted, light), start, firmness, _SCALES)
    return lambda linear: render(fitted, linear)


def fit_root_polynomial(source: Float[Tensor, "n 3"], wanted: Float[Tensor, "n 3"], light: Light) -> LinearMap:
    """A 3 x 6 matrix on R, G, B and the roots of RG, GB and RB, which a change of exposure leaves valid.

    Source: G. D. Finlayson, M. Mackiewicz and A. Hurlbert, "Color correction using root-polynomial regression", IEEE
    Transactions on Image Processing 24 (5), 2015, degree 2.

    Args:
        source: (N, 3), linear light, float64.
        wanted: (N, 3), the same.
        light: of both.
    """
    start = torch.cat([_least_squares(source, wanted), torch.zeros(3, 3, dtype=torch.float64)], dim=1)
    firmness = torch.tensor([[_MATRIX_PULL] * 3 + [_ROOT_PULL] * 3] * 3, dtype=torch.float64)

    def render(numbers: Tensor, linear: Tensor) -> Tensor:
        return _with_roots(linear) @ numbers.reshape(3, 6).T

    fitted = held_as_firmly_as_pays(
        _residuals(render, source, wanted, light), start.reshape(-1), firmness.reshape(-1), _SCALES
    )
    return lambda linear: render(fitted, linear)


def _residuals(
    render: Callable[[Tensor, Tensor], Tensor], source: Tensor, wanted: Tensor, light: Light
) -> Callable[[Tensor], Tensor]:
    """From a model's numbers to how far every colour is from where it should go, in about dE2000."""
    target = light.lab(wanted)
    weights = torch.from_numpy(step_weights(np.asarray(target)))
    return lambda numbers: torch.einsum("nij,nj->ni", weights, light.lab(render(numbers, source)) - target)


def _least_squares(source: Tensor, wanted: Tensor) -> Float[Tensor, "3 3"]:
    """The matrix with the least squares in linear light, a little towards none where colours leave it open."""
    ridge = 1e-5 * len(source) * torch.eye(3, dtype=torch.float64)
    return torch.linalg.solve(source.T @ source + ridge, source.T @ wanted + ridge).T


def _with_roots(linear: Float[Tensor, "n 3"]) -> Float[Tensor, "n 6"]:
    red, green, blue = linear.clamp(min=0.0).unbind(dim=1)
    roots = torch.stack([(red * green).sqrt(), (green * blue).sqrt(), (red * blue).sqrt()], dim=1)
    return torch.cat([linear, roots], dim=1)


def _shapes(codes: Tensor) -> Float[Tensor, "... 3"]:
    """An offset that leaves white, a bend, and an S, of codes; straight on beyond 0..1 so that no curve turns round there."""
    inner = codes.clamp(0.0, 1.0)
    bend = inner * (1.0 - inner)
    return torch.stack([1.0 - codes, bend, bend * (1.0 - 2.0 * inner)], dim=-1)


def _bent(linear: Float[Tensor, "n 3"], curves: Float[Tensor, "3 3"]) -> Float[Tensor, "n 3"]:
    """Linear light through a curve per channel, which acts on sRGB-encoded values."""
    codes = linear_to_srgb(linear)
    return srgb_to_linear(codes + torch.einsum("nck,ck->nc", _shapes(codes), curves))


def _rising(curves: Float[Tensor, "3 3"]) -> Float[Tensor, "3 3"]:
    """Curves, or as much of each as still rises everywhere."""
    codes = torch.linspace(0.0, 1.0, 65, dtype=torch.float64)
    steepest_fall = (_shapes(codes) @ curves.T).diff(dim=0).amin(dim=0) * 64
    return curves * torch.clamp((_LEAST_SLOPE - 1.0) / steepest_fall.clamp(max=-1e-6), max=1.0)[:, None]
