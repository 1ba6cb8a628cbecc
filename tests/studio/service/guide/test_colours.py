"""The colours of a reference: of pictures of every kind, clips, palettes, and as they were kept."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

import guidance.loading
from guidance.reference import SAMPLES, read_reference
from guidance.settings import GuidanceSettings
from reswd_torch.errors import InputError
from studio.jobs import GuideJob
from studio.records.colours import packed, unpacked
from studio.references import ClipReference, GuideReference, KeptColours, PaletteReference, PictureReference
from studio.service.guide import pipelines
from studio.service.guide.colours import colours_of
from studio.service.guide.run import check_job, run_guide
from tests.studio.jobs_for_tests import guide_job
from tests.studio.media.clips.made import make_clip, shown
from tests.studio.media.images.profiles_for_tests import display_p3
from tests.studio.service.guide.paintings_for_tests import BLUE_AND_RED, SAIL, colors_in, pixels


def colors_of(reference: GuideReference, seed: int = 0) -> np.ndarray:
    return colours_of(GuideJob(SAIL, reference, GuidanceSettings(seed=seed)))[0]


def levels(colors: np.ndarray) -> set[tuple[int, ...]]:
    """The colours in steps of 1/65535, each once."""
    return {tuple(color) for color in np.rint(colors.reshape(-1, 3) * 65535).astype(int).tolist()}


# Pictures


def test_a_wide_gamut_reference_is_converted_to_srgb_and_that_is_said(tmp_path: Path) -> None:
    wide = (np.linspace(0.2, 0.8, 48 * 48 * 3).reshape(48, 48, 3) * 255).astype(np.uint8)
    wide[..., 0] = 128
    Image.fromarray(wide).save(tmp_path / "p3.png", icc_profile=display_p3())
    profiles = ImageCms.ImageCmsProfile(io.BytesIO(display_p3())), ImageCms.createProfile("sRGB")
    oracle = ImageCms.profileToProfile(Image.fromarray(wide), *profiles)  # LittleCMS, 8 bits
    assert oracle is not None
    assert np.abs(np.asarray(oracle, int) - wide).max() > 10
    result = run_guide(guide_job(replace(SAIL, steps=1), reference=tmp_path / "p3.png"))
    assert isinstance(result.job.reference, KeptColours)
    colors = colors_in(result.job.reference.colors)
    assert len(colors) == 2048
    nearest = torch.cdist(colors, torch.from_numpy(np.asarray(oracle).reshape(-1, 3) / 255).float()).min(1).values
    assert float(nearest.max()) * 255 < 1.5
    assert any("Display P3" in note for note in result.notes)


def test_transparent_pixels_do_not_count(tmp_path: Path) -> None:
    half = np.zeros((32, 32, 4), np.uint8)
    half[:, :16] = (255, 0, 0, 0)
    half[:, 16:] = (0, 0, 255, 255)
    Image.fromarray(half).save(tmp_path / "half.png")
    colors = colors_of(PictureReference(tmp_path / "half.png"))
    assert np.array_equal(np.unique(colors, axis=0), [[0, 0, 1]])
    half[..., 3] = 0
    Image.fromarray(half).save(tmp_path / "none.png")
    with pytest.raises(InputError, match="none.png.*fully transparent"):
        check_job(guide_job(SAIL, reference=tmp_path / "none.png"))


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 2**16, (40, 40, 3), np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    assert levels(colors_of(PictureReference(tmp_path / "deep.tif"))) == {
        tuple(color) for color in deep.reshape(-1, 3).tolist()
    }


def test_the_seed_of_guidance_chooses_the_pixels(reference: Path) -> None:
    picture = PictureReference(reference)
    first, again, other = colors_of(picture), colors_of(picture), colors_of(picture, seed=1)
    assert first.dtype == np.float32 and first.shape == (SAMPLES, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_mask_says_which_pixels_count(reference: Path, tmp_path: Path) -> None:
    with Image.open(reference) as image:
        left = np.asarray(image)[:, :20]
        area = np.zeros((image.height, image.width), np.uint8)
    area[:, :20] = 255
    Image.fromarray(area).save(tmp_path / "mask.png")
    colors = colors_of(PictureReference(reference, tmp_path / "mask.png"))
    assert levels(colors) <= levels(left / 255)
    assert not levels(colors_of(PictureReference(reference))) <= levels(left / 255)


# Palettes


def test_a_palette_is_what_the_library_makes_of_it() -> None:
    wanted = read_reference(BLUE_AND_RED).colors.numpy()
    assert np.abs(colors_of(PaletteReference(BLUE_AND_RED)) - wanted).max() <= 0.5 / 65535 + 1e-7


# Clips


@pytest.fixture
def red_then_blue(tmp_path: Path) -> Path:
    """A clip whose first half is red and whose second half is blue, each 0.4 s."""
    red, blue = (np.full((48, 64, 3), color, np.uint8) for color in ((190, 40, 40), (40, 40, 190)))
    return make_clip(tmp_path / "clip.mp4", pictures=[red] * 10 + [blue] * 10, audio=False)


def test_the_colours_of_a_clip_are_those_of_all_its_frames(tmp_path: Path, red_then_blue: Path) -> None:
    moving = make_clip(tmp_path / "moving.mp4", audio=False)
    colors = colors_of(ClipReference(moving))
    assert colors.shape == (SAMPLES, 3)
    assert levels(colors) <= levels(np.stack(shown(moving)) / 255)
    red, _, blue = colors_of(ClipReference(red_then_blue)).T
    assert 0.4 < float(np.mean(red > blue)) < 0.6


@pytest.mark.parametrize(("at", "number"), [(0.0, 0), (0.1, 2), (0.9, 22)])
def test_the_colours_at_a_time_are_those_of_the_frame_that_is_shown_then(
    at: float, number: int, tmp_path: Path
) -> None:
    moving = make_clip(tmp_path / "moving.mp4", audio=False)
    frames = shown(moving)
    colors = colors_of(ClipReference(moving, at=at))
    assert levels(colors) <= levels(frames[number] / 255)
    assert not levels(colors) <= levels(frames[12] / 255)


@pytest.mark.parametrize("at", [None, 0.1])
def test_the_mask_of_a_clip_says_which_pixels_count(at: float | None, tmp_path: Path) -> None:
    moving, mask = make_clip(tmp_path / "moving.mp4", audio=False), tmp_path / "mask.png"
    frames = np.stack(shown(moving))
    area = np.zeros(frames.shape[1:3], np.uint8)
    area[:, :40] = 255
    Image.fromarray(area).save(mask)
    left = levels(frames[:, :, :40] / 255)
    assert levels(colors_of(ClipReference(moving, mask, at))) <= left
    assert not levels(colors_of(ClipReference(moving, at=at))) <= left
    Image.new("L", (10, 10), 255).save(mask)
    with pytest.raises(InputError, match=r"mask\.png"):
        check_job(GuideJob(SAIL, ClipReference(moving, mask, at)))


@pytest.mark.parametrize(("at", "name"), [(None, "clip.mp4"), (0.1, "clip.mp4 at 0.1 s"), (0.6, "clip.mp4 at 0.6 s")])
def test_a_clip_guides_a_picture_and_its_kept_colours_paint_it_again(
    at: float | None, name: str, red_then_blue: Path
) -> None:
    job = GuideJob(SAIL, ClipReference(red_then_blue, at=at), plain=True)
    result = run_guide(job)
    assert result.plain_distance is not None
    assert result.distance < result.plain_distance
    assert result.job.reference == KeptColours(packed(colors_of(job.reference)), name)
    red, _, blue = pixels(result.image).reshape(-1, 3).mean(0)
    if at is not None:
        assert red > blue + 40 if at < 0.4 else blue > red + 40
    red_then_blue.unlink()
    assert np.array_equal(pixels(run_guide(result.job).image), pixels(result.image))


def test_clips_that_cannot_be_read_are_refused_before_a_model_is_loaded(
    red_then_blue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guidance.loading, "load", lambda *_, **__: pytest.fail("a model was loaded"))
    monkeypatch.setattr(pipelines, "_kept", {})
    (tmp_path / "text.mp4").write_text("text")
    for reference, said in (
        (ClipReference(red_then_blue, at=0.81), r"clip\.mp4: the clip ends before 0\.81 s"),
        (ClipReference(tmp_path / "nowhere.mp4"), r"nowhere\.mp4"),
        (ClipReference(tmp_path / "text.mp4"), r"text\.mp4"),
    ):
        for run in (check_job, run_guide):
            with pytest.raises(InputError, match=said):
                run(GuideJob(SAIL, reference))


# Kept


def test_kept_colours_are_used_as_they_are_kept(reference: Path) -> None:
    colors = colors_of(PictureReference(reference))
    kept, notes = colours_of(GuideJob(SAIL, KeptColours(packed(colors)), GuidanceSettings(seed=9)))
    assert kept.dtype == np.float32
    assert kept.tobytes() == colors.tobytes(), "the seed chooses nothing any more"
    assert notes == []
    assert unpacked(packed(colors)).tobytes() == colors.tobytes()


@pytest.mark.parametrize("text", ["", "?", "AAAA", "AAD//wA", "AAD//wAA" + "AAD/", "Å" * 8])
def test_damaged_kept_colours_are_refused_before_a_model_is_loaded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guidance.loading, "load", lambda *_, **__: pytest.fail("a model was loaded"))
    monkeypatch.setattr(pipelines, "_kept", {})
    job = GuideJob(SAIL, KeptColours(text, "dusk.jpg"))
    for run in (colours_of, check_job, run_guide):
        with pytest.raises(InputError, match="the reference's colours are incomplete: give a reference or a palette"):
            run(job)
