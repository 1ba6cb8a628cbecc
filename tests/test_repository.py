"""What the repository promises about itself: versions that agree, floors that hold, files that are there."""

from __future__ import annotations

import ast
import csv
import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {"reswd_torch": 0, "guidance": 1, "studio": 2}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
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
    assert listed == {*PROJECT["dependencies"], *extras["app"], *extras["guide"]}


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
