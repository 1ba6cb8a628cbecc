"""How a match sees its pictures: as a display of standard range shows them, or, where the source is HDR, as codes of PQ.

What is seen is what fits compare. In standard range it is the codes of sRGB, compared in CIE Lab; in HDR the codes of PQ with the
primaries of BT.2020, compared in ICtCp, where no highlight is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch

from reswd_torch.appearance import (
    SRGB,
    Appearance,
    bt2020_to_srgb,
    pq_appearance,
)
from reswd_torch.errors import InputError
from reswd_torch.spaces.choice import SpaceChoice
from reswd_torch.spaces.config import load_config
from reswd_torch.spaces.convert import conversion, converter_of, delivery, view_of
from reswd_torch.spaces.names import DISPLAY, is_hdr, kind_of

View = Callable[[np.ndarray], np.ndarray]
"""Gives (..., 3) float32 as it is seen; nothing is clipped but what the display cuts."""
PQ_DISPLAY = ("Rec.2100-PQ - Display", "rec2100_pq_display", "Rec.2100-PQ", "Rec.2100-PQ - 1000 nits", "ST2084")
"""Names of PQ with the primaries of BT.2020, in configs of ACES and in others."""


def seen_in_hdr(choice: SpaceChoice) -> bool:
    """Whether the source of a match is HDR, so that both pictures are seen in HDR."""
    return is_hdr(load_config(choice.config), choice.source)


def appearance_in(choice: SpaceChoice) -> Appearance:
    """How the colours that are seen look."""
    return pq_appearance() if seen_in_hdr(choice) else SRGB


def source_view(choice: SpaceChoice) -> View:
    """What is seen of the source's code values. Raises InputError: the config has not what is needed."""
    return _view(choice.config, choice.source, seen_in_hdr(choice))


def target_view(choice: SpaceChoice) -> View:
    """What is seen of the reference's code values, in ``choice.target``; without one, of codes of sRGB.

    White of standard range is seen in HDR at 203 cd/m2 (ITU-R BT.2408, 2.1); of HDR a display of standard range shows what is
    below three quarters of that as it is, and brings the rest into its range.

    Raises:
        InputError: as above.
    """
    in_hdr = seen_in_hdr(choice)
    if choice.target is None:
        return _srgb_in_hdr if in_hdr else np.asarray
    return _view(choice.config, choice.target, in_hdr)


def working_view(choice: SpaceChoice, *, inverse: bool = False) -> View:
    """What is seen of the working space, as it is seen of the source; or from there back."""
    if seen_in_hdr(choice):
        pq = pq_space(choice.config)
        return delivery(choice.config, *((pq, choice.working) if inverse else (choice.working, pq)))
    return view_of(choice.config, choice.working, like=choice.source, inverse=inverse)


def is_seen_as_graded(choice: SpaceChoice) -> bool:
    """Whether the grade is applied to just the codes that are seen, so that a fit to these is the grade."""
    return seen_in_hdr(choice) and choice.source == choice.working == pq_space(choice.config)


def on_screen(choice: SpaceChoice) -> View:
    """What a display of standard range shows of what is seen, in sRGB."""
    if not seen_in_hdr(choice):
        return np.asarray
    return in_standard_range(choice.config, pq_space(choice.config))


def in_standard_range(place: str, space: str) -> View:
    """What a display of standard range shows of an HDR space, in sRGB. Raises InputError as above."""
    return _view(place, space, in_hdr=False)


def lifts_white(choice: SpaceChoice) -> bool:
    """Whether the reference is of standard range and seen in HDR, with its white at 203 cd/m2."""
    if not seen_in_hdr(choice):
        return False
    config = load_config(choice.config)
    target = choice.target
    return target is None or (kind_of(config, target) == DISPLAY and not is_hdr(config, target))


@lru_cache(maxsize=32)
def _view(place: str, space: str, in_hdr: bool) -> View:
    config = load_config(place)
    if not in_hdr:
        return _HdrInStandardRange(place, space) if is_hdr(config, space) else view_of(place, space)
    if kind_of(config, space) == DISPLAY:
        return delivery(place, space, pq_space(place))
    import PyOpenColorIO as ocio

    display = pq_space(place)
    view = str(config.getDefaultView(display)) if display in list(config.getDisplays()) else ""
    if not view:
        raise InputError(f"{place}: the config has no view of {space!r} on {display!r}: give a reference that is HDR")
    return converter_of(place, ocio.DisplayViewTransform(src=space, display=display, view=view), space)


@lru_cache(maxsize=8)
def pq_space(place: str) -> str:
    """The name of PQ with the primaries of BT.2020 in a config.

    Raises:
        InputError: it has none that is known here.
    """
    config = load_config(place)
    found = next((one for one in map(config.getColorSpace, PQ_DISPLAY) if one is not None), None)
    if found is None:
        raise InputError(
            f"{place}: the config has no {PQ_DISPLAY[0]!r}, in which HDR is compared: leave the config out"
        )
    return str(found.getName())


class _HdrInStandardRange:
    """Codes of HDR as a display of standard range shows them, as codes of sRGB."""

    def __init__(self, place: str, space: str) -> None:
        self._to_pq = conversion(place, space, pq_space(place))

    def __call__(self, colours: np.ndarray) -> np.ndarray:
        shown = pq_appearance().as_display(torch.from_numpy(self._to_pq(colours)).double())
        return np.asarray(bt2020_to_srgb(shown).clamp(0.0, 1.0).numpy(), np.float32)


def _srgb_in_hdr(colours: np.ndarray) -> np.ndarray:
    seen = pq_appearance().of_srgb(torch.from_numpy(np.asarray(colours, np.float32)).double())
    return np.asarray(seen.numpy(), np.float32)
