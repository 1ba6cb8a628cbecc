"""A job for a series that drifts."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.settings import MatchSettings

AUTO_CUTS, NO_CUTS = CUTS = ("auto", "none")


@dataclass(frozen=True)
class DriftAnchor:
    """What one moment should look like.

    Attributes:
        time: ``2.5s`` in seconds from the first frame, ``f120`` by the frame's number, or a timecode such as ``00:00:02:12``.
        picture: the moment as it should look.
    """

    time: str
    picture: Path


@dataclass(frozen=True)
class DriftJob:
    """Take the drift out of a clip, of numbered frames, or of a folder of pictures.

    Attributes:
        source: a clip, a pattern of numbered frames, or a folder whose pictures follow each other by their names.
        output: the graded clip, pattern or folder; None where the path alone is wanted.
        anchors: what moments should look like. A segment between cuts without any begins with its own: its first frame.
        anchor_first: the first frame is an anchor beside those that are given: it looks as it should.
        path: a CSV with key frames: nothing is fitted, they are applied.
        csv, edl, ccc: files for the key frames, for an EDL with an event a stretch, and for the grades of these events.
        cuts: ``"auto"`` or ``"none"``.
        rate: frames a second of pictures; a clip has its own.
        settings: how an anchor is matched that shows something else than its moment.
        overwrite: whether files that exist are replaced.
    """

    source: Path
    output: Path | None = None
    anchors: tuple[DriftAnchor, ...] = ()
    anchor_first: bool = False
    path: Path | None = None
    csv: Path | None = None
    edl: Path | None = None
    ccc: Path | None = None
    cuts: str = AUTO_CUTS
    rate: Fraction = Fraction(24)
    settings: MatchSettings = field(default_factory=lambda: MatchSettings(transform="cdl"))
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not self.files:
            raise InputError(f"{self.source}: nowhere to put the result: give an output, or a file for the path")
        if self.cuts not in CUTS:
            raise InputError(f"unknown cuts {self.cuts!r}: choose one of {', '.join(CUTS)}")
        if not 0 < self.rate <= 1000:
            raise InputError(f"{float(self.rate):g} is no number of frames a second: give one above 0 and up to 1000")
        if self.path is not None and (self.anchors or self.anchor_first):
            raise InputError(f"{self.path}: a path that is given needs no anchors: leave one of them out")
        for path, suffix in ((self.csv, ".csv"), (self.edl, ".edl"), (self.ccc, ".ccc")):
            if path is not None and path.suffix.lower() != suffix:
                raise InputError(f"{path}: give a name that ends in {suffix}")

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that are read beside the frames."""
        return (*(one.picture for one in self.anchors), *(() if self.path is None else (self.path,)))

    @property
    def lists(self) -> tuple[Path, ...]:
        """The files for the path that are written."""
        return tuple(path for path in (self.csv, self.edl, self.ccc) if path is not None)

    @property
    def files(self) -> tuple[Path, ...]:
        """All places that are written."""
        return (*(() if self.output is None else (self.output,)), *self.lists)
