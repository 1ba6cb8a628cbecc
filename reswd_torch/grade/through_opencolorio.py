"""Grade files that OpenColorIO reads, and its operations as grades of ours.

A file from elsewhere is looked at before OpenColorIO sees it: it is given a copy that names no other file and announces no more
entries than it holds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.cdl import Cdl, triple
from reswd_torch.grade.kinds import FINE, Transform, sampled
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import LARGEST_OF_OPENCOLORIO, Lut3D, identity_lattice
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.grade.transforms import cdl_transform, processor_of

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

OUTSIDE = "the file holds values outside 0..1; colours are clipped behind it"
"""The note on tables that leave the range of pictures."""


def operations_of(path: Path, text: str) -> list[ocio.Transform]:
    """What a grade file says, as operations of OpenColorIO.

    Args:
        path: the file, for its suffix and for the message.
        text: what it holds, looked at already.

    Raises:
        InputError: OpenColorIO cannot read it.
    """
    import PyOpenColorIO as ocio

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"grade{path.suffix.lower()}"
        copy.write_text(text, encoding="utf-8", newline="\n")
        level = ocio.GetLoggingLevel()
        ocio.SetLoggingLevel(ocio.LOGGING_LEVEL_NONE)  # it would print what it passes over, with the name of the copy
        try:
            told = ocio.FileTransform(str(copy), "", ocio.INTERP_TETRAHEDRAL)
            group = ocio.Config.CreateRaw().getProcessor(told).createGroupTransform()
        except (ocio.Exception, UnicodeDecodeError) as error:  # it cuts its messages off within a letter
            reason = " ".join(str(error).replace(str(copy), path.name).split())[:200]
            raise InputError(f"{path}: not a readable {path.suffix} ({reason}); export it again") from error
        finally:
            ocio.SetLoggingLevel(level)
            ocio.ClearAllCaches()  # it keeps every file that it has read
    return list(group)


def grade_of(operations: list[ocio.Transform]) -> tuple[Transform, tuple[str, ...]]:
    """Operations as a grade: ten numbers and tables as they are, everything else sampled on a lattice.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: numbers that a grade cannot have.
    """
    cdl = _ten_numbers(operations)
    if cdl is not None:
        return cdl, ()
    steps = _tables(operations)
    if steps is not None:
        last = steps[-1]
        leaves = bool(last.values.min() < 0.0) or bool(last.values.max() > 1.0)
        tables: Transform = last if isinstance(last, Lut3D) and len(steps) == 1 else LutChain(tuple(steps))
        return tables, (OUTSIDE,) if leaves else ()
    colours = np.ascontiguousarray(identity_lattice(FINE).numpy().reshape(-1, 3))
    processor_of(operations).applyRGB(colours)
    lattice = Lut3D(torch.from_numpy(colours.reshape(FINE, FINE, FINE, 3)), foreign=True)
    note = f"the file holds more than tables or ten numbers: sampled on a lattice of {FINE} points"
    return lattice, (note, OUTSIDE) if lattice.leaves_range else (note,)


def _ten_numbers(operations: list[ocio.Transform]) -> Cdl | None:
    """Operations that are one clamping CDL, or none at all."""
    import PyOpenColorIO as ocio

    if not operations:
        return Cdl()
    only = operations[0]
    if len(operations) > 1 or not isinstance(only, ocio.CDLTransform) or _is_inverse(only):
        return None
    if only.getStyle() != ocio.CDL_ASC:
        return None
    return Cdl(triple(only.getSlope()), triple(only.getOffset()), triple(only.getPower()), float(only.getSat()))


def _tables(operations: list[ocio.Transform]) -> list[Lut1D | Lut3D] | None:
    """Operations that are tables one behind the other, with a domain in front of any; None where one is something else."""
    import PyOpenColorIO as ocio

    steps: list[Lut1D | Lut3D] = []
    for at, each in enumerate(operations):
        if _is_inverse(each) or (steps and isinstance(steps[-1], Lut3D)):
            return None
        if isinstance(each, ocio.Lut3DTransform):
            size = each.getGridSize()
            steps.append(Lut3D(torch.from_numpy(each.getData().reshape(size, size, size, 3).copy()), foreign=True))
        elif isinstance(each, ocio.Lut1DTransform) and not each.getInputHalfDomain():
            if each.getHueAdjust() != ocio.HUE_NONE or each.getLength() < 2:
                return None
            steps.append(Lut1D(torch.from_numpy(each.getData().reshape(-1, 3).copy())))
        elif isinstance(each, ocio.MatrixTransform) and at + 1 < len(operations) and (domain := _domain(each)):
            steps.append(domain)  # a table follows, and clamps as a domain does
        else:
            return None
    return steps


def _domain(matrix: ocio.MatrixTransform) -> Lut1D | None:
    """A matrix that scales each channel on its own, as the domain of what is behind it."""
    numbers = np.array(matrix.getMatrix()).reshape(4, 4)
    scales, offsets = np.diag(numbers)[:3], np.array(matrix.getOffset())[:3]
    if not (np.isfinite(numbers).all() and np.isfinite(offsets).all()):
        return None
    if np.abs(numbers - np.diag(np.diag(numbers))).max() > 0.0 or scales.min() <= 0.0:
        return None
    return Lut1D.scale(triple(-offsets / scales), triple((1.0 - offsets) / scales))


def _is_inverse(operation: ocio.Transform) -> bool:
    import PyOpenColorIO as ocio

    return bool(operation.getDirection() == ocio.TRANSFORM_DIR_INVERSE)


def operations_for(transform: Transform, cube_size: int) -> list[ocio.Transform]:
    """The inverse of :func:`grade_of`: a grade as operations, exactly where OpenColorIO has them.

    Args:
        transform: the grade.
        cube_size: lattice points along one axis for the others.
    """
    if isinstance(transform, Cdl):
        return [cdl_transform(transform)]
    if isinstance(transform, Lut3D):
        exact = transform if transform.size <= LARGEST_OF_OPENCOLORIO else transform.resampled(FINE)
        return exact.opencolorio()
    lattice = transform.lattice
    if transform.share != 1.0 or (lattice is not None and lattice.size > LARGEST_OF_OPENCOLORIO):
        return sampled(transform, cube_size).opencolorio()
    return [one for step in transform.steps for one in step.opencolorio()]
