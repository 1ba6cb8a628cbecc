from __future__ import annotations

import numpy as np
import pytest
import torch

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.settings import MatchSettings
from studio.service.held.apply import grade_held
from studio.service.held.drift import grades_along, path_of
from studio.service.held.frames import frames_of
from tests.studio.service.held.pictures import codes, held

CLEAN = codes("mountain-path-noon.jpg", 320, 240)
SETTINGS = MatchSettings(transform="cdl")


def _drifting(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clean frames, which move by a pixel each, and the same with a slow drift."""
    clean = held(*[np.ascontiguousarray(np.roll(CLEAN, place, axis=1)) for place in range(count)])
    drifted = torch.stack(
        [
            Cdl((1 - 0.4 * share, 1 - 0.3 * share, 1 - 0.1 * share)).apply(frame)
            for share, frame in zip(np.linspace(0, 1, count).tolist(), clean, strict=True)
        ]
    )
    return clean, drifted


def test_a_drift_is_taken_out_by_a_smooth_path() -> None:
    clean, drifted = _drifting(9)
    frames = frames_of(drifted, "images")
    path, notes = path_of(frames, {0: 0, 8: 1}, frames_of(clean[[0, 8]], "anchors"), SETTINGS)
    grades = grades_along(path, len(frames))
    repaired = grade_held(frames, grades)
    assert notes == ()
    assert (repaired - clean).abs().mean() < 0.2 * (drifted - clean).abs().mean()
    slopes = [grade.effective.slope[0] for grade in grades if isinstance(grade.effective, Cdl)]
    assert slopes == sorted(slopes) and len(set(slopes)) == 9


def test_without_anchors_the_first_frame_looks_right() -> None:
    clean, drifted = _drifting(5)
    frames = frames_of(drifted, "images")
    repaired = grade_held(frames, grades_along(path_of(frames, {}, None, SETTINGS)[0], 5))
    assert (repaired - clean).abs().mean() < 0.35 * (drifted - clean).abs().mean()


def test_one_frame_and_an_anchor_beyond_the_end_are_refused() -> None:
    frames = frames_of(held(CLEAN), "images")
    with pytest.raises(InputError, match="one frame has nothing that drifts"):
        path_of(frames, {}, None, SETTINGS)
    with pytest.raises(InputError, match="anchor for frame 7: there are frames 0 to 1"):
        path_of(frames_of(held(CLEAN, CLEAN), "images"), {7: 0}, frames, SETTINGS)


def test_frames_that_are_transparent_everywhere_are_not_looked_at() -> None:
    clean, drifted = _drifting(5)
    hidden = torch.zeros(1, *clean.shape[1:])
    batch = torch.cat([hidden, drifted[:2], hidden, drifted[2:], hidden])
    alpha = torch.ones(*batch.shape[:3], 1)
    alpha[[0, 3, 7]] = 0
    frames = frames_of(torch.cat([batch, alpha], dim=3), "images")
    path, notes = path_of(frames, {}, None, SETTINGS)
    repaired = grade_held(frames, grades_along(path, len(frames)))
    assert len(path.segments) == 1 and notes == () and not {0, 3, 7} & {key.frame for key in path.keys}
    assert torch.equal(repaired[[0, 3, 7]], frames.tensor[[0, 3, 7]])
    seen = repaired[[1, 2, 4, 5, 6], ..., :3]
    assert (seen - clean).abs().mean() < 0.35 * (drifted - clean).abs().mean()
    with pytest.raises(InputError, match="anchor for frame 3: that frame is transparent everywhere"):
        path_of(frames, {3: 0}, frames, SETTINGS)
