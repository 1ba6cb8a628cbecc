"""What the controls of the tab *Grade a clip* say."""

from __future__ import annotations

from dataclasses import dataclass, field

from reswd_torch.settings import COLOURS, MOOD, MatchSettings
from studio.media.clips.names import WRITTEN_SUFFIXES
from studio.ui.controls import PALETTE, PICTURE, SAVED
from studio.ui.settings import Sent

CLIP = "Clip"
KINDS = (PICTURE, CLIP, PALETTE, SAVED)
"""Where the colours of a clip can come from."""
ONE_FRAME, ALL_FRAMES = "This frame", "The whole clip"
PARTS = (ONE_FRAME, ALL_FRAMES)
"""What counts of a clip that is the reference."""
AS_SOURCE = ""
"""In place of a suffix: the container of the source."""
CONTAINERS = [("As the source", AS_SOURCE), *((suffix, suffix) for suffix in sorted(WRITTEN_SUFFIXES))]
"""What the graded clip can be written as, all that the command line writes."""


@dataclass(frozen=True)
class ClipChoice:
    """The controls of the tab as they stood when a button was pressed. Each field has the name of its component.

    Attributes:
        source: the file in the place for the clip now. The session knows it as well, but may not have heard of a new one yet.
        kind: where the colours come from, one of :data:`KINDS`.
        reference: the file in the place for a reference picture now.
        reference_clip: the file in the place for a reference clip now.
        part: what counts of that, one of :data:`PARTS`.
        reference_frame: number of its one frame, from 1.
        palette: as it was written.
        aim, palette_aim: what to take of a picture or clip, and of a palette.
        protect: what a mood keeps.
        method, transform, scene, strength, seed, device: as for :func:`studio.ui.settings.settings_from`.
        frame: number of the frame that is looked at, from 1.
        cube_size: the points of a .cube along each side.
    """

    source: str | None = None
    kind: str = PICTURE
    reference: str | None = None
    reference_clip: str | None = None
    part: str = ONE_FRAME
    reference_frame: Sent = 1
    palette: str = ""
    aim: Sent = MOOD
    palette_aim: Sent = COLOURS
    protect: Sent = field(default_factory=lambda: list(MatchSettings.protect))
    method: str = MatchSettings.method
    transform: str = MatchSettings.transform
    scene: str = MatchSettings.scene
    strength: Sent = MatchSettings.strength
    seed: Sent = MatchSettings.seed
    device: str = MatchSettings.device
    frame: Sent = 1
    cube_size: int = 33
