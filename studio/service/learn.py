"""Learning a camera or a lab from files: the pairs, the chart, and the grade that is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import cdl_suffixes, format_for, in_words, lattice_suffixes
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.learning import AUTO, MODELS, PairColours, check_model
from reswd_torch.learning.chart import Patches, chart_colours, find_chart, published_chart
from reswd_torch.learning.choice import Learned, learn
from reswd_torch.learning.pictures import aligned_colours, measure_shift, small
from reswd_torch.profiles import profile_name, to_profile
from studio.media.images import READABLE_SUFFIXES, Picture, read_picture
from studio.media.places import check_place, written_together
from studio.service.batch.natural import natural_key
from studio.watch import Watch

COLOURS = 2048
"""About how many colours all pairs together have: a fit takes as long as it has colours, and more of them say little more."""
_LEAST_OF_A_PAIR = 64
_FOLDS = 5
_SHOWN = 5
"""Names that a message lists."""


@dataclass(frozen=True)
class LearnJob:
    """What to learn from.

    Attributes:
        before: a picture or a folder of pictures.
        after: the same, as it should become; None for the published values of a chart.
        output: the grade file.
        model: of ``reswd_torch.learning.MODELS``, or ``"auto"``.
        chart: whether the pictures show a ColorChecker with 24 patches, which need not lie at the same spot in both.
        cube_size: lattice points along one axis of the file.
        overwrite: whether the file may be replaced.
    """

    before: Path
    after: Path | None
    output: Path
    model: str = AUTO
    chart: bool = False
    cube_size: int = 33
    overwrite: bool = False


@dataclass(frozen=True, eq=False)
class LearnResult:
    """What came of it.

    Attributes:
        job: what was asked for.
        learned: the grade and the figures.
        learned_from: such as ``12 pairs``.
        notes: what was assumed or left out.
    """

    job: LearnJob
    learned: Learned
    learned_from: str
    notes: tuple[str, ...]

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        learned = self.learned
        return {
            "model": learned.model,
            "learned_from": self.learned_from,
            "colours": learned.colours,
            "folds": learned.folds,
            "before": learned.before,
            "candidates": [asdict(one) for one in learned.scores],
            "encoding": learned.grade.encoding,
            "grade": {name: value for name, value in learned.grade.to_record().items() if name != "values"},
            "notes": list(self.notes),
            "written": {"grade": str(self.job.output)},
        }


@dataclass(frozen=True, eq=False)
class _Read:
    """What the files say: colours in the encoding of the pictures before."""

    colours: list[PairColours]
    icc: bytes | None
    learned_from: str
    notes: list[str]


def run_learn(job: LearnJob, watch: Watch | None = None) -> LearnResult:
    """Learn a grade and write it.

    Args:
        job: what to learn from.
        watch: told how far it is; may stop it.

    Raises:
        InputError: no pairs, pictures of different size, pictures that are not aligned, no chart found, too few colours, or a
            place or a kind of file that cannot be written.
    """
    watch = watch or Watch()
    _check_model_and_file(job)
    read = _read_charts(job) if job.chart else _read_pairs(job, watch)
    learned = learn(
        read.colours,
        job.model,
        icc=read.icc,
        size=job.cube_size,
        progress=lambda share, what: watch(0.3 + 0.7 * share, what),
    )
    if not learned.grade.is_cdl and _holds_ten_numbers_only(job.output):
        ten = next((f" against {one.mean:.2f}" for one in learned.scores if one.model == "cdl"), "")
        raise InputError(
            f"{job.output}: the choice is {MODELS[learned.model]} (dE2000 {learned.score.mean:.2f}{ten} with ten CDL numbers), "
            f"which {in_words(cdl_suffixes())} cannot hold: save it as {in_words(lattice_suffixes())}, or insist on model cdl"
        )
    result = LearnResult(job, learned, read.learned_from, tuple(read.notes))
    description = f"ReSWD Studio: learned from {read.learned_from}: {learned.describe()}"
    with written_together(overwrite=job.overwrite):
        learned.grade.save(job.output, cube_size=job.cube_size, description=description)
    return result


def _check_model_and_file(job: LearnJob) -> None:
    """Refuse, before any work, what could not be done in the end."""
    check_model(job.model)
    check_grade_path(job.output, is_cdl=True, cube_size=job.cube_size)
    if job.model not in (AUTO, "cdl") and _holds_ten_numbers_only(job.output):
        raise InputError(
            f"{job.output}: model {job.model} is a LUT and ten CDL numbers cannot hold it: "
            f"save it as {in_words(lattice_suffixes())}, or choose model cdl"
        )
    for path in (job.before, job.after):
        if path is not None and not path.exists():
            raise InputError(f"{path}: no such file or folder; give pictures before and after")
    check_place(job.output, inputs=[one for one in (job.before, job.after) if one], overwrite=job.overwrite)


def _holds_ten_numbers_only(path: Path) -> bool:
    found = format_for(path)
    return found is not None and not found.holds_lattice


def _read_charts(job: LearnJob) -> _Read:
    """The patches of one chart in two pictures, or in one and as they were published."""
    folder = next((one for one in (job.before, job.after) if one is not None and one.is_dir()), None)
    if folder is not None:
        raise InputError(f"{folder}: this is a folder; of a chart give one picture before and one after")
    picture = read_picture(job.before)
    before = _chart_in(picture)
    notes = _notes_of(picture)
    if job.after is None:
        after, learned_from = published_chart(picture.icc), "a chart and its published values"
    else:
        other = read_picture(job.after)
        found = _chart_in(other)
        converted = to_profile(found.colours, other.icc, picture.icc)
        outside = ((converted <= 0.0) | (converted >= 1.0)).any(axis=1)
        after, learned_from = Patches(converted, found.clipped | outside), "a chart in two pictures"
        notes += _notes_of(other)
    left_out = int((before.clipped | after.clipped).sum())
    if left_out:
        notes.append(f"of 24 patches {left_out} do not count: clipped, or outside {profile_name(picture.icc)}")
    return _Read([chart_colours(before, after)], picture.icc, learned_from, notes)


def _chart_in(picture: Picture) -> Patches:
    found = find_chart(picture.in_range, picture.icc)
    if found is None:
        raise InputError(
            f"{picture.path}: no ColorChecker with 24 patches found; give a picture in which it is whole, sharp and not small"
        )
    return found


def _read_pairs(job: LearnJob, watch: Watch) -> _Read:
    """The colours of aligned pictures. One pair of many that cannot be used is left out with a note."""
    pairs, notes = _pairs_of(job)
    count = max(_LEAST_OF_A_PAIR, COLOURS // len(pairs))
    colours: list[PairColours] = []
    encoded_as: Picture | None = None
    refused: list[InputError] = []
    for number, (first, second) in enumerate(pairs):
        watch(0.3 * number / len(pairs), f"reading {first.name}")
        check_place(job.output, inputs=(first, second), overwrite=True)
        try:
            before, after = read_picture(first), read_picture(second)
            found, said = _colours_of(before, after, count)
        except InputError as error:
            if len(pairs) == 1:
                raise
            refused.append(error)
            notes.append(f"left out: {error}")
            continue
        if encoded_as is not None and not _same_encoding(encoded_as.icc, before.icc):
            raise InputError(
                f"{before.path}: its colours are {profile_name(before.icc)}, those of {encoded_as.path.name} are "
                f"{profile_name(encoded_as.icc)}: a grade has one encoding; convert the pictures before to one"
            )
        encoded_as = encoded_as or before
        notes += [one for one in (*said, *_notes_of(before), *_notes_of(after)) if one not in notes]
        colours.append(found)
    if encoded_as is None:
        raise InputError(f"none of {len(pairs)} pairs can be used; the first: {refused[0]}")
    learned_from = "one pair" if len(colours) == 1 else f"{len(colours)} pairs"
    return _Read(_held_out_as_wholes(colours), encoded_as.icc, learned_from, notes)


def _held_out_as_wholes(colours: list[PairColours]) -> list[PairColours]:
    """Pairs as parts: within a pair colours are alike, and what one says about another is what a person wants to know.

    Neighbours in a folder are often shots of one scene, so they are held out together. A pair alone keeps its own parts.
    """
    folds = min(_FOLDS, len(colours))
    if folds == 1:
        return colours
    return [
        replace(one, parts=np.full(len(one.parts), number * folds // len(colours)))
        for number, one in enumerate(colours)
    ]


def _pairs_of(job: LearnJob) -> tuple[list[tuple[Path, Path]], list[str]]:
    """The pairs by equal names, in the order of their names, and notes on pictures without a partner."""
    before, after = job.before, job.after
    if after is None:
        raise InputError(
            "nothing to learn from: give pictures as they should become; only of a chart the published values can stand for them"
        )
    if before.is_dir() != after.is_dir():
        raise InputError(f"{before} and {after}: one is a folder and one is not; give two folders or two pictures")
    if not before.is_dir():
        return [(before, after)], []
    firsts, seconds = _by_stem(before), _by_stem(after)
    both = sorted(firsts.keys() & seconds.keys(), key=natural_key)
    lonely = [path for one, other in ((firsts, seconds), (seconds, firsts)) for path in _lonely(one, other)]
    names = ", ".join(str(path) for path in lonely[:_SHOWN])
    more = f" and {len(lonely) - _SHOWN} more" if len(lonely) > _SHOWN else ""
    if not both:
        had = f"; without a partner: {names}{more}" if lonely else "; there are no pictures in them"
        raise InputError(
            f"{before} and {after}: no pairs found, which are pictures with the same name before the suffix{had}"
        )
    notes = [f"without a partner: {names}{more}"] if lonely else []
    return [(firsts[stem], seconds[stem]) for stem in both], notes


def _lonely(one: dict[str, Path], other: dict[str, Path]) -> Iterator[Path]:
    yield from (one[stem] for stem in sorted(one.keys() - other.keys(), key=natural_key))


def _by_stem(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their names without the suffix.

    Raises:
        InputError: two have the same, or the folder cannot be read.
    """
    found: dict[str, Path] = {}
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be read ({error.strerror}): change its permissions") from error
    for path in entries:
        if path.name.startswith(".") or path.suffix.lower() not in READABLE_SUFFIXES or not path.is_file():
            continue
        other = found.setdefault(path.stem, path)
        if other is not path:
            raise InputError(f"{folder}: {other.name} and {path.name} have one name; keep one of them in the folder")
    return found


def _colours_of(before: Picture, after: Picture, count: int) -> tuple[PairColours, list[str]]:
    """The colours of one aligned pair in the encoding of the first, and notes."""
    if (before.height, before.width) != (after.height, after.width):
        sizes = " and ".join(f"{one.width} x {one.height}" for one in (before, after))
        raise InputError(
            f"{before.path} and {after.path}: different sizes, {sizes} pixels; give pictures of the same frame and size"
        )
    first, second = small(before.in_range, before.opacity), small(after.in_range, after.opacity)
    second = replace(second, pixels=to_profile(second.pixels, after.icc, before.icc))
    shift = measure_shift(first, second)
    if shift is not None and not shift.is_aligned:
        raise InputError(
            f"{after.path}: not aligned with {before.path}, shifted by {shift.in_words()}; align the pictures and try again"
        )
    notes = [] if shift else [f"{before.path.name}: whether the pictures are aligned cannot be told from them"]
    return aligned_colours(first, second, count), notes


def _same_encoding(one: bytes | None, other: bytes | None) -> bool:
    probe = np.zeros((1, 3), np.float32)
    return to_profile(probe, one, other) is probe


def _notes_of(picture: Picture) -> list[str]:
    return [f"{picture.path.name}: {note}" for note in picture.notes]
