"""The front door of the library: two pictures go in, a grade comes out."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.arrays import colors_in, weights_in
from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.matching.bend import with_pairs
from reswd_torch.matching.distance import color_distance
from reswd_torch.matching.report import MatchReport
from reswd_torch.matching.request import FitRequest
from reswd_torch.matching.same_scene import LEAST_POINTS, SameScene, find_same_scene
from reswd_torch.matching.sampling import PixelSample, palette_sample, sample_pixels
from reswd_torch.palette import parse_palette
from reswd_torch.precision import in_full_precision, no_autocast
from reswd_torch.profiles.appearance import profile_appearance
from reswd_torch.progress import OnProgress
from reswd_torch.settings import AUTO_TRANSFORM, SAME_SCENE, MatchSettings
from reswd_torch.threads import one_thread, side_by_side


def match(
    source: np.ndarray | Tensor,
    target: np.ndarray | Tensor | None = None,
    *,
    palette: str | None = None,
    source_weights: np.ndarray | Tensor | None = None,
    target_weights: np.ndarray | Tensor | None = None,
    settings: MatchSettings | None = None,
    progress: OnProgress | None = None,
    **options: Any,
) -> Grade:
    """Find the grade that gives ``source`` the colours of ``target``.

    Args:
        source: (H, W, 3) array or tensor of float16, bfloat16, float32 or float64, 0..1, sRGB-encoded (or in any encoding
            both share).
        target: the same for the picture whose colours are wanted; another size is fine.
        palette: hex colours with weights such as ``"#aabbcc:2,#112233"``, in place of ``target``.
        source_weights: (H, W), 0..1: how much each pixel counts (an alpha channel, a mask); 0 leaves it out.
        target_weights: the same for the target.
        settings: all settings in one record.
        progress: called with (share done, what is being done); may raise to stop.
        **options: settings by name, as :class:`~reswd_torch.settings.MatchSettings` has them; they replace those in
            ``settings``.

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
    if (target is None) == (palette is None):
        raise InputError("give either a target picture or a palette" + (", not both" if palette is not None else ""))
    source_sample, target_sample = side_by_side(
        lambda: _picture_sample(source, source_weights, "source", chosen),
        lambda: (
            _picture_sample(target, target_weights, "target", chosen)
            if palette is None
            else palette_sample(parse_palette(palette), chosen.samples)
        ),
    )
    return fit_samples(source_sample, target_sample, chosen, progress=progress, start=start)


def settings_with(settings: MatchSettings | None, options: dict[str, Any]) -> MatchSettings:
    """The settings, some of them replaced by name.

    Raises:
        InputError: a name that is not a setting, or a value that is not allowed.
    """
    base = settings or MatchSettings()
    unknown = sorted(set(options) - set(base.__dataclass_fields__))
    if unknown:
        raise InputError(f"unknown setting {unknown[0]!r}: choose from {', '.join(base.__dataclass_fields__)}")
    return replace(base, **options)


def _picture_sample(picture: object, weights: object, name: str, settings: MatchSettings) -> PixelSample:
    tensor = colors_in(picture, name)
    if tensor.ndim != 3:
        raise InputError(f"{name} has shape {tuple(tensor.shape)}: give one picture, (H, W, 3)")
    checked = None if weights is None else weights_in(weights, f"{name}_weights", tuple(tensor.shape[:2]))
    tensor = in_full_precision(tensor.detach()).resolve_neg()  # what NumPy, which thumbnails go through, can read
    return sample_pixels(tensor, settings.samples, settings.seed, checked, with_thumbnail=settings.looks_for_scene)
