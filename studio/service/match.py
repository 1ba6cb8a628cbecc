"""One match of a picture: read, sample, fit; then the result saves itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.trims import Trims
from reswd_torch.matching import MatchReport, PixelSample, color_distance
from reswd_torch.matching.encodings import fit_encoded
from reswd_torch.settings import DIFFERENT_SCENE, SAME_SCENE, MatchSettings
from studio.jobs import MatchJob
from studio.media.images import AS_IT_IS, Picture, WrittenAs, profile_name, read_picture, write_picture
from studio.media.images.exact import to_depth
from studio.media.images.refuse import file_hash
from studio.records.match import settings_text
from studio.service.clip_colours import most_alike
from studio.service.hdr import hdr_in_words, in_own_space
from studio.service.reference import ReferenceSamples
from studio.service.source import ReadSource, read_source
from studio.service.spaces.fit import alike_between, distance_by, fit_between
from studio.service.spaces.grade_files import save_grade_between
from studio.service.spaces.render import render_picture
from studio.service.spaces.said import as_written, notes_on, notes_on_range
from studio.service.weights import where_to_grade
from studio.watch import UNWATCHED, Watch

CARRIED_BYTES = 2_000_000
"""A mask file up to this size travels inside the settings."""


@dataclass(frozen=True, eq=False)
class MatchResult:
    """A finished match; the full picture is graded when it is asked for.

    Attributes:
        job: what was asked.
        picture: the source as read.
        grade: the fitted or loaded grade, at the strength of the settings, with their trims.
        weights: (H, W) float32 where the source counts and changes, or None for everywhere.
        source_sample: source colours, in the source's encoding.
        target_sample: reference colours in the source's encoding; None with a saved grade. Between colour spaces they are as a
            display shows them.
        notes: what was assumed, for the person to read.
        hashes: SHA-256 of every input file, by role.
        masks: the bytes of the masks, by role, where they are small: one painted in the browser is nowhere else.
    """

    job: MatchJob
    picture: Picture
    grade: Grade
    weights: np.ndarray | None
    source_sample: PixelSample
    target_sample: PixelSample | None
    notes: tuple[str, ...]
    hashes: dict[str, str]
    masks: dict[str, bytes]

    @property
    def report(self) -> MatchReport | None:
        """Figures of the fit; None for a saved grade."""
        return self.grade.report

    @property
    def encoding(self) -> str:
        """The colour encoding of the source, which the grade belongs to unless there are colour spaces."""
        return profile_name(self.picture.icc) if self.job.spaces is None else self.job.spaces.source

    @property
    def distance_before(self) -> float | None:
        """Sliced Wasserstein distance from the source to the reference, Lab units; None with a saved grade."""
        return None if self.report is None else self.report.distance_before

    @property
    def trims(self) -> Trims:
        """What is done behind the fit."""
        return self.grade.trims

    def distance_at(self, strength: float) -> float | None:
        """The same from the source graded at ``strength``, with the same trims; nothing is fitted again."""
        return self._distance_by(self.grade.at_strength(strength, self.source_sample.fit))

    def at_strength(self, strength: float) -> MatchResult:
        """The same fit at another strength, with the same trims."""
        settings = replace(self.job.settings, strength=strength)
        return self._regraded(self.grade.at_strength(strength, self.source_sample.fit), settings)

    def trimmed(self, trims: Trims) -> MatchResult:
        """The same fit at the same strength, with other trims."""
        settings = replace(self.job.settings, trims=trims)
        return self._regraded(self.grade.trimmed(trims, self.source_sample.fit), settings)

    def _distance_by(self, grade: Grade) -> float | None:
        """The distance from the source under a grade to the reference; None with a saved grade."""
        if self.target_sample is None:
            return None
        if self.job.spaces is not None:
            return distance_by(grade, self.source_sample, self.target_sample, self.job.spaces)
        graded = grade.apply(self.source_sample.held_out)
        return color_distance(graded, self.target_sample.held_out, icc=self.picture.icc)

    def _regraded(self, grade: Grade, settings: MatchSettings) -> MatchResult:
        """The same pictures under another grade of the same fit."""
        after = self._distance_by(grade)
        if grade.report is not None and after is not None:
            grade = replace(grade, report=replace(grade.report, distance_after=after, settings=settings))
        return replace(self, job=replace(self.job, settings=settings), grade=grade)

    def refitted(self, method: str, watch: Watch = UNWATCHED, *, transform: str | None = None) -> MatchResult:
        """The same pictures matched by another method: nothing is read again.

        Args:
            method: the other one.
            watch: told what is being done; may stop it.
            transform: another kind of grade as well; None for the one that the settings have.

        Raises:
            InputError: an unknown method, or a result of a saved grade, which has nothing to fit to.
            Cancelled: it was stopped.
        """
        if self.target_sample is None:
            raise InputError("a saved grade has no reference; choose a picture or a palette to compare methods")
        job = self.job.by_method(method)
        if transform is not None:
            job = replace(job, settings=replace(job.settings, transform=transform))
        fitted = _fit(job, self.source_sample, self.target_sample, self.picture.icc, watch)
        return replace(self, job=job, grade=replace(fitted, encoding=self.grade.encoding))

    def graded_pixels(self) -> np.ndarray:
        """The whole picture graded, (H, W, 3), in the source's depth."""
        return render_picture(self.picture, self.grade, self.job.spaces, self.weights)

    def save_picture(self, path: Path, *, overwrite: bool = False) -> Path:
        """Grade the whole picture and write it in the format of the suffix, with everything the source carried."""
        return write_picture(path, as_written(self.picture, self.job.spaces), self.graded_pixels(), overwrite=overwrite)

    def save_grade(self, path: Path, *, cube_size: int = 33) -> Path:
        """Save the grade in the format of the suffix; between colour spaces as :func:`save_grade_between` does."""
        if self.job.spaces is not None:
            told = self.description()
            return save_grade_between(self.grade, path, self.job.spaces, cube_size=cube_size, description=told)
        return self.grade.save(path, cube_size=cube_size, description=self.description())

    def settings_text(self, *, names_only: bool = False) -> str:
        """The settings as JSON: enough to run the match again to the same bytes, and to apply its grade elsewhere.

        Args:
            names_only: leave the folders of the inputs out: see :func:`studio.records.match.settings_text`.
        """
        return settings_text(
            self.job, self.grade, self.hashes, self.masks, encoding=self.encoding, names_only=names_only
        )

    def description(self) -> str:
        """One line for grade files: what was matched to what, and how."""
        return self.job.description()


def save_and_release(
    result: MatchResult, path: Path, *, overwrite: bool = False, wanted: WrittenAs = AS_IT_IS
) -> MatchResult:
    """Write the graded picture as :meth:`MatchResult.save_picture` does, in the memory of the source's own pixels.

    A frame of 100 megapixels is then held once and not three times: it is graded in place, and its memory goes as the encoder
    takes its own.

    Args:
        result: nobody may use it afterwards, whatever comes of this: its pixels are overwritten and given away.
        path: where the picture goes.
        overwrite: replace a file that exists.
        wanted: another depth or quality than follows from the source.

    Returns:
        The same result without pixels, for everything that is still to be said about it.
    """
    picture, weights = result.picture, result.weights
    if (
        wanted.bits == 16 and not picture.of_floats
    ):  # filled up after the grade there would be as few steps as in the source
        picture = replace(picture, pixels=to_depth(picture.pixels, np.uint16))
    graded = render_picture(picture, result.grade, result.job.spaces, weights, in_place=True)
    write_picture(path, as_written(picture, result.job.spaces), graded, overwrite=overwrite, last=True, wanted=wanted)
    empty = np.empty((0, 0, 3), result.picture.pixels.dtype)
    return replace(result, picture=replace(picture, pixels=empty, whole=picture.full_size), weights=None)


def whole_again(result: MatchResult) -> MatchResult:
    """A result whose picture was made smaller, with the picture at its full size: read from its file anew.

    Raises:
        InputError: the file is no longer there, or no longer a picture.
    """
    picture = read_picture(result.job.source, hdr=True)
    return replace(result, picture=picture, weights=where_to_grade(picture, result.job.mask, result.job.mask_colors))


def run_match(
    job: MatchJob,
    watch: Watch = UNWATCHED,
    reference: ReferenceSamples | None = None,
    source: ReadSource | None = None,
) -> MatchResult:
    """Read, sample, fit. Writes nothing.

    Args:
        job: what to match to what.
        watch: told what is being done; may stop it.
        reference: the job's reference, where it was sampled for another picture already.
        source: the job's source, where it was read already.

    Raises:
        InputError: an input that cannot be used.
        Cancelled: it was stopped.
    """
    watch(0.0, "reading the source")
    read = source or read_source(job)
    picture, weights, sample, hashes, settings = (
        read.picture,
        read.weights,
        read.sample,
        dict(read.hashes),
        job.settings,
    )
    job, implied = in_own_space(job, picture.container.hdr, hdr_in_words(picture))
    as_written(picture, job.spaces)  # which may refuse, before any work
    if (config := job.files.get("config")) is not None:
        hashes["config"] = file_hash(config)
    notes = [*implied, *(f"{job.source.name}: {note}" for note in notes_on(picture, job.spaces))]

    def told(grade: Grade) -> list[str]:
        return [f"{job.source.name}: {note}" for note in notes_on_range(picture, grade, job.spaces)]

    if job.saved_grade is not None:
        grade = job.saved_grade.for_settings(settings, sample.fit)
        job = replace(job, settings=replace(settings, trims=grade.trims))
        return MatchResult(
            job, picture, grade, weights, sample, None, (*notes, *told(grade), *grade.notes), hashes, _small_masks(job)
        )
    watch(0.2, "reading the reference")
    reference = reference or ReferenceSamples(job.reference, settings)
    target, target_notes = wanted_colours(job, reference, picture)
    sample, target = most_alike(sample, target) if job.spaces is None else alike_between(sample, target, job.spaces)
    hashes |= reference.hashes
    grade = _fit(job, sample, target, picture.icc, watch.part(0.3, 0.9))
    watch(0.9, "grading")
    notes = [*notes, *told(grade), *target_notes, *grade.notes]
    return MatchResult(job, picture, grade, weights, sample, target, tuple(notes), hashes, _small_masks(job))


def wanted_colours(job: MatchJob, reference: ReferenceSamples, picture: Picture) -> tuple[PixelSample, tuple[str, ...]]:
    """The reference's colours as the fit compares them with the source's: see :attr:`MatchResult.target_sample`.

    Raises:
        InputError: the reference or its mask cannot be read.
    """
    if job.spaces is None:
        return reference.for_picture(picture)
    return reference.between(picture, job.spaces)


def _fit(job: MatchJob, source: PixelSample, target: PixelSample, icc: bytes | None, watch: Watch) -> Grade:
    """The grade of a job, with the name of the encoding that it belongs to."""
    if job.spaces is not None:
        return fit_between(source, target, job.settings, job.spaces, watch)
    return replace(fit_encoded(source, target, job.settings, icc, watch), encoding=profile_name(icc))


def _small_masks(job: MatchJob) -> dict[str, bytes]:
    """The bytes of masks that are small enough to travel in the settings, by role."""
    masks = {role: path for role, path in job.files.items() if role in ("mask", "target_mask")}
    return {role: path.read_bytes() for role, path in masks.items() if path.stat().st_size <= CARRIED_BYTES}


@dataclass(frozen=True)
class SceneFacts:
    """What a match found that source and reference have in common, for programs.

    Attributes:
        scene: ``"same"`` or ``"different"``, what the two were taken for; None where nobody looked.
        points: how many points were found in both; None where a saved grade was applied.
        trust: 0..1, how far the grade follows them and what both show; None where a saved grade was applied.
    """

    scene: str | None = None
    points: int | None = None
    trust: float | None = None


def scene_facts(job: MatchJob, report: MatchReport | None) -> SceneFacts:
    """What was found, from the figures of a fit; ``report`` is None where a saved grade was applied."""
    if report is None:
        return SceneFacts()
    scene = (SAME_SCENE if report.points else DIFFERENT_SCENE) if job.looks_for_scene else None
    return SceneFacts(scene, report.points, report.trust)


@dataclass(frozen=True)
class TakenFacts:
    """What a grade takes of its reference, and what it is made of, for programs.

    Attributes:
        aim: what was to be taken, should the two show different things: ``"look"``, ``"mood"`` or ``"colours"``; None where a
            saved grade was applied.
        took: what the grade follows: ``"scene"`` where both show one, else the aim; None where a saved grade was applied.
        kept: what held the grade back from the reference, of ``"blacks"``, ``"greys"``, ``"skin"`` and ``"highlights"``.
        transform: what the grade is made of: ``"cdl"``, ten numbers, or ``"lut"``.
    """

    aim: str | None
    took: str | None
    kept: tuple[str, ...]
    transform: str


def taken_facts(job: MatchJob, grade: Grade) -> TakenFacts:
    """What was taken, from a finished grade: a fit's has its report with it, a saved one has none."""
    transform, report = kind_of(grade), grade.report
    if report is None:
        return TakenFacts(None, None, (), transform)
    return TakenFacts(job.aim, report.took, report.kept, transform)


def kind_of(grade: Grade) -> str:
    """What a grade is made of: ``"cdl"``, ten numbers, or ``"lut"``."""
    return grade.kind
