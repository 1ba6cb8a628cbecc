"""One match from files to files: what the command line, the browser and the batch all run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, color_distance, fit_samples, sample_pixels
from reswd_torch.matching.methods import method_named
from reswd_torch.matching.report import MatchReport
from reswd_torch.progress import OnProgress
from reswd_torch.settings import AUTO_SCENE, MatchSettings
from studio.media.images import Picture, profile_name, read_picture, write_picture
from studio.media.images.refuse import file_hash
from studio.service.reference import ReferenceSamples
from studio.service.render import render
from studio.service.weights import how_much_counts, where_to_grade

CARRIED_BYTES = 2_000_000
"""A mask file up to this size travels inside the settings."""


@dataclass(frozen=True)
class MatchJob:
    """What to match to what.

    Attributes:
        source: the picture to grade.
        target: the picture whose colours are wanted, or None with a palette or a saved grade.
        palette: hex colours with weights, in place of a target.
        grade: a saved grade, in place of both; nothing is fitted.
        settings: how to match.
        mask: white where the source counts and changes; the size of the source.
        target_mask: white where the target counts; the size of the target.
    """

    source: Path
    target: Path | None = None
    palette: str | None = None
    grade: Grade | None = None
    settings: MatchSettings = field(default_factory=MatchSettings)
    mask: Path | None = None
    target_mask: Path | None = None

    def __post_init__(self) -> None:
        given = [self.target is not None, self.palette is not None, self.grade is not None]
        if sum(given) == 0:
            raise InputError(
                "no reference: give a target picture or a palette of hex colours (a saved grade is applied with reswd apply)"
            )
        if sum(given) > 1:
            raise InputError("more than one reference: give a target picture, or a palette, or a saved grade")
        if self.target_mask is not None and self.target is None:
            raise InputError(f"{self.target_mask}: a target mask needs a target picture")

    @property
    def looks_for_scene(self) -> bool:
        """Whether it is looked at if both pictures show the same things: a palette and a saved grade show nothing."""
        return self.settings.looks_for_scene and self.target is not None

    def description(self) -> str:
        """One line for grade files: what is matched to what, and how."""
        settings = self.settings
        reference = self.target.name if self.target else (self.palette or "a saved grade")
        how = f"{settings.method}, strength {settings.strength:g}, seed {settings.seed}"
        return f"ReSWD Studio: {self.source.name} matched to {reference} ({how})"


@dataclass(frozen=True, eq=False)
class MatchResult:
    """A finished match; the full picture is graded when it is asked for.

    Attributes:
        job: what was asked.
        picture: the source as read.
        grade: the fitted or loaded grade, at the strength of the settings.
        weights: (H, W) float32 where the source counts and changes, or None for everywhere.
        source_sample: source colours, in the source's encoding.
        target_sample: reference colours in the source's encoding; None with a saved grade.
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
        """The colour encoding of the source, which the grade belongs to."""
        return profile_name(self.picture.icc)

    @property
    def distance_before(self) -> float | None:
        """Sliced Wasserstein distance from the source to the reference, Lab units; None with a saved grade."""
        return None if self.report is None else self.report.distance_before

    def distance_at(self, strength: float) -> float | None:
        """The same from the source graded at ``strength``; nothing is fitted again."""
        if self.target_sample is None:
            return None
        graded = self.grade.apply(self.source_sample.held_out, strength=strength)
        return color_distance(graded, self.target_sample.held_out)

    def at_strength(self, strength: float) -> MatchResult:
        """The same fit at another strength."""
        settings = replace(self.job.settings, strength=strength)
        grade = self.grade.at_strength(strength)
        if grade.report is not None:
            after = self.distance_at(strength)
            assert after is not None
            grade = replace(grade, report=replace(grade.report, distance_after=after, settings=settings))
        return replace(self, job=replace(self.job, settings=settings), grade=grade)

    def refitted(self, method: str, progress: OnProgress | None = None) -> MatchResult:
        """The same pictures matched by another method: nothing is read again.

        Raises:
            InputError: an unknown method, or a result of a saved grade, which has nothing to fit to.
        """
        if self.target_sample is None:
            raise InputError("a saved grade has no reference; choose a picture or a palette to compare methods")
        # A method that compares statistics alone cannot be told that both pictures show one scene.
        scene = self.job.settings.scene if method_named(method).looks_for_scene else AUTO_SCENE
        settings = replace(self.job.settings, method=method, scene=scene)
        fitted = fit_samples(self.source_sample, self.target_sample, settings, progress=progress)
        return replace(
            self, job=replace(self.job, settings=settings), grade=replace(fitted, encoding=self.grade.encoding)
        )

    def graded_pixels(self) -> np.ndarray:
        """The whole picture graded, (H, W, 3), in the source's depth."""
        return render(self.picture.pixels, self.grade, self.weights)

    def save_picture(self, path: Path, *, overwrite: bool = False, last: bool = False) -> Path:
        """Grade the whole picture and write it in the format of the suffix, with everything the source carried.

        Args:
            path: where to.
            overwrite: replace a file that exists.
            last: the result's own pixels are needed no more, whatever comes of this: they are graded in place, and their
                memory goes as the encoder takes its own.
        """
        graded = render(self.picture.pixels, self.grade, self.weights, in_place=last)
        return write_picture(path, self.picture, graded, overwrite=overwrite, last=last)

    def save_grade(self, path: Path, *, cube_size: int = 33) -> Path:
        """Save the grade as .cube, .cc, .ccc or .cdl."""
        return self.grade.save(path, cube_size=cube_size, description=self.description())

    def description(self) -> str:
        """One line for grade files: what was matched to what, and how."""
        return self.job.description()


def run_match(
    job: MatchJob, progress: OnProgress | None = None, reference: ReferenceSamples | None = None
) -> MatchResult:
    """Read, sample, fit. Writes nothing.

    Args:
        job: what to match to what.
        progress: called with (share done, what is being done); may raise to stop.
        reference: the job's reference, where it was sampled for another picture already.

    Raises:
        InputError: an input that cannot be used.
    """
    tell = progress or silent
    tell(0.0, "reading the source")
    hashes = {"source": file_hash(job.source)}
    picture = read_picture(job.source)
    weights = where_to_grade(picture, job.mask)
    counts = how_much_counts(picture, weights)
    if job.mask is not None:
        hashes["mask"] = file_hash(job.mask)
    settings = job.settings
    source = sample_pixels(picture.pixels, settings.samples, settings.seed, counts, with_thumbnail=job.looks_for_scene)
    notes = [f"{job.source.name}: {note}" for note in picture.notes]
    if job.grade is not None:
        grade = job.grade.at_strength(settings.strength)
        return MatchResult(
            job, picture, grade, weights, source, None, (*notes, *grade.notes), hashes, _small_masks(job)
        )
    tell(0.2, "reading the reference")
    if reference is None:
        reference = ReferenceSamples(job.target, job.palette, settings, mask=job.target_mask)
    target, target_notes = reference.for_picture(picture)
    hashes |= reference.hashes
    fitted = fit_samples(source, target, settings, progress=lambda done, what: tell(0.3 + 0.6 * done, what))
    grade = replace(fitted, encoding=profile_name(picture.icc))
    tell(0.9, "grading")
    return MatchResult(job, picture, grade, weights, source, target, (*notes, *target_notes), hashes, _small_masks(job))


def _small_masks(job: MatchJob) -> dict[str, bytes]:
    """The bytes of masks that are small enough to travel in the settings."""
    files = {"mask": job.mask, "target_mask": job.target_mask}
    return {
        role: path.read_bytes()
        for role, path in files.items()
        if path is not None and path.stat().st_size <= CARRIED_BYTES
    }


def silent(_: float, __: str) -> None:
    """No one is watching."""
