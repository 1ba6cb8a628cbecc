"""What importing guidance costs, and that its modules import each other in one direction only."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import guidance
from tests.conftest import ROOT
from tests.reswd_torch.test_imports import loaded_after

HEAVY = {"torch", "diffusers", "transformers", "huggingface_hub"}


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, modules: set[str]) -> set[str]:
    """Modules of guidance that a file imports anywhere, also in functions; a package stands for its ``__init__``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & modules


def test_modules_import_each_other_in_one_direction_only() -> None:
    paths = {_module_name(path): path for path in (ROOT / "guidance").rglob("*.py")}
    del paths["guidance"]  # its public names are imported when they are first used
    assert len(paths) > 25
    TopologicalSorter(
        {name: _imported(path, set(paths)) for name, path in paths.items()}
    ).prepare()  # raises on a cycle


def test_plain_data_and_settings_load_nothing_heavy() -> None:
    names = "guidance.catalogue, guidance.known, guidance.loading, guidance.memory, guidance.settings"
    assert not loaded_after(f"import {names}, guidance.text_to_image") & HEAVY


def test_the_core_loads_no_diffusers() -> None:
    loaded = loaded_after("import guidance.core, guidance.descent, guidance.schedules")
    assert "torch" in loaded
    assert not loaded & {"diffusers", "transformers", "huggingface_hub"}


def test_every_public_name_is_there() -> None:
    for name in guidance.__all__:
        assert getattr(guidance, name) is not None
    assert set(dir(guidance)) == set(guidance.__all__)
    assert not hasattr(guidance, "no_such_name")
