"""sRGB, linear light and CIE Lab, as pure functions on tensors, with the derivative that the colour fit needs.

kornia.color is not used because importing kornia 0.9 takes longer than a whole match (see CONTRIBUTING.md for the figure), and
because the fit needs d(Lab)/d(sRGB) per pixel in closed form, which no library offers.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.precision import precisely

_RGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""Linear RGB to CIE XYZ with D65 as white, whose Y is 1 (IEC 61966-2-1)."""
_DELTA = 6.0 / 29.0  # CIE 15:2004, 8.2.1.1: below DELTA**3 the cube root is replaced by its tangent


def srgb_to_linear(rgb: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Decode sRGB to linear light (IEC 61966-2-1). Any shape, 0..1 to 0..1; the curve is mirrored for negative values."""
    magnitude = rgb.abs()
    return torch.where(
        magnitude <= 0.04045,
        rgb / 12.92,
        rgb.sign() * ((magnitude.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4,
    )


def linear_to_srgb(linear: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Encode linear light as sRGB (IEC 61966-2-1). The inverse of :func:`srgb_to_linear`."""
    magnitude = linear.abs()
    return torch.where(
        magnitude <= 0.0031308,
        linear * 12.92,
        # clamped so that the unused branch has a finite gradient at zero
        linear.sign() * (1.055 * magnitude.clamp(min=0.0031308) ** (1 / 2.4) - 0.055),
    )


def srgb_to_lab(rgb: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """Convert sRGB-encoded colours to CIE L*a*b* (1976, CIE 15:2004) with the D65 white point.

    Args:
        rgb: (..., 3), sRGB-encoded, 0..1.

    Returns:
        (..., 3): L* in 0..100, a* and b* roughly -110..110. White is (100, 0, 0) exactly. Of the dtype of ``rgb``; half
        precision is computed in float32, under autocast too.

    Raises:
        InputError: integers, or floats of 8 bits.
    """
    return precisely(lambda colors: linear_to_lab(srgb_to_linear(colors)), rgb)


def linear_to_lab(linear: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """:func:`srgb_to_lab` for linear light in sRGB's primaries: (..., 3), white is 1. Colours outside sRGB may leave 0..1."""
    return _xyz_to_lab(linear @ srgb_to_xyz(linear).T)


def lab_to_srgb(lab: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    """The inverse of :func:`srgb_to_lab`. Colours outside sRGB come out below 0 or above 1."""
    return precisely(_lab_to_srgb, lab)


def _lab_to_srgb(lab: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    fy = (lab[..., 0] + 16.0) / 116.0
    f = torch.stack((fy + lab[..., 1] / 500.0, fy, fy - lab[..., 2] / 200.0), dim=-1)
    xyz = torch.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4.0 / 29.0))
    return linear_to_srgb(xyz @ torch.linalg.inv(srgb_to_xyz(lab)).T)


def srgb_to_lab_with_jacobian(
    rgb: Float[Tensor, "n 3"],
) -> tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3 3"]]:
    """Convert sRGB-encoded colours to CIE Lab as :func:`srgb_to_lab` does, and differentiate the conversion at every colour.

    Args:
        rgb: (N, 3), sRGB-encoded, 0..1.

    Returns:
        Lab (N, 3) and the derivative (N, 3, 3), ``[n, i, j]`` = dLab_i / drgb_j.
    """
    matrix = srgb_to_xyz(rgb)
    bent = rgb > 0.04045
    base = (rgb.clamp(min=0.04045) + 0.055) / 1.055
    power = base**1.4
    linear = torch.where(bent, power * base, rgb / 12.92)
    d_linear = torch.where(bent, power * (2.4 / 1.055), torch.full_like(rgb, 1 / 12.92))
    f, d_f = lab_response(linear @ matrix.T)
    to_lab = LAB_FROM_F.to(rgb)
    jacobian = torch.einsum("if,nf,fj,nj->nij", to_lab, d_f, matrix, d_linear)
    return _lab_from_f(f), jacobian


LAB_FROM_F = torch.tensor([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]], dtype=torch.float64)


def lab_response(xyz: Float[Tensor, "*batch 3"]) -> tuple[Float[Tensor, "*batch 3"], Float[Tensor, "*batch 3"]]:
    """The function f of CIE 15:2004, 8.2.1.1, of X, Y and Z divided by those of white, and its slope."""
    root = xyz.clamp(min=_DELTA**3) ** (1 / 3)
    curved = xyz > _DELTA**3
    f = torch.where(curved, root, xyz / (3 * _DELTA**2) + 4.0 / 29.0)
    return f, torch.where(curved, 1 / (3 * root**2), torch.full_like(xyz, 1 / (3 * _DELTA**2)))


def srgb_to_xyz(like: Tensor) -> Float[Tensor, "3 3"]:
    """Linear RGB to XYZ divided by that of white, so that white has f(X) = f(Y) = f(Z) = 1 and greys have a* = b* = 0."""
    matrix = torch.tensor(_RGB_TO_XYZ, dtype=torch.float64)
    return (matrix / matrix.sum(dim=1, keepdim=True)).to(like)


def _xyz_to_lab(xyz: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    f = torch.where(
        xyz > _DELTA**3,
        xyz.clamp(min=_DELTA**3) ** (1 / 3),
        xyz / (3 * _DELTA**2) + 4.0 / 29.0,
    )
    return _lab_from_f(f)


def _lab_from_f(f: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
    fx, fy, fz = f.unbind(dim=-1)
    return torch.stack((116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)), dim=-1)
