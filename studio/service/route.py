"""Which job a source makes, and which service does a job."""

from __future__ import annotations

from pathlib import Path
from typing import overload

from reswd_torch.settings import MatchSettings
from reswd_torch.spaces.choice import SpaceChoice
from studio.color_range import ColorRange
from studio.jobs import BatchJob, ClipJob, FramesJob, GuideJob, Job, MatchJob, PaintJob, settings_for
from studio.kinds import is_clip, is_sequence
from studio.references import BatchReference, choose_batch_reference, choose_reference
from studio.service.batch.here import PreparedBatch
from studio.service.batch.run import Summary
from studio.service.clip import ClipResult, run_clip
from studio.service.guide.run import GuideResult, PaintResult, run_guide, run_paint
from studio.service.match import MatchResult, run_match
from studio.watch import UNWATCHED, Watch


def reference_for(
    source: Path,
    *,
    file: Path | None = None,
    mask: Path | None = None,
    at: float | None = None,
    palette: str | None = None,
    mask_colors: ColorRange | None = None,
) -> BatchReference:
    """The one reference that was given for a source: a picture, a clip or a palette; for numbered frames also a folder.

    For the arguments and errors see :func:`studio.references.choose_reference`.
    """
    choose = choose_batch_reference if is_sequence(source) else choose_reference
    return choose(file=file, mask=mask, at=at, palette=palette, mask_colors=mask_colors)


def job_for(
    source: Path,
    reference: BatchReference,
    settings: MatchSettings | None = None,
    mask: Path | None = None,
    mask_colors: ColorRange | None = None,
    spaces: SpaceChoice | None = None,
) -> MatchJob:
    """The job for a source, by what it is: a clip, a pattern of numbered frames, or a picture.

    Args:
        source: what to grade.
        reference: what it should look like.
        settings: how to match; if left out the defaults, and of a saved grade its own strength.
        mask: white where the source counts and changes.
        mask_colors: colours near which a picture counts and changes.
        spaces: what the code values of pictures stand for; None where their files say it.

    Raises:
        InputError: settings, spaces or a mask that such a source cannot have.
    """
    kind = ClipJob if is_clip(source) else FramesJob if is_sequence(source) else MatchJob
    return kind(source, reference, settings_for(reference, settings), mask, mask_colors, spaces)


@overload  # a ClipJob is a MatchJob that fits and saves clips
def run(job: ClipJob, watch: Watch = ...) -> ClipResult: ...  # type: ignore[overload-overlap]
@overload
def run(job: MatchJob, watch: Watch = ...) -> MatchResult: ...
@overload
def run(job: BatchJob, watch: Watch = ...) -> Summary: ...
@overload
def run(job: GuideJob, watch: Watch = ...) -> GuideResult: ...
@overload
def run(job: PaintJob, watch: Watch = ...) -> PaintResult: ...
def run(job: Job, watch: Watch = UNWATCHED) -> MatchResult | ClipResult | Summary | GuideResult | PaintResult:
    """Do a job.

    A match and a painting write nothing: their results save themselves where they are told to. A batch writes into its output
    folder while it runs. Numbered frames, which are written while they run too, go from files to files:
    :func:`studio.service.delivery.deliver`.

    Args:
        job: what is wanted.
        watch: told what is being done; may stop it.

    Raises:
        InputError: an input that cannot be used.
        Cancelled: it was stopped. A batch ends in order instead, with a summary.
        TypeError: numbered frames.
    """
    if isinstance(job, BatchJob):
        return PreparedBatch(job).run(watch)
    if isinstance(job, GuideJob):
        return run_guide(job, watch=watch)
    if isinstance(job, PaintJob):
        return run_paint(job, watch=watch)
    if isinstance(job, FramesJob):
        raise TypeError("numbered frames are written while they run: use studio.service.delivery")
    return run_clip(job, watch) if isinstance(job, ClipJob) else run_match(job, watch)
