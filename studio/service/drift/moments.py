"""Which frames of a series are looked at to find its drift."""

from __future__ import annotations

from collections.abc import Iterable

MOMENTS = 33
"""Moments of a segment that are looked at, where it has so many frames and no more than a thousand."""
MOST_MOMENTS = 97
_EVERY = 30
"""Of a longer segment a moment every so many frames, up to the most."""


def moments_of(first: int, stop: int, anchored: Iterable[int]) -> list[int]:
    """The places of a segment's frames that are looked at: evenly spread, both ends, and anchored frames."""
    count = stop - first
    wanted = min(count, max(MOMENTS, min(MOST_MOMENTS, count // _EVERY)))
    even = {first + round(number * (count - 1) / max(1, wanted - 1)) for number in range(wanted)}
    return sorted(even | {place for place in anchored if first <= place < stop})
