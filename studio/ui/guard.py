"""The guard around every run of the page: it sets the buttons, and turns whatever goes wrong into one line."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import gradio as gr

from reswd_torch.errors import InputError
from studio.ui import words
from studio.ui.wiring import Updates
from studio.watch import Cancelled

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RunButtons:
    """What every kind of run has on the page.

    Attributes:
        start: begins a run; off while one goes on.
        stop: ends it; on only while one goes on.
        status: the line that says what went wrong.
    """

    start: gr.Button
    stop: gr.Button
    status: gr.HTML


class Run(ABC):
    """One run that a person started. A subclass says what is special to its tab; :meth:`updates` is the guard.

    Args:
        buttons: those that started it.
    """

    def __init__(self, buttons: RunButtons) -> None:
        self._buttons = buttons

    @abstractmethod
    def work(self) -> Generator[Updates, None, str]:
        """Do the work: yield what changes on the page, and return what the status line shall say, mostly nothing.

        May raise anything. An InputError, and that Stop was pressed, are part of the game.
        """

    def begin(self) -> Updates:
        """What else changes on the page as the run begins; overrides what the guard sets."""
        return {}

    def end(self) -> Updates | None:
        """What else changes on the page as the run ends, however it ends; overrides what the guard sets.

        None says that the page belongs to a later run by now, and nothing may change.
        """
        return {}

    def when_stopped(self) -> str:
        """What the status line says after Stop."""
        return "Stopped."

    def updates(self) -> Iterator[Updates]:
        """Run, with the buttons set for it. Whatever happens, the page can be used again at the end."""
        start, stop, status = self._buttons.start, self._buttons.stop, self._buttons.status
        yield {start: gr.update(interactive=False), stop: gr.update(interactive=True), status: "", **self.begin()}
        try:
            said = yield from self.work()
        except Cancelled:
            said = self.when_stopped()
        except Exception as error:
            said = words_for(error, "a run of the page")
        ended = self.end()
        if ended is not None:
            yield {
                start: gr.update(interactive=True),
                stop: gr.update(interactive=False),
                status: words.message(said),
                **ended,
            }


def words_for(error: Exception, what: str) -> str:
    """One line for the person, about anything that went wrong.

    Args:
        error: what was raised. One that nobody foresaw (a full disk, no memory left on the card, a mistake of ours) goes
            to the log in full, and not to the page, since its words may name the server's folders.
        what: what failed, for the log.
    """
    if isinstance(error, InputError):
        return words.plain(error)
    if isinstance(error, gr.Error):  # raised by what a Space lends its GPU with; its words are for visitors
        return str(error.message)
    _LOG.error("%s failed", what, exc_info=error)
    return words.UNEXPECTED
