"""What match does with numbered frames: one grade for all of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError

if TYPE_CHECKING:
    from studio.service.batch.request import BatchRequest


def match(
    request: BatchRequest, *, cdl: Path | None, cube: Path | None, cube_size: int, overwrite: bool, as_json: bool
) -> None:
    """Match numbered frames as one series, and report. Exit code 1 where some frames failed or it was stopped.

    Raises:
        InputError: what keeps it from starting, or no frame that could be read.
    """
    from studio.cli.batch import batch_bar, ctrl_c, local_workers
    from studio.cli.outcome import check_grades, save_grades, tell
    from studio.service.batch.record import DONE, read_report
    from studio.service.batch.run import FRESH, OVERWRITE, run_batch

    is_cdl = request.settings.resolved_transform == "cdl"
    inputs = [path for path in (request.target, request.mask, request.target_mask) if path is not None]
    check_grades(cdl, cube, is_cdl=is_cdl, cube_size=cube_size, inputs=inputs, overwrite=overwrite)
    existing = OVERWRITE if overwrite else FRESH
    with tempfile.TemporaryDirectory(prefix="reswd-frames-") as records:
        plan, record = request.prepare_frames(Path(records), overwrite=overwrite)
        with local_workers(None, len(plan.items)) as (workers, number), batch_bar() as on_step, ctrl_c() as stop:
            done = run_batch(plan, record, workers, window=2 * number, existing=existing, stop=stop, on_step=on_step)
        good = [row for row in read_report(done.report).values() if row.status == DONE]
    if done.record is None or not good:
        raise InputError(f"{request.folder}: none of the {len(plan.items)} frames could be matched")
    grade = done.record.series[0].grade
    written = {"output": request.output}
    written |= save_grades(grade.save, cdl, cube, cube_size)
    tell(
        grade,
        written,
        notes=dict.fromkeys(row.message for row in good if row.message),
        encoding=grade.encoding,
        cube_size=cube_size,
        as_json=as_json,
        distances=(
            fmean(float(row.distance_before) for row in good),
            fmean(float(row.distance_after) for row in good),
        ),
        facts={"seconds": done.seconds, "frames": len(good), "failed": done.failed, "left": done.left},
        line=f"{len(good)} of {len(plan.items)} frames",
    )
    if done.full:
        print(f"reswd: {request.output}: the disk is full", file=sys.stderr)
    if len(good) < len(plan.items):
        raise SystemExit(1)
