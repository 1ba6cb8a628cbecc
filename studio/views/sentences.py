"""What is said about a result in plain sentences, which the command line prints and the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reswd_torch.grade.formats import in_words
from reswd_torch.settings import AUTO_TRANSFORM, COLOURS, LOOK, MOOD

if TYPE_CHECKING:
    from reswd_torch.grade import Grade
    from reswd_torch.matching import MatchReport

_TOOK = {LOOK: "the look alone", MOOD: "its mood", COLOURS: "all its colours"}
_HELD = {
    ("greys", "skin"): "greys and skin keep their places",
    ("greys",): "greys keep their places",
    ("skin",): "skin keeps its place",
}
"""What a mood made of a LUT holds and ten numbers could not, by what of it is protected."""
_CALLED = {"black": "black point", "white": "white point"}
"""Trims whose name in records says too little in a sentence."""
DISTANCE_HELP = (
    "Sliced Wasserstein distance between the two pictures' colours, in CIE Lab units. 0: the same colours. "
    "About 1: a difference one just notices."
)
"""What a distance is, for whoever reads one."""
_LITTLE = 1 / 255
"""A grade that moves channels by less than this on average has found little to take."""


def taken_line(grade: Grade, *, looked: bool) -> str | None:
    """What a grade takes of its reference and what it is made of, in two sentences.

    A distance is told as a figure and never as praise: that of all colours alone says how far the grade came, since look and
    mood leave alone what the distance counts.

    Args:
        grade: the grade, with the figures of its fit.
        looked: whether somebody looked if both pictures show one scene.

    Returns:
        None for a saved grade, which has taken nothing.
    """
    report = grade.report
    if report is None:
        return None
    one_scene = report.took not in _TOOK
    found = _scene(report) if one_scene else _other_scene(grade, report, looked=looked)
    return f"{found}. {_kind(grade, _why_a_lut(report))}"


def trimmed_line(grade: Grade) -> str | None:
    """What was trimmed behind the match, and whether the grade is still ten numbers; None where nothing was."""
    if grade.trims.is_neutral:
        return None
    called = _CALLED | {"only": f"{grade.trims.only} only"}
    trimmed, makers = ([called.get(name, name) for name in names] for names in (grade.trims.changed, grade.lut_makers))
    why = f", because of {in_words(makers, 'and')}" if makers else ", as the match is"
    return f"Trimmed: {in_words(trimmed, 'and')}. {_kind(grade, why)}"


def taken_of_many(took: Mapping[str, int], pictures: int) -> str | None:
    """What was taken of the reference for the pictures of a batch that do not show its scene; None where that was nothing.

    Args:
        took: how many pictures took what, by the name that :class:`~reswd_torch.matching.MatchReport` has for it.
        pictures: how many there are.
    """
    parts = [f"{took[aim]} of {pictures} took {_TOOK[aim]}" for aim in _TOOK if took.get(aim)]
    return ", ".join(parts) or None


def _kind(grade: Grade, why: str) -> str:
    """What a grade is made of, as a sentence; ``why`` follows where it is a LUT."""
    return "Kind: CDL, ten numbers." if grade.is_cdl else f"Kind: LUT{why}."


def _scene(report: MatchReport) -> str:
    """Without the full stop: both pictures show the same scene, and what the grade was fitted to for that reason."""
    found = f"The same scene: {report.points} points are seen in both"
    if report.trust == 0.0:
        return f"{found}, but only some of the tones; matched by statistics{_kept(report)}"
    if report.trust < 1.0:
        by = f"matched {report.trust:.0%} by them and what both show, the rest by statistics"
        return f"{found}; {by}{_kept(report)}"
    return f"{found}; matched by them and what both show{_kept(report)}"


def _other_scene(grade: Grade, report: MatchReport, *, looked: bool) -> str:
    """Without the full stop: what was taken of a reference that shows something else, or was not compared."""
    took = f"{'The reference shows something else: took' if looked else 'Took'} {_TOOK[report.took]}"
    join = ";" if looked else ":"  # one colon is enough for a sentence
    if report.took == COLOURS:
        return f"{took}{join} distance {report.distance_before:.1f} to {report.distance_after:.1f}{_kept(report)}"
    mean, _ = grade.fit_alone.lattice(17).movement()
    return f"{took}{join} little was there to take" if mean < _LITTLE else f"{took}{_kept(report)}"


def _why_a_lut(report: MatchReport) -> str:
    """After a comma, what the evidence chose a LUT for; nothing where it was asked for."""
    if report.settings.resolved_transform != AUTO_TRANSFORM:
        return ""
    if report.took not in _TOOK:
        return ", because both show one scene"
    held = tuple(name for name in ("greys", "skin") if name in report.settings.protect)
    return f", so that {_HELD[held]}" if report.took == MOOD and held else ""


def _kept(report: MatchReport) -> str:
    """``"; blacks, greys and skin kept"``; nothing where nothing held the grade back."""
    if not report.kept:
        return ""
    *first, last = report.kept
    return f"; {', '.join(first)} and {last} kept" if first else f"; {last} kept"
