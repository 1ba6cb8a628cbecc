"""What a match returns: a grade that can be applied, weakened, saved and loaded."""

from reswd_torch.grade.cdl import Cdl
from reswd_torch.grade.grade import CubeError, Grade, load_grade
from reswd_torch.grade.lut3d import Lut3D

__all__ = ["CubeError", "Cdl", "Grade", "Lut3D", "load_grade"]
