"""The colours of a match between colour spaces as a display shows them, for charts."""

from __future__ import annotations

import numpy as np

from reswd_torch.matching import PixelSample
from reswd_torch.spaces import SpaceChoice, conversion, view_of
from reswd_torch.spaces.chain import graded_in, working_view
from studio.service.match import MatchResult
from studio.service.spaces import seen_sample
from studio.views.charts import Colors


def seen_source(result: MatchResult, spaces: SpaceChoice) -> PixelSample:
    """The source's sample as a display shows it, which is what the fit looked at."""
    return seen_sample(result.source_sample, view_of(spaces.config, spaces.source))


def seen_colours(result: MatchResult, spaces: SpaceChoice) -> list[Colors]:
    """Source, result and, where there is one, reference, as a display shows them: what the distances are of."""
    source = result.source_sample.held_out.numpy()
    working = conversion(spaces.config, spaces.source, spaces.working)(source)
    grade = result.grade
    graded = working if grade.leaves_alone else graded_in(spaces, grade.effective)(working)
    before, after = view_of(spaces.config, spaces.source)(source), working_view(spaces)(graded)
    sets = [Colors("Source", _in_range(before)), Colors("Result", _in_range(after))]
    if result.target_sample is not None:
        sets.append(Colors("Reference", result.target_sample.held_out.numpy()))
    return sets


def _in_range(colours: np.ndarray) -> np.ndarray:
    return np.nan_to_num(colours).clip(0.0, 1.0)
