"""What a prompt can say: roles, and what can fill them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from guidance.colour_names import BACKGROUNDS

NOTHING = "(nothing)"
"""What fills a role of which a prompt says nothing."""
FOREIGN = "(foreign)"
"""What stands for an object that the model does not know, in the sentences of the training. The probe never reads it."""
SCENES = (
    "beach", "sea", "lake", "meadow", "forest", "snow", "desert", "night sky", "sky", "sunset", "road", "table",
)  # fmt: skip
"""Places that a prompt can name instead of a background."""


class Role(StrEnum):
    """A part of what a prompt says."""

    OBJECT = "object"
    OBJECT_COLOUR = "object's colour"
    SECOND = "second object"
    SECOND_COLOUR = "second object's colour"
    TOP = "background"
    BOTTOM = "background's lower colour"
    SCENE = "scene"


OBJECTS = (Role.OBJECT, Role.SECOND)
COLOURS = (Role.OBJECT_COLOUR, Role.SECOND_COLOUR, Role.TOP, Role.BOTTOM)
COLOUR_OF = {Role.OBJECT: Role.OBJECT_COLOUR, Role.SECOND: Role.SECOND_COLOUR}
"""The role of an object's colour, by that of the object."""


def fillers(objects: Sequence[str]) -> dict[Role, tuple[str, ...]]:
    """What can fill each role, for a model that knows some objects."""
    named, colours = (NOTHING, *objects), (NOTHING, *BACKGROUNDS)
    by_role = dict.fromkeys(OBJECTS, named) | dict.fromkeys(COLOURS, colours)
    return {**by_role, Role.SCENE: (NOTHING, *SCENES)}
