"""The colours of a clip: of all of it, or of the frame that is shown at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reswd_torch.errors import InputError
from studio.media.clips.read import read_facts
from studio.service.clip_colours import frame_at
from tests.studio.media.clips.made import RATE, make_clip

FLAT = [np.full((48, 64, 3), 20 + 2 * number // 3, np.uint8) for number in range(8 * RATE)]
"""Eight seconds of grey that gets lighter, so that a frame's time can be read off its lightness."""


@pytest.fixture(scope="module", params=[".mp4", ".mkv", ".ts"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key frame every two seconds: in a transport stream, seeking ends behind the one that was wanted."""
    place = tmp_path_factory.mktemp("clips") / f"grey{request.param}"
    return make_clip(place, pictures=FLAT, audio=False, options={"crf": "4", "g": str(2 * RATE)})


@pytest.mark.parametrize("seconds", [0.0, 0.5, 4.9, 5.5, 6.3, 7.9])
def test_the_frame_that_is_shown_at_a_time(clip: Path, seconds: float) -> None:
    frame = frame_at(read_facts(clip), seconds)
    wanted = FLAT[int(seconds * RATE + 1e-6)]
    assert frame.shape == wanted.shape and frame.dtype == np.uint8
    assert abs(float(frame.mean()) - float(wanted.mean())) < 2


@pytest.mark.parametrize("seconds", [9.0, 1e15])
def test_a_time_behind_the_end_is_refused(clip: Path, seconds: float) -> None:
    with pytest.raises(InputError, match="ends before"):
        frame_at(read_facts(clip), seconds)
