"""How a scene becomes a picture, drawn at random: a light, a camera, a development, and a colourist's look.

A photograph is taken as a scene of reflectances: its linear sRGB times three basis spectra (I. Mallett and C. Yuksel, "Spectral
Primary Decomposition for Rendering with sRGB Reflectance", EGSR 2019). Light and camera then act on linear sRGB as one 3 x 3
matrix. Lights, sensitivities and the basis are those of colour-science (``pip install .[training]``).

Nothing here is shared with ``training/look``, on purpose: lamps, cameras, curves and looks are others, so that a weight that was
trained there is judged on what it has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float

from reswd_torch import lab_to_srgb, srgb_to_lab
from reswd_torch.color import linear_to_srgb
from reswd_torch.grade import constants

LUMA = np.array(constants.LUMA, np.float32)
"""Share of linear red, green and blue in luminance (IEC 61966-2-1)."""
LAMPS = ("FL3", "FL5", "FL7", "FL9", "FL11", "LED-B1", "LED-B3", "LED-B5", "LED-V1")
CAMERAS = ("Nikon 5100 (NPL)", "Sigma SDMerill (NPL)")


@dataclass(frozen=True, eq=False)
class Spectra:
    """What is known by wavelength, 400 to 700 nm in steps of 10.

    Attributes:
        basis: reflectance of each linear sRGB primary.
        sensors: sensitivities of three cameras, each summing to 1: two measured ones and the standard observer's.
        day: D65, of mean 1, as every light here.
        lamps: fluorescent lamps and LEDs.
        chart: reflectances of a colour checker's patches.
        chart_rgb: their linear sRGB under D65.
    """

    basis: Float[np.ndarray, "31 3"]
    sensors: Float[np.ndarray, "3 31 3"]
    day: Float[np.ndarray, " 31"]
    lamps: Float[np.ndarray, "lamps 31"]
    chart: Float[np.ndarray, "24 31"]
    chart_rgb: Float[np.ndarray, "24 3"]


@cache
def spectra() -> Spectra:
    """The tables of colour-science on one grid of wavelengths."""
    import colour

    shape = colour.SpectralShape(400, 700, 10)

    def on_grid(table: object) -> np.ndarray:
        return np.asarray(table.copy().align(shape).values)  # type: ignore[attr-defined]

    observer = on_grid(colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"])
    to_rgb = np.linalg.inv(colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ)
    sensors = [on_grid(colour.MSDS_CAMERA_SENSITIVITIES[name]) for name in CAMERAS]
    sensors.append((observer @ to_rgb.T).clip(0))
    day = on_grid(colour.SDS_ILLUMINANTS["D65"])
    lamps = np.stack([on_grid(colour.SDS_ILLUMINANTS[name]) for name in LAMPS])
    chart = np.stack([on_grid(each) for each in colour.SDS_COLOURCHECKERS["BabelColor Average"].values()])
    seen = observer * day[:, None]
    return Spectra(
        on_grid(colour.recovery.MSDS_BASIS_FUNCTIONS_sRGB_MALLETT2019),
        np.stack([each / each.sum(axis=0) for each in sensors]),
        day / day.mean(),
        lamps / lamps.mean(axis=1, keepdims=True),
        chart,
        chart @ seen @ to_rgb.T / (seen.sum(axis=0) @ to_rgb.T),
    )


def draw_light(rng: np.random.Generator) -> Float[np.ndarray, " 31"]:
    """The spectrum of a light, of mean 1: half of them daylight of 4,000 to 12,000 K, evenly in reciprocal kelvins, a quarter
    black bodies of 2,300 to 4,300 K, a quarter lamps."""
    import colour

    kind = rng.random()
    if kind >= 0.75:
        lamps = spectra().lamps
        return lamps[rng.integers(len(lamps))]
    shape = colour.SpectralShape(400, 700, 10)
    if kind < 0.5:
        xy = colour.temperature.CCT_to_xy_CIE_D(1 / rng.uniform(1 / 12000, 1 / 4000))
        spectrum = colour.sd_CIE_illuminant_D_series(xy, shape=shape).values
    else:
        kelvin = 1 / rng.uniform(1 / 4300, 1 / 2300)
        spectrum = colour.colorimetry.blackbody_spectral_radiance(shape.wavelengths * 1e-9, kelvin)
    return np.asarray(spectrum / spectrum.mean())


@dataclass(frozen=True, eq=False)
class Rendition:
    """A light, or two, a camera and its development.

    Attributes:
        matrices: (1 or 2, 3, 3), from a scene's linear sRGB to the camera's, one for each light.
        exposure: stops.
        saturation: factor on what differs from grey, in linear light.
        flare: light that is added everywhere, linear.
        knee: linear level from which highlights roll off.
        gamma: exponent on the encoded picture.
        contrast: steepness that an S-curve adds in the middle, above -1 and below 1.
    """

    matrices: Float[np.ndarray, "lights 3 3"]
    exposure: float
    saturation: float
    flare: float
    knee: float
    gamma: float
    contrast: float

    @classmethod
    def draw(cls, rng: np.random.Generator, *, lights: int = 1, mild: bool = False) -> Rendition:
        """A random rendition.

        Args:
            rng: draws it.
            lights: how many lights the scene has. The camera balances for the first one.
            mild: daylight, well balanced and neutrally developed, as most photographs are.
        """
        known = spectra()
        sensor = np.tensordot(rng.dirichlet((1.0, 1.0, 1.0)), known.sensors, axes=1)  # a camera between the three
        found = [known.day if mild else draw_light(rng) for _ in range(lights)]
        day, first = known.day @ sensor, found[0] @ sensor
        balanced = rng.uniform(0.9, 1.0) if mild else rng.uniform(0.55, 1.0)
        white = day + balanced * (first - day)
        patches = known.chart @ (sensor * known.day[:, None]) / day
        developed = np.linalg.lstsq(patches, known.chart_rgb, rcond=None)[0].T
        developed /= developed.sum(axis=1, keepdims=True)  # white stays white
        tint = np.exp(rng.normal(0.0, 0.02 if mild else 0.04, 3))
        matrices = [
            (developed * tint) @ (known.basis.T @ (sensor * light[:, None])).T / white[:, None] for light in found
        ]
        matrices = [each / (LUMA @ each.sum(axis=1)) for each in matrices]
        wide = 0.25 if mild else 1.0
        return cls(
            np.stack(matrices).astype(np.float32),
            exposure=wide * rng.uniform(-1.0, 0.6),
            saturation=1.0 + wide * rng.uniform(-0.28, 0.28),
            flare=wide * rng.uniform(0.0, 0.01),
            knee=rng.uniform(0.6, 0.9),
            gamma=float(np.exp(wide * rng.uniform(-0.18, 0.2))),
            contrast=wide * rng.uniform(-0.3, 0.5),
        )

    def __call__(
        self, scene: Float[np.ndarray, "h w 3"], fade: Float[np.ndarray, "h w"] | None = None
    ) -> Float[np.ndarray, "h w 3"]:
        """The picture of a scene.

        Args:
            scene: linear sRGB, 0..1, float32, which the picture is too.
            fade: share of the second light at every pixel, 0..1; None: the first light alone.

        Returns:
            The picture, sRGB-encoded, 0..1.
        """
        linear = scene @ self.matrices[0].T
        if fade is not None:
            linear = linear + fade[..., None] * (scene @ self.matrices[1].T - linear)
        linear = (linear * 2.0**self.exposure).clip(0)
        grey = (linear @ LUMA)[..., None]
        linear = (grey + (linear - grey) * self.saturation).clip(0) + self.flare
        room = 1.0 - self.knee
        linear = np.where(linear > self.knee, self.knee + room * np.tanh((linear - self.knee) / room), linear)
        encoded = linear_to_srgb(torch.from_numpy(linear)).numpy().clip(0, 1)
        return s_curve(encoded**self.gamma, self.contrast)


def s_curve(picture: Float[np.ndarray, "*shape"], contrast: float) -> Float[np.ndarray, "*shape"]:
    """A curve through 0, 0.5 and 1 whose slope is 1 + contrast in the middle and 1 - contrast at both ends."""
    return picture - contrast * np.sin(2 * np.pi * picture) / (2 * np.pi)


@dataclass(frozen=True, eq=False)
class Look:
    """What a colourist does to a developed picture.

    Attributes:
        slope, offset, power: a primary correction as of an ASC CDL, for red, green and blue.
        contrast: of an S-curve that follows.
        saturation: factor on CIE Lab chroma.
        shadows, highlights: what split toning adds to a* and b* there.
        turn, gain: amplitudes of (cos, sin, cos 2, sin 2) of the hue in the curves hue to hue, radians, and hue to chroma.
    """

    slope: Float[np.ndarray, " 3"]
    offset: Float[np.ndarray, " 3"]
    power: Float[np.ndarray, " 3"]
    contrast: float
    saturation: float
    shadows: Float[np.ndarray, " 2"]
    highlights: Float[np.ndarray, " 2"]
    turn: Float[np.ndarray, " 4"]
    gain: Float[np.ndarray, " 4"]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Look:
        """A random look, from restrained to strong."""
        faded = max(0.0, rng.normal(0.0, 0.04))

        def some(spread: float, count: int) -> np.ndarray:
            return rng.normal(0.0, spread, count).astype(np.float32)

        return cls(
            slope=np.exp(some(0.09, 3)) * (1.0 - faded),
            offset=some(0.01, 3) + faded,
            power=np.exp(some(0.09, 3) + some(0.1, 1)),
            contrast=rng.uniform(-0.25, 0.6),
            saturation=rng.uniform(0.55, 1.3),
            shadows=some(5.0, 2),
            highlights=some(5.0, 2),
            turn=some(0.07, 4),
            gain=some(0.1, 4),
        )

    def __call__(self, picture: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
        """Grade a picture, sRGB-encoded, 0..1, float32; so is the result."""
        primary = (picture * self.slope + self.offset).clip(0, 1) ** self.power
        lab = srgb_to_lab(torch.from_numpy(s_curve(primary, self.contrast))).numpy()
        level = (lab[..., :1] / 100).clip(0, 1)
        colour = lab[..., 1] + 1j * lab[..., 2]
        unit = colour / np.abs(colour).clip(1e-9)
        waves = np.stack((unit.real, unit.imag, (unit**2).real, (unit**2).imag), axis=-1)
        colour = colour * np.exp(1j * (waves @ self.turn)) * self.saturation * (1 + waves @ self.gain).clip(0)
        split = (1 - level) ** 2 * self.shadows + level**2 * self.highlights
        out = np.stack((lab[..., 0], colour.real + split[..., 0], colour.imag + split[..., 1]), axis=-1)
        return lab_to_srgb(torch.from_numpy(out)).numpy().clip(0, 1)
