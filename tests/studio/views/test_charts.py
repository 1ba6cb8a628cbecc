"""The chart of colour distributions."""

from __future__ import annotations

import numpy as np
import pytest

from studio.views.charts import Colors, draw_distributions


@pytest.mark.parametrize("count", [2, 3])
def test_chart_differs_by_colours(count: int) -> None:
    rng = np.random.default_rng(2)
    sets = [Colors(name, rng.uniform(0, 1, (500, 3)).astype(np.float32)) for name in ("Source", "Result", "Reference")]
    chart = draw_distributions(sets[:count])
    assert chart.dtype == np.uint8
    assert chart.shape[2] == 3
    warm = [*sets[: count - 1], Colors("Reference", np.full((500, 3), (0.9, 0.5, 0.2), np.float32))]
    assert not np.array_equal(chart, draw_distributions(warm))


def test_chart_of_one_flat_grey() -> None:
    grey = Colors("Source", np.full((1, 3), 0.5, np.float32))
    assert draw_distributions([grey, Colors("Result", grey.values)]).max() > 150
