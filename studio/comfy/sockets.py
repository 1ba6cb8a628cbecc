"""What a node is made of, as :mod:`studio.comfy.table` describes it.

:mod:`studio.comfy.version_3` and :mod:`studio.comfy.version_1` make of it what ComfyUI loads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CATEGORY = "ReSWD"
IMAGE, MASK, GRADE, MODEL, VAE = "IMAGE", "MASK", "RESWD_GRADE", "MODEL", "VAE"
TEXT, NUMBER, WHOLE, SWITCH, CHOICE = "STRING", "FLOAT", "INT", "BOOLEAN", "COMBO"


@dataclass(frozen=True)
class Socket:
    """An input.

    Attributes:
        id: its name in workflows, which stays as it is for ever.
        kind: one of the kinds above.
        tooltip: what a person reads on it.
        default: of a widget.
        optional: whether it may be left unconnected.
        low, high, step: bounds of numbers.
        options: of a choice; a function is asked each time.
        lines: whether a text has several.
        label: what is shown instead of the name.
    """

    id: str
    kind: str
    tooltip: str
    default: Any = None
    optional: bool = False
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[str, ...] | Callable[[], list[str]] = ()
    lines: bool = False
    label: str | None = None

    def choices(self) -> list[str]:
        """What a choice offers now."""
        return list(self.options() if callable(self.options) else self.options)


@dataclass(frozen=True)
class Plug:
    """An output."""

    kind: str
    label: str
    tooltip: str


@dataclass(frozen=True)
class Node:
    """A node.

    Attributes:
        id: its name in workflows, which stays as it is for ever.
        title: what is shown.
        about: what it does, in a sentence or two.
        inputs, outputs: in order.
        run: called with the inputs by name; a tuple of the outputs, or of what a person shall read for a node that saves.
        saves: whether it is an end of a workflow.
        names_file: whether its input ``file`` names a file: any name is taken, and the file's change runs the node again.
    """

    id: str
    title: str
    about: str
    inputs: tuple[Socket, ...]
    outputs: tuple[Plug, ...]
    run: Callable[..., tuple[Any, ...]]
    saves: bool = False
    names_file: bool = False
