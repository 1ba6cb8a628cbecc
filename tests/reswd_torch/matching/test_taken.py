"""Pictures, paths, integers and batches as sources and references: the grades and pixels are those of the command line."""

from __future__ import annotations

import builtins
import io
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reswd_torch import Grade, InputError, match
from reswd_torch.profiles.coded import coded_profile
from reswd_torch.settings import MatchSettings
from studio.references import choose_reference
from studio.service import job_for
from studio.service.match import MatchResult, run_match
from tests.conftest import asset, photograph
from tests.studio.media.images.profiles_for_tests import display_p3, grey_profile
from tests.studio.pictures import sixteen_bits, write_deep


def picture(mode: str = "RGB", seed: int = 1, height: int = 90, width: int = 120) -> Image.Image:
    image = Image.fromarray(np.rint(photograph(seed, height, width) * 255).astype(np.uint8))
    if "A" in mode:
        alpha = np.full((height, width), 255, np.uint8)
        alpha[:20], alpha[20:40] = 0, 90
        image.putalpha(Image.fromarray(alpha))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    return image if image.mode == mode else image.convert(mode)


def by_the_command_line(source: Path, target: Path, **options: object) -> MatchResult:
    return run_match(job_for(source, choose_reference(file=target), MatchSettings(**options)))


def is_same(one: Grade, other: Grade) -> bool:
    return one.to_record() == other.to_record() and one.report.distance_after == other.report.distance_after


@pytest.fixture
def target(tmp_path: Path) -> Path:
    picture(seed=2, height=100, width=80).save(tmp_path / "target.png")
    return tmp_path / "target.png"


@pytest.mark.parametrize("transform", ["cdl", "lut"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_pil_picture_becomes_what_the_command_line_makes_of_its_file(
    mode: str, transform: str, tmp_path: Path, target: Path
) -> None:
    source = tmp_path / "source.png"
    picture(mode).save(source)
    expected = by_the_command_line(source, target, transform=transform)
    with Image.open(source) as one, Image.open(target) as other:
        grade = match(one, other, transform=transform)
        graded = grade.apply(one)
    assert is_same(grade, expected.grade) and is_same(match(source, str(target), transform=transform), expected.grade)
    expected.save_picture(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written:
        assert graded.mode == written.mode
        assert np.array_equal(np.asarray(graded), np.asarray(written))
        assert np.array_equal(np.asarray(grade.apply(source)), np.asarray(written))
    if mode == "RGB":
        assert np.array_equal(grade.apply(np.asarray(Image.open(source))), np.asarray(graded))


@pytest.mark.parametrize(
    "icc", [display_p3(), coded_profile(1, 8), grey_profile()], ids=["Display P3", "linear", "of grey"]
)
def test_profiles_count_as_in_files(icc: bytes, tmp_path: Path, target: Path) -> None:
    """In the source's encoding, with the target converted to it; the other way round, and to a palette."""
    source = tmp_path / "source.png"
    picture("L" if icc == grey_profile() else "RGB").save(source, icc_profile=icc)
    palette = run_match(job_for(source, choose_reference(palette="#204060:3,#d0a070"), MatchSettings()))
    with Image.open(source) as one, Image.open(target) as other:
        there, back = match(one, other), match(other, one)
        graded = there.apply(one)
        assert is_same(match(one, palette="#204060:3,#d0a070"), palette.grade)
    expected = by_the_command_line(source, target)
    assert is_same(there, expected.grade) and is_same(back, by_the_command_line(target, source).grade)
    expected.save_picture(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as written:
        assert np.array_equal(np.asarray(graded), np.asarray(written))
        assert graded.info.get("icc_profile") == written.info.get("icc_profile")


def with_numbers(path: Path, *numbers: int) -> Path:
    """A PNG with a cICP chunk, which Pillow neither reads nor writes."""
    picture().save(path)
    data, body = path.read_bytes(), b"cICP" + bytes(numbers)
    chunk = (4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    path.write_bytes(data[:33] + chunk + data[33:])
    return path


@pytest.mark.parametrize("numbers", [(12, 13, 0, 1), (1, 13, 0, 1), (9, 14, 0, 1), (2, 2, 0, 1)])
def test_the_numbers_of_a_png_count_behind_its_path(numbers: tuple[int, ...], tmp_path: Path, target: Path) -> None:
    source = with_numbers(tmp_path / "source.png", *numbers)
    expected = by_the_command_line(source, target)
    grade = match(source, target)
    assert is_same(grade, expected.grade)
    assert is_same(match(target, source), by_the_command_line(target, source).grade)
    assert np.array_equal(np.asarray(grade.apply(source)), expected.graded_pixels())


@pytest.mark.parametrize(("numbers", "said"), [((9, 16, 0, 1), "is HDR .PQ"), ((1, 13, 0, 0), "narrow range")])
def test_numbers_that_are_for_the_command_line(numbers: tuple[int, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        match(with_numbers(tmp_path / "source.png", *numbers), palette="#aabbcc")


@pytest.mark.parametrize("way", [3, 5, 6])
def test_turned_photographs(way: int, tmp_path: Path, target: Path) -> None:
    """A PIL picture stays as it lies, a path comes out upright; the grade is that of the upright one."""
    source, exif = tmp_path / "source.jpg", Image.Exif()
    exif[0x0112] = way
    picture().save(source, exif=exif, quality=95)
    expected = by_the_command_line(source, target)
    expected.save_picture(tmp_path / "out.png")
    with Image.open(source) as one:
        grade = match(one, target)
        lying = grade.apply(one)
        assert lying.size == one.size and lying.getexif()[0x0112] == way
    assert is_same(grade, expected.grade) and is_same(match(source, target), expected.grade)
    with Image.open(tmp_path / "out.png") as written:
        upright = grade.apply(source)
        assert upright.getexif().get(0x0112, 1) == 1
        assert np.array_equal(np.asarray(upright), np.asarray(written))


def test_a_large_jpeg_lends_its_colours_reduced_by_its_path(tmp_path: Path, target: Path) -> None:
    large = tmp_path / "large.jpg"
    picture(seed=4, height=1500, width=2100).save(large, quality=90)
    expected = by_the_command_line(target, large)
    assert is_same(match(target, large), expected.grade)
    with Image.open(large) as image:
        whole = match(target, image)
        assert image.size == (2100, 1500)
    assert not is_same(whole, expected.grade)
    assert is_same(match(large, large), by_the_command_line(large, large).grade), "at one size it is read whole"


def test_sixteen_bits_behind_paths_and_in_arrays(tmp_path: Path, target: Path) -> None:
    pixels = sixteen_bits()
    for suffix in (".png", ".tif"):
        deep = write_deep(tmp_path / f"deep{suffix}", pixels, display_p3())
        expected = by_the_command_line(deep, target)
        grade = match(deep, target)
        assert is_same(grade, expected.grade)
        graded = grade.apply(pixels)
        assert graded.dtype == np.uint16 and np.array_equal(graded, expected.graded_pixels())
        assert np.array_equal(grade.apply(pixels.astype(">u2")), graded)
        with pytest.raises(InputError, match="colours of 16 bits.*uint16 array"):
            grade.apply(deep)


def test_grey_of_16_bits_stays_so(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "grey.png"
    picture("I;16").save(source)
    expected = by_the_command_line(source, target)
    with Image.open(source) as image:
        grade = match(image, target)
        graded = grade.apply(image)
    assert is_same(grade, expected.grade)
    assert graded.mode == "I;16" and graded.size == image.size
    luma = expected.graded_pixels() @ np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(np.asarray(graded) - luma).max() <= 0.501


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_are_floats_in_other_clothes(dtype: type) -> None:
    """The grade is that of the same colours as float64, for they are sampled in the same way."""
    top = np.iinfo(dtype).max
    one, other = (np.rint(asset(name, 160) * top).astype(dtype) for name in ("warm-room.jpg", "bridge-night.jpg"))
    grade, by_floats = match(one, other, transform="cdl"), match(one / top, other / top, transform="cdl")
    torch.testing.assert_close(grade.transform.vector(), by_floats.transform.vector(), atol=1e-5, rtol=0)
    graded = grade.apply(one)
    assert graded.dtype == dtype
    assert np.abs(graded.astype(int) - np.rint(grade.apply(one / top) * top).astype(int)).max() <= 1
    tensors = [torch.from_numpy(each).movedim(-1, 0) for each in (one, other)]
    assert is_same(match(*tensors, transform="cdl"), grade)


@pytest.mark.parametrize("layout", [None, "CHW"])
def test_channels_first_are_the_same_picture(layout: str | None, source: np.ndarray) -> None:
    wanted = photograph(2, 40, 56, tint=(1.0, 0.75, 0.5))
    expected = match(source, wanted)
    found = match(np.moveaxis(source, -1, 0), torch.from_numpy(wanted).movedim(-1, 0), layout=layout)
    assert is_same(found, expected)
    assert is_same(match(source[None], torch.from_numpy(wanted)[None]), expected), "a batch of one"


def test_a_batch_counts_as_one_distribution() -> None:
    dark, light = photograph(1, 40, 60) * 0.5, 0.5 + photograph(2, 40, 60) * 0.5
    batch, target = np.stack([dark, light]), photograph(3, 50, 50)
    options = {"aim": "colours", "scene": "different"}
    grade = match(batch, target, **options)
    side_by_side = match(np.concatenate([dark, light], axis=1), target, **options)
    assert grade.report.distance_before == pytest.approx(side_by_side.report.distance_before, rel=0.05)
    first = match(torch.from_numpy(batch).movedim(-1, 1), target, layout=None, **options)
    assert is_same(first, grade)
    weights = np.stack([np.ones((40, 60)), np.zeros((40, 60))])
    alone = match(batch, target, source_weights=weights, **options)
    assert abs(alone.report.distance_before - match(dark, target, **options).report.distance_before) < 0.5
    with pytest.raises(InputError, match="scene 'same' needs two pictures"):
        match(batch, target, scene="same")


def test_an_array_beside_a_tagged_picture_counts_as_srgb(tmp_path: Path) -> None:
    image, wanted = picture(), picture(seed=2)
    codes = np.asarray(wanted)
    image.info["icc_profile"] = display_p3()
    by_array, by_picture = match(image, codes), match(image, wanted)
    assert is_same(by_array, by_picture)
    assert by_array.encoding == "Display P3" and match(codes, image).encoding == "sRGB"


def test_weights_go_with_the_alpha_of_a_picture(target: Path) -> None:
    image, weights = picture("RGBA"), np.zeros((90, 120))
    weights[:, 60:] = 1
    spoilt = image.copy()
    spoilt.paste((255, 0, 255, 255), (0, 40, 60, 90))
    assert is_same(match(image, target, source_weights=weights), match(spoilt, target, source_weights=weights))
    weights[20:] = 0
    with pytest.raises(InputError, match="no visible pixel"):
        match(image, target, source_weights=weights)


@pytest.mark.parametrize("of_path", [True, False])
def test_weights_of_a_turned_picture(of_path: bool, target: Path, tmp_path: Path) -> None:
    """Of a path they lie as the upright picture does, which ``apply`` gives back; of a picture in hand as that does."""
    stored, exif = picture(height=120, width=120), Image.Exif()
    exif[0x0112] = 6
    spoilt = stored.copy()
    spoilt.paste((255, 0, 255), (0, 0, 120, 60))
    for name, image in (("whole", stored), ("spoilt", spoilt)):
        image.save(tmp_path / f"{name}.png", exif=exif)
    weights = np.zeros((120, 120))
    weights[60:] = 1
    if of_path:
        grades = [
            match(tmp_path / f"{n}.png", target, source_weights=np.rot90(weights, -1)) for n in ("whole", "spoilt")
        ]
    else:
        opened = [Image.open(tmp_path / f"{name}.png") for name in ("whole", "spoilt")]
        grades = [match(each, target, source_weights=weights) for each in opened]
    assert is_same(*grades)


def test_weights_of_a_reference_that_could_be_decoded_smaller(tmp_path: Path) -> None:
    picture(seed=2, height=2100, width=2200).save(tmp_path / "large.jpg")
    weights = np.zeros((2100, 2200), np.float32)
    weights[:1000] = 1
    grade = match(picture(), tmp_path / "large.jpg", target_weights=weights)
    assert grade.report.distance_after < grade.report.distance_before


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels(size: tuple[int, int], target: Path) -> None:
    empty = Image.new("RGB", size)
    for call in (
        lambda: match(empty, target),
        lambda: match(target, empty),
        lambda: match(target, target).apply(empty),
    ):
        with pytest.raises(InputError, match=f"{size[0]} x {size[1]} pixels"):
            call()


def test_a_palette_may_be_a_list(target: Path) -> None:
    assert is_same(match(target, palette=["#203040:2", "#fff"]), match(target, palette="#203040:2, #fff"))
    for wrong in (5, [1, 2], {"#fff": 1}):
        with pytest.raises(InputError, match="is no text: give hex colours"):
            match(target, palette=wrong)


def test_a_name_that_no_file_can_have(target: Path) -> None:
    with pytest.raises(InputError, match="no file can have this name"):
        match("x" * 5000, target)


def _bomb(path: Path) -> Path:
    """A PNG whose header promises 40,000 x 40,000 pixels."""
    data = io.BytesIO()
    Image.new("L", (1, 1)).save(data, "PNG")
    raw = bytearray(data.getvalue())
    raw[16:24] = (40_000).to_bytes(4, "big") * 2
    raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
    path.write_bytes(raw)
    return path


def _cut(path: Path) -> Path:
    picture().save(path)
    path.write_bytes(path.read_bytes()[:600])
    return path


GOOD = photograph(1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("missing.png", r"target missing\.png: there is no such file: check the name"),
        ("#aabbcc", "target #aabbcc: .*palette="),
        (".", r"target \.: this is no file"),
        (lambda at: at.write_bytes(b"nothing"), "Pillow reads no such picture.*command line"),
        (_bomb, "far larger than Pillow's limit"),
        (_cut, "is a picture that cannot be read"),
        (Image.new("F", (4, 4)), "target is a PIL picture of mode F"),
        (Image.new("RGBA", (4, 4)), "target is fully transparent"),
        (np.zeros((4, 4, 4), np.uint8), r"target has shape \(4, 4, 4\).*alpha: give it as weights"),
        (np.zeros((4, 4), np.uint8), r"target has shape \(4, 4\): give three channels"),
        (np.zeros((3, 9, 3), np.uint8), r'shape \(3, 9, 3\).*can be HWC or CHW: say which with layout="CHW"'),
        (torch.zeros(3, 9, 3), r"shape \(3, 9, 3\), which can be HWC or CHW"),
        (torch.zeros(2, 3, 9, 3), r"shape \(2, 3, 9, 3\), which can be BHWC or BCHW"),
        (np.zeros((0, 5, 3), np.uint8), "holds no colours"),
        (np.zeros((2, 2, 2, 5, 3), np.float32), r"shape \(2, 2, 2, 5, 3\): give one picture"),
        (np.zeros((4, 5, 3), np.int32), "dtype int32"),
    ],
)
def test_refused_in_one_line(value: object, said: str, tmp_path: Path) -> None:
    if callable(value):
        value(tmp_path / "a.png")
        value = tmp_path / "a.png"
    with pytest.raises(InputError, match=said) as caught:
        match(GOOD, value)
    assert "\n" not in str(caught.value)


def test_layouts_that_are_none() -> None:
    with pytest.raises(InputError, match="unknown layout 'WHC': choose one of HWC"):
        match(GOOD, GOOD, layout="WHC")
    with pytest.raises(InputError, match=r"source has shape \(48, 64, 3\), which is no CHW"):
        match(GOOD, GOOD, layout="CHW")


def test_without_pillow_a_path_says_so(monkeypatch: pytest.MonkeyPatch, target: Path) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.split(".")[0] == "PIL":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install pillow, or give an array"):
        match(target, GOOD)
    assert match(GOOD, GOOD).report.distance_before == 0, "arrays need none"
