"""Where the example photographs lie: in the repository's folder ``assets``, which a wheel holds as ``studio/assets``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def _photographs() -> Path:
    installed = Path(str(files("studio"))) / "assets"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1] / "assets"


ASSETS = _photographs()
"""The folder of the photographs and of the list of pairs, ``examples.json``."""
