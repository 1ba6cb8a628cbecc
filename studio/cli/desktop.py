"""reswd desktop: the browser app in a window of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.serve import ALLOW, check_address, check_allowed

_HOST = "127.0.0.1"


def desktop_command(
    allow: Annotated[list[Path] | None, ALLOW] = None,
    port: Annotated[int | None, typer.Option(help="Port; the first free one from 7860 if left out.")] = None,
) -> None:
    """Show the app in a window of its own, where folders are chosen and not uploaded."""
    from studio.ui.window.needs import check_needs

    check_needs()
    allowed = check_allowed(allow or [], _HOST)
    check_address(_HOST, port)
    from studio.ui.window.app import desktop

    desktop(allowed, port)
