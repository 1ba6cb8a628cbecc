"""The distance that a person is shown: plain sliced Wasserstein in Lab, along directions that never change."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from reswd_torch.color import srgb_to_lab
from reswd_torch.directions import fibonacci_spiral
from reswd_torch.threads import one_thread
from reswd_torch.wasserstein import wasserstein_1d

REPORT_DIRECTIONS = 32


@one_thread()
def color_distance(
    colors: Float[Tensor, "n 3"], others: Float[Tensor, "m 3"], *, directions: int = REPORT_DIRECTIONS
) -> float:
    """Sliced Wasserstein distance (p = 1) between two sets of colours, in CIE Lab units.

    Args:
        colors: (N, 3), sRGB-encoded, 0..1.
        others: (M, 3), the same; M may differ.
        directions: how many, spread evenly over the half-sphere; the same ones every time, so that two figures compare.

    Returns:
        0 for equal sets; 1 is about one just noticeable difference for a uniform shift.
    """
    thetas = fibonacci_spiral(directions)
    first, second = (thetas @ srgb_to_lab(c.detach().float().cpu()).T for c in (colors, others))
    return float(wasserstein_1d(first, second, p=1).mean())
