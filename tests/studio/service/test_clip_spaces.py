"""Clips in colour spaces: seen through one view, graded in a working space, tagged as what they are."""

from __future__ import annotations

from pathlib import Path

import av
import colour
import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from reswd_torch.color import srgb_to_lab
from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl, Grade
from reswd_torch.matching import PixelSample
from reswd_torch.matching.thumbnail import Thumbnail
from reswd_torch.settings import MatchSettings
from reswd_torch.spaces import SpaceChoice, choose_spaces, conversion, view_of
from studio.jobs import ClipJob, MatchJob
from studio.references import ClipReference, PictureReference, Reference, SavedGrade
from studio.service.clip import match_clip
from studio.service.clip_colours import ClipSample, most_alike
from studio.service.match import run_match
from tests.conftest import photograph
from tests.studio.clips_for_tests import deep_clip, moving
from tests.studio.media.clips.made import shown
from tests.studio.pictures import write_deep
from tests.studio.spaces_for_tests import BALANCE, EXPOSURE, LOGC3, PLACE, SLOG3, codes, encoded, scene, two_cameras

LOOK = Grade(Cdl((1.1, 0.95, 0.9), (0.03, -0.02, 0.01), (1.05, 0.98, 1.1), 0.85), encoding="ACEScct")
LOG = choose_spaces(LOGC3, target=SLOG3, config=PLACE)
OTHER_LIGHT = EXPOSURE * np.array(BALANCE)


def recorded(light: np.ndarray, space: str) -> np.ndarray:
    """Light in ACEScg as code values of a space, 0..1."""
    return conversion(PLACE, "ACEScg", space)(light).clip(0, 1)


def log_clip(path: Path, light: np.ndarray | None = None, space: str = LOGC3, **parts: object) -> Path:
    frames = moving(scene() if light is None else light)
    return deep_clip(path, [recorded(frame, space) for frame in frames], **parts)  # type: ignore[arg-type]


def colours_of(path: Path, *, hdr: bool = False) -> np.ndarray:
    """(N, 3) R'G'B' of all frames, 0..1."""
    frames = np.stack(shown(path, hdr=hdr))
    return frames.reshape(-1, 3) / np.float32(np.iinfo(frames.dtype).max)


def seen_difference(one: np.ndarray, space: str, other: np.ndarray, other_space: str) -> float:
    """Mean dE2000 between what a display shows of code values. Oracle: colour-science."""
    labs = [
        srgb_to_lab(torch.from_numpy(view_of(PLACE, name)(values).clip(0, 1))).double().numpy()
        for values, name in ((one, space), (other, other_space))
    ]
    return float(np.mean(colour.delta_E(*labs, method="CIE 2000")))


def tags_of(path: Path) -> tuple[int, int, int]:
    """Primaries, transfer and matrix of the first frame. Oracle: FFmpeg."""
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        next(container.decode(video=0))
        return context.color_primaries, context.color_trc, context.colorspace


def graded(source: Path, reference: Reference, spaces: SpaceChoice, name: str, **settings: object) -> tuple:  # type: ignore[type-arg]
    job = ClipJob(source, reference, MatchSettings(**settings), spaces=spaces)  # type: ignore[arg-type]
    return match_clip(job, source.with_name(name))


@pytest.mark.parametrize("kind", ["still", "clip", "frame"])
def test_a_log_clip_comes_to_the_reference_on_a_display(tmp_path: Path, kind: str) -> None:
    source = log_clip(tmp_path / "a.mkv")
    light = scene() * OTHER_LIGHT
    reference: Reference = PictureReference(write_deep(tmp_path / "still.tif", encoded(light, SLOG3)))
    if kind != "still":
        path = log_clip(tmp_path / "b.mkv", light, SLOG3)
        reference = ClipReference(path, at=0.0 if kind == "frame" else None)
    result, saved = graded(source, reference, LOG, "out.mkv")
    wanted = np.concatenate([recorded(frame, SLOG3).reshape(-1, 3) for frame in moving(light)])
    assert seen_difference(colours_of(source), LOGC3, wanted, SLOG3) > 9.0
    assert seen_difference(colours_of(saved.path), LOGC3, wanted, SLOG3) <= 1.0
    assert result.report is not None and result.report.took == "scene", "a frame was compared as a display shows it"
    assert result.grade.is_cdl and result.grade.encoding == "ACEScct" and result.encoding == LOGC3
    assert result.distance_at(1.0) == pytest.approx(result.report.distance_after, abs=1e-6)
    assert result.distance_at(0.0) == pytest.approx(result.distance_before, abs=0.02)
    assert tags_of(saved.path) == tags_of(source)


@pytest.mark.parametrize("output", [LOGC3, "Rec.1886 Rec.709 - Display"])
@pytest.mark.parametrize("transform", ["cdl", "lut"])
def test_a_clf_gives_the_frames(tmp_path: Path, output: str, transform: str) -> None:
    """Oracle: OpenColorIO applies the file to the decoded original."""
    source = log_clip(tmp_path / "a.mkv")
    still = write_deep(tmp_path / "still.tif", encoded(scene() * OTHER_LIGHT, SLOG3))
    spaces = choose_spaces(LOGC3, target=SLOG3, output=output, config=PLACE)
    result, saved = graded(source, PictureReference(still), spaces, "out.mkv", transform=transform)
    wanted = colours_of(source).copy()
    file = ocio.FileTransform(str(result.save_grade(tmp_path / "look.clf")))
    ocio.Config.CreateRaw().getProcessor(file).getDefaultCPUProcessor().applyRGB(wanted)
    assert np.abs(colours_of(saved.path) - wanted.clip(0, 1)).max() <= 1 / 1023


@pytest.mark.parametrize(
    ("codec", "pixel_format", "suffix", "off"),
    [("ffv1", "gbrp10le", ".mkv", 0), ("ffv1", "yuv422p10le", ".mkv", 0), ("prores_ks", "yuv422p10le", ".mov", 6)],
)
def test_at_strength_0_the_codes_stay(tmp_path: Path, codec: str, pixel_format: str, suffix: str, off: int) -> None:
    """A codec that loses something loses it again; oracle: FFmpeg's decoded codes."""
    source = log_clip(tmp_path / f"a{suffix}", codec=codec, pixel_format=pixel_format)
    _, saved = graded(source, SavedGrade(LOOK), LOG, f"out{suffix}", strength=0.0)
    with av.open(str(source)) as one, av.open(str(saved.path)) as other:
        for before, after in zip(one.decode(video=0), other.decode(video=0), strict=True):
            assert before.format.name == after.format.name == pixel_format
            for plane, its in zip(before.planes, after.planes, strict=True):
                apart = np.frombuffer(plane, np.uint16).astype(int) - np.frombuffer(its, np.uint16)
                assert np.abs(apart).max() <= off
    assert tags_of(saved.path) == tags_of(source)


@pytest.mark.parametrize(
    ("output", "tags"),
    [
        ("rec1886_rec709_display", (1, 1, 1)),
        ("srgb_display", (1, 13, 1)),
        ("displayp3_display", (12, 13, 1)),
        ("rec2100_pq_display", (9, 16, 9)),
        ("rec2100_hlg_display", (9, 18, 9)),
        ("ACEScct", (2, 2, 1)),
    ],
)
def test_the_tags_are_those_of_the_output_space(tmp_path: Path, output: str, tags: tuple[int, int, int]) -> None:
    """The frames are what the space says, whatever the matrix is. Oracle: OpenColorIO."""
    source = log_clip(tmp_path / "a.mkv", pixel_format="yuv444p10le", tags=(1, 1, 1, 1))
    spaces = choose_spaces(LOGC3, output=output, config=PLACE)
    result, saved = graded(source, SavedGrade(LOOK), spaces, "out.mkv", strength=0.0)
    assert tags_of(saved.path) == tags
    assert any("its tags (Rec.709 video) were passed over" in note and LOGC3 in note for note in result.notes)
    assert any("unspecified" in note for note in result.notes) == (tags[0] == 2)
    wanted = conversion(PLACE, LOGC3, spaces.output)(colours_of(source)).clip(0, 1)
    assert np.abs(colours_of(saved.path, hdr=True) - wanted).max() <= 2.5 / 1023


def test_where_a_mask_is_black_a_frame_stays(tmp_path: Path) -> None:
    source = log_clip(tmp_path / "a.mkv")
    mask = np.zeros((*scene().shape[:2], 3), np.uint16)
    mask[:96] = 65535
    job = ClipJob(source, SavedGrade(LOOK), MatchSettings(), write_deep(tmp_path / "mask.png", mask), spaces=LOG)
    _, saved = match_clip(job, tmp_path / "out.mkv")
    for before, after in zip(shown(source), shown(saved.path), strict=True):
        assert np.array_equal(before[96:], after[96:])
        assert np.abs(before[:96].astype(int) - after[:96]).mean() > 500


def test_a_still_is_matched_to_a_clip_in_a_space(tmp_path: Path) -> None:
    source, target = two_cameras(tmp_path)
    clip = log_clip(tmp_path / "b.mkv", scene() * OTHER_LIGHT, SLOG3)
    result = run_match(MatchJob(source, ClipReference(clip), spaces=LOG))
    out = result.save_picture(tmp_path / "out.tif")
    assert seen_difference(codes(out), LOGC3, codes(target), SLOG3) <= 1.0
    assert result.report is not None and result.report.took == "scene"


def test_trims_are_refused(tmp_path: Path) -> None:
    trimmed = MatchSettings(trims=MatchSettings().trims.__class__(exposure=0.5))
    with pytest.raises(InputError, match="trimmed in exposure"):
        ClipJob(tmp_path / "a.mkv", SavedGrade(LOOK), trimmed, spaces=LOG)


def test_frames_are_compared_as_a_display_shows_them() -> None:
    """And kept in the space of the source."""
    flat, told = np.full((120, 160, 3), 128, np.uint8), np.rint(photograph(3, 120, 160) * 255).astype(np.uint8)
    few = torch.zeros(4, 3)
    source = ClipSample(few, few, frames=(Thumbnail(flat), Thumbnail(flat)))
    seen = ClipSample(few, few, frames=(Thumbnail(flat), Thumbnail(told)))
    chosen, _ = most_alike(source, PixelSample(few, few, Thumbnail(told)), lambda: seen)
    assert chosen.thumbnail is source.frames[1]
    assert most_alike(source, PixelSample(few, few, Thumbnail(told)))[0].thumbnail is source.frames[0]
