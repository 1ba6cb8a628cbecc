"""Clips in colour spaces: what their tags say of a space, and what the tags of a result say."""

from __future__ import annotations

from dataclasses import replace

from reswd_torch.spaces import SpaceChoice, load_config
from studio.media.clips.read import ClipFacts
from studio.media.clips.tags import BT709, BT2020, HLG, P3_D65, PQ, UNTAGGED

OF_DISPLAYS = {
    "g22_rec709_display": (1, 4, BT709),
    "srgb_display": (1, 13, BT709),
    "rec1886_rec709_display": (1, 1, BT709),
    "displayp3_display": (P3_D65, 13, BT709),
    "rec1886_rec2020_display": (BT2020, 14, BT2020),
    "rec2100_pq_display": (BT2020, PQ, BT2020),
    "rec2100_hlg_display": (BT2020, HLG, BT2020),
    "st2084_p3d65_display": (P3_D65, PQ, BT2020),
}
"""Primaries, transfer and matrix of the spaces of displays, ITU-T H.273 tables 2 to 4, by the alias that the configs of the ACES
working group have for them. Rec.1886 is what BT.709's and BT.2020's transfer are shown with."""


def display_numbers(config: str, space: str) -> tuple[int, int, int] | None:
    """Primaries, transfer and matrix of a space; None for one that H.273 has no numbers for, such as a camera's logarithm."""
    found = load_config(config).getColorSpace(space)
    names = [space, *found.getAliases()] if found is not None else [space]
    return next((OF_DISPLAYS[name.lower()] for name in names if name.lower() in OF_DISPLAYS), None)


def as_tagged(facts: ClipFacts, choice: SpaceChoice | None) -> ClipFacts:
    """A clip with the tags of its result.

    In the source's space it keeps all of them, whatever they say: other programs know that clip by them. In another space it has
    those of that space, and none of primaries and transfer where H.273 has no numbers for it. The matrix is of the codes and not
    of the space, so it is kept but where one of both is BT.2020's.
    """
    if choice is None or choice.keeps_space:
        return facts
    tags = facts.tags
    primaries, transfer, matrix = display_numbers(choice.config, choice.output) or (
        UNTAGGED,
        UNTAGGED,
        tags.used_matrix,
    )
    tags = replace(tags, primaries=primaries, transfer=transfer)
    if tags.used_matrix != 0 and (matrix == BT2020) != (tags.used_matrix in (BT2020, 10)):
        tags = replace(tags, matrix=matrix, used_matrix=matrix)
    return replace(facts, tags=tags, light=None)


def notes_on_tags(facts: ClipFacts, choice: SpaceChoice | None) -> tuple[str, ...]:
    """What to say of the tags of a clip whose space was said, and of those of its result."""
    if choice is None:
        return ()
    tags, notes = facts.tags, []
    said, own = (tags.primaries, tags.transfer), display_numbers(choice.config, choice.source)
    differ = own is None or any(tag not in (UNTAGGED, meant) for tag, meant in zip(said, own, strict=False))
    if said != (UNTAGGED, UNTAGGED) and differ:
        notes.append(f"its tags ({tags.name}) were passed over: its code values are {choice.source}")
    if not choice.keeps_space and display_numbers(choice.config, choice.output) is None:
        notes.append(f"the result is tagged as of unspecified colours: H.273 has no number for {choice.output}")
    return tuple(f"{facts.path.name}: {note}" for note in notes)
