"""Colour spaces of a config by name, and what kind of colours they hold."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from reswd_torch.errors import InputError
from reswd_torch.spaces.config import quietly

if TYPE_CHECKING:
    import PyOpenColorIO as ocio

LINEAR, LOG, DISPLAY = "scene-linear", "log", "display"
"""Kinds of colour spaces: light of a scene, a logarithm of it, and what a display shows."""
_KINDS = {"scene-linear": LINEAR, "log": LOG, "sdr-video": DISPLAY, "hdr-video": DISPLAY, "edr-video": DISPLAY}
"""Kinds by OpenColorIO's names of encodings."""
_HEADROOM = 1.5
"""The light of the highest code, where white has 1, from which on a curve is taken for a logarithm: a camera keeps highlights."""
_CLOSE = 0.5


def find_space(config: ocio.Config, name: str, role: str = "colour space", place: str = "") -> str:
    """The name of a colour space as the config spells it.

    Args:
        config: where it is looked for.
        name: of a space, or one of its aliases, or a role; capitals do not count.
        role: what the space is wanted for, for the message.
        place: where the config is, for the message.

    Raises:
        InputError: the config has none of that name, and the nearest ones are offered; or it holds data and no colours.
    """
    found = config.getColorSpace(name.strip())
    if found is None:
        raise InputError(f"unknown {role} {name!r}: {_nearest(config, name, place)}")
    if found.isData():
        raise InputError(f"{role} {name!r} holds data and no colours: give one that holds colours")
    return str(found.getName())


def _nearest(config: ocio.Config, name: str, place: str) -> str:
    """What to say of a name that is none."""
    spaces = list(config.getColorSpaces())
    by_name = {each.casefold(): one.getName() for one in spaces for each in (one.getName(), *one.getAliases())}
    wanted = name.casefold().strip()
    close = get_close_matches(wanted, by_name, n=12, cutoff=_CLOSE)
    words = [word for word in wanted.replace("-", " ").replace("_", " ").split() if len(word) > 2]
    within = [
        known for known in by_name if wanted and (wanted in known or (words and all(word in known for word in words)))
    ]
    offered = list(dict.fromkeys(by_name[one] for one in (*within, *close)))[:4]
    if offered:
        return f"did you mean {' or '.join(map(repr, offered))}?"
    shown = ", ".join(repr(one.getName()) for one in spaces[:4] if not one.isData())
    return f"the config {place or config.getName()} has {len(spaces)} spaces, such as {shown}"


def is_hdr(config: ocio.Config, name: str) -> bool:
    """Whether a colour space is that of an HDR display, such as PQ and HLG, as OpenColorIO's encoding of it says."""
    return str(config.getColorSpace(name).getEncoding()) == "hdr-video"


def kind_of(config: ocio.Config, name: str) -> str:
    """The kind of a colour space: :data:`LINEAR`, :data:`LOG` or :data:`DISPLAY`.

    OpenColorIO's encoding of the space says it. Where the config gives none, a space that refers to a display is of one; of the
    others the light of the highest code tells: a logarithm has highlights above white.
    """
    import PyOpenColorIO as ocio

    space = config.getColorSpace(name)
    if (known := _KINDS.get(space.getEncoding())) is not None:
        return known
    if space.getReferenceSpaceType() == ocio.REFERENCE_SPACE_DISPLAY:
        return DISPLAY
    with quietly():
        if config.isColorSpaceLinear(name, ocio.REFERENCE_SPACE_SCENE):
            return LINEAR
        if not config.hasRole("scene_linear"):
            return DISPLAY
        white = np.ones(3, np.float32)
        config.getProcessor(name, "scene_linear").getDefaultCPUProcessor().applyRGB(white)
    return LOG if float(white.max()) > _HEADROOM else DISPLAY
