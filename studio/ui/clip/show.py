"""How a match appears in the tab *Grade a clip*."""

from __future__ import annotations

import gradio as gr
from gradio.blocks import Block

from reswd_torch.grade.formats import formats_for
from studio.service.clip import ClipResult
from studio.ui import words
from studio.ui.clip import words as clip_words
from studio.ui.clip.looks import seen_as_json
from studio.ui.clip.parts import ClipTab
from studio.ui.clip.run import is_stale
from studio.ui.match.words import grade_files, numbers, trims_line
from studio.ui.session import Session
from studio.ui.wiring import Updates, of_the_latest


def shown_outputs(tab: ClipTab) -> list[Block]:
    """Everything that :func:`show` changes."""
    view, away, details = tab.view, tab.downloads, tab.details
    texts = [view.stale, view.trims.said, view.taken, details.notes, details.metrics, details.numbers, away.cube_line]
    return [view.desk.state, *texts, *away.grades.values(), away.settings]


def show(tab: ClipTab, session: Session, cube_size: int, move: int | None = None) -> Updates:
    """What is on the screen in full, with all that can be taken away of it; the latest, also when it changes meanwhile.

    Args:
        tab: the components.
        session: of the page.
        cube_size: the points of a .cube along each side.
        move: the last move of the sliders that the session knows of; None where none led here.

    Raises:
        InputError: the frame cannot be decoded, or the clip is no longer there.
    """
    return of_the_latest(lambda: session.clip.shown, lambda result: _updates(tab, session, result, cube_size, move))


def _updates(tab: ClipTab, session: Session, result: ClipResult | None, cube_size: int, move: int | None) -> Updates:
    view, away, details = tab.view, tab.downloads, tab.details
    desk = seen_as_json(session, move)
    if result is None:
        return {
            view.desk.state: desk,
            view.stale: "",
            view.trims.said: "",
            view.taken: "",
            details.notes: "",
            details.metrics: "",
            details.numbers: clip_words.EMPTY_NUMBERS,
            away.cube_line: "",
            **{button: gr.update(interactive=False) for button in (*away.grades.values(), away.settings)},
        }
    savable = {one.suffix for one in formats_for(is_cdl=result.grade.is_cdl)}
    return {
        view.desk.state: desk,
        view.stale: stale_line(session),
        view.trims.said: trims_line(result.grade),
        view.taken: clip_words.taken(result),
        details.notes: words.notes(result.notes),
        details.metrics: clip_words.metrics(result),
        details.numbers: numbers(result.grade) + clip_words.encoding_line(result),
        away.cube_line: cube_line(result, cube_size),
        **{button: gr.update(interactive=suffix in savable) for suffix, button in away.grades.items()},
        away.settings: gr.update(interactive=True),
    }


def stale_line(session: Session) -> str:
    """The line below the viewer where the grade on the screen belongs to other choices than those that stand now."""
    shown, choice = session.clip.shown, session.clip.told
    stale = shown is not None and choice is not None and is_stale(session, choice)
    return clip_words.stale(shown) if stale and shown is not None else ""


def cube_line(result: ClipResult, cube_size: int) -> str:
    """The line that says how exact a .cube of a match would be."""
    saved = result.job.saved_grade is not None
    return grade_files(result.grade.cube_error(cube_size), cdl=result.grade.is_cdl, saved=saved)
