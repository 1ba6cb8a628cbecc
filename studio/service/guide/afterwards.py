"""The other way to a picture in the colours of a reference: the plain picture, matched once it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.settings import COLOURS, DIFFERENT_SCENE, MatchSettings
from studio.records.painted import guided_text
from studio.service.guide.png import check_output, write_png
from studio.service.guide.run import GuideResult
from studio.service.guide.wanted import wanted_of

if TYPE_CHECKING:
    from PIL.Image import Image

SETTINGS = MatchSettings(aim=COLOURS, scene=DIFFERENT_SCENE)
"""All colours of the reference are wanted, as guidance wants them. The model paints no scene of the reference's."""


@dataclass(frozen=True, eq=False)
class MatchedPicture:
    """The plain picture of a guided one, matched to the same colours.

    Attributes:
        of: the guided picture that it stands beside.
        image: the plain picture after the match.
        distance: its distance to the reference, as :attr:`GuideResult.distance`.
    """

    of: GuideResult
    image: Image
    distance: float


def matched_afterwards(result: GuideResult) -> MatchedPicture | None:
    """Match the plain picture to the colours that the guided one was steered towards. Nothing is painted for it.

    With places each region is matched to its own reference, and the regions are put together as guidance does it. Colours to
    avoid are left out of the reference; what the model painted of them is not moved otherwise.

    Args:
        result: a guided picture.

    Returns:
        The matched picture; None if the plain one was not painted.

    Raises:
        InputError: the colours that the job keeps are damaged.
    """
    if result.plain is None:
        return None
    from PIL import Image

    wanted = wanted_of(result.job)
    pixels = np.asarray(result.plain.convert("RGB"), dtype=np.float32) / 255
    made = np.zeros_like(pixels)
    for weights, colors in wanted.regions(pixels.shape[:2]):
        if weights is None:
            made = _matched(pixels, None, colors)
        elif weights.any():
            made += weights[..., None] * _matched(pixels, weights, colors)
    image = Image.fromarray(np.round(made.clip(0, 1) * 255).astype(np.uint8))
    return MatchedPicture(result, image, wanted.distance(image))


def _matched(pixels: np.ndarray, weights: np.ndarray | None, colors: np.ndarray) -> np.ndarray:
    """(H, W, 3) pixels by the grade that gives them the colours, (N, 3), where they count."""
    from reswd_torch import match

    grade = match(pixels, colors[None], source_weights=weights, layout="HWC", settings=SETTINGS)
    return np.asarray(grade.apply(pixels))


def save_matched(matched: MatchedPicture, path: Path) -> None:
    """Write a matched picture as a PNG. It holds the settings of the guided one beside it, and says that it was matched.

    Args:
        matched: the picture.
        path: where it goes; nothing is replaced.

    Raises:
        InputError: it cannot be written.
    """
    check_output(path)
    result = matched.of
    text = guided_text(result.job, result.distance, result.plain_distance, matched.distance)
    write_png(matched.image, text, path, overwrite=False)
