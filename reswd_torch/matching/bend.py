"""Pairs of colours in a grade: a lattice is warped around each source colour, so that it becomes the colour that is wanted.

Every method takes pairs in this way, closed formulas and protected moods too, and all other colours stay where the fit put them.
Points inside the fit would not do that: a few among thousands of samples are outvoted, and with more say they move everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.lut3d import Lut3D, lattice_of
from reswd_torch.matching.data_terms import JoinedCoupling, PairedCoupling
from reswd_torch.matching.fitting import NO_PULL, second_order
from reswd_torch.matching.gauss_newton import CdlModel, natural_numbers
from reswd_torch.matching.warp import Warp
from reswd_torch.pairs import Pair, codes_of
from reswd_torch.settings import CDL, MatchSettings
from reswd_torch.threads import one_thread

REACHES = (40.0, 46.0, 52.0)
"""CIE Lab distances from a source colour from which on nothing moves, in the order in which they are tried."""
STREAMS = (24.0, 40.0, 64.0)
"""The same from the way that a graded colour flows."""
_SIZE = 65
"""Lattice points along one axis of ten numbers that become a lattice."""
_HALVINGS = 5
_REACHED = 1.0
"""CIE Lab distance to the wanted colour from which on a note says so: what is nearer nobody sees."""
PAIRS_SAY = 0.75
"""Weight of the pairs where ten numbers are fitted to them and to the fit without them."""


def with_pairs(
    transform: Cdl | Lut3D, settings: MatchSettings, colors: Float[Tensor, "n 3"]
) -> tuple[Cdl | Lut3D, tuple[str, ...]]:
    """A fit with the pairs of the settings in it.

    Args:
        transform: the fit without them. Ten numbers stay ten where the settings ask for them, else they become a lattice.
        settings: with the pairs, in the encoding of the fit.
        colors: (N, 3) sample of the source, 0..1, in that encoding.

    Returns:
        The grade, and a note on every pair that it does not quite reach; on each, where it is ten numbers.
    """
    if not settings.pairs:
        return transform, ()
    source, wanted = colors_of(settings.pairs)
    found = reaching(transform, settings, colors, source, wanted)
    apart = (srgb_to_lab(found.apply(source).clamp(0.0, 1.0)) - srgb_to_lab(wanted)).norm(dim=1).tolist()
    is_cdl = isinstance(found, Cdl)
    kind = "ten numbers come" if is_cdl else "a LUT that turns no colours inside out comes"
    notes = (
        f"{first} should become {second}: {kind} within {away:.1f} Lab units"
        for (first, second), away in zip(settings.pairs, apart, strict=True)
        if is_cdl or away >= _REACHED
    )
    return found, tuple(notes)


def colors_of(pairs: Sequence[Pair]) -> tuple[Float[Tensor, "k 3"], Float[Tensor, "k 3"]]:
    """The source colours of pairs and the wanted ones, 0..1."""
    return torch.tensor([codes_of(one) for one, _ in pairs]), torch.tensor([codes_of(other) for _, other in pairs])


def reaching(
    transform: Cdl | Lut3D,
    settings: MatchSettings,
    colors: Float[Tensor, "n 3"],
    source: Float[Tensor, "k 3"],
    wanted: Float[Tensor, "k 3"],
) -> Cdl | Lut3D:
    """As :func:`with_pairs`, for pairs (K, 3) in the encoding of the fit, 0..1, in place of those of the settings."""
    if settings.transform == CDL and isinstance(transform, Cdl):
        return ten_numbers_to(transform, colors.cpu(), source, wanted)
    return bent(transform, source, wanted)


@one_thread()
def bent(transform: Cdl | Lut3D, source: Float[Tensor, "k 3"], wanted: Float[Tensor, "k 3"]) -> Lut3D:
    """A grade as a lattice that takes each source colour to the colour that is wanted.

    The bend reaches as far as the first of :data:`REACHES`, farther where colours would else be turned inside out or lighter
    greys would get darker. Where no reach prevents that, graded colours flow along instead, wherever they came from. Where even
    that does not, the largest share of the way is gone that does.

    Args:
        transform: the fit.
        source: (K, 3) colours of the source, 0..1.
        wanted: (K, 3) what each should become, 0..1.
    """
    base = transform if isinstance(transform, Lut3D) else lattice_of(transform, _SIZE)
    warp = Warp(base, source, wanted)
    for way, reaches in ((warp.bent, REACHES), (warp.flowed, STREAMS)):
        for reach in reaches:
            lut = way(reach)
            if warp.is_upright(lut):
                return lut
    low, high, best = 0.0, 1.0, base
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        lut = warp.flowed(STREAMS[1], middle, rounds=2)
        low, high, best = (middle, high, lut) if warp.is_upright(lut) else (low, middle, best)
    return best


def ten_numbers_to(
    cdl: Cdl, colors: Float[Tensor, "n 3"], source: Float[Tensor, "k 3"], wanted: Float[Tensor, "k 3"]
) -> Cdl:
    """Ten numbers that come as near to the pairs as they can, and otherwise stay near those of a fit.

    Args:
        cdl: the fit without pairs.
        colors: (N, 3) sample of the source, 0..1, which should be graded as by the fit.
        source, wanted: (K, 3) the pairs, 0..1.
    """
    parts = ((colors, cdl.apply(colors), 1.0 - PAIRS_SAY), (source.to(colors), wanted.to(colors), PAIRS_SAY))
    coupling = JoinedCoupling([(PairedCoupling(srgb_to_lab(each)), len(each), weight) for _, each, weight in parts])
    model = CdlModel(torch.cat([each for each, _, _ in parts]), torch.tensor(NO_PULL))
    return Cdl.from_vector(natural_numbers(second_order(coupling, None)(model, None, (0.0, 1.0))))
