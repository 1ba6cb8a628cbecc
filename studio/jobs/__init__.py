"""What can be asked of the studio, and the one place that says what is allowed.

Every front end builds one of these and hands it to :func:`studio.service.run`. A job that exists is allowed: what cannot be
asked is refused here, before anything is read. Whether files can be read, and places written, the services find out.
"""

from __future__ import annotations

from studio.jobs.batch import EACH, FRESH, OVERWRITE, RESUME, SERIES, BatchJob
from studio.jobs.checks import check_trims_between, settings_for
from studio.jobs.drift import DriftAnchor, DriftJob
from studio.jobs.edit import EditJob
from studio.jobs.guide import GuideJob, PaintJob
from studio.jobs.inpaint import InpaintJob
from studio.jobs.match import ClipJob, FramesJob, MatchJob
from studio.jobs.outputs import Outputs
from studio.jobs.places import GuidePlace

Job = MatchJob | BatchJob | GuideJob | PaintJob
"""Whatever :func:`studio.service.run` does; a :class:`ClipJob` and a :class:`FramesJob` are kinds of :class:`MatchJob`."""

__all__ = [
    "EACH",
    "FRESH",
    "OVERWRITE",
    "RESUME",
    "SERIES",
    "BatchJob",
    "ClipJob",
    "DriftAnchor",
    "DriftJob",
    "EditJob",
    "FramesJob",
    "GuideJob",
    "GuidePlace",
    "InpaintJob",
    "Job",
    "MatchJob",
    "Outputs",
    "PaintJob",
    "check_trims_between",
    "settings_for",
]
