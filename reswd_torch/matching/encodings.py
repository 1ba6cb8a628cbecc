"""Samples in other colour encodings, and fits in encodings that are far from those of displays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.grade import Grade
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.matching.bend import with_pairs
from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.fitting import fit_pairs
from reswd_torch.matching.samples import fit_samples
from reswd_torch.matching.sampling import PixelSample
from reswd_torch.profiles import display_profile, profile_to_lab, to_profile
from reswd_torch.profiles.appearance import profile_appearance
from reswd_torch.progress import OnProgress
from reswd_torch.settings import CDL, LUT, MatchSettings

_CARRIES = 1.0
"""Mean distance, CIE Lab units, up to which ten numbers are taken to do in one encoding what a grade does in another."""


def in_profile(sample: PixelSample, icc: bytes | None, wanted: bytes | None) -> PixelSample:
    """A sample in another encoding, its thumbnails too.

    Args:
        sample: the sample.
        icc: the profile of its encoding; None for sRGB.
        wanted: that of the result, likewise.
    """
    return sample.converted(lambda colours: to_profile(colours, icc, wanted))


def fit_encoded(
    source: PixelSample,
    target: PixelSample,
    settings: MatchSettings,
    icc: bytes | None,
    progress: OnProgress | None = None,
    *,
    start: float | None = None,
) -> Grade:
    """:func:`reswd_torch.matching.fit_samples` for colours of any encoding.

    Fits compare colours as they look in their own encoding, but ten numbers and the look estimate are meant for codes of a
    display. In linear light and the like the fit is done with sRGB's curve, and a grade is fitted to what it does: of the same
    kind, but that ten numbers which cannot do the same give way to a LUT, unless they were asked for.

    Args:
        source: sampled source pixels.
        target: sampled reference pixels, in the source's encoding.
        settings: what to fit.
        icc: the profile of both; None for sRGB. The reported distances are those of the colours that it stands for.
        progress: called with (share done, what is being done); may raise to stop.
        start: as for ``fit_samples``.

    Raises:
        InputError: as for ``fit_samples``.
    """
    working = display_profile(icc)
    if working is None:
        return fit_samples(source, target, settings, progress=progress, start=start, icc=icc)
    there = in_profile(source, icc, working)
    fitted = fit_samples(
        there,
        in_profile(target, icc, working),
        replace(settings, pairs=()),
        progress=progress,
        start=start,
        appearance=profile_appearance(working),
    )
    wanted = fitted.fit_alone.apply(there.fit).clamp(0.0, 1.0)
    back = torch.from_numpy(to_profile(wanted.numpy(), working, icc))
    transform, notes = with_pairs(_to_pairs(source.fit, back, fitted, settings, icc), settings, source.fit)
    grade = Grade(transform, strength=settings.strength, notes=notes).trimmed(settings.trims, source.fit)
    before = color_distance(source.held_out, target.held_out, icc=icc)
    after = before if grade.leaves_alone else color_distance(grade.apply(source.held_out), target.held_out, icc=icc)
    assert fitted.report is not None
    report = replace(fitted.report, distance_before=before, distance_after=after, settings=settings)
    return replace(grade, report=report)


def _to_pairs(
    source: torch.Tensor, wanted: torch.Tensor, fitted: Grade, settings: MatchSettings, icc: bytes | None
) -> Cdl | Lut3D:
    """What takes colours to others of the same encoding, as a fitted grade does in another one."""
    if isinstance(fitted.transform, Cdl):
        cdl = fit_pairs(source, wanted, CDL)
        labs = [profile_to_lab(each.clamp(0.0, 1.0).numpy(), icc) for each in (cdl.apply(source), wanted)]
        if settings.transform == CDL or np.linalg.norm(labs[0] - labs[1], axis=1).mean() <= _CARRIES:
            return cdl
    return fit_pairs(source, wanted, LUT)
