"""Colours from one space to another, and to what a display shows, by OpenColorIO's processors with nothing approximated."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.appearance import REFERENCE_WHITE
from reswd_torch.errors import InputError
from reswd_torch.spaces.config import load_config, quietly, said, unset_variables
from reswd_torch.spaces.names import DISPLAY, is_hdr, kind_of

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

SRGB_DISPLAY = ("sRGB - Display", "srgb_display")
"""Names of the display that fits take their codes for."""


class Converter:
    """Colours through operations of OpenColorIO. Many threads may use one at once.

    Args:
        processor: what it does.
    """

    def __init__(self, processor: ocio.Processor) -> None:
        import PyOpenColorIO as ocio

        self.processor = processor
        self._compiled = processor.getOptimizedCPUProcessor(ocio.OPTIMIZATION_LOSSLESS)
        self.does_nothing = bool(processor.isNoOp())

    def __call__(self, colours: np.ndarray) -> np.ndarray:
        """Convert colours.

        Args:
            colours: (..., 3) floats in the space that the operations begin with; code values of files lie in 0..1.

        Returns:
            (..., 3) float32 of its own, in the space that they end with. Nothing is clipped.
        """
        out = np.array(colours, dtype=np.float32, order="C")
        if not self.does_nothing and out.size:
            self._compiled.applyRGB(out.reshape(-1, 3))
        return out


@lru_cache(maxsize=64)
def conversion(place: str, source: str, wanted: str) -> Converter:
    """What takes colours from one space of a config to another.

    Args:
        place: the config, as :func:`~reswd_torch.spaces.config.config_place` gives it.
        source: the space that they are in, by a name of the config.
        wanted: the space that they shall be in, likewise.

    Raises:
        InputError: the config does not hold what the conversion needs.
    """
    import PyOpenColorIO as ocio

    return converter_of(place, ocio.ColorSpaceTransform(source, wanted), source)


_XYZ = "cie_xyz_d65_interchange"
"""The role of the space that a config's displays are described in, in which 1 is 100 cd/m2."""
_WHITE = 100.0


@lru_cache(maxsize=64)
def delivery(place: str, source: str, wanted: str) -> Converter:
    """:func:`conversion` with the white of standard range at 203 cd/m2 of HDR (ITU-R BT.2408, 2.1), where one of the two is the
    space of an HDR display and the other that of a display of standard range. OpenColorIO's own has it at 100.

    Raises:
        InputError: the config does not hold what the conversion needs.
    """
    import PyOpenColorIO as ocio

    config = load_config(place)
    if is_hdr(config, source) == is_hdr(config, wanted) or {kind_of(config, source), kind_of(config, wanted)} != {
        DISPLAY
    }:
        return conversion(place, source, wanted)
    if not config.hasRole(_XYZ):
        raise InputError(
            f"{place}: the config has no role {_XYZ}, by which HDR and standard range are compared: add it"
        )
    scale = REFERENCE_WHITE / _WHITE
    light = [1 / scale if is_hdr(config, source) else scale] * 3
    steps = [
        ocio.ColorSpaceTransform(source, _XYZ),
        ocio.MatrixTransform.Scale([*light, 1.0]),
        ocio.ColorSpaceTransform(_XYZ, wanted),
    ]
    return converter_of(place, ocio.GroupTransform(steps), source)


def converter_of(place: str, transform: ocio.Transform, asked: str, *, inverse: bool = False) -> Converter:
    """What does one transform of a config; ``asked`` is what the message names. Raises InputError as :func:`conversion`."""
    import PyOpenColorIO as ocio

    config = load_config(place)
    direction = ocio.TRANSFORM_DIR_INVERSE if inverse else ocio.TRANSFORM_DIR_FORWARD
    try:
        with quietly():
            return Converter(config.getProcessor(transform, direction))
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:  # neither is the other's parent
        if unset := unset_variables(config, str(error)):
            names = " and ".join(unset)
            raise InputError(
                f"{place}: {asked!r} needs the environment variable {names}, which is not set: set it as the config's "
                "maker says"
            ) from error
        raise InputError(f"{place}: {asked!r} cannot be converted ({said(error)}): mend the config") from error


@lru_cache(maxsize=32)
def view_of(place: str, space: str, *, like: str | None = None, inverse: bool = False) -> Converter:
    """What a display shows of a colour space, which is what fits look at.

    Light of a scene and its logarithms are seen through the config's default view on its default display, which brings highlights
    into its range. What a display shows already is converted to sRGB.

    Args:
        place: the config.
        space: a name of it.
        like: another name, whose kind says which of the two it is: that of the source, for a working space of another kind.
        inverse: from the display back. Colours that the view cut off come back as the nearest that it shows.

    Raises:
        InputError: the config has no view, or not what it needs.
    """
    import PyOpenColorIO as ocio

    config = load_config(place)
    display, view = default_view(place)
    if kind_of(config, like or space) == DISPLAY:
        seen = _display_space(config, display, view)
        transform: ocio.Transform = ocio.ColorSpaceTransform(space, seen)
    else:
        transform = ocio.DisplayViewTransform(src=space, display=display, view=view)
    return converter_of(place, transform, space, inverse=inverse)


def default_view(place: str) -> tuple[str, str]:
    """The names of a config's default display and of the default view on it.

    Raises:
        InputError: it has none.
    """
    config = load_config(place)
    display = config.getDefaultDisplay()
    view = config.getDefaultView(display) if display else ""
    if not view:
        raise InputError(f"{place}: the config has no display with a view: give one that has")
    return str(display), str(view)


def _display_space(config: ocio.Config, display: str, view: str) -> str:
    """The space of sRGB displays; of a config without one that of its default view."""
    found = next((one for one in map(config.getColorSpace, SRGB_DISPLAY) if one is not None), None)
    if found is not None:
        return str(found.getName())
    name = str(config.getDisplayViewColorSpaceName(display, view))
    return display if name == "<USE_DISPLAY_NAME>" else name
