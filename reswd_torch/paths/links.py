"""What moments of a clip show in common, and what their anchors say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.matching.same_scene import find_same_scene
from reswd_torch.matching.thumbnail import Thumbnail
from reswd_torch.progress import OnProgress

APART = (1, 2, 4, 8)
"""How many moments apart two lie that are compared. Near ones mostly show the same; over far ones less error is handed on."""
SPOTS = 256
"""Spots of a link, at most."""
ANCHORED = 8.0
"""Weight of an anchor, where a link has 1."""


@dataclass(frozen=True, eq=False)
class Link:
    """Spots that two moments show.

    Attributes:
        first, second: places of the moments in their list.
        first_colors, second_colors: (P, 3), 0..1: the spots' colours in each.
    """

    first: int
    second: int
    first_colors: Float[Tensor, "p 3"]
    second_colors: Float[Tensor, "p 3"]


@dataclass(frozen=True, eq=False)
class Pinned:
    """Colours of a moment, and what they should become.

    Attributes:
        moment: its place in the list.
        colors, wanted: (P, 3), 0..1.
        weight: of all of them together.
    """

    moment: int
    colors: Float[Tensor, "p 3"]
    wanted: Float[Tensor, "p 3"]
    weight: float = ANCHORED


def find_links(moments: Sequence[Thumbnail], anchored: Sequence[int], progress: OnProgress | None = None) -> list[Link]:
    """Compare moments with their neighbours, and with the anchored moments next before and behind them.

    Args:
        moments: small pictures, in order.
        anchored: places of moments that have an anchor.
        progress: called with (share done, what is being done); may raise to stop.
    """
    pairs = sorted(_pairs(len(moments), anchored))
    found = []
    for number, (first, second) in enumerate(pairs):
        if progress is not None:
            progress(number / len(pairs), "comparing moments")
        if (colors := shared(moments[first], moments[second])) is not None:
            found.append(Link(first, second, *colors))
    return found


def _pairs(count: int, anchored: Sequence[int]) -> set[tuple[int, int]]:
    pairs = {(place, place + step) for step in APART for place in range(count - step)}
    for place in range(count):
        before, after = ([one for one in anchored if one < place], [one for one in anchored if one > place])
        pairs |= {(one, place) for one in before[-1:]} | {(place, one) for one in after[:1]}
    return pairs


def unlinked(count: int, links: Sequence[Link], anchored: Sequence[int]) -> list[int]:
    """The places of moments that no chain of links joins with an anchored one."""
    reached = set(anchored)
    while new := {
        place
        for link in links
        for place, other in ((link.first, link.second), (link.second, link.first))
        if other in reached and place not in reached
    }:
        reached |= new
    return [place for place in range(count) if place not in reached]


def shared(one: Thumbnail, other: Thumbnail) -> tuple[Float[Tensor, "p 3"], Float[Tensor, "p 3"]] | None:
    """Colours of spots that both pictures show; None where they are not found to show the same."""
    scene = find_same_scene(one, other, SPOTS, 0)
    return None if scene is None else _thinned(scene.source_colors, scene.target_colors)


def _thinned(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """At most :data:`SPOTS` of the pairs, evenly chosen, float32."""
    if len(one) > SPOTS:
        chosen = torch.linspace(0, len(one) - 1, SPOTS).round().long()
        one, other = one[chosen], other[chosen]
    return one.float(), other.float()
