"""reswd serve: the browser app."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reswd_torch.errors import InputError
from studio.cli.allow import check_mcp, checked_folders
from studio.cli.passwords import check_open, users
from studio.loopback import checked_name, is_loopback
from studio.space import on_a_space

if TYPE_CHECKING:
    from studio.ui.app import Beside

ALLOW = typer.Option(
    "--allow", help="A folder whose sub-folders may be named in the tab Batch; may be given again.", metavar="DIR"
)

_NAME = typer.Option(
    "--name",
    help="A host name by which a web server in front of the app calls it, where the app listens to this machine alone; "
    "may be given again.",
    metavar="HOST",
)

_AUTH = typer.Option(
    "--auth", help="Who may use the app, with a password; may be given again.", metavar="USER:PASSWORD"
)
_AUTH_FILE = typer.Option(
    "--auth-file", help="A file with one user:password a line; - for standard input.", metavar="FILE"
)
_I_KNOW = typer.Option("--i-know", help="Open the app to whoever reaches it, without a password.")
_MCP = typer.Option(
    "--mcp",
    help="Also serve tools below the folders of --allow to programs that speak MCP, at /gradio_api/mcp.",
    envvar="GRADIO_MCP_SERVER",
)


def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every interface.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; the first free one from 7860 if left out.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the app in the browser.")] = False,
    allow: Annotated[list[Path] | None, ALLOW] = None,
    name: Annotated[list[str] | None, _NAME] = None,
    auth: Annotated[list[str] | None, _AUTH] = None,
    auth_file: Annotated[Path | None, _AUTH_FILE] = None,
    i_know: Annotated[bool, _I_KNOW] = False,
    mcp: Annotated[bool, _MCP] = False,
) -> None:
    """Start the browser app."""
    allowed = check_allowed(allow or [], host)
    names = _check_names(name or [], host)
    who = users(auth or [], auth_file)
    check_open(host, bool(who), i_know)
    if mcp:
        _check_tools(allowed)
    check_address(host, port)
    if find_spec("gradio") is None:
        raise InputError('the browser app needs Gradio, which is not installed: pip install "reswd-studio[app]"')
    beside = _tools(allowed, who) if mcp else None
    from studio.ui.app import serve

    serve(host=host, port=port, open_browser=browser, allowed=allowed, names=names, auth=who, beside=beside)


def _check_tools(allowed: tuple[Path, ...]) -> None:
    """Refuse tools that could not be served, or could do nothing. Raises InputError."""
    check_mcp("reswd serve --mcp")
    if not allowed:
        raise InputError("--mcp has no folder to work in: give --allow DIR, below which tools may read and write")


def _tools(allowed: tuple[Path, ...], who: tuple[tuple[str, str], ...]) -> Beside:
    """The tools, as the app serves them beside its page."""
    from studio.mcp.http import Mounted
    from studio.media.allowed import Allowed
    from studio.ui.app import Beside

    tools = Mounted(Allowed(allowed), who)
    return Beside("mcp", tools.routes, tools.lifespan, tools.end)


def check_allowed(folders: list[Path], host: str) -> tuple[Path, ...]:
    """The folders with links seen through. Raises InputError for what is none, and on a Space, where strangers come."""
    if folders and on_a_space():
        raise InputError("--allow is for your own machine: on a Space anybody could read and write these folders")
    allowed = checked_folders(folders)
    if folders and not is_loopback(host):
        print(f"note: whoever reaches {host} may read and write below {', '.join(map(str, folders))}", file=sys.stderr)
    return allowed


def _check_names(names: list[str], host: str) -> tuple[str, ...]:
    """The names as they are compared. Raises InputError for what is none, and where the app answers to every name anyway."""
    known = tuple(map(checked_name, names))
    if known and not is_loopback(host):
        raise InputError(f"--name is for an app that listens to this machine alone: at {host} it answers to every name")
    return known


def check_address(host: str, port: int | None) -> None:
    """Refuse an address that cannot be listened on, in one line and before the app is built."""
    import socket

    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"port {port} is out of range: give one from 1 to 65535, or leave it out")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"{host}:{port}" if port else host
        hint = "choose another --port, or leave it out" if port else "choose another --host, such as 127.0.0.1"
        raise InputError(f"cannot listen on {where} ({error.strerror}): {hint}") from error
