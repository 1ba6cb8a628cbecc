"""The ground that scopes are drawn on: its greys, its place for the trace, its lines and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from studio.views.charts import GROUND

# Colours, sRGB, 0..255. They have no tint, which would change how the traces look.
PANEL = (20, 20, 20)
LINE = (66, 66, 66)
STRONG = (104, 104, 104)
TEXT = (190, 190, 190)

PERCENT = (0, 25, 50, 75, 100)
"""The levels that have a line and a number."""


@dataclass(frozen=True)
class Frame:
    """Where the trace of a scope lies within its drawing, in pixels.

    Attributes:
        left: column of its left edge.
        top: row of its upper edge.
        width: number of columns.
        height: number of rows.
    """

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """The rows of the trace."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """The columns of the trace."""
        return slice(self.left, self.left + self.width)


def text_height(size: tuple[int, int]) -> int:
    """Height of the numbers, in pixels, for a drawing of (width, height): 11 at 360 x 220, 17 at twice that."""
    return max(9, round(11 * (min(size[0] / 360, size[1] / 220)) ** 0.65))


def font(pixels: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The font of the numbers."""
    return ImageFont.load_default(pixels)


def blank(size: tuple[int, int], *frames: Frame) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty ground with a darker panel at every frame."""
    ground = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(ground)
    for frame in frames:
        draw.rectangle((frame.left, frame.top, frame.left + frame.width - 1, frame.top + frame.height - 1), fill=PANEL)
    return ground, draw


def level_frame(size: tuple[int, int]) -> Frame:
    """The frame of a scope with levels from 0 % at the bottom to 100 % at the top, and their numbers at its left."""
    text = text_height(size)
    left, margin = round(2.4 * text), round(0.8 * text)
    return Frame(left, margin, size[0] - left - margin, size[1] - 2 * margin)


def row_of(level: float, frame: Frame) -> int:
    """The row of a level, 0..1."""
    return frame.top + round((1 - level) * (frame.height - 1))


def column_of(level: float, frame: Frame) -> int:
    """The column of a level, 0..1, where levels go from left to right."""
    return frame.left + round(level * (frame.width - 1))


def rule_levels(draw: ImageDraw.ImageDraw, frames: tuple[Frame, ...], size: tuple[int, int]) -> None:
    """Draw the lines of the levels across all frames, and their numbers at the left of the first one."""
    text = text_height(size)
    for percent in PERCENT:
        row = row_of(percent / 100, frames[0])
        for frame in frames:
            draw.line((frame.left, row, frame.left + frame.width - 1, row), fill=LINE if 0 < percent < 100 else STRONG)
        draw.text((frames[0].left - text * 0.4, row), str(percent), font=font(text), fill=TEXT, anchor="rm")
