"""One clip from file to file: one grade, fitted on frames across the clip or given, on every frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.matching import PixelSample, fit_samples
from reswd_torch.matching.report import MatchReport
from reswd_torch.progress import OnProgress
from studio.media.clips.color import FrameColors
from studio.media.clips.names import clip_suffix, is_clip, need_av
from studio.media.clips.read import ClipFacts, Damage, events, opened, picture_stream, read_facts
from studio.media.clips.write import ClipWriter, writing
from studio.media.images import profile_name, read_mask
from studio.media.places import check_place, written_beside
from studio.service.clip_colours import most_alike, sample_clip
from studio.service.match import MatchJob, silent
from studio.service.reference import ReferenceSamples
from studio.service.render import render


@dataclass(frozen=True)
class ClipJob(MatchJob):
    """What to match to what: a :class:`~studio.service.match.MatchJob` whose source is a clip, and whose target may be one.

    A mask has the size of the clip's upright frames and holds for all of them.
    """


@dataclass(frozen=True, eq=False)
class ClipResult:
    """A clip that was graded and written.

    Attributes:
        job: what was asked.
        path: the result.
        grade: the fitted or given grade, at the strength of the settings.
        encoding: the clip's colour encoding, which the grade belongs to.
        source_sample: the clip's colours.
        target_sample: the reference's; None with a given grade.
        notes: what was assumed or left out, for the person to read.
        frames: how many were written.
        seconds: how long they last.
        broken_at: seconds from the start where the clip breaks off or is damaged first; None for a whole one. The command
            line then ends with 1.
    """

    job: ClipJob
    path: Path
    grade: Grade
    encoding: str
    source_sample: PixelSample | None
    target_sample: PixelSample | None
    notes: tuple[str, ...]
    frames: int
    seconds: float
    broken_at: float | None

    @property
    def report(self) -> MatchReport | None:
        """Figures of the fit; None for a given grade."""
        return self.grade.report

    def save_grade(self, path: Path, *, cube_size: int = 33) -> Path:
        """Save the grade as .cube, .cc, .ccc or .cdl."""
        return self.grade.save(path, cube_size=cube_size, description=self.job.description())


def check_clip_output(path: Path, *, inputs: list[Path], overwrite: bool = False) -> None:
    """Refuse an output for a clip that could not be written in the end.

    Raises:
        InputError: PyAV is missing, a suffix that is no clip's, or a place that :func:`~studio.media.places.check_place` refuses.
    """
    need_av()
    clip_suffix(path)
    check_place(path, inputs=inputs, overwrite=overwrite)


def match_clip(
    job: ClipJob, output: Path, *, overwrite: bool = False, progress: OnProgress | None = None
) -> ClipResult:
    """Fit one grade, or take the given one, and write the graded clip.

    The picture is encoded anew (8-bit clips are graded in 8 bits, deeper ones in 16); audio, subtitles, times, tags and
    metadata are copied. Memory does not grow with the clip. Nothing is left behind when it fails or is stopped.

    Args:
        job: what to match to what.
        output: where the result goes; its suffix says which container is written.
        overwrite: replace an existing file.
        progress: called with (share done, what is being done); may raise to stop.

    Returns:
        What was done. Where the clip breaks off, the part before it was graded and ``broken_at`` is set.

    Raises:
        InputError: an input that cannot be used, or an output that cannot be written.
    """
    tell = progress or silent
    given = (job.source, job.target, job.mask, job.target_mask)
    check_clip_output(output, inputs=[path for path in given if path is not None], overwrite=overwrite)
    tell(0.0, "reading the clip")
    facts = read_facts(job.source)
    weights = None if job.mask is None else read_mask(job.mask, facts.upright_size)
    damage = Damage()
    with opened(job.source) as container, written_beside(output) as temporary:
        stream = picture_stream(container, job.source)
        with writing(temporary, output, facts, container) as writer:  # what the file cannot hold is said before the fit
            fitted = _fitted(job, facts, weights, tell)
            _grade_frames(facts, container, stream, writer, fitted.grade, weights, damage, tell)
            if damage.frames == 0:
                raise InputError(f"{job.source}: no frame of the clip can be decoded: copy or export it again")
    notes = [*fitted.notes, *(f"{job.source.name}: {note}" for note in writer.notes)]
    broken_at = damage.broken_at(facts)
    if broken_at is not None:
        notes.append(_breakage(facts, damage, broken_at, output))
    return ClipResult(
        job=job,
        path=output,
        grade=fitted.grade,
        encoding=facts.tags.name,
        source_sample=fitted.source,
        target_sample=fitted.target,
        notes=tuple(notes),
        frames=damage.frames,
        seconds=damage.end,
        broken_at=broken_at,
    )


@dataclass(frozen=True, eq=False)
class _Fitted:
    grade: Grade
    source: PixelSample | None
    target: PixelSample | None
    notes: tuple[str, ...]


def _fitted(job: ClipJob, facts: ClipFacts, weights: np.ndarray | None, tell: OnProgress) -> _Fitted:
    """The grade for a clip: the given one, or one fitted on frames across it."""
    settings = job.settings
    if job.grade is not None:
        grade = job.grade.at_strength(settings.strength)
        return _Fitted(grade, None, None, grade.notes)
    source: PixelSample = sample_clip(
        facts, settings, weights, lambda done, what: tell(0.2 * done, what), with_frames=job.looks_for_scene
    )
    tell(0.2, "reading the reference")
    target, notes = _target_sample(job)
    source, target = most_alike(source, target)
    fitted = fit_samples(source, target, settings, progress=lambda done, what: tell(0.2 + 0.1 * done, what))
    wide = facts.tags.name.startswith(("Display P3", "Rec.2020"))
    if wide and not (job.target is not None and is_clip(job.target)):
        notes.append(f"reference colours are sRGB and were taken as {facts.tags.name}: the result is more saturated")
    return _Fitted(replace(fitted, encoding=facts.tags.name), source, target, tuple(notes))


def _grade_frames(
    facts: ClipFacts,
    container: Any,
    stream: Any,
    writer: ClipWriter,
    grade: Grade,
    weights: np.ndarray | None,
    damage: Damage,
    tell: OnProgress,
) -> None:
    """Every frame through one grade, every other packet as it is."""
    encoding = writer.encoding
    colors = FrameColors(facts.tags, facts.pixel_format, facts.size, encoding.pixel_format, encoding.matrix)
    stays = grade.strength == 0.0 and facts.turn.is_none
    expected = facts.seconds or facts.whole_seconds
    for what in events(container, stream, writer.copied, damage):
        if hasattr(what, "stream_index"):
            writer.copy(what)
            continue
        if stays:
            writer.show(colors.untouched(what))
        else:
            pixels = facts.turn.applied(colors.pixels(what))
            writer.show(colors.frame(render(pixels, grade, weights), what))
        if expected:
            share = min(1.0, damage.end / expected)
            tell(0.3 + 0.7 * share, f"grading, {damage.end:.1f} of {expected:.1f} s")


def _target_sample(job: ClipJob) -> tuple[PixelSample, list[str]]:
    """Reference colours in sRGB, whose code values are those of a clip that is shown on the same display."""
    settings = job.settings
    if job.target is not None and is_clip(job.target):
        facts = read_facts(job.target)
        weights = None if job.target_mask is None else read_mask(job.target_mask, facts.upright_size)
        return sample_clip(facts, settings, weights, with_frames=job.looks_for_scene), []
    reference = ReferenceSamples(job.target, job.palette, settings, mask=job.target_mask)
    sample, notes = reference.in_encoding(None)
    untagged = profile_name(None)  # what a clip is not, so notes about it would mislead
    return sample, [note.replace(untagged, "sRGB") for note in notes if f"from sRGB to {untagged}" not in note]


def _breakage(facts: ClipFacts, damage: Damage, broken_at: float, output: Path) -> str:
    name, expected = facts.path.name, facts.seconds or facts.whole_seconds
    if broken_at < damage.end - 0.5:
        lost = "1 frame" if damage.lost == 1 else f"{damage.lost} frames"
        return f"{name} is damaged at {broken_at:.1f} s: {lost} could not be read and are not in {output.name}"
    of = f" of {expected:.1f}" if expected is not None and damage.end < expected - 0.1 else ""
    return f"{name} breaks off after {damage.end:.1f}{of} s: {output.name} holds what could be read"
