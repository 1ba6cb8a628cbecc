"""The nodes in the older form, ``NODE_CLASS_MAPPINGS``, for versions of ComfyUI without ``comfy_api.latest``."""

from __future__ import annotations

from typing import Any

from studio.comfy import sockets
from studio.comfy.files import fingerprint
from studio.comfy.sockets import Node, Socket
from studio.comfy.table import NODES


def _entry(socket: Socket) -> tuple[Any, dict[str, Any]]:
    told: dict[str, Any] = {"tooltip": socket.tooltip}
    if socket.default not in (None, ""):
        told["default"] = socket.default
    if socket.kind == sockets.CHOICE:
        return socket.choices(), told
    if socket.kind in (sockets.NUMBER, sockets.WHOLE):
        told |= {key: value for key, value in (("min", socket.low), ("max", socket.high)) if value is not None}
        if socket.step is not None:
            told["step"] = socket.step
        if socket.kind == sockets.WHOLE:
            told["control_after_generate"] = False
    elif socket.kind == sockets.TEXT:
        told |= {"default": socket.default, "multiline": socket.lines}
    return socket.kind, told


def node_class(node: Node) -> type:
    """The class of a node."""

    def input_types(cls: type) -> dict[str, Any]:
        found: dict[str, Any] = {"required": {}, "optional": {}}
        for socket in node.inputs:
            found["optional" if socket.optional else "required"][socket.id] = _entry(socket)
        return found

    def run(self: object, **inputs: Any) -> Any:
        found = node.run(**inputs)
        return {"ui": {"text": found}} if node.saves else found

    methods: dict[str, Any] = {
        "INPUT_TYPES": classmethod(input_types),
        "RETURN_TYPES": tuple(one.kind for one in node.outputs),
        "RETURN_NAMES": tuple(one.label for one in node.outputs),
        "OUTPUT_TOOLTIPS": tuple(one.tooltip for one in node.outputs),
        "FUNCTION": "run",
        "CATEGORY": sockets.CATEGORY,
        "DESCRIPTION": node.about,
        "OUTPUT_NODE": node.saves,
        "run": run,
    }
    if node.names_file:
        methods["IS_CHANGED"] = classmethod(lambda cls, file, **inputs: fingerprint(file))
        methods["VALIDATE_INPUTS"] = classmethod(_takes_any_file)
    return type(node.id, (), methods)


def _takes_any_file(cls: type, file: str) -> bool:
    """A check of the input ``file``, for which ComfyUI leaves out its own: the name need not be in the menu."""
    return True


NODE_CLASS_MAPPINGS = {node.id: node_class(node) for node in NODES}
NODE_DISPLAY_NAME_MAPPINGS = {node.id: node.title for node in NODES}
