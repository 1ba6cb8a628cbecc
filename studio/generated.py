"""Generated pictures as files: PNG with the settings that made them in its metadata."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from guidance.known import EMBEDDED
from guidance.text_to_image import Generation, Step, generate, load_embedded
from reswd_torch.errors import InputError
from studio.paths import check_place, written_beside

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline
    from PIL.Image import Image

SETTINGS_KEY = "reswd"
"""Keyword of the PNG text chunk that holds the settings as JSON."""
_ONE_AT_A_TIME = Lock()  # a pipeline keeps the state of its call in itself


def check_output(path: Path, *, overwrite: bool = False) -> None:
    """Raise InputError, before any work, where a generated picture could not be written."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: give a name that ends in .png, which keeps the settings beside the picture")
    check_place(path, overwrite=overwrite)


def paint(wanted: Generation, device: str = "auto", on_step: Step | None = None) -> Image:
    """Paint with the embedded model, which is loaded once and serves one picture at a time."""
    with _ONE_AT_A_TIME:
        return generate(_embedded(device), wanted, on_step)


def save(image: Image, wanted: Generation, path: Path, *, overwrite: bool = False) -> Path:
    """Write a PNG with the settings in its text chunk. Raises InputError if it cannot be written."""
    from PIL.PngImagePlugin import PngInfo

    check_output(path, overwrite=overwrite)
    info = PngInfo()
    info.add_itxt(SETTINGS_KEY, json.dumps({"model": EMBEDDED.name, **wanted.to_record()}, ensure_ascii=False))
    try:
        with written_beside(path) as temporary:
            image.save(temporary, pnginfo=info)
    except OSError as error:
        raise InputError(
            f"{path}: it could not be written ({error.strerror or error}): choose another place"
        ) from error
    return path


@lru_cache(maxsize=1)
def _embedded(device: str) -> DiffusionPipeline:
    return load_embedded(device)
