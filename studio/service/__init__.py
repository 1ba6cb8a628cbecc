"""The floor that does the jobs: front ends, and programs that use the studio as a library, ask here.

>>> from pathlib import Path
>>> from studio.jobs import Outputs
>>> from studio.references import choose_reference
>>> from studio.service import deliver, job_for
>>> job = job_for(Path("holiday.jpg"), choose_reference(file=Path("film-still.jpg")))
>>> deliver(job, Outputs(Path("graded.jpg"), cube=Path("look.cube")))  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from studio.service.delivery import deliver, deliver_into
    from studio.service.route import job_for, reference_for, run

__all__ = ["deliver", "deliver_into", "job_for", "reference_for", "run"]

_HOME = {
    "deliver": "studio.service.delivery",
    "deliver_into": "studio.service.delivery",
    "job_for": "studio.service.route",
    "reference_for": "studio.service.route",
    "run": "studio.service.route",
}

# On demand: a batch needs no diffusion model, and a help text nothing at all.
__getattr__ = names_on_demand(__name__, _HOME)
