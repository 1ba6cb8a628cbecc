"""What the pages tell a reader to type is there: commands with their options, modules with their names, make targets."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from studio.cli import app
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
COMING = {"desktop", "inpaint", "mcp"}
"""Commands that have a page before they are there. Once they are, their options are looked at like all others."""


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _lines(page: Path) -> list[list[str]]:
    """The words of every call of reswd on a page: in blocks, and in the text."""
    text = page.read_text(encoding="utf-8")
    code = [line for block in _blocks(page, "bash") for line in block.splitlines()]
    code += re.findall(
        r"`((?:\w+=\S+ )?reswd [a-z][^`]*)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    parts = [part.strip() for line in code for part in re.split(r"&&|;", re.sub(r"\s#\s.*$", "", line))]
    words = [shlex.split(part) for part in parts if re.match(r"(\w+=\S+ )?(\.venv/bin/)?reswd ", part)]
    return [one[1:] if "=" in one[0] else one for one in words]


CALLS = [(page, words) for page in PAGES for words in _lines(page)]


@pytest.mark.parametrize(
    ("page", "words"), CALLS, ids=[f"{page.stem}: {' '.join(words)}"[:90] for page, words in CALLS]
)
def test_every_command_on_a_page_exists_with_its_options(page: Path, words: list[str]) -> None:
    name = words[1]
    if name in COMING - set(COMMANDS) or name.startswith("--") or name == "COMMAND":
        return
    options = {opt for one in COMMANDS[name].params for opt in one.opts if opt.startswith("-")} | {"--help", "-h"}
    given = {word.split("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)}
    assert given <= options, f"{page.name}: {given - options}"


def test_there_are_commands_on_the_pages() -> None:
    assert len(CALLS) > 60
    assert {words[1] for page, words in CALLS if page.stem != "commands"} >= set(COMMANDS), "a command without a page"


def test_make_targets_of_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"


def test_modules_that_the_pages_call_exist() -> None:
    for page in PAGES:
        for module in re.findall(r"`[^`]*python -m ([\w.]+)", page.read_text(encoding="utf-8")):
            if module.split(".")[0] in ("benchmarks", "tools", "studio", "tests", "training"):
                path = ROOT / module.replace(".", "/")
                assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page.name}: {module}"


def test_python_on_the_pages_imports_names_that_are_there() -> None:
    for page in PAGES:
        for block in _blocks(page, "python"):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in (
                    "reswd_torch",
                    "studio",
                    "guidance",
                ):
                    module = importlib.import_module(str(node.module))
                    for one in node.names:
                        assert hasattr(module, one.name), f"{page.name}: {node.module}.{one.name}"
