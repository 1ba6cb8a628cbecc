"""Jobs in a line: a test says what it gives, and the reference is chosen from that as every front end does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guidance.settings import GuidanceSettings
from guidance.text_to_image import Generation
from reswd_torch.grade import Grade
from reswd_torch.settings import MatchSettings
from studio.jobs import BatchJob, ClipJob, GuideJob, MatchJob
from studio.references import KeptColours, SavedGrade, choose_batch_reference, choose_guide_reference, choose_reference
from studio.service import clip
from studio.service.apply import saved_grade
from studio.service.clip import ClipResult, SavedClip

SMALL = "pocket-64"
"""The embedded model that paints a picture in the least time. What is not about the default paints with it."""


def match_job(
    source: Path,
    target: Path | None = None,
    palette: str | None = None,
    grade: Grade | None = None,
    settings: MatchSettings | None = None,
    mask: Path | None = None,
    target_mask: Path | None = None,
    kind: type[MatchJob] = MatchJob,
) -> MatchJob:
    """A match of a picture."""
    saved = None if grade is None else SavedGrade(grade)
    reference = choose_reference(file=target, mask=target_mask, palette=palette, grade=saved)
    return kind(source, reference, settings or MatchSettings(), mask)


def clip_job(source: Path, target: Path | None = None, palette: str | None = None, **parts: Any) -> ClipJob:
    """A match of a clip."""
    job = match_job(source, target, palette, kind=ClipJob, **parts)
    assert isinstance(job, ClipJob)
    return job


def batch_job(
    folder: Path,
    output: Path,
    target: Path | None = None,
    palette: str | None = None,
    grade: Path | None = None,
    target_mask: Path | None = None,
    **parts: Any,
) -> BatchJob:
    """A match of a folder."""
    reference = choose_batch_reference(file=target, mask=target_mask, palette=palette, grade=saved_grade(grade))
    return BatchJob(folder, output, reference, **parts)


def guide_job(
    generation: Generation,
    guidance: GuidanceSettings | None = None,
    *,
    reference: Path | None = None,
    palette: str | None = None,
    colors: str | None = None,
    reference_name: str | None = None,
    **parts: Any,
) -> GuideJob:
    """A guided picture."""
    kept = None if colors is None else KeptColours(colors, reference_name)
    wanted = choose_guide_reference(file=reference, palette=palette, kept=kept)
    return GuideJob(generation, wanted, guidance or GuidanceSettings(), **parts)


class GradedClip:
    """A clip that was matched and saved: what the fit found, and what was written."""

    def __init__(self, fitted: ClipResult, saved: SavedClip) -> None:
        self.job, self.grade, self.report, self.encoding = fitted.job, fitted.grade, fitted.report, fitted.encoding
        self.source_sample, self.target_sample = fitted.source_sample, fitted.target_sample
        self.path, self.frames, self.seconds, self.broken_at = saved.path, saved.frames, saved.seconds, saved.broken_at
        self.notes = (*fitted.notes, *saved.notes)
        self.save_grade = fitted.save_grade


def match_clip(job: ClipJob, output: Path, **options: Any) -> GradedClip:
    """Match a clip and save it."""
    return GradedClip(*clip.match_clip(job, output, **options))
