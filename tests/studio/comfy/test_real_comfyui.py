"""The nodes in a real ComfyUI: its templates, its API, its bytes. Needs ``$COMFYUI`` and ``$COMFYUI_PYTHON``."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from reswd_torch.matching import color_distance
from reswd_torch.matching.sampling import palette_sample
from reswd_torch.palette import parse_palette
from studio.comfy.table import NODES
from studio.jobs import MatchJob
from studio.jobs.inpaint import InpaintJob
from studio.references import PictureReference
from studio.service.inpaint import run_inpaint
from studio.service.match import run_match
from tests.conftest import digest
from tests.studio.comfy.comfyui import PACK, Server, error_of, missing, running
from tests.studio.service.held.pictures import codes, saved

pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]

SOURCE, TARGET = codes("forest-stream.jpg", 320, 240), codes("warm-room.jpg", 300, 200)
PALETTE = "#1d3557:3, #e63946, #f1faee"


@pytest.fixture(scope="module")
def comfyui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """ComfyUI with our pack and the tiny model of the tests."""
    with running(tmp_path_factory.mktemp("comfyui"), PACK, Path(__file__).parent / "tiny_pack") as server:
        saved(server.base / "input" / "a.png", SOURCE)
        saved(server.base / "input" / "b.png", TARGET)
        yield server


def _graph(name: str) -> dict[str, Any]:
    graph: dict[str, Any] = json.loads((PACK / "example_workflows" / f"{name}.json").read_text(encoding="utf-8"))
    return graph


def _named(prompt: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node["inputs"] for node in prompt.values() if node["class_type"] == kind]


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _numbers(cube: Path) -> list[str]:
    return [line for line in cube.read_text(encoding="utf-8").splitlines() if line[:1].isdigit() or line[:1] == "-"]


def test_all_nodes_are_there_with_a_tooltip_on_every_input(comfyui: Server) -> None:
    known = comfyui.json("/object_info")
    for node in NODES:
        said = known[node.id]
        assert (said["display_name"], said["category"]) == (node.title, "ReSWD")
        inputs = {**said["input"].get("required", {}), **said["input"].get("optional", {})}
        assert set(inputs) == {socket.id for socket in node.inputs}
        assert all(options["tooltip"] for _, options in inputs.values())


def test_its_own_package_comfy_stays_its_own(comfyui: Server) -> None:
    log = (comfyui.base / "log.txt").read_text(encoding="utf-8", errors="replace")
    assert "IMPORT FAILED" not in log and "Cannot import" not in log


def test_the_workflows_are_among_its_templates_each_with_a_picture(comfyui: Server) -> None:
    names = comfyui.json("/workflow_templates")["reswd-studio"]
    assert len(names) == 3
    for name in names:
        picture = comfyui.get(f"/api/workflow_templates/reswd-studio/{name}.jpg")
        assert Image.open(io.BytesIO(picture)).format == "JPEG"


def test_the_first_workflow_gives_the_bytes_of_the_command_line(comfyui: Server) -> None:
    prompt = comfyui.prompt_of(_graph("match-colours"))
    first, second = _named(prompt, "LoadImage")
    first["image"], second["image"] = "a.png", "b.png"
    entry = comfyui.run(prompt)
    numbers = {node["class_type"]: number for number, node in prompt.items()}
    (png,) = comfyui.pictures(entry, numbers["SaveImage"])
    job = MatchJob(comfyui.base / "input" / "a.png", PictureReference(comfyui.base / "input" / "b.png"))
    wanted = run_match(job)
    assert np.array_equal(_pixels(png), wanted.graded_pixels())
    cube = comfyui.base / "output" / entry["outputs"][numbers["ReSWD_SaveGrade"]]["text"][0]
    assert _numbers(cube) == _numbers(wanted.save_grade(comfyui.base / "wanted.cube"))


def test_the_workflow_for_clips_grades_every_frame_alike(comfyui: Server) -> None:
    av = pytest.importorskip("av")
    with av.open(str(comfyui.base / "input" / "clip.mp4"), "w") as clip:
        stream = clip.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for shift in range(9):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(SOURCE, shift, axis=1)), format="rgb24")
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode())
    prompt = comfyui.prompt_of(_graph("match-video-without-flicker"))
    _named(prompt, "LoadImage")[0]["image"] = "b.png"
    entry = comfyui.run(prompt)
    assert error_of(entry) == ""
    (saved_clip,) = (comfyui.base / "output" / "reswd").glob("matched*.mp4")
    with av.open(str(saved_clip)) as clip:
        graded = [frame.to_ndarray(format="rgb24").astype(int) for frame in clip.decode(video=0)]
    assert len(graded) == 9
    means = np.array([frame.mean(axis=(0, 1)) for frame in graded])
    assert means.std(axis=0).max() < 1.0
    assert np.abs(means[0] - SOURCE.mean(axis=(0, 1))).max() > 5


def test_the_workflow_for_guiding_runs_with_another_model(comfyui: Server) -> None:
    prompt = comfyui.prompt_of(_graph("guide-sampling-by-a-palette"))
    numbers = {node["class_type"]: number for number, node in prompt.items()}
    loader = numbers["CheckpointLoaderSimple"]
    prompt[loader] = {"class_type": "ReswdTestTinyModel", "inputs": {}}
    for number in [number for number, node in prompt.items() if node["class_type"] == "CLIPTextEncode"]:
        del prompt[number]
    for node in prompt.values():  # the tiny model's outputs are MODEL, VAE, CONDITIONING
        for name, value in node["inputs"].items():
            if value == [loader, 2]:
                node["inputs"][name] = [loader, 1]
    prompt[numbers["KSampler"]]["inputs"] |= {"positive": [loader, 2], "negative": [loader, 2], "steps": 3}
    prompt[numbers["EmptyLatentImage"]]["inputs"] |= {"width": 128, "height": 128}
    (png,) = comfyui.pictures(comfyui.run(prompt), numbers["SaveImage"])
    assert _pixels(png).std() > 10


def test_a_grade_file_is_loaded_and_applied(comfyui: Server) -> None:
    wanted = run_match(
        MatchJob(comfyui.base / "input" / "a.png", PictureReference(comfyui.base / "input" / "b.png"))
    ).grade
    wanted.save(comfyui.base / "models" / "luts" / "look.cube", cube_size=65)
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "ReSWD_LoadGrade", "inputs": {"file": "look.cube", "strength": 1.0}},
        "3": {"class_type": "ReSWD_ApplyGrade", "inputs": {"images": ["1", 0], "grade": ["2", 0], "strength": 1.0}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "applied"}},
    }
    (png,) = comfyui.pictures(comfyui.run(prompt), "4")
    graded = wanted.apply(torch.from_numpy(SOURCE.astype(np.float32) / 255)).numpy() * 255
    assert np.abs(_pixels(png).astype(int) - np.rint(graded)).mean() < 0.5


@pytest.mark.parametrize("prefix", ["../../x", "/tmp/x", "C:\\x"])
def test_no_prefix_leads_out_of_the_output_folder(comfyui: Server, prefix: str) -> None:
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "ReSWD_MatchColours", "inputs": _match(("1", 0), palette=PALETTE)},
        "3": {
            "class_type": "ReSWD_SaveGrade",
            "inputs": {"grade": ["2", 1], "filename_prefix": prefix, "format": "cube", "cube_size": "17"},
        },
    }
    assert "leads outside of ComfyUI's folder" in error_of(comfyui.run(prompt))


def _match(images: tuple[str, int], **inputs: Any) -> dict[str, Any]:
    found = {
        "images": list(images),
        "grade_for": "the whole batch",
        "method": "fast",
        "transform": "auto",
        "aim": "auto",
    }
    return {**found, "strength": 1.0, "scene": "auto", "seed": 0, "palette": "", **inputs}


def test_a_mask_without_anything_in_it_is_said_to_be_one(comfyui: Server) -> None:
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "ReSWD_MatchColours", "inputs": _match(("1", 0), palette=PALETTE, mask=["1", 1])},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    }
    assert "mask: it is 0 everywhere" in error_of(comfyui.run(prompt))


def test_a_drift_is_repaired_by_a_grade_for_each_frame(comfyui: Server) -> None:
    dark = np.rint(SOURCE * 0.6).astype(np.uint8)
    saved(comfyui.base / "input" / "dark.png", dark)
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "LoadImage", "inputs": {"image": "dark.png"}},
        "3": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 0], "image2": ["2", 0]}},
        "4": {
            "class_type": "ReSWD_RepairDrift",
            "inputs": {"images": ["3", 0], "anchor_frames": "0", "find_cuts": True, "seed": 0, "anchors": ["1", 0]},
        },
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "repaired"}},
        "6": {
            "class_type": "ReSWD_SaveGrade",
            "inputs": {"grade": ["4", 1], "filename_prefix": "path", "format": "ccc", "cube_size": "33"},
        },
    }
    entry = comfyui.run(prompt)
    first, second = (_pixels(png).astype(int) for png in comfyui.pictures(entry, "5"))
    assert np.abs(second - SOURCE).mean() < 0.2 * np.abs(dark.astype(int) - SOURCE).mean()
    assert (comfyui.base / "output" / entry["outputs"]["6"]["text"][0]).read_text().count("<ColorCorrection ") == 2


def test_an_inpainted_part_gives_the_bytes_of_the_command_line(comfyui: Server) -> None:
    painted = np.clip(SOURCE * 0.8 + 20, 0, 255).astype(np.uint8)
    mask = np.zeros((*SOURCE.shape[:2], 3), np.uint8)
    mask[80:160, 90:200] = 255
    files = [comfyui.base / "input" / name for name in ("a.png", "painted.png", "mask.png")]
    saved(files[1], painted)
    saved(files[2], mask)
    inputs = {"image": ["1", 0], "generated": ["2", 0], "mask": ["3", 0], "feather": 4.0, "seed": 0}
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2": {"class_type": "LoadImage", "inputs": {"image": "painted.png"}},
        "3": {"class_type": "LoadImageMask", "inputs": {"image": "mask.png", "channel": "red"}},
        "4": {"class_type": "ReSWD_MatchInpainting", "inputs": inputs},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "inpainted"}},
    }
    (png,) = comfyui.pictures(comfyui.run(prompt), "5")
    out = comfyui.base / "wanted.png"
    run_inpaint(InpaintJob(*files, out))
    assert np.array_equal(_pixels(png), np.asarray(Image.open(out)))
    assert np.abs(_pixels(png).astype(int) - SOURCE).mean() < 0.3 * np.abs(painted.astype(int) - SOURCE).mean()


def _guided(comfyui: Server, strength: float, **inputs: Any) -> np.ndarray:
    """The pictures of three steps, steered; below 0 of the model that went into the node, beside one that is steered."""
    prompt = {
        "1": {"class_type": "ReswdTestTinyModel", "inputs": {}},
        "2": {
            "class_type": "ReSWD_GuideSampling",
            "inputs": {
                "model": ["1", 0], "vae": ["1", 1], "palette": "", "strength": strength, "start": 0.0, "stop": 1.0, "seed": 0,
                **inputs,
            },
        },
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 128, "height": 128, "batch_size": 2}},
        "4": {
            "class_type": "KSampler",
            "inputs": {
                "model": ["2", 0] if strength >= 0 else ["1", 0], "positive": ["1", 2], "negative": ["1", 2],
                "latent_image": ["3", 0], "seed": 1, "steps": 3, "cfg": 2.0, "sampler_name": "euler", "scheduler": "normal",
                "denoise": 1.0,
            },
        },
        "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 1]}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "guided"}},
        "7": {"class_type": "LoadImage", "inputs": {"image": "b.png"}},
    }  # fmt: skip
    return np.stack([_pixels(png) for png in comfyui.pictures(comfyui.run(prompt), "6")])


def _distance(pictures: np.ndarray, wanted: torch.Tensor) -> float:
    colours = torch.from_numpy(pictures.reshape(-1, 3).astype(np.float32) / 255)
    return color_distance(colours[:: len(colours) // 2048], wanted)


@pytest.mark.parametrize("by", ["palette", "reference"])
def test_sampling_is_guided_to_the_colours(comfyui: Server, by: str) -> None:
    if by == "palette":
        inputs: dict[str, Any] = {"palette": PALETTE}
        wanted = palette_sample(parse_palette(PALETTE), 2048).fit
    else:
        inputs = {"reference": ["7", 0]}
        wanted = torch.from_numpy(TARGET.reshape(-1, 3)[::29].astype(np.float32) / 255)
    plain, guided = _guided(comfyui, 0.0, palette=PALETTE), _guided(comfyui, 1.0, **inputs)
    assert _distance(guided, wanted) < 0.6 * _distance(plain, wanted)


def test_strength_0_leaves_the_sampling_and_the_model_that_came_in_stays_plain(comfyui: Server) -> None:
    steered, plain = _guided(comfyui, 0.0, palette=PALETTE), _guided(comfyui, -1.0, palette=PALETTE)
    assert digest(steered.tobytes()) == digest(plain.tobytes())
    assert steered.std() > 10
