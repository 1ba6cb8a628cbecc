"""Drawn charts with 24 patches."""

from __future__ import annotations

import numpy as np


def patch_colours() -> np.ndarray:
    """(24, 3), sRGB-encoded, 0..1: those that OpenCV's detector looks for, drawn together a little so that none is clipped."""
    import cv2

    detector = cv2.mcc.CCheckerDetector_create()
    detector.setColorChartType(cv2.mcc.MCC24)
    blue_first = np.array(detector.getRefColors(), np.float64).reshape(24, 3)
    return blue_first[:, ::-1] / 255 * 0.95 + 0.02


def drawn_chart(colours: np.ndarray, patch: int = 40, gap: int = 7, margin: int = 60) -> np.ndarray:
    """(H, W, 3) float64: four rows of six patches on a dark card before a grey wall."""
    height, width = 4 * patch + 5 * gap, 6 * patch + 7 * gap
    picture = np.full((height + 2 * margin, width + 2 * margin, 3), 0.45)
    picture[margin : margin + height, margin : margin + width] = 0.06
    for number, colour in enumerate(colours):
        row, column = divmod(number, 6)
        top, left = (margin + gap + place * (patch + gap) for place in (row, column))
        picture[top : top + patch, left : left + patch] = colour
    return picture
