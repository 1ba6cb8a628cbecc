"""Gradio's blocks, as a public instance needs them: visitors take turns, and no address of a visitor is ever fetched."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.exceptions import InvalidPathError
from gradio.state_holder import SessionState

from studio.ui.line import Line
from studio.ui.sent import no_addresses

_LOG = logging.getLogger(__name__)


class StudioBlocks(gr.Blocks):
    """The app's components and events."""

    def queue(self, *args: Any, **options: Any) -> StudioBlocks:
        """As Gradio has it, with :class:`Line` for the queue and no way past it."""
        super().queue(*args, api_open=False, **options)
        made = self._queue
        self._queue = Line(
            live_updates=made.live_updates,
            concurrency_count=made.max_thread_count,
            update_intervals=made.update_intervals,
            max_size=made.max_size,
            blocks=self,
            default_concurrency_limit=made.default_concurrency_limit,
        )
        return self

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """What a visitor sent, for the function that takes it.

        Raises:
            gr.Error: in one line for the visitor. Gradio's own errors about values of the wrong kind or number are for
                programmers, and would fill the log.
        """
        no_addresses(inputs)
        if block_fn.api_visibility == "public":  # callers of an earlier version know fewer values
            inputs = [*inputs, *(getattr(each, "value", None) for each in block_fn.inputs[len(inputs) :])]
        if state is not None:
            _read_as_made(block_fn, state)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except InvalidPathError:
            said = "A file was named that is not among your uploads: upload it"
        except Exception as error:
            if type(error) is gr.Error:
                raise
            said = (
                f"These are no values for {block_fn.api_name or 'this'}: the page /gradio_api/info says which it takes"
            )
            _LOG.info("values of the wrong kind for %s: %s", block_fn.api_name, type(error).__name__)
        raise gr.Error(said, print_exception=False)


def _read_as_made(block_fn: BlockFunction, state: SessionState) -> None:
    """Let a page's components read what is sent as those of the app do, where these read it in a way of their own.

    Once an event has updated a component, Gradio makes a new one for the page, and what was changed on the first is lost.
    """
    for made in block_fn.inputs:
        own = vars(made).get("preprocess")
        if own is not None and made._id in state and state[made._id] is not made:
            state[made._id].preprocess = own
