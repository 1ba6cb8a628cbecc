"""The scopes, on pictures whose traces are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reswd_torch.errors import InputError
from studio.views.scopes import LARGEST, SCOPES, draw_scope
from studio.views.scopes.ground import column_of, level_frame, row_of
from studio.views.scopes.histogram import _frame as histogram_frame
from studio.views.scopes.histogram import counts_of
from studio.views.scopes.parade import _frames as parade_frames
from studio.views.scopes.vectorscope import SKIN, place_of

SIZE = (360, 220)
KINDS = [scope.name for scope in SCOPES]
BLACK = np.zeros((4, 4, 3), np.uint8)
SKINS = ((194, 150, 130), (115, 82, 68), (224, 172, 138), (186, 128, 98), (141, 85, 60), (92, 54, 38))
"""Light and dark skin of a ColorChecker, then others from pale to dark, sRGB."""


def flat(*rgb: int) -> np.ndarray:
    return np.broadcast_to(np.array(rgb, np.uint8), (32, 48, 3)).copy()


def trace(kind: str, pixels: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(height, width) how much lighter the drawing is than that of a picture whose trace lies elsewhere."""
    empty = np.minimum(draw_scope(kind, flat(0, 255, 0), size), draw_scope(kind, flat(255, 0, 255), size))
    return (draw_scope(kind, pixels, size).astype(int) - empty).max(axis=2)


def centre(light: np.ndarray) -> tuple[float, float]:
    """Column and row of the middle of a spot of light."""
    y, x = np.nonzero(light > 0.5 * light.max())
    return float(x.mean()), float(y.mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(360, 220), (720, 440), (120, 300)])
def test_scope_has_its_size_and_the_picture_is_seen_in_it(kind: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (70, 90, 3), dtype=np.uint8)
    drawn = draw_scope(kind, picture, size)
    assert (drawn.shape, drawn.dtype) == ((size[1], size[0], 3), np.uint8)
    assert np.array_equal(drawn, draw_scope(kind, picture, size))
    assert not np.array_equal(drawn, draw_scope(kind, BLACK, size))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3), (2500, 2400, 3)])
def test_picture_of_any_size(kind: str, shape: tuple[int, int, int]) -> None:
    grey = np.full(shape, 128, np.uint8)
    assert np.array_equal(draw_scope(kind, grey, SIZE), draw_scope(kind, np.full((64, 64, 3), 128, np.uint8), SIZE))


@pytest.mark.parametrize("size", [(360, 220), (720, 440)])
def test_grey_ramp_is_a_diagonal_in_the_waveform(size: tuple[int, int]) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 1024).astype(np.uint8)[None, :, None], (64, 1024, 3))
    frame = level_frame(size)
    drawn = draw_scope("waveform", ramp, size)[frame.rows, frame.columns].max(axis=2)
    brightest = drawn.argmax(axis=0)[4:-4]
    expected = (1 - np.arange(frame.width)[4:-4] / (frame.width - 1)) * (frame.height - 1)
    assert np.abs(brightest - expected).max() <= 3
    far = np.abs(np.arange(frame.height)[:, None] - expected) > 6
    assert drawn[:, 4:-4][far].max() < 110, "there is nothing beside the diagonal but lines"


@pytest.mark.parametrize("level", [0, 64, 128, 200, 255])
def test_flat_picture_is_one_line_at_its_level(level: int) -> None:
    frame = level_frame(SIZE)
    drawn = draw_scope("waveform", flat(level, level, level), SIZE)[frame.rows, frame.columns].max(axis=2)
    bright = np.flatnonzero((drawn > 150).all(axis=1))
    assert 1 <= len(bright) <= 3
    assert np.abs(bright + frame.top - row_of(level / 255, frame)).max() <= 1
    assert (np.delete(drawn, np.arange(bright[0] - 2, bright[-1] + 3) % frame.height, axis=0) < 110).all()


def test_parade_shows_every_channel_at_its_level_in_its_colour() -> None:
    levels = (204, 128, 51)
    drawn = draw_scope("parade", flat(*levels), SIZE)
    for channel, (frame, level) in enumerate(zip(parade_frames(SIZE), levels, strict=True)):
        row = row_of(level / 255, frame)
        line = drawn[row - 1 : row + 2, frame.columns].max(axis=0)
        assert line[:, channel].min() > 180
        assert (line[:, channel] > np.delete(line, channel, axis=1).max(axis=1)).all()


@pytest.mark.parametrize(
    ("rgb", "cb", "cr"),
    [
        ((191, 0, 0), -0.0859, 0.375),
        ((0, 0, 191), 0.375, -0.0344),
        ((0, 191, 0), -0.2891, -0.3407),
        ((191, 191, 0), -0.375, 0.0344),
        ((0, 191, 191), 0.0859, -0.375),
        ((191, 0, 191), 0.2891, 0.3407),
        ((128, 128, 128), 0, 0),
    ],
)
def test_bars_at_75_percent_lie_in_their_boxes(rgb: tuple[int, int, int], cb: float, cr: float) -> None:
    found = centre(trace("vectorscope", flat(*rgb), (720, 440)))
    assert math.dist(found, place_of(cb, cr, (720, 440))) < 1.2


def test_boxes_are_drawn_around_the_bars() -> None:
    left, top = place_of(-0.0859 - 0.03, 0.375 + 0.03, SIZE)
    drawn = draw_scope("vectorscope", BLACK, SIZE)
    assert drawn[round(top) - 1 : round(top) + 2, round(left) + 2].max() > 60


@pytest.mark.parametrize("kind", ["vectorscope", "vectorscope-2x"])
@pytest.mark.parametrize("skin", SKINS)
def test_skin_lies_on_the_line(kind: str, skin: tuple[int, int, int]) -> None:
    size = (720, 440)
    x, y = centre(trace(kind, flat(*skin), size))
    middle = place_of(0, 0, size)
    angle = math.degrees(math.atan2(middle[1] - y, x - middle[0]))
    assert abs(angle - math.degrees(SKIN)) < 10
    assert math.dist((x, y), middle) > 8


def test_larger_vectorscope_leaves_out_what_it_has_no_room_for() -> None:
    assert np.array_equal(
        draw_scope("vectorscope-2x", flat(0, 255, 0), SIZE), draw_scope("vectorscope-2x", flat(255, 0, 255), SIZE)
    )


def test_few_pixels_are_seen_beside_many() -> None:
    picture = np.full((1000, 1000, 3), 40, np.uint8)
    picture[500:504, 500:504] = (200, 60, 60)
    plain = np.full((1000, 1000, 3), 40, np.uint8)
    for kind in ("parade", "waveform"):
        assert (draw_scope(kind, picture, SIZE).astype(int) - draw_scope(kind, plain, SIZE)).max() > 25


def test_histogram_counts_every_pixel() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:3] = (10, 20, 30)
    counts = counts_of(picture)
    assert counts.sum(axis=1).tolist() == [100] * 4
    assert (counts[0, 10], counts[1, 20], counts[2, 30], counts[3, 19]) == (30, 30, 30, 30)


def test_heights_of_the_histogram_are_in_proportion_to_the_counts() -> None:
    size = (720, 440)
    picture = np.full((40, 40, 3), 64, np.uint8)
    picture[:10] = 192
    frame = histogram_frame(size)
    drawn = draw_scope("histogram", picture, size)
    heights = []
    for level in (64, 192):
        column = drawn[frame.rows, column_of(level / 255, frame) - 2 : column_of(level / 255, frame) + 3].max(axis=2)
        heights.append(int((column > 125).any(axis=1).sum()))
    assert heights[0] / heights[1] == pytest.approx(3, rel=0.06)
    assert heights[0] > 0.8 * frame.height


def test_one_flat_colour_does_not_flatten_the_rest_of_the_histogram() -> None:
    rng = np.random.default_rng(1)
    picture = rng.normal(128, 20, (200, 200, 3)).clip(0, 255).astype(np.uint8)
    picture[:100] = 0
    frame = histogram_frame(SIZE)
    drawn = draw_scope("histogram", picture, SIZE)[frame.rows, frame.columns]
    middle = drawn[:, frame.width // 2 - 5 : frame.width // 2 + 5].max(axis=2)
    assert (middle > 125).any(axis=1).sum() > 0.2 * frame.height


@pytest.mark.parametrize("size", [(0, 200), (360, 119), (LARGEST + 1, 220)])
def test_size_out_of_bounds_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"{size[0]} x {size[1]}"):
        draw_scope("waveform", BLACK, size)


def test_what_is_no_scope_or_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match="'oscilloscope'.*parade, waveform"):
        draw_scope("oscilloscope", BLACK, SIZE)
    for pixels in (BLACK.astype(np.float32), BLACK[..., 0], BLACK[:0]):
        with pytest.raises(InputError, match="uint8"):
            draw_scope("waveform", pixels, SIZE)
