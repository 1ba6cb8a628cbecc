"""The export: the trained parts as one stock diffusers folder, with a file that says what the model knows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel

from training import decoder, denoiser, text
from training.art import Thing
from training.colours import BACKGROUNDS, HUES
from training.config import Config
from training.places import PLACES

MAX_FILE = "9MB"
MAX_FILE_BYTES, MAX_TOTAL_BYTES = 10_000_000, 70_000_000
"""Every file is smaller than the first, and all together are not larger than the second."""
KNOWN_FILE = "known.json"


def pipeline(config: Config, things: list[Thing], dtype: torch.dtype = torch.float32) -> StableDiffusionPipeline:
    """The trained parts put together as a pipeline of diffusers."""
    tokenizer, text_encoder = text.load(config.downloads, things)
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(decoder.folder(config), dtype=dtype),
        text_encoder=text_encoder.to(dtype),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel.from_pretrained(denoiser.folder(config), dtype=dtype),
        scheduler=denoiser.scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def known(config: Config, things: list[Thing]) -> dict[str, object]:
    """What the model knows, as JSON, for people and for programs: objects, colours, captions and how to sample it."""
    groups: dict[str, list[str]] = {}
    for thing in things:
        groups.setdefault(thing.group, []).append(thing.name)
    return {
        "objects": groups,
        "synonyms": {word: thing.name for thing in things for word in (*thing.keywords, *thing.keywords_held_out)},
        "object_colours": list(HUES),
        "colourable": [thing.name for thing in things if thing.hue is not None],
        "background_colours": list(BACKGROUNDS),
        "captions": _captions(config),
        **({"places": [place.words for place in PLACES.values()]} if config.data.shares.place else {}),
        "size": config.data.size,
        "steps": config.sampling.steps,
        "guidance_scale": config.sampling.guidance_scale,
    }


def _captions(config: Config) -> list[str]:
    """An example of every form of caption that the model was trained on."""
    found = [
        "a dog",
        "a blue dog",
        "a dog on a red background",
        "a blue dog on a pink to orange gradient background",
    ]
    shares = config.data.shares
    if shares.place:
        found.append("a blue dog on a beach")
    if shares.second:
        found.append("a blue dog and an apple on a white background")
    if shares.photograph:
        found.append("a photo of a cat")
    return found


def run(config: Config, things: list[Thing], place: Path) -> None:
    """Write the parts into the folder ``place`` in place of older ones. What else is there (card, sheets) stays.

    Raises:
        ValueError: a file, or all together, exceed their limit.
    """
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    pipeline(config, things, torch.float16).save_pretrained(part, max_shard_size=MAX_FILE, safe_serialization=True)
    _load_as_float32(part / "text_encoder" / "config.json")
    (part / KNOWN_FILE).write_text(
        json.dumps(known(config, things), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    check_sizes(part)
    place.mkdir(parents=True, exist_ok=True)
    for each in part.iterdir():
        old = place / each.name
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
        each.rename(old)
    part.rmdir()


def _load_as_float32(file: Path) -> None:
    """Have the text encoder load in single precision unless another is asked for, although it is stored in half precision.

    diffusers does the same with the other parts.
    """
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def check_sizes(folder: Path) -> None:
    """Check the sizes of all files of a folder.

    Raises:
        ValueError: a file has :data:`MAX_FILE_BYTES` or more, or all together have more than :data:`MAX_TOTAL_BYTES`.
    """
    sizes = {file: file.stat().st_size for file in folder.rglob("*") if file.is_file()}
    for file, size in sizes.items():
        if size >= MAX_FILE_BYTES:
            raise ValueError(f"{file} has {size / 1e6:.1f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} MB are allowed")
    if sum(sizes.values()) > MAX_TOTAL_BYTES:
        raise ValueError(
            f"{folder} has {sum(sizes.values()) / 1e6:.1f} MB; at most {MAX_TOTAL_BYTES / 1e6:.0f} MB are allowed"
        )
