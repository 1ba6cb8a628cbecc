"""From a batch job to the plan and the record of its run, with everything checked that can be before it starts."""

from __future__ import annotations

import hashlib
from pathlib import Path

from reswd_torch.errors import InputError
from studio.jobs import EACH, RESUME, SERIES, BatchJob, FramesJob
from studio.kinds import RESULT_FORMATS
from studio.media.clips.read import read_facts
from studio.media.images.refuse import file_hash
from studio.media.places import sha256_of
from studio.records.batch import KeptFile, RunRecord
from studio.references import (
    ClipReference,
    FolderReference,
    PaletteReference,
    SavedGrade,
    choose_batch_reference,
    reference_files,
)
from studio.service.apply import saved_grade
from studio.service.batch.plan import BatchPlan, check_folders, pictures_in, plan_folder
from studio.service.batch.sequence import plan_sequence
from studio.service.batch.series import references_of, saved_series
from studio.service.spaces.grade_files import check_grade_between


def prepare_batch(job: BatchJob) -> tuple[BatchPlan, RunRecord]:
    """The plan of a run and its record, still without the grade of a series.

    Raises:
        InputError: anything that would keep the run from starting.
    """
    check_folders(job.folder, job.output)
    _check_masks(job)
    if job.spaces is not None and job.grade_files is not None:
        check_grade_between(Path(f"grade{job.grade_files}"), job.spaces)
    if job.existing == RESUME and isinstance(job.reference, SavedGrade) and job.reference.path is None:
        raise InputError(
            f"{job.output}: a grade that is no file cannot be compared with that of the run there: save it, and give the file"
        )
    folder = job.reference.path if isinstance(job.reference, FolderReference) else None
    plan = plan_folder(
        job.folder.absolute(),
        job.output.absolute(),
        recursive=job.recursive,
        references=folder.absolute() if job.each_its_own and folder is not None else None,
        masks=None if job.mask is None else job.mask.absolute(),
        inputs=_single_files(job),
        suffix=RESULT_FORMATS[job.output_format].suffix,
    )
    return plan, _checked_record(job, job.folder.absolute())


def prepare_frames(
    job: FramesJob, output: Path, records: Path, *, overwrite: bool = False
) -> tuple[BatchPlan, RunRecord]:
    """The same for numbered frames, which are a series: :mod:`studio.service.batch.sequence`.

    Args:
        job: what to match to what.
        output: the pattern of the results.
        records: a folder for the state of the run.
        overwrite: replace frames that exist.

    Raises:
        InputError: anything that would keep the run from starting.
    """
    batch = BatchJob(
        job.source,
        output,
        job.reference,
        mode=SERIES,
        settings=job.settings,
        mask=job.mask,
        spaces=job.spaces,
    )
    _check_masks(batch)
    inputs = _single_files(batch)
    plan = plan_sequence(job.source, output, records, inputs=inputs, mask=job.mask, overwrite=overwrite)
    return plan, _checked_record(batch, job.source)


def _check_masks(job: BatchJob) -> None:
    for mask in (job.mask, job.target_mask):
        if mask is not None and not mask.exists():
            raise InputError(f"{mask}: there is no such mask: check the name")


def _single_files(job: BatchJob) -> list[Path]:
    """The files that the run reads beside the pictures and the files of folders."""
    grade = job.reference.path if isinstance(job.reference, SavedGrade) else None
    files = [*reference_files(job.reference).values(), *filter(None, (job.mask, grade))]
    if job.spaces is not None and not job.spaces.is_built_in:
        files.append(Path(job.spaces.config))
    return [path for path in files if path.is_file()]


def _checked_record(job: BatchJob, source: Path) -> RunRecord:
    """The record. A reference for all pictures is read now, and not after hours."""
    record = _record(job, source)
    if record.grade is None and not record.series and not job.each_its_own:
        for reference in references_of(record):
            reference.in_encoding(None) if job.spaces is None else reference.between(None, job.spaces)
    return record


def _record(job: BatchJob, source: Path) -> RunRecord:
    reference = job.reference
    saved = reference if isinstance(reference, SavedGrade) else None
    return RunRecord(
        source=str(source),
        mode=SERIES if saved else job.mode,
        settings=job.settings,
        palette=reference.text if isinstance(reference, PaletteReference) else None,
        reference=_reference(job),
        target_mask=None if job.target_mask is None else _kept(job.target_mask),
        at=reference.at if isinstance(reference, ClipReference) else None,
        grade=KeptFile(str(saved.path.absolute()), sha256_of(saved.path)) if saved and saved.path else None,
        recursive=job.recursive,
        masks=None if job.mask is None else str(job.mask.absolute()),
        grade_files=job.grade_files,
        settings_files=job.settings_files,
        output_format=job.output_format,
        quality=job.quality,
        spaces=job.spaces,
        config=None if job.spaces is None or job.spaces.is_built_in else _kept(Path(job.spaces.config)),
        series=saved_series(saved.grade, job.settings) if saved else (),
    )


def _kept(path: Path) -> KeptFile:
    return KeptFile(str(path.absolute()), file_hash(path))


def _reference(job: BatchJob) -> KeptFile | None:
    """The reference's place and hash. Where each picture has its own, report.csv notices changes, so no hash is kept."""
    if isinstance(job.reference, ClipReference):
        clip = read_facts(job.reference.path, hdr=True).path  # which refuses what is no clip
        return KeptFile(str(clip.absolute()), sha256_of(clip))
    if (path := reference_files(job.reference).get("target")) is not None:
        return _kept(path)
    if not isinstance(job.reference, FolderReference):
        return None
    folder = job.reference.path
    if job.mode == EACH:
        return KeptFile(str(folder.absolute()))
    both = hashlib.sha256()
    for path in pictures_in(folder):
        both.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\0".encode("utf-8", "surrogateescape"))
    return KeptFile(str(folder.absolute()), both.hexdigest())


def resumed(record: RunRecord, folder: Path, output: Path) -> BatchJob:
    """The job to go on with a run that its record describes.

    Args:
        record: what the run was asked to do.
        folder: the pictures.
        output: the run's folder.

    Raises:
        InputError: a reference that is no longer there.
    """
    grade = saved_grade(None if record.grade is None else Path(record.grade.path))
    reference = choose_batch_reference(
        file=None if record.reference is None else Path(record.reference.path),
        mask=None if record.target_mask is None else Path(record.target_mask.path),
        at=record.at,
        palette=record.palette,
        grade=grade,
    )
    return BatchJob(
        folder,
        output,
        reference,
        mode=EACH if grade else record.mode,
        settings=record.settings,
        recursive=record.recursive,
        mask=None if record.masks is None else Path(record.masks),
        grade_files=record.grade_files,
        settings_files=record.settings_files,
        output_format=record.output_format,
        quality=record.quality,
        existing=RESUME,
        spaces=record.spaces,
    )
