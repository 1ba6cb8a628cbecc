"""Sentences about a result."""

from __future__ import annotations

from dataclasses import replace

from reswd_torch import MatchSettings
from reswd_torch.matching import MatchReport
from studio.views.sentences import scene_line


def test_a_line_for_every_outcome() -> None:
    report = MatchReport(2.0, 1.0, 0.1, MatchSettings(), "cpu")
    lines = [
        scene_line(replace(report, points=points, trust=float(trust)))
        for points, trust in ((0, 0), (80, 0), (80, 0.4), (80, 1))
    ]
    assert lines == [
        "Different scenes: matched by statistics.",
        "The same scene: 80 points are seen in both, but only some of the tones; matched by statistics.",
        "The same scene: 80 points are seen in both; matched 40% by them and what both show, the rest by statistics.",
        "The same scene: 80 points are seen in both; matched by them and what both show.",
    ]
    assert scene_line(replace(report, settings=MatchSettings(scene="different"))) is None
    assert scene_line(replace(report, settings=MatchSettings(method="mkl"))) is None
