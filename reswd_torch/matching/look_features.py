"""What the look estimate sees of two pictures: numbers that a rendition moves and that content moves little.

A picture is described by its quantiles of lightness and of the colour axes, by the colours of its bands from the darkest fiftieth
to the lightest, near the neutral axis above all, by hue, chroma and the means that white balancing goes by (G. Finlayson and
E. Trezzi, "Shades of gray and colour constancy", 2004). A pair is described by both, and by how alike the shapes of their
distributions are once mean and spread are taken out: where they are alike, both pictures probably show the same kinds of things.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab, srgb_to_linear

COLOURS = 512
"""Number of colours that stand for a picture here."""
_LIGHTNESS_AT = (0.005, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 0.995)
_AXES_AT = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_CHROMA_AT = (0.25, 0.5, 0.75, 0.9, 0.98)
_BANDS = (0.0, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0)
"""Bounds of the bands, as shares of the colours in order of lightness."""
_NEUTRAL = 10.0
"""CIE Lab chroma at which a colour counts by exp(-1) as neutral."""
_HUES = 12
_NORMS = (1.0, 3.0, 6.0)
_SHAPE_AT = 17
"""Number of quantiles by which two shapes are compared."""


def pair_features(
    source: Float[Tensor, "batch n 3"], reference: Float[Tensor, "batch m 3"]
) -> Float[Tensor, "batch features"]:
    """Describe pairs of pictures.

    Args:
        source: sampled colours of each source, sRGB-encoded, 0..1.
        reference: the same of each reference.
    """
    first, second = picture_features(source), picture_features(reference)
    return torch.cat((first, second, _likeness(source, reference), statistics_map(source, reference)), dim=1)


def statistics_map(
    source: Float[Tensor, "batch n 3"], reference: Float[Tensor, "batch m 3"]
) -> Float[Tensor, "batch 6"]:
    """What equal means and spreads of every channel would ask for: three logarithms of slopes, and three offsets."""
    spreads = [rgb.std(dim=1, correction=0).clamp(min=0.02) for rgb in (source, reference)]
    log_slope = (spreads[1] / spreads[0]).log().clamp(-1.2, 1.2)
    offset = (reference.mean(dim=1) - source.mean(dim=1) * log_slope.exp()).clamp(-0.6, 0.6)
    return torch.cat((log_slope, offset), dim=1)


def picture_features(rgb: Float[Tensor, "batch n 3"]) -> Float[Tensor, "batch features"]:
    """Describe pictures by themselves; about -2..2 each."""
    lab = srgb_to_lab(rgb)
    lightness, axes = lab[..., 0], lab[..., 1:]
    chroma = axes.norm(dim=-1)
    order = lightness.argsort(dim=1, stable=True)
    by_lightness = torch.gather(lab, 1, order.unsqueeze(2).expand(-1, -1, 3))
    linear = srgb_to_linear(rgb).clamp(min=1e-4)
    means = torch.stack([(linear**norm).mean(dim=1) ** (1 / norm) for norm in _NORMS], dim=1).log()
    centred = lab - lab.mean(dim=1, keepdim=True)
    spread = centred.square().mean(dim=1).sqrt()
    unit = centred / spread.clamp(min=1.0).unsqueeze(1)
    mixed = torch.stack([(unit[..., i] * unit[..., j]).mean(dim=1) for i, j in ((0, 1), (0, 2), (1, 2))], dim=1)
    with_chroma = (unit[..., 0] * (chroma - chroma.mean(dim=1, keepdim=True))).mean(dim=1) / 10
    parts = [
        _quantiles(by_lightness[..., 0], _LIGHTNESS_AT, in_order=True) / 50 - 1,
        _quantiles(axes.transpose(1, 2), _AXES_AT).flatten(1) / 25,
        _quantiles(chroma, _CHROMA_AT) / 25 - 1,
        _bands(by_lightness),
        _hues(axes, chroma),
        (means[..., 0] - means[..., 1]),
        (means[..., 2] - means[..., 1]),
        means[..., 1] / 2 + 1,
        spread / 20 - 1,
        mixed,
        with_chroma.unsqueeze(1),
        torch.stack(((rgb < 0.02).float().mean(dim=(1, 2)), (rgb > 0.98).float().mean(dim=(1, 2))), dim=1) * 4,
    ]
    return torch.cat(parts, dim=1)


def _bands(by_lightness: Float[Tensor, "batch n 3"]) -> Float[Tensor, "batch features"]:
    """Mean colour, mean colour of what is nearly neutral, and how much of that there is, of each band of lightness."""
    count = by_lightness.shape[1]
    parts = []
    for low, high in zip(_BANDS, _BANDS[1:], strict=False):
        start = min(int(low * count), count - 1)
        band = by_lightness[:, start : max(start + 1, int(high * count))]
        axes = band[..., 1:]
        neutral = torch.exp(-axes.square().sum(dim=-1, keepdim=True) / _NEUTRAL**2) + 1e-3
        share = neutral.mean(dim=1)
        parts += [axes.mean(dim=1) / 15, (axes * neutral).mean(dim=1) / share / 6, share - 0.4]
    return torch.cat(parts, dim=1)


def _hues(axes: Float[Tensor, "batch n 2"], chroma: Float[Tensor, "batch n"]) -> Float[Tensor, "batch hues"]:
    """How chroma is spread over hues, each hue's share of all."""
    angle = torch.atan2(axes[..., 1], axes[..., 0])
    centres = torch.arange(_HUES).to(angle) * (2 * torch.pi / _HUES)
    near = ((angle.unsqueeze(2) - centres).cos() - 1).mul(_HUES).exp()
    near = near / near.sum(dim=2, keepdim=True)
    weighed = (near * chroma.unsqueeze(2)).mean(dim=1)
    return weighed / weighed.sum(dim=1, keepdim=True).clamp(min=1e-3) * 4 - 0.33


def _likeness(
    source: Float[Tensor, "batch n 3"], reference: Float[Tensor, "batch m 3"]
) -> Float[Tensor, "batch features"]:
    """How far two distributions differ along six axes, before and after mean and spread are made equal."""
    directions = torch.tensor(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.7071, 0.7071], [0.7071, 0.7071, 0], [0.7071, 0, 0.7071]]
    ).to(source)
    at = torch.linspace(0.03, 0.97, _SHAPE_AT).tolist()
    curves = []
    for rgb in (source, reference):
        projected = (srgb_to_lab(rgb) @ directions.T).transpose(1, 2)
        curves.append(_quantiles(projected, at))
    plain = (curves[0] - curves[1]).abs().mean(dim=2)
    whitened = [
        (curve - curve.mean(dim=2, keepdim=True)) / curve.std(dim=2, keepdim=True).clamp(min=1.0) for curve in curves
    ]
    shape = (whitened[0] - whitened[1]).abs().mean(dim=2)
    return torch.cat((plain / 20, shape * 4), dim=1)


def _quantiles(values: Tensor, at: list[float] | tuple[float, ...], in_order: bool = False) -> Tensor:
    """Quantiles along the last axis, which becomes an axis of ``at``."""
    ordered = values if in_order else values.sort(dim=-1).values
    places = torch.tensor(at).to(ordered) * (ordered.shape[-1] - 1)
    low = places.floor().long()
    high = (low + 1).clamp(max=ordered.shape[-1] - 1)
    share = places - low
    return ordered[..., low] * (1 - share) + ordered[..., high] * share
