"""Fits of pictures in colour spaces of OpenColorIO: as a display shows both, for a grade in a working space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.grade import Cdl, Grade
from reswd_torch.matching import PixelSample, color_distance, fit_pairs, fit_samples
from reswd_torch.progress import OnProgress
from reswd_torch.settings import AUTO_TRANSFORM, CDL, LUT, MatchSettings
from reswd_torch.spaces import SpaceChoice, View, appearance_in, delivery, source_view, working_view
from reswd_torch.spaces.chain import graded_in
from reswd_torch.spaces.sight import is_seen_as_graded
from reswd_torch.threads import one_thread
from studio.service.clip_colours import most_alike
from studio.service.spaces.render import as_codes

_CARRIES = 1.0
"""Mean distance on the display, CIE Lab units, up to which ten numbers are taken to do what a fit does."""
_SHOWN = 1 / 255
"""Codes of the display nearer to its ends than this were cut off there: the light behind them is not known."""
_ENOUGH = 64
"""The fewest colours that a grade is fitted to. Where fewer lie within the display's range, all of them count."""
_SCENE = "scene"
"""What a fit took where both pictures show one scene (:attr:`~reswd_torch.matching.MatchReport.took`)."""


def seen_sample(sample: PixelSample, view: View) -> PixelSample:
    """A sample as it is seen, its thumbnails too.

    Args:
        sample: in a space.
        view: what is seen of that space.
    """
    return sample.converted(lambda colours: seen if (seen := view(colours)) is colours else as_codes(seen))


def _shown(view: View, colours: Float[Tensor, "n 3"] | np.ndarray) -> Float[Tensor, "n 3"]:
    return torch.from_numpy(as_codes(view(np.asarray(colours))))


def alike_between(source: PixelSample, target: PixelSample, choice: SpaceChoice) -> tuple[PixelSample, PixelSample]:
    """:func:`~studio.service.clip_colours.most_alike` of what is seen of both.

    Args:
        source: in ``choice.source``.
        target: as it is seen.
        choice: the spaces.

    Returns:
        Both, still in these encodings.
    """
    return most_alike(source, target, lambda: seen_sample(source, source_view(choice)))


@one_thread()
def fit_between(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    choice: SpaceChoice,
    progress: OnProgress | None = None,
) -> Grade:
    """:func:`reswd_torch.matching.fit_samples` for pictures in colour spaces of OpenColorIO.

    The fit is done on what is seen of both (:mod:`reswd_torch.spaces.sight`). A grade is then fitted in the working space to what
    that fit does, unless it is applied to the very codes that are seen: ten numbers where they do it, since light and exposure
    are straight lines in a logarithm, else a LUT. Colours that the display cuts off are left out; both go on smoothly there.

    Args:
        source: sampled source pixels, in ``choice.source``.
        target: sampled reference pixels, as they are seen.
        settings: what to fit; without pairs and trims.
        choice: the spaces.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        The grade in ``choice.working``. Its reported distances are those of what is seen.

    Raises:
        InputError: as for ``fit_samples``.
    """
    seen = seen_sample(source, source_view(choice))
    if is_seen_as_graded(choice):
        fitted = fit_samples(seen, target, settings, progress=progress, appearance=appearance_in(choice))
        return replace(fitted, encoding=choice.working)
    fitted = _fitted_on_display(seen, target, settings, choice, progress)
    wanted = fitted.fit_alone.apply(seen.fit).clamp(0.0, 1.0)
    aims = working_view(choice, inverse=True)(wanted.numpy())
    working = delivery(choice.config, choice.source, choice.working)(source.fit.numpy())
    inside = ((torch.minimum(seen.fit, wanted) > _SHOWN) & (torch.maximum(seen.fit, wanted) < 1.0 - _SHOWN)).all(dim=1)
    if int(inside.sum()) < _ENOUGH:
        inside = torch.ones_like(inside)
    ends = torch.from_numpy(as_codes(working))[inside], torch.from_numpy(as_codes(aims))[inside]

    report = fitted.report
    assert report is not None
    blank = Grade(Cdl(), strength=settings.strength, encoding=choice.working, notes=fitted.notes)
    grade = _fitted_in(choice, blank, ends, (working, wanted), settings, report.took)
    if isinstance(grade, tuple):  # of one scene the reference itself tells which of the two is nearer
        grade = min(grade, key=lambda one: distance_by(one, source, target, choice))
    report = replace(report, distance_after=distance_by(grade, source, target, choice), settings=settings)
    return replace(grade, report=report)


def _fitted_on_display(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    choice: SpaceChoice,
    progress: OnProgress | None,
) -> Grade:
    """The fit to what a display shows. Where it shows one scene and ten numbers are wanted, that does not bind the fit on the
    display: what ten numbers of a logarithm do is no ten numbers there."""
    appearance = appearance_in(choice)
    if settings.transform == CDL:
        free_to = replace(settings, transform=AUTO_TRANSFORM)
        free = fit_samples(source, target, free_to, progress=progress, appearance=appearance)
        if free.report is not None and free.report.took == _SCENE:
            return free
    return fit_samples(source, target, settings, progress=progress, appearance=appearance)


def _fitted_in(
    choice: SpaceChoice,
    blank: Grade,
    ends: tuple[Float[Tensor, "n 3"], Float[Tensor, "n 3"]],
    seen: tuple[np.ndarray, Float[Tensor, "m 3"]],
    settings: MatchSettings,
    took: str,
) -> Grade | tuple[Grade, Grade]:
    """What does in the working space what a fit does on the display; both kinds, where the reference has to tell.

    Args:
        choice: the spaces.
        blank: the grade without its transform.
        ends: colours of the working space and what each should become, 0..1.
        seen: (M, 3) all sampled colours in the working space, and what the display should show of each.
        settings: which kind is wanted.
        took: what the fit follows.
    """
    lut = settings.resolved_transform == LUT
    if not lut:
        cdl = fit_pairs(*ends, CDL)
        assert isinstance(cdl, Cdl)
        if settings.resolved_transform == CDL or _off(choice, cdl, *seen) <= _CARRIES:
            return replace(blank, transform=cdl)
    lattice = replace(blank, transform=fit_pairs(*ends, LUT))
    return lattice if lut or took != _SCENE else (replace(blank, transform=cdl), lattice)


def _off(choice: SpaceChoice, cdl: Cdl, working: np.ndarray, wanted: Float[Tensor, "m 3"]) -> float:
    """Mean distance, as seen, between what ten numbers make of colours and what is wanted, CIE Lab units."""
    shown, appearance = _shown(working_view(choice), graded_in(choice, cdl)(working)), appearance_in(choice)
    return float((appearance.lab(shown) - appearance.lab(wanted)).norm(dim=1).mean())


def distance_by(grade: Grade, source: PixelSample, target: PixelSample, choice: SpaceChoice) -> float:
    """Sliced Wasserstein distance, as seen, from a graded source to the reference, CIE Lab units.

    Args:
        grade: in ``choice.working``.
        source: in ``choice.source``.
        target: as it is seen.
        choice: the spaces.
    """
    working = delivery(choice.config, choice.source, choice.working)(source.held_out.numpy())
    graded = working if grade.leaves_alone else graded_in(choice, grade.effective)(working)
    shown = _shown(working_view(choice), graded)
    return color_distance(shown, target.held_out, appearance=appearance_in(choice))
