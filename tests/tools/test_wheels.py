"""What a wheel may hold and ask for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from studio.ui.examples import load_examples
from studio.ui.guide.examples import EXAMPLES
from tests.conftest import ASSETS, ROOT
from tools.wheels import LIBRARY, NEEDED, base_requirements, faults

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_HOOK = """
import sys
sys.path.insert(0, "tools/backend")
import reswd_build
print(getattr(reswd_build, sys.argv[1])(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the metadata are made of: making them leaves files behind."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in", "reswd_torch/version.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "reswd_torch" / "__init__.py").touch()
    shutil.copytree(ROOT / "tools" / "backend", folder / "tools" / "backend")
    (folder / "assets").mkdir()
    return folder


def _metadata(project: Path, hook: str, folder: Path) -> Message:
    command = [sys.executable, "-c", _HOOK, hook, str(folder)]
    folder.mkdir(exist_ok=True)
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (file,) = folder.glob("*.dist-info/METADATA")
    return message_from_string(file.read_text(encoding="utf-8"))


def _asked(said: Message) -> set[str]:
    return {Requirement(text).name for text in said.get_all("Requires-Dist", [])}


def test_a_wheel_asks_for_the_model_and_describes_itself(project: Path, tmp_path: Path) -> None:
    said = _metadata(project, "prepare_metadata_for_build_wheel", tmp_path)
    assert "reswd-models" in _asked(said)
    assert base_requirements(said) == LIBRARY
    text = str(said.get_payload())
    assert text.startswith("# ReSWD Studio") and "sdk:" not in text and "reswd match" in text
    assert not re.search(r"\]\((?!https?:|#)", text), "a link into the repository"
    assert said["Requires-Python"] == ">=3.11" and said["License-Expression"] == "Apache-2.0"


def test_an_editable_install_has_the_model_and_asks_for_all_else(project: Path, tmp_path: Path) -> None:
    whole = _metadata(project, "prepare_metadata_for_build_wheel", tmp_path / "whole")
    said = _metadata(project, "prepare_metadata_for_build_editable", tmp_path / "editable")
    assert _asked(whole) - _asked(said) == {"reswd-models"} and _asked(said) < _asked(whole)


def test_neither_gradio_nor_diffusers_comes_without_extras() -> None:
    assert {Requirement(text).name for text in PYPROJECT["project"]["dependencies"]} == LIBRARY
    assert not LIBRARY & {"gradio", "diffusers", "transformers", "accelerate", "huggingface_hub", "reswd-models"}


@pytest.mark.parametrize("version", ["2.11.0", "2.12.1", "2.13.0+cpu", "2.14.1"])
def test_the_library_takes_each_torch_that_was_tried(version: str) -> None:
    wanted = next(Requirement(text) for text in PYPROJECT["project"]["dependencies"] if text.startswith("torch"))
    assert version in wanted.specifier and "2.15.0" not in wanted.specifier and "2.10.0" not in wanted.specifier


def test_the_photographs_of_the_wheel_are_those_of_the_examples() -> None:
    shown = {path for example in load_examples() for path in (example.source, example.reference)}
    shown |= {example.reference for example in EXAMPLES if example.reference is not None}
    left_out = PYPROJECT["tool"]["setuptools"]["exclude-package-data"]["studio.assets"]
    assert {path.name for path in ASSETS.glob("*.jpg")} - set(left_out) == {path.name for path in shown}


def _wheel(folder: Path, name: str = "reswd_studio", **more: bytes) -> Path:
    """A wheel that keeps the rules, and the files ``more`` by names in which __ stands for a slash."""
    path, info = folder / f"{name}-1-py3-none-any.whl", f"{name}-1.dist-info"
    said = "".join(f"Requires-Dist: {one}>=1\n" for one in sorted(LIBRARY))
    files = dict.fromkeys(NEEDED[name], b"") | {f"{info}/METADATA": f"{said}\n# Title\n".encode()}
    files |= {"reswd_torch/a.py": b"", "guidance/a.py": b""} if name == "reswd_studio" else {}
    files[f"{info}/licenses/LICENSE"] = b""
    files |= {each.replace("__", "/").replace("INFO", info): content for each, content in more.items()}
    with zipfile.ZipFile(path, "w") as wheel:
        for each, content in files.items():
            wheel.writestr(each, content)
    return path


@pytest.mark.parametrize("name", ["reswd_studio", "reswd_models"])
def test_a_wheel_that_keeps_the_rules(name: str, tmp_path: Path) -> None:
    assert list(faults(_wheel(tmp_path, name))) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"studio__tests__test_a.py": b""}, "does not belong there"),
        ({"guidance__.env": b""}, "does not belong there"),
        ({"studio__a.pyc": b""}, "does not belong there"),
        ({"studio__a.txt": b"token = hf_" + b"a" * 34}, "held a secret"),
        ({"tools__a.py": b""}, "it holds"),
        ({"INFO__METADATA": b"Requires-Dist: gradio==6.31.0\n\n# Title\n"}, "gradio"),
        ({"INFO__METADATA": b"\n---\nsdk: gradio\n---\n"}, "front matter"),
    ],
)
def test_what_breaks_the_rules_is_said(more: dict[str, bytes], said: str, tmp_path: Path) -> None:
    assert any(said in fault for fault in faults(_wheel(tmp_path, **more)))


def test_what_is_missing_and_what_is_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEEDED, "reswd_studio", NEEDED["reswd_studio"] | {"studio/more.js"})
    path = _wheel(tmp_path)
    monkeypatch.setitem(NEEDED, "reswd_studio", NEEDED["reswd_studio"] | {"studio/still-more.js"})
    monkeypatch.setattr("tools.wheels.LARGEST", {"reswd_studio": 100})
    assert [fault.split(" ", 1)[1] for fault in faults(path)] == ["bytes are more than 100", "is missing"]


def test_the_model_is_whole_and_apart() -> None:
    project = tomllib.loads((ASSETS / "models" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = PYPROJECT["project"]["optional-dependencies"]["guide"]
    wanted = next(text for text in asked if text.startswith("reswd-models"))
    assert project["version"] in Requirement(wanted).specifier
    index = json.loads((ASSETS / "models" / "pocket-64" / "model_index.json").read_text(encoding="utf-8"))
    for part in (name for name in index if not name.startswith("_")):
        stored = isinstance(index[part], list) and index[part][0] is not None
        assert not stored or (ASSETS / "models" / "pocket-64" / part).is_dir(), part
