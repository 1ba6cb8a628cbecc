"""What the controls of the tab *Guide a generation* say."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.catalogue import EMBEDDED_ID
from guidance.quantize.kinds import NONE
from guidance.settings import GuidanceSettings
from studio.ui.controls import PICTURE
from studio.ui.settings import Sent

MOST_PICTURES = 4
"""So many pictures a press gives at most."""


@dataclass(frozen=True)
class GuideChoice:
    """The controls as the page or another program sends them: anything. Each field has the name of its component.

    Attributes:
        prompt, negative: what to paint, and what to keep away from.
        kind: where the colours come from, one of the kinds of :mod:`studio.ui.guide.run`.
        palette: as it was written.
        model: id of the catalogue or of the hub.
        avoid: colours to avoid, as they were written.
        strength, start, stop, decode_scale, grain, method: as for GuidanceSettings.
        quantize: one of guidance.quantize.QUANTIZATIONS.
        plain: whether to paint the plain picture as well.
        seed: None or an empty text asks for a new one.
        count: how many pictures a press gives, 1 to :data:`MOST_PICTURES`.
        steps, scale, width, height: None leaves them to the model.
        reference: the file that is in the place for the reference now. The session knows that picture as well, but may not
            have heard of a new one yet.
    """

    prompt: Sent = ""
    negative: Sent = ""
    kind: Sent = PICTURE
    palette: Sent = ""
    avoid: Sent = ""
    model: Sent = EMBEDDED_ID
    strength: Sent = 1.0
    plain: Sent = False
    seed: Sent = 0
    count: Sent = 1
    steps: Sent = None
    scale: Sent = None
    width: Sent = None
    height: Sent = None
    start: Sent = 0.0
    stop: Sent = 1.0
    decode_scale: Sent = 1.0
    grain: Sent = GuidanceSettings.grain
    method: Sent = GuidanceSettings.method
    quantize: Sent = NONE
    reference: str | None = None
