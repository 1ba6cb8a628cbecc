"""reswd mcp: the tools for programs that speak the Model Context Protocol, over stdio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reswd_torch.errors import InputError
from studio.cli.allow import check_mcp, checked_folders

_ALLOW = typer.Option(
    "--allow", help="A folder below which tools may read and write; may be given again.", metavar="DIR"
)
_READ_ONLY = typer.Option("--read-only", help="A folder below which tools may read; may be given again.", metavar="DIR")


def mcp_command(
    allow: Annotated[list[Path] | None, _ALLOW] = None, read_only: Annotated[list[Path] | None, _READ_ONLY] = None
) -> None:
    """Serve the tools to a program that speaks MCP, over standard input and output.

    Tools read and write only below the folders that are given here.
    """
    check_mcp("reswd mcp")
    if not allow:
        raise InputError("no folder to work in: give --allow DIR, below which tools may read and write")
    folders, to_read = checked_folders(allow), checked_folders(read_only or [], "--read-only")
    from studio.mcp.stdio import serve_stdio
    from studio.media.allowed import Allowed

    serve_stdio(Allowed(folders, to_read))
