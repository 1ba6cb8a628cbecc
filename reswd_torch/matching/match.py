"""The front door of the library: two pictures go in, a grade comes out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade.grade import Grade
from reswd_torch.matching.encodings import fit_encoded, in_profile
from reswd_torch.matching.samples import fit_samples
from reswd_torch.matching.sampling import palette_sample
from reswd_torch.matching.taken import Taken, take
from reswd_torch.palette import Palette, parse_palette
from reswd_torch.profiles import profile_name, to_profile
from reswd_torch.progress import OnProgress
from reswd_torch.settings import MatchSettings
from reswd_torch.threads import side_by_side

if TYPE_CHECKING:
    from PIL import Image


def match(
    source: np.ndarray | Tensor | Image.Image | str | PathLike[str],
    target: np.ndarray | Tensor | Image.Image | str | PathLike[str] | None = None,
    *,
    palette: str | Sequence[str] | None = None,
    source_weights: np.ndarray | Tensor | None = None,
    target_weights: np.ndarray | Tensor | None = None,
    layout: str | None = None,
    settings: MatchSettings | None = None,
    progress: OnProgress | None = None,
    **options: Any,
) -> Grade:
    """Find the grade that gives ``source`` the colours of ``target``.

    Args:
        source: a picture, held in any of these ways:

            - An array or tensor with three channels: (H, W, 3) or (3, H, W), of float16, bfloat16, float32 or float64 in 0..1, or
              of uint8 or uint16 over their whole range; sRGB-encoded (or in any encoding both share). A batch, (B, H, W, 3) or
              (B, 3, H, W), counts as one distribution.
            - A PIL picture of any mode but F. Its profile or tags say its encoding, its alpha how much pixels count.
            - The path of a file that Pillow reads, of 8 bits; PNG and TIFF with 16. Its EXIF says which way up it is.

            Of a PIL picture and of a path the grade is that which the command line finds for the file, in the source's own
            encoding, with two exceptions. Pillow keeps 8 of 16 bits of colour in pictures, though not behind paths. A large JPEG
            target is decoded smaller by its path, as by the command line, and not as a PIL picture.
        target: the same for the picture whose colours are wanted; another size and another kind are fine. It is converted from
            its own encoding to the source's. An array beside a PIL picture or a file counts as sRGB.
        palette: hex colours with weights such as ``"#aabbcc:2,#112233"``, in place of ``target``.
        source_weights: (H, W), 0..1: how much each pixel counts (an alpha channel, a mask); 0 leaves it out. Of a batch also
            (B, H, W).
        target_weights: the same for the target.
        layout: ``"HWC"``, ``"CHW"``, ``"BHWC"`` or ``"BCHW"``, what arrays and tensors are. None where their shapes say it. Three
            columns of three channels could be either: such tensors and integers are refused without it, float arrays have their
            colours last.
        settings: all settings in one record.
        progress: called with (share done, what is being done); may raise to stop.
        **options: settings by name, as :class:`~reswd_torch.settings.MatchSettings` has them; they replace those in
            ``settings``.

    Returns:
        A grade: ``grade.apply(source)`` is the matched picture, of the same kind; ``grade.report`` has the distances.

    Raises:
        InputError: arrays of a wrong shape, dtype or range, NaN, zero weights, unknown settings, neither or both of target and
            palette; a picture or file that cannot be read, is HDR, or has no visible pixel; a path without Pillow.

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
    wanted = None if palette is None else parse_palette(palette)
    mine, other = side_by_side(
        lambda: take(source, source_weights, "source", chosen, layout),
        lambda: None if wanted else take(target, target_weights, "target", chosen, layout, beside=source),
    )
    return fit_taken(mine, wanted if other is None else other, chosen, progress=progress, start=start)


def fit_taken(
    source: Taken,
    target: Taken | Palette | None,
    settings: MatchSettings,
    *,
    progress: OnProgress | None = None,
    start: float | None = None,
) -> Grade:
    """Do what :func:`match` does, for pictures that were sampled already.

    Args:
        source: whose colours change.
        target: the colours that are wanted, in any encoding, or a palette in sRGB.
        settings: what to fit.
        progress: called with (share done, what is being done); may raise to stop.
        start: as for :func:`reswd_torch.matching.fit_samples`.
    """
    assert target is not None, "match refuses a call with neither"
    if isinstance(target, Palette):
        wanted = palette_sample(_in_encoding(target, source.icc), settings.samples)
    else:
        wanted = in_profile(target.sample, target.icc, source.icc)
    if not source.tagged:
        return fit_samples(source.sample, wanted, settings, progress=progress, start=start)
    grade = fit_encoded(source.sample, wanted, settings, source.icc, progress, start=start)
    return replace(grade, encoding=profile_name(source.icc))


def _in_encoding(palette: Palette, icc: bytes | None) -> Palette:
    """A palette of sRGB in another encoding."""
    if icc is None:
        return palette
    colors = to_profile(np.array(palette.colors, dtype=np.float32), None, icc)
    return Palette(tuple((float(r), float(g), float(b)) for r, g, b in colors), palette.weights)


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
