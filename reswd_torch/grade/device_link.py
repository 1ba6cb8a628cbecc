"""The contents of .icc device links: a lattice between curves, with 16 bits (ICC.1:2022, 8.6 and 10.10)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade.files import one_line, write_bytes_atomically
from reswd_torch.grade.foreign_text import content_of
from reswd_torch.grade.kinds import Transform, in_range, sampled
from reswd_torch.grade.lut1d import Lut1D
from reswd_torch.grade.lut3d import Lut3D
from reswd_torch.grade.lut_chain import LutChain
from reswd_torch.profiles.icc import pack_link, tags_of

_LARGEST = 1 << 25
"""Largest file that is read, bytes. 129 lattice points along one axis take 13 MB."""
_TYPES: dict[bytes, tuple[np.dtype[Any], int, int]] = {
    b"mft1": (np.dtype(np.uint8), 48, 255),
    b"mft2": (np.dtype(">u2"), 52, 65535),
}
"""lut8Type and lut16Type (10.11, 10.10): the numbers of their tables, where these begin, and what stands for 1."""
_BYTE_CURVE = 256
"""Entries of each curve of a lut8Type."""
_LONGEST_CURVE = 4096


def write_device_link(path: Path, transform: Transform, *, description: str, encoding: str, cube_size: int) -> None:
    """Write a grade as a device link from R'G'B' to R'G'B' of one encoding.

    Args:
        path: where to.
        transform: the grade.
        description: what the profile is called.
        encoding: the colour encoding that the grade expects.
        cube_size: lattice points along one axis.

    Raises:
        InputError: the file cannot be written.
    """
    lattice = sampled(transform, cube_size)
    values = in_range(transform, lattice.values).numpy()  # red slowest, as the format has it
    straight = np.array([0, 65535] * 3)
    numbers = np.concatenate([straight, np.rint(values.ravel() * 65535), straight]).astype(">u2")
    identity = np.rint(np.eye(3) * 65536).astype(">i4").tobytes()
    table = b"mft2\0\0\0\0" + bytes([3, 3, lattice.size, 0]) + identity + struct.pack(">2H", 2, 2) + numbers.tobytes()
    profile = pack_link(one_line(description), one_line(encoding), table)
    write_bytes_atomically(path, profile)


def read_device_link(path: Path) -> tuple[Transform, tuple[str, ...]]:
    """Read a device link from R'G'B' to R'G'B' with tables of 8 or 16 bits.

    Returns:
        The grade, and notes on what was assumed.

    Raises:
        InputError: the file is no such profile.
    """
    content = content_of(path, _LARGEST)
    if content[36:40] != b"acsp" or content[12:16] != b"link" or content[16:24] != b"RGB RGB ":
        raise InputError(
            f"{path}: not a device link from RGB to RGB, the one kind of ICC profile that holds a grade; give a grade file"
        )
    table = tags_of(content).get(b"A2B0", b"")
    if table[:4] not in _TYPES:
        raise InputError(f"{path}: its tables are not of the types lut8 or lut16; export the grade as .cube")
    try:
        return _graded_by(table)
    except (ValueError, struct.error, IndexError) as error:
        raise InputError(f"{path}: the profile is damaged ({error}); export it again") from error


def _graded_by(table: bytes) -> tuple[Transform, tuple[str, ...]]:
    """The curves, the lattice and the curves behind it. Raises ValueError, IndexError or struct.error for nonsense."""
    dtype, start, top = _TYPES[table[:4]]
    size, before, behind = table[10], _BYTE_CURVE, _BYTE_CURVE
    if table[8:10] != b"\3\3" or size < 2:
        raise ValueError("it has no lattice of three channels")
    if start == 52:
        before, behind = struct.unpack_from(">2H", table, 48)
        if not (2 <= before <= _LONGEST_CURVE and 2 <= behind <= _LONGEST_CURVE):
            raise ValueError(f"curves of {before} and {behind} entries")
    counts = [3 * before, 3 * size**3, 3 * behind]
    if len(table) < start + sum(counts) * dtype.itemsize:
        raise ValueError("its tables end early")
    numbers = torch.from_numpy(np.frombuffer(table, dtype, sum(counts), start).astype(np.float32) / top)
    first, lattice, last = numbers.split(counts)
    curves, after = Lut1D(first.reshape(3, -1).T), Lut1D(last.reshape(3, -1).T)
    colours = Lut3D(lattice.reshape(size, size, size, 3), foreign=True)
    if _is_straight(after):
        return (colours if _is_straight(curves) else LutChain((curves, colours))), ()
    # No grade has curves behind its lattice. Bent at the lattice points they are exact there.
    bent = Lut3D(after.apply(colours.values.reshape(-1, 3)).reshape(colours.values.shape), foreign=True)
    note = f"the curves behind its lattice were taken at the {size} lattice points along each axis"
    return (bent if _is_straight(curves) else LutChain((curves, bent))), (note,)


def _is_straight(curves: Lut1D) -> bool:
    """Whether curves leave everything as it is, but for rounding."""
    line = torch.linspace(0.0, 1.0, curves.size)[:, None]
    return bool((curves.values - line).abs().max() < 1e-4)
