"""How long work tells its caller how far it is. Plain Python: importing this module loads no torch."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[float, str], None]
"""Called with the share of the work that is done (0..1) and a few words on what is being done now. It may raise an exception to
stop the work."""
