"""A clip and a reference of one scene: the frame that shows most of it says what is light and what is content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reswd_torch import MatchSettings
from reswd_torch.errors import InputError
from studio.media.clips.read import read_facts
from studio.service import clip_colours as sample
from studio.service.clip import ClipResult
from studio.service.clip_colours import SEEN, most_alike, sample_clip
from tests.conftest import ASSETS
from tests.studio.jobs_for_tests import clip_job, match_clip
from tests.studio.media.clips.made import make_clip, shown
from tests.studio.scenes_for_tests import LIGHT, panned


@pytest.fixture(scope="module")
def pan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[np.ndarray]]:
    """A pan under another light, the photograph itself for a reference, and the frames as they should become."""
    folder = tmp_path_factory.mktemp("pan")
    whole, wanted, lit = panned("dogs-at-window", LIGHT)
    Image.fromarray(whole).save(folder / "photo.png")
    return make_clip(folder / "pan.mp4", pictures=lit, audio=False), folder / "photo.png", wanted


def error(result: ClipResult, wanted: list[np.ndarray]) -> float:
    """Mean difference of the written frames from what they should be, in 1/255."""
    return float(np.abs(np.stack(shown(result.path)).astype(float) - np.stack(wanted)).mean())


def test_one_scene_brings_a_clip_nearer_to_the_truth(pan: tuple[Path, Path, list[np.ndarray]], tmp_path: Path) -> None:
    clip, photo, wanted = pan
    errors, reports = {}, {}
    for scene in ("auto", "same", "different"):
        result = match_clip(clip_job(clip, photo, settings=MatchSettings(scene=scene)), tmp_path / f"{scene}.mp4")
        errors[scene], reports[scene] = error(result, wanted), result.report
    assert errors["auto"] < 0.4 * errors["different"] and errors["same"] < 0.4 * errors["different"]
    assert reports["auto"].points > 100 and reports["auto"].trust > 0.9
    assert (reports["different"].points, reports["different"].trust) == (0, 0.0)


@pytest.mark.parametrize("other", ["bridge-night", "forest-stream", "warm-room"])
def test_another_scene_is_matched_by_statistics_as_before(
    other: str, pan: tuple[Path, Path, list[np.ndarray]], tmp_path: Path
) -> None:
    clip, target = pan[0], ASSETS / f"{other}.jpg"
    taken = MatchSettings(aim="colours")
    found = match_clip(clip_job(clip, target, settings=taken), tmp_path / "auto.mp4")
    apart = replace(taken, scene="different")
    plain = match_clip(clip_job(clip, target, settings=apart), tmp_path / "different.mp4")
    assert found.grade.transform == plain.grade.transform


def test_a_clip_of_the_scene_may_be_the_reference(pan: tuple[Path, Path, list[np.ndarray]], tmp_path: Path) -> None:
    clip, _, wanted = pan
    reference = make_clip(tmp_path / "second.mkv", "ffv1", "yuv444p", pictures=wanted[::-1], audio=False)
    errors = {}
    for scene in ("auto", "different"):
        result = match_clip(clip_job(clip, reference, settings=MatchSettings(scene=scene)), tmp_path / f"{scene}.mp4")
        errors[scene] = error(result, wanted)
        assert (result.report is not None and result.report.points > 100) == (scene == "auto")
    assert errors["auto"] <= errors["different"]


def test_of_a_clip_with_several_scenes_the_one_of_the_reference_counts(tmp_path: Path) -> None:
    """The reference's scene is seen for the last third only."""
    whole, wanted, lit = panned("dogs-at-window", LIGHT, 16)
    size = wanted[0].shape[1::-1]
    with Image.open(ASSETS / "autumn-mountain.jpg") as opened:
        other = np.asarray(opened.convert("RGB").resize(size))
    Image.fromarray(whole).save(tmp_path / "photo.png")
    clip = make_clip(tmp_path / "cut.mp4", pictures=[other] * 32 + lit, audio=False)
    errors = {}
    for scene in ("auto", "different"):
        settings = MatchSettings(scene=scene)
        result = match_clip(clip_job(clip, tmp_path / "photo.png", settings=settings), tmp_path / f"{scene}.mp4")
        frames = np.stack(shown(result.path)[32:]).astype(float)
        errors[scene] = float(np.abs(frames - np.stack(wanted)).mean())
    assert errors["auto"] < 0.4 * errors["different"]


def test_a_turned_clip_is_looked_at_upright_and_under_its_mask(tmp_path: Path) -> None:
    whole, _, lit = panned("dogs-at-window", LIGHT, 6)
    Image.fromarray(whole).save(tmp_path / "photo.png")
    stored = [np.ascontiguousarray(np.rot90(frame, -1)) for frame in lit]
    clip = make_clip(tmp_path / "phone.mp4", pictures=stored, rotation=90, audio=False)
    height, width = read_facts(clip).upright_size
    assert (height, width) == lit[0].shape[:2]
    left = np.zeros((height, width), np.uint8)
    left[:, : width // 2] = 255
    Image.fromarray(left).save(tmp_path / "mask.png")
    job = clip_job(clip, tmp_path / "photo.png")
    whole_frame = match_clip(job, tmp_path / "a.mp4").report
    half = match_clip(replace(job, mask=tmp_path / "mask.png"), tmp_path / "b.mp4").report
    assert whole_frame is not None and half is not None
    assert 25 <= half.points < whole_frame.points


@pytest.mark.parametrize("short", [1500, 10], ids=["in one pass", "sought"])
def test_a_few_frames_are_kept_and_only_where_they_are_wanted(
    short: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "_SHORT", short)
    pictures = [np.full((36, 64, 3), n, np.uint8) for n in range(150)]
    clip = make_clip(tmp_path / "long.mp4", pictures=pictures, audio=False, options={"crf": "8", "g": "5"})
    facts, settings = read_facts(clip), MatchSettings()
    assert sample_clip(facts, settings).frames == ()
    seen = sample_clip(facts, settings, with_frames=True)
    shades = [float(frame.pixels.mean()) for frame in seen.frames]
    assert 3 <= len(shades) <= SEEN and shades == sorted(shades)
    assert shades[0] < 10 and shades[-1] > 100  # from the beginning to the last quarter
    assert np.array_equal(seen.fit, sample_clip(facts, settings).fit)


def test_a_palette_or_another_method_leaves_the_samples_alone(
    pan: tuple[Path, Path, list[np.ndarray]], tmp_path: Path
) -> None:
    plain = sample_clip(read_facts(pan[0]), MatchSettings())
    assert most_alike(plain, plain) == (plain, plain)
    result = match_clip(clip_job(pan[0], pan[1], settings=MatchSettings(method="mkl")), tmp_path / "out.mp4")
    assert result.report is not None and result.report.points == 0
    with pytest.raises(InputError, match="needs method fast"):
        MatchSettings(method="mkl", scene="same")
