"""What a tool is: a model of its arguments, a model of its answer, and the function that does the work between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from studio.media.allowed import Allowed
from studio.watch import Watch

if TYPE_CHECKING:
    from mcp.types import Tool as Declared


class Asked(BaseModel):
    """The arguments of a tool. What is left out is the command line's default; what is unknown is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What a tool answers."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, eq=False)
class Tool:
    """A tool.

    Attributes:
        name: what clients call it by.
        title: what people read in a list.
        description: for the model that decides whether to call it.
        asked: its arguments.
        answer: what it returns.
        work: does it, in a worker thread. It may raise anything; an InputError is a line for the caller.
        reads_only: whether it changes nothing on the disk.
        open_world: whether it may fetch something from a network.
    """

    name: str
    title: str
    description: str
    asked: type[Asked]
    answer: type[Answer]
    work: Callable[[Any, Allowed, Watch], Answer]
    reads_only: bool = False
    open_world: bool = False

    def declared(self) -> Declared:
        """The tool as the protocol lists it."""
        from mcp.types import Tool as Declared
        from mcp.types import ToolAnnotations

        return Declared(
            name=self.name,
            title=self.title,
            description=self.description,
            inputSchema=self.asked.model_json_schema(),
            outputSchema=self.answer.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(
                title=self.title,
                readOnlyHint=self.reads_only,
                destructiveHint=False
                if self.reads_only
                else None,  # with overwrite alone: the protocol's default is True
                idempotentHint=self.reads_only,
                openWorldHint=self.open_world,
            ),
        )
