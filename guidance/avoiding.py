"""Keeping colours out of a picture: out of the reference, and out of what the model itself paints.

Around each avoided colour lies a ball of :data:`RADIUS` in CIE Lab. Colours of the reference inside of it are left out before
the transport. Colours of the picture inside of it are moved outward, along the ray from a point near the ball's far side, so
that most of them leave it on the side of the reference's nearest allowed colours. No continuous map takes a ball out of itself
and leaves its surface where it is (Brouwer's no-retraction theorem), so a jump somewhere cannot be helped: a projection from a
point has it at that point alone, and elsewhere neighbouring colours stay neighbours. Between the ball and one half as
large again the map is squeezed and not cut off, so that texture is left and no contour appears at the surface.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from guidance.protocols import Pixels
from guidance.reference import Reference, read_references
from guidance.settings import GuidanceSettings
from guidance.transport import without_grain
from reswd_torch.color import lab_to_srgb, srgb_to_lab
from reswd_torch.errors import InputError
from reswd_torch.palette import Palette, hex_of, parse_palette

RADIUS = 20.0
"""Distance in CIE Lab below which a colour counts as an avoided one: eight to nine times what an eye just tells apart (2.3), so
that light and shade on a thing of that colour are avoided with it, and less than lies between neighbouring basic colours."""
_MARGIN = 4.0
"""How much further out colours are moved, Lab units: what a VAE loses of a picture may bring them nearer again."""
_OUTER = 1.5
"""Radius up to which colours give way to those that are moved out, as a multiple of the ball's."""
_OFF_CENTRE = 0.8
"""How far from the ball's centre the point lies that colours are moved away from, as a share of its radius."""
_NEAREST = 64
"""Number of allowed colours of the reference whose mean says to which side colours are moved."""
_ROUNDS = 4
"""How often colours are moved: out of one ball they may come into another, or out of the range of sRGB."""
_STRETCHES = 16
"""Steps on the way to an allowed colour that are tried for what is still inside a ball after that."""
_AT_ONCE = 4096
"""Number of pixels that are compared with all colours of a reference at once, which bounds the memory."""
_GRAIN = 4.0
"""Differences between neighbouring pixels, Lab units, that do not choose the way out of a ball."""
_SAME = 1.0
"""Distance in CIE Lab up to which a palette's colour is an avoided colour itself."""


def read_allowed(value: object, settings: GuidanceSettings) -> tuple[Reference, ...]:
    """:func:`guidance.reference.read_references`, without the colours to avoid.

    Args:
        value: as there.
        settings: its seed, and the colours to avoid.

    Raises:
        InputError: as there; or the reference is a palette that has a colour to avoid, or no colour of it is left.
    """
    references = read_references(value, settings.seed)
    if not settings.avoid:
        return references
    values = value if isinstance(value, list | tuple) else [value]
    for each in values:
        if isinstance(each, str | Palette):
            check_palette(parse_palette(each) if isinstance(each, str) else each, settings)
    return tuple(allowed(reference, settings) for reference in references)


def check_palette(palette: Palette, settings: GuidanceSettings) -> None:
    """Refuse a palette that has a colour which shall not appear.

    Raises:
        InputError: a colour of the palette is one of those to avoid, or each lies within :data:`RADIUS` of one.
    """
    avoided = parse_palette(settings.avoid).colors
    apart = _apart(_lab(palette.colors), _lab(avoided))
    least, which = apart.min(dim=1)
    for color, distance, place in zip(palette.colors, least.tolist(), which.tolist(), strict=True):
        if distance <= _SAME:
            raise InputError(
                f"{hex_of(color)} is in the palette and {hex_of(avoided[place])} is to be avoided: leave one of them out"
            )
    if bool((least < RADIUS).all()):
        text = ", ".join(map(hex_of, palette.colors))
        raise InputError(
            f"no colour of the palette {text} is left without {settings.avoid}: each lies within {RADIUS:g} of one to avoid "
            "(CIE Lab): avoid other colours, or add some to the palette"
        )


def allowed(reference: Reference, settings: GuidanceSettings) -> Reference:
    """A reference without the colours to avoid; the same one where nothing is to be avoided.

    Raises:
        InputError: no colour is left.
    """
    if not settings.avoid:
        return reference
    apart = _apart(srgb_to_lab(reference.colors), _lab(parse_palette(settings.avoid).colors))
    left = reference.colors[apart.min(dim=1).values >= RADIUS]
    if not len(left):
        of = ", ".join(dict.fromkeys(hex_of(color) for color in reference.colors[:: max(1, len(apart) // 4)].tolist()))
        raise InputError(
            f"no colour of the reference (such as {of}) is left without {settings.avoid}: each lies within {RADIUS:g} of one "
            "to avoid (CIE Lab): avoid other colours, or give another reference"
        )
    return Reference(left)


def share_inside(pixels: Pixels, avoid: str) -> float:
    """Share of the pixels of pictures, 0 to 1, that lie within :data:`RADIUS` of a colour to avoid.

    Args:
        pixels: float32, sRGB-encoded, 0..1.
        avoid: the colours, as in :attr:`GuidanceSettings.avoid`.
    """
    lab = srgb_to_lab(rearrange(pixels, "b c h w -> (b h w) c"))
    apart = _apart(lab, _lab(parse_palette(avoid).colors).to(lab))
    return float((apart.min(dim=1).values < RADIUS).double().mean())


class Avoidance:
    """Moves what pictures have of colours to avoid to other colours.

    Args:
        avoid: the colours, as in :attr:`GuidanceSettings.avoid`.
        references: for each picture the colours that are wanted in it, none of them to be avoided.
        device: the device of the pictures.
    """

    def __init__(self, avoid: str, references: Sequence[Reference], device: torch.device | str = "cpu") -> None:
        self.centres = _lab(parse_palette(avoid).colors).to(device)
        self.wanted = [srgb_to_lab(reference.colors.to(device)) for reference in references]
        self.sides = [torch.stack([_side(centre, lab) for centre in self.centres]) for lab in self.wanted]

    def __call__(self, pixels: Pixels, *, detail: bool = True) -> Pixels:
        """The pictures without the colours to avoid.

        Args:
            pixels: float32, sRGB-encoded, 0..1.
            detail: the pixels show detail, so that an area with grain in it is moved as a whole at first.

        Returns:
            Pictures of the same shape, float32, sRGB-encoded, 0..1. Pixels far from all colours to avoid have not changed.
        """
        lab = srgb_to_lab(rearrange(pixels, "b c h w -> b h w c"))
        if detail:
            smooth = rearrange(without_grain(rearrange(lab, "b h w c -> b c h w"), _GRAIN), "b c h w -> b h w c")
            moved = torch.stack([self._out(*each) for each in zip(smooth, self.sides, strict=True)])
            lab = _in_range(lab + (moved - smooth))
        for _ in range(_ROUNDS):
            lab = _in_range(torch.stack([self._out(*each) for each in zip(lab, self.sides, strict=True)]))
        lab = torch.stack([self._to_allowed(*each) for each in zip(lab, self.wanted, strict=True)])
        new = rearrange(lab_to_srgb(lab).clamp(0.0, 1.0), "b h w c -> b c h w")
        return torch.where((new - pixels).abs().amax(dim=1, keepdim=True) > 1e-4, new, pixels)

    def _out(self, lab: Float[Tensor, "h w 3"], sides: Float[Tensor, "n 3"]) -> Float[Tensor, "h w 3"]:
        """The colours of one picture, each moved out of every ball in turn."""
        for centre, side in zip(self.centres, sides, strict=True):
            lab = _out_of_ball(lab, centre, side, RADIUS + _MARGIN)
        return lab

    def _to_allowed(self, lab: Float[Tensor, "h w 3"], wanted: Float[Tensor, "m 3"]) -> Float[Tensor, "h w 3"]:
        """Colours that are inside a ball still, moved toward the nearest colour that is wanted until they are out."""
        points = lab.reshape(-1, 3)
        inside = self._inside(points)
        if not bool(inside.any()):
            return lab
        old = points[inside]
        goal = wanted[torch.cat([_apart(part, wanted).argmin(dim=1) for part in old.split(_AT_ONCE)])]
        new, left = goal.clone(), torch.ones(len(old), dtype=torch.bool, device=old.device)
        for step in range(1, _STRETCHES):
            tried = _in_range(old + (goal - old) * (step / _STRETCHES))
            out = left & ~self._inside(tried)
            new[out] = tried[out]
            left &= ~out
        points = points.clone()
        points[inside] = new
        return points.reshape(lab.shape)

    def _inside(self, points: Float[Tensor, "n 3"]) -> Tensor:
        return _apart(points, self.centres).min(dim=1).values < RADIUS


def _out_of_ball(
    lab: Float[Tensor, "h w 3"], centre: Float[Tensor, " 3"], side: Float[Tensor, " 3"], radius: float
) -> Float[Tensor, "h w 3"]:
    """Colours moved out of a ball, continuously but for one point; those outside of one ``_OUTER`` times as large stay.

    On the ray from that point through a colour, the way from the point to the outer surface is squeezed into that between
    the surfaces.

    Args:
        lab: colours.
        centre: the ball's centre.
        side: unit vector to the side on which most colours are to leave the ball.
        radius: the ball's radius.
    """
    offset = -_OFF_CENTRE * radius * side
    ray = lab - centre - offset
    length = ray.norm(dim=-1, keepdim=True)
    ray = torch.where(length > 1e-3, ray / length.clamp(min=1e-3), side)
    along = (ray * offset).sum(dim=-1, keepdim=True)
    inner, outer = (
        (along.square() + (each * radius) ** 2 - offset.square().sum()).sqrt() - along for each in (1.0, _OUTER)
    )
    new = centre + offset + ray * (inner + length * (outer - inner) / outer)
    return torch.where(length < outer, new, lab)


def _side(centre: Float[Tensor, " 3"], wanted: Float[Tensor, "m 3"]) -> Float[Tensor, " 3"]:
    """Unit vector from an avoided colour to those that are wanted and nearest to it."""
    order = (wanted - centre).norm(dim=1).argsort(stable=True)
    way = wanted[order[:_NEAREST]].mean(dim=0) - centre
    if float(way.norm()) < RADIUS / 2:  # they lie all around
        way = wanted[order[0]] - centre
    return way / way.norm()


def _in_range(lab: Tensor) -> Tensor:
    """Colours of sRGB as they are, and the others clipped to it."""
    rgb = lab_to_srgb(lab)
    outside = ((rgb < 0) | (rgb > 1)).any(dim=-1, keepdim=True)
    return torch.where(outside, srgb_to_lab(rgb.clamp(0.0, 1.0)), lab)


def _apart(one: Float[Tensor, "n 3"], other: Float[Tensor, "m 3"]) -> Float[Tensor, "n m"]:
    """Distances of colours in Lab, without the matrix product whose rounding depends on the number of threads."""
    return torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")


def _lab(colors: Sequence[Sequence[float]]) -> Float[Tensor, "n 3"]:
    return srgb_to_lab(torch.tensor([list(color) for color in colors]))
