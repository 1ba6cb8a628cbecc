"""The distance that people are shown: plain sliced Wasserstein in CIE Lab, along directions that never change."""

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
        directions: number of directions, spread evenly over the half-sphere. They are the same every time, so that figures
            of two calls compare.

    Returns:
        The distance: 0 for equal sets. A uniform shift by about one just noticeable difference gives 1.
    """
    thetas = fibonacci_spiral(directions)
    first, second = (thetas @ srgb_to_lab(c.detach().float().cpu()).T for c in (colors, others))
    return float(wasserstein_1d(first, second, p=1).mean())
