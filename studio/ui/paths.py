"""Paths of the server in words for visitors: of each only the name is said, which is what the visitor knows."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from studio.shipped import ASSETS

_FOLDERS = r"(?:[\w.@+~=,-]+[\\/]+)*"
"""Folders below a known one, as the app, Gradio and Python's packages name them: without spaces."""
_ABSOLUTE = re.compile(r"(?<![\w.:\\/~-])(?:[A-Za-z]:[\\/]+|[\\/]+)" + _FOLDERS[:-1] + "+")
"""The folders of a path from the top of a disk, with at least one folder. It is not asked whether they are there: an answer
that depends on that would tell."""
_known: tuple[str, ...] = ()


def visitors_know(folders: tuple[Path, ...]) -> None:
    """Say, before the app is built, below which folders paths are told in full: a person names them on the page."""
    global _known
    _known = tuple(map(str, folders))


def without_folders(text: str) -> str:
    """A text with the name of each file in place of its path on this machine."""
    for folder in sorted(_roots(), key=len, reverse=True):
        steps = r"[\\/]+".join(re.escape(step) for step in re.split(r"[\\/]", folder.rstrip("\\/")))
        text = re.sub(steps + r"[\\/]+" + _FOLDERS, _told, text)
    return _ABSOLUTE.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    """What stands in place of folders: themselves below a folder that is known, else nothing."""
    return found[0] if found.string.startswith(_known, found.start()) else ""


def _roots() -> set[str]:
    """Folders of this machine whose own names may hold any character."""
    from gradio.utils import get_upload_folder

    uploads = Path(get_upload_folder())
    folders = [uploads, uploads.resolve(), Path(tempfile.gettempdir()), ASSETS, Path.cwd(), Path(sys.prefix)]
    folders += [Path(os.path.expanduser("~")), Path(sys.base_prefix)]
    told = {str(folder) for folder in folders} | {str(get_upload_folder())}
    return {folder for folder in told if len(re.split(r"[\\/]", folder.rstrip("\\/"))) > 1}
