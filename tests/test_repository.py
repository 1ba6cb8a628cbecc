"""What the repository promises about itself: versions that agree, floors that hold, files that are there."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import studio.cli.words
import studio.mcp.words
import studio.ui.words
from reswd_torch.errors import InputError, MatchRemedy, Remedy
from studio.remedies import JobRemedy

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"reswd_torch": 0, "guidance": 1, "studio": 2}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REMEDIES: list[Remedy] = [*MatchRemedy, *JobRemedy]
FRONT_ENDS = [ROOT / "studio" / "cli", ROOT / "studio" / "ui", ROOT / "studio" / "mcp"]
A_CONTROL = re.compile(r"(?<![\w-])--[a-z]|\breswd |(?i:\b(button|tab)s?\b)")
"""A flag, a command, a button or a tab: what only front ends speak of."""
MODEL = ROOT / "assets" / "models" / "pocket-64"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _front_matter() -> dict[str, str]:
    block = README.split("---")[1]
    return {key: value.strip().strip('"') for key, value in re.findall(r"^(\w+): *(.+)$", block, re.MULTILINE)}


def test_the_space_runs_the_gradio_that_is_tested() -> None:
    assert _front_matter()["sdk_version"] == version("gradio")
    assert f"gradio=={version('gradio')}" in PROJECT["optional-dependencies"]["app"]


def test_the_space_front_matter_is_complete() -> None:
    front = _front_matter()
    assert front["sdk"] == "gradio"
    assert front["python_version"] == "3.12"
    assert (ROOT / front["app_file"]).is_file()
    assert len(front["short_description"]) <= 60


def test_requirements_are_the_whole_app() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {line for line in lines if line and not line.startswith("#")}
    extras = PROJECT["optional-dependencies"]
    needed = {*PROJECT["dependencies"], *extras["app"], *extras["guide"]}
    held = {
        "torch==2.13.*",
        "opencv-python-headless>=5.0,<6",
    }  # what golden values are of; the library takes more versions
    wider = {text for text in needed if text.startswith(("torch", "opencv"))}
    own = {text for text in needed if text.startswith("reswd-")}  # the repository holds the model itself
    assert listed == (needed - wider - own) | held and len(wider) == len(held)


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)", README))
    assert {"run", "test", "space", "space-check"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in (
        ROOT / "README.md", ROOT / "docs" / "matching.md", ROOT / "CONTRIBUTING.md", ROOT / "training" / "README.md",
        MODEL / "README.md",
    ):  # fmt: skip
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


@pytest.mark.parametrize("package", [name for name in FLOORS if (ROOT / name).is_dir()])
def test_imports_go_down_only(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                floor = FLOORS.get(name.split(".")[0], 0)
                assert floor <= FLOORS[package], f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"


@pytest.mark.parametrize(
    "words",
    [studio.cli.words.REMEDIES, studio.ui.words.REMEDIES, studio.mcp.words.REMEDIES],
    ids=["cli", "ui", "mcp"],
)
def test_every_front_end_has_words_for_every_remedy(words: dict[Remedy, str]) -> None:
    assert set(words) == set(REMEDIES)
    for wording in words.values():
        assert wording and wording == wording.strip() and "\n" not in wording and not wording.endswith(".")


def test_every_remedy_is_known_by_its_name_alone() -> None:
    """Remedies are compared as text: two of one wording would be one."""
    assert len({remedy.value for remedy in REMEDIES}) == len(MatchRemedy.__members__) + len(JobRemedy.__members__)
    for remedy in REMEDIES:
        assert not A_CONTROL.search(remedy.value), remedy
        assert not any(word in remedy.value for word in ("--", "reswd ", "button", "tab ")), remedy
        error = InputError("a.png: it is bad", remedy)
        assert str(error) == f"a.png: it is bad: {remedy.value}"
        assert studio.cli.words.in_words(error) == f"a.png: it is bad: {studio.cli.words.REMEDIES[remedy]}"


def test_the_command_line_names_no_buttons_and_the_page_no_flags() -> None:
    assert not any(re.search(r"\b(button|tab)\b", wording) for wording in studio.cli.words.REMEDIES.values())
    assert not any(re.search(r"--[a-z]|\breswd ", wording) for wording in studio.ui.words.REMEDIES.values())


def test_tools_name_neither_flags_nor_buttons() -> None:
    assert not any(A_CONTROL.search(wording) for wording in studio.mcp.words.REMEDIES.values())


def test_only_front_ends_speak_of_flags_commands_buttons_and_tabs() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text!r:.100}"
        for package in FLOORS
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(path.is_relative_to(front_end) for front_end in FRONT_ENDS)
        for line, text in _said(ast.parse(path.read_text(encoding="utf-8")))
        if A_CONTROL.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ['x = "give --overwrite"', 'x = f"{y}: see reswd match"', 'f("press the Button")', 'x = ("the tab "\n"Batch")'],
)
def test_the_search_for_controls_finds_them(code: str) -> None:
    assert [text for _, text in _said(ast.parse(code)) if A_CONTROL.search(text)]
    described = f"def f():\n    {code!r}\n    return 'a table -- not a flag; reswd-studio'"
    assert not [text for _, text in _said(ast.parse(described)) if A_CONTROL.search(text)]


def _said(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The text in a module's code with its lines; not its docstrings, those of constants among them."""
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def test_every_asset_is_named_with_its_licence() -> None:
    listed = (ROOT / "assets" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "assets").glob("*.*g"):
        assert path.name in listed, path.name


def test_examples_name_photographs_that_are_there() -> None:
    examples = json.loads((ROOT / "assets" / "examples.json").read_text(encoding="utf-8"))
    pairs = [*((e["source"], e["reference"]) for e in examples["examples"]), *map(tuple, examples["benchmark"])]
    assert len(pairs) >= 12
    for name in {name for pair in pairs for name in pair}:
        assert (ROOT / "assets" / name).is_file(), name


def test_the_model_keeps_its_sizes_and_carries_its_licences() -> None:
    files = {path: path.stat().st_size for path in MODEL.rglob("*") if path.is_file()}
    assert max(files.values()) < 10_000_000
    assert sum(files.values()) <= 60_000_000
    assert "Copyright (c) Microsoft Corporation" in (MODEL / "LICENSE-art.txt").read_text(encoding="utf-8")
    assert "Apache License" in (MODEL / "LICENSE-text-encoder.txt").read_text(encoding="utf-8")
    for line in (MODEL / "model_index.json").read_text(encoding="utf-8").splitlines():
        assert "training" not in line, "no loading code of ours is needed"


def test_the_model_card_says_what_was_measured() -> None:
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    numbers = json.loads((MODEL / "evaluation.json").read_text(encoding="utf-8"))
    for name, verdict in numbers["bars"].items():
        percent = name.startswith(("retrieval", "colours", "synonyms"))
        said = f"{numbers[name] * 100:.1f}%" if percent else f"{numbers[name]:.{1 if 'psnr' in name else 2}f}"
        assert f"| {said}" in card or f", {said}" in card, f"{name}: {said}, {verdict}"


def test_the_list_of_the_reader_bears_out_the_card() -> None:
    with (MODEL / "reader.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [int(row["number"]) for row in rows] == list(range(1, 65))
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    for column, said in (("match", "| {} of 64 |"), ("second_match", "named {} of 64")):
        assert {row[column] for row in rows} <= {"yes", "no"}
        right = sum(row[column] == "yes" for row in rows)
        assert right >= 48
        assert said.format(right) in card
