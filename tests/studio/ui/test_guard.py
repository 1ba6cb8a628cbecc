"""The guard around a run: whatever happens in it, the page can be used again."""

from __future__ import annotations

from collections.abc import Generator

import gradio as gr
import pytest

from reswd_torch import InputError
from studio.ui import words
from studio.ui.guard import Run, RunButtons, words_for
from studio.ui.wiring import Updates
from studio.watch import Cancelled

ON, OFF = gr.update(interactive=True), gr.update(interactive=False)


class _Run(Run):
    """Ends with what it is given: an error to raise, or words to say."""

    def __init__(self, outcome: Exception | str, *, has_the_page: bool = True) -> None:
        self.buttons = RunButtons(gr.Button(), gr.Button(), gr.HTML())
        super().__init__(self.buttons)
        self.outcome, self.bar, self.has_the_page = outcome, gr.HTML(), has_the_page

    def begin(self) -> Updates:
        return {self.bar: "begun"}

    def work(self) -> Generator[Updates, None, str]:
        yield {self.bar: "half"}
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def end(self) -> Updates | None:
        return {self.bar: "over"} if self.has_the_page else None


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("", ""),
        ("None of the pictures could be done.", "None of the pictures"),
        (InputError("bad.jpg is no picture"), "bad.jpg is no picture"),
        (gr.Error("The quota of this visit is used up"), "quota"),
        (Cancelled(), "Stopped."),
        (RuntimeError("CUDA out of memory"), "Something went wrong that was not foreseen"),
    ],
)
def test_whatever_happens_the_buttons_can_be_used_again(outcome: Exception | str, said: str) -> None:
    run = _Run(outcome)
    start, stop, status = run.buttons.start, run.buttons.stop, run.buttons.status
    first, half, last = run.updates()
    assert first == {start: OFF, stop: ON, status: "", run.bar: "begun"}
    assert half == {run.bar: "half"}
    assert (last[start], last[stop], last[run.bar]) == (ON, OFF, "over")
    assert said in str(last[status]) and bool(last[status]) == bool(said)


def test_a_run_whose_page_belongs_to_another_one_says_nothing_at_its_end() -> None:
    *_, last = _Run(InputError("late"), has_the_page=False).updates()
    assert list(last.values()) == ["half"]


def test_only_errors_that_nobody_foresaw_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    words_for(InputError("bad.jpg is no picture"), "a test")
    assert not caplog.text
    assert words_for(OSError(28, "No space left on device", "/srv/secret"), "a test") == words.UNEXPECTED
    assert "a test failed" in caplog.text and "No space left on device" in caplog.text


def test_leaving_a_run_ends_its_work() -> None:
    ended: list[bool] = []

    class Long(_Run):
        def work(self) -> Generator[Updates, None, str]:
            try:
                while True:
                    yield {self.bar: "still"}
            finally:
                ended.append(True)

    updates = Long("").updates()
    next(updates), next(updates)
    updates.close()  # type: ignore[attr-defined]
    assert ended
