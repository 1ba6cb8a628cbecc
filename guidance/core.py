"""Predicted clean latents in, their shift toward the reference out. Knows no diffusers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from guidance.linear import GridCodec, LinearMap, linear_map
from guidance.reference import Reference
from guidance.settings import GuidanceSettings
from guidance.transport import SlicedTransport, edges, resized

PULL = 0.2
"""Share of the way that one of 25 steps goes. A step that goes the whole way decides the picture from a blur, and loses
shapes; see docs/guidance.md for what was measured."""
LAST_PULL = 1.0
"""Of the last step, which no later one corrects."""
_STEPS = 25
_PIXELS_AT_ONCE = 2**20
"""Images go through the VAE together up to this many pixels: one by one from a megapixel on, as memory is dear there."""

Grid = Float[Tensor, "b c h w"]
Picture = Float[Tensor, "b 3 y x"]


def pull(step: int, steps: int, strength: float = 1.0) -> float:
    """Share of the way toward the reference that a step goes.

    The same for the whole run however many steps it has: each goes ``1 - (1 - PULL) ** (25 / steps)``, the last one
    ``LAST_PULL``.

    Args:
        step: 0 to ``steps - 1``.
        steps: of the run.
        strength: factor of the result, which never goes beyond the whole way.
    """
    share = LAST_PULL if step == steps - 1 else 1.0 - (1.0 - PULL) ** (_STEPS / steps)
    return min(1.0, strength * share)


class Guidance:
    """Steers one batch of images.

    Args:
        references: one for each image.
        settings: strength, and how the image is looked at.
        codec: of the pipeline's VAE.
        owner: the VAE itself, for which the linear map is kept.
        device: where the latents are.

    Attributes:
        seen: (B, 3, y, x) float32 0..1 on the device: the last prediction, moved; None before the first.
    """

    def __init__(
        self,
        references: Sequence[Reference],
        settings: GuidanceSettings,
        codec: GridCodec,
        owner: object,
        device: torch.device | str = "cpu",
    ) -> None:
        self.settings, self.codec, self.owner, self.device = settings, codec, owner, device
        self.transport = SlicedTransport(references, device)
        self.seen: Picture | None = None
        self._map: LinearMap | None = None

    @property
    def map(self) -> LinearMap:
        """The linear map of the VAE."""
        if self._map is None:
            self._map = linear_map(self.codec, self.owner, self.device)
        return self._map

    def is_linear(self, step: int, steps: int) -> bool:
        """Whether a step looks at the image through the linear map."""
        return (step + 1) / steps <= self.settings.linear_until

    def pixels(self, x0: Grid, *, linear: bool) -> Picture:
        """The prediction as a picture, float32, nominally 0..1 and not cut to it; differentiable.

        Args:
            x0: predicted, as a grid.
            linear: through the linear map, a pixel for each cell; else through the decoder.
        """
        if linear:
            return self.map.decode(x0)
        small = shrunk(x0.float(), self.settings.decode_scale)
        return torch.cat([self.codec.decode(part) for part in small.split(self._together(small))])

    def shift(self, x0: Grid, step: int, steps: int, *, whole: bool = False) -> Grid:
        """By how much clean latents should move.

        Args:
            x0: predicted, as a grid.
            step: 0 to ``steps - 1``.
            steps: of the run.
            whole: go the whole way whatever the step, but for the strength.

        Returns:
            float32, same shape.
        """
        with torch.no_grad():
            strength = self.settings.strength
            share = min(1.0, strength) if whole else pull(step, steps, strength)
            if self.is_linear(step, steps):
                return share * self._linear_shift(x0)
            # A shrunk picture has no grain to speak of, and cannot tell what the whole one should keep.
            smooth = step == steps - 1 and self.settings.grain > 0 and self.settings.decode_scale == 1
            return share * self._decoded_shift(x0, smooth=smooth)

    def _linear_shift(self, x0: Grid) -> Grid:
        pixels = self.pixels(x0, linear=True).clamp(0.0, 1.0)
        self.seen = self.transport(pixels, blurred=True)
        return self.map.shift(self.seen - pixels)

    def _decoded_shift(self, x0: Grid, *, smooth: bool) -> Grid:
        """Both images go through the encoder, so that what it loses of an image is not taken for a shift.

        Args:
            x0: predicted, as a grid.
            smooth: in flat areas, what the encoder loses is grain: there it is let go.
        """
        pixels = self.pixels(x0, linear=False).clamp(0.0, 1.0)
        self.seen = self.transport(pixels, grain=self.settings.grain if smooth else 0.0)
        both = torch.cat([pixels, self.seen])
        encoded = torch.cat([self.codec.encode(part) for part in both.split(self._together(x0))])
        old, new = resized(encoded, x0.shape[-2:]).chunk(2)
        if not smooth:
            return new - old
        flat = 1.0 - F.interpolate(edges(pixels), x0.shape[-2:], mode="area")
        return new - old - flat * (x0 - old)

    def _together(self, grid: Grid) -> int:
        pixels = grid.shape[-2] * grid.shape[-1] * self.codec.pixels_per_cell**2
        return max(1, _PIXELS_AT_ONCE // pixels)


def shrunk(grid: Grid, scale: float) -> Grid:
    """A grid with its height and width scaled down, at least one cell each."""
    size = [max(1, round(side * scale)) for side in grid.shape[-2:]]
    return grid if size == list(grid.shape[-2:]) else F.interpolate(grid, size, mode="area")
