"""What a match measured."""

from __future__ import annotations

from dataclasses import dataclass

from reswd_torch.settings import MatchSettings


@dataclass(frozen=True)
class MatchReport:
    """Figures of one match.

    Attributes:
        distance_before: sliced Wasserstein distance (p = 1, CIE Lab units, fixed directions) from source to target, on
            pixels that the fit did not choose.
        distance_after: the same distance from the graded source to the target, at the strength of the settings.
        seconds: wall time of the fit and both distances; for :func:`reswd_torch.match` also of checks and sampling.
        settings: the settings of the match.
        device: where the fit ran, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        points: number of points found that correspond; 0 where the pictures show different things, or nobody looked.
        trust: 0..1, how far the grade follows those points and the part that both pictures show; the rest of it follows the
            statistics of the whole pictures.
        took: what the grade follows: ``"scene"`` where both pictures show one, else the aim: ``"look"``, ``"mood"`` or
            ``"colours"``.
        kept: what held the grade back from the reference, of ``"blacks"``, ``"greys"``, ``"skin"`` and ``"highlights"``.
    """

    distance_before: float
    distance_after: float
    seconds: float
    settings: MatchSettings
    device: str
    points: int = 0
    trust: float = 0.0
    took: str = "colours"
    kept: tuple[str, ...] = ()
