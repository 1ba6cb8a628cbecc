"""A match from files to files: every output is checked before any work, then the job is done and all of it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.grade.formats import cdl_suffixes, format_for, formats_for, grade_suffixes, lattice_suffixes
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.grade.trims import ALL
from reswd_torch.settings import LUT, check_cube_size
from studio.fault import faults_of
from studio.jobs import ClipJob, FramesJob, MatchJob, Outputs
from studio.kinds import is_clip
from studio.media.clips.names import clip_result_name, renamed
from studio.media.images import FORMATS, check_same_kind, losses, natural_suffix, supported_output
from studio.media.places import check_place, written_together
from studio.service.clip import ClipResult, SavedClip, check_clip_fits, check_clip_output
from studio.service.frames import FramesResult, run_frames
from studio.service.match import MatchResult, save_and_release
from studio.service.route import run
from studio.service.spaces.grade_files import check_grade_between
from studio.watch import UNWATCHED, Watch


@dataclass(frozen=True, eq=False)
class Delivered:
    """A match whose files are written.

    Attributes:
        result: the match; a picture's without its pixels, which went into the file.
        written: every file, by role: ``output``, ``cdl``, ``cube``, ``settings``.
        notes: what was assumed or left out, for the person to read.
        clip: what became of a clip; None for everything else.
    """

    result: MatchResult | ClipResult | FramesResult
    written: dict[str, Path]
    notes: tuple[str, ...]
    clip: SavedClip | None = None

    @property
    def grade(self) -> Grade:
        """At its strength."""
        return self.result.grade

    @property
    def whole(self) -> bool:
        """Whether everything was done: no clip that breaks off, no frame that failed or was not come to."""
        if self.clip is not None:
            return self.clip.broken_at is None
        return not isinstance(self.result, FramesResult) or self.result.done == self.result.frames


def deliver(job: MatchJob, outputs: Outputs, watch: Watch = UNWATCHED) -> Delivered:
    """Match a picture, a clip or numbered frames, and write all that is wanted of it.

    Args:
        job: what to match to what.
        outputs: the files that it is to end in.
        watch: told what is being done; may stop it.

    The files belong together: of two programs that write the same ones, all are of one (:mod:`reswd_torch.written`).

    Raises:
        InputError: an input that cannot be used, or an output that cannot be written; before any work where that can be known.
            Files that came to be there meanwhile are not replaced either, unless that is wanted.
        Fault: anything else that goes wrong.
        Cancelled: it was stopped; no file is left behind. Numbered frames end in order instead.
    """
    with faults_of(job.source):
        return _delivered(job, outputs, watch)


def _delivered(job: MatchJob, outputs: Outputs, watch: Watch) -> Delivered:
    check_outputs(job, outputs)
    if outputs.wants_ten_numbers:
        job = job.in_ten_numbers()
    if isinstance(job, FramesJob):
        frames = run_frames(job, outputs.result, overwrite=outputs.overwrite, watch=watch)
        with written_together(overwrite=outputs.overwrite):
            written = {"output": outputs.result} | _save_grades(frames.save_grade, outputs)
        return Delivered(frames, written, frames.notes)
    if isinstance(job, ClipJob):
        fitted = run(job, watch.part(0.0, 0.3))
        with written_together(overwrite=outputs.overwrite):
            clip = fitted.save_clip(outputs.result, overwrite=outputs.overwrite, watch=watch.part(0.3, 1.0))
            written = {"output": clip.path} | _save_grades(fitted.save_grade, outputs) | _save_settings(fitted, outputs)
        return Delivered(fitted, written, (*fitted.notes, *clip.notes), clip)
    with written_together(overwrite=outputs.overwrite):
        result = save_and_release(run(job, watch), outputs.result, overwrite=outputs.overwrite)
        written = {"output": outputs.result} | _save_grades(result.save_grade, outputs)
        written |= _save_settings(result, outputs)
    return Delivered(result, written, (*result.notes, *losses(outputs.result, result.picture)))


def deliver_into(job: MatchJob, folder: Path, watch: Watch = UNWATCHED, *, with_grade: bool = True) -> Delivered:
    """Match a picture or a clip and write all of it into a folder: named after the source, in the source's own format.

    Args:
        job: what to match to what; not numbered frames.
        folder: where the files go; replaces none.
        watch: told what is being done; may stop it.
        with_grade: write the grade in every everyday format that holds it (a .cube; .cc, .ccc and .cdl for ten numbers),
            and of a picture the settings, which then name no folder.

    Raises:
        InputError: an input that cannot be used, or a folder that cannot be written to.
        Cancelled: it was stopped.
    """
    result = run(job, watch.part(0.0, 0.5))
    clip = None
    if isinstance(result, ClipResult):
        place = folder / clip_result_name(matched_name(job.source, job.source.suffix))
        clip = result.save_clip(place, watch=watch.part(0.5, 1.0))
        notes = (*renamed(job.source, place), *result.notes, *clip.notes)
    else:
        place = folder / matched_name(job.source, natural_suffix(result.picture.container))
        notes = (*result.notes, *losses(place, result.picture))
    written = {"output": place}
    if with_grade:
        for one in (each for each in formats_for(is_cdl=result.grade.is_cdl) if each.everyday):
            written[one.suffix] = result.save_grade(folder / matched_name(job.source, one.suffix))
    if isinstance(result, MatchResult):
        if with_grade:
            written["settings"] = folder / matched_name(job.source, ".json")
            write_text_atomically(written["settings"], result.settings_text(names_only=True))
        result = save_and_release(result, place)
    return Delivered(result, written, notes, clip)


def deliver_clip(result: ClipResult, place: Path, watch: Watch = UNWATCHED) -> Delivered:
    """Write the clip of a match that was made before, to the bytes that :func:`deliver` would write.

    Args:
        result: the match, at the strength that is wanted.
        place: where the graded clip goes; its suffix says which container is written. Replaces none.
        watch: told how far it is; may stop it.

    Raises:
        InputError: a container that cannot hold the clip, before any work; or a place that cannot be written to.
        Fault: anything else that goes wrong.
        Cancelled: it was stopped; no file is left behind.
    """
    job = result.job
    with faults_of(job.source):
        check_clip_output(place, inputs=list(job.files.values()))
        check_clip_fits(job, place)
        clip = result.save_clip(place, watch=watch)
    return Delivered(result, {"output": clip.path}, (*result.notes, *clip.notes), clip)


def matched_name(source: Path, suffix: str) -> str:
    """What a file is called that is made of a match and given away."""
    return f"{source.stem} matched{suffix}"


def check_outputs(job: MatchJob, outputs: Outputs) -> None:
    """Refuse before any work what could not be written in the end.

    Raises:
        InputError: a name of another kind than the source, a place that cannot be written, a grade file that cannot hold the
            grade, or two outputs of one name.
    """
    inputs = [*job.files.values(), *outputs.inputs]
    _check_kinds(job, outputs)
    if isinstance(job, ClipJob):
        check_clip_output(outputs.result, inputs=inputs, overwrite=outputs.overwrite)
    elif not isinstance(job, FramesJob):
        supported_output(outputs.result, inputs=inputs, overwrite=outputs.overwrite)
    grade = job.saved_grade
    # Where the evidence would choose, a grade that a file of ten numbers is wanted of is fitted as ten numbers.
    if grade is not None:
        grade = grade.for_settings(job.settings)
    is_cdl = grade.is_cdl if grade is not None else job.settings.resolved_transform != LUT
    lut_makers = () if grade is None else grade.lut_makers
    if grade is None and is_cdl and job.settings.trims.only != ALL:  # whatever is fitted
        is_cdl, lut_makers = False, ("only",)
    _check_grades(outputs, [*inputs, outputs.result], is_cdl=is_cdl, lut_makers=lut_makers)
    if job.spaces is not None:
        for path in outputs.grade_files.values():
            check_grade_between(path, job.spaces)
    if outputs.settings is not None:
        if outputs.settings.suffix.lower() != ".json":
            raise InputError(f"{outputs.settings}: give a name that ends in .json")
        check_place(outputs.settings, inputs=[*inputs, outputs.result], overwrite=outputs.overwrite)
    if isinstance(job, ClipJob):
        check_clip_fits(job, outputs.result)


def _check_kinds(job: MatchJob, outputs: Outputs) -> None:
    """One of source and result is a clip by its name, and the other is not; or settings of what has no settings file."""
    source, output = job.source, outputs.result
    if isinstance(job, ClipJob) and not is_clip(output):
        raise InputError(f"{output}: the source {source} is a clip: give an output that ends in .mp4, .mov or .mkv")
    if is_clip(output) and not isinstance(job, ClipJob):
        suffix = source.suffix.lower() if source.suffix.lower() in FORMATS else ".png"
        raise InputError(f"{output}: the source {source} is no clip: give an output that ends in {suffix}")
    if not isinstance(job, ClipJob):
        check_same_kind(source, output)
    if isinstance(job, FramesJob) and outputs.settings is not None:
        raise InputError(
            f"{outputs.settings}: settings files are for single pictures and clips: save the grade as a file instead"
        )


def _check_grades(outputs: Outputs, inputs: list[Path], *, is_cdl: bool, lut_makers: tuple[str, ...]) -> None:
    check_cube_size(outputs.cube_size)
    allowed = {"cdl": cdl_suffixes(), "cube": lattice_suffixes()}
    named: set[Path] = set()
    for role, path in outputs.grade_files.items():
        suffixes = allowed.get(role, grade_suffixes())
        found = format_for(path)
        if found is None or found.suffix not in suffixes:
            raise InputError(f"{path}: give a name that ends in {' or '.join(suffixes)}")
        if path in named:
            raise InputError(f"{path}: given for two grade files; give each a name of its own")
        named.add(path)
        check_grade_path(path, is_cdl=is_cdl, cube_size=outputs.cube_size, lut_makers=lut_makers)
        check_place(path, inputs=inputs, overwrite=outputs.overwrite)


def _save_grades(save: Callable[..., Path], outputs: Outputs) -> dict[str, Path]:
    """Save the grade where that is wanted: what was written, by role."""
    return {role: save(path, cube_size=outputs.cube_size) for role, path in outputs.grade_files.items()}


def _save_settings(result: MatchResult | ClipResult, outputs: Outputs) -> dict[str, Path]:
    """Save the settings where that is wanted: what was written, by role."""
    if outputs.settings is None:
        return {}
    write_text_atomically(outputs.settings, result.settings_text())
    return {"settings": outputs.settings}
