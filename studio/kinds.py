"""What a file is by its name. Nothing is opened here; reading goes by the content."""

from __future__ import annotations

import re
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


def is_clip(path: str | Path) -> bool:
    """Whether a file is named like a video clip."""
    return Path(path).suffix.lower() in CLIP_SUFFIXES


def is_sequence(path: Path) -> bool:
    """Whether a name stands for numbered frames, and not for a file that happens to be called so."""
    return FRAME_NUMBER.search(path.name) is not None and not path.exists()
