"""Names and numbers that help texts need. Plain Python: importing this module loads no torch."""

from __future__ import annotations

FEATHER = 4.0
"""Pixels inside the edge over which the image passes into the generated picture, unless the caller says otherwise."""
WIDEST = 256.0
"""The widest feather, pixels."""
NOTHING, FROM_OUTSIDE, FROM_EDGE, FROM_BOTH = FOUND_BY = ("nothing", "outside", "edge", "outside and edge")
"""What a grade stands on."""
