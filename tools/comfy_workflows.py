"""Write the example workflows of the ComfyUI nodes, comfy/reswd-studio/example_workflows/*.json, and a picture of each.

    python tools/comfy_workflows.py [--to comfy/reswd-studio/example_workflows]

Each is described once, below. The pictures show what comes of it: assets of this repository, matched here.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PLACE = ROOT / "comfy" / "reswd-studio" / "example_workflows"
_SIZES = {
    "LoadImage": (280, 314),
    "ReSWD_MatchColours": (300, 330),
    "SaveImage": (340, 360),
    "PreviewImage": (340, 300),
}


@dataclass(frozen=True)
class Step:
    """A node of a workflow.

    Attributes:
        type: its id in ComfyUI.
        at: where it stands.
        widgets: values of its widgets, in their order, as ComfyUI's page saves them.
        inputs: (name, kind, number of another step, its output) of every connected input.
        outputs: (name, kind) of every output.
        title: another title than its own.
    """

    type: str
    at: tuple[int, int]
    widgets: tuple[Any, ...] = ()
    inputs: tuple[tuple[str, str, int, int], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    title: str | None = None


_LOADED = (("IMAGE", "IMAGE"), ("MASK", "MASK"))
_TOLD = (("CONDITIONING", "CONDITIONING"),)
_MATCHED = (("images", "IMAGE"), ("grade", "RESWD_GRADE"))
_DEFAULTS = ("the whole batch", "fast", "auto", "auto", 1.0, "auto", 0)

WORKFLOWS: dict[str, tuple[Step, ...]] = {
    "match-colours": (
        Step("LoadImage", (0, 0), ("forest-stream.jpg", "image"), (), _LOADED, "The picture"),
        Step("LoadImage", (0, 370), ("warm-room.jpg", "image"), (), _LOADED, "The picture with the colours"),
        Step(
            "ReSWD_MatchColours", (340, 60), (*_DEFAULTS, ""), (("images", "IMAGE", 0, 0), ("reference", "IMAGE", 1, 0)), _MATCHED
        ),
        Step("SaveImage", (700, 0), ("reswd/matched",), (("images", "IMAGE", 2, 0),)),
        Step("ReSWD_SaveGrade", (700, 410), ("reswd/grade", "cube", "33"), (("grade", "RESWD_GRADE", 2, 1),)),
        Step("ReSWD_Scopes", (1080, 0), ("waveform", 720, 440), (("images", "IMAGE", 2, 0),), (("scopes", "IMAGE"),)),
        Step("PreviewImage", (1080, 200), (), (("images", "IMAGE", 5, 0),)),
    ),
    "match-video-without-flicker": (
        Step("LoadVideo", (0, 0), ("clip.mp4", "image"), (), (("VIDEO", "VIDEO"),), "The clip"),
        Step(
            "GetVideoComponents", (340, 0), (), (("video", "VIDEO", 0, 0),),
            (("images", "IMAGE"), ("audio", "AUDIO"), ("fps", "FLOAT")),
        ),
        Step("LoadImage", (0, 370), ("warm-room.jpg", "image"), (), _LOADED, "The picture with the colours"),
        Step(
            "ReSWD_MatchColours", (660, 60), (*_DEFAULTS, ""), (("images", "IMAGE", 1, 0), ("reference", "IMAGE", 2, 0)), _MATCHED
        ),
        Step(
            "CreateVideo", (1020, 0), (30,),
            (("images", "IMAGE", 3, 0), ("audio", "AUDIO", 1, 1), ("fps", "FLOAT", 1, 2)), (("VIDEO", "VIDEO"),),
        ),
        Step("SaveVideo", (1300, 0), ("reswd/matched", "auto", "auto"), (("video", "VIDEO", 4, 0),)),
        Step("ReSWD_SaveGrade", (1020, 370), ("reswd/grade", "cube", "33"), (("grade", "RESWD_GRADE", 3, 1),)),
    ),
    "guide-sampling-by-a-palette": (
        Step(
            "CheckpointLoaderSimple", (0, 0), ("v1-5-pruned-emaonly.safetensors",), (),
            (("MODEL", "MODEL"), ("CLIP", "CLIP"), ("VAE", "VAE")),
        ),
        Step("CLIPTextEncode", (360, 240), ("a lighthouse at dusk, photograph",), (("clip", "CLIP", 0, 1),), _TOLD),
        Step("CLIPTextEncode", (360, 440), ("blurry, text",), (("clip", "CLIP", 0, 1),), _TOLD),
        Step("EmptyLatentImage", (360, 640), (512, 512, 1), (), (("LATENT", "LATENT"),)),
        Step(
            "ReSWD_GuideSampling", (360, 0), ("#1d3557:3, #e63946, #f1faee", 1.0, 0.0, 1.0, 0),
            (("model", "MODEL", 0, 0), ("vae", "VAE", 0, 2)), (("model", "MODEL"),),
        ),
        Step(
            "KSampler", (800, 0), (1, "fixed", 25, 7.0, "euler", "normal", 1.0),
            (
                ("model", "MODEL", 4, 0), ("positive", "CONDITIONING", 1, 0), ("negative", "CONDITIONING", 2, 0),
                ("latent_image", "LATENT", 3, 0),
            ),
            (("LATENT", "LATENT"),),
        ),
        Step("VAEDecode", (1140, 0), (), (("samples", "LATENT", 5, 0), ("vae", "VAE", 0, 2)), (("IMAGE", "IMAGE"),)),
        Step("SaveImage", (1140, 120), ("reswd/guided",), (("images", "IMAGE", 6, 0),)),
    ),
}  # fmt: skip
"""The workflows by their names."""


def as_graph(name: str) -> dict[str, Any]:
    """A workflow as ComfyUI's page saves it, version 0.4 of that format."""
    nodes: list[dict[str, Any]] = []
    links: list[list[Any]] = []
    for number, step in enumerate(WORKFLOWS[name]):
        inputs = []
        for slot, (socket, kind, source, output) in enumerate(step.inputs):
            links.append([len(links) + 1, source + 1, output, number + 1, slot, kind])
            inputs.append({"name": socket, "type": kind, "link": len(links)})
            nodes[source]["outputs"][output]["links"].append(len(links))
        width, height = _SIZES.get(step.type, (300, 130))
        node = {
            "id": number + 1, "type": step.type, "pos": list(step.at), "size": [width, height], "flags": {}, "order": number,
            "mode": 0, "inputs": inputs,
            "outputs": [{"name": label, "type": kind, "links": []} for label, kind in step.outputs],
            "properties": {"Node name for S&R": step.type}, "widgets_values": list(step.widgets),
        }  # fmt: skip
        nodes.append(node | ({"title": step.title} if step.title else {}))
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"reswd-studio/{name}")), "revision": 0, "last_node_id": len(nodes),
        "last_link_id": len(links), "nodes": nodes, "links": links, "groups": [], "config": {}, "extra": {}, "version": 0.4,
    }  # fmt: skip


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=PLACE)
    folder: Path = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    for name in WORKFLOWS:
        (folder / f"{name}.json").write_text(
            json.dumps(as_graph(name), indent=2) + "\n", encoding="utf-8", newline="\n"
        )
        picture_of(name).save(folder / f"{name}.jpg", quality=88)
        print(folder / f"{name}.json")


def picture_of(name: str) -> Any:
    """What comes of a workflow: source, reference and result side by side; of a guided one its palette and its graph."""
    import numpy as np
    import torch
    from PIL import Image, ImageDraw

    from studio.comfy.nodes import match_colours

    steps = WORKFLOWS[name]
    canvas = Image.new("RGB", (960, 540), (34, 34, 38))
    draw = ImageDraw.Draw(canvas)
    if any(step.type == "ReSWD_MatchColours" for step in steps):
        tiles = [
            Image.open(ROOT / "assets" / each).convert("RGB").resize((300, 200))
            for each in ("forest-stream.jpg", "warm-room.jpg")
        ]
        held = [torch.from_numpy(np.asarray(tile).astype(np.float32) / 255)[None] for tile in tiles]
        matched, _ = match_colours(held[0], reference=held[1])
        tiles.append(Image.fromarray((matched[0].numpy() * 255).round().astype(np.uint8)))
        for place, tile in enumerate(tiles):
            canvas.paste(tile, (15 + 315 * place, 15))
    else:
        colours = (
            next(step for step in steps if step.type == "ReSWD_GuideSampling").widgets[0].replace(",", " ").split()
        )
        for place, colour in enumerate(colours):
            draw.rectangle((15 + 315 * place, 15, 315 + 315 * place, 215), fill=colour.split(":")[0])
    _draw_graph(draw, steps, (15, 235, 945, 525))
    return canvas


def _draw_graph(draw: Any, steps: tuple[Step, ...], box: tuple[int, int, int, int]) -> None:
    from PIL import ImageFont

    sizes = [_SIZES.get(step.type, (300, 130)) for step in steps]
    right = max(step.at[0] + size[0] for step, size in zip(steps, sizes, strict=True))
    bottom = max(step.at[1] + size[1] for step, size in zip(steps, sizes, strict=True))
    scale = min((box[2] - box[0]) / right, (box[3] - box[1]) / bottom)
    boxes = [
        (
            box[0] + at[0] * scale,
            box[1] + at[1] * scale,
            box[0] + (at[0] + size[0]) * scale,
            box[1] + (at[1] + size[1]) * scale,
        )
        for at, size in ((step.at, size) for step, size in zip(steps, sizes, strict=True))
    ]
    for number, step in enumerate(steps):
        for slot, (_, _, source, output) in enumerate(step.inputs):
            start = (boxes[source][2], boxes[source][1] + 12 + 6 * output)
            draw.line((*start, boxes[number][0], boxes[number][1] + 12 + 6 * slot), fill=(120, 160, 200), width=2)
    for step, place in zip(steps, boxes, strict=True):
        ours = step.type.startswith("ReSWD_")
        draw.rounded_rectangle(place, 4, fill=(58, 78, 62) if ours else (52, 52, 58), outline=(150, 150, 156))
        name = step.type.removeprefix("ReSWD_")
        draw.text((place[0] + 5, place[1] + 3), name, font=ImageFont.load_default(11), fill=(230, 230, 230))


if __name__ == "__main__":
    main()
