"""Paths of grades: a grade that changes over time, its fit to a clip that drifts, and its split into single grades.

The names below load on first use, so that importing the package loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.paths.fit import fit_segment
    from reswd_torch.paths.links import Link, Pinned, find_links, shared
    from reswd_torch.paths.path import GradePath, KeyFrame
    from reswd_torch.paths.stretches import Stretch, stretches_of

__all__ = ["GradePath", "KeyFrame", "Link", "Pinned", "Stretch", "find_links", "fit_segment", "shared", "stretches_of"]

__getattr__ = names_on_demand(
    __name__,
    {
        "GradePath": "reswd_torch.paths.path",
        "KeyFrame": "reswd_torch.paths.path",
        "Link": "reswd_torch.paths.links",
        "Pinned": "reswd_torch.paths.links",
        "Stretch": "reswd_torch.paths.stretches",
        "find_links": "reswd_torch.paths.links",
        "fit_segment": "reswd_torch.paths.fit",
        "shared": "reswd_torch.paths.links",
        "stretches_of": "reswd_torch.paths.stretches",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
