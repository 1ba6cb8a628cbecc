"""What a person sees while a command works, and how Ctrl+C stops it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from studio.cli import options
from studio.cli.words import one_line
from studio.jobs import MatchJob
from studio.service.batch.run import BatchEvent
from studio.signals import first_in_order
from studio.watch import Event, Watch

if TYPE_CHECKING:
    from rich.progress import TaskID


_FINISHING = "reswd: finishing the pictures at work; once more ends at once"


@contextmanager
def watching(job: MatchJob | None = None) -> Iterator[Watch]:
    """The watch of one job: a bar on a terminal. Numbered frames have a bar that counts, and end in order with Ctrl+C."""
    if job is not None and job.ends_in_order:
        with counting() as watch:
            yield watch
        return
    with options.progress_bar() as progress:
        yield Watch(None if progress is None else lambda event: progress(event.share, event.text))


@contextmanager
def counting() -> Iterator[Watch]:
    """The watch of a run over many pictures.

    On a terminal a bar with counts and the time left; of each picture that failed a line, everywhere. The first Ctrl+C,
    SIGTERM or SIGHUP ends the run in order, the second one at once.
    """
    with _counting_bar() as show, first_in_order(_FINISHING) as pressed:
        yield Watch(show, pressed)


@contextmanager
def _counting_bar() -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from studio.records.report import DONE

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        tasks: dict[str, TaskID] = {}

        def show(event: Event) -> None:
            assert isinstance(event, BatchEvent)
            if event.phase not in tasks:
                tasks[event.phase] = bar.add_task(event.text, total=event.of, name="")
            bar.update(tasks[event.phase], completed=event.done, name=event.name[-60:])
            if event.row is not None and event.row.status != DONE:
                print(f"reswd: {one_line(f'{event.row.file}: {event.row.message}')}", file=sys.stderr)

        yield show
