"""Painted pictures as files: PNG with the settings that made them in its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reswd_torch.errors import InputError
from studio.jobs import PaintJob
from studio.media.places import check_place, written_beside, written_together
from studio.records.painted import SETTINGS_KEY, guided_text, painted_text
from studio.service.guide.run import GuideResult, PaintResult

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class PaintedFiles:
    """The files that one painting was written to.

    Attributes:
        picture: the guided picture, or the plain one where nothing guided.
        plain: the plain picture of the same seed, where it was painted beside a guided one.
    """

    picture: Path
    plain: Path | None = None


def check_output(path: Path, *, inputs: Iterable[Path] = (), overwrite: bool = False) -> None:
    """Refuse, before any work, a place that a painted picture could not be written to.

    Args:
        path: where the picture is to go.
        inputs: files that are never replaced.
        overwrite: whether another file that exists is replaced.

    Raises:
        InputError: the name does not end in .png, or nothing can be written there.
    """
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
        InputError: a picture cannot be written; then neither is.
    """
    check_output(path, overwrite=overwrite)
    if isinstance(result, PaintResult):
        write_png(result.image, painted_text(result.job), path, overwrite)
        return PaintedFiles(path)
    beside = None if plain is None or result.plain is None else (plain, result.plain)
    if beside is not None:
        check_output(beside[0], inputs=[path], overwrite=overwrite)
    with written_together(overwrite=overwrite):
        write_png(result.image, guided_text(result.job, result.distance, result.plain_distance), path, overwrite)
        if beside is None:
            return PaintedFiles(path)
        place, image = beside
        write_png(
            image,
            painted_text(PaintJob(result.job.generation, result.job.model, result.job.quantize)),
            place,
            overwrite,
        )
    return PaintedFiles(path, place)


def file_name(prompt: str) -> str:
    """A name for a download: the words of the prompt, without what a file system may not like, and .png."""
    return (re.sub(r"[^\w]+", " ", prompt).strip()[:60].strip() or "picture") + ".png"


def write_png(image: Image, record: str, path: Path, overwrite: bool) -> None:
    """Write a picture with its record in a text chunk. A file that cannot be finished is not there at all."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt(SETTINGS_KEY, record)
    try:
        with written_beside(path, overwrite=overwrite) as temporary:
            image.save(temporary, pnginfo=info)
    except OSError as error:
        raise InputError(
            f"{path}: it could not be written ({error.strerror or error}): choose another place"
        ) from error
