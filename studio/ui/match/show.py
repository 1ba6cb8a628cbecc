"""How a result appears in the tab *Match colours*."""

from __future__ import annotations

import gradio as gr
from gradio.blocks import Block

from reswd_torch.grade.formats import formats_for
from studio.service.match import MatchResult
from studio.ui.match import downloads, run, stale, words
from studio.ui.match.choice import MatchChoice
from studio.ui.match.history_view import compared_as_json, history_as_json
from studio.ui.match.parts import MatchTab
from studio.ui.session import Session
from studio.ui.wiring import Updates, of_the_latest


def shown_outputs(tab: MatchTab) -> list[Block]:
    """Everything that :func:`show` changes."""
    result, details, away = tab.result, tab.details, tab.downloads
    return [
        result.stale,
        result.desk.state,
        result.seen,
        result.trims.said,
        result.taken,
        result.show_points,
        result.points,
        details.notes,
        details.metrics,
        details.numbers,
        details.no_chart,
        details.chart,
        away.picture,
        *away.grades.values(),
        away.settings,
        away.cube_line,
        tab.history.state,
        tab.comparison.strip.state,
    ]


def show(tab: MatchTab, session: Session, shown: run.Shown, cube_size: int) -> Updates:
    """The result on the screen in full, with all that can be taken away of it.

    Args:
        tab: the components.
        session: of the page, which holds the result.
        shown: what the result looks like.
        cube_size: the points of a .cube along each side.
    """
    result = session.match.shown
    assert result is not None
    picture, away = result.picture, tab.downloads
    savable = {one.suffix for one in formats_for(is_cdl=downloads.is_cdl(session))}
    return {
        tab.result.stale: stale.line(session, session.match.told or MatchChoice()),
        tab.result.desk.state: shown.desk,
        tab.result.seen: shown.seen,
        tab.result.trims.said: words.trims_line(result.grade),
        tab.details.metrics: shown.metrics,
        tab.result.taken: words.taken(result),
        tab.result.show_points: gr.update(visible=run.has_points(result)),
        tab.result.points: gr.update(value=None, visible=False),
        tab.details.notes: shown.notes,
        tab.details.numbers: shown.numbers,
        tab.details.no_chart: gr.update(visible=False),
        tab.details.chart: gr.update(value=shown.chart, visible=True),
        away.picture: gr.update(interactive=True, value=words.picture_label(picture)),
        **{button: gr.update(interactive=suffix in savable) for suffix, button in away.grades.items()},
        away.settings: gr.update(interactive=True),
        away.cube_line: cube_line(session, cube_size),
        tab.history.state: history_as_json(session),
        tab.comparison.strip.state: compared_as_json(session, session.match.comparison),
    }


def show_latest(tab: MatchTab, session: Session, cube_size: int, move: int | None = None) -> Updates:
    """:func:`show` for the result on the screen, also when it changes while it is drawn.

    Args:
        tab: the components.
        session: of the page, which holds a result.
        cube_size: the points of a .cube along each side.
        move: the last move of the sliders that the session knows of; None where none led here.
    """

    def updates(result: MatchResult | None) -> Updates:
        assert result is not None
        return show(tab, session, run.show(session, result, move), cube_size)

    return of_the_latest(lambda: session.match.shown, updates)


def cube_line(session: Session, cube_size: int) -> str:
    """The line that says how exact a .cube of the result on the screen would be."""
    error, is_cdl = downloads.cube_error(session, cube_size), downloads.is_cdl(session)
    shown = session.match.shown
    spaces = None if shown is None else shown.job.spaces
    saved = shown is not None and shown.job.saved_grade is not None
    return words.grade_files(error, cdl=is_cdl, saved=saved, working=None if spaces is None else spaces.working)
