"""One grade for a whole series: fitted once, on colours of all its pictures.

Every picture gives a few colours, in the encoding of its file. The grade is fitted in the encoding that most pictures have.
Where a series mixes encodings (sRGB and Display P3, say), each other one gets the grade that does the same to the pool: the look
is one although the numbers differ. Where a colour space was said, all of them are in that one, whatever their files say.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.grade.formats import series_suffixes
from reswd_torch.matching import PixelSample, fit_pairs, pool_samples, sample_pixels
from reswd_torch.matching.bend import colors_of, reaching
from reswd_torch.matching.encodings import fit_encoded
from reswd_torch.profiles import is_usable
from reswd_torch.settings import CDL, LUT, MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.media.images import Picture, profile_name, read_picture, read_reduced, to_profile
from studio.records.batch import RunRecord, SeriesGrade
from studio.references import PictureReference, Reference, choose_reference
from studio.remedies import JobRemedy
from studio.service.batch.plan import pictures_in
from studio.service.reference import ReferenceSamples
from studio.service.spaces.fit import fit_between
from studio.service.spaces.grade_files import save_grade_between
from studio.service.spaces.said import as_written
from studio.service.weights import how_much_counts, where_to_grade

SRGB = "sRGB"
_EDGE = 512  # a picture of a series is decoded at least this large for its share of the pool
HDR_SERIES = "give its source space, such as rec2100_pq_display, for all of the series"
_POINTS = 33  # along one axis of the .cube of a series
_LEAST = 8  # colours that each picture gives, however many there are


@dataclass(frozen=True, eq=False)
class Share:
    """The colours that one picture gives to the pool.

    Attributes:
        fit: (N, 3) float32 in the picture's own encoding.
        held_out: (M, 3) float32, other pixels.
        key: that encoding.
        icc: its profile; None for sRGB.
    """

    fit: np.ndarray
    held_out: np.ndarray
    key: str
    icc: bytes | None


def encoding_key(icc: bytes | None) -> str:
    """What tells colour encodings apart: ``"sRGB"`` for untagged pictures and sRGB, else the hash of the profile."""
    if icc is None or not is_usable(icc) or profile_name(icc) == SRGB:
        return SRGB
    return hashlib.sha256(icc).hexdigest()


def colours_each(pictures: int, settings: MatchSettings) -> int:
    """How many colours each of so many pictures gives: the pool holds twice what is fitted, or ``_LEAST`` from each."""
    return max(_LEAST, -(-2 * settings.samples // pictures))


def share_of(source: Path, mask: Path | None, count: int, seed: int, spaces: SpaceChoice | None = None) -> Share:
    """Read a picture, as small as its format allows, and take its colours.

    Raises:
        InputError: it cannot be read, or cannot be written in the space of the result.
    """
    picture = read_reduced(source, at_least=_EDGE, hdr=True) if mask is None else read_picture(source, hdr=True)
    if spaces is None and picture.container.hdr is not None:
        raise InputError(f"{source}: it is HDR, and a series has one space: {HDR_SERIES}")
    counts = how_much_counts(picture, where_to_grade(picture, mask))
    if spaces is not None:
        as_written(picture, spaces)  # which may refuse, before any is graded
    sample = sample_pixels(picture.in_range if spaces is None else picture.unclamped, count, seed, counts)
    key = encoding_key(picture.icc) if spaces is None else spaces.source
    held_out = sample.held_out[:: max(1, len(sample.held_out) // count)][:count]
    icc = None if key == SRGB or spaces is not None else picture.icc
    return Share(sample.fit.numpy(), held_out.numpy(), key, icc)


def fit_series(
    shares: Iterable[Share],
    references: list[ReferenceSamples],
    settings: MatchSettings,
    spaces: SpaceChoice | None = None,
) -> tuple[SeriesGrade, ...]:
    """Fit one grade for each encoding among the shares.

    Args:
        shares: of all pictures, in the order of their names, which is all that the result depends on.
        references: what the series should look like; several count alike.
        settings: how to match.
        spaces: what the colours of all pictures stand for; None where their files say it.

    Raises:
        InputError: no shares, or a reference that cannot be read.
    """
    pool = list(shares)
    if not pool:
        raise InputError("none of the pictures could be read: there is nothing to fit the grade of the series to")
    if spaces is not None:
        source = _pooled(pool, None, settings)
        target = _together([one.between(None, spaces)[0] for one in references], settings)
        return (SeriesGrade(spaces.source, fit_between(source, target, settings, spaces), target.held_out),)
    profiles = {share.key: share.icc for share in pool}
    main = Counter(share.key for share in pool).most_common(1)[0][0]  # of equals the first
    icc = profiles.pop(main)
    source = _pooled(pool, icc, settings)
    target = _target(references, icc, settings)
    grade = replace(fit_encoded(source, target, settings, icc), encoding=_name(icc))
    first = SeriesGrade(main, grade, target.held_out)
    others = (_translated(key, other, pool, grade, icc, references, settings) for key, other in profiles.items())
    return (first, *others)


def _translated(
    key: str,
    icc: bytes | None,
    pool: list[Share],
    grade: Grade,
    grade_icc: bytes | None,
    references: list[ReferenceSamples],
    settings: MatchSettings,
) -> SeriesGrade:
    """The grade that does in one encoding what another grade does in its own."""
    source = _pooled(pool, icc, settings).fit
    there = torch.tensor(to_profile(source.numpy(), icc, grade_icc))
    wanted = grade.fit_alone.apply(there)
    back = torch.tensor(to_profile(wanted.numpy(), grade_icc, icc))
    transform = fit_pairs(source, back, CDL if isinstance(grade.transform, Cdl) else LUT)  # of the same kind
    if settings.pairs:
        pairs = (torch.tensor(to_profile(each.numpy(), grade_icc, icc)) for each in colors_of(settings.pairs))
        transform = reaching(transform, settings, source, *pairs)
    here = Grade(transform, strength=grade.strength, encoding=_name(icc)).trimmed(grade.trims, source)
    return SeriesGrade(key, here, _target(references, icc, settings).held_out)


def _pooled(pool: list[Share], icc: bytes | None, settings: MatchSettings) -> PixelSample:
    parts = [PixelSample(_in(share.fit, share.icc, icc), _in(share.held_out, share.icc, icc)) for share in pool]
    return pool_samples(parts, settings.samples, settings.seed)


def _target(references: list[ReferenceSamples], icc: bytes | None, settings: MatchSettings) -> PixelSample:
    return _together([one.in_encoding(icc)[0] for one in references], settings)


def _together(parts: list[PixelSample], settings: MatchSettings) -> PixelSample:
    """One sample for all references."""
    pooled = pool_samples(parts, settings.samples, settings.seed)
    return replace(pooled, of_picture=all(part.of_picture for part in parts))


def _name(icc: bytes | None) -> str:
    return SRGB if icc is None else profile_name(icc)


def _in(colors: np.ndarray, icc: bytes | None, wanted: bytes | None) -> torch.Tensor:
    return torch.tensor(colors if icc == wanted else to_profile(colors, icc, wanted))


def saved_series(grade: Grade, settings: MatchSettings) -> tuple[SeriesGrade, ...]:
    """A saved grade as the grade of a series, for pictures of any encoding."""
    return (SeriesGrade("any", grade.for_settings(settings), None),)


def grade_for(picture: Picture, series: tuple[SeriesGrade, ...], spaces: SpaceChoice | None = None) -> SeriesGrade:
    """The grade of a series for one picture; in a colour space there is one for all.

    Raises:
        InputError: an encoding that no picture had when the grade was fitted.
    """
    if spaces is not None:
        return series[0]
    if picture.container.hdr is not None:
        raise InputError(f"{picture.path}: it is HDR, and the series is not: {HDR_SERIES}")
    key = encoding_key(picture.icc)
    for one in series:
        if one.key in (key, "any"):
            return one
    raise InputError(
        f"{picture.path}: its colour profile ({profile_name(picture.icc)}) was not in the series when the grade was fitted",
        JobRemedy.RUN_ANEW,
    )


def references_of(record: RunRecord) -> list[ReferenceSamples]:
    """What a series should look like: a palette, a picture, or all pictures of a folder."""
    settings = record.settings
    if record.reference is not None and Path(record.reference.path).is_dir():
        found = pictures_in(Path(record.reference.path))
        return [ReferenceSamples(PictureReference(path), settings) for path in found]
    return [ReferenceSamples(reference_of(record), settings)]


def reference_of(record: RunRecord, own: Path | None = None) -> Reference:
    """The reference of a run for one picture: ``own`` where the picture has one of its own, else the run's."""
    file = own or (None if record.reference is None else Path(record.reference.path))
    mask = None if record.target_mask is None else Path(record.target_mask.path)
    return choose_reference(file=file, mask=mask, at=record.at, palette=record.palette)


def series_files(folder: Path, record: RunRecord) -> dict[Path, SeriesGrade]:
    """Where the grades of a series are saved for other programs: series.cube, and series.cc where ten numbers hold it."""
    files: dict[Path, SeriesGrade] = {}
    for one in record.series:
        if one.target is None:  # a saved grade: it is a file already
            continue
        stem = "series" if one is record.series[0] else f"series {_plain(one.grade.encoding)}"
        suffixes = series_suffixes(is_cdl=one.grade.is_cdl)
        files |= {folder / f"{stem}{suffix}": one for suffix in suffixes}
    return files


def save_series(folder: Path, record: RunRecord) -> None:
    """Write :func:`series_files`. Raises InputError where they cannot be written."""
    reference = record.palette or (Path(record.reference.path).name if record.reference else "")
    said = f"ReSWD Studio: {Path(record.source).name} as one series matched to {reference}"
    for place, one in series_files(folder, record).items():
        if record.spaces is None:
            one.grade.save(place, description=said)
        else:
            save_grade_between(one.grade, place, record.spaces, cube_size=_POINTS, description=said)


def _plain(name: str) -> str:
    return re.sub(r"[^\w .-]+", "_", name).strip() or "other"
