"""What the controls of the tab *Match colours* say."""

from __future__ import annotations

from dataclasses import dataclass, field

from reswd_torch.settings import COLOURS, MOOD, MatchSettings
from studio.ui.controls import PICTURE
from studio.ui.settings import Sent


@dataclass(frozen=True)
class MatchChoice:
    """The controls of the tab as they stood when a button was pressed. Each field has the name of its component.

    Attributes:
        kind: where the colours come from, one of :data:`studio.ui.controls.KINDS`.
        source, reference: the files that are in the places for pictures now. The session knows these pictures as well, but
            may not have heard of a new one yet.
        palette: as it was written.
        aim, palette_aim: what to take of a picture, and of a palette.
        protect: what a mood keeps.
        method, transform, scene, strength, seed, device: as for :func:`studio.ui.settings.settings_from`.
        pairs: of colours, as they were written.
        source_mask, reference_mask: uploaded masks.
        cube_size: the points of a .cube along each side.
        source_space, target_space, output_space, working_space: colour spaces by their names in the config; empty for what
            the file says, and of the last two for what follows from the first.
    """

    kind: str = PICTURE
    source: str | None = None
    reference: str | None = None
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
    pairs: str = ""
    source_mask: str | None = None
    reference_mask: str | None = None
    cube_size: int = 33
    source_space: Sent = ""
    target_space: Sent = ""
    output_space: Sent = ""
    working_space: Sent = ""
