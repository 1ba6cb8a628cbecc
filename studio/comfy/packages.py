"""Packages of other projects that have the name of one of ours."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from reswd_torch.errors import InputError


def check_guidance() -> None:
    """See that ``guidance`` is ours, in which there is a ``core.py``, before something is imported from it.

    Raises:
        InputError: it is another project's, such as Microsoft's, or there is none.
    """
    try:
        spec = importlib.util.find_spec("guidance")
        folders = [] if spec is None else list(spec.submodule_search_locations or [str(spec.origin)])
    except ValueError:  # a module without a spec
        folders = [str(getattr(sys.modules["guidance"], "__file__", "this process"))]
    if not folders:
        raise InputError("Guide Sampling needs the package guidance of ReSWD Studio: install ReSWD Studio again")
    if not any((Path(folder) / "core.py").is_file() for folder in folders):
        raise InputError(
            f"Guide Sampling needs the package guidance of ReSWD Studio, and finds another project's in {folders[0]}: remove "
            "that one from ComfyUI's Python (pip uninstall guidance); the other nodes work beside it"
        )
