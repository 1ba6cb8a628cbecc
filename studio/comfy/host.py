"""ComfyUI's folders, asked for when they are needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from reswd_torch.errors import InputError
from reswd_torch.grade.formats import grade_suffixes
from studio.comfy.places import grade_files

LUTS = "luts"
"""The folder below ``models`` for grade files, under the name by which other nodes know it, too."""


def _folder_paths() -> Any:
    found = sys.modules.get("folder_paths")
    if found is None:
        raise InputError("ComfyUI does not run in this process, so there are no folders of its to save in or load from")
    return found


def output_folder() -> Path:
    """Where ComfyUI saves."""
    return Path(_folder_paths().get_output_directory())


def grade_folders() -> list[Path]:
    """Where grade files are looked for: the input folder, ``models/luts``, and all of ``models``."""
    paths = _folder_paths()
    models = Path(paths.models_dir)
    listed = [Path(one) for one in paths.folder_names_and_paths.get(LUTS, ((), ()))[0]]
    return list(dict.fromkeys([Path(paths.get_input_directory()), *listed, models / LUTS, models]))


def grade_choices() -> list[str]:
    """The grade files that a menu offers: those of the input folder and of ``models/luts``. Of pictures only ``.hald.png``: the
    input folder is full of others."""
    try:
        return grade_files(grade_folders()[:-1], grade_suffixes())
    except InputError:
        return []
