"""The distance that people are shown: plain sliced Wasserstein in CIE Lab, along directions that never change."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reswd_torch.appearance import SRGB, Appearance
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.precision import check_float, no_autocast
from reswd_torch.profiles import profile_to_lab
from reswd_torch.threads import one_thread
from reswd_torch.wasserstein import wasserstein_1d

REPORT_DIRECTIONS = 32


@no_autocast()
@one_thread()
def color_distance(
    colors: Float[Tensor, "n 3"],
    others: Float[Tensor, "m 3"],
    *,
    directions: int = REPORT_DIRECTIONS,
    icc: bytes | None = None,
    appearance: Appearance = SRGB,
) -> float:
    """Sliced Wasserstein distance (p = 1) between two sets of colours, in CIE Lab units.

    Args:
        colors: (N, 3), 0..1, sRGB-encoded or in the encoding of ``icc``.
        others: (M, 3), the same; M may differ.
        directions: number of directions, spread evenly over the half-sphere. They are the same every time, so that figures
            of two calls compare.
        icc: the RGB profile of both sets. None, or one that cannot be read, stands for sRGB.
        appearance: how the colours look, where they have no profile.

    Raises:
        InputError: integers, or floats of 8 bits.

    Returns:
        The distance: 0 for equal sets. A uniform shift by about one just noticeable difference gives 1.
    """
    for name, each in (("colors", colors), ("others", others)):
        check_float(name, each)
    thetas = fibonacci_spiral(directions)
    first, second = (thetas @ _lab(each.detach().float().cpu(), icc, appearance).T for each in (colors, others))
    return float(wasserstein_1d(first, second, p=1).mean())


def _lab(colors: Float[Tensor, "n 3"], icc: bytes | None, appearance: Appearance) -> Float[Tensor, "n 3"]:
    return appearance.lab(colors) if icc is None else torch.from_numpy(profile_to_lab(colors.numpy(), icc))
