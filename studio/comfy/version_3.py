"""The nodes in ComfyUI's schema of version 3, ``comfy_api.latest``. Only ComfyUI can import this module."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import ComfyExtension, io

from studio.comfy import sockets
from studio.comfy.files import fingerprint
from studio.comfy.sockets import Node, Socket
from studio.comfy.table import NODES

_KINDS: dict[str, Any] = {
    sockets.IMAGE: io.Image,
    sockets.MASK: io.Mask,
    sockets.MODEL: io.Model,
    sockets.VAE: io.Vae,
    sockets.GRADE: io.Custom(sockets.GRADE),
    sockets.TEXT: io.String,
    sockets.NUMBER: io.Float,
    sockets.WHOLE: io.Int,
    sockets.SWITCH: io.Boolean,
    sockets.CHOICE: io.Combo,
}


def _input(socket: Socket) -> Any:
    told: dict[str, Any] = {"tooltip": socket.tooltip, "optional": socket.optional, "display_name": socket.label}
    if socket.kind in (sockets.NUMBER, sockets.WHOLE):
        told |= {"default": socket.default, "min": socket.low, "max": socket.high, "step": socket.step}
        if socket.kind == sockets.WHOLE:
            told["control_after_generate"] = False
    elif socket.kind == sockets.CHOICE:
        told |= {"options": socket.choices(), "default": socket.default or None}
    elif socket.kind == sockets.TEXT:
        told |= {"default": socket.default, "multiline": socket.lines}
    elif socket.kind == sockets.SWITCH:
        told["default"] = socket.default
    return _KINDS[socket.kind].Input(socket.id, **told)


def _schema(node: Node) -> Any:
    return io.Schema(
        node_id=node.id,
        display_name=node.title,
        category=sockets.CATEGORY,
        description=node.about,
        inputs=[_input(socket) for socket in node.inputs],
        outputs=[_KINDS[one.kind].Output(display_name=one.label, tooltip=one.tooltip) for one in node.outputs],
        is_output_node=node.saves,
    )


def node_class(node: Node) -> type:
    """The class of a node."""

    def execute(cls: type, **inputs: Any) -> Any:
        found = node.run(**inputs)
        return io.NodeOutput(ui={"text": found}) if node.saves else io.NodeOutput(*found)

    methods: dict[str, Any] = {
        "define_schema": classmethod(lambda cls: _schema(node)),
        "execute": classmethod(execute),
        "__doc__": node.about,
    }
    if node.names_file:
        methods["fingerprint_inputs"] = classmethod(lambda cls, file, **inputs: fingerprint(file))
        methods["validate_inputs"] = classmethod(_takes_any_file)
    return type(node.id, (io.ComfyNode,), methods)


def _takes_any_file(cls: type, file: str) -> bool:
    """A check of the input ``file``, for which ComfyUI leaves out its own: the name need not be in the menu."""
    return True


class ReswdExtension(ComfyExtension):  # type: ignore[misc, unused-ignore]
    """All nodes."""

    async def get_node_list(self) -> list[type]:
        return [node_class(node) for node in NODES]


async def comfy_entrypoint() -> ReswdExtension:
    """What ComfyUI calls."""
    return ReswdExtension()
