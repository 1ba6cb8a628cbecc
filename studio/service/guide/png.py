"""Generated pictures as files: PNG with the settings that made them in its metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guidance.known import EMBEDDED
from guidance.text_to_image import Generation, OnStep, generate
from reswd_torch.errors import InputError
from studio.media.places import check_place, written_beside
from studio.service.guide.pipelines import pipeline

if TYPE_CHECKING:
    from PIL.Image import Image

SETTINGS_KEY = "reswd"
"""Keyword of the PNG text chunk that holds the settings as JSON."""


def check_output(path: Path, *, inputs: Iterable[Path] = (), overwrite: bool = False) -> None:
    """Raise InputError, before any work, where a generated picture could not be written; never over one of ``inputs``."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: give a name that ends in .png, which keeps the settings beside the picture")
    check_place(path, inputs=inputs, overwrite=overwrite)


def paint(wanted: Generation, device: str = "auto", on_step: OnStep | None = None) -> Image:
    """Paint with the embedded model, which is loaded once and serves one picture at a time."""
    with pipeline(device=device) as loaded:
        return generate(loaded.pipe, wanted, on_step)


def save(image: Image, wanted: Generation, path: Path, *, overwrite: bool = False) -> Path:
    """Write a PNG with the settings in its text chunk. Raises InputError if it cannot be written."""
    check_output(path, overwrite=overwrite)
    write_png(image, {"model": EMBEDDED.name, **wanted.to_record()}, path)
    return path


def write_png(image: Image, record: dict[str, Any], path: Path) -> None:
    """Write a PNG with a record as JSON in its text chunk. Raises InputError if it cannot be written."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt(SETTINGS_KEY, json.dumps(record, ensure_ascii=False))
    try:
        with written_beside(path) as temporary:
            image.save(temporary, pnginfo=info)
    except OSError as error:
        raise InputError(
            f"{path}: it could not be written ({error.strerror or error}): choose another place"
        ) from error
