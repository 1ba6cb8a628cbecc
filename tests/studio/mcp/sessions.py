"""A client of the SDK that is connected to the server in memory, and what tests ask through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
from mcp import ClientSession
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult, TextContent

from studio.mcp.server import build_server
from studio.media.allowed import Allowed

Result = TypeVar("Result")


def with_client(places: Allowed, ask: Callable[[ClientSession], Awaitable[Result]]) -> Result:
    """What ``ask`` finds out over a session with the server."""

    async def main() -> Result:
        async with create_connected_server_and_client_session(build_server(places)) as client:
            return await ask(client)

    return anyio.run(main)


def call(folder: Path, tool: str, /, **arguments: Any) -> CallToolResult:
    """Call one tool that may use one folder."""
    return with_client(Allowed((folder.resolve(),)), lambda client: client.call_tool(tool, arguments))


def answer(folder: Path, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """What a tool answers, which must be no error."""
    result = call(folder, tool, **arguments)
    assert not result.isError, said(result)
    assert result.structuredContent is not None
    return result.structuredContent


def refusal(folder: Path, tool: str, /, **arguments: Any) -> str:
    """The line of a tool that refuses."""
    result = call(folder, tool, **arguments)
    assert result.isError, result
    assert "\n" not in said(result) and "Traceback" not in said(result)
    return said(result)


def said(result: CallToolResult) -> str:
    """The text of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text
