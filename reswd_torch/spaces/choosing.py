"""Colour spaces of a match, looked up before any work."""

from __future__ import annotations

from reswd_torch.errors import InputError
from reswd_torch.spaces.choice import SpaceChoice
from reswd_torch.spaces.config import config_place, load_config
from reswd_torch.spaces.convert import delivery
from reswd_torch.spaces.names import DISPLAY, find_space, kind_of
from reswd_torch.spaces.sight import source_view, target_view, working_view

WORKING = "ACEScct"
"""The space in which light of a scene and logarithms of it are graded."""
_LOG_ROLES = ("color_timing", "compositing_log")
"""Roles of the space that a config grades in, where it does not have :data:`WORKING`."""


def choose_spaces(
    source: str | None,
    *,
    target: str | None = None,
    output: str | None = None,
    working: str | None = None,
    config: str | None = None,
) -> SpaceChoice:
    """Look up the spaces of a match.

    Args:
        source: the space of the source's code values: a name or an alias of the config; capitals do not count.
        target: that of the reference; None where it is what its file says.
        output: that of the result; None for the source's.
        working: where the grade is applied; None for ACEScct where the source holds light of a scene or a logarithm of it, and
            for the source's own space where it is what a display shows.
        config: an OpenColorIO config; None for what the environment variable ``OCIO`` says, else the built-in studio config.

    Raises:
        InputError: a config that cannot be read, a space that it does not have or that holds no colours, or spaces that it
            cannot convert.
    """
    if source is None:
        given = next((one for one in (target, output, working, config) if one is not None), None)
        raise InputError(f"{given!r} without a source space: give the space of the source as well")
    place = config_place(config)
    known = load_config(place)
    first = find_space(known, source, "source space", place)
    last = find_space(known, output, "output space", place) if output is not None else first
    other = find_space(known, target, "target space", place) if target is not None else None
    if working is not None:
        between = find_space(known, working, "working space", place)
    else:
        between = first if kind_of(known, first) == DISPLAY else _log_space(place)
    chosen = SpaceChoice(place, first, other, last, between)
    source_view(chosen), target_view(chosen)
    delivery(place, first, between), delivery(place, between, last)
    working_view(chosen), working_view(chosen, inverse=True)
    return chosen


def _log_space(place: str) -> str:

    config = load_config(place)
    found = config.getColorSpace(WORKING)
    for role in _LOG_ROLES:
        if found is None and config.hasRole(role):
            found = config.getColorSpace(role)
    if found is None or found.isData():
        raise InputError(
            f"{place}: the config has neither {WORKING} nor a role {' or '.join(_LOG_ROLES)} to grade in: give a working space"
        )
    return str(found.getName())
