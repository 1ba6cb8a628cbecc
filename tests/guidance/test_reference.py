"""Colours of references, and how they are laid out over a batch."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from guidance.reference import SAMPLES, Reference, read_reference, read_references, spread
from reswd_torch import InputError, color_distance
from reswd_torch.palette import parse_palette
from reswd_torch.profiles.coded import coded_profile
from reswd_torch.settings import DIFFERENT_SCENE, MatchSettings
from studio.references import PictureReference
from studio.service.reference import ReferenceSamples
from tests.conftest import photograph
from tests.studio.media.images.profiles_for_tests import cmyk_profile, display_p3, grey_profile


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.round(picture * 255).astype(np.uint8)


def test_a_palette_counts_its_colours_by_weight() -> None:
    for value in ("#ff0000:3, #0000ff", parse_palette("#ff0000:3, #0000ff")):
        colors = read_reference(value).colors
        assert colors.shape == (SAMPLES, 3)
        red = (colors == torch.tensor([1.0, 0.0, 0.0])).all(dim=1)
        blue = (colors == torch.tensor([0.0, 0.0, 1.0])).all(dim=1)
        assert (red | blue).all()
        assert red.float().mean().item() == pytest.approx(0.75, abs=1e-3)


def test_every_form_of_a_picture_gives_the_same_colours() -> None:
    picture = _bytes(photograph(1))
    wanted = read_reference(picture).colors
    assert wanted.shape[1] == 3 and wanted.dtype == torch.float32
    assert wanted.min() >= 0 and wanted.max() <= 1
    assert color_distance(wanted, torch.from_numpy(picture).reshape(-1, 3) / 255) < 0.5
    floats = picture.astype(np.float32) / 255
    alpha = Image.fromarray(picture).convert("RGBA")
    for value in (floats, torch.from_numpy(floats), floats.astype(np.float64), Image.fromarray(picture), alpha):
        assert torch.equal(read_reference(value).colors, wanted)


def test_a_grey_picture_is_read_as_colours() -> None:
    colors = read_reference(Image.fromarray(_bytes(photograph(1))).convert("L")).colors
    assert torch.equal(colors[:, 0], colors[:, 1]) and torch.equal(colors[:, 1], colors[:, 2])


def test_the_seed_chooses_the_pixels_of_a_picture() -> None:
    picture = photograph(1, 200, 200)
    assert torch.equal(read_reference(picture, 3).colors, read_reference(picture, 3).colors)
    assert not torch.equal(read_reference(picture, 3).colors, read_reference(picture, 4).colors)


def test_a_reference_is_taken_as_it_is_and_gradients_are_left_behind() -> None:
    reference = Reference(torch.rand(5, 3))
    assert read_reference(reference) is reference
    picture = torch.rand(8, 8, 3, requires_grad=True)
    assert not read_reference(picture).colors.requires_grad


@pytest.mark.parametrize(
    "value, message",
    [
        (torch.zeros(4, 3), r"reference has shape \(4, 3\): give one picture, \(H, W, 3\), or a list of them"),
        (torch.zeros(2, 4, 4, 3), r"reference has shape \(2, 4, 4, 3\)"),
        (torch.zeros(4, 4, 4), "reference"),
        (torch.full((4, 4, 3), float("inf")), "reference"),
        (torch.full((4, 4, 3), 2.0), "reference"),
        (np.zeros((4, 4, 3), dtype=np.int32), "reference"),
        ("nice colours", "'nice' and 'colours' are not hex colours"),
        ("", "palette"),
        (3, "reference"),
        (None, "reference"),
    ],
    ids=str,
)
def test_what_is_no_reference_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_reference(value)


def test_a_list_holds_one_for_each_prompt() -> None:
    one = read_references("#ff0000")
    assert len(one) == 1
    two = read_references(["#ff0000", photograph(1)])
    assert len(two) == len(read_references(("#ff0000", photograph(1)))) == 2
    assert torch.equal(two[0].colors, one[0].colors)
    with pytest.raises(InputError, match="^the list of references is empty: give one for all prompts, or one each$"):
        read_references([])


def test_references_are_spread_as_diffusers_lays_out_images() -> None:
    first, second = read_references(["#ff0000", "#00ff00"])
    assert spread([first], 3) == (first, first, first)
    assert spread([first, second], 2) == (first, second)
    assert spread([first, second], 4) == (first, first, second, second)
    for batch in (1, 3):
        with pytest.raises(
            InputError, match=f"^2 references do not fit {batch} images: give one for all, or one for each"
        ):
            spread([first, second], batch)


def read_by_the_command_line(image: Image.Image, path: Path, **options: Any) -> torch.Tensor:
    """The colours that the command line's reader takes of a file: the oracle for the same picture in the library."""
    image.save(path, **options)
    settings = MatchSettings(samples=SAMPLES, scene=DIFFERENT_SCENE)
    return ReferenceSamples(PictureReference(path), settings).in_encoding(None)[0].fit


def _picture(mode: str) -> Image.Image:
    """A photograph in one of Pillow's modes, its upper third transparent where the mode can say so."""
    rgba = Image.fromarray(_bytes(photograph(1, 90, 120))).convert("RGBA")
    rgba.paste((0, 0, 0, 0), (0, 0, 120, 30))
    grey16 = Image.fromarray((np.linspace(0, 65535, 90 * 120).reshape(90, 120)).astype(np.uint16))
    if mode in ("I;16", "I"):
        return grey16 if mode == "I;16" else Image.fromarray(np.asarray(grey16).astype(np.int32))
    if mode in ("LA", "P", "RGBA"):
        return rgba.convert(mode) if mode != "P" else rgba.quantize(32)
    return rgba.convert("RGB").convert(mode)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("RGB", ".png"), ("L", ".png"), ("1", ".png"), ("I;16", ".png"), ("I", ".png"), ("LA", ".png")]
    + [("RGBA", ".png"), ("P", ".png"), ("CMYK", ".tif"), ("LAB", ".tif"), ("RGBA", ".tif")],
)
def test_pil_pictures_are_read_as_the_command_line_reads_files(mode: str, suffix: str, tmp_path: Path) -> None:
    image = _picture(mode)
    wanted = read_by_the_command_line(image, tmp_path / f"a{suffix}")
    with Image.open(tmp_path / f"a{suffix}") as opened:
        for value in (image, opened):
            assert torch.allclose(read_reference(value).colors, wanted, atol=1e-6)


def test_premultiplied_pictures_are_as_the_straight_ones() -> None:
    """Oracle: the picture before it was multiplied by its alpha; where that is 255, nothing is rounded."""
    straight = _picture("RGBA")
    assert torch.equal(read_reference(straight.convert("RGBa")).colors, read_reference(straight).colors)
    grey = _picture("LA")
    assert torch.equal(read_reference(grey.convert("La")).colors, read_reference(grey).colors)
    assert torch.equal(read_reference(straight.convert("PA")).colors[:, 0] > -1, torch.ones(SAMPLES, dtype=torch.bool))


def test_what_is_transparent_does_not_count() -> None:
    red = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    red.paste((0, 0, 0, 0), (0, 0, 40, 30))
    colors = read_reference(red).colors
    assert (colors == torch.tensor([1.0, 0.0, 0.0])).all() and len(colors) == 400
    keyed = Image.new("RGB", (20, 20), (0, 0, 0))
    keyed.paste((0, 255, 0), (0, 0, 20, 5))
    keyed.info["transparency"] = (0, 0, 0)
    assert (read_reference(keyed).colors == torch.tensor([0.0, 1.0, 0.0])).all()


@pytest.mark.parametrize("icc", [display_p3(), coded_profile(1, 8)], ids=["P3", "linear"])
def test_the_profile_of_a_pil_picture_counts(icc: bytes, tmp_path: Path) -> None:
    image = _picture("RGB")
    wanted = read_by_the_command_line(image, tmp_path / "a.png", icc_profile=icc)
    with Image.open(tmp_path / "a.png") as opened:
        found = read_reference(opened).colors
    assert torch.allclose(found, wanted, atol=1e-6)
    assert not torch.allclose(found, read_reference(image).colors, atol=0.01)


@pytest.mark.parametrize("profile", ["grey", "CMYK"])
def test_profiles_of_other_colour_models_count(profile: str, tmp_path: Path) -> None:
    image = _picture("L" if profile == "grey" else "CMYK")
    icc = grey_profile() if profile == "grey" else cmyk_profile()
    wanted = read_by_the_command_line(image, tmp_path / "a.tif", icc_profile=icc)
    with Image.open(tmp_path / "a.tif") as opened:
        assert torch.allclose(read_reference(opened).colors, wanted, atol=1e-6)


def test_pil_pictures_that_cannot_be_read(tmp_path: Path) -> None:
    _picture("RGB").save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:2000])
    values: list[tuple[Image.Image, str]] = [
        (Image.fromarray(np.zeros((4, 4), np.float32)), "reference is a PIL picture of mode F"),
        (Image.new("RGBA", (4, 4)), "reference is fully transparent"),
        (Image.fromarray(np.full((4, 4), -1, np.int32)), "reference: 32-bit integer pictures are not read"),
        (Image.open(tmp_path / "a.png"), "reference is a PIL picture that cannot be read"),
    ]
    for value, message in values:
        with pytest.raises(InputError, match=f"^{message}"):
            read_reference(value)


@pytest.mark.parametrize("tag", ["gamma", "chromaticities", "both", "sRGB", "nonsense", "EXIF"])
def test_tags_that_pillow_hands_on_count(tag: str, tmp_path: Path) -> None:
    """Oracle: the command line's reader of the same file."""
    image, path = _picture("RGB"), tmp_path / ("a.jpg" if tag == "EXIF" else "a.png")
    gamma = (b"gAMA", struct.pack(">I", 0 if tag == "nonsense" else 100000))
    corners = (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    chunks = {"gamma": [gamma], "nonsense": [gamma], "chromaticities": [corners], "both": [gamma, corners]}
    info = PngImagePlugin.PngInfo()
    for kind, body in chunks.get(tag, [(b"sRGB", b"\0"), gamma]):
        info.add(kind, body)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    exif[0x8769] = exif.get_ifd(0x8769)
    wanted = read_by_the_command_line(image, path, **({"exif": exif} if tag == "EXIF" else {"pnginfo": info}))
    with Image.open(path) as opened:
        found = read_reference(opened).colors
        assert opened.info.get("icc_profile") is None, "the caller's picture stays as it is"
        plain = read_reference(Image.fromarray(np.asarray(opened))).colors
    assert torch.allclose(found, wanted, atol=1e-6)
    assert torch.allclose(found, plain, atol=1e-6) == (tag in ("sRGB", "nonsense"))
