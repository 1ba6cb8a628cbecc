"""The linear light that the codes of a profile stand for, in which matrices and root polynomials work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import linear_to_lab
from reswd_torch.profiles.convert import matrix_profile
from reswd_torch.profiles.icc import MatrixProfile


@dataclass(frozen=True, eq=False)
class Light:
    """Codes to linear light and on to CIE Lab.

    Attributes:
        profile: the curves and the primaries. A profile with tables has none that could be used; sRGB's stand for them, which is
            near enough for a fit (differences are reported by the profile itself).
    """

    profile: MatrixProfile

    @classmethod
    def of(cls, icc: bytes | None) -> Light:
        """The light of a profile; None for sRGB."""
        return cls(matrix_profile(icc) or _srgb())

    def decode(self, codes: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """Linear light, float64, of codes in 0..1; white is 1."""
        unit = np.clip(np.asarray(codes, np.float64), 0.0, 1.0)
        return np.stack([curve.decode(unit[:, i]) for i, curve in enumerate(self.profile.curves)], axis=1)

    def encode(self, linear: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """The codes of linear light, clipped to 0..1."""
        unit = np.clip(linear, 0.0, 1.0)
        codes = [curve.encode(unit[:, i]) for i, curve in enumerate(self.profile.curves)]
        return np.clip(np.stack(codes, axis=1), 0.0, 1.0)

    def lab(self, linear: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """CIE Lab under D65 of linear light; colours outside 0..1 are not clipped. Differentiable."""
        return linear_to_lab(linear @ torch.from_numpy(self.to_srgb).to(linear).T)

    @property
    def to_srgb(self) -> Float[np.ndarray, "3 3"]:
        """From linear light in the profile's primaries to linear light in sRGB's."""
        return np.linalg.solve(_srgb().matrix, self.profile.matrix)


def _srgb() -> MatrixProfile:
    known = matrix_profile(None)
    assert known is not None
    return known
