"""HDR clips: the space that their tags mean, and SDR colours among theirs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from reswd_torch.errors import InputError
from reswd_torch.spaces import STUDIO, Converter, choose_spaces, load_config
from reswd_torch.spaces.convert import converter_of
from reswd_torch.spaces.names import find_space
from studio.jobs import ClipJob
from studio.media.clips.read import ClipFacts
from studio.media.clips.tags import BT2020, HLG, P3_D65, PQ, UNTAGGED

SRGB = "srgb_display"
"""The alias of sRGB displays."""
_SPACES = {
    (BT2020, PQ): "rec2100_pq_display",
    (UNTAGGED, PQ): "rec2100_pq_display",
    (P3_D65, PQ): "st2084_p3d65_display",
    (BT2020, HLG): "rec2100_hlg_display",
    (UNTAGGED, HLG): "rec2100_hlg_display",
}
"""Spaces by primaries and transfer, H.273 tables 2 and 3, under their aliases in the studio config. Masters whose colours keep
within P3 are tagged BT.2020 as a rule."""
_XYZ = "cie_xyz_d65_interchange"
"""The role of the space that a config's displays are described in: 1 is 100 cd/m2."""
_SDR_WHITE = 2.03
"""203 cd/m2, which SDR's white has among HDR: ITU-R BT.2408, table 1."""


def own_space(facts: ClipFacts) -> str | None:
    """The alias of the space that the tags of an HDR clip mean; None for an SDR clip.

    Raises:
        InputError: primaries that HDR does not have.
    """
    tags = facts.tags
    if not tags.is_hdr:
        return None
    if (found := _SPACES.get((tags.primaries, tags.transfer))) is None:
        raise InputError(
            f"{facts.path}: the clip is HDR with primaries {tags.primaries} of ITU-T H.273, which no display of the config has: "
            "give its space by name"
        )
    return found


def in_own_space(job: ClipJob, facts: ClipFacts) -> tuple[ClipJob, tuple[str, ...]]:
    """The job of an HDR clip whose space nobody said in that of its tags, where it is graded too; and a note on that.

    Raises:
        InputError: the job asks for what only codes of an SDR display can have, such as trims.
    """
    if job.spaces is not None or (own := own_space(facts)) is None:
        return job, ()
    spaces = choose_spaces(own, config=STUDIO)
    note = f"{facts.path.name}: its tags say {facts.tags.name}: it was graded in {spaces.working}"
    return replace(job, spaces=spaces), (note,)


def is_hdr(config: str, space: str) -> bool:
    """Whether a space of a config is that of an HDR display."""
    return _encoding(config, space) == "hdr-video"


def is_sdr(config: str, space: str) -> bool:
    """Whether a space of a config is that of an SDR display."""
    return _encoding(config, space) == "sdr-video"


def _encoding(config: str, space: str) -> str:
    found = load_config(config).getColorSpace(space)
    return "" if found is None else str(found.getEncoding())


@lru_cache(maxsize=8)
def sdr_among(config: str, space: str, sdr: str = SRGB) -> Converter:
    """What takes codes of an SDR display to those of an HDR display, with SDR's white at 203 cd/m2 (ITU-R BT.2408).

    Args:
        config: the config.
        space: of the HDR display.
        sdr: of the SDR display.

    Raises:
        InputError: the config does not say how its displays are described.
    """
    import PyOpenColorIO as ocio

    known = load_config(config)
    if not known.hasRole(_XYZ):
        raise InputError(
            f"{config}: the config has no role {_XYZ} to take SDR colours to {space} by: give a target space"
        )
    steps = [
        ocio.ColorSpaceTransform(find_space(known, sdr, "SDR space", config), _XYZ),
        ocio.MatrixTransform.Scale([_SDR_WHITE] * 3 + [1.0]),
        ocio.ColorSpaceTransform(_XYZ, space),
    ]
    return converter_of(config, ocio.GroupTransform(steps), space)
