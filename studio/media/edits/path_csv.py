"""Key frames of a path of grades as CSV: one a row, the ten numbers of ASC CDL v1.2 with all their digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.grade.files import write_text_atomically
from reswd_torch.paths.path import GradePath, KeyFrame
from studio.media.edits.edl import text_of

COLUMNS = (
    "segment", "frame", "seconds",
    "slope_red", "slope_green", "slope_blue", "offset_red", "offset_green", "offset_blue",
    "power_red", "power_green", "power_blue", "saturation",
)  # fmt: skip
"""The header. A new segment begins at each cut; seconds are for people, and frames count."""


def write_path(file: Path, path: GradePath, seconds: Callable[[int], float]) -> None:
    """Write a path. Read back it is the same, to the last bit.

    Args:
        file: where to.
        path: the key frames.
        seconds: when a frame is shown, from the start.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number, segment in enumerate(path.segments, 1):
        for key in segment:
            cdl = key.cdl
            numbers = (*cdl.slope, *cdl.offset, *cdl.power, cdl.saturation)
            rows.writerow([number, key.frame, f"{seconds(key.frame):.6f}", *map(repr, numbers)])
    write_text_atomically(file, out.getvalue())


def read_path(file: Path) -> GradePath:
    """Read a path.

    Raises:
        InputError: the file cannot be read, or a row of it is none; the message says which.
    """
    try:
        rows = list(csv.reader(text_of(file).splitlines()))
    except csv.Error as error:
        raise InputError(f"{file}: not a readable CSV ({error}); write the file again") from error
    if not rows or tuple(name.strip() for name in rows[0]) != COLUMNS:
        raise InputError(f"{file}: no key frames: the first line must be {','.join(COLUMNS)}")
    segments: dict[int, list[KeyFrame]] = {}
    last = 0
    for line, row in enumerate(rows[1:], 2):
        if not row:
            continue
        try:
            if len(row) != len(COLUMNS):
                raise ValueError(f"{len(row)} values instead of {len(COLUMNS)}")
            segment, frame = int(row[0]), int(row[1])
            n = [float(value) for value in row[3:]]
            cdl = Cdl((n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8]), n[9])
        except (ValueError, InputError) as error:
            raise InputError(f"{file}: line {line} is no key frame: {error}; write the file again") from error
        if segment < last:
            raise InputError(f"{file}: line {line}: segment {segment} comes behind segment {last}; put them in order")
        last = segment
        segments.setdefault(segment, []).append(KeyFrame(frame, cdl))
    try:
        return GradePath(tuple(tuple(keys) for keys in segments.values()))
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
