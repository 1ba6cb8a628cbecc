"""The colours that the embedded model knows by name, as codes, and further words for them.

This module needs the standard library only.
"""

from __future__ import annotations

HUES = {
    "red": "#d4281f",
    "orange": "#ee8322",
    "yellow": "#f0cd2b",
    "green": "#3ba447",
    "turquoise": "#2bbab3",
    "blue": "#2a66d8",
    "purple": "#8438bd",
    "pink": "#f279b6",
}
"""Colours that an object or a background can have."""
NEUTRALS = {"white": "#ffffff", "black": "#1c1c1e", "gray": "#8e8e93", "brown": "#7a4a2a", "beige": "#e6d3b1"}
"""Colours that only a background can have."""
BACKGROUNDS = HUES | NEUTRALS
OTHER_WORDS = {
    "grey": "gray",
    "violet": "purple",
    "lilac": "purple",
    "crimson": "red",
    "scarlet": "red",
    "teal": "turquoise",
    "cyan": "turquoise",
    "navy": "blue",
    "azure": "blue",
    "magenta": "pink",
    "golden": "yellow",
    "cream": "beige",
}
"""Words for colours that no caption of a painted picture holds, each with the named colour that it comes nearest to."""
