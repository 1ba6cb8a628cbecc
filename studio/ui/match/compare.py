"""Handlers of *Compare methods*: matching in every way, and working on with one of the results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui.controls import SAVED
from studio.ui.match.choice import MatchChoice
from studio.ui.match.comparison import Comparison, Way
from studio.ui.match.run import matching_job, painted_now, watch_for
from studio.ui.session import Session
from studio.views.preview import slim
from studio.watch import Watch


def compare(session: Session, choice: MatchChoice, progress: gr.Progress) -> Iterator[Comparison]:
    """All ways to match, one after the other: the comparison as each begins, and as the last is done.

    Raises InputError or Cancelled; the session then still holds what was made until then.
    """
    if choice.kind == SAVED:
        raise InputError("Compare methods needs a reference: choose a picture or a palette.")
    watch = watch_for(session, progress)
    new = Comparison(choice, painted_now(session))
    job = matching_job(session, replace(choice, method=new.ways[0].method))
    try:
        for way in new.steps():
            new.working = way
            watch.check()
            yield new
            if not new.results:  # the first reads the files; the others are fitted to the same sampled pixels
                new.results[way] = slim(session.match.ahead.run(job, _named(watch, new, way)))
                session.match.comparison = new
            else:
                first = next(iter(new.results.values()))
                new.results[way] = first.refitted(way.method, _named(watch, new, way), transform=way.transform)
    finally:
        new.working = None
    yield new


def _named(watch: Watch, comparison: Comparison, way: Way) -> Watch:
    """A watch that says which way of how many is at work, and counts them all as one."""
    at, of = comparison.ways.index(way), len(comparison.ways)
    part = watch.part(at / of, (at + 1) / of)
    said = f"{way.name} ({at + 1} of {of})"
    return Watch(lambda event: part.note(replace(event, text=f"{said}: {event.text}")), part.stopped)


def pressed(session: Session, index: int) -> tuple[Way, Comparison]:
    """The way that stands at a place of the comparison.

    Raises:
        InputError: there is no result of it.
    """
    comparison = session.match.comparison
    if not 0 <= index < len(comparison.ways) or comparison.ways[index] not in comparison.results:
        raise InputError("This result is no longer here: compare again.")
    return comparison.ways[index], comparison
