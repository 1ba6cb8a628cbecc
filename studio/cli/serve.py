"""reswd serve: the browser app."""

from __future__ import annotations

from typing import Annotated

import typer

from reswd_torch.errors import InputError


def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every interface.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; the first free one from 7860 if left out.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open the app in the browser.")] = False,
) -> None:
    """Start the browser app."""
    _check_address(host, port)
    from studio.ui.app import serve

    serve(host=host, port=port, open_browser=browser)


def _check_address(host: str, port: int | None) -> None:
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
