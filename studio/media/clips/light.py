"""The light that an HDR clip was made for: the display that it was mastered on, and how bright its picture is.

Sources: SMPTE ST 2086 (the display), CTA-861.3 annex P (MaxCLL and MaxFALL); how FFmpeg keeps them: libavutil/
mastering_display_metadata.h. Encoders take them as text, each in its own units.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.media.clips.av_types import VideoFrame

_DISPLAY = struct.Struct("=22i")
"""Ten ratios (x and y of red, green, blue and white; least and most light, cd/m2), and whether colours and light are there."""
_CONTENT = struct.Struct("=2I")
_COLOUR_STEPS, _LIGHT_STEPS = 50_000, 10_000
"""Steps per unit of chromaticities and of cd/m2 in ST 2086, which x264 and x265 take."""
_PARAMS = {"libx265": "x265-params", "libx264": "x264-params", "libsvtav1": "svtav1-params"}
"""The option in which an encoder takes them. Other encoders know of none, and PyAV has no way past them into a file."""
_NAMES = {
    "libx265": ("master-display", "max-cll"),
    "libx264": ("mastering-display", "cll"),
    "libsvtav1": ("mastering-display", "content-light"),
}


@dataclass(frozen=True)
class LightLevels:
    """What an HDR clip says about light.

    Attributes:
        display: x and y of red, green, blue and white of the mastering display, then its least and most light, cd/m2; None where
            nothing is said.
        content: the light of the brightest pixel (MaxCLL) and of the brightest frame on average (MaxFALL), cd/m2; likewise.
    """

    display: tuple[Fraction, ...] | None
    content: tuple[int, int] | None

    def given_to(self, encoder: str, options: dict[str, str]) -> dict[str, str] | None:
        """An encoder's options with these in them; None for one that has no place for them.

        Args:
            encoder: FFmpeg's name of it.
            options: those that it gets anyway.
        """
        if encoder not in _PARAMS:
            return None
        mastering, light = _NAMES[encoder]
        given = []
        if self.display is not None:
            given.append(f"{mastering}={self._display_text(in_steps=encoder != 'libsvtav1')}")
        if self.content is not None:
            given.append(f"{light}={self.content[0]},{self.content[1]}")
        name = _PARAMS[encoder]
        return options | {name: ":".join(filter(None, (options.get(name, ""), *given)))}

    def _display_text(self, *, in_steps: bool) -> str:
        """The display as encoders read it: green, blue, red, white, then most and least light."""
        assert self.display is not None

        def value(number: Fraction, steps: int) -> str:
            return str(round(number * steps)) if in_steps else f"{float(number):.6f}"

        pairs = [",".join(value(each, _COLOUR_STEPS) for each in self.display[at : at + 2]) for at in range(0, 8, 2)]
        red, green, blue, white = pairs
        least, most = (value(each, _LIGHT_STEPS) for each in self.display[8:])
        return f"G({green})B({blue})R({red})WP({white})L({most},{least})"


def light_of(frame: VideoFrame) -> LightLevels | None:
    """What a frame says about light; None where it says nothing, or something that is damaged or not whole."""
    from av.sidedata.sidedata import Type

    try:
        side_data: Any = frame.side_data  # PyAV's annotation knows motion vectors only
        found = [side_data.get(kind) for kind in (Type.MASTERING_DISPLAY_METADATA, Type.CONTENT_LIGHT_LEVEL)]
    except ValueError:  # a kind that PyAV does not know yet is among them
        return None
    display, content = (None if each is None else bytes(each) for each in found)
    if display is None and content is None:
        return None
    try:
        numbers = None if display is None else _display_in(display)
        return LightLevels(numbers, None if content is None else _CONTENT.unpack(content[: _CONTENT.size]))
    except (struct.error, ValueError, ZeroDivisionError):
        return None


def _display_in(data: bytes) -> tuple[Fraction, ...]:
    """The ten numbers of a mastering display. Raises ValueError, ZeroDivisionError or struct.error where they are not there."""
    *ratios, has_colours, has_light = _DISPLAY.unpack(data[: _DISPLAY.size])
    if not (has_colours and has_light):
        raise ValueError("colours or light are missing")
    return tuple(Fraction(over, under) for over, under in zip(ratios[::2], ratios[1::2], strict=True))
