"""The front door: two pictures in, a grade out."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reswd_torch.arrays import colors_in, weights_in
from reswd_torch.color import srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.grade import Grade
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.matching.closed_form import CLOSED_FORM_MAPS
from reswd_torch.matching.couplings import Coupling, JoinedCoupling, PairedCoupling, SlicedCoupling
from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.gauss_newton import CdlModel, Model, Solver, minimise, natural_numbers
from reswd_torch.matching.greys import GreyHold
from reswd_torch.matching.report import MatchReport, Progress
from reswd_torch.matching.same_scene import LEAST_POINTS, SameScene, find_same_scene
from reswd_torch.matching.sampling import PixelSample, palette_sample, sample_pixels
from reswd_torch.matching.smooth_lut import fit_smooth_lut
from reswd_torch.matching.stochastic import descend
from reswd_torch.palette import parse_palette
from reswd_torch.settings import SAME_SCENE, MatchSettings
from reswd_torch.threads import one_thread

FAST_DIRECTIONS = 24
FAST_ROUNDS = 12
CDL_PULL = (2.0,) * 6 + (8.0,) * 4
"""Pull of the CDL numbers towards identity, in Lab units: a number that is 1 away costs half of this. Slope and offset are
what another light or exposure changes; power and saturation follow mostly what the two pictures show, so they are held four
times as firmly. Without a pull mean dE2000 on colour-checker frames is 6.3, with it 5.4; see docs/matching.md."""
POINTS_SAY = 0.5
"""Of the points, where the pictures show the same scene; the statistics of what both show have the other half."""
TAILS = 0.15
"""Of the samples at either end along each direction, where both pictures show one scene: they are left out of the
whole pictures' statistics, for what only one of them shows lies mostly there; what both show has no such part."""
GREY_CAST = 4.0
"""CIE Lab chroma that a grey may always take on; where the reference's mean colour has more, that much."""
GREY_WEIGHT = 0.12
"""Of what greys take on beyond that, beside the distance, where the pictures are not known to show one scene: there, what
tints the greys is the light, and they have to follow. See docs/matching.md."""
NO_PULL = (1e-4,) * 10
"""Where the fit has a right answer: only keeps the equations solvable."""


def match(
    source: np.ndarray | Tensor,
    target: np.ndarray | Tensor | None = None,
    *,
    palette: str | None = None,
    source_weights: Any = None,
    target_weights: Any = None,
    settings: MatchSettings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Grade:
    """Find the grade that gives ``source`` the colours of ``target``.

    Args:
        source: (H, W, 3) float array or tensor, sRGB-encoded (or in any encoding both share), 0..1.
        target: the same for the picture whose colours are wanted; another size is fine.
        palette: hex colours with weights such as ``"#aabbcc:2,#112233"``, in place of ``target``.
        source_weights: (H, W), 0..1: how much each pixel counts (alpha, a mask); 0 leaves it out.
        target_weights: the same for the target.
        settings: all settings in one record; or give them by name:
        **options: ``method``, ``transform``, ``strength``, ``seed``, ``device``, ``samples`` of
            :class:`~reswd_torch.settings.MatchSettings`; they win over ``settings``.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        A grade: ``grade.apply(source)`` is the matched picture, ``grade.report`` has the distances.

    Raises:
        InputError: arrays of a wrong shape, dtype or range, NaN, zero weights, unknown settings, or neither or both of
            target and palette.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> grade = match(rng.random((64, 64, 3)) * 0.5, rng.random((64, 64, 3)))
        >>> grade.report.distance_after < grade.report.distance_before
        True
    """
    chosen = settings_with(settings, options)
    start = time.perf_counter()
    source_sample = _picture_sample(source, source_weights, "source", chosen)
    if (target is None) == (palette is None):
        raise InputError("give either a target picture or a palette" + (", not both" if palette is not None else ""))
    if palette is not None:
        target_sample = palette_sample(parse_palette(palette), chosen.samples)
    else:
        target_sample = _picture_sample(target, target_weights, "target", chosen)
    return fit_samples(source_sample, target_sample, chosen, progress=progress, start=start)


@one_thread()
def fit_samples(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    *,
    progress: Progress | None = None,
    start: float | None = None,
) -> Grade:
    """:func:`match` for pixels that were already sampled (files of which only a part was decoded, palettes).

    Args:
        source: sampled source pixels, :func:`sample_pixels`.
        target: sampled target pixels, in the source's encoding.
        settings: what to fit.
        progress: called with (share done, what is being done); may raise to stop.
        start: ``time.perf_counter()`` when the job began, for the report's seconds.
    """
    start = time.perf_counter() if start is None else start
    device = resolve_device(settings.device)
    scene = _same_scene(source, target, settings)
    trust = 0.0 if scene is None else 1.0 if settings.scene == SAME_SCENE else scene.trust
    if scene is None:
        transform = _fit(source.fit.to(device), target.fit.to(device), settings, progress)
    else:
        transform = _fit_scene(source, target, scene, trust, settings, device, progress)
    grade = Grade(transform, strength=settings.strength)
    before = color_distance(source.held_out, target.held_out)
    after = (
        before if settings.strength == 0 else color_distance(grade.effective.apply(source.held_out), target.held_out)
    )
    seconds = time.perf_counter() - start
    report = MatchReport(before, after, seconds, settings, device, scene.points if scene else 0, trust)
    return replace(grade, report=report)


def settings_with(settings: MatchSettings | None, options: dict[str, Any]) -> MatchSettings:
    """Settings with some of them replaced by name.

    Raises:
        InputError: a name that is not a setting, or a value that is not allowed.
    """
    base = settings or MatchSettings()
    unknown = sorted(set(options) - set(base.__dataclass_fields__))
    if unknown:
        raise InputError(f"unknown setting {unknown[0]!r}: choose from {', '.join(base.__dataclass_fields__)}")
    return replace(base, **options)


def resolve_device(name: str) -> str:
    """``"auto"`` to a device that is there.

    The fit looks at a few thousand colours, for which a GPU spends more time starting kernels than computing; ``auto`` is
    the CPU.

    Raises:
        InputError: a device that this machine or this PyTorch does not have.
    """
    if name == "auto":
        return "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(name, False):
        have = ", ".join(device for device, present in there.items() if present)
        raise InputError(f"device {name!r} is not available here: choose auto or {have}")
    return name


def _picture_sample(picture: Any, weights: Any, name: str, settings: MatchSettings) -> PixelSample:
    tensor = colors_in(picture, name)
    if tensor.ndim != 3:
        raise InputError(f"{name} has shape {tuple(tensor.shape)}: give one picture, (H, W, 3)")
    checked = None if weights is None else weights_in(weights, f"{name}_weights", tuple(tensor.shape[:2]))
    return sample_pixels(tensor, settings.samples, settings.seed, checked, with_thumbnail=settings.looks_for_scene)


def _same_scene(source: PixelSample, target: PixelSample, settings: MatchSettings) -> SameScene | None:
    if not settings.looks_for_scene:
        return None
    if source.thumbnail is None or target.thumbnail is None:
        if settings.scene == SAME_SCENE:
            raise InputError("scene 'same' needs two pictures or clips, no palette or series: choose scene auto")
        return None
    thorough = settings.scene == SAME_SCENE
    scene = find_same_scene(source.thumbnail, target.thumbnail, settings.samples, settings.seed, thorough=thorough)
    if scene is None and thorough:
        raise InputError(
            f"scene 'same': fewer than {LEAST_POINTS} points of the source were found again in the reference; choose scene auto "
            "or different"
        )
    return scene


def _fit_scene(
    source: PixelSample,
    target: PixelSample,
    scene: SameScene,
    trust: float,
    settings: MatchSettings,
    device: str,
    progress: Progress | None,
) -> Cdl | Lut3D:
    """Statistics of the whole pictures, of the part that both show, and the points, each with its say."""
    directions = fibonacci_spiral(FAST_DIRECTIONS).to(device)
    colors: list[Tensor] = []
    parts: list[tuple[Coupling, int, float]] = []

    def count(some: Tensor, coupling: Coupling, weight: float) -> None:
        colors.append(some.to(device))
        parts.append((coupling, len(some), weight))

    def sliced(some: Tensor, wanted: Tensor, tails: float = 0.0) -> Coupling:
        return SlicedCoupling(srgb_to_lab(wanted.to(device)), directions, len(some), tails=tails)

    if trust < 1.0:
        # Ten numbers go on straight where no sample counts; a LUT, which would be free there, is fitted to all of them.
        tails = TAILS if settings.resolved_transform == "cdl" else 0.0
        count(source.fit, sliced(source.fit, target.fit, tails), 1.0 - trust)
    if trust > 0.0:
        common = sliced(scene.source_overlap, scene.target_overlap)
        count(scene.source_overlap, common, trust * (1.0 - POINTS_SAY))
        count(scene.source_colors, PairedCoupling(srgb_to_lab(scene.target_colors.to(device))), trust * POINTS_SAY)
    coupling = JoinedCoupling(parts)
    solve = _second_order(coupling, progress)
    return fit_transform(torch.cat(colors), coupling, settings.resolved_transform, solve, pull=CDL_PULL)


def _fit(source: Tensor, target: Tensor, settings: MatchSettings, progress: Progress | None) -> Cdl | Lut3D:
    transform = settings.resolved_transform
    if settings.method in CLOSED_FORM_MAPS:
        closed = CLOSED_FORM_MAPS[settings.method](source.cpu(), target.cpu())
        if settings.transform is None:
            return Lut3D.sample(closed)
        return fit_pairs(source, closed(source.cpu()).to(source), transform, progress)
    target_lab = srgb_to_lab(target)
    coupling = SlicedCoupling(target_lab, fibonacci_spiral(FAST_DIRECTIONS).to(source), len(source))
    if settings.method == "fast":
        solve = _second_order(coupling, progress)
    else:

        def solve(model: Model, start: Tensor | None, span: tuple[float, float]) -> Tensor:
            return descend(model, target_lab, seed=settings.seed, start=start, progress=progress, span=span)

    greys = GreyHold(max(GREY_CAST, float(target_lab.mean(dim=0)[1:].norm())), GREY_WEIGHT)
    return fit_transform(source, coupling, transform, solve, pull=CDL_PULL, greys=greys)


def fit_transform(
    source: Tensor,
    coupling: Coupling,
    transform: str,
    solve: Solver,
    *,
    pull: tuple[float, ...],
    greys: GreyHold | None = None,
) -> Cdl | Lut3D:
    """Fit a CDL or a smooth LUT.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go.
        transform: ``"cdl"`` or ``"lut"``.
        solve: the optimiser.
        pull: of the ten CDL numbers towards the identity; a LUT has a smoothness term of its own.
        greys: how greys are held back; None: they are free.
    """
    if transform == "lut":
        return fit_smooth_lut(source, coupling, solve, greys)
    return Cdl.from_vector(natural_numbers(solve(CdlModel(source, torch.tensor(pull), greys), None, (0.0, 1.0))))


@one_thread()
def fit_pairs(source: Tensor, wanted: Tensor, transform: str, progress: Progress | None = None) -> Cdl | Lut3D:
    """Fit a CDL or a smooth LUT that takes each colour to one of its own.

    Args:
        source: (N, 3), 0..1.
        wanted: (N, 3), where each should go; cut to 0..1.
        transform: ``"cdl"`` or ``"lut"``.
        progress: called with (share done, what is being done); may raise to stop.
    """
    pairs = PairedCoupling(srgb_to_lab(wanted.clamp(0.0, 1.0)))
    return fit_transform(source, pairs, transform, _second_order(pairs, progress), pull=NO_PULL)


def _second_order(coupling: Coupling, progress: Progress | None) -> Solver:
    def solve(model: Model, start: Tensor | None, span: tuple[float, float]) -> Tensor:
        return minimise(model, coupling, rounds=FAST_ROUNDS, start=start, progress=progress, span=span)

    return solve
