"""What the page remembers for the tab *Match colours*."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

from reswd_torch.grade import Grade
from reswd_torch.grade.trims import NEUTRAL, Trims
from studio.service.ahead import Ahead
from studio.service.match import MatchResult
from studio.ui.match.choice import MatchChoice
from studio.ui.match.comparison import Comparison
from studio.ui.match.history import History
from studio.ui.pictures import ChosenPicture, Side
from studio.ui.stop import TabState
from studio.views.preview import slim

Role = Literal["source", "reference"]
ROLES: tuple[Role, ...] = get_args(Role)
"""What a picture of this tab can be."""


@dataclass(frozen=True)
class Seen:
    """The numbers of the looks in the viewer; None for none.

    Attributes:
        before, after: the picture, and the same one graded.
        reference: what it was matched to, where that is a picture.
    """

    before: int | None = None
    after: int | None = None
    reference: int | None = None


class MatchState(TabState):
    """What the page remembers for this tab.

    Attributes:
        places: what is in the places for pictures.
        grade, grade_file: a saved grade to apply, and the file that it came in.
        shown: the result on the screen, at preview size and at the strength of the slider.
        comparison: what *Compare methods* has made.
        history: the matches of this visit.
        told: the controls as the page last told of them; None before that.
        working: the run that goes on, or that was cut short as its page was closed; None for none.
        seen: what the viewer shows.
        strength: where the slider was moved to; None while it was not moved.
        trims: what the sliders of the trims say.
        judged: what was chosen when the words under the button were said; see :func:`studio.ui.match.choose.chosen`.
        ahead: what is read already for the match that may come next.
        lock: held while ``shown`` is replaced.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Role, ChosenPicture] = {role: ChosenPicture() for role in ROLES}
        self.grade: Grade | None = None
        self.grade_file: Path | None = None
        self.shown: MatchResult | None = None
        self.comparison = Comparison()
        self.history = History()
        self.told: MatchChoice | None = None
        self.working: object | None = None
        self.seen = Seen()
        self.strength: float | None = None
        self.trims: Trims = NEUTRAL
        self.judged: tuple[object, ...] | None = None
        self.ahead = Ahead(slim)
        self.lock = Lock()

    @property
    def source(self) -> Side | None:
        """The picture whose colours shall change."""
        return self.places["source"].side

    @property
    def reference(self) -> Side | None:
        """The picture whose colours are wanted."""
        return self.places["reference"].side
