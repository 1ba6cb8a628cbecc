"""The colours of a match between colour spaces as a display shows them, for charts and points."""

from __future__ import annotations

import numpy as np

from reswd_torch.matching import PixelSample
from reswd_torch.spaces import SpaceChoice, View, delivery, source_view, working_view
from reswd_torch.spaces.chain import graded_in
from reswd_torch.spaces.sight import on_screen
from studio.service.match import MatchResult
from studio.service.spaces.fit import seen_sample
from studio.views.charts import Colors


def seen_sides(result: MatchResult, spaces: SpaceChoice) -> tuple[PixelSample, PixelSample | None]:
    """The samples of source and reference as a display shows them, in sRGB; None without a reference."""
    screen, target = on_screen(spaces), result.target_sample
    source = seen_sample(seen_sample(result.source_sample, source_view(spaces)), screen)
    return source, None if target is None else seen_sample(target, screen)


def seen_colours(result: MatchResult, spaces: SpaceChoice) -> list[Colors]:
    """Source, result and, where there is one, reference, as a display shows them, in sRGB."""
    source = result.source_sample.held_out.numpy()
    working = delivery(spaces.config, spaces.source, spaces.working)(source)
    grade = result.grade
    graded = working if grade.leaves_alone else graded_in(spaces, grade.effective)(working)
    screen = on_screen(spaces)
    before, after = (
        _shown(view, screen, each) for view, each in ((source_view(spaces), source), (working_view(spaces), graded))
    )
    sets = [Colors("Source", before), Colors("Result", after)]
    if result.target_sample is not None:
        sets.append(Colors("Reference", _shown(np.asarray, screen, result.target_sample.held_out.numpy())))
    return sets


def _shown(view: View, screen: View, colours: np.ndarray) -> np.ndarray:
    return screen(np.nan_to_num(view(colours)).clip(0.0, 1.0))
