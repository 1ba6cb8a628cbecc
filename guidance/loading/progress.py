"""How loading a model reports its progress."""

from __future__ import annotations

from reswd_torch.progress import OnProgress

LOADING_AT = 0.95
"""Share of the progress at which every file has arrived. What remains is the time that reading the files takes."""


class MonotoneProgress:
    """Passes progress on so that the share never falls, and remembers the exception that stopped it.

    Args:
        on_progress: receives the progress; None if nobody wants it. While a file is on its way it is called from another thread.

    Attributes:
        stopped: the exception that ``on_progress`` raised; None as long as it raised none.
    """

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.stopped: BaseException | None = None
        self._on_progress = on_progress
        self._share = 0.0

    def __call__(self, share: float, text: str) -> None:
        if self._on_progress is None:
            return
        self._share = max(self._share, min(share, 1.0))
        try:
            self._on_progress(self._share, text)
        except BaseException as error:
            # In a thread of the hub the exception may get lost. Whoever started that thread finds it here.
            self.stopped = error
            raise
