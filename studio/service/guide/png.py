"""Painted pictures as files: PNG with the settings that made them in its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from studio.jobs import PaintJob
from studio.media.places import check_place, written_beside
from studio.records.painted import SETTINGS_KEY, guided_text, painted_text
from studio.service.guide.run import GuideResult, PaintResult

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class PaintedFiles:
    """What was written of a painted picture.

    Attributes:
        picture: the guided picture, or the plain one where nothing guided.
        plain: the plain picture of the same seed, where it was painted beside a guided one.
    """

    picture: Path
    plain: Path | None = None


def check_output(path: Path, *, inputs: Iterable[Path] = (), overwrite: bool = False) -> None:
    """Raise InputError, before any work, where a painted picture could not be written; never over one of ``inputs``."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: give a name that ends in .png, which keeps the settings beside the picture")
    check_place(path, inputs=inputs, overwrite=overwrite)


def save_painted(
    result: GuideResult | PaintResult, path: Path, *, plain: Path | None = None, overwrite: bool = False
) -> PaintedFiles:
    """Write a painted picture as a PNG that holds all that it takes to paint it again.

    Args:
        result: the picture.
        path: where it goes.
        plain: where the plain picture of the same seed goes, if there is one.
        overwrite: replace files that exist.

    Raises:
        InputError: it cannot be written.
    """
    check_output(path, overwrite=overwrite)
    if isinstance(result, PaintResult):
        _write_png(result.image, painted_text(result.job), path)
        return PaintedFiles(path)
    _write_png(result.image, guided_text(result.job, result.distance, result.plain_distance), path)
    if plain is None or result.plain is None:
        return PaintedFiles(path)
    check_output(plain, overwrite=overwrite)
    _write_png(result.plain, painted_text(PaintJob(result.job.generation, result.job.model)), plain)
    return PaintedFiles(path, plain)


def file_name(prompt: str) -> str:
    """A name for a download: the prompt's words, as far as a file system likes them."""
    return (re.sub(r"[^\w]+", " ", prompt).strip()[:60].strip() or "picture") + ".png"


def _write_png(image: Image, text: str, path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt(SETTINGS_KEY, text)
    try:
        with written_beside(path) as temporary:
            image.save(temporary, pnginfo=info)
    except OSError as error:
        raise InputError(
            f"{path}: it could not be written ({error.strerror or error}): choose another place"
        ) from error
