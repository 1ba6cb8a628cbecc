"""How Stop reaches a run, whether it goes on in this process or in another one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StopFile:
    """The stop signal of one run: a file that the Stop button makes.

    It is a file, and its name can be pickled, because on a ZeroGPU Space another process does the work and looks for it.

    Attributes:
        path: the file; it is not there yet when the run begins.
    """

    path: Path

    def press(self) -> None:
        """Tell the run to stop."""
        with suppress(OSError):  # the page's folder is gone, which stops the run as well
            self.path.touch()

    def __call__(self) -> bool:
        """Whether the run shall stop: Stop was pressed, or the page was closed, which takes its folder with it."""
        return self.path.exists() or not self.path.parent.exists()


class TabState:
    """What the page remembers for a tab. Each tab has a class of its own; this is what they have in common.

    Not a dataclass: Gradio copies those into the page's configuration.

    Attributes:
        stop: the stop signal of the last run that the tab began; None before the first one.
    """

    def __init__(self) -> None:
        self.stop: StopFile | None = None

    def press_stop(self) -> None:
        """Stop what the tab runs. The words about it come from the run itself, as it ends."""
        if self.stop is not None:
            self.stop.press()
