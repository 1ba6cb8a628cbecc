"""How large a Hald picture is. Plain Python: the registry of formats asks it."""

from __future__ import annotations


def level_for(cube_size: int) -> int:
    """The level whose picture has at least ``cube_size - 1`` lattice points along one axis: 4, 6 and 8 for 17, 33 and 65."""
    level = 2
    while level**2 < cube_size - 1:
        level += 1
    return level
