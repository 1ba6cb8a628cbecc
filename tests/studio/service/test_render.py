"""Whole pictures of 8 and 16 bits against the float path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reswd_torch import Cdl, Grade, Lut3D
from reswd_torch.grade import codes, look_up
from studio.service.render import render

QUICK = settings(max_examples=15, deadline=None, derandomize=True)
LOOK = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1), 1.4)
FLAT_SATURATION = Cdl((1.2, 0.9, 1.05), (-0.05, 0.02, 0.1), (0.8, 1.3, 1.1))


def bent_lut(size: int = 33) -> Lut3D:
    return Lut3D.sample(
        lambda c: torch.stack((c[:, 0] ** 0.8, c[:, 1] * 0.913 + 0.0471 * c[:, 2], c[:, 2] ** 1.3), 1), size
    )


cdls = st.builds(
    Cdl,
    slope=st.tuples(*[st.floats(0.3, 2)] * 3),
    offset=st.tuples(*[st.floats(-0.3, 0.3)] * 3),
    power=st.tuples(*[st.floats(0.4, 2.5)] * 3),
    saturation=st.floats(0, 2),
)
GRADES = {
    "cdl": Grade(LOOK),
    "no saturation": Grade(FLAT_SATURATION),
    "lut": Grade(bent_lut()),
    "half": Grade(LOOK, 0.5),
}
every_grade = pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
depths = pytest.mark.parametrize("dtype", [np.uint8, np.uint16])


def noise(height: int, width: int, dtype: type, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype)


def by_float(pixels: np.ndarray, grade: Grade) -> np.ndarray:
    """The grade in float64, rounded once."""
    top = np.iinfo(pixels.dtype).max
    return np.rint(grade.apply(pixels.astype(np.float64) / top) * top).astype(np.int64)


@every_grade
@depths
def test_equals_the_float_path(grade: Grade, dtype: type) -> None:
    """At most one code value anywhere, and at most 1% of the values differ."""
    pixels = noise(200, 300, dtype)
    graded = render(pixels, grade)
    assert (graded.dtype, graded.shape) == (pixels.dtype, pixels.shape)
    difference = np.abs(graded.astype(np.int64) - by_float(pixels, grade))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.01
    assert np.abs(graded.astype(int) - pixels.astype(int)).mean() > 0.01 * np.iinfo(dtype).max


@QUICK
@given(cdls, st.sampled_from([np.uint8, np.uint16]))
def test_any_cdl_equals_the_float_path(cdl: Cdl, dtype: type) -> None:
    pixels = noise(40, 50, dtype)
    difference = np.abs(render(pixels, Grade(cdl)).astype(np.int64) - by_float(pixels, Grade(cdl)))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.01


@depths
def test_extremes_saturate_instead_of_wrapping(dtype: type) -> None:
    top = np.iinfo(dtype).max
    pixels = np.array([[[0, 0, 0], [top, top, top], [top, 0, 0], [0, top, top]]], dtype)
    for cdl in (Cdl((4.0, 4.0, 4.0), saturation=4.0), Cdl(offset=(-0.9, -0.9, -0.9), saturation=3.0)):
        graded = render(pixels, Grade(cdl))
        assert np.abs(graded.astype(np.int64) - by_float(pixels, Grade(cdl))).max() <= 1


@every_grade
@depths
def test_strength_0_gives_the_same_values(grade: Grade, dtype: type) -> None:
    pixels = noise(20, 30, dtype)
    same = render(pixels, grade.at_strength(0))
    assert np.array_equal(same, pixels)
    assert not np.shares_memory(same, pixels)


@depths
def test_identity_gives_the_same_values(dtype: type) -> None:
    pixels = noise(50, 60, dtype)
    for identity in (Cdl(), Lut3D.sample(lambda c: c, 33)):
        assert np.abs(render(pixels, Grade(identity)).astype(int) - pixels.astype(int)).max() == 0


@every_grade
@depths
def test_weights(grade: Grade, dtype: type) -> None:
    """0 leaves a pixel exactly as it is, 1 grades it, between is mixed; the source stays as it was."""
    pixels = noise(30, 40, dtype)
    kept = pixels.copy()
    weights = np.zeros((30, 40), np.float32)
    weights[:, 10:20], weights[:, 20:30] = 1.0, 0.25
    whole, graded = render(pixels, grade), render(pixels, grade, weights)
    untouched = weights == 0
    assert np.array_equal(graded[untouched], pixels[untouched])
    assert np.array_equal(graded[:, 10:20], whole[:, 10:20])
    mixed = 0.75 * pixels[:, 20:30].astype(np.float64) + 0.25 * whole[:, 20:30]
    assert np.abs(graded[:, 20:30] - mixed).max() <= 0.5 + 1e-2
    assert np.array_equal(pixels, kept)


@every_grade
@depths
def test_strips_meet(grade: Grade, dtype: type, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noise(37, 41, dtype)
    weights = np.random.default_rng(1).random((37, 41)).astype(np.float32)
    whole = render(pixels, grade, weights)
    for strip in (1, 41, 41 * 5, 41 * 36):
        monkeypatch.setattr(codes, "_STRIP_PIXELS", strip)
        assert np.array_equal(render(pixels, grade, weights), whole)


@pytest.mark.parametrize("saturation", [0.5, 1.0, 1.4])
@depths
@pytest.mark.parametrize("shape", [(200, 301), (1, 64 * 200 + 1), (64 * 200 + 5, 1), (3, 5)])
def test_parts_in_the_cache_meet(
    dtype: type, saturation: float, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value does not depend on how many pixels are graded at a time."""
    pixels, grade = noise(*shape, dtype), Grade(replace(LOOK, saturation=saturation))
    whole = render(pixels, grade)
    for part in (64, 1 << 10, 1 << 30):
        monkeypatch.setattr(codes, "_PART_PIXELS", part)
        assert np.array_equal(render(pixels, grade), whole)


def test_a_last_part_is_never_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour that OpenCV rounds otherwise at the end of a run, at every place of a run."""
    colours, grade = noise(20_000, 1, np.uint16), GRADES["cdl"]
    amid = render(colours, grade)
    with monkeypatch.context() as patch:
        patch.setattr(codes, "_STRIP_PIXELS", 1)
        alone = render(colours, grade)
    for colour in colours[(amid != alone).any(-1)][:3]:  # none where OpenCV has no fused multiply-add
        for count in range(128, 192):
            pixels = np.tile(colour, (count, 1, 1))
            whole = render(pixels, grade)
            with monkeypatch.context() as patch:
                patch.setattr(codes, "_PART_PIXELS", 64)
                assert np.array_equal(render(pixels, grade), whole)


@QUICK
@given(cdls, st.sampled_from([np.uint8, np.uint16]))
def test_tables_equal_the_float_path(cdl: Cdl, dtype: type) -> None:
    """NumPy's tables equal those of ``Cdl.apply`` to the last bit of float32, and after rounding."""
    top = np.iinfo(dtype).max
    ramp = torch.arange(top + 1, dtype=torch.float64)[:, None].expand(-1, 3) / top
    exact = replace(cdl, saturation=1.0).apply(ramp).numpy() * top
    tables = look_up.curve_tables(cdl, np.dtype(dtype))
    assert np.array_equal(tables.astype(np.float32), exact.astype(np.float32))
    assert np.array_equal(np.rint(tables), np.rint(exact))


def test_tables_of_numbers_beyond_the_range() -> None:
    tables = look_up.curve_tables(Cdl((3e38,) * 3, (3e38, -3e38, 0.0)), np.dtype(np.uint8))
    assert np.isfinite(tables).all()
    assert (tables.min(), tables.max()) == (0, 255)


def test_pair_tables_hold_every_pair_of_bytes() -> None:
    """In the order in which they lie in memory, whatever the byte order of the machine."""
    table = noise(1, 256, np.uint8)[0]
    pairs = look_up.pair_tables(table)
    values = np.stack(np.meshgrid(*[np.arange(256, dtype=np.uint8)] * 2, indexing="ij"), -1).reshape(-1, 2)
    index = np.frombuffer(values.tobytes(), np.uint16)
    for column, channels in enumerate(([0, 1], [2, 0], [1, 2])):
        found = np.frombuffer(pairs[index, column].tobytes(), np.uint8).reshape(-1, 2)
        assert np.array_equal(found, table[values, channels])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 100, 101])
@pytest.mark.parametrize("begins", [(0, 0), (1, 1), (0, 1), (1, 0)], ids=str)
def test_pairs_give_what_the_plain_table_gives(count: int, begins: tuple[int, int]) -> None:
    """Odd and even numbers of pixels, odd and even addresses; nothing beside the run is written."""
    table, content = noise(1, 256, np.uint8)[0], noise(1, count, np.uint8, 1)
    memory = [np.zeros(3 * count + 4, np.uint8) for _ in begins]
    source, out = (
        block[begin : begin + 3 * count].reshape(1, count, 3) for block, begin in zip(memory, begins, strict=True)
    )
    source[...] = content
    look_up.look_up_by_pairs(source, table, look_up.pair_tables(table), out)
    assert np.array_equal(out[0], table[content[0], [0, 1, 2]])
    assert not memory[1][: begins[1]].any() and not memory[1][begins[1] + 3 * count :].any()
    assert np.array_equal(source, content)


@pytest.mark.parametrize("begin", [0, 1])
@pytest.mark.parametrize("shape", [(31, 41), (31, 42), (32, 41), (1, 1)])
def test_odd_pictures_without_saturation(begin: int, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips with an odd number of pixels begin at odd addresses; in place too."""
    monkeypatch.setattr(codes, "_STRIP_PIXELS", 3 * 41)
    content, grade = noise(*shape, np.uint8), GRADES["no saturation"]
    pixels = np.zeros(content.size + 1, np.uint8)[begin:][: content.size].reshape(content.shape)
    pixels[...] = content
    expected = np.rint(look_up.curve_tables(FLAT_SATURATION, pixels.dtype)).astype(np.uint8)[content, [0, 1, 2]]
    assert np.array_equal(render(pixels, grade), expected)
    assert np.array_equal(render(pixels, grade, in_place=True), expected)
    assert np.array_equal(pixels, expected)


@depths
def test_one_kernel_for_all_frames_of_a_clip(dtype: type) -> None:
    """The same numbers at the same depth share the tables; another number has its own."""
    kernel = codes._cdl_kernel
    first = kernel(Grade(LOOK, 0.5).effective, np.dtype(dtype))
    assert kernel(Grade(LOOK, 0.5).effective, np.dtype(dtype)) is first
    assert kernel(LOOK, np.dtype(dtype)) is not first


@every_grade
@depths
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1)])
def test_thin_pictures(grade: Grade, dtype: type, shape: tuple[int, int]) -> None:
    pixels = noise(*shape, dtype)
    assert np.abs(render(pixels, grade).astype(np.int64) - by_float(pixels, grade)).max() <= 1


@every_grade
@depths
def test_views_of_any_stride(grade: Grade, dtype: type) -> None:
    pixels = noise(40, 60, dtype)
    for view in (pixels[::2, ::3], pixels[::-1], pixels[..., ::-1], pixels.transpose(1, 0, 2)):
        assert np.array_equal(render(view, grade), render(view.copy(), grade))


@every_grade
@depths
@pytest.mark.parametrize("threads", [1, 2])
def test_in_place_gives_the_same(grade: Grade, dtype: type, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "_STRIP_PIXELS", 500)
    monkeypatch.setattr(codes, "allowed", lambda: threads)
    pixels = noise(60, 40, dtype)
    expected = render(pixels, grade)
    graded = render(pixels, grade, in_place=True)
    assert np.shares_memory(graded, pixels)
    assert np.array_equal(graded, expected)


def test_in_place_leaves_what_it_must_not_write() -> None:
    pixels = noise(30, 20, np.uint8)
    kept = pixels.copy()
    render(pixels, GRADES["cdl"], np.full((30, 20), 0.5, np.float32), in_place=True)
    assert np.array_equal(pixels, kept)  # weights mix the graded with the ungraded
    pixels.flags.writeable = False
    assert not np.array_equal(render(pixels, GRADES["cdl"], in_place=True), kept)
    assert np.array_equal(pixels, kept)
