"""What the viewer of one open page can be asked for: looks, which never change once they have a number."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from torch import Tensor

from reswd_torch.grade import Grade
from studio.views.pyramid import TILE, Pyramid

_MOST, _MOST_PICTURES = 48, 8
"""Looks that are kept, and different pictures among them; the oldest go. A page shows three at a time, and history makes those
that it needs anew."""


@dataclass(frozen=True)
class Look:
    """A picture, graded or not, as a viewer shows it.

    Attributes:
        pyramid: the picture at all its sizes.
        grade: what is applied to it; None for the picture as it is.
        name: what a person calls it, such as "Result".
        sample: (N, 3) colours of the picture, encoded, 0..1, where its cast is looked for; None where nobody asks.
    """

    pyramid: Pyramid
    grade: Grade | None
    name: str
    sample: Tensor | None = field(default=None, compare=False)


class Looks:
    """The looks of one page, by number.

    Not a dataclass: Gradio copies those into the page's configuration.
    """

    def __init__(self) -> None:
        self._looks: OrderedDict[int, Look] = OrderedDict()
        self._lock = Lock()
        self._last = 0

    def add(self, look: Look) -> int:
        """Give a look its number: the one that it has already, or a new one.

        No number ever stands for another look, so the browser may keep what it got by one.
        """
        with self._lock:
            for number, known in self._looks.items():
                if known == look:
                    return number
            self._last += 1
            self._looks[self._last] = look
            while len(self._looks) > _MOST or len({id(each.pyramid) for each in self._looks.values()}) > _MOST_PICTURES:
                self._looks.popitem(last=False)
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
