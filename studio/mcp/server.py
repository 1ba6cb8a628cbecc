"""The server: lists the tools, and does what is called. How messages come and go is the transport's: stdio.py, http.py."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

from mcp.server.lowlevel import Server
from mcp.types import CallToolResult, TextContent
from mcp.types import Tool as Declared
from pydantic import ValidationError

from reswd_torch.errors import InputError
from reswd_torch.version import __version__
from studio.fault import Fault
from studio.mcp.at_work import AtWork, Tell
from studio.mcp.tool import Answer, Tool
from studio.mcp.tools import TOOLS
from studio.mcp.words import in_words
from studio.media.allowed import Allowed
from studio.watch import Cancelled, Event, Watch

_LOG = logging.getLogger(__name__)
_FORESEEN = (InputError, ValidationError, Cancelled, Fault)
_ABOUT = """Colour matching for photographs and clips. Paths are of this machine, and must lie below these folders: {folders}.
A relative path starts there. Sources are never changed; files that exist are replaced with overwrite=true alone. Errors are one
line that says what to do."""


def build_server(places: Allowed, at_work: AtWork | None = None) -> Server[Any, Any]:
    """A server with all tools.

    Args:
        places: where files may be read and written.
        at_work: where jobs are done, one at a time; one of its own if left out.
    """
    told = [str(folder) for folder in places.folders] + [f"{folder} (to read)" for folder in places.read_only]
    about = " ".join(_ABOUT.format(folders=", ".join(told)).split())
    server: Server[Any, Any] = Server("reswd-studio", version=__version__, instructions=about)
    tools = {tool.name: tool for tool in TOOLS}
    doing = at_work or AtWork()

    async def list_tools() -> list[Declared]:
        return [tool.declared() for tool in TOOLS]

    async def call_tool(name: str, arguments: dict[str, Any]) -> CallToolResult:
        tool = tools.get(name)
        if tool is None:
            return _refused(f"there is no tool {name!r:.80}: call one of {', '.join(tools)}")
        try:
            asked = tool.asked.model_validate(arguments)
            return _answered(await doing.run(partial(_work, tool, asked, places), _teller(server)))
        except Exception as error:
            if not isinstance(error, _FORESEEN):
                _LOG.error("the tool %s failed", name, exc_info=error)
            return _refused(in_words(error))

    server.list_tools()(list_tools)  # type: ignore[no-untyped-call]
    server.call_tool(validate_input=False)(call_tool)  # the models refuse in words, the SDK in those of a schema
    return server


def _work(tool: Tool, asked: Any, places: Allowed, watch: Watch) -> Answer:
    return tool.work(asked, places, watch)


def _answered(answer: Answer) -> CallToolResult:
    """An answer as data, and the same as text for clients that read only text."""
    record = answer.model_dump(mode="json")
    text = json.dumps(record, indent=2, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structuredContent=record)


def _refused(line: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=line)], isError=True)


def _teller(server: Server[Any, Any]) -> Tell:
    """Sends events of the request that is handled now as its progress, if its caller asked for that."""
    context = server.request_context
    token = None if context.meta is None else context.meta.progressToken

    async def tell(event: Event) -> None:
        if token is not None:
            await context.session.send_progress_notification(
                token, event.share, 1.0, message=event.text, related_request_id=str(context.request_id)
            )

    return tell
