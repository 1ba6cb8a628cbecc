"""How a match appears in the tab *Grade a clip*."""

from __future__ import annotations

import gradio as gr
from gradio.blocks import Block

from reswd_torch.grade.formats import formats_for
from studio.service.clip import ClipResult
from studio.ui import words
from studio.ui.clip import words as clip_words
from studio.ui.clip.parts import ClipTab
from studio.ui.clip.run import Pair
from studio.ui.clip.viewer import show_frame
from studio.ui.match.words import grade_files, numbers
from studio.ui.session import Session
from studio.ui.wiring import Updates


def frame_outputs(tab: ClipTab) -> list[Block]:
    """Everything that :func:`frame_updates` changes."""
    return [*tab.view.viewer.components, tab.view.place]


def frame_updates(tab: ClipTab, session: Session, number: int, pair: Pair, *, resting: bool) -> Updates:
    """A frame on the screen, and which one it is. ``number`` counts from 0."""
    return {
        **show_frame(tab.view.viewer, session, pair.before, pair.after, number=number, resting=resting),
        tab.view.place: clip_words.place(session.clip.source.clip, number),
    }


def match_outputs(tab: ClipTab) -> list[Block]:
    """Everything that :func:`match_updates` changes."""
    view, away, details = tab.view, tab.downloads, tab.details
    texts = [view.stale, view.metrics, view.taken, details.notes, details.numbers, away.cube_line]
    return [*texts, *away.grades.values(), away.settings]


def match_updates(tab: ClipTab, session: Session, cube_size: int) -> Updates:
    """The match on the screen with all that can be taken away of it; without one, that there is none."""
    result, view, away, details = session.clip.shown, tab.view, tab.downloads, tab.details
    if result is None:
        return {
            view.stale: "",
            view.metrics: clip_words.EMPTY_METRICS,
            view.taken: "",
            details.notes: "",
            details.numbers: clip_words.EMPTY_NUMBERS,
            away.cube_line: "",
            **{button: gr.update(interactive=False) for button in (*away.grades.values(), away.settings)},
        }
    savable = {one.suffix for one in formats_for(is_cdl=result.grade.is_cdl)}
    return {
        view.stale: "",
        view.metrics: clip_words.metrics(result),
        view.taken: clip_words.taken(result),
        details.notes: words.notes(result.notes),
        details.numbers: numbers(result.grade) + clip_words.encoding_line(result),
        away.cube_line: cube_line(result, cube_size),
        **{button: gr.update(interactive=suffix in savable) for suffix, button in away.grades.items()},
        away.settings: gr.update(interactive=True),
    }


def cube_line(result: ClipResult, cube_size: int) -> str:
    """The line that says how exact a .cube of a match would be."""
    saved = result.job.saved_grade is not None
    return grade_files(result.grade.cube_error(cube_size), cdl=result.grade.is_cdl, saved=saved)
