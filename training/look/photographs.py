"""Free photographs as scenes: the colours of small tiles of each, from which other scenes are put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_linear

GRID = 8
"""Tiles along either side of a photograph."""
PER_TILE = 48
"""Colours of a tile."""


class Photographs:
    """Photographs as tiles of linear colours.

    Attributes:
        tiles: (P, GRID, GRID, PER_TILE, 3), linear sRGB, 0..1.
    """

    def __init__(self, tiles: Tensor) -> None:
        self.tiles = tiles

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Photographs:
        """The photographs of files."""
        return cls(torch.stack([_tiles(path) for path in paths]))

    def some(self, share: float, seed: int) -> Photographs:
        """A random part of the photographs."""
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        return Photographs(self.tiles[order[: round(share * len(self))]])

    def __len__(self) -> int:
        return len(self.tiles)

    def scenes(
        self, batch: int, colours: int, generator: torch.Generator, *, same: float
    ) -> tuple[Float[Tensor, "batch n 3"], Float[Tensor, "batch n 3"]]:
        """Pairs of scenes as linear colours.

        Args:
            batch: how many pairs.
            colours: colours of a scene.
            generator: chooses photographs, parts of them and colours.
            same: share of the pairs whose two scenes are parts of one photograph.
        """
        first = torch.randint(len(self), (batch,), generator=generator)
        other = (first + torch.randint(1, len(self), (batch,), generator=generator)) % len(self)
        one = torch.rand(batch, generator=generator) < same
        other = torch.where(one, first, other)
        sides = torch.randint(0, 4, (batch,), generator=generator)
        return (
            self._parts(first, torch.where(one, sides, -1), colours, generator),
            self._parts(other, torch.where(one, (sides + 2) % 4, -1), colours, generator),
        )

    def _parts(self, photo: Tensor, side: Tensor, colours: int, generator: torch.Generator) -> Tensor:
        """Colours of a part of each photograph: of a half where ``side`` says which, else of a rectangle, sometimes with a piece
        of another photograph in it."""
        batch = len(photo)

        def uniform(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(batch, 1, generator=generator)

        size = uniform(0.5, 1.3).clamp(max=1.0).expand(-1, 2)
        corner = torch.rand(batch, 2, generator=generator) * (1 - size)
        place = corner.unsqueeze(1) + torch.rand(batch, colours, 2, generator=generator) * size.unsqueeze(1)
        half = torch.rand(batch, colours, 2, generator=generator)
        axis, late = side % 2, (side // 2).clamp(min=0)
        cut = (half[torch.arange(batch), :, axis] + late.unsqueeze(1)) / 2
        half[torch.arange(batch), :, axis] = cut
        place = torch.where((side >= 0).view(-1, 1, 1), half, place)
        cell = (place * GRID).long().clamp(max=GRID - 1)
        pick = torch.randint(PER_TILE, (batch, colours), generator=generator)
        found = self.tiles[photo.unsqueeze(1), cell[..., 0], cell[..., 1], pick]
        # Half of the free scenes have pieces of one or two other photographs in them, each of up to half the picture.
        for _ in range(2):
            guest = torch.randint(len(self), (batch, 1), generator=generator)
            share = uniform(0.1, 0.5) * (torch.rand(batch, 1, generator=generator) < 0.3) * (side < 0).unsqueeze(1)
            spot = (torch.rand(batch, 1, 2, generator=generator) * (GRID - 3)).long()
            near = (spot + torch.randint(0, 4, (batch, colours, 2), generator=generator)).clamp(max=GRID - 1)
            strange = self.tiles[guest, near[..., 0], near[..., 1], pick]
            inside = torch.rand(batch, colours, generator=generator) < share
            found = torch.where(inside.unsqueeze(2), strange, found)
        return found


def _tiles(path: Path) -> Tensor:
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not a picture")
    small = cv2.resize(image, (GRID * 32, GRID * 32), interpolation=cv2.INTER_AREA)
    rgb = torch.from_numpy(np.ascontiguousarray(small[..., ::-1])).float() / 255
    tiles = rgb.reshape(GRID, 32, GRID, 32, 3).permute(0, 2, 1, 3, 4).reshape(GRID, GRID, 32 * 32, 3)
    rng = np.random.default_rng(0)
    chosen = torch.from_numpy(np.stack([rng.permutation(1024)[:PER_TILE] for _ in range(GRID * GRID)]))
    chosen = chosen.reshape(GRID, GRID, PER_TILE, 1).expand(-1, -1, -1, 3)
    return srgb_to_linear(torch.gather(tiles, 2, chosen))
