"""Where the embedded models lie: in the repository, or in the package reswd-models, which is apart because it takes 75 MB.

In the repository each folder is whole, as diffusers reads it. The package leaves the weights of the text encoder out of every
folder but that of the default, since all embedded models have the same: :func:`guidance.loading.load_embedded` takes what a
folder lacks from another one.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from guidance.catalogue import EMBEDDED_ID

NO_MODEL = "there is no model here: pip install 'reswd-studio[guide]', or give another folder"
"""What to say after a folder that should hold a model."""
_ABOVE = Path(__file__).resolve().parents[1]
"""The repository, whether it runs from there or was installed with ``pip install -e``; else the folder of all packages."""


def embedded_model(name: str = EMBEDDED_ID) -> Path:
    """The folder of an embedded model; where it is not installed, the one in which it would lie.

    Args:
        name: one of :data:`guidance.catalogue.EMBEDDED_IDS`.
    """
    repository = _ABOVE / "assets" / "models"
    if repository.is_dir():
        return repository / name
    try:
        return Path(str(files("reswd_models"))) / name
    except ModuleNotFoundError:
        return _ABOVE / "reswd_models" / name
