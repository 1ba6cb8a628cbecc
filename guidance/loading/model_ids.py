"""What a model id stands for: a model of the catalogue, a repository of the hub, or a folder on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from guidance.catalogue import EMBEDDED_ID, MODELS, closest
from guidance.loading.files import INDEX
from reswd_torch.errors import InputError


def local_folder(model_id: str) -> Path | None:
    """The folder that a model id stands for. This asks no network.

    Args:
        model_id: as for :func:`guidance.loading.load`.

    Returns:
        The absolute path of a folder that holds a pipeline; None if the id is that of a model of the catalogue or can be
        that of a repository of the hub.

    Raises:
        InputError: the id can be neither; or it can only be meant as a folder, and there is no pipeline in it.
    """
    name = model_id.strip()
    folder = None if name in MODELS else _folder_named(name)
    if folder is None and name not in MODELS and not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise InputError(
            f"model {model_id!r} is neither a folder nor a name such as 'owner/name': {did_you_mean(name)}"
        )
    return folder


def _folder_named(name: str) -> Path | None:
    """The folder of this name if it holds a pipeline. Raises InputError if the name can only be meant as a folder."""
    folder = Path(name).expanduser()
    if name and (folder / INDEX).is_file():
        return folder.resolve()
    looks_like_a_path = name.startswith((".", "~")) or folder.is_absolute() or name.count("/") > 1 or "\\" in name
    if name and looks_like_a_path:
        what = f"holds no {INDEX}" if folder.is_dir() else "is not there"
        raise InputError(f"folder {name!r} {what}: give a folder that diffusers wrote with save_pretrained")
    return None


def did_you_mean(name: str) -> str:
    """The end of an error message about an unknown model: which models of the catalogue were perhaps meant."""
    close = closest(name)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"give one of the catalogue, such as {EMBEDDED_ID} or stabilityai/sdxl-turbo"
