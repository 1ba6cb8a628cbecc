"""What the methods fit: a transform to statistics, to a scene that both pictures show, or to colours given one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.matching.closed_form import Formula
from reswd_torch.matching.data_terms import Coupling, JoinedCoupling, PairedCoupling, SlicedCoupling
from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.gauss_newton import CdlModel, Model, Solver, minimise, natural_numbers
from reswd_torch.matching.greys import GreyHold
from reswd_torch.matching.look import estimate_look
from reswd_torch.matching.mood import AT_WORK, SAFE, drawn_back, exceeded, mood_terms
from reswd_torch.matching.quick_lut import DRAWN, FOLLOWED, Pass, fit_quick_lut
from reswd_torch.matching.request import FitRequest
from reswd_torch.matching.smooth_lut import fit_smooth_lut
from reswd_torch.progress import OnProgress
from reswd_torch.threads import one_thread

DIRECTIONS = 24
"""Directions, spread evenly over the half-sphere, along which statistics are compared during the fit."""
ROUNDS = 12
"""Second-order steps that are tried at most."""
CDL_PULL = (2.0,) * 6 + (8.0,) * 4
"""Pull of the CDL numbers towards identity, in Lab units: a number that is 1 away costs half of this. Slope and offset are
what another light or exposure changes; power and saturation follow mostly what the two pictures show, so they are held four
times as firmly. Without a pull mean dE2000 on colour-checker frames is 6.3, with it 5.4; see docs/matching.md."""
NO_PULL = (1e-4,) * 10
"""Pull of the CDL numbers where the fit has a right answer: it only keeps the equations solvable."""
POINTS_SAY = 0.25
"""Weight of the points where the pictures show the same scene; the statistics of what both show have the rest."""
TAILS = 0.15
"""Share of the samples that is left out of the whole pictures' statistics at either end along each direction, where both pictures
show one scene. What only one of them shows lies mostly there; the part that both show has no such ends, and loses nothing."""
ALIGNED_PULL = (0.02,) * 10
"""Pull of the CDL numbers where the pictures are aligned: there what the light did is seen at every colour."""
MOOD_SAMPLES = 1024
"""About how many of the source's colours a mood looks at: its LUT is held smooth, and needs no more."""
MOOD_PULL = (0.5,) * 3 + (1.0,) * 3 + (0.5,) * 3 + (2.0,)
"""Pull of the CDL numbers in a mood, beside that of every colour to its anchor."""
NEARLY_EQUAL = 2.0
"""Distance, CIE Lab units, from which on the look estimate counts fully."""
MOOD_CLIPPING = 2e3
"""Weight of what ten numbers clip in a mood."""
MANY_POINTS = 200
"""Number of points from which on they carry a LUT, if they are trusted fully."""
WITHOUT_TAILS = 0.75
"""Of the whole pictures' statistics, the share that leaves the tails out; the rest counts every sample. Alone, either has lost
badly on some pair of frames."""
SCENE_GREY_WEIGHT = 0.04
"""As ``GREY_WEIGHT``, where both show one scene and the points are not trusted."""
SCENE_PULL = (1.0,) * 6 + (8.0,) * 4
"""As ``CDL_PULL``, where both show one scene: the better evidence may go further."""
GREY_CAST = 4.0
"""CIE Lab chroma that a grey may always take on. Where the reference's mean colour has more, a grey may take on that much."""
GREY_WEIGHT = 0.12
"""Weight, beside the distance, of the chroma that greys take on beyond the free amount, where the pictures are not known to show
one scene. Where they are, what tints the greys is the light, and they have to follow it. See docs/matching.md."""


def fit_statistics(request: FitRequest, solve: Solver | None = None) -> Cdl | Lut3D:
    """Bring the distribution of the source's colours close to that of the reference.

    Args:
        request: what to fit; its scene is not looked at.
        solve: the optimiser; second-order steps if left out.
    """
    source = request.source_colors
    target_lab = request.appearance.lab(request.target_colors)
    coupling = SlicedCoupling(target_lab, fibonacci_spiral(DIRECTIONS).to(source), len(source))
    greys = GreyHold(_cast_of(request), GREY_WEIGHT, request.appearance)
    solve = second_order(coupling, request.progress, request.appearance) if solve is None else solve
    transform = "lut" if request.transform == "lut" else "cdl"
    return fit_transform(source, coupling, transform, solve, pull=CDL_PULL, greys=greys, appearance=request.appearance)


def fit_same_scene(request: FitRequest) -> Cdl | Lut3D:
    """Follow points that correspond, the statistics of the part that both pictures show, and those of the whole pictures.

    Args:
        request: what to fit, with a scene. Its trust is the weight of points and common part; the whole pictures have the rest.
            Where the pictures are aligned, the pairs of colours say everything.
    """
    scene, trust, appearance = request.scene, request.trust, request.appearance
    assert scene is not None, "a fit to a scene needs one"
    transform = request.transform
    if transform == "auto":
        carries = scene.aligned or (trust == 1.0 and scene.points >= MANY_POINTS)
        transform = "lut" if carries else "cdl"
    if scene.aligned:
        wanted = PairedCoupling(appearance.lab(scene.target_colors.to(request.device)))
        return _fitted(request, scene.source_colors.to(request.device), wanted, transform, FOLLOWED, ALIGNED_PULL)
    directions = fibonacci_spiral(DIRECTIONS).to(request.device)

    def sliced(colors: Tensor, wanted: Tensor, tails: float = 0.0) -> Coupling:
        return SlicedCoupling(appearance.lab(wanted.to(request.device)), directions, len(colors), tails=tails)

    terms: list[tuple[Tensor, Coupling, float]] = []
    if trust < 1.0:
        # Ten numbers go on straight where no sample counts; a LUT, which would be free there, is fitted to all of them.
        whole = request.source.fit
        without = sliced(whole, request.target.fit, TAILS if transform == "cdl" else 0.0)
        terms.append((whole, without, (1.0 - trust) * WITHOUT_TAILS))
        terms.append((whole, sliced(whole, request.target.fit), (1.0 - trust) * (1.0 - WITHOUT_TAILS)))
    if trust > 0.0:
        common = sliced(scene.source_overlap, scene.target_overlap)
        terms.append((scene.source_overlap, common, trust * (1.0 - POINTS_SAY)))
        points = PairedCoupling(appearance.lab(scene.target_colors.to(request.device)))
        terms.append((scene.source_colors, points, trust * POINTS_SAY))
    coupling = JoinedCoupling([(each, len(colors), weight) for colors, each, weight in terms])
    colors = torch.cat([colors.to(request.device) for colors, _, _ in terms])
    greys = GreyHold(_cast_of(request), SCENE_GREY_WEIGHT * (1.0 - trust), appearance) if trust < 1.0 else None
    return _fitted(request, colors, coupling, transform, FOLLOWED, SCENE_PULL, greys)


def _cast_of(request: FitRequest) -> float:
    """CIE Lab chroma that a grey may take on at no cost: that of the reference's mean colour, if it has more than a little."""
    return max(GREY_CAST, float(request.appearance.lab(request.target_colors).mean(dim=0)[1:].norm()))


def fit_look(request: FitRequest) -> Cdl | Lut3D:
    """Give the source the rendition of the reference, as far as its colours tell: ten numbers, or a LUT for them.

    Args:
        request: what to fit; its scene is not looked at.
    """
    look, appearance, source = _anchor(request), request.appearance, request.source_colors
    ten_numbers = request.transform != "lut"
    if ten_numbers and appearance.in_standard_range:
        return look.cdl
    wanted = look(source)
    if ten_numbers:
        return fit_pairs(source, wanted, "cdl", request.progress, appearance)
    return fit_quick_lut(source, PairedCoupling(appearance.lab(wanted)), FOLLOWED, request.progress, appearance)


def fit_mood(request: FitRequest) -> Cdl | Lut3D:
    """Bring the source's colours a visible part of the way to the reference's, under what people protect.

    Args:
        request: what to fit; its scene is not looked at. With transform ``"auto"`` the mood is a LUT: ten numbers cannot hold
            greys and skin and still move the rest.
    """
    appearance, protect = request.appearance, request.protect
    every = max(1, len(request.source.fit) // MOOD_SAMPLES)
    source, target = (colors[::every].contiguous() for colors in (request.source_colors, request.target_colors))
    statistics = SlicedCoupling(appearance.lab(target), fibonacci_spiral(DIRECTIONS).to(source), len(source))
    distance = color_distance(source, target, appearance=appearance)
    terms = mood_terms(source, target, statistics, distance, _anchor(request), protect, appearance)
    transform = "cdl" if request.transform == "cdl" else "lut"
    clipping = MOOD_CLIPPING if "highlights" in protect else 0.0
    fitted = _fitted(request, terms.source, terms.coupling, transform, DRAWN, MOOD_PULL, clipping=clipping)
    whole = request.source_colors, request.target_colors
    held = drawn_back(fitted, *whole, protect, appearance)
    request.stopped_by.update(() if held is fitted else exceeded(fitted, *whole, protect, SAFE, appearance))
    request.stopped_by.update(exceeded(held, *whole, protect, AT_WORK, appearance))
    return held


@dataclass(frozen=True)
class _Anchor:
    """What the look estimate makes of colours.

    Attributes:
        cdl: the ten numbers, for codes as a display of standard range takes them.
        appearance: how the colours look.
    """

    cdl: Cdl
    appearance: Appearance

    def __call__(self, colors: Tensor) -> Tensor:
        """The colours after it, (N, 3), 0..1."""
        return self.appearance.from_display(self.cdl.apply(self.appearance.as_display(colors)))


def _anchor(request: FitRequest) -> _Anchor:
    """The look estimate, less of it where the pictures' colours are nearly equal: of equal ones there is nothing to take."""
    source, target, appearance = request.source.fit, request.target.fit, request.appearance
    share = min(1.0, color_distance(source, target, appearance=appearance) / NEARLY_EQUAL)
    estimate = estimate_look(appearance.as_display(source), appearance.as_display(target))
    return _Anchor(estimate.cdl.at_strength(share), appearance)


def _fitted(
    request: FitRequest,
    source: Tensor,
    coupling: Coupling,
    transform: str,
    passes: Sequence[Pass],
    pull: tuple[float, ...],
    greys: GreyHold | None = None,
    clipping: float = 0.0,
) -> Cdl | Lut3D:
    """Ten numbers, or a smooth LUT; only ten numbers are held by ``pull``, ``greys`` and ``clipping``."""
    progress, appearance = request.progress, request.appearance
    if transform == "lut":
        return fit_quick_lut(source, coupling, passes, progress, appearance)
    model = CdlModel(source, torch.tensor(pull), greys, clipping)
    return Cdl.from_vector(natural_numbers(second_order(coupling, progress, appearance)(model, None, (0.0, 1.0))))


def fit_closed_form(request: FitRequest, formula: Formula) -> Cdl | Lut3D:
    """Apply a formula: sampled on a lattice, or, where the caller chose a transform, as near as that transform comes.

    Args:
        request: what to fit.
        formula: given source and reference colours on the CPU, returns the map between them.
    """
    source = request.source.fit.cpu()
    formula_map = formula(source, request.target.fit.cpu())
    if not request.transform_chosen:
        return Lut3D.sample(formula_map)
    wanted = formula_map(source).to(request.device)
    return fit_pairs(request.source_colors, wanted, request.transform, request.progress, request.appearance)


@one_thread()
def fit_pairs(
    source: Tensor,
    wanted: Tensor,
    transform: str,
    progress: OnProgress | None = None,
    appearance: Appearance = SRGB,
) -> Cdl | Lut3D:
    """Fit a CDL or a smooth LUT that takes each colour to a colour of its own.

    Args:
        source: (N, 3), 0..1.
        wanted: (N, 3), where each should go; cut to 0..1.
        transform: ``"cdl"`` or ``"lut"``.
        progress: called with (share done, what is being done); may raise to stop.
        appearance: how the colours look, which says what counts as near.
    """
    pairs = PairedCoupling(appearance.lab(wanted.clamp(0.0, 1.0)))
    solve = second_order(pairs, progress, appearance)
    return fit_transform(source, pairs, transform, solve, pull=NO_PULL, appearance=appearance)


def fit_transform(
    source: Tensor,
    coupling: Coupling,
    transform: str,
    solve: Solver,
    *,
    pull: tuple[float, ...],
    greys: GreyHold | None = None,
    appearance: Appearance = SRGB,
) -> Cdl | Lut3D:
    """Fit a CDL or a smooth LUT.

    Args:
        source: (N, 3) source samples, 0..1.
        coupling: where they should go.
        transform: ``"cdl"`` or ``"lut"``.
        solve: the optimiser.
        pull: how firmly each of the ten CDL numbers is held at the identity; a LUT has a smoothness term of its own.
        greys: how greys are held back; None: they are free.
        appearance: how graded colours look; ``solve`` has to know it as well.
    """
    if transform == "lut":
        return fit_smooth_lut(source, coupling, solve, greys, appearance)
    return Cdl.from_vector(natural_numbers(solve(CdlModel(source, torch.tensor(pull), greys), None, (0.0, 1.0))))


def second_order(coupling: Coupling, progress: OnProgress | None, appearance: Appearance = SRGB) -> Solver:
    """The optimiser that takes Gauss-Newton steps under a coupling."""

    def solve(model: Model, start: Tensor | None, span: tuple[float, float]) -> Tensor:
        return minimise(
            model, coupling, rounds=ROUNDS, appearance=appearance, start=start, progress=progress, span=span
        )

    return solve
