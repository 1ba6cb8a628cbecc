"""What the ASC CDL fixes, for all that compute with it. Plain Python: importing this module loads no torch."""

from __future__ import annotations

Triple = tuple[float, float, float]
"""Three numbers, one for each of red, green and blue."""

LUMA: Triple = (0.2126, 0.7152, 0.0722)
"""Rec.709 luma weights of red, green and blue, fixed by ASC CDL v1.2 for the saturation step."""
