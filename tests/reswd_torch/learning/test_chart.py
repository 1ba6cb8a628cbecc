"""Charts: found in pictures however they are turned, and as they were published."""

from __future__ import annotations

import numpy as np
import pytest

from reswd_torch.errors import InputError
from reswd_torch.learning.chart import chart_colours, find_chart, published_chart
from reswd_torch.profiles.coded import adobe_rgb
from tests.conftest import photograph
from tests.reswd_torch.learning.charts import drawn_chart, patch_colours


@pytest.mark.parametrize("quarters", range(4))
def test_a_chart_is_found_however_it_is_turned(quarters: int) -> None:
    colours = patch_colours()
    found = find_chart(np.rot90(drawn_chart(colours), quarters))
    assert found is not None and not found.clipped.any()
    np.testing.assert_allclose(found.colours, colours, atol=0.004)


def test_its_depth_is_kept_and_clipped_patches_are_marked() -> None:
    colours = patch_colours()
    colours[18] = 1.0
    deep = np.rint(drawn_chart(colours) * 65535).astype(np.uint16)
    found = find_chart(deep)
    assert found is not None
    assert np.flatnonzero(found.clipped).tolist() == [18]
    np.testing.assert_allclose(found.colours, colours, atol=2e-5)
    large = find_chart(np.kron(deep, np.ones((5, 5, 1), np.uint16)))
    assert large is not None
    np.testing.assert_allclose(large.colours, colours, atol=2e-5)


def test_where_there_is_none_nothing_is_found() -> None:
    assert find_chart(photograph(1, 200, 300)) is None
    assert find_chart(np.zeros((8, 8, 3), np.uint8)) is None


def test_the_published_values() -> None:
    pytest.importorskip("colour")
    patches = published_chart()
    assert np.flatnonzero(patches.clipped).tolist() == [17]  # cyan lies outside sRGB
    np.testing.assert_allclose(patches.colours[21] * 255, 120.6, atol=1.0)  # neutral 5
    assert not published_chart(adobe_rgb()).clipped.any()
    counted = chart_colours(patches, patches)
    assert len(counted.before) == 23
    assert np.bincount(counted.parts).max() == 4


def test_an_opencv_that_looks_for_no_charts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.delattr(cv2, "mcc")
    with pytest.raises(InputError, match=r'a chart is found by OpenCV 5.*pip install "opencv-python-headless>=5,<6"'):
        find_chart(np.zeros((64, 64, 3), np.uint8))
