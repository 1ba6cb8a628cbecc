"""The colour spaces of a config as a person is offered them: those of cameras first, what displays show last."""

from __future__ import annotations

from dataclasses import dataclass

from reswd_torch.spaces.config import load_config
from reswd_torch.spaces.names import DISPLAY, LINEAR, LOG, kind_of

_ACES = "aces"
"""The family, in small letters, of the spaces of ACES in the configs of its working group."""


@dataclass(frozen=True)
class OfferedSpace:
    """A colour space that can be chosen.

    Attributes:
        name: as the config spells it.
        kind: :data:`~reswd_torch.spaces.names.LINEAR`, ``LOG`` or ``DISPLAY``.
    """

    name: str
    kind: str


def offered_spaces(place: str) -> tuple[OfferedSpace, ...]:
    """The colour spaces of a config that hold colours: logarithms of cameras, ACES, light of a scene, displays, others.

    Within each of these they stand as in the config. What the config calls inactive is left out, though its name is known.

    Args:
        place: the config, as :func:`~reswd_torch.spaces.config.config_place` gives it.

    Raises:
        InputError: it cannot be read.
    """
    import PyOpenColorIO as ocio

    config = load_config(place)
    found: list[tuple[int, OfferedSpace]] = []
    for space in config.getColorSpaces():
        if space.isData():
            continue
        name = str(space.getName())
        try:
            kind = kind_of(config, name)
        except (ocio.Exception, ocio.ExceptionMissingFile):  # a file that it needs is missing: choosing it says which
            kind = DISPLAY
        of_display = space.getReferenceSpaceType() == ocio.REFERENCE_SPACE_DISPLAY
        of_aces = str(space.getFamily()).casefold().startswith(_ACES)
        found.append((_rank(kind, of_aces=of_aces, of_display=of_display), OfferedSpace(name, kind)))
    return tuple(each for _, each in sorted(found, key=lambda one: one[0]))


def _rank(kind: str, *, of_aces: bool, of_display: bool) -> int:
    if of_aces:
        return 1
    return {LOG: 0, LINEAR: 2}.get(kind, 3 if of_display else 4)
