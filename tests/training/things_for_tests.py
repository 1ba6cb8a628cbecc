"""Simple objects that are drawn here, so that the steps of the recipe can be tested without the art."""

from __future__ import annotations

import cv2
import numpy as np

from training.art import Thing

EDGE = 144


def thing(name: str, shape: str, rgb: tuple[float, float, float], keywords: tuple[str, ...] = ()) -> Thing:
    """An object whose art is a disc, a box or a bar of one colour with a white spot in the middle."""
    art = np.zeros((EDGE, EDGE, 4), np.float32)
    colour = (*rgb, 1.0)
    if shape == "disc":
        cv2.circle(art, (EDGE // 2, EDGE // 2), EDGE // 2 - 1, colour, -1)
    elif shape == "box":
        cv2.rectangle(art, (4, 4), (EDGE - 5, EDGE - 5), colour, -1)
    else:
        cv2.line(art, (20, EDGE - 20), (EDGE - 20, 20), colour, 36)
    cv2.circle(art, (EDGE // 2, EDGE // 2), 10, (1.0, 1.0, 1.0, 1.0), -1)
    return Thing("0", name, "shapes", keywords, ("orb",) if name == "disc" else (), art)


THINGS = [
    thing("disc", "disc", (0.8, 0.15, 0.1), ("ball",)),
    thing("box", "box", (0.1, 0.3, 0.85)),
    thing("bar", "bar", (0.2, 0.65, 0.25)),
]
