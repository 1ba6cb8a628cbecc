"""What match says in the end, of pictures, clips and numbered frames alike; and where their grades may be saved."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.grade import Grade
from reswd_torch.grade.files import CDL_FORMATS
from reswd_torch.grade.grade import check_grade_path
from reswd_torch.settings import check_cube_size
from studio.media.places import check_place


def check_grades(
    cdl: Path | None, cube: Path | None, *, is_cdl: bool, cube_size: int, inputs: Iterable[Path], overwrite: bool
) -> None:
    """Refuse before any work grade files that could not be written in the end. Raises InputError."""
    check_cube_size(cube_size)
    inputs = list(inputs)
    for path, suffixes in ((cdl, tuple(CDL_FORMATS)), (cube, (".cube",))):
        if path is None:
            continue
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: give a name that ends in {' or '.join(suffixes)}")
        check_grade_path(path, is_cdl=is_cdl, cube_size=cube_size)
        check_place(path, inputs=inputs, overwrite=overwrite)


def save_grades(save: Callable[..., Path], cdl: Path | None, cube: Path | None, cube_size: int) -> dict[str, Path]:
    """Save the grade where that is wanted: what was written, by role.

    Args:
        save: ``save_grade`` of a result, or ``save`` of a grade.
        cdl: for a .cc, .ccc or .cdl.
        cube: for a .cube.
        cube_size: its lattice points.
    """
    wanted = {"cdl": cdl, "cube": cube}
    return {role: save(path, cube_size=cube_size) for role, path in wanted.items() if path is not None}


def tell(
    grade: Grade,
    written: dict[str, Path],
    *,
    notes: Iterable[str],
    encoding: str,
    cube_size: int,
    as_json: bool,
    distances: tuple[float, float] | None,
    facts: dict[str, Any],
    line: str | None = None,
) -> None:
    """Print what was found and written, for people or as JSON.

    Args:
        grade: at its strength.
        written: every file, by role.
        notes: what was assumed; to stderr.
        encoding: the colour encoding that the grade belongs to.
        cube_size: lattice points of a .cube.
        as_json: for programs.
        distances: before and after; None where a saved grade was applied.
        facts: more for the JSON; ``seconds`` is said to people as well.
        line: more for people.
    """
    notes = list(notes)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        before, after = distances or (None, None)
        record = {"distance_before": before, "distance_after": after, **facts, "encoding": encoding}
        record |= {
            "grade": {name: value for name, value in grade.to_record().items() if name != "values"},
            "notes": notes,
            "written": {role: str(path) for role, path in written.items()},
            "cube_error": asdict(grade.cube_error(cube_size)),
        }
        print(json.dumps(record, indent=2))
        return
    if distances is not None:
        before, after = distances
        print(f"distance {before:.2f} -> {after:.2f} (sliced Wasserstein, Lab units), {facts['seconds']:.2f} s")
    if line is not None:
        print(line)
    print(grade.effective.describe())
    if "cube" in written:
        error = grade.cube_error(cube_size)
        print(f".cube, {error.size} points: at most {error.max * 255:.1f}/255 from the grade between its points")
    for path in written.values():
        print(f"wrote {path}")
