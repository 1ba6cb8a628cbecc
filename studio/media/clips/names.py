"""Which containers clips are written in, what cannot be a clip to read, and PyAV where it is installed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError

WRITTEN_SUFFIXES: dict[str, str] = {
    ".avi": "avi",
    ".m2ts": "mpegts",
    ".m4v": "mp4",
    ".mkv": "matroska",
    ".mov": "mov",
    ".mp4": "mp4",
    ".mpeg": "vob",
    ".mpg": "vob",
    ".mts": "mpegts",
    ".mxf": "mxf",
    ".ts": "mpegts",
    ".webm": "webm",
}
"""Suffix -> FFmpeg's name of the container that is written for it (its list of muxers, ffmpeg-formats(1))."""


def need_av() -> Any:
    """The module ``av`` (PyAV). Raises InputError that names the extra when it is not installed."""
    try:
        import av
    except ImportError as error:
        raise InputError('clips need PyAV, which is not installed: pip install "reswd-studio[video]"') from error
    return av


def clip_suffix(path: Path) -> str:
    """The container to write for a name.

    Raises:
        InputError: a suffix that no clip is written for.
    """
    container = WRITTEN_SUFFIXES.get(path.suffix.lower())
    if container is None:
        raise InputError(f"{path}: a clip is written as {', '.join(sorted(WRITTEN_SUFFIXES))}: give such a name")
    return container


def check_clip(path: Path) -> None:
    """InputError for what cannot be a clip to read: missing, a folder, not readable, empty."""
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: give a video file")
    if not path.exists():
        raise InputError(f"{path}: there is no such file: check the name")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: reading is not permitted: change the file's permissions")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty: copy or export it again")
