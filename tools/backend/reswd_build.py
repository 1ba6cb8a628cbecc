"""setuptools, but an editable install asks for no reswd-models: the repository, which it runs from, holds the model itself.

So `pip install -e ".[app]"` needs no second package, and no copy of 54 MB; a wheel asks for it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # the other hooks, as they are

_NOT_NEEDED = "Requires-Dist: reswd-models"


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    """Write the metadata, without the model."""
    name = build_meta.prepare_metadata_for_build_editable(metadata_directory, config_settings)
    path = Path(metadata_directory) / name / "METADATA"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(_NOT_NEEDED)), encoding="utf-8", newline="\n")
    return name


def build_editable(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build with metadata that are prepared anew: setuptools looks for them in a folder, and is told the file's own place."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_metadata_for_build_editable(folder, config_settings)
        return build_meta.build_editable(wheel_directory, config_settings, folder)
