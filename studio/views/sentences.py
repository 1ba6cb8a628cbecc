"""What is said about a result in plain sentences, which the command line prints and the page shows."""

from __future__ import annotations

from reswd_torch.matching import MatchReport


def scene_line(report: MatchReport) -> str | None:
    """One sentence that says whether both pictures show the same scene, and what the grade was fitted to for that reason.

    Args:
        report: the figures of the fit.

    Returns:
        None if the settings did not ask to look for a common scene.
    """
    if not report.settings.looks_for_scene:
        return None
    if report.points == 0:
        return "Different scenes: matched by statistics."
    found = f"The same scene: {report.points} points are seen in both"
    if report.trust == 0.0:
        return f"{found}, but only some of the tones; matched by statistics."
    if report.trust < 1.0:
        return f"{found}; matched {report.trust:.0%} by them and what both show, the rest by statistics."
    return f"{found}; matched by them and what both show."
