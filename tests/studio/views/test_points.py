"""Points that correspond, drawn on both pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.service.match import run_match
from studio.views.points import common_points, draw_points
from tests.studio.jobs_for_tests import match_job
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.scenes_for_tests import room_twice


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A photograph, and a part of it under a blue light, in another size."""
    return room_twice(tmp_path_factory.mktemp("scene"))


@pytest.mark.parametrize("profile", [None, display_p3()], ids=["untagged", "P3"])
def test_points_are_drawn_on_both_pictures(pair: tuple[Path, Path], profile: bytes | None, tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    with Image.open(pair[0]) as opened:
        opened.save(source, icc_profile=profile)
        size = opened.size
    result = run_match(match_job(source, pair[1]))
    found = common_points(result.source_sample, result.target_sample, result.job.settings)
    assert found is not None and result.target_sample is not None
    sheet = draw_points(result.source_sample, result.target_sample, found, result.picture.icc)
    with Image.open(pair[1]) as opened:
        second = np.asarray(opened)
    assert sheet.shape == (size[1], size[0] + 12 + second.shape[1], 3) and sheet.dtype == np.uint8
    shown = sheet[: second.shape[0], size[0] + 12 :].astype(int)
    assert (np.abs(shown - second).max(axis=2) <= 3).mean() > 0.6  # the rest is lines and points
    assert (np.abs(shown - second).max(axis=2) > 30).mean() > 0.005
