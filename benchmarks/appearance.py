"""What fits should compare colours in, where codes are not sRGB's: judged by the truth, on pairs made from photographs.

    python -m benchmarks.appearance --photos DIR [--cases 12] [--seed 5] [--only hdr]

**Wide**: pairs of :mod:`benchmarks.truth`, encoded with other primaries, fitted with codes taken for sRGB's and with CIE Lab from
the real primaries; mean CIEDE2000 to the truth.

**HDR**: photographs are taken as scenes whose highlights reach 1,000 cd/m2 and more, and developed twice by a random exposure,
white balance, contrast and saturation, in PQ with 10 bits. Fitted with codes taken for sRGB's, with ICtCp (ITU-R BT.2100) and
with Jzazbz (M. Safdar et al., "Perceptually uniform color space for image signals including high dynamic range and wide gamut",
2017). Judged three ways, since each space favours itself: the difference of ITU-R BT.2124, that of Jzazbz, both in steps just
noticeable, and CIEDE2000 of what a display of standard range shows; the last column is the distance that is left, as shown there.
``same`` is one scene, ``light`` another scene in another rendition, ``look`` another scene with a look.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.match import delta_e
from benchmarks.truth.make import make_case, photographs_in, scene_of
from benchmarks.truth.score import Judged
from reswd_torch import InputError, MatchSettings
from reswd_torch.appearance import SRGB, Appearance, HdrAppearance, light_to_pq, pq_appearance, pq_to_light
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, color_distance, fit_samples, sample_pixels
from reswd_torch.profiles import to_profile
from reswd_torch.profiles.appearance import profile_appearance
from reswd_torch.profiles.coded import coded_profile
from reswd_torch.profiles.curves import SRGB_CURVE
from reswd_torch.profiles.icc import write_profile

SETTINGS = {
    "mood": MatchSettings(),
    "look": MatchSettings(aim="look"),
    "colours, CDL": MatchSettings(aim="colours", transform="cdl"),
    "colours, LUT": MatchSettings(aim="colours", transform="lut"),
}
D50_XY = (0.3457, 0.3585)
PROFILES = {
    "Display P3": coded_profile(12, 13),
    "Rec.2020": coded_profile(9, 13),
    "ProPhoto": write_profile("ProPhoto", ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50_XY, SRGB_CURVE),
}
_PIXELS = 4000


@dataclass(frozen=True, eq=False)
class HdrCase:
    """Two HDR pictures and the truth, (H, W, 3) PQ codes of BT.2020, 0..1."""

    source: np.ndarray
    reference: np.ndarray
    truth: np.ndarray


class Development:
    """How a scene becomes an HDR picture.

    Args:
        rng: draws exposure, white balance, contrast about middle grey, and saturation.
        strength: 1 for another light and camera, less for a look.
    """

    def __init__(self, rng: np.random.Generator, strength: float = 1.0) -> None:
        self.gains = np.exp(rng.normal(0.0, 0.18 * strength, 3)) * 2.0 ** (strength * rng.uniform(-1.0, 1.0))
        self.power = float(np.exp(strength * rng.uniform(-0.2, 0.2)))
        self.saturation = 1.0 + strength * rng.uniform(-0.35, 0.35)

    def __call__(self, light: np.ndarray) -> np.ndarray:
        """PQ codes of linear BT.2020 light in cd/m2."""
        light = (light * self.gains / 26.0) ** self.power * 26.0
        grey = light @ np.array([0.2627, 0.6780, 0.0593])
        light = grey[..., None] + (light - grey[..., None]) * self.saturation
        return light_to_pq(torch.from_numpy(light.clip(1e-4, 4000.0))).numpy().astype(np.float32)


def scene_in_light(path: Path, edge: int) -> np.ndarray:
    """A photograph as linear BT.2020 light in cd/m2: white at 203, and what is near white up to five times as bright."""
    linear = scene_of(path, edge)
    brightest = linear.max(axis=2, keepdims=True)
    ramp = ((brightest - 0.6) / 0.4).clip(0, 1)
    light = linear * (1.0 + 4.0 * ramp**2 * (3 - 2 * ramp))
    flat = torch.from_numpy(light / light.max()).reshape(-1, 3).double()
    codes = pq_appearance().of_srgb(torch.where(flat > 0.0031308, 1.055 * flat ** (1 / 2.4) - 0.055, 12.92 * flat))
    return pq_to_light(codes)[0].numpy().reshape(light.shape) * light.max()


def hdr_case(photographs: list[Path], family: str, number: int, seed: int, edge: int) -> HdrCase:
    """One case; the same arguments make the same pixels."""
    rng = np.random.default_rng((seed, ("same", "light", "look").index(family), number))
    here, there = (photographs[index] for index in rng.choice(len(photographs), 2, replace=False))
    first = scene_in_light(here, edge)
    second = first if family == "same" else scene_in_light(there, edge)
    one, other = (Development(rng, 0.3 if family == "look" else 1.0) for _ in range(2))
    if family == "look":
        look = Development(rng, 0.8)
        again = pq_to_light(torch.from_numpy(one(first)).double())[0].numpy()
        others = pq_to_light(torch.from_numpy(other(second)).double())[0].numpy()
        made = one(first), look(others), look(again)
    else:
        made = one(first), other(second), other(first)
    noisy = [each + rng.normal(0.0, 0.002, each.shape) for each in made[:2]]
    source, reference = (np.rint(each.clip(0, 1) * 1023).astype(np.float32) / np.float32(1023) for each in noisy)
    return HdrCase(source, reference, made[2])


class JzAppearance(HdrAppearance):
    """Jzazbz of PQ codes of BT.2020, equations 8 to 13, in units of CIE Lab."""

    b, g, d, d0 = 1.15, 0.66, -0.56, 1.6295499532821566e-11
    scale = 620.0

    def __init__(self) -> None:
        pass

    def lab_with_jacobian(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        to_xyz = torch.tensor([[0.636958, 0.144617, 0.168881], [0.2627, 0.677998, 0.059302], [0.0, 0.028073, 1.060985]])
        primed = torch.tensor([[self.b, 0, 1 - self.b], [1 - self.g, self.g, 0], [0, 0, 1.0]])
        to_lms = torch.tensor(
            [[0.41478972, 0.579999, 0.0146480], [-0.2015100, 1.120649, 0.0531008], [-0.0166008, 0.264800, 0.6684799]]
        )
        to_iab = torch.tensor([[0.5, 0.5, 0], [3.524000, -4.066708, 0.542708], [0.199076, 1.096799, -1.295875]])
        cones = (to_lms @ primed @ to_xyz).to(codes)
        light, d_light = pq_to_light(codes)
        lms = light @ cones.T
        bounded = lms.clamp(min=1e-3)
        power = (bounded / 10_000.0) ** (2610 / 16384)
        above, below = 3424 / 4096 + 2413 / 128 * power, 1 + 2392 / 128 * power
        p = 1.7 * 2523 / 32
        bent = (above / below) ** p
        slope = p * bent / (above / below) * (2413 / 128 - 2392 / 128 * 3424 / 4096) / below**2
        slope = slope * (2610 / 16384) * power / bounded
        bent = bent + slope * (lms - bounded)
        iab = bent @ to_iab.to(codes).T
        j = torch.einsum("if,nf,fj,nj->nij", to_iab.to(codes), slope, cones, d_light)
        under = 1 + self.d * iab[:, :1]
        first = (1 + self.d) * iab[:, :1] / under - self.d0
        lab = torch.cat((first, iab[:, 1:]), dim=1)
        jacobian = torch.cat((j[:, :1] * ((1 + self.d) / under**2).unsqueeze(2), j[:, 1:]), dim=1)
        return lab * self.scale, jacobian * self.scale

    def lab(self, codes: Tensor) -> Tensor:
        return self.lab_with_jacobian(codes.reshape(-1, 3))[0].reshape(codes.shape)

    def of_srgb(self, srgb: Tensor) -> Tensor:
        return pq_appearance().of_srgb(srgb)


class CodesOfSrgb(HdrAppearance):
    """PQ codes as if they were sRGB's; the look estimate and the skin are told the truth, as for the others."""

    uniform, hold = False, 1.0

    def __init__(self) -> None:
        pass

    def lab(self, codes: Tensor) -> Tensor:
        return SRGB.lab(codes)

    def lab_with_jacobian(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        return SRGB.lab_with_jacobian(codes)

    def of_srgb(self, srgb: Tensor) -> Tensor:
        return pq_appearance().of_srgb(srgb)


def itp_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean difference of ITU-R BT.2124, equation 3."""
    units = 720.0 / 450.0
    return units * _apart(pq_appearance(), first, second)


def jz_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean difference of Jzazbz, in units in which small ones of standard range are as large as those of BT.2124."""
    return 720.0 / 450.0 * _apart(JzAppearance(), first, second)


def shown_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean CIEDE2000 of both as a display of standard range shows them."""
    return delta_e(_shown(first), _shown(second))


def _shown(codes: np.ndarray) -> np.ndarray:
    return to_profile(pq_appearance().as_display(torch.from_numpy(codes)).numpy(), coded_profile(9, 13), None)


def _apart(appearance: Appearance, first: np.ndarray, second: np.ndarray) -> float:
    one, other = (appearance.lab(torch.from_numpy(each).double()) for each in (first, second))
    return float((one - other).norm(dim=1).mean())


def _samples(first: np.ndarray, second: np.ndarray, settings: MatchSettings) -> tuple[PixelSample, PixelSample]:
    one, other = (
        sample_pixels(torch.from_numpy(each), settings.samples, settings.seed, with_thumbnail=settings.looks_for_scene)
        for each in (first, second)
    )
    return one, other


def wide_rows(photographs: list[Path], cases: int, seed: int, edge: int) -> Iterator[tuple[str, str, str, str, float]]:
    """Family, encoding, settings, way, and CIEDE2000 of every case."""
    for family in ("content", "look", "views", "still"):
        for number in range(cases):
            try:
                judged = Judged.of(make_case(photographs, family, number, seed, edge=edge))
            except InputError:
                continue
            yield family, "", "", "nothing", delta_e(judged.source, judged.truth)
            for name, icc in PROFILES.items():
                source, reference = (
                    to_profile(each, None, icc) for each in (judged.case.source, judged.case.reference)
                )
                places = source.reshape(-1, 3)[judged.places]
                for label, settings in SETTINGS.items():
                    if label != "mood" and family in ("views", "still"):
                        continue
                    samples = _samples(source, reference, settings)
                    for way, appearance in (("as if sRGB", SRGB), ("its primaries", profile_appearance(icc))):
                        grade = fit_samples(*samples, settings, appearance=appearance)
                        yield (
                            family,
                            name,
                            label,
                            way,
                            delta_e(to_profile(_graded(grade, places), icc, None), judged.truth),
                        )


def hdr_rows(
    photographs: list[Path], cases: int, seed: int, edge: int
) -> Iterator[tuple[str, str, str, tuple[float, ...]]]:
    """Family, settings, way, and of every case the three differences and the share of the distance that is left."""
    ways = {"as if sRGB": CodesOfSrgb(), "ICtCp": pq_appearance(), "Jzazbz": JzAppearance()}
    for family in ("same", "light", "look"):
        for number in range(cases):
            case = hdr_case(photographs, family, number, seed, edge)
            places = np.random.default_rng(0).choice(case.truth.shape[0] * case.truth.shape[1], _PIXELS)
            source, truth = (each.reshape(-1, 3)[places] for each in (case.source, case.truth))
            wanted = _shown(case.reference.reshape(-1, 3)[places % (case.reference.size // 3)])

            def left(colours: np.ndarray, wanted: np.ndarray = wanted) -> float:
                return color_distance(torch.from_numpy(_shown(colours)), torch.from_numpy(wanted))

            before = left(source)
            yield family, "", "nothing", (*_differences(source, truth), 1.0)
            for label, settings in SETTINGS.items():
                if family == "same" and label != "mood":
                    continue
                samples = _samples(case.source, case.reference, settings)
                for way, appearance in ways.items():
                    grade = fit_samples(*samples, settings, appearance=appearance)
                    graded = _graded(grade, source)
                    yield family, label, way, (*_differences(graded, truth), left(graded) / before)


def _differences(colours: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    return itp_difference(colours, truth), jz_difference(colours, truth), shown_difference(colours, truth)


def _graded(grade: Grade, colours: np.ndarray) -> np.ndarray:
    return np.asarray(grade.apply(colours.astype(np.float32)))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photographs")
    parser.add_argument("--cases", type=int, default=12, help="of each family")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--edge", type=int, default=640, help="long edge of the pictures")
    parser.add_argument("--only", choices=("wide", "hdr"))
    options = parser.parse_args()
    photographs = photographs_in(options.photos)
    drawn = photographs, options.cases, options.seed, options.edge
    if options.only != "hdr":
        found: dict[tuple[str, ...], list[float]] = {}
        for *key, value in wide_rows(*drawn):
            found.setdefault(tuple(map(str, key)), []).append(value)
        print("\n| family | encoding | settings | fitted | dE2000 |\n|---|---|---|---|---:|")
        for key, values in found.items():
            print(f"| {' | '.join(key)} | {np.mean(values):.3f} |")
    if options.only != "wide":
        in_hdr: dict[tuple[str, ...], list[tuple[float, ...]]] = {}
        for family, label, way, differences in hdr_rows(*drawn):
            in_hdr.setdefault((family, label, way), []).append(differences)
        print(
            "\n| family | settings | fitted | BT.2124 | Jzazbz | dE2000 shown | left |\n|---|---|---|---:|---:|---:|---:|"
        )
        for key, each in in_hdr.items():
            print(f"| {' | '.join(key)} | {' | '.join(f'{value:.2f}' for value in np.mean(each, axis=0))} |")


if __name__ == "__main__":
    main()
