"""Parts of pictures as a viewer shows them: graded, in sRGB, with what was clipped marked where that is asked for."""

from __future__ import annotations

import numpy as np

from reswd_torch.grade import Cdl, Grade
from reswd_torch.spaces import SpaceChoice
from studio.service.spaces.render import render_picture
from studio.views.clipping import draw_clipping, pushed_out
from studio.views.preview import display_pixels
from studio.views.pyramid import Part
from studio.views.seen import Seen, result_seen

_NOTHING = Grade(Cdl(), strength=0.0)


def shown_pixels(
    part: Part,
    grade: Grade | None = None,
    *,
    clipping: bool = False,
    spaces: SpaceChoice | None = None,
    seen: Seen | None = None,
) -> np.ndarray:
    """A part as a screen shows it.

    Args:
        part: of the picture.
        grade: what to apply; None for the picture as it is.
        clipping: whether to mark what the grade pushed out of the range: of floats, which keep what lies beyond it, out of
            what the screen shows.
        spaces: the colour spaces that a grade is applied between; None for the encoding of the file.
        seen: how a picture without a grade is seen; None for the encoding of the file.

    Returns:
        (h, w, 3) uint8, sRGB.
    """
    picture = part.picture
    if grade is None:
        return display_pixels(picture, picture.pixels, seen)
    result = result_seen(spaces)
    graded = render_picture(picture, grade, spaces, part.weights)
    shown = display_pixels(picture, graded, result)
    if not clipping:
        return shown
    before = picture.pixels if spaces is None else render_picture(picture, _NOTHING, spaces, None)
    if picture.of_floats:
        before, graded = display_pixels(picture, before, result), shown
    return draw_clipping(shown, pushed_out(before, graded))
