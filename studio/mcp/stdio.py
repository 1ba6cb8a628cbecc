"""The server over standard input and output: whoever starts the program talks to it, and nobody else can."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import TextIOWrapper
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.stdio import stdio_server

from studio.mcp.server import build_server
from studio.media.allowed import Allowed
from studio.signals import call_in_order, exit_code

_AT_ONCE = 1 << 16


def serve_stdio(places: Allowed) -> None:
    """Serve until the standard input ends, or a signal comes; jobs at work are stopped then.

    Args:
        places: where files may be read and written.

    Raises:
        KeyboardInterrupt: a signal ended it.
    """
    with _own_streams() as (incoming, outgoing):
        try:
            anyio.run(_serve, places, incoming, outgoing)
        except* (BrokenPipeError, ConnectionResetError):
            pass  # nobody reads the answers any more
    if exit_code() is not None:
        raise KeyboardInterrupt


async def _serve(places: Allowed, incoming: int, outgoing: int) -> None:
    server, scope, loop = build_server(places), anyio.CancelScope(), asyncio.get_running_loop()
    # An exception out of a signal's handler would come anywhere in the loop, and end it with words of its own.
    call_in_order(partial(loop.call_soon_threadsafe, scope.cancel))
    with scope, open(outgoing, "wb", closefd=False) as opened:
        stdout = anyio.wrap_file(TextIOWrapper(opened, encoding="utf-8", newline="\n"))
        lines: Any = _Lines(incoming)
        async with stdio_server(lines, stdout) as (read, write):
            await server.run(read, write, server.create_initialization_options())


@contextmanager
def _own_streams() -> Iterator[tuple[int, int]]:
    """Descriptors of the standard input and output for the protocol alone.

    In their places everybody else finds the null device and the standard error: a library that prints, a program that is
    started, and the libraries in C as well.
    """
    sys.stdout.flush()
    incoming, outgoing = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    os.close(nowhere)
    try:
        yield incoming, outgoing
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os.dup2(incoming, 0)
        os.dup2(outgoing, 1)


class _Lines:
    """The lines of a descriptor, for the loop that asks for them.

    A daemon thread reads them: one that the end of the process would wait for keeps it alive until the client sends something.
    """

    def __init__(self, descriptor: int) -> None:
        self._send: MemoryObjectSendStream[str]
        self._receive: MemoryObjectReceiveStream[str]
        self._send, self._receive = anyio.create_memory_object_stream(float("inf"))
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(descriptor, loop), name="standard input", daemon=True).start()

    def __aiter__(self) -> _Lines:
        return self

    async def __anext__(self) -> str:
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    def _read(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        rest = b""
        with suppress(RuntimeError):  # the loop has ended
            while part := _part(descriptor):
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    if line.strip():
                        loop.call_soon_threadsafe(self._send.send_nowait, line.decode("utf-8", "replace"))
            loop.call_soon_threadsafe(self._send.close)


def _part(descriptor: int) -> bytes:
    """What can be read now; nothing at the end."""
    try:
        return os.read(descriptor, _AT_ONCE)
    except OSError:
        return b""
