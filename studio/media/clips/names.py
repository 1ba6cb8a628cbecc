"""Checks before a clip is opened: whether PyAV is installed, whether a file can be a clip, which container a name means."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from types import ModuleType

from reswd_torch.errors import InputError

WRITTEN_SUFFIXES: dict[str, str] = {
    ".3g2": "3g2",
    ".3gp": "3gp",
    ".asf": "asf",
    ".avi": "avi",
    ".f4v": "f4v",
    ".flv": "flv",
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
    ".vob": "vob",
    ".webm": "webm",
    ".wmv": "asf",
}
"""The container that is written for a suffix, by the name that FFmpeg gives its muxer (ffmpeg-formats(1))."""
_INSTEAD = {".dv": ".mov", ".ogv": ".mkv"}
"""The suffix of the result for clips that are read and whose own container is not written: what holds their sound as it is."""


def need_av() -> ModuleType:
    """Import PyAV and return its module ``av``.

    Raises:
        InputError: PyAV is not installed; the message names the extra that installs it.
    """
    try:
        import av
    except ImportError as error:
        raise InputError('clips need PyAV, which is not installed: pip install "reswd-studio[video]"') from error
    return av


def clip_result_name(name: str) -> str:
    """The name for a graded copy of a clip: the same one, with another suffix where its own container is not written."""
    path = PurePath(name)
    suffix = path.suffix.lower()
    return name if suffix in WRITTEN_SUFFIXES else str(path.with_suffix(_INSTEAD.get(suffix, ".mp4")))


def renamed(source: Path, result: Path) -> tuple[str, ...]:
    """A sentence for a clip whose own container is not written; none for others."""
    suffix = source.suffix.lower()
    return (
        () if suffix in WRITTEN_SUFFIXES else (f"{suffix} files are read and not written: the result is {result.name}",)
    )


def clip_suffix(path: Path) -> str:
    """The container to write for a file name: one of the values of :data:`WRITTEN_SUFFIXES`.

    Raises:
        InputError: no container is written for the suffix.
    """
    container = WRITTEN_SUFFIXES.get(path.suffix.lower())
    if container is None:
        raise InputError(f"{path}: a clip is written as {', '.join(sorted(WRITTEN_SUFFIXES))}: give such a name")
    return container


def check_clip(path: Path) -> None:
    """Refuse a file that cannot be a clip, before it is opened.

    Raises:
        InputError: the file is missing, a folder, not readable, or empty.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: give a video file")
    if not path.exists():
        raise InputError(f"{path}: there is no such file: check the name")
    if not path.is_file():
        raise InputError(f"{path}: a device or a pipe, and no file: copy what it gives into a file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: reading is not permitted: change the file's permissions")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty: copy or export it again")
