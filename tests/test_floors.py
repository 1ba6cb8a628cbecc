"""The floors of the house: imports lead down and never in a circle, and front ends only ask.

An import counts wherever it stands: at the top of a file, inside a function, or for types only.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("reswd_torch", "guidance", "studio")
"""From the lowest floor to the highest."""
STUDIO = (
    (
        "kinds",
        "remedies",
        "color_range",
        "watch",
        "fault",
        "references",
        "jobs",
        "loopback",
        "shipped",
        "signals",
        "space",
    ),
    ("media", "records"),
    ("service",),
    ("views",),
    ("cli", "ui", "mcp", "comfy", "__main__"),
)
"""The floors inside ``studio``, the same way."""
FRONT_ENDS = ("studio.cli", "studio.ui", "studio.mcp", "studio.comfy")
STARTED = {"studio.ui.app", "studio.ui.window.app", "studio.ui.window.needs", "studio.mcp.stdio", "studio.mcp.http"}
"""What the command line imports of the others: it starts them, and asks what a window needs before that."""
OF_THE_SERVICES = {
    "fit_samples", "fit_pairs", "sample_pixels", "run_match", "run_clip", "run_frames", "match_clip", "run_batch",
    "prepare_batch", "prepare_frames", "fit_series", "render", "where_to_grade", "ClipJob", "FramesJob", "set_num_threads",
    "setNumThreads",
}  # fmt: skip
"""Names that a front end has no business with: what a job is, how it is done and on how many threads lies below it."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: str) -> dict[str, Path]:
    return {module_name(path): path for path in (ROOT / package).rglob("*.py")}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, or imports a name from."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (within & MODULES) or {node.module}
    return found


MODULES = {name for package in PACKAGES for name in modules(package)}


def studio_floor(name: str) -> int | None:
    """The floor of a module of ``studio``; None for the package itself."""
    room = (name.split(".") + [""])[1]
    return next((floor for floor, rooms in enumerate(STUDIO) if room in rooms), None)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_those_below_them(package: str) -> None:
    above = PACKAGES[PACKAGES.index(package) + 1 :]
    for name, path in modules(package).items():
        wrong = {one for one in imported(path) if one.split(".")[0] in above}
        assert not wrong, f"{name} imports {wrong}"


def test_every_room_of_studio_has_a_floor() -> None:
    unknown = [name for name in modules("studio") if name != "studio" and studio_floor(name) is None]
    assert not unknown


def test_floors_of_studio_import_only_those_below_them() -> None:
    for name, path in modules("studio").items():
        floor = studio_floor(name)
        for one in imported(path):
            below = studio_floor(one) if one.startswith("studio.") else None
            assert below is None or floor is None or below <= floor, f"{name} imports {one}, which lies above it"


def test_front_ends_do_not_import_each_other() -> None:
    rooms = {name: path for name, path in modules("studio").items() if name.startswith(FRONT_ENDS)}
    for name, path in rooms.items():
        others = tuple(front for front in FRONT_ENDS if not name.startswith(front))
        wrong = {one for one in imported(path) if one.startswith(others)} - (
            STARTED if name.startswith("studio.cli") else set()
        )
        assert not wrong, f"{name} imports {wrong}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_over_others(package: str) -> None:
    paths = modules(package)
    lazy = {package, "studio.service"}  # their public names are imported when they are first used
    graph = {name: imported(path) & set(paths) - lazy for name, path in paths.items() if name not in lazy}
    for name, found in graph.items():
        found.discard(name)
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


@pytest.mark.parametrize("name", sorted(name for name in modules("studio") if name.startswith(FRONT_ENDS)))
def test_front_ends_only_ask(name: str) -> None:
    tree = ast.parse(modules("studio")[name].read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not _is_self(node.value)}
    used |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not used & OF_THE_SERVICES
