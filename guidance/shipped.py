"""Where the embedded model lies: in the repository, or in the package reswd-models, which is apart because it takes 54 MB."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

NO_MODEL = "there is no model here: pip install 'reswd-studio[guide]', or give another folder"
"""What to say after a folder that should hold a model."""
_MODEL = "pocket-64"
_ABOVE = Path(__file__).resolve().parents[1]
"""The repository, whether it runs from there or was installed with ``pip install -e``; else the folder of all packages."""


def embedded_model() -> Path:
    """The folder of the embedded model; where it is not installed, the one in which it would lie."""
    repository = _ABOVE / "assets" / "models" / _MODEL
    if repository.is_dir():
        return repository
    try:
        return Path(str(files("reswd_models"))) / _MODEL
    except ModuleNotFoundError:
        return _ABOVE / "reswd_models" / _MODEL
