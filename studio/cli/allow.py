"""Folders that a person lets another program or visitors use, as several commands are given them."""

from __future__ import annotations

from pathlib import Path

from reswd_torch.errors import InputError


def checked_folders(folders: list[Path], flag: str = "--allow") -> tuple[Path, ...]:
    """The folders with links seen through. Raises InputError for what is none, and for a whole disk."""
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder}: there is no such folder: check {flag}")
        if folder.resolve() == Path(folder.resolve().anchor):
            raise InputError(f"{folder}: this allows the whole disk: name a folder with pictures")
    return tuple(folder.resolve() for folder in folders)


def check_mcp(wanted_by: str) -> None:
    """Refuse where the SDK of the Model Context Protocol is not installed. Raises InputError."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise InputError(f'{wanted_by} needs one more package: pip install "reswd-studio[mcp]"')
