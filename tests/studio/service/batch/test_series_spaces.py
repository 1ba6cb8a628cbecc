"""Series and numbered frames in colour spaces: one grade in the working space for all of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import PyOpenColorIO as ocio
import pytest

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import choose_spaces, conversion
from studio.jobs import SERIES, BatchJob, FramesJob, Outputs
from studio.media.images import read_picture
from studio.references import PictureReference, SavedGrade
from studio.service.batch.workers import threads
from studio.service.delivery import deliver
from tests.studio.batches_for_tests import rows, run
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import (
    BALANCE,
    EXPOSURE,
    LOGC3,
    PLACE,
    SLOG3,
    codes,
    encoded,
    scene,
    seen_difference,
)

LOG = choose_spaces(LOGC3, target=SLOG3, config=PLACE)
OTHER_LIGHT = EXPOSURE * np.array(BALANCE)


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are matched in this process: others take seconds to start."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)


def light(number: int) -> np.ndarray:
    return np.roll(scene(), 16 * number, axis=1)


def shots(folder: Path) -> tuple[Path, Path]:
    """A folder of three frames in LogC3, and a still of their scene in another light in S-Log3."""
    (folder / "in").mkdir()
    for number in range(3):
        write_deep(folder / "in" / f"shot.{number}.tif", encoded(light(number), LOGC3))
    return folder / "in", write_deep(folder / "still.tif", encoded(scene() * OTHER_LIGHT, SLOG3))


def near_the_other_light(folder: Path, reference: Path) -> float:
    """The largest of the mean dE2000 of the frames to themselves in the other light."""
    apart = []
    for number in range(3):
        (other := reference.with_name("other.tif")).unlink(missing_ok=True)
        write_deep(other, encoded(light(number) * OTHER_LIGHT, SLOG3))
        apart.append(seen_difference(folder / f"shot.{number}.tif", LOGC3, other, SLOG3))
    return max(apart)


def test_a_series_has_one_grade_in_the_working_space(tmp_path: Path) -> None:
    """Oracle: OpenColorIO applies series.cc between the conversions."""
    folder, still = shots(tmp_path)
    assert near_the_other_light(folder, still) > 9.0
    settings = MatchSettings(aim="colours", transform="cdl")
    job = BatchJob(folder, tmp_path / "out", PictureReference(still), SERIES, settings, spaces=LOG)
    with threads(1) as workers:
        assert run(job, workers).done == 3
    found = rows(tmp_path / "out")
    assert len({row["grade"] for row in found}) == 1
    assert all(float(row["distance_after"]) < 0.3 * float(row["distance_before"]) for row in found)
    assert near_the_other_light(tmp_path / "out", still) <= 2.0
    grade = tmp_path / "out" / "series.cc"
    assert "apply it to colours in ACEScct" in grade.read_text()
    working = conversion(PLACE, LOGC3, "ACEScct")(codes(folder / "shot.1.tif"))
    file = ocio.Config.CreateRaw().getProcessor(ocio.FileTransform(str(grade)))
    file.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS).applyRGB(working)
    wanted = conversion(PLACE, "ACEScct", LOGC3)(working).clip(0, 1)
    assert np.abs(codes(tmp_path / "out" / "shot.1.tif") - wanted).max() <= 1 / 65535


def test_a_profile_in_a_frame_makes_no_other_grade(tmp_path: Path) -> None:
    """What was said of the code values holds for all of them."""
    folder, still = shots(tmp_path)
    (folder / "shot.1.tif").unlink()
    write_deep(folder / "shot.1.tif", encoded(light(1), LOGC3), display_p3())
    (tmp_path / "out").mkdir()
    job = FramesJob(folder / "shot.%d.tif", PictureReference(still), MatchSettings(aim="colours"), spaces=LOG)
    outputs = Outputs(tmp_path / "out" / "shot.%d.tif", grades=(tmp_path / "look.clf",))
    delivered = deliver(job, outputs)
    assert delivered.whole and delivered.result.encoding == LOGC3 and delivered.grade.encoding == "ACEScct"
    graded = codes(folder / "shot.1.tif").copy()
    file = ocio.FileTransform(str(tmp_path / "look.clf"))
    ocio.Config.CreateRaw().getProcessor(file).getDefaultCPUProcessor().applyRGB(graded)
    assert np.abs(codes(tmp_path / "out" / "shot.1.tif") - graded.clip(0, 1)).max() <= 1 / 1023


def test_frames_of_floats_and_of_ten_bits(tmp_path: Path) -> None:
    """EXR in ACEScg and DPX of a logarithm, each matched to the same scene in another light."""
    pytest.importorskip("OpenImageIO")
    from tests.studio.media.images.film_for_tests import ExrPart, dpx, exr

    still = write_deep(tmp_path / "still.tif", encoded(scene() * OTHER_LIGHT, SLOG3))
    (tmp_path / "out").mkdir()
    for number in range(3):
        exr(tmp_path / f"a.{number}.exr", ExrPart(light(number).astype(np.float16)))
        dpx(tmp_path / f"a.{number}.dpx")
    for suffix, space in ((".exr", "ACEScg"), (".dpx", LOGC3)):
        spaces = choose_spaces(space, target=SLOG3, config=PLACE)
        job = FramesJob(
            tmp_path / f"a.%d{suffix}", PictureReference(still), MatchSettings(aim="colours"), spaces=spaces
        )
        assert deliver(job, Outputs(tmp_path / "out" / f"a.%d{suffix}")).whole
    values = read_picture(tmp_path / "out" / "a.1.exr").pixels
    assert values.dtype == np.float16
    apart = np.median(values.reshape(-1, 3) / (light(1) * OTHER_LIGHT).reshape(-1, 3), axis=0)
    np.testing.assert_allclose(apart, 1.0, atol=0.15)
    to_log = choose_spaces("ACEScg", output=LOGC3, config=PLACE)
    job = FramesJob(tmp_path / "a.%d.exr", PictureReference(still), spaces=to_log)
    with pytest.raises(InputError, match=r"none of the 3 frames .*leave the output space out"):
        deliver(job, Outputs(tmp_path / "out" / "b.%d.exr"))


def test_a_saved_grade_is_not_for_a_series(tmp_path: Path) -> None:
    saved = SavedGrade(Grade(Cdl()))
    with pytest.raises(InputError, match="matched to a reference"):
        FramesJob(tmp_path / "a.#.tif", saved, spaces=LOG)
    with pytest.raises(InputError, match="matched to a reference"):
        BatchJob(tmp_path, tmp_path / "out", saved, spaces=LOG)
