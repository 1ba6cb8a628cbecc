"""Parts of pictures as a viewer shows them: graded, in sRGB, with what was clipped marked where that is asked for."""

from __future__ import annotations

import numpy as np

from reswd_torch.grade import Grade
from studio.service.render import render
from studio.views.clipping import draw_clipping, pushed_out
from studio.views.preview import display_pixels
from studio.views.pyramid import Part


def shown_pixels(part: Part, grade: Grade | None = None, *, clipping: bool = False) -> np.ndarray:
    """A part as a screen shows it.

    Args:
        part: of the picture.
        grade: what to apply; None for the picture as it is.
        clipping: whether to mark what the grade pushed out of the range.

    Returns:
        (h, w, 3) uint8, sRGB.
    """
    picture = part.picture
    if grade is None:
        return display_pixels(picture, picture.pixels)
    graded = render(picture.pixels, grade, part.weights)
    shown = display_pixels(picture, graded)
    return draw_clipping(shown, pushed_out(picture.pixels, graded)) if clipping else shown
