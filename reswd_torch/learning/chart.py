"""The 24 patches of a ColorChecker: found in a picture, or as they were published."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from reswd_torch.errors import InputError
from reswd_torch.learning.light import Light
from reswd_torch.learning.pictures import PairColours, as_unit, clipped_in, reduced_to
from reswd_torch.profiles import to_profile
from reswd_torch.threads import opencv_on_one_thread

CHART = "ColorChecker24 - After November 2014"
"""The chart whose published values are taken, by its name in colour-science."""
_EDGE = 1600
"""Largest number of pixels on the longer side of the picture in which a chart is looked for."""
_CLIPPED = 0.02
"""Share of a patch's pixels that may be clipped."""
_COLUMNS, _PARTS = 6, 6


@dataclass(frozen=True, eq=False)
class Patches:
    """The patches of a chart, row by row from dark skin on.

    Attributes:
        colours: (24, 3), codes in 0..1, the mean of each patch's middle.
        clipped: (24,), true where a patch does not count.
    """

    colours: Float[np.ndarray, "24 3"]
    clipped: Bool[np.ndarray, " 24"]


def find_chart(pixels: np.ndarray, icc: bytes | None = None) -> Patches | None:
    """Look for a ColorChecker with 24 patches, which may be turned and seen at an angle.

    Args:
        pixels: (H, W, 3), uint8, uint16 or floats.
        icc: their profile; None for sRGB.

    Returns:
        Its patches in the encoding of the picture; None where no chart is found.

    Raises:
        InputError: the installed OpenCV is older than 5, and cannot look for charts.
    """
    import cv2

    if not hasattr(cv2, "mcc") or not hasattr(cv2.mcc.CCheckerDetector, "setColorChartType"):
        raise InputError(
            f"a chart is found by OpenCV 5, and version {cv2.__version__} is installed: "
            'pip install "opencv-python-headless>=5,<6"'
        )
    scale = max(1.0, max(pixels.shape[:2]) / _EDGE)
    seen, _ = reduced_to(pixels, _EDGE)
    with opencv_on_one_thread():
        shown = np.rint(to_profile(seen, icc, None) * 255).astype(np.uint8)
        detector = cv2.mcc.CCheckerDetector_create()  # type: ignore[attr-defined]  # missing from its stubs
        detector.setColorChartType(cv2.mcc.MCC24)
        if min(shown.shape[:2]) < 32 or not detector.process(np.ascontiguousarray(shown[..., ::-1])):
            return None
        corners = np.array(detector.getBestColorChecker().getColorCharts(), np.float64).reshape(-1, 4, 2)
    if len(corners) != 24:
        return None
    found = [_patch(pixels, (quad + 0.5) * scale - 0.5) for quad in corners]
    if any(one is None for one in found):
        return None
    means, shares = zip(*(one for one in found if one is not None), strict=True)
    return Patches(np.array(means), np.array(shares) > _CLIPPED)


def _patch(pixels: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Mean colour and clipped share of the pixels within four corners; None where they leave the picture."""
    import cv2

    left, top = np.floor(quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 1
    if left < 0 or top < 0 or bottom > pixels.shape[0] or right > pixels.shape[1]:
        return None
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(quad - (left, top)).astype(np.int32), 1)
    inside = mask.astype(bool)
    colours = pixels[top:bottom, left:right][inside]
    return as_unit(colours).mean(axis=0, dtype=np.float64), float(clipped_in(colours).mean())


def published_chart(icc: bytes | None = None) -> Patches:
    """The published values of the chart, as colour-science has them, in an encoding.

    Args:
        icc: the profile to encode them in; None for sRGB. A patch outside it does not count.

    Raises:
        InputError: colour-science is not installed.
    """
    try:
        with _without_openimageio():
            from colour import CCS_COLOURCHECKERS, xyY_to_XYZ
    except ImportError as error:
        raise InputError(
            "the published values of a chart need one more package: give a second picture of the chart, "
            'or install it: pip install "colour-science>=0.4.7,<0.5"'
        ) from error
    # They are given under D50, the white of profiles.
    xyz = xyY_to_XYZ(np.array(list(CCS_COLOURCHECKERS[CHART].data.values())))
    light = Light.of(icc)
    linear = np.linalg.solve(light.profile.matrix, xyz.T).T
    return Patches(light.encode(linear), np.any((linear <= 0.0) | (linear >= 1.0), axis=1))


@contextmanager
def _without_openimageio() -> Iterator[None]:
    """Let colour-science, inside the block, take OpenImageIO for not installed: it would load it for pictures that nobody reads,
    and keep objects of it that are complained about on stderr when the program ends.
    """
    name = "OpenImageIO"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def chart_colours(before: Patches, after: Patches) -> PairColours:
    """The patches that are clipped in neither. Each part has at most one patch of every row, so greys too are held out singly."""
    rows, columns = np.divmod(np.arange(24), _COLUMNS)
    parts = (columns + 2 * rows) % _PARTS
    counts = ~(before.clipped | after.clipped)
    return PairColours(before.colours[counts], after.colours[counts], parts[counts])
