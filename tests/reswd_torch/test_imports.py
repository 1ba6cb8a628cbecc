"""What importing costs: the core stands alone, and the command line's help loads nothing heavy."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import reswd_torch
from tests.conftest import ROOT

HEAVY = {"gradio", "diffusers", "transformers", "cv2", "PIL", "studio", "guidance", "kornia", "scipy"}


def loaded_after(code: str, cwd: Path = ROOT) -> set[str]:
    """Top-level modules in a fresh interpreter after some code."""
    script = f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_core_loads_nothing_of_the_floors_above() -> None:
    names = [module.name for module in pkgutil.walk_packages(reswd_torch.__path__, "reswd_torch.")]
    assert len(names) > 15
    loaded = loaded_after("import " + ", ".join(names))
    assert "torch" in loaded
    assert not loaded & HEAVY


def test_the_command_line_and_the_settings_load_no_torch() -> None:
    loaded = loaded_after(
        "from studio.cli import app; import reswd_torch, reswd_torch.settings, reswd_torch.grade.formats"
    )
    assert "typer" in loaded
    assert not loaded & {"torch", "numpy", "PIL", "cv2", "gradio", "PyOpenColorIO", "jaxtyping"}


def _imports(path: Path, modules: set[str]) -> set[str]:
    """The modules of the package that a file imports anywhere, also inside functions and for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (within & modules) or {node.module}
    return found & modules


def test_no_module_imports_itself_over_others() -> None:
    root = Path(reswd_torch.__path__[0])
    files = {".".join(path.relative_to(root.parent).with_suffix("").parts): path for path in root.rglob("*.py")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    graph = {name: _imports(path, set(files)) for name, path in files.items()}
    assert "reswd_torch.grade.kernels" in graph["reswd_torch.grade.routes"], "imports inside functions count"
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError, which names the modules


def test_every_public_name_is_there() -> None:
    for name in reswd_torch.__all__:
        assert getattr(reswd_torch, name) is not None
    assert set(dir(reswd_torch)) >= set(reswd_torch.__all__)
    assert not hasattr(reswd_torch, "no_such_name")


def test_match_is_the_function_even_after_its_package_was_imported() -> None:
    code = "import reswd_torch.matching.match; from reswd_torch import match; assert callable(match), match"
    loaded_after(code + "; from reswd_torch.matching.match import match as same; assert same is match")
