"""Parts of pictures as a viewer shows them: graded, in sRGB, with what was clipped marked where that is asked for."""

from __future__ import annotations

import numpy as np

from reswd_torch.grade import Grade
from studio.service.render import render
from studio.views.preview import display_pixels
from studio.views.pyramid import Part


def shown_pixels(part: Part, grade: Grade | None = None) -> np.ndarray:
    """A part as a screen shows it.

    Args:
        part: of the picture.
        grade: what to apply; None for the picture as it is.

    Returns:
        (h, w, 3) uint8, sRGB.
    """
    pixels = part.picture.pixels if grade is None else render(part.picture.pixels, grade, part.weights)
    return display_pixels(part.picture, pixels)
