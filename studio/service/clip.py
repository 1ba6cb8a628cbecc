"""One match of a clip: one grade, fitted on frames across it or given; then the result writes every frame with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.trims import Trims
from reswd_torch.matching import MatchReport, PixelSample, color_distance, fit_samples
from reswd_torch.settings import MatchSettings
from reswd_torch.written import temporary_beside
from studio.jobs import ClipJob
from studio.media.clips.color import FrameColors
from studio.media.clips.encoders import Encoding
from studio.media.clips.kept import LIGHT, beside, said_of
from studio.media.clips.names import clip_suffix, need_av
from studio.media.clips.open import OpenClip, opened, picture_stream
from studio.media.clips.read import ClipFacts, Damage, events, is_packet, read_facts
from studio.media.clips.write import ClipWriter, writing
from studio.media.images import profile_name, read_mask
from studio.media.places import check_place, sha256_of, written_beside
from studio.records.match import settings_text
from studio.service.clip_colours import Spans, most_alike, sample_clip
from studio.service.clip_spaces import as_tagged, notes_on_tags
from studio.service.hdr import in_own_space, numbers_of
from studio.service.reference import ReferenceSamples
from studio.service.render import render
from studio.service.spaces.fit import alike_between, distance_by, fit_between
from studio.service.spaces.grade_files import save_grade_between
from studio.service.spaces.render import render_between
from studio.watch import UNWATCHED, Event, Watch


@dataclass(frozen=True, eq=False)
class GradedFrame(Event):
    """A frame of a clip was graded and written.

    Attributes:
        frames: how many were, so far.
    """

    frames: int


@dataclass(frozen=True, eq=False)
class SavedClip:
    """A graded clip on the disk.

    Attributes:
        path: the file.
        notes: what is not in it, and why.
        frames: how many were written.
        seconds: how long they last.
        broken_at: seconds from the start where the source breaks off or is damaged first; None for a whole one. What could
            be read of it was graded.
    """

    path: Path
    notes: tuple[str, ...]
    frames: int
    seconds: float
    broken_at: float | None


@dataclass(frozen=True, eq=False)
class ClipResult:
    """A finished match of a clip; the frames are graded when the clip is saved.

    Attributes:
        job: what was asked.
        facts: what the clip says about itself.
        grade: the fitted or given grade, at the strength of the settings, with their trims.
        weights: (H, W) float32 where upright frames count and change, or None for everywhere.
        source_sample: the clip's colours; None with a given grade under which nobody has asked for its cast.
        target_sample: the reference's; None with a given grade. Between colour spaces it is as a display shows it.
        notes: what was assumed, for the person to read.
        grade_at: the grade of each frame that is written, by its place from 0, where they differ; None where one does for all.
    """

    job: ClipJob
    facts: ClipFacts
    grade: Grade
    weights: np.ndarray | None
    source_sample: PixelSample | None
    target_sample: PixelSample | None
    notes: tuple[str, ...]
    grade_at: Callable[[int], Grade] | None = None

    @property
    def report(self) -> MatchReport | None:
        """Figures of the fit; None for a given grade."""
        return self.grade.report

    @property
    def encoding(self) -> str:
        """The colour encoding of the clip, which the grade belongs to unless there are colour spaces."""
        return self.facts.tags.name if self.job.spaces is None else self.job.spaces.source

    @property
    def distance_before(self) -> float | None:
        """Sliced Wasserstein distance from the clip to the reference, Lab units; None with a given grade."""
        return None if self.report is None else self.report.distance_before

    def distance_at(self, strength: float) -> float | None:
        """The same from the clip graded at ``strength``, with the same trims; nothing is fitted again."""
        return self._distance_by(self.grade.at_strength(strength, self._colors))

    def at_strength(self, strength: float) -> ClipResult:
        """The same fit at another strength, with the same trims."""
        settings = replace(self.job.settings, strength=strength)
        return self._regraded(self.grade.at_strength(strength, self._colors), settings)

    def trimmed(self, trims: Trims) -> ClipResult:
        """The same fit at the same strength, with other trims.

        Where a given grade shall take the cast of the clip away, its colours are looked at once.

        Raises:
            InputError: no frame of it can be decoded any more.
        """
        settings = replace(self.job.settings, trims=trims)
        if trims.neutralise and self.source_sample is None:
            sample = sample_clip(self.facts, settings, self.weights)
            return replace(self, source_sample=sample).trimmed(trims)
        return self._regraded(self.grade.trimmed(trims, self._colors), settings)

    @property
    def _colors(self) -> Tensor | None:
        """(N, 3) colours of the clip, where its cast is looked for."""
        return None if self.source_sample is None else self.source_sample.fit

    def _distance_by(self, grade: Grade) -> float | None:
        """The distance from the clip under a grade to the reference; None with a given grade."""
        if self.source_sample is None or self.target_sample is None:
            return None
        if self.job.spaces is not None:
            return distance_by(grade, self.source_sample, self.target_sample, self.job.spaces)
        graded = grade.apply(self.source_sample.held_out)
        return color_distance(graded, self.target_sample.held_out, icc=self.facts.tags.icc)

    def _regraded(self, grade: Grade, settings: MatchSettings) -> ClipResult:
        """The same clip under another grade of the same fit."""
        after = self._distance_by(grade)
        if grade.report is not None and after is not None:
            grade = replace(grade, report=replace(grade.report, distance_after=after, settings=settings))
        return replace(self, job=replace(self.job, settings=settings), grade=grade)

    def graded(self, pixels: np.ndarray) -> np.ndarray:
        """A frame through the grade, as :meth:`save_clip` writes it.

        Args:
            pixels: (H, W, 3) uint8 or uint16 of an upright frame, of any size.
        """
        weights = self.weights
        if weights is not None and weights.shape != pixels.shape[:2]:
            import cv2

            weights = cv2.resize(weights, pixels.shape[1::-1], interpolation=cv2.INTER_AREA)
        return self._rendered(pixels, self.grade, weights)

    def _rendered(self, pixels: np.ndarray, grade: Grade, weights: np.ndarray | None) -> np.ndarray:
        if self.job.spaces is None:
            return render(pixels, grade, weights)
        return render_between(pixels, grade, self.job.spaces, weights)

    def save_grade(self, path: Path, *, cube_size: int = 33) -> Path:
        """Save the grade in the format of the suffix; between colour spaces as :func:`save_grade_between` does."""
        told, spaces = self.job.description(), self.job.spaces
        if spaces is not None:
            return save_grade_between(self.grade, path, spaces, cube_size=cube_size, description=told)
        return self.grade.save(path, cube_size=cube_size, description=told)

    def settings_text(self, *, names_only: bool = False) -> str:
        """The settings as JSON: enough to run the match again to the same grade, and to apply its grade elsewhere.

        Args:
            names_only: leave the folders of the inputs out: see :func:`studio.records.match.settings_text`.

        Raises:
            OSError: an input is no longer there.
        """
        hashes = {role: sha256_of(path) for role, path in self.job.files.items()}
        return settings_text(self.job, self.grade, hashes, {}, encoding=self.encoding, names_only=names_only)

    def save_clip(self, output: Path, *, overwrite: bool = False, watch: Watch = UNWATCHED) -> SavedClip:
        """Write the graded clip.

        The picture is encoded anew (8-bit clips are graded in 8 bits, deeper ones in 16); audio, subtitles, times, tags and
        metadata are copied. Memory does not grow with the clip. Nothing is left behind when it fails or is stopped.

        Args:
            output: where the result goes; its suffix says which container is written.
            overwrite: replace an existing file.
            watch: told how far it is; may stop it.

        Raises:
            InputError: no frame can be decoded, or the output cannot be written.
            Cancelled: it was stopped.
        """
        source, facts, damage = self.job.source, self.facts, Damage()
        watch(0.0, "grading")
        check_clip_output(output, inputs=list(self.job.files.values()), overwrite=overwrite)
        with (
            opened(source) as clip,
            written_beside(output, overwrite=overwrite) as temporary,
            writing(temporary, output, as_tagged(facts, self.job.spaces), clip) as writer,
        ):
            said = self._grade_frames(clip, writer, damage, watch)
            if damage.frames == 0:
                raise InputError(f"{source}: no frame of the clip can be decoded: copy or export it again")
        notes = [f"{source.name}: {note}" for note in (*writer.notes, *said)]
        broken_at = damage.broken_at(facts)
        if broken_at is not None:
            notes.append(_breakage(facts, damage, broken_at, output))
        return SavedClip(output, tuple(notes), damage.frames, damage.end, broken_at)

    def _grade_frames(self, clip: OpenClip, writer: ClipWriter, damage: Damage, watch: Watch) -> list[str]:
        """Write every frame through its grade, and every packet of other streams as it is.

        Returns:
            Sentences on what frames bring along that is not written, and on frames of another size.
        """
        found: set[str] = set()
        resized: list[str] = []
        facts, encoding, spaces = self.facts, writer.encoding, self.job.spaces
        out = (encoding.pixel_format, encoding.matrix, encoding.used_range, as_tagged(facts, spaces).tags)
        colors = FrameColors(facts.tags, facts.pixel_format, facts.size, *out)
        keeps_codes = facts.turn.is_none and (spaces is None or spaces.keeps_space)
        expected = facts.seconds or facts.whole_seconds
        for what in events(clip, picture_stream(clip, facts.path), writer.copied, damage):
            if is_packet(what):
                writer.copy(what)
                continue
            found |= beside(what, first=damage.frames == 1)
            if (what.height, what.width) != facts.size and not resized:
                resized.append(_resizing(facts, what.width, what.height, damage.end))
            grade = self.grade if self.grade_at is None else self.grade_at(damage.frames - 1)
            if grade.leaves_alone and keeps_codes:
                writer.show(colors.untouched(what))
            else:
                pixels, alpha = facts.turn.applied(colors.pixels(what)), colors.alpha(what)
                upright = None if alpha is None else facts.turn.applied(alpha)
                writer.show(colors.frame(self._rendered(pixels, grade, self.weights), what, upright))
            share, of = (min(1.0, damage.end / expected), f" of {expected:.1f}") if expected else (0.0, "")
            watch.event(GradedFrame(share, f"grading, {damage.end:.1f}{of} s", damage.frames))
        if encoding.keeps_light:
            found.discard(LIGHT)
        return [*resized, *self._said_of_light(encoding), *said_of(found)]

    def _said_of_light(self, encoding: Encoding) -> list[str]:
        """What to say where figures of the ungraded picture are kept."""
        light = self.facts.light
        if not encoding.keeps_light or light is None or light.content is None or self.grade.leaves_alone:
            return []
        return [f"its MaxCLL and MaxFALL ({light.content[0]}, {light.content[1]}) are those before the grade"]


def check_clip_output(path: Path, *, inputs: list[Path], overwrite: bool = False) -> None:
    """Refuse an output for a clip that could not be written in the end.

    Raises:
        InputError: PyAV is missing, a suffix that is no clip's, or a place that :func:`~studio.media.places.check_place`
            refuses.
    """
    need_av()
    clip_suffix(path)
    check_place(path, inputs=inputs, overwrite=overwrite)


def check_clip_fits(job: ClipJob, output: Path) -> None:
    """Refuse, before minutes are spent on a fit, a container that cannot hold the clip.

    Raises:
        InputError: the container holds no picture or not the audio of the source, or the source is no clip.
    """
    facts = read_facts(job.source, hdr=True)
    with opened(job.source) as clip:
        temporary = temporary_beside(output)
        try:
            with writing(temporary, output, as_tagged(facts, job.spaces), clip, trial=True):
                pass
        finally:
            temporary.unlink(missing_ok=True)


def run_clip(job: ClipJob, watch: Watch = UNWATCHED) -> ClipResult:
    """Fit one grade for a clip, or take the given one. Writes nothing.

    Args:
        job: what to match to what.
        watch: told what is being done; may stop it.

    Raises:
        InputError: an input that cannot be used.
        Cancelled: it was stopped.
    """
    watch(0.0, "reading the clip")
    facts = read_facts(job.source, hdr=True)
    job, implied = in_own_space(job, numbers_of(facts), facts.tags.name)
    weights = None if job.mask is None else read_mask(job.mask, facts.upright_size)
    settings = job.settings
    if job.saved_grade is not None:
        grade = job.saved_grade.for_settings(settings)
        sample: PixelSample | None = None
        if grade.trims.neutralise and grade.gains is None:
            sample = sample_clip(facts, settings, weights, watch.part(0.0, 1.0))
            grade = grade.for_settings(settings, sample.fit)
        job = replace(job, settings=replace(settings, trims=grade.trims))
        notes = (*implied, *notes_on_tags(facts, job.spaces), *grade.notes)
        return ClipResult(job, facts, grade, weights, sample, None, notes)
    fitted = fit_clip(job, facts, weights, ReferenceSamples(job.reference, settings), watch)
    return replace(fitted, notes=(*implied, *fitted.notes))


def fit_clip(
    job: ClipJob,
    facts: ClipFacts,
    weights: np.ndarray | None,
    reference: ReferenceSamples,
    watch: Watch = UNWATCHED,
    spans: Spans = (),
) -> ClipResult:
    """Fit one grade for a clip.

    Args:
        job: what to match to what.
        facts: of its source.
        weights: (H, W) float32 where upright frames count and change, or None for everywhere.
        reference: the job's, which may serve other clips too.
        watch: told what is being done; may stop it.
        spans: the parts of the clip that count; none for all of it.

    Raises:
        InputError: an input that cannot be used.
        Cancelled: it was stopped.
    """
    settings, looks = job.settings, job.looks_for_scene
    source: PixelSample = sample_clip(facts, settings, weights, watch.part(0.0, 0.6), with_frames=looks, spans=spans)
    watch(0.6, "reading the reference")
    if job.spaces is not None:
        sample, notes = reference.between(None, job.spaces)
        source, target = alike_between(source, sample, job.spaces)
        grade = fit_between(source, target, settings, job.spaces, watch.part(0.7, 1.0))
        notes = (*notes_on_tags(facts, job.spaces), *notes, *grade.notes)
        return ClipResult(job, facts, grade, weights, source, target, notes)
    icc = facts.tags.icc
    sample, notes = reference.in_encoding(icc)
    source, target = most_alike(source, sample)
    fitted = fit_samples(source, target, settings, progress=watch.part(0.7, 1.0), icc=icc)
    grade = replace(fitted, encoding=facts.tags.name)
    return ClipResult(job, facts, grade, weights, source, target, (*_notes(notes), *grade.notes))


def match_clip(
    job: ClipJob, output: Path, *, overwrite: bool = False, watch: Watch = UNWATCHED
) -> tuple[ClipResult, SavedClip]:
    """Match a clip and save it, with everything checked before the fit: :func:`run_clip`, then its ``save_clip``."""
    check_clip_output(output, inputs=list(job.files.values()), overwrite=overwrite)
    check_clip_fits(job, output)
    result = run_clip(job, watch.part(0.0, 0.3))
    return result, result.save_clip(output, overwrite=overwrite, watch=watch.part(0.3, 1.0))


def _notes(notes: tuple[str, ...]) -> tuple[str, ...]:
    """What was assumed about the reference, whose sRGB code values are those of a clip that is shown on the same display."""
    untagged = profile_name(None)  # what a clip is not, so notes about it would mislead
    return tuple(note.replace(untagged, "sRGB") for note in notes if f"from sRGB to {untagged}" not in note)


def _resizing(facts: ClipFacts, width: int, height: int, end: float) -> str:
    first = f"{facts.size[1]} x {facts.size[0]}"
    return f"its picture changes from {first} to {width} x {height} pixels before {end:.1f} s: all of it is scaled to {first}"


def _breakage(facts: ClipFacts, damage: Damage, broken_at: float, output: Path) -> str:
    name, expected = facts.path.name, facts.seconds or facts.whole_seconds
    if broken_at < damage.end - 0.5:
        lost = "1 frame" if damage.lost == 1 else f"{damage.lost} frames"
        return f"{name} is damaged at {broken_at:.1f} s: {lost} could not be read and are not in {output.name}"
    of = f" of {expected:.1f}" if expected is not None and damage.end < expected - 0.1 else ""
    return f"{name} breaks off after {damage.end:.1f}{of} s: {output.name} holds what could be read"
