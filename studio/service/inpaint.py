"""A repainted region matched, from files to files: all places are checked first, then it is fitted, composed and written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.inpainting import Inpainting, fit_inpainting
from reswd_torch.learning.pictures import as_unit
from reswd_torch.profiles import to_profile
from reswd_torch.settings import AUTO_TRANSFORM, CDL
from studio.fault import faults_of
from studio.jobs.inpaint import InpaintJob
from studio.media.images import (
    Picture,
    check_same_kind,
    losses,
    read_mask,
    read_picture,
    supported_output,
    write_picture,
)
from studio.media.places import check_place, written_together
from studio.watch import UNWATCHED, Watch

_CUBE_SIZE = 33


@dataclass(frozen=True, eq=False)
class InpaintResult:
    """A matched region whose files are written.

    Attributes:
        job: what was asked.
        fit: the grade, what it stands on, and the seam before and after.
        notes: what was assumed or left out.
        written: every file, by role.
    """

    job: InpaintJob
    fit: Inpainting
    notes: tuple[str, ...]
    written: dict[str, Path]

    def to_record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return self.fit.to_record() | {
            "encoding": self.fit.grade.encoding,
            "notes": list(self.notes),
            "written": {role: str(path) for role, path in self.written.items()},
        }


def run_inpaint(job: InpaintJob, watch: Watch = UNWATCHED) -> InpaintResult:
    """Match a repainted region and write the result, and its grade where that is wanted.

    Args:
        job: the files.
        watch: told what is being done; may stop it.

    Raises:
        InputError: a file that cannot be read, pictures of different sizes, a mask that is black or white everywhere, a
            picture of floats, or a place that cannot be written; the last before any work.
        Fault: anything else that goes wrong.
        Cancelled: it was stopped; no file is left behind.
    """
    with faults_of(job.image):
        _check_places(job)
        return _run(job, watch)


def _check_places(job: InpaintJob) -> None:
    """Refuse before any work what could not be written in the end."""
    check_same_kind(job.image, job.output)
    supported_output(job.output, inputs=job.inputs, overwrite=job.overwrite)
    named: set[Path] = {job.output}
    for path in job.grades:
        if path in named:
            raise InputError(f"{path}: given for two files; give each a name of its own")
        named.add(path)
        check_grade_path(path, is_cdl=True, cube_size=_CUBE_SIZE)
        check_place(path, inputs=(*job.inputs, job.output), overwrite=job.overwrite)


def _run(job: InpaintJob, watch: Watch) -> InpaintResult:
    watch(0.0, "reading the pictures")
    picture = _read(job.image)
    generated = _read(job.generated)
    if (picture.height, picture.width) != (generated.height, generated.width):
        raise InputError(
            f"{job.generated}: the generated picture is {generated.width} x {generated.height} and the image "
            f"{picture.width} x {picture.height}: give both at one size"
        )
    mask = read_mask(job.mask, (picture.height, picture.width))
    if bool((mask > 0).all()):
        raise InputError(f"{job.mask}: the mask is black nowhere: leave black what the model did not repaint")
    first = as_unit(picture.pixels)
    second = to_profile(as_unit(generated.pixels), generated.icc, picture.icc)
    watch(0.3, "matching")
    transform = CDL if job.wants_ten_numbers else AUTO_TRANSFORM
    fit = fit_inpainting(first, second, mask, transform=transform, icc=picture.icc)
    watch(0.7, "joining")
    joined = fit.apply(first, second, mask, feather=job.feather)
    pixels = np.rint(joined * np.float32(np.iinfo(picture.pixels.dtype).max)).astype(picture.pixels.dtype)
    watch(0.8, "writing")
    notes = [*_notes_of(picture), *_notes_of(generated), *fit.notes, *losses(job.output, picture)]
    with written_together(overwrite=job.overwrite):
        written = {"output": write_picture(job.output, picture, pixels, overwrite=job.overwrite, last=True)}
        for number, path in enumerate(job.grades, 1):
            told = f"ReSWD Studio: {job.generated.name} matched to {job.image.name} around {job.mask.name}"
            written[f"grade {number}"] = fit.grade.save(path, cube_size=_CUBE_SIZE, description=told)
    return InpaintResult(job, replace(fit, notes=()), tuple(notes), written)


def _read(path: Path) -> Picture:
    picture = read_picture(path)
    if picture.of_floats:
        raise InputError(f"{path}: the picture is of floats: give one of 8 or 16 bits, such as a PNG")
    return picture


def _notes_of(picture: Picture) -> list[str]:
    return [f"{picture.path.name}: {note}" for note in picture.notes]
