"""How far one step moves the predicted clean latents toward the reference. This module imports no diffusers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from guidance.avoiding import Avoidance
from guidance.linear import GridCodec, LinearMap, linear_map
from guidance.places import PlacedTransport, ReadPlace
from guidance.protocols import Grid, Pixels
from guidance.reference import Reference, joined, spread
from guidance.settings import GuidanceSettings
from guidance.transport import SlicedTransport, edges, resized

PULL = 0.2
"""Share of the way to the reference that one step goes in a run of 25 steps. A step that goes the whole way decides the
picture when it is still a blur, and loses shapes; see docs/guidance.md for what was measured."""
LAST_PULL = 1.0
"""Share of the way that the last step goes. No later step corrects it."""
_LOOKS = 2
"""How often the last step looks again for colours to avoid. What the VAE loses of a picture may bring some back."""
_STEPS = 25
"""The number of steps that :data:`PULL` refers to."""
_PIXELS_AT_ONCE = 2**20
"""The largest number of pixels that images may have together to go through the VAE at once. Images of a megapixel or more
therefore go one by one, since memory is scarce at that size."""


def pull(step: int, steps: int, strength: float = 1.0) -> float:
    """Share of the way toward the reference that a step goes, 0 to 1.

    Each step goes ``1 - (1 - PULL) ** (25 / steps)`` of the way, and the last one ``LAST_PULL``. A whole run thus goes
    equally far however many steps it has.

    Args:
        step: the step, 0 to ``steps - 1``.
        steps: number of steps of the run.
        strength: factor of the share. The result is at most 1.
    """
    share = LAST_PULL if step == steps - 1 else 1.0 - (1.0 - PULL) ** (_STEPS / steps)
    return min(1.0, strength * share)


@dataclass(frozen=True)
class _Aim:
    """How much of the way a step goes.

    Attributes:
        share: of the way to the reference, 0 to 1.
        clear: of the way out of the colours to avoid, 0 to 1, whatever the strength is.
    """

    share: float
    clear: float

    def of(self, pixels: Pixels, moved: Pixels, avoidance: Avoidance, *, detail: bool) -> Pixels:
        """Pictures that have gone that much of the way: from ``pixels`` to ``moved``, then out of the colours to avoid."""
        near = pixels + self.share * (moved - pixels)
        return near + self.clear * (avoidance(near, detail=detail) - near)


class Guidance:
    """Steers one batch of images.

    Args:
        references: one reference for each image.
        settings: how strongly the images are steered, and how guidance looks at them.
        codec: turns latents into pixels and back.
        owner: the VAE that the codec uses. The linear map is kept as long as this object lives.
        device: the device of the latents.
        places: parts of the images that have references of their own.

    Attributes:
        seen: (B, 3, y, x) float32 0..1 on the device: the prediction of the last step with its colours moved; None before
            the first step.
    """

    def __init__(
        self,
        references: Sequence[Reference],
        settings: GuidanceSettings,
        codec: GridCodec,
        owner: object,
        device: torch.device | str = "cpu",
        places: Sequence[ReadPlace] = (),
    ) -> None:
        self.settings, self.codec, self.owner, self.device = settings, codec, owner, device
        self.transport = PlacedTransport(references, places, device) if places else SlicedTransport(references, device)
        self.avoidance: Avoidance | None = None
        if settings.avoid:
            wanted = joined([references, *(spread(place.references, len(references)) for place in places)])
            self.avoidance = Avoidance(settings.avoid, wanted, device)
        self.seen: Pixels | None = None
        self._map: LinearMap | None = None

    @property
    def map(self) -> LinearMap:
        """The linear map of the VAE, fitted when it is first used."""
        if self._map is None:
            self._map = linear_map(self.codec, self.owner, self.device)
        return self._map

    def is_linear(self, step: int, steps: int) -> bool:
        """Whether a step, 0 to ``steps - 1``, looks at the image through the linear map instead of the decoder."""
        return (step + 1) / steps <= self.settings.linear_until

    def pixels(self, x0: Grid, *, linear: bool) -> Pixels:
        """The predicted picture. This is differentiable.

        Args:
            x0: the predicted clean latents.
            linear: use the linear map, which gives one pixel for each cell, instead of the decoder.

        Returns:
            float32, sRGB-encoded, nominally 0..1 and not clamped.
        """
        if linear:
            return self.map.decode(x0)
        small = shrunk(x0.float(), self.settings.decode_scale)
        return torch.cat([self.codec.decode(part) for part in small.split(self._together(small))])

    def shift(self, x0: Grid, step: int, steps: int, *, whole: bool = False) -> Grid:
        """How far the clean latents should move at a step.

        Args:
            x0: the predicted clean latents.
            step: the step, 0 to ``steps - 1``.
            steps: number of steps of the run.
            whole: go the whole way at this step, times the strength, instead of the share that :func:`pull` gives.

        Returns:
            The shift, float32, in the shape of ``x0``.
        """
        with torch.no_grad():
            if isinstance(self.transport, PlacedTransport):
                height, width = (side * self.codec.pixels_per_cell for side in x0.shape[-2:])
                self.transport.place_on((height, width))
            strength = self.settings.strength
            last = step == steps - 1
            aim = _Aim(
                share=min(1.0, strength) if whole else pull(step, steps, strength),
                clear=1.0 if whole else pull(step, steps),
            )
            if self.is_linear(step, steps):
                return self._linear_shift(x0, aim)
            # A shrunk picture has hardly any grain, and does not show which grain the full-size one should keep.
            smooth = last and self.settings.grain > 0 and self.settings.decode_scale == 1
            shift = self._decoded_shift(x0, aim, smooth=smooth)
            if self.avoidance is not None and last:
                for _ in range(_LOOKS):  # at what the VAE made of it
                    shift = shift + self._cleared(x0 + shift, self.avoidance)
            return shift

    def _linear_shift(self, x0: Grid, aim: _Aim) -> Grid:
        pixels = self.pixels(x0, linear=True).clamp(0.0, 1.0)
        self.seen = self.transport(pixels, blurred=True)
        if self.avoidance is None:
            return aim.share * self.map.shift(self.seen - pixels)
        self.seen = aim.of(pixels, self.seen, self.avoidance, detail=False)
        return self.map.shift(self.seen - pixels)

    def _decoded_shift(self, x0: Grid, aim: _Aim, *, smooth: bool) -> Grid:
        """The difference between the encoded moved picture and the encoded picture itself, or a share of it.

        Both go through the encoder, so that what the encoder loses of a picture does not count as a shift.

        Args:
            x0: the predicted clean latents.
            aim: how much of the way is gone.
            smooth: smooth away grain, too. In flat areas, what the encoder loses of the picture is grain, and the shift
                then removes it.
        """
        pixels = self.pixels(x0, linear=False).clamp(0.0, 1.0)
        self.seen = self.transport(pixels, grain=self.settings.grain if smooth else 0.0)
        if self.avoidance is not None:
            self.seen = aim.of(pixels, self.seen, self.avoidance, detail=True)
        old, new = self._encoded(pixels, self.seen, x0)
        grain = torch.zeros_like(x0)
        if smooth:
            grain = (1.0 - F.interpolate(edges(pixels), x0.shape[-2:], mode="area")) * (x0 - old)
        if self.avoidance is not None:  # the picture has gone its share of the way already
            return new - old - aim.share * grain
        return aim.share * (new - old - grain)

    def _cleared(self, x0: Grid, avoidance: Avoidance) -> Grid:
        """How far clean latents must move on to be rid of the colours to avoid."""
        pixels = self.pixels(x0, linear=False).clamp(0.0, 1.0)
        self.seen = avoidance(pixels)
        old, new = self._encoded(pixels, self.seen, x0)
        return new - old

    def _encoded(self, pixels: Pixels, moved: Pixels, x0: Grid) -> Sequence[Grid]:
        """Pictures and what became of them, both as latents of the size of ``x0``."""
        both = torch.cat([pixels, moved])
        encoded = torch.cat([self.codec.encode(part) for part in both.split(self._together(x0))])
        return resized(encoded, x0.shape[-2:]).chunk(2)

    def _together(self, grid: Grid) -> int:
        """How many images of the size of this grid may go through the VAE at once."""
        pixels = grid.shape[-2] * grid.shape[-1] * self.codec.pixels_per_cell**2
        return max(1, _PIXELS_AT_ONCE // pixels)


def shrunk(grid: Grid, scale: float) -> Grid:
    """A grid with its height and width scaled down by averaging. At least one cell is left in each direction.

    Args:
        grid: the grid.
        scale: share of height and width that is left, above 0 and at most 1.
    """
    size = [max(1, round(side * scale)) for side in grid.shape[-2:]]
    return grid if size == list(grid.shape[-2:]) else F.interpolate(grid, size, mode="area")
