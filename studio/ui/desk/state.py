"""What the viewer of one open page can be asked for: looks, which never change once they have a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from torch import Tensor

from reswd_torch.grade import Grade
from reswd_torch.spaces import SpaceChoice
from studio.views.pyramid import TILE, Pyramid
from studio.views.seen import Seen

_MOST, _MOST_PICTURES = 48, 8
"""Looks that are kept for a viewer, and different pictures among them; the oldest go. A viewer shows three at a time, and history
makes those that it needs anew."""
_tellings = count(1)


def next_telling() -> int:
    """A number for what a viewer is told, larger than every one before."""
    return next(_tellings)


@dataclass(frozen=True)
class Look:
    """A picture, graded or not, as a viewer shows it.

    Attributes:
        pyramid: the picture at all its sizes.
        grade: what is applied to it; None for the picture as it is.
        name: what a person calls it, such as "Result".
        sample: (N, 3) colours of the picture, encoded, 0..1, where its cast is looked for; None where nobody asks.
        spaces: the colour spaces that the grade is applied between; None for the encoding of the file.
        seen: how the picture is seen without a grade; None for the encoding of the file.
    """

    pyramid: Pyramid
    grade: Grade | None
    name: str
    sample: Tensor | None = field(default=None, compare=False)
    spaces: SpaceChoice | None = None
    seen: Seen | None = None


class Looks:
    """The looks of one page, by number.

    Not a dataclass: Gradio copies those into the page's configuration.
    """

    def __init__(self) -> None:
        self._looks: dict[int, Look] = {}
        self._viewers: dict[int, str] = {}
        self._lock = Lock()
        self._last = 0

    def add(self, look: Look, viewer: str = "desk") -> int:
        """Give a look its number: the one that it has already, or a new one.

        No number ever stands for another look, so the browser may keep what it got by one.

        Args:
            look: the look.
            viewer: where it is shown; the looks of one viewer do not take the place of another's.
        """
        with self._lock:
            own = {number: known for number, known in self._looks.items() if self._viewers[number] == viewer}
            for number, known in own.items():
                if known == look:
                    return number
            self._last += 1
            self._looks[self._last] = own[self._last] = look
            self._viewers[self._last] = viewer
            while len(own) > _MOST or len({id(each.pyramid) for each in own.values()}) > _MOST_PICTURES:
                oldest = next(iter(own))
                del own[oldest], self._looks[oldest], self._viewers[oldest]
            return self._last

    def look(self, number: int) -> Look | None:
        """The look of a number; None where there is none any more."""
        return self._looks.get(number)


def described(number: int, look: Look) -> dict[str, Any]:
    """What the page has to know of a look to ask for its pieces, as JSON."""
    height, width = look.pyramid.size
    return {
        "look": number,
        "name": look.name,
        "width": width,
        "height": height,
        "tile": TILE,
        "levels": look.pyramid.levels,
        "preview": look.pyramid.preview.width,
        "previewHeight": look.pyramid.preview.height,
    }
