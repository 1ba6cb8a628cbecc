"""What a file is by its name. Nothing is opened here; reading goes by the content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CLIP_SUFFIXES: frozenset[str] = frozenset(
    {
        ".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
        ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv",
    }
)  # fmt: skip
"""Suffixes that are taken for video clips. Camera raw footage (.r3d, .braw, .ari) is none: FFmpeg does not develop it."""

FRAME_NUMBER = re.compile(r"%(?:0(\d+))?d|(#+)")
"""Where the frame's number stands in a pattern for numbered frames: %04d as in C and ffmpeg, #### as in Nuke."""

AS_SOURCE = "source"


@dataclass(frozen=True)
class ResultFormat:
    """A format that results can be asked for.

    Attributes:
        suffix: of their names; None for that of each source.
        bits: 8 or 16 for each channel; None for the depth of the source.
        lossy: whether it has a quality.
    """

    suffix: str | None = None
    bits: int | None = None
    lossy: bool = False


RESULT_FORMATS: dict[str, ResultFormat] = {
    AS_SOURCE: ResultFormat(lossy=True),
    "jpeg": ResultFormat(".jpg", 8, lossy=True),
    "png": ResultFormat(".png", 8),
    "png16": ResultFormat(".png", 16),
    "tiff": ResultFormat(".tif"),
}
"""By the names that the command line and records have for them. The default is the source's own."""


def is_clip(path: str | Path) -> bool:
    """Whether a file is named like a video clip."""
    return Path(path).suffix.lower() in CLIP_SUFFIXES


def is_sequence(path: Path) -> bool:
    """Whether a name stands for numbered frames, and not for a file that happens to be called so."""
    return FRAME_NUMBER.search(path.name) is not None and not path.exists()
