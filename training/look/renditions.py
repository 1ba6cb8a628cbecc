"""Random renditions and looks, whose effect on every colour is known.

A photograph is taken as a scene of reflectances: its linear sRGB times three basis spectra (I. Mallett and C. Yuksel, "Spectral
primary decomposition for rendering with sRGB reflectance", 2019). A light and a camera then act on linear sRGB as one 3 x 3
matrix; a bank of such matrices is reckoned once. A development follows: white balance in error, exposure, saturation and a tone
curve. A look is what a colourist does on top: balance, curve, lifted blacks, split tones, a mixed palette, saturation, tints.

Everything runs on batches: one row of each parameter is one rendition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import linear_to_srgb, srgb_to_linear
from reswd_torch.grade.constants import LUMA

LAMPS = ("FL2", "FL4", "FL8", "FL10", "FL12", "LED-B2", "LED-B4", "LED-BH1", "LED-RGB1", "LED-V2")


def light_matrices(count: int, seed: int, *, mild: bool) -> Float[Tensor, "count 3 3"]:
    """Matrices from a scene's linear sRGB to that of a camera's picture of it under some light.

    Args:
        count: how many.
        seed: chooses lights, cameras and balances.
        mild: daylight, well balanced, as most photographs are.
    """
    import colour

    shape = colour.SpectralShape(400, 700, 10)
    grid = shape.wavelengths
    basis = colour.recovery.MSDS_BASIS_FUNCTIONS_sRGB_MALLETT2019.copy().align(shape).values
    chart = colour.SDS_COLOURCHECKERS["BabelColor Average"]
    patches = np.stack([each.copy().align(shape).values for each in chart.values()])
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape).values
    day = colour.SDS_ILLUMINANTS["D65"].copy().align(shape).values
    to_rgb = np.linalg.inv(colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ)
    wanted = patches @ (observer * day[:, None]) @ to_rgb.T / ((observer * day[:, None]).sum(axis=0) @ to_rgb.T)
    sensors = [
        colour.MSDS_CAMERA_SENSITIVITIES[name].copy().align(shape).values
        for name in ("Nikon 5100 (NPL)", "Sigma SDMerill (NPL)")
    ]
    sensors.append(np.clip(observer @ to_rgb.T, 0, None))
    lamps = [colour.SDS_ILLUMINANTS[name].copy().align(shape).values for name in LAMPS]
    rng = np.random.default_rng(seed)
    matrices = np.empty((count, 3, 3))
    for index in range(count):
        sensor = sensors[rng.integers(len(sensors))]
        shifts = rng.normal(0, 4, 3)
        sensor = np.stack([np.interp(grid, grid + shift, sensor[:, k]) for k, shift in enumerate(shifts)], axis=1)
        kind = rng.random()
        if mild:
            spectrum = day
        elif kind < 0.5:
            kelvin = 1e6 / rng.uniform(1e6 / 12000, 1e6 / 4000)
            xy = colour.temperature.CCT_to_xy_CIE_D(kelvin)
            spectrum = colour.sd_CIE_illuminant_D_series(xy, shape=shape).values
        elif kind < 0.75:
            spectrum = colour.colorimetry.blackbody_spectral_radiance(grid * 1e-9, rng.uniform(2200, 4500))
        else:
            spectrum = lamps[rng.integers(len(lamps))]
        response = sensor * (spectrum / spectrum.mean())[:, None]
        neutral = sensor * day[:, None] / day.mean()
        balanced = rng.uniform(0.9, 1.0) if mild else rng.uniform(0.6, 1.0)
        white = response.sum(axis=0) ** balanced * neutral.sum(axis=0) ** (1 - balanced)
        developed = np.linalg.lstsq(patches @ neutral / neutral.sum(axis=0), wanted, rcond=None)[0].T
        developed /= developed.sum(axis=1, keepdims=True)
        tint = np.exp(rng.normal(0, 0.02 if mild else 0.05, 3))
        matrix = (developed * tint) @ ((basis.T @ response).T / white[:, None])
        matrices[index] = matrix / (np.array(LUMA) @ matrix.sum(axis=1))
    return torch.from_numpy(matrices).float()


@dataclass(frozen=True)
class Renditions:
    """A batch of developments of a scene: light, exposure and curve, each (batch, ...)."""

    matrix: Float[Tensor, "batch 3 3"]
    exposure: Float[Tensor, "batch 1 1"]
    saturation: Float[Tensor, "batch 1 1"]
    gamma: Float[Tensor, "batch 1 1"]
    contrast: Float[Tensor, "batch 1 1"]
    pivot: Float[Tensor, "batch 1 1"]
    knee: Float[Tensor, "batch 1 1"]
    noise: Float[Tensor, "batch 1 1"]

    @classmethod
    def draw(
        cls, bank: Float[Tensor, "count 3 3"], batch: int, generator: torch.Generator, *, mild: bool
    ) -> Renditions:
        """Random renditions, of the milder kind or of every kind."""

        def between(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(batch, 1, 1, generator=generator)

        matrix = bank[torch.randint(len(bank), (batch,), generator=generator)]
        if mild:
            ranges = ((-0.35, 0.25), (0.92, 1.08), (0.93, 1.07), (-0.12, 0.18))
        else:
            ranges = ((-1.1, 0.6), (0.7, 1.3), (0.8, 1.25), (-0.35, 0.55))
            # One in five was balanced for another light: gains along the daylight axis, and a little across it.
            wrong = (torch.rand(batch, 1, generator=generator) < 0.2).float()
            along = torch.randn(batch, 1, generator=generator) * 0.28 * wrong
            across = torch.randn(batch, 1, generator=generator) * 0.06 * wrong
            gains = torch.cat((along, across, -along), dim=1).exp()
            gains = gains / (gains * torch.tensor(LUMA)).sum(dim=1, keepdim=True)
            matrix = gains.unsqueeze(2) * matrix
        exposure, saturation, gamma, contrast = (between(*each) for each in ranges)
        rest = between(0.4, 0.6), between(0.6, 0.95), between(0, 0.012)
        return cls(matrix, exposure, saturation, gamma, contrast, *rest)

    def __call__(self, scene: Float[Tensor, "batch n 3"]) -> Float[Tensor, "batch n 3"]:
        """Linear reflectances in, the encoded picture out."""
        linear = (scene @ self.matrix.transpose(1, 2) * 2.0**self.exposure).clamp(min=0.0)
        grey = (linear * torch.tensor(LUMA)).sum(dim=2, keepdim=True)
        linear = (grey + (linear - grey) * self.saturation).clamp(min=0.0)
        room = 1 - self.knee
        linear = torch.where(
            linear > self.knee, self.knee + room * (1 - torch.exp(-(linear - self.knee) / room)), linear
        )
        return _curve(linear_to_srgb(linear).clamp(0, 1) ** self.gamma, self.contrast, self.pivot)

    def noisy(self, picture: Float[Tensor, "batch n 3"], generator: torch.Generator) -> Float[Tensor, "batch n 3"]:
        """The picture with its grain, in 8 bits."""
        grain = (
            torch.randn(picture.shape, generator=generator) * self.noise * 0.5
        )  # a sample is the mean of several pixels
        return ((picture + grain).clamp(0, 1) * 255).round() / 255


def _curve(picture: Tensor, contrast: Tensor, pivot: Tensor) -> Tensor:
    """A tone curve through 0, the pivot and 1, steeper at the pivot where the contrast is above 0."""
    power = torch.exp(contrast)
    low = pivot * (picture / pivot).clamp(0, 1) ** power
    high = 1 - (1 - pivot) * ((1 - picture) / (1 - pivot)).clamp(0, 1) ** power
    return torch.where(picture < pivot, low, high)


@dataclass(frozen=True)
class Looks:
    """A batch of colourists' looks, each (batch, ...). Encoded pictures in and out."""

    gains: Float[Tensor, "batch 1 3"]
    contrast: Float[Tensor, "batch 1 1"]
    gamma: Float[Tensor, "batch 1 3"]
    mixer: Float[Tensor, "batch 3 3"]
    black: Float[Tensor, "batch 1 3"]
    white: Float[Tensor, "batch 1 3"]
    shadows: Float[Tensor, "batch 1 3"]
    highlights: Float[Tensor, "batch 1 3"]
    saturation: Float[Tensor, "batch 1 1"]
    turns: Float[Tensor, "batch 6"]
    by_hue: Float[Tensor, "batch 6"]

    @classmethod
    def draw(cls, batch: int, generator: torch.Generator) -> Looks:
        """Random looks, from hardly there to strong."""
        size = torch.rand(batch, 1, 1, generator=generator) * 1.1 + 0.35

        def normal(*shape: int) -> Tensor:
            return torch.randn(batch, *shape, generator=generator)

        def sometimes(share: float) -> Tensor:
            return (torch.rand(batch, 1, 1, generator=generator) < share).float()

        def tone(spread: float) -> Tensor:
            shift = normal(1, 3) * spread
            return shift - (shift * torch.tensor(LUMA)).sum(dim=2, keepdim=True)

        warm = normal(1, 1) * 0.08
        balance = torch.cat((warm, 0.2 * warm, -warm), dim=2) + normal(1, 3) * 0.05
        crossing = normal(3, 3) * 0.06 * sometimes(0.5)
        mixer = torch.eye(3) + (crossing - crossing.mean(dim=2, keepdim=True)) * size
        colourless = 1 - sometimes(0.12) * torch.rand(batch, 1, 1, generator=generator)
        return cls(
            (balance * size).exp(),
            (normal(1, 1) * 0.25 + 0.12) * size,
            (normal(1, 1) * 0.10 * size + normal(1, 3) * 0.03 * size).exp(),
            mixer,
            (normal(1, 1).abs() * 0.05 * sometimes(0.6) + normal(1, 3) * 0.015).clamp(min=-0.03) * size,
            1 - normal(1, 1).abs() * 0.04 * sometimes(0.4) * size,
            tone(0.05) * size,
            tone(0.05) * size,
            (1 + (normal(1, 1) * 0.2 - 0.08) * size).clamp(min=0.1) * colourless,
            normal(6) * 0.1 * size[:, 0],
            normal(6) * 0.15 * size[:, 0],
        )

    def __call__(self, picture: Float[Tensor, "batch n 3"]) -> Float[Tensor, "batch n 3"]:
        out = linear_to_srgb((srgb_to_linear(picture) * self.gains).clamp(0, 1))
        out = (out @ self.mixer.transpose(1, 2)).clamp(0, 1) ** self.gamma
        out = _curve(out, self.contrast, torch.tensor(0.45))
        luma = torch.tensor(LUMA)
        grey = (out * luma).sum(dim=2, keepdim=True)
        out = out + (1 - grey) ** 2 * self.shadows + grey**2 * self.highlights
        out = self.black + out * (self.white - self.black)
        grey = (out * luma).sum(dim=2, keepdim=True)
        away = out - grey
        angle = torch.atan2(1.732 * (away[..., 1] - away[..., 2]), 2 * away[..., 0] - away[..., 1] - away[..., 2])
        centres = torch.arange(6) * (torch.pi / 3)
        near = (angle.unsqueeze(2) - centres).cos().clamp(min=0) ** 2
        near = near / near.sum(dim=2, keepdim=True).clamp(min=1e-6)
        turn = (near * self.turns.unsqueeze(1)).sum(dim=2, keepdim=True)
        scale = self.saturation * (1 + (near * self.by_hue.unsqueeze(1)).sum(dim=2, keepdim=True))
        axis = torch.full((3,), 3**-0.5)
        across = torch.linalg.cross(axis.expand_as(away), away, dim=2)
        return (grey + (away * turn.cos() + across * turn.sin()) * scale).clamp(0, 1)
