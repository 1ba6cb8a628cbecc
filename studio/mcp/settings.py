"""The arguments that match_colours and match_folder share, and the settings they stand for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StrictBool

from reswd_torch.grade.trims import RANGES, WHEELS, trims_from_record
from reswd_torch.settings import AIMS, METHODS, PROTECTIONS, SCENES, TRANSFORMS, MatchSettings
from studio.mcp.tool import Asked
from studio.media.allowed import Allowed

if TYPE_CHECKING:
    from reswd_torch.spaces import SpaceChoice


def named(*names: str) -> dict[str, Any]:
    """The part of a schema that lists what a text may be. The settings themselves refuse others, in their own words."""
    return {"enum": [*names, None]}


_WHEELS = ", ".join(WHEELS)
_TRIMS = ", ".join(f"{name} {least:g} to {most:g}" for name, (least, most) in RANGES.items())

Palette = Annotated[
    str | None,
    Field(
        description='Hex colours with optional weights instead of a reference, such as "#2b3a55:3,#e8c07d"; or the path of a '
        "palette file (.ase, .aco, .gpl, .css and others)."
    ),
]
Overwrite = Annotated[StrictBool, Field(description="Replace files that exist. Inputs are never replaced.")]
SourceSpace = Annotated[
    str | None,
    Field(description="Colour space of the source's code values by its OpenColorIO name, such as ARRI LogC4; left out: what "
    "its file says, else sRGB."),
]  # fmt: skip
OutputSpace = Annotated[str | None, Field(description="Colour space of the result. Left out: the source's.")]
WorkingSpace = Annotated[
    str | None,
    Field(
        description="Colour space that is graded in. Left out: ACEScct of log and linear sources, else the source's."
    ),
]
Strength = Annotated[
    float | None,
    Field(
        ge=0, le=4, description="0 leaves the picture as it is, 1 is the match (default), up to 4; of a grade its own."
    ),
]
Trims = Annotated[
    dict[str, Any] | None,
    Field(
        description=f"Changes after the match, by name: {_TRIMS}; {_WHEELS} also take three numbers [r, g, b]; only is "
        "lightness or colour."
    ),
]


class HowToMatch(Asked):
    """How to match; what is left out is the default."""

    method: Annotated[
        str | None,
        Field(
            description="fast (default), reswd, or a closed formula: reinhard, mkl, histogram.",
            json_schema_extra=named(*METHODS),
        ),
    ] = None
    aim: Annotated[
        str | None,
        Field(
            description="What to take of a reference that shows something else: look (how it was developed), mood (its light, "
            "warmth, contrast and leading hues; default) or colours (the whole distribution; default of a palette).",
            json_schema_extra=named(*AIMS),
        ),
    ] = None
    protect: Annotated[
        str | None,
        Field(
            description=f"What a mood keeps: {', '.join(PROTECTIONS)} with commas between them, or all (default), or none."
        ),
    ] = None
    transform: Annotated[
        str | None,
        Field(
            description="cdl: ten ASC CDL numbers; lut: a 3-D lattice; auto (default): what the evidence carries.",
            json_schema_extra=named(*TRANSFORMS),
        ),
    ] = None
    scene: Annotated[
        str | None,
        Field(
            description="same where both pictures show the same things, different where not; auto (default) finds out.",
            json_schema_extra=named(*SCENES),
        ),
    ] = None
    strength: Strength = None
    seed: Annotated[int | None, Field(ge=0, description="Chooses the pixels that are looked at; default 0.")] = None
    trims: Trims = None
    source_space: SourceSpace = None
    target_space: Annotated[
        str | None, Field(description="Colour space of the reference. Left out: what its file says, else sRGB.")
    ] = None
    output_space: OutputSpace = None
    working_space: WorkingSpace = None

    def settings(self, base: MatchSettings) -> MatchSettings:
        """The base with what was given in place. Raises InputError."""
        names = ("method", "aim", "protect", "transform", "scene", "strength", "seed")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        if self.trims:
            given["trims"] = trims_from_record({**base.trims.to_record(), **self.trims})
        return replace(base, **given)

    def spaces(self) -> SpaceChoice | None:
        """The colour spaces that were given; None for none. Raises InputError."""
        return spaces_named(self.source_space, self.target_space, self.output_space, self.working_space)


def spaces_named(source: str | None, target: str | None, output: str | None, working: str | None) -> SpaceChoice | None:
    """Colour spaces by their names, of $OCIO or the built-in config; None where none is given. Raises InputError."""
    if source is target is output is working is None:
        return None
    from reswd_torch.spaces import choose_spaces

    return choose_spaces(source, target=target, output=output, working=working)


def palette_of(text: str | None, places: Allowed) -> str | None:
    """A palette as it was written; of the name of a palette file the colours in it. Raises InputError."""
    from studio.media.palettes import is_palette_file, palette_text, read_palette_file

    if text is None or not is_palette_file(text):
        return text
    return palette_text(read_palette_file(places.to_read(text.strip(), "palette"))[0])


def read_if(places: Allowed, text: str | None, what: str) -> Path | None:
    """:meth:`Allowed.to_read` of what may be left out."""
    return None if text is None else places.to_read(text, what)
