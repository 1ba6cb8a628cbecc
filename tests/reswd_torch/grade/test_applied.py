"""A grade on integers, channels before rows and Pillow's pictures: the same kind comes out, with the pixels of files."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from reswd_torch import Cdl, Grade, InputError, Lut3D
from reswd_torch.grade.trims import Trims
from studio.service.render import render
from tests.conftest import photograph

LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
LUT = Lut3D.sample(lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.9 + 0.05 * c[:, 2], c[:, 2] ** 1.3), 1))
GRADES = {
    "cdl": Grade(LOOK),
    "lut": Grade(LUT),
    "half": Grade(LUT, 0.5),
    "trimmed": Grade(LUT, trims=Trims(contrast=1.2)),
}
every_grade = pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


@every_grade
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_become_the_pixels_of_files(grade: Grade, dtype: type) -> None:
    pixels = noise(70, 50, 3, dtype=dtype)
    kept = pixels.copy()
    expected = render(pixels, grade)
    assert np.array_equal(grade.apply(pixels), expected) and np.array_equal(pixels, kept)
    assert np.array_equal(grade.apply(np.moveaxis(pixels, -1, 0)), np.moveaxis(expected, -1, 0))
    for view in (pixels[::-1], pixels[:, ::-1], pixels[::2, ::3]):
        assert np.array_equal(grade.apply(view), render(np.ascontiguousarray(view), grade))
    batch = torch.from_numpy(np.stack([pixels, pixels[::-1]]))
    found = grade.apply(batch.movedim(-1, 1))
    assert found.dtype == batch.dtype and found.is_contiguous()
    assert torch.equal(found[0].movedim(0, -1), torch.from_numpy(expected))
    assert torch.equal(found.movedim(1, -1), grade.apply(batch))


@every_grade
def test_floats_with_channels_first(grade: Grade) -> None:
    picture = photograph(1)
    expected = grade.apply(picture)
    assert np.array_equal(grade.apply(np.moveaxis(picture, -1, 0)), np.moveaxis(expected, -1, 0))
    tensor = torch.from_numpy(picture).movedim(-1, 0)[None].double().requires_grad_()
    found = grade.apply(tensor)
    assert found.dtype == torch.float64 and found.shape == tensor.shape
    found.sum().backward()
    assert tensor.grad is not None and float(tensor.grad.abs().sum()) > 0
    three = torch.rand(3, 3, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(grade.apply(three, layout="CHW").movedim(0, -1), grade.apply(three.movedim(0, -1), layout="HWC"))
    with pytest.raises(InputError, match="layout="):
        grade.apply(three)
    assert grade.apply(three.numpy()).shape == (3, 3, 3), "NumPy's floats have their colours last, as ever"


def test_any_number_of_axes_with_colours_last() -> None:
    grade = GRADES["cdl"]
    colours = noise(5, 4, 6, 7, 3)
    assert np.array_equal(grade.apply(colours)[2, 1], grade.apply(colours[2, 1]))
    assert np.array_equal(grade.apply(colours[0, 0, 0]), grade.apply(colours[0, 0])[0])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "RGBX", "YCbCr", "HSV", "L", "LA", "P", "CMYK", "I;16", "I;16B", "I"])
def test_pictures_keep_what_they_carry(mode: str) -> None:
    image = Image.fromarray(noise(30, 40, 3))
    if mode.startswith("I"):
        image = Image.fromarray(noise(30, 40, dtype=np.uint16).astype({"I": "i4", "I;16B": ">u2"}.get(mode, "<u2")))
    else:
        image = image.convert("RGBA").convert(mode) if "A" in mode else image.convert(mode)
    assert image.mode == mode
    image.info |= {"dpi": (72, 72), "comment": b"kept"}
    graded = GRADES["cdl"].apply(image)
    assert graded.size == image.size
    assert graded.mode == {"L": "RGB", "LA": "RGBA", "P": "RGB", "CMYK": "RGB"}.get(mode, mode)
    assert graded.info["dpi"] == (72, 72) and graded.info["comment"] == b"kept"
    assert np.abs(np.asarray(graded.convert("RGB"), int) - np.asarray(image.convert("RGB"), int)).max() > 5
    same = GRADES["cdl"].apply(image, strength=0)
    assert same is not image and same.mode == mode and same.tobytes() == image.tobytes() and same.info == image.info


def test_transparent_pixels_stay_and_alpha_is_kept() -> None:
    values = noise(20, 30, 4)
    values[..., 3] = np.where(np.arange(30) < 10, 0, np.where(np.arange(30) < 20, 128, 255))
    graded = np.asarray(GRADES["lut"].apply(Image.fromarray(values)))
    assert np.array_equal(graded[..., 3], values[..., 3])
    assert np.array_equal(graded[:, :10], values[:, :10])
    assert np.array_equal(graded[:, 10:, :3], GRADES["lut"].apply(values[..., :3])[:, 10:])


def test_a_transparent_level_becomes_alpha_or_stays_the_only_one() -> None:
    keyed = Image.fromarray(noise(20, 30, 3))
    keyed.info["transparency"] = keyed.getpixel((3, 4))
    graded = GRADES["cdl"].apply(keyed)
    assert graded.mode == "RGBA" and "transparency" not in graded.info
    assert graded.getpixel((3, 4)) == (*keyed.getpixel((3, 4)), 0)
    grey = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100)
    grey.info["transparency"] = 700
    found = GRADES["cdl"].apply(grey)
    assert (np.asarray(found) == 700).sum() == 1 and found.getpixel((7, 0)) == 700


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("missing.png", "image missing.png: there is no such file"),
        (Image.new("F", (4, 4)), "image is a PIL picture of mode F"),
        (np.zeros((4, 5, 4), np.uint8), r"image has shape \(4, 5, 4\)"),
        ([[0, 0, 0]], "image is a list"),
        (np.full((3, 4, 5), 2.0), "image has values from 2 to 2"),
    ],
)
def test_refused_in_one_line(value: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        GRADES["cdl"].apply(value)
    assert "\n" not in str(caught.value)
