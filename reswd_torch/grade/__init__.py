"""What a match returns: a grade that can be applied, weakened, saved and loaded.

The names below load on first use, so that :mod:`reswd_torch.grade.formats`, which menus and help texts ask, needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reswd_torch.lazy import names_on_demand

if TYPE_CHECKING:
    from reswd_torch.grade.cdl import Cdl
    from reswd_torch.grade.grade import CubeError, Grade, load_grade
    from reswd_torch.grade.lut1d import Lut1D
    from reswd_torch.grade.lut3d import Lut3D
    from reswd_torch.grade.lut_chain import LutChain

__all__ = ["CubeError", "Cdl", "Grade", "Lut1D", "Lut3D", "LutChain", "load_grade"]

__getattr__ = names_on_demand(
    __name__,
    {
        "CubeError": "reswd_torch.grade.grade",
        "Cdl": "reswd_torch.grade.cdl",
        "Grade": "reswd_torch.grade.grade",
        "Lut1D": "reswd_torch.grade.lut1d",
        "Lut3D": "reswd_torch.grade.lut3d",
        "LutChain": "reswd_torch.grade.lut_chain",
        "load_grade": "reswd_torch.grade.grade",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
