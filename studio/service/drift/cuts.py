"""Where a clip cuts from one shot to another.

PySceneDetect (https://www.scenedetect.com) is asked about clips where it is installed. Else, and of pictures, it is where the
layout of light and dark changes at once, by far more than around: of each frame a tiny grey copy is taken, without its mean and
its spread, so that neither a drift nor a flash nor a step of exposure is a cut. Dissolves are not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

TINY = (18, 32)
"""(H, W) of the grey copies."""
_CHANGE = 0.4
"""Mean change of a tiny copy, in its own spread, from which on a cut is possible. Of photographs that have nothing to do with
each other half differ by more than 1.08 and 99 of 100 by more than 0.57; neighbours in a fast pan differ by 0.2."""
_STANDS_OUT = 4.0
"""How many times the usual change around it a cut is."""
_AROUND = 8
"""Frames before and behind that are usual."""
_LEAST_SPREAD = 6.0
"""Grey levels of 255: a picture with less in it, such as black, is not blown up to noise."""


def cuts_in(copies: Sequence[np.ndarray]) -> list[int]:
    """The places of frames that begin a new shot.

    Args:
        copies: of each frame a grey copy, (18, 32), 0..255.
    """
    layouts = np.stack([_layout(copy) for copy in copies])
    change = np.abs(np.diff(layouts, axis=0)).mean(axis=(1, 2))  # from each frame to the next
    found = []
    for place, here in enumerate(change):
        around = np.concatenate((change[max(0, place - _AROUND) : place], change[place + 1 : place + 1 + _AROUND]))
        usual = float(np.median(around)) if len(around) else 0.0
        if here > _CHANGE and here > _STANDS_OUT * usual:
            found.append(place + 1)
    return found


def _layout(copy: np.ndarray) -> np.ndarray:
    grey = copy.astype(np.float64)
    return (grey - grey.mean()) / max(_LEAST_SPREAD, float(grey.std()))


def cuts_by_scenedetect(clip: Path) -> list[int] | None:
    """The same by PySceneDetect 0.6 or 0.7; None where it is not installed or does not open the clip."""
    try:
        from scenedetect import ContentDetector, detect
    except ImportError:
        return None
    try:
        scenes = detect(str(clip), ContentDetector())
    except Exception:  # its own kinds of error and those of OpenCV's reader: our own detector needs neither
        return None
    return [int(start.frame_num) for start, _ in scenes[1:]]
